#include "base/url.h"

#include "base/buf.h"

static struct slice authority_of(struct slice text)
{
	size_t n = 0;

	while (n < text.len && (unsigned char)text.ptr[n] > ' ' && !strchr("/?#\"'", text.ptr[n]))
		n++;
	return (struct slice){text.ptr, n};
}

/* "user:password@" of an authority: what stands between the first ':' and the last '@'; ptr NULL where nothing does. */
static struct slice password_of(struct slice authority)
{
	const char *at = authority.len ? memrchr(authority.ptr, '@', authority.len) : NULL;
	const char *colon = at ? memchr(authority.ptr, ':', (size_t)(at - authority.ptr)) : NULL;

	return colon ? (struct slice){colon + 1, (size_t)(at - colon) - 1} : (struct slice){NULL, 0};
}

const char *url_redact(struct arena *a, struct slice text)
{
	const struct slice mark = SLICE_LIT("://");
	struct buf b = buf_in(a);

	if (text.len == 0 || !memchr(text.ptr, '@', text.len))
		return arena_dup(a, text); /* nobody is named: most texts */
	for (const char *at = slice_find(text, mark); at; at = slice_find(text, mark)) {
		size_t n = (size_t)(at - text.ptr) + mark.len;
		struct slice rest = {text.ptr + n, text.len - n};
		struct slice password = password_of(authority_of(rest));

		if (password.ptr)
			n = (size_t)(password.ptr - text.ptr);
		buf_add(&b, (struct slice){text.ptr, n});
		if (password.ptr) {
			buf_adds(&b, "(redacted)");
			n += password.len;
		}
		text = (struct slice){text.ptr + n, text.len - n};
	}
	buf_add(&b, text);
	return buf_slice(&b).ptr;
}
