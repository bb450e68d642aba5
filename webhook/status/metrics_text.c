#include "status/metrics_text.h"

#include "base/number.h"

#define VALUE_MAX 128

/* What follows the name in its first line; "" with length 0 where there is none. */
static struct slice sample(struct slice text, const char *name)
{
	while (text.len > 0) {
		struct slice line = slice_cut(&text, '\n');
		if (slice_skip(&line, slice_of(name)) && line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '{'))
			return line;
	}
	return (struct slice){"", 0};
}

const char *metrics_text_label(struct arena *a, struct slice text, const char *name, const char *label)
{
	struct slice labels = sample(text, name);

	if (!slice_skip(&labels, SLICE_LIT("{")))
		return "";
	struct slice all = slice_cut(&labels, '}');
	while (all.len > 0) {
		struct slice pair = slice_cut(&all, ',');
		struct slice key = slice_cut(&pair, '=');
		if (slice_is(key, label) && pair.len >= 2 && pair.len <= VALUE_MAX && pair.ptr[0] == '"')
			return arena_dup(a, (struct slice){pair.ptr + 1, pair.len - 2});
	}
	return "";
}

int64_t metrics_text_value(struct slice text, const char *name, int64_t fallback)
{
	struct slice value = sample(text, name);
	int64_t number;

	return slice_skip(&value, SLICE_LIT(" ")) && number_parse(value, INT64_MAX, &number) == 0 ? number : fallback;
}
