#include "base/lines.h"

#include "base/file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define FIRST_SIZE (64u * 1024)

struct lines {
	const char *name; /* for errors: the caller's path, or what it stands for */
	int fd;
	bool own_fd, regular, end;
	size_t max;
	char *buffer;
	size_t size;
	size_t from, to;    /* what was read and not given yet */
	uint64_t before;    /* bytes of the text before buffer */
	uint64_t number;    /* of the last line */
	uint64_t text_size; /* 0 = not known */
};

/* Without memory there is nothing to be read (base/arena.h). */
static void resize(struct lines *lines, size_t size)
{
	char *buffer = realloc(lines->buffer, size);

	if (!buffer)
		out_of_memory();
	lines->buffer = buffer;
	lines->size = size;
}

int lines_open(const char *path, size_t max, struct lines **ret, struct err *err)
{
	bool standard_input = strcmp(path, "-") == 0;
	int fd = standard_input ? STDIN_FILENO : file_open(path, err);

	if (fd < 0)
		return -1;
	struct stat st = {.st_size = 0};
	struct lines *lines = calloc(1, sizeof(*lines));
	if (!lines)
		out_of_memory();
	lines->name = standard_input ? "standard input" : path;
	lines->fd = fd;
	lines->own_fd = !standard_input;
	lines->max = max;
	lines->regular = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	lines->text_size = lines->regular ? (uint64_t)st.st_size : 0;
	resize(lines, max < FIRST_SIZE ? max : FIRST_SIZE);
	*ret = lines;
	return 0;
}

void lines_close(struct lines *lines)
{
	if (!lines)
		return;
	if (lines->own_fd)
		close(lines->fd);
	free(lines->buffer);
	free(lines);
}

/* Make room after what is there: drop what was given, or grow the buffer. A line of max bytes must fit with its end. */
static void make_room(struct lines *lines)
{
	if (lines->from > 0) {
		memmove(lines->buffer, lines->buffer + lines->from, lines->to - lines->from);
		lines->before += lines->from;
		lines->to -= lines->from;
		lines->from = 0;
	}
	if (lines->to == lines->size)
		resize(lines, lines->size < lines->max / 2 ? lines->size * 2 : lines->max + 2);
}

/* Read some more. False at the end and where reading fails: then err has a text. */
static bool read_more(struct lines *lines, struct err *err)
{
	ssize_t n;

	if (lines->end)
		return false;
	if (lines->to == lines->size || lines->from == lines->to)
		make_room(lines);
	do
		n = read(lines->fd, lines->buffer + lines->to, lines->size - lines->to);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_set(err, "cannot read '%s': %s", lines->name, strerror(errno)), false;
	lines->end = n == 0;
	lines->to += (size_t)n;
	return n > 0;
}

/* The line feed that ends the line at from, among what was read; NULL if there is none yet. *seen counts the bytes
 * searched already. */
static char *find_end(const struct lines *lines, size_t *seen)
{
	size_t have = lines->to - lines->from;
	char *end = have > *seen ? memchr(lines->buffer + lines->from + *seen, '\n', have - *seen) : NULL;

	*seen = have;
	return end;
}

/* Skip a line that is too long, up to its end. */
static enum lines_state skip_line(struct lines *lines, struct line *ret, struct err *err)
{
	size_t seen = 0;
	char *end;

	while (!(end = find_end(lines, &seen))) {
		lines->from = lines->to;
		seen = 0;
		if (!read_more(lines, err))
			break;
	}
	lines->from = end ? (size_t)(end - lines->buffer) + 1 : lines->to;
	ret->text = (struct slice){"", 0};
	ret->unended = !end;
	return err->text[0] ? LINES_FAILED : LINES_LONG;
}

static enum lines_state give(struct lines *lines, char *end, struct line *ret)
{
	char *start = lines->buffer + lines->from, *stop = end ? end : lines->buffer + lines->to;

	lines->from = (size_t)(stop - lines->buffer) + (end ? 1 : 0);
	if (stop > start && stop[-1] == '\r')
		stop--;
	ret->text = (struct slice){start, (size_t)(stop - start)};
	ret->unended = !end;
	return LINES_LINE;
}

enum lines_state lines_next(struct lines *lines, struct line *ret, struct err *err)
{
	size_t seen = 0;
	char *end;

	err->text[0] = '\0';
	while (!(end = find_end(lines, &seen)) && seen <= lines->max + 1 && read_more(lines, err))
		;
	if (err->text[0])
		return LINES_FAILED;
	size_t len = end ? (size_t)(end - lines->buffer) - lines->from : seen;
	if (len == 0 && !end)
		return LINES_END;
	ret->number = ++lines->number;
	if (len > lines->max)
		return skip_line(lines, ret, err);
	return give(lines, end, ret);
}

/* Where the blanks at skip end. */
static size_t behind_blanks(const struct lines *lines, size_t skip)
{
	size_t at = lines->from + skip;

	while (at < lines->to && strchr(" \t\r\n", lines->buffer[at]) && lines->buffer[at])
		at++;
	return at - lines->from;
}

enum lines_state lines_peek(struct lines *lines, size_t *at, struct slice *ret, struct err *err)
{
	size_t skip = *at, seen = 0;
	char *end;

	err->text[0] = '\0';
	for (;;) {
		skip = behind_blanks(lines, skip);
		seen = seen < skip ? skip : seen;
		end = find_end(lines, &seen);
		if (end || seen > lines->max + 1 || !read_more(lines, err))
			break;
	}
	if (err->text[0])
		return LINES_FAILED;
	const char *start = lines->buffer + lines->from + skip;
	size_t len = (size_t)((end ? end : lines->buffer + lines->to) - start);
	if (!end && seen > lines->max + 1)
		return LINES_LONG;
	*ret = (struct slice){start, len};
	*at = skip + len + (end ? 1 : 0);
	return len > 0 ? LINES_LINE : LINES_END;
}

struct slice lines_taken(const struct lines *lines)
{
	if (lines->own_fd && lines->regular)
		return (struct slice){"", 0};
	return (struct slice){lines->buffer + lines->from, lines->to - lines->from};
}

uint64_t lines_done(const struct lines *lines)
{
	return lines->before + lines->from;
}

uint64_t lines_size(const struct lines *lines)
{
	return lines->text_size;
}
