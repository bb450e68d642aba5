#include "base/buf.h"
#include "base/lines.h"
#include "testing.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define MAX 1000

/* text as standard input: through a pipe, piece bytes at a time, or from a file (0). The writer is a process of its own. */
static void feed(struct slice text, size_t piece)
{
	int ends[2];

	if (piece == 0) {
		FILE *f = tmpfile();
		cr_assert(f && fwrite(text.ptr, 1, text.len, f) == text.len && fflush(f) == 0);
		cr_assert(lseek(fileno(f), 0, SEEK_SET) == 0 && dup2(fileno(f), STDIN_FILENO) == STDIN_FILENO);
		fclose(f);
		return;
	}
	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20) > 0, true);
	for (size_t at = 0; at < text.len; at += piece)
		cr_assert(write(ends[1], text.ptr + at, text.len - at < piece ? text.len - at : piece) > 0);
	close(ends[1]);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	close(ends[0]);
}

static struct lines *open_lines(void)
{
	struct lines *lines = NULL;
	struct err err = {""};

	cr_assert_eq(lines_open("-", MAX, &lines, &err), 0, "%s", err.text);
	return lines;
}

/* All lines in one text: "N:text|", "N:LONG|", a mark where the last has no end. */
static struct slice all_lines(struct arena *a, struct lines *lines)
{
	struct buf out = buf_in(a);
	enum lines_state state;
	struct err err = {""};
	struct line line;

	while ((state = lines_next(lines, &line, &err)) == LINES_LINE || state == LINES_LONG) {
		buf_printf(&out, "%u:", (unsigned)line.number);
		buf_add(&out, state == LINES_LONG ? SLICE_LIT("LONG") : line.text);
		buf_adds(&out, line.unended ? "~" : "|");
	}
	cr_expect_eq(state, LINES_END, "%s", err.text);
	cr_expect_eq(lines_next(lines, &line, &err), LINES_END);
	return buf_slice(&out);
}

static const struct {
	const char *text, *wanted;
} cases[] = {
	{"", ""},
	{"a\n", "1:a|"},
	{"a\nb\n", "1:a|2:b|"},
	{"a\r\nb\r\n", "1:a|2:b|"},
	{"a\rb\n\r\n", "1:a\rb|2:|"},
	{"\n\na", "1:|2:|3:a~"},
	{"a", "1:a~"},
	{"a\n\n", "1:a|2:|"},
};

Test(lines, gives_each_line_with_its_number)
{
	static const size_t pieces[] = {0, 1, 2, 3, 4096};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(pieces); k++) {
			feed(slice_of(cases[i].text), pieces[k]);
			struct lines *lines = open_lines();
			struct slice got = all_lines(&a, lines);
			cr_expect(slice_is(got, cases[i].wanted), "'%s' by %zu: '%.*s'", cases[i].text, pieces[k], SLICE_ARG(got));
			cr_expect_eq(lines_done(lines), strlen(cases[i].text));
			lines_close(lines);
		}
	arena_release(&a);
}

/* count times c, then tail. */
static struct slice times(struct arena *a, size_t count, char c, const char *tail)
{
	struct buf out = buf_in(a);

	for (size_t i = 0; i < count; i++)
		buf_addc(&out, c);
	buf_adds(&out, tail);
	return buf_slice(&out);
}

Test(lines, passes_over_what_is_too_long)
{
	static const struct {
		size_t before;
		const char *tail, *wanted;
	} long_ones[] = {
		{MAX + 1, "\nb\n", "1:LONG|2:b|"},
		{MAX * 7, "\nb\n", "1:LONG|2:b|"},
		{MAX * 300, "\nb", "1:LONG|2:b~"},
		{MAX * 3, "", "1:LONG~"},
		{MAX * 3, "\n", "1:LONG|"},
	};
	static const size_t pieces[] = {0, 777, 65536};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(long_ones); i++)
		for (size_t k = 0; k < COUNT(pieces); k++) {
			feed(times(&a, long_ones[i].before, 'x', long_ones[i].tail), pieces[k]);
			struct lines *lines = open_lines();
			struct slice got = all_lines(&a, lines);
			cr_expect(slice_is(got, long_ones[i].wanted), "%zu by %zu: '%.60s'", i, pieces[k], got.ptr);
			lines_close(lines);
		}
	arena_release(&a);
}

Test(lines, gives_the_longest_that_is_allowed)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < 2; i++) {
		feed(times(&a, MAX, 'x', i ? "\n" : ""), 100);
		struct lines *lines = open_lines();
		cr_expect_eq(all_lines(&a, lines).len, MAX + 3);
		lines_close(lines);
	}
	arena_release(&a);
}

