#include "base/url.h"

#include "base/buf.h"

/* Up to where another URL, or something that is not one, may begin. */
static size_t part_length(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == '"' || text.ptr[i] == '\'' ||
		    slice_starts((struct slice){text.ptr + i, text.len - i}, "://"))
			return i;
	return text.len;
}

static size_t authority_length(struct slice part)
{
	size_t n = 0;

	while (n < part.len && part.ptr[n] != '/' && part.ptr[n] != '?' && part.ptr[n] != '#')
		n++;
	return n;
}

/* Where the secret begins in a part whose last '@' is at end: after "user:", or at 0 if the user is a token; end if
 * there is none. A password may hold what ends an authority, and then a ':' decides: "u:1/b@host" might be a host "u"
 * with a port, but is taken for a user and a password. */
static size_t secret_start(struct slice part, size_t end)
{
	size_t length = authority_length(part), limit = length < end ? length : end;
	const char *at = limit ? memchr(part.ptr, '@', limit) : NULL;
	const char *colon = limit ? memchr(part.ptr, ':', at ? (size_t)(at - part.ptr) : limit) : NULL;
	size_t behind = colon ? (size_t)(colon - part.ptr) + 1 : 0;

	if (length >= end || at)
		return behind;
	return colon ? behind : end;
}

/* What follows a "://". */
static void add_part(struct buf *b, struct slice part)
{
	const char *last = part.len ? memrchr(part.ptr, '@', part.len) : NULL;
	size_t end = last ? (size_t)(last - part.ptr) : 0, start = last ? secret_start(part, end) : 0;

	buf_add(b, (struct slice){part.ptr, start});
	if (last && start < end)
		buf_adds(b, "(redacted)");
	buf_add(b, (struct slice){part.ptr + end, part.len - end});
}

const char *url_redact(struct arena *a, struct slice text)
{
	const struct slice mark = SLICE_LIT("://");
	struct buf b = buf_in(a);

	if (text.len == 0 || !memchr(text.ptr, '@', text.len))
		return arena_dup(a, text); /* no user is named: most texts */
	for (const char *at = slice_find(text, mark); at; at = slice_find(text, mark)) {
		size_t n = (size_t)(at - text.ptr) + mark.len;
		struct slice part = {text.ptr + n, text.len - n};

		buf_add(&b, (struct slice){text.ptr, n});
		part.len = part_length(part);
		add_part(&b, part);
		text = (struct slice){part.ptr + part.len, text.len - n - part.len};
	}
	buf_add(&b, text);
	return buf_slice(&b).ptr;
}
