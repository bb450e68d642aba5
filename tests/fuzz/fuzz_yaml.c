/* Every text, in both flavours: no crash, no endless work, and what is printed reads back the same. The
 * documents of a stream adjoin and cover it. */
#include "base/yaml.h"
#include "fuzzing.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_documents(const struct yaml_stream *s)
{
	size_t at = 0;

	for (size_t i = 0; i < s->count; i++) {
		must(s->items[i].start == at && s->items[i].content >= at && s->items[i].end >= s->items[i].content);
		at = s->items[i].end;
		(void)yaml_text_line(&s->items[i], "/a/0/b~1c", 3);
	}
	must(s->count == 0 || at == s->text.len);
}

static double number(struct arena *a, const struct json *v)
{
	return strtod(json_print(a, v).ptr, NULL);
}

/* Numbers by value: YAML takes -0 for the integer 0, and 1.50 comes back as 1.5. */
static void require_same(struct arena *a, const struct json *v, const struct json *w)
{
	must(json_type(v) == json_type(w) && json_count(v) == json_count(w));
	if (json_type(v) == JSON_NUMBER)
		must(number(a, v) == number(a, w));
	else if (!json_first(v))
		must(slice_eq(json_print(a, v), json_print(a, w)));
	const struct json *other = json_first(w);
	JSON_EACH(item, v) {
		must(slice_eq(json_key_slice(item), json_key_slice(other)));
		require_same(a, item, other);
		other = json_next(other);
	}
}

static void check_round_trip(struct arena *a, const struct json *v)
{
	struct slice yaml = yaml_print(a, v);
	struct yaml_stream again;
	struct err err;

	must(yaml_parse(a, yaml, YAML_MANIFEST, &again, &err) == 0 && again.count == 1);
	require_same(a, v, again.items[0].root);
}

static void check_flavour(struct slice text, enum yaml_flavour flavour)
{
	struct arena a = ARENA_INIT;
	struct yaml_stream s;
	struct err err = {""};

	if (yaml_parse(&a, text, flavour, &s, &err) == 0) {
		check_documents(&s);
		for (size_t i = 0; i < s.count; i++)
			check_round_trip(&a, s.items[i].root);
	} else {
		must(err.text[0] != '\0');
	}
	arena_release(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready; /* the seed is per process */
	struct slice text = {(const char *)data, size};

	if (!ready)
		json_setup();
	ready = true;
	check_flavour(text, YAML_MANIFEST);
	check_flavour(text, YAML_STRICT);
	return 0;
}
