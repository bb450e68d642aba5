/*
 * JSON trees as block YAML.
 *
 * Written by hand and not with libyaml's emitter, because people read the result next to their own
 * files: the emitter turns every text with a tab or a blank before a line end into one long escaped
 * line, which is what most properties files would become. The rules here are simpler than YAML's: what
 * is not obviously safe is quoted.
 */
#include "base/yaml.h"

#include "base/buf.h"
#include "base/yaml_scalar.h"

/* YAML takes keys of at most 1,024 characters without a "? " in front. */
#define SIMPLE_KEY_MAX 900

static void print_block(struct buf *out, const struct json *v, unsigned column);

/* ---- strings ---- */

/* A character that YAML takes for a line break or refuses, or that nobody sees: C1 controls (U+0085 among
 * them), U+2028, U+2029, U+FEFF, U+FFFE, U+FFFF, in UTF-8. */
static bool is_odd_sequence(const unsigned char *p, size_t left)
{
	if (left >= 2 && p[0] == 0xC2 && p[1] < 0xA0)
		return true;
	if (left >= 3 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
		return true;
	if (left >= 3 && p[0] == 0xEF && p[1] == 0xBB && p[2] == 0xBF)
		return true;
	return left >= 3 && p[0] == 0xEF && p[1] == 0xBF && p[2] >= 0xBE;
}

/* No controls except those in allowed. */
static bool is_printable(struct slice text, const char *allowed)
{
	const unsigned char *p = (const unsigned char *)text.ptr;

	for (size_t i = 0; i < text.len; i++) {
		if (p[i] < 0x20 ? !strchr(allowed, p[i]) : p[i] == 0x7F)
			return false;
		if (p[i] >= 0xC2 && is_odd_sequence(p + i, text.len - i))
			return false;
	}
	return true;
}

static bool looks_like_date(struct slice text)
{
	size_t digits = 0;

	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
		digits++;
	return digits == 4 && digits < text.len && text.ptr[4] == '-';
}

static bool begins_like_syntax(struct slice text)
{
	char first = text.ptr[0];

	if (strchr("-?:", first))
		return text.len == 1 || text.ptr[1] == ' ' || slice_starts(text, "---");
	return strchr(" ,[]{}#&*!|>'\"%@`", first) || slice_starts(text, "...");
}

/* Can text go without quotes, for kubectl and for any other reader? */
static bool is_plain(struct slice text)
{
	if (text.len == 0 || begins_like_syntax(text) || !is_printable(text, ""))
		return false;
	char last = text.ptr[text.len - 1];
	if (last == ' ' || last == ':' || slice_has(text, ": ") || slice_has(text, " #"))
		return false;
	return yaml_scalar_resolve(text).type == YAML_STRING && yaml_scalar_is_clear(text) && !looks_like_date(text);
}

static void print_quoted(struct buf *out, struct slice text)
{
	const unsigned char *p = (const unsigned char *)text.ptr;

	buf_addc(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (p[i] == '"' || p[i] == '\\')
			buf_printf(out, "\\%c", p[i]);
		else if (p[i] == '\n')
			buf_adds(out, "\\n");
		else if (p[i] == '\t')
			buf_adds(out, "\\t");
		else if (p[i] < 0x20 || p[i] == 0x7F)
			buf_printf(out, "\\x%02x", p[i]);
		else if (p[i] == 0xC2 && i + 1 < text.len && p[i + 1] < 0xA0)
			buf_printf(out, "\\x%02x", p[++i]);
		else if (p[i] >= 0xE2 && is_odd_sequence(p + i, text.len - i)) {
			unsigned c = ((p[i] & 0x0Fu) << 12) | ((p[i + 1] & 0x3Fu) << 6) | (p[i + 2] & 0x3Fu);
			buf_printf(out, "\\u%04x", c);
			i += 2;
		} else {
			buf_addc(out, (char)p[i]);
		}
	}
	buf_addc(out, '"');
}

/* Where only quotes and backslashes would need escapes, as in JSON inside an annotation. */
static void print_single_quoted(struct buf *out, struct slice text)
{
	buf_addc(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			buf_addc(out, '\'');
		buf_addc(out, text.ptr[i]);
	}
	buf_addc(out, '\'');
}

static void print_word(struct buf *out, struct slice text)
{
	if (is_plain(text))
		buf_add(out, text);
	else if ((slice_has(text, "\"") || slice_has(text, "\\")) && is_printable(text, ""))
		print_single_quoted(out, text);
	else
		print_quoted(out, text);
}

static void print_indent(struct buf *out, unsigned column)
{
	for (unsigned i = 0; i < column; i++)
		buf_addc(out, ' ');
}

static bool is_literal(struct slice text)
{
	size_t blank = 0;

	if (!memchr(text.ptr, '\n', text.len) || !is_printable(text, "\n\t"))
		return false;
	while (blank < text.len && memchr(" \t\n", text.ptr[blank], 3))
		blank++;
	return blank < text.len;
}

/* A literal block whose lines are indented two columns more than column. If it does not begin with a
 * visible character, the indentation is stated, since readers would take the blanks for part of it. */
static void print_literal(struct buf *out, struct slice text, unsigned column)
{
	bool ends = text.ptr[text.len - 1] == '\n';
	bool more = ends && text.ptr[text.len - 2] == '\n';

	buf_addc(out, '|');
	if (memchr(" \t\n", text.ptr[0], 3))
		buf_addc(out, '2');
	if (more || !ends)
		buf_addc(out, more ? '+' : '-');
	buf_addc(out, '\n');
	while (text.len > 0) {
		struct slice line = slice_cut(&text, '\n');
		if (line.len > 0)
			print_indent(out, column + 2);
		buf_add(out, line);
		buf_addc(out, '\n');
	}
}

/* ---- values ---- */

static bool is_block(const struct json *v)
{
	return json_first(v) != NULL;
}

/* A scalar or an empty collection with the line end. column: of the block around it. */
static void print_scalar(struct buf *out, const struct json *v, unsigned column)
{
	struct slice text = json_slice(v);

	if (text.ptr && is_literal(text)) {
		print_literal(out, text, column);
		return;
	}
	if (text.ptr)
		print_word(out, text);
	else
		buf_add(out, json_print(out->arena, v));
	buf_addc(out, '\n');
}

static void print_key(struct buf *out, struct slice key)
{
	bool simple = key.len <= SIMPLE_KEY_MAX / 6; /* quoting makes at most six bytes of one */

	if (!simple)
		buf_adds(out, "? ");
	print_word(out, key);
	if (!simple)
		buf_addc(out, '\n');
}

/* A key and its value, of a mapping at column. Lists start at the same column, as kubectl prints them. */
static void print_member(struct buf *out, const struct json *member, unsigned column)
{
	struct slice key = slice_of(json_key(member));

	print_key(out, key);
	if (key.len > SIMPLE_KEY_MAX / 6)
		print_indent(out, column);
	buf_addc(out, ':');
	if (!is_block(member)) {
		buf_addc(out, ' ');
		print_scalar(out, member, column);
		return;
	}
	unsigned inner = json_type(member) == JSON_ARRAY ? column : column + 2;
	buf_addc(out, '\n');
	print_indent(out, inner);
	print_block(out, member, inner);
}

/* A collection that is not empty. The caller has moved to column. Recursion: as deep as the tree, which
 * is within LIMIT_JSON_DEPTH. */
static void print_block(struct buf *out, const struct json *v, unsigned column)
{
	JSON_EACH(item, v) {
		if (item != json_first(v))
			print_indent(out, column);
		if (json_type(v) == JSON_OBJECT) {
			print_member(out, item, column);
			continue;
		}
		buf_adds(out, "- ");
		if (is_block(item))
			print_block(out, item, column + 2);
		else
			print_scalar(out, item, column);
	}
}

struct slice yaml_print(struct arena *a, const struct json *v)
{
	struct buf out = buf_in(a);

	if (is_block(v))
		print_block(&out, v, 0);
	else
		print_scalar(&out, v, 0);
	return buf_slice(&out);
}
