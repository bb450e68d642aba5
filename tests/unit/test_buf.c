/* A text that grows: pieces of every length around the sizes at which it moves. */
#include "base/buf.h"
#include "testing.h"

#include <stdio.h>

Test(buf, pieces_of_any_length_stand_behind_each_other)
{
	for (size_t piece = 0; piece < 300; piece++) {
		struct arena a = ARENA_INIT;
		struct buf b = buf_in(&a);
		char *text = arena_alloc(&a, piece + 1), *want = arena_alloc(&a, 3 * piece + 5);

		memset(text, 'x', piece);
		snprintf(want, 3 * piece + 5, "%s,%s=%d%s", text, text, 7, text);
		buf_adds(&b, text);
		buf_addc(&b, ',');
		buf_printf(&b, "%s=%d", text, 7);
		memcpy(buf_reserve(&b, piece), text, piece);
		buf_added(&b, piece);
		cr_expect_str_eq(buf_slice(&b).ptr, want, "pieces of %zu", piece);
		cr_expect_eq(buf_slice(&b).len, strlen(want));
		arena_release(&a);
	}
}

Test(buf, an_earlier_slice_stays_what_it_was)
{
	struct arena a = ARENA_INIT;
	struct buf b = buf_in(&a);

	cr_expect_str_eq(buf_slice(&b).ptr, "");
	buf_adds(&b, "short");
	struct slice early = buf_slice(&b);
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%d", i);
	cr_expect(slice_is(early, "short"));
	cr_expect(slice_starts(buf_slice(&b), "short0123"));
	arena_release(&a);
}
