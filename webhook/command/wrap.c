#include "command/wrap.h"

#include "base/buf.h"

void wrap_print(FILE *out, const char *text, int indent, int at)
{
	struct slice rest = slice_of(text);
	bool first = true;

	if (at >= indent && at > 0) {
		fprintf(out, "\n");
		at = 0;
	}
	while (rest.len > 0) {
		struct slice word = slice_cut(&rest, ' ');
		if (!first && at + 1 + (int)word.len > WRAP_WIDTH) {
			fprintf(out, "\n");
			at = 0;
			first = true;
		}
		int gap = first ? indent - at : 1;
		fprintf(out, "%*s%.*s", gap, "", SLICE_ARG(word));
		at += gap + (int)word.len;
		first = false;
	}
	fprintf(out, "\n");
}

const char *wrap_named(struct arena *a, const char *text, const char *program)
{
	struct buf b = buf_in(a);

	for (const char *mark; (mark = strstr(text, "$0")); text = mark + 2) {
		buf_add(&b, (struct slice){text, (size_t)(mark - text)});
		buf_adds(&b, program);
	}
	buf_adds(&b, text);
	return arena_dup(a, buf_slice(&b));
}
