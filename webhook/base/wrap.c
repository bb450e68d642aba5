#include "base/wrap.h"

/* Bytes that continue a sequence of UTF-8 take no column. */
static bool is_character(char c)
{
	return ((unsigned char)c & 0xC0) != 0x80;
}

size_t wrap_width(struct slice text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += is_character(text.ptr[i]);
	return n;
}

/* The longest prefix of word that ends in '.' or ',' and fits into room columns; empty if none does. */
static struct slice breakable(struct slice word, size_t room)
{
	struct slice found = {word.ptr, 0};
	size_t width = 0;

	for (size_t i = 0; i + 1 < word.len; i++) {
		width += is_character(word.ptr[i]);
		if (width > room)
			break;
		if (word.ptr[i] == '.' || word.ptr[i] == ',')
			found.len = i + 1;
	}
	return found;
}

/* The first word of a line: pads up to it, and breaks it if it is too long. Returns the column after it. */
static size_t add_first(struct buf *out, struct slice word, size_t width, size_t column, size_t at)
{
	size_t room = column < WRAP_COLUMNS ? WRAP_COLUMNS - column : 0;

	for (;;) {
		struct slice head = width > room ? breakable(word, room) : (struct slice){NULL, 0};
		buf_printf(out, "%*s", (int)(column - at), "");
		if (head.len == 0)
			break;
		buf_add(out, head);
		buf_addc(out, '\n');
		slice_skip(&word, head);
		width -= wrap_width(head);
		at = 0;
	}
	buf_add(out, word);
	return column + width;
}

void wrap_add(struct buf *out, struct slice text, size_t column, size_t at)
{
	bool fresh = true;

	if (at > 0 && at >= column) {
		buf_addc(out, '\n');
		at = 0;
	}
	while (text.len > 0) {
		struct slice word = slice_cut(&text, ' ');
		size_t width = wrap_width(word);
		if (word.len == 0)
			continue;
		if (!fresh && at + 1 + width <= WRAP_COLUMNS) {
			buf_addc(out, ' ');
			buf_add(out, word);
			at += 1 + width;
			continue;
		}
		if (!fresh) {
			buf_addc(out, '\n');
			at = 0;
		}
		at = add_first(out, word, width, column, at);
		fresh = false;
	}
	buf_addc(out, '\n');
}

void wrap_print(FILE *out, const char *text, size_t column, size_t at)
{
	struct arena a = ARENA_INIT;
	struct buf b = buf_in(&a);

	wrap_add(&b, slice_of(text), column, at);
	struct slice all = buf_slice(&b);
	fwrite(all.ptr, 1, all.len, out);
	arena_release(&a);
}
