/* Memory with one lifetime: zeroed where it says so, also where an earlier request has written. */
#include "testing.h"

#include <stdint.h>

static bool all_zero(const void *p, size_t size)
{
	const unsigned char *bytes = p;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != 0)
			return false;
	return true;
}

Test(arena, what_is_used_again_is_zeroed_again)
{
	static const size_t sizes[] = {0, 1, 7, 48, 4096, 40000, 200000};
	struct arena a = ARENA_INIT;

	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			void *p = arena_alloc(&a, sizes[i]);
			cr_expect_eq((uintptr_t)p % _Alignof(max_align_t), 0);
			cr_expect(all_zero(p, sizes[i]), "%zu bytes in round %d", sizes[i], round);
			memset(p, 0xA5, sizes[i]);
		}
		arena_reset(&a);
	}
	arena_release(&a);
}

Test(arena, an_array_keeps_its_elements_and_grows_with_zeroes)
{
	struct arena a = ARENA_INIT;
	unsigned *array = NULL;
	size_t cap = 0;

	memset(arena_alloc_dirty(&a, 20000), 0xA5, 20000);
	arena_reset(&a);
	for (unsigned i = 0; i < 1000; i++) {
		array = arena_grow(&a, array, &cap, i + 1, sizeof(*array));
		cr_assert(cap > i && all_zero(array + i, (cap - i) * sizeof(*array)));
		array[i] = i + 1;
	}
	for (unsigned i = 0; i < 1000; i++)
		cr_assert_eq(array[i], i + 1);
	arena_release(&a);
}

Test(arena, texts)
{
	struct arena a = ARENA_INIT;
	char *longer = arena_alloc(&a, 1001);

	memset(longer, 'y', 1000);
	cr_expect_str_eq(arena_join(&a, "one"), "one");
	cr_expect_str_eq(arena_join(&a, "", "a", "", "bc", ""), "abc");
	cr_expect_eq(strlen(arena_join(&a, longer, "/", longer)), 2001);
	cr_expect_str_eq(arena_path(&a, "/spec/containers", 0), "/spec/containers/0");
	cr_expect_str_eq(arena_path(&a, "", 1907), "/1907");
	cr_expect_str_eq(arena_path(&a, "", SIZE_MAX), arena_printf(&a, "/%zu", SIZE_MAX));
	cr_expect_str_eq(arena_printf(&a, "%s-%d", "a", 7), "a-7");
	cr_expect_eq(strlen(arena_printf(&a, "%s", longer)), 1000);
	arena_release(&a);
}
