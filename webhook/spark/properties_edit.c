/* Our marks in a properties text: put there by apply, taken away by undo. */
#include "base/buf.h"
#include "base/digest.h"
#include "spark/properties.h"
#include "spark/properties_line.h"

#include <stdlib.h>

#define MARK "#sparkgate:"
#define HASH_CHARS 8

enum mark { MARK_NONE, MARK_OFF, MARK_BEGIN, MARK_END };

static struct slice cut(struct slice text, size_t start, size_t end)
{
	return (struct slice){text.ptr + start, end - start};
}

/* Without its line end. */
static struct slice content_of(struct slice text, const struct properties_line *line)
{
	struct slice rest = cut(text, line->start, line->end), content;

	properties_take_physical(&rest, &content);
	return content;
}

/* Could undo take this line for one of ours? */
static bool is_marked(struct slice text, const struct properties_line *line)
{
	return line->kind == LINE_COMMENT && !line->continued &&
	       slice_starts(cut(text, line->start, line->end), MARK);
}

static enum mark mark_of(struct slice text, const struct properties_line *line)
{
	if (!is_marked(text, line))
		return MARK_NONE;

	struct slice content = content_of(text, line);
	if (slice_starts(content, MARK "off "))
		return MARK_OFF;
	if (slice_starts(content, MARK "begin "))
		return MARK_BEGIN;
	return slice_is(content, MARK "end") ? MARK_END : MARK_NONE;
}

/* Does the begin line carry the hash of body? */
static bool hash_fits(struct slice begin, struct slice body)
{
	char hex[65];

	if (begin.len <= HASH_CHARS || begin.ptr[begin.len - HASH_CHARS - 1] != ' ')
		return false;
	sha256_hex(body, hex);
	return memcmp(begin.ptr + begin.len - HASH_CHARS, hex, HASH_CHARS) == 0;
}

/* r is just after the begin line: move it past the end line if the block is as we wrote it. Stops at the next begin, so
 * that every byte is read and hashed at most once. */
static void skip_block(struct properties_reader *r, struct slice begin)
{
	struct properties_reader ahead = *r;
	struct properties_line line;

	while (properties_next(&ahead, &line)) {
		enum mark mark = mark_of(r->text, &line);
		if (mark == MARK_END && hash_fits(begin, cut(r->text, r->at, line.start)))
			*r = ahead;
		if (mark == MARK_END || mark == MARK_BEGIN)
			return;
	}
}

static bool has_mark(struct slice text)
{
	return slice_has(text, MARK);
}

struct slice properties_undo(struct arena *a, struct slice text)
{
	struct properties_line line;
	struct buf out = buf_in(a);

	if (!has_mark(text))
		return text;
	struct properties_reader r = properties_reader(NULL, text);
	while (properties_next(&r, &line)) {
		struct slice bytes = cut(text, line.start, line.end);

		switch (mark_of(text, &line)) {
		case MARK_OFF:
			slice_skip(&bytes, SLICE_LIT(MARK "off "));
			buf_add(&out, bytes);
			break;
		case MARK_BEGIN:
			skip_block(&r, content_of(text, &line));
			break;
		case MARK_END: /* of a block that is not as we wrote it: its lines are the user's */
			break;
		case MARK_NONE:
			buf_add(&out, bytes);
			break;
		}
	}
	return buf_slice(&out);
}

unsigned properties_block_lines(struct slice text)
{
	struct properties_line begin;

	if (!slice_starts(text, MARK "begin "))
		return 0;
	struct properties_reader r = properties_reader(NULL, text);
	if (!properties_next(&r, &begin) || mark_of(text, &begin) != MARK_BEGIN)
		return 0;
	struct properties_reader behind = r;
	skip_block(&behind, content_of(text, &begin));
	return behind.at > r.at ? behind.number - begin.number : 0;
}

/* ---- apply ---- */

static struct slice line_ending(struct slice text)
{
	struct slice content, line = properties_take_physical(&text, &content);

	if (line.len == content.len)
		return SLICE_LIT("\n");
	return (struct slice){line.ptr + content.len, line.len - content.len};
}

static void add_escape(struct buf *out, char c)
{
	buf_addc(out, '\\');
	buf_addc(out, c);
}

/* The length of the leading bytes of s that stand for themselves in any place. */
static size_t plain_bytes(struct slice s)
{
	size_t n = 0;

	while (n < s.len && (unsigned char)s.ptr[n] > ' ' && s.ptr[n] != '\\' && s.ptr[n] != '=' && s.ptr[n] != ':' &&
	       s.ptr[n] != '#' && s.ptr[n] != '!')
		n++;
	return n;
}

/* Escape what Properties.load needs and no more: "spark://h:7077" as a value stays as it is. */
static void add_escaped(struct buf *out, struct slice s, bool is_key)
{
	size_t plain = plain_bytes(s);
	bool leading = plain == 0;

	buf_add(out, (struct slice){s.ptr, plain});
	for (size_t i = plain; i < s.len; i++) {
		char c = s.ptr[i];
		if (c == '\n' || c == '\r')
			add_escape(out, c == '\n' ? 'n' : 'r');
		else if (c == '\t' && (is_key || leading))
			add_escape(out, 't');
		else if (c == '\f' && (is_key || leading))
			add_escape(out, 'f');
		else if (c == '\\' || (c == ' ' && (is_key || leading)) || (is_key && (c == '=' || c == ':')) ||
			 (is_key && i == 0 && (c == '#' || c == '!')))
			add_escape(out, c);
		else
			buf_addc(out, c);
		leading = leading && properties_is_blank(c);
	}
}

