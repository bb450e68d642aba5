/* A diff is right if applying it to the first text makes the second: the hunks are applied here by their numbers, as
 * patch(1) does, without a look at how they were made. */
#include "report/diff.h"
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

static struct slice line_at(struct slice text, size_t number)
{
	struct slice line = {"", 0};

	for (size_t i = 0; i < number; i++)
		line = slice_cut(&text, '\n');
	return line;
}

static size_t count_lines(struct slice text)
{
	size_t n = 0;

	for (; text.len > 0; n++)
		(void)slice_cut(&text, '\n');
	return n;
}

/* Apply the hunks in diff to before; every context and '-' line must be there. */
static struct slice apply(struct arena *a, struct slice before, struct slice diff)
{
	struct buf out = buf_in(a);
	size_t at = 1, total = count_lines(before);

	while (diff.len > 0) {
		struct slice line = slice_cut(&diff, '\n');
		size_t old_line, old_count, new_line, new_count;
		if (slice_starts(line, "--- ") || slice_starts(line, "+++ "))
			continue;
		cr_assert_eq(sscanf(line.ptr, "@@ -%zu,%zu +%zu,%zu @@", &old_line, &old_count, &new_line, &new_count), 4,
			     "%.*s", SLICE_ARG(line));
		size_t stop = old_count > 0 ? old_line : old_line + 1;
		for (; at < stop; at++)
			buf_printf(&out, "%.*s\n", SLICE_ARG(line_at(before, at)));
		for (size_t left_old = old_count, left_new = new_count; left_old + left_new > 0;) {
			struct slice edit = slice_cut(&diff, '\n');
			struct slice body = {edit.ptr + 1, edit.len - 1};
			cr_assert_gt(edit.len, 0);
			if (edit.ptr[0] != '+') {
				cr_assert(slice_eq(body, line_at(before, at)), "%.*s at %zu", SLICE_ARG(edit), at);
				at++;
				left_old--;
			}
			if (edit.ptr[0] != '-') {
				buf_printf(&out, "%.*s\n", SLICE_ARG(body));
				left_new--;
			}
		}
	}
	for (; at <= total; at++)
		buf_printf(&out, "%.*s\n", SLICE_ARG(line_at(before, at)));
	return buf_slice(&out);
}

static struct slice diff_of(struct arena *a, struct slice before, struct slice after)
{
	struct buf out = buf_in(a);

	diff_lines(a, "x", before, after, false, &out);
	return buf_slice(&out);
}

Test(lines, equal_texts_have_no_diff)
{
	struct arena a = ARENA_INIT;

	cr_expect_eq(diff_of(&a, SLICE_LIT("a\nb\n"), SLICE_LIT("a\nb\n")).len, 0);
	arena_release(&a);
}

Test(lines, shows_what_changed_with_three_lines_around)
{
	struct arena a = ARENA_INIT;
	struct slice diff = diff_of(&a, SLICE_LIT("1\n2\n3\n4\n5\n6\n7\n8\n9\n"), SLICE_LIT("1\n2\n3\n4\nfive\n6\n7\n8\n9\n"));

	cr_expect_str_eq(diff.ptr, "--- a/x\n+++ b/x\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n");
	arena_release(&a);
}

Test(lines, takes_the_shortest_way)
{
	struct arena a = ARENA_INIT;
	/* Myers' own example: ABCABBA to CBABAC takes five edits. */
	struct slice diff = diff_of(&a, SLICE_LIT("A\nB\nC\nA\nB\nB\nA\n"), SLICE_LIT("C\nB\nA\nB\nA\nC\n"));
	size_t edits = 0;

	(void)slice_cut(&diff, '\n');
	(void)slice_cut(&diff, '\n');
	while (diff.len > 0) {
		struct slice line = slice_cut(&diff, '\n');
		edits += line.ptr[0] == '+' || line.ptr[0] == '-';
	}
	cr_expect_eq(edits, 5);
	arena_release(&a);
}

static struct slice random_lines(struct arena *a, unsigned *seed, size_t most)
{
	struct buf b = buf_in(a);
	size_t count = (size_t)rand_r(seed) % (most + 1);

	for (size_t i = 0; i < count; i++)
		buf_printf(&b, "%c\n", "abcd-+ @"[rand_r(seed) % 8]);
	return buf_slice(&b);
}

Test(lines, applying_it_gives_the_other_text)
{
	struct arena a = ARENA_INIT;
	unsigned seed = 1;

	for (int i = 0; i < 3000; i++) {
		struct slice before = random_lines(&a, &seed, 30), after = random_lines(&a, &seed, 30);
		struct slice diff = diff_of(&a, before, after);
		cr_assert_str_eq(apply(&a, before, diff).ptr, after.ptr, "%s", diff.ptr);
		arena_reset(&a);
	}
	arena_release(&a);
}

Test(lines, texts_that_share_little_are_replaced_whole)
{
	struct arena a = ARENA_INIT;
	struct buf before = buf_in(&a), after = buf_in(&a);

	for (int i = 0; i < 2000; i++) {
		buf_printf(&before, "old %d\n", i);
		buf_printf(&after, "new %d\n", i);
	}
	struct slice diff = diff_of(&a, buf_slice(&before), buf_slice(&after));
	cr_expect(slice_starts(diff, "--- a/x\n+++ b/x\n@@ -1,2000 +1,2000 @@\n-old 0\n-old 1\n"));
	arena_release(&a);
}
