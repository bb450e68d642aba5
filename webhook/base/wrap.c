#include "base/wrap.h"

#include "base/number.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

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

static size_t bounded(size_t columns)
{
	if (columns < WRAP_COLUMNS_MIN)
		return WRAP_COLUMNS_MIN;
	return columns > WRAP_COLUMNS_MAX ? WRAP_COLUMNS_MAX : columns;
}

size_t wrap_columns(int fd)
{
	const char *told = getenv("COLUMNS");
	struct winsize size = {.ws_col = 0};
	int64_t columns;

	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return bounded(size.ws_col);
	if (!told || number_parse(slice_of(told), INT32_MAX, &columns) < 0 || columns == 0)
		return WRAP_COLUMNS;
	return bounded((size_t)columns);
}

/* At the beginning of a line's text. Returns the column behind the word. */
static size_t add_first(struct buf *out, struct slice word, size_t column, size_t at)
{
	buf_printf(out, "%*s%.*s", (int)(column - at), "", SLICE_ARG(word));
	return column + wrap_width(word);
}

void wrap_add_in(struct buf *out, struct slice text, size_t columns, size_t column, size_t at)
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
		if (!fresh && at + 1 + width <= columns) {
			buf_addc(out, ' ');
			buf_add(out, word);
			at += 1 + width;
			continue;
		}
		if (!fresh) {
			buf_addc(out, '\n');
			at = 0;
		}
		at = add_first(out, word, column, at);
		fresh = false;
	}
	buf_addc(out, '\n');
}

void wrap_add(struct buf *out, struct slice text, size_t column, size_t at)
{
	wrap_add_in(out, text, WRAP_COLUMNS, column, at);
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