static struct slice block_body(struct arena *a, const struct property_edit *edits, size_t count, struct slice ending)
{
	struct buf body = buf_in(a);

	for (size_t i = 0; i < count; i++) {
		if (!edits[i].value.ptr)
			continue;
		add_escaped(&body, edits[i].key, true);
		buf_addc(&body, '=');
		add_escaped(&body, edits[i].value, false);
		buf_add(&body, ending);
	}
	return buf_slice(&body);
}

static void add_block(struct buf *out, enum backend backend, struct slice body, struct slice ending)
{
	const char *name = backend_name(backend);
	char hex[65];

	if (body.len == 0)
		return;
	sha256_hex(body, hex);
	buf_printf(out, MARK "begin %s %.*s", name ? name : "none", HASH_CHARS, hex);
	buf_add(out, ending);
	buf_add(out, body);
	buf_adds(out, MARK "end");
	buf_add(out, ending);
}

/* Up to this many, a look at each is quicker than a search. */
#define FEW_EDITS 16

/* Most keys of a text are not edited: one of 64 bits says so, mixed from what tells most keys apart. */
static uint64_t key_bit(struct slice key)
{
	return UINT64_C(1) << slice_mark_place(slice_mark(key));
}

/* The edits, in order of their keys where they are many. */
struct wanted {
	const struct property_edit *edits;
	size_t count;
	uint64_t bits;
};

static int by_key(const void *x, const void *y)
{
	const struct property_edit *a = x, *b = y;

	return slice_order(a->key, b->key);
}

static struct wanted wanted_of(struct arena *a, const struct property_edit *edits, size_t count)
{
	struct wanted wanted = {edits, count, 0};

	for (size_t i = 0; i < count; i++)
		wanted.bits |= key_bit(edits[i].key);
	if (count > FEW_EDITS) {
		struct property_edit *sorted = ARENA_ARRAY(a, count, struct property_edit);
		memcpy(sorted, edits, count * sizeof(*sorted));
		qsort(sorted, count, sizeof(*sorted), by_key);
		wanted.edits = sorted;
	}
	return wanted;
}

static bool is_edited(const struct wanted *wanted, struct slice key)
{
	if (!(wanted->bits & key_bit(key)))
		return false;
	if (wanted->count > FEW_EDITS)
		return bsearch(&(struct property_edit){.key = key}, wanted->edits, wanted->count, sizeof(*wanted->edits), by_key);
	for (size_t i = 0; i < wanted->count; i++)
		if (slice_eq(wanted->edits[i].key, key))
			return true;
	return false;
}

/* A comment has no continuation lines, so every physical line of a logical one needs its own mark. */
static void add_off(struct buf *out, struct slice lines)
{
	while (lines.len > 0) {
		struct slice content;

		buf_adds(out, MARK "off ");
		buf_add(out, properties_take_physical(&lines, &content));
	}
}

/* The text up to `start` and then, marked, up to `end`. *done: how much of it is output. */
static void put_off(struct buf *out, struct slice text, size_t start, size_t end, size_t *done)
{
	buf_add(out, cut(text, *done, start));
	add_off(out, cut(text, start, end));
	*done = end;
}

/* Of a text with marks, or one that has not been parsed. */
static size_t put_lines(struct buf *out, struct slice text, const struct wanted *wanted)
{
	struct properties_reader r = properties_reader(out->arena, text);
	struct properties_line line;
	struct slice key;
	size_t done = 0;

	while (properties_next(&r, &line))
		if (is_marked(text, &line) || (properties_line_key(out->arena, &line, &key) && is_edited(wanted, key)))
			put_off(out, text, line.start, line.end, &done);
	return done;
}

static size_t put_items(struct buf *out, const struct properties *p, const struct wanted *wanted)
{
	size_t done = 0;

	for (size_t i = 0; i < p->count; i++)
		if (is_edited(wanted, p->items[i].key))
			put_off(out, p->text, p->items[i].start, p->items[i].end, &done);
	return done;
}

struct slice properties_apply(struct arena *a, const struct properties *user, enum backend backend,
			      const struct property_edit *edits, size_t count)
{
	struct slice text = user->text, ending = line_ending(text);
	bool marked = has_mark(text);
	struct buf out = buf_in(a);

	if (count == 0 && !marked)
		return text;
	buf_reserve(&out, text.len + text.len / 8); /* enough for most texts */
	add_block(&out, backend, block_body(a, edits, count, ending), ending);
	struct wanted wanted = wanted_of(a, edits, count);
	size_t done = user->items && !marked ? put_items(&out, user, &wanted) : put_lines(&out, text, &wanted);
	buf_add(&out, cut(text, done, text.len));
	return buf_slice(&out);
}
