/* Every text: parsing does not crash, undo(apply(X, U)) == U, and what apply set is what a reader sees.
 * The first byte picks the edits. */
#include "spark/properties.h"
#include "fuzzing.h"

#include <stdint.h>

#define EDIT(k, v) {{(k), sizeof(k) - 1}, {(v), sizeof(v) - 1}}
#define DISABLE(k) {{(k), sizeof(k) - 1}, {NULL, 0}}

static const struct property_edit edits[] = {
	EDIT("spark.master", "spark://h:7077"), DISABLE("a"), EDIT("spark.cores.max", "\\ 4\n"), EDIT("#b", ""),
};

static void check_applied(struct arena *a, struct slice applied, size_t count)
{
	struct properties p;
	struct err err;

	if (properties_parse(a, applied, &p, &err) < 0)
		return; /* a malformed \u in a line that stays */
	for (size_t i = 0; i < count; i++) {
		const struct property *found = properties_find(&p, edits[i].key);
		must(!found == !edits[i].value.ptr);
	}
	must(count == 0 || slice_is(properties_find(&p, edits[0].key)->value, "spark://h:7077"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = ARENA_INIT;

	if (size == 0)
		return 0;
	struct slice user = {(const char *)data + 1, size - 1};
	size_t count = data[0] % (sizeof(edits) / sizeof(*edits) + 1);
	struct slice applied = properties_apply(&a, &(struct properties){.text = user}, BACKEND_STANDALONE, edits, count);

	must(slice_eq(properties_undo(&a, applied), user));
	check_applied(&a, applied, count);

	struct slice undone = properties_undo(&a, user);
	struct slice twice = properties_apply(&a, &(struct properties){.text = undone}, BACKEND_K8S, edits, count);
	must(slice_eq(properties_undo(&a, twice), undone));
	arena_release(&a);
	return 0;
}