Test(lines, a_peek_takes_nothing)
{
	static const struct {
		const char *text, *seen;
		enum lines_state state;
	} peeks[] = {
		{"one\ntwo\n", "one", LINES_LINE},  {"\n \t\r\n\n  one\r\ntwo", "one\r", LINES_LINE},
		{"one", "one", LINES_LINE},         {"", "", LINES_END},
		{"\n\n  ", "", LINES_END},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(peeks); i++)
		for (size_t piece = 0; piece < 3; piece++) {
			struct slice seen = {"", 0};
			struct err err = {""};
			size_t at = 0;
			feed(slice_of(peeks[i].text), piece);
			struct lines *lines = open_lines();
			cr_expect_eq(lines_peek(lines, &at, &seen, &err), peeks[i].state, "'%s'", peeks[i].text);
			cr_expect(slice_is(seen, peeks[i].seen), "'%s' by %zu: '%.*s'", peeks[i].text, piece, SLICE_ARG(seen));
			struct slice taken = lines_taken(lines);
			cr_expect(slice_starts(slice_of(peeks[i].text), arena_dup(&a, taken)));
			struct slice got = all_lines(&a, lines);
			feed(slice_of(peeks[i].text), piece);
			struct lines *again = open_lines();
			cr_expect(slice_eq(got, all_lines(&a, again)), "'%s': '%.*s'", peeks[i].text, SLICE_ARG(got));
			lines_close(again);
			lines_close(lines);
		}
	arena_release(&a);
}

Test(lines, a_peek_of_a_line_without_end_ends)
{
	struct arena a = ARENA_INIT;
	struct slice seen;
	struct err err = {""};
	size_t at = 0;

	feed(times(&a, MAX * 9, 'x', ""), 500);
	struct lines *lines = open_lines();
	cr_expect_eq(lines_peek(lines, &at, &seen, &err), LINES_LONG);
	cr_expect(slice_is(all_lines(&a, lines), "1:LONG~"));
	lines_close(lines);
	arena_release(&a);
}

Test(lines, peeks_go_on_behind_what_was_seen)
{
	static const char text[] = "one\n\n two\r\nthree\n \nfour";
	static const char *const wanted[] = {"one", "two\r", "three", "four"};
	struct arena a = ARENA_INIT;

	for (size_t piece = 0; piece < 4; piece++) {
		struct slice seen;
		struct err err = {""};
		size_t at = 0;
		feed(slice_of(text), piece);
		struct lines *lines = open_lines();
		for (size_t i = 0; i < COUNT(wanted); i++) {
			cr_expect_eq(lines_peek(lines, &at, &seen, &err), LINES_LINE);
			cr_expect(slice_is(seen, wanted[i]), "by %zu: '%.*s'", piece, SLICE_ARG(seen));
		}
		cr_expect_eq(lines_peek(lines, &at, &seen, &err), LINES_END);
		cr_expect(slice_is(all_lines(&a, lines), "1:one|2:|3: two|4:three|5: |6:four~"));
		lines_close(lines);
	}
	arena_release(&a);
}

/* The limit is of all that is looked at, so a reader who looks on does not hold more. */
Test(lines, peeks_end_at_the_limit)
{
	struct arena a = ARENA_INIT;
	struct slice seen;
	struct err err = {""};
	size_t at = 0, count = 0;
	struct buf text = buf_in(&a);

	for (size_t i = 0; i < MAX; i++)
		buf_adds(&text, "four\n");
	feed(buf_slice(&text), 0);
	struct lines *lines = open_lines();
	while (lines_peek(lines, &at, &seen, &err) == LINES_LINE)
		count++;
	cr_expect(count >= MAX / 5 - 1 && count <= MAX / 5 + 1, "%zu", count);
	cr_expect_eq(lines_peek(lines, &at, &seen, &err), LINES_LONG);
	lines_close(lines);
	arena_release(&a);
}

Test(lines, says_what_cannot_be_read)
{
	struct lines *lines = NULL;
	struct err err = {""};

	cr_expect_eq(lines_open("/nonexistent/log", MAX, &lines, &err), -1);
	cr_expect_str_eq(err.text, "cannot read '/nonexistent/log': No such file or directory");
	cr_expect_eq(lines_open("/tmp", MAX, &lines, &err), -1);
	cr_expect_null(lines);
}

Test(lines, knows_how_much_there_is_in_a_file)
{
	struct slice seen;
	struct err err = {""};
	size_t at = 0;

	feed(SLICE_LIT("one\ntwo\n"), 0);
	struct lines *lines = open_lines();
	cr_expect_eq(lines_size(lines), 8);
	cr_expect_eq(lines_peek(lines, &at, &seen, &err), LINES_LINE);
	cr_expect_eq(lines_done(lines), 0);
	lines_close(lines);
	feed(SLICE_LIT("one\n"), 1);
	lines = open_lines();
	cr_expect_eq(lines_size(lines), 0);
	lines_close(lines);
}
