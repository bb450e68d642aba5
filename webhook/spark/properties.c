#include "spark/properties.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "spark/properties_line.h"

/* The pieces of a logical line, still escaped. */
struct halves {
	struct slice key, value;
};

static bool is_separator(char c)
{
	return c == '=' || c == ':';
}

static bool has_escape(struct slice s)
{
	return s.len > 0 && memchr(s.ptr, '\\', s.len);
}

static size_t skip_blanks(struct slice line, size_t at)
{
	while (at < line.len && properties_is_blank(line.ptr[at]))
		at++;
	return at;
}

/* After the key: blanks, at most one separator, blanks. */
static struct halves split(const struct properties_line *line)
{
	struct slice text = line->logical, key = {text.ptr, line->key};
	size_t at = skip_blanks(text, key.len);

	if (at < text.len && is_separator(text.ptr[at]))
		at = skip_blanks(text, at + 1);
	return (struct halves){key, slice_from(text, at)};
}

/* The UTF-16 unit of "XXXX" at the start of s; -1 where there is none. */
static int utf16_unit(struct slice s)
{
	return s.len < 4 ? -1 : utf16_read(s.ptr);
}

static void add_utf8(struct buf *out, unsigned code)
{
	char bytes[4];

	buf_add(out, (struct slice){bytes, utf8_put(code, bytes)});
}

/* Take "XXXX" off *s, with the "\uXXXX" after it where the two make one character. Half a pair is not a character that
 * could leave the JVM: it becomes U+FFFD. -1: not four hex digits. */
static int take_unicode(struct slice *s, struct buf *out)
{
	int unit = utf16_unit(*s);

	if (unit < 0)
		return -1;
	*s = (struct slice){s->ptr + 4, s->len - 4};
	unsigned code = (unsigned)unit;
	if (code >= 0xD800 && code < 0xE000) {
		struct slice rest = *s;
		int low = slice_skip(&rest, SLICE_LIT("\\u")) ? utf16_unit(rest) : -1;
		bool pair = code < 0xDC00 && low >= 0xDC00 && low < 0xE000;

		code = pair ? 0x10000 + ((code - 0xD800) << 10) + ((unsigned)low - 0xDC00) : 0xFFFD;
		if (pair)
			*s = (struct slice){rest.ptr + 4, rest.len - 4};
	}
	add_utf8(out, code);
	return 0;
}

static char escaped_char(char c)
{
	switch (c) {
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 'f':
		return '\f';
	default:
		return c;
	}
}

/* Properties.loadConvert. -1: a malformed \u. */
static int unescape(struct arena *a, struct slice raw, struct slice *ret)
{
	struct buf out = buf_in(a);
	struct slice rest = raw;

	while (rest.len > 0) {
		size_t before = rest.len;
		struct slice plain = slice_cut(&rest, '\\');

		buf_add(&out, plain);
		if (plain.len == before || rest.len == 0)
			break;
		char c = *rest.ptr;
		rest = (struct slice){rest.ptr + 1, rest.len - 1};
		if (c != 'u')
			buf_addc(&out, escaped_char(c));
		else if (take_unicode(&rest, &out) < 0)
			return -1;
	}
	*ret = buf_slice(&out);
	return 0;
}

/* Utils.trimExceptCRLF: everything up to U+0020 except CR and LF. */
static bool is_trimmed(char c)
{
	return (unsigned char)c <= ' ' && c != '\r' && c != '\n';
}

static struct slice trim(struct slice s)
{
	while (s.len > 0 && is_trimmed(*s.ptr))
		s = (struct slice){s.ptr + 1, s.len - 1};
	while (s.len > 0 && is_trimmed(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

static int read_property(struct arena *a, const struct properties_line *line, unsigned number, struct property *ret,
			 struct err *err)
{
	struct halves h = split(line);

	if (line->escaped && (unescape(a, h.key, &h.key) < 0 || unescape(a, h.value, &h.value) < 0))
		return err_set(err, "line %u: \\u without four hex digits (Spark does not start with such a file)",
			       number);
	*ret = (struct property){.key = h.key, .value = trim(h.value), .start = line->start, .end = line->end, .line = number};
	return 0;
}

/* A typical line. */
#define LINE_BYTES 48

int properties_parse(struct arena *a, struct slice text, struct properties *ret, struct err *err)
{
	struct properties found = {.text = text};
	struct properties_reader r = properties_reader(a, text);
	struct properties_line line;
	unsigned ours = properties_block_lines(text);
	size_t likely = text.len / LINE_BYTES + 1, cap = likely < PROPERTIES_MAX ? likely : PROPERTIES_MAX;

	found.items = arena_alloc_dirty(a, cap * sizeof(*found.items));
	while (properties_next(&r, &line)) {
		if (line.kind != LINE_SETTING)
			continue;
		found.escaped |= line.escaped;
		unsigned number = line.number > ours ? line.number - ours : 0;
		if (found.count == PROPERTIES_MAX)
			return err_set(err, "line %u: more than %d settings", number, PROPERTIES_MAX);
		found.items = arena_grow(a, found.items, &cap, found.count + 1, sizeof(*found.items));
		if (read_property(a, &line, number, &found.items[found.count], err) < 0)
			return -1;
		found.count++;
	}
	*ret = found;
	return 0;
}

/* Which items Spark takes: [i] is true for the last of its key, if that is one of Spark's. With a hash table, since a text may have
 * PROPERTIES_MAX lines. */
static const bool *winners(struct arena *a, const struct properties *p)
{
	bool *wins = ARENA_ARRAY(a, p->count, bool);
	size_t size = 64;

	while (size < p->count * 2)
		size *= 2;
	const struct property **table = ARENA_ARRAY(a, size, const struct property *);
	for (size_t i = p->count; i-- > 0;) {
		struct slice key = p->items[i].key;

		if (!slice_starts(key, "spark."))
			continue;
		size_t slot = hash(key) & (size - 1);
		while (table[slot] && !slice_eq(table[slot]->key, key))
			slot = (slot + 1) & (size - 1);
		wins[i] = !table[slot];
		table[slot] = &p->items[i];
	}
	return wins;
}

/* Can any value have a "${"? Most texts refer to nothing; an escape may become one. */
static bool may_refer(const struct properties *p)
{
	return p->escaped || (p->text.len > 0 && memchr(p->text.ptr, '$', p->text.len));
}

void properties_settings(struct arena *a, const struct properties *p, const struct setting *like, struct settings *list)
{
	const bool *wins = winners(a, p);
	bool refers = may_refer(p);

	settings_reserve(list, a, p->count);
	for (size_t i = 0; i < p->count; i++) {
		const struct property *item = &p->items[i];

		if (!wins[i])
			continue;
		struct setting *s = settings_add_like(list, a, item->key, like);
		s->value = item->value;
		s->literal = !refers || !slice_has(item->value, "${");
		s->place.line = item->line;
	}
}

const struct property *properties_find(const struct properties *p, struct slice key)
{
	for (size_t i = p->count; i-- > 0;)
		if (slice_eq(p->items[i].key, key))
			return &p->items[i];
	return NULL;
}

bool properties_line_key(struct arena *a, const struct properties_line *line, struct slice *ret)
{
	struct slice raw = {line->logical.ptr, line->key};

	if (line->kind != LINE_SETTING)
		return false;
	*ret = raw;
	return !has_escape(raw) || unescape(a, raw, ret) == 0;
}
