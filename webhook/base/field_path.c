#include "base/field_path.h"

#include "base/buf.h"

/* An index, or the key of a map ("spark-defaults.conf", "sparkgate.io/mode"): Kubernetes' field.Path puts both in
 * brackets, and plain field names after a dot. */
static bool in_brackets(struct slice token)
{
	bool digits = token.len > 0;

	for (size_t i = 0; i < token.len; i++) {
		if (token.ptr[i] == '.' || token.ptr[i] == '~')
			return true;
		digits = digits && token.ptr[i] >= '0' && token.ptr[i] <= '9';
	}
	return digits;
}

static void add_token(struct buf *out, struct slice token)
{
	for (size_t i = 0; i < token.len; i++) {
		bool escape = token.ptr[i] == '~' && i + 1 < token.len;
		buf_addc(out, !escape ? token.ptr[i] : token.ptr[i + 1] == '1' ? '/' : '~');
		i += escape;
	}
}

const char *field_path(struct arena *a, const char *pointer)
{
	struct slice rest = slice_of(pointer);
	struct buf out = buf_in(a);

	(void)slice_skip(&rest, SLICE_LIT("/"));
	while (rest.len > 0) {
		struct slice token = slice_cut(&rest, '/');
		bool brackets = in_brackets(token);
		buf_adds(&out, brackets ? "[" : out.len ? "." : "");
		add_token(&out, token);
		buf_adds(&out, brackets ? "]" : "");
	}
	return buf_slice(&out).ptr;
}
