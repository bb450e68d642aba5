/*
 * Patches by RFC 6902. One patch of many operations does what as many patches of one do: applying
 * remembers where it was in each array, and must forget it in time.
 */
#include "base/json.h"
#include "base/json_patch.h"
#include "testing.h"

static const struct {
	const char *op, *pointer, *value, *before, *after; /* after NULL: does not apply */
} patches[] = {
	{"add", "/b", "2", "{'a':1}", "{'a':1,'b':2}"},
	{"add", "/a", "2", "{'a':1}", "{'a':2}"},
	{"add", "/a", "2", "{'a':1,'ab':3}", "{'a':2,'ab':3}"},
	{"add", "/ab", "2", "{'a':1,'abc':3}", "{'a':1,'abc':3,'ab':2}"},
	{"add", "/c/0", "9", "{'c':[1,2]}", "{'c':[9,1,2]}"},
	{"add", "/c/1", "9", "{'c':[1,2]}", "{'c':[1,9,2]}"},
	{"add", "/c/2", "9", "{'c':[1,2]}", "{'c':[1,2,9]}"},
	{"add", "/c/-", "9", "{'c':[1,2]}", "{'c':[1,2,9]}"},
	{"add", "/c/3", "9", "{'c':[1,2]}", NULL},
	{"add", "/c/01", "9", "{'c':[1,2]}", NULL},
	{"add", "/x/y", "9", "{'c':[1,2]}", NULL},
	{"add", "/a~1b/m~0n", "{'k':[]}", "{'a/b':{}}", "{'a/b':{'m~n':{'k':[]}}}"},
	{"replace", "/c/1", "9", "{'c':[1,2]}", "{'c':[1,9]}"},
	{"replace", "/c/0", "9", "{'c':[1,2]}", "{'c':[9,2]}"},
	{"replace", "/n", "9", "{'n':null}", "{'n':9}"},
	{"replace", "/z", "9", "{'n':null}", NULL},
	{"remove", "/c/0", NULL, "{'c':[1,2]}", "{'c':[2]}"},
	{"remove", "/c", NULL, "{'c':[1,2],'d':0}", "{'d':0}"},
	{"remove", "/z", NULL, "{'c':[1,2]}", NULL},
};

Test(json_patch, applies_as_rfc_6902_says)
{
	json_setup();
	for (size_t i = 0; i < COUNT(patches); i++) {
		struct arena a = ARENA_INIT;
		struct json_patch p = json_patch_in(&a);
		const struct json *before;
		struct json *after = NULL;
		struct err err = {""};

		cr_assert_eq(json_parse(&a, quoted(&a, patches[i].before), &before, &err), 0);
		json_patch_add(&p, patches[i].op, patches[i].pointer,
			       patches[i].value ? quoted(&a, patches[i].value) : (struct slice){NULL, 0});
		int rc = json_patch_apply(&a, before, &p, &after, &err);
		cr_expect_eq(rc, patches[i].after ? 0 : -1, "%s %s: %s", patches[i].op, patches[i].pointer, err.text);
		if (rc == 0)
			cr_expect_str_eq(json_print(&a, after).ptr, quoted(&a, patches[i].after).ptr);
		else
			cr_expect_null(after, "*ret was touched");
		cr_expect_str_eq(json_print(&a, before).ptr, quoted(&a, patches[i].before).ptr, "the document was changed");
		arena_release(&a);
	}
}

/* ---- many operations ---- */

static const char document[] =
	"{'c':[{'a':[0,1,2],'n':'x'},{'a':[3],'n':'y'},{'a':[],'n':'z'},{'a':[4,5,6,7,8],'n':'w'}],'v':[10,11,12,13]}";

/* A linear congruential generator: the same operations in each run. */
static unsigned next(unsigned *state, unsigned below)
{
	*state = *state * 1103515245u + 12345u;
	return (*state >> 16) % below;
}

static const char *pointer_for(struct arena *a, unsigned *state)
{
	switch (next(state, 4)) {
	case 0:
		return arena_printf(a, "/v/%u", next(state, 5));
	case 1:
		return arena_printf(a, "/c/%u", next(state, 4));
	case 2:
		return arena_printf(a, "/c/%u/n", next(state, 4));
	default:
		return arena_printf(a, "/c/%u/a/%u", next(state, 4), next(state, 5));
	}
}

static void add_random(struct arena *a, unsigned *state, struct json_patch *patch)
{
	static const char *const verbs[] = {"add", "replace", "remove"};
	const char *verb = verbs[next(state, 3)];
	const char *pointer = pointer_for(a, state);
	struct slice value = strcmp(verb, "remove") == 0      ? (struct slice){NULL, 0}
			     : strncmp(pointer, "/c/", 3) == 0 && strlen(pointer) == 4 ? slice_of("{\"a\":[90,91],\"n\":\"new\"}")
										       : slice_of(arena_printf(a, "%u", next(state, 1000)));

	json_patch_add(patch, verb, pointer, value);
}

/* The operations one by one, leaving out those that lead nowhere; *kept gets the others. */
static const struct json *step_by_step(struct arena *a, const struct json *start, const struct json_patch *all,
				       struct json_patch *kept)
{
	const struct json *now = start;

	for (size_t i = 0; i < all->count; i++) {
		struct json_patch one = json_patch_in(a);
		struct json *after;
		struct err err;

		json_patch_add(&one, all->ops[i].op, all->ops[i].pointer, all->ops[i].value);
		if (json_patch_apply(a, now, &one, &after, &err) < 0)
			continue;
		json_patch_add(kept, all->ops[i].op, all->ops[i].pointer, all->ops[i].value);
		now = after;
	}
	return now;
}

Test(json_patch, many_operations_are_as_many_patches, .init = json_setup)
{
	size_t kept_in_all = 0;

	for (unsigned seed = 0; seed < 2000; seed++) {
		struct arena a = ARENA_INIT;
		struct json_patch all = json_patch_in(&a), kept = json_patch_in(&a);
		const struct json *start = NULL;
		struct json *at_once = NULL;
		struct err err = {""};
		unsigned state = seed;

		cr_assert_eq(json_parse(&a, quoted(&a, document), &start, &err), 0, "%s", err.text);
		for (unsigned i = 0; i < 12; i++)
			add_random(&a, &state, &all);
		const struct json *expected = step_by_step(&a, start, &all, &kept);
		cr_assert_eq(json_patch_apply(&a, start, &kept, &at_once, &err), 0, "seed %u: %s", seed, err.text);
		cr_assert_str_eq(json_print(&a, at_once).ptr, json_print(&a, expected).ptr, "seed %u: %s", seed,
				 json_patch_print(&kept, "").ptr);
		kept_in_all += kept.count;
		arena_release(&a);
	}
	cr_assert_gt(kept_in_all, 10000, "the operations hardly ever apply");
}

/* 50,000 elements, each touched once: walked from the first for each this takes a minute under the sanitizers. */
Test(json_patch, long_arrays_are_walked_once, .init = json_setup, .timeout = 60)
{
	struct arena a = ARENA_INIT;
	struct json_patch patch = json_patch_in(&a);
	struct buf text = buf_in(&a);
	const struct json *start = NULL;
	struct json *after = NULL;
	struct err err = {""};

	for (unsigned i = 0; i < 50000; i++) {
		buf_adds(&text, i ? ",{}" : "[{}");
		json_patch_add(&patch, "add", arena_printf(&a, "/%u/a", i), SLICE_LIT("1"));
	}
	buf_adds(&text, "]");
	cr_assert_eq(json_parse(&a, buf_slice(&text), &start, &err), 0, "%s", err.text);
	cr_assert_eq(json_patch_apply(&a, start, &patch, &after, &err), 0, "%s", err.text);
	cr_assert(json_get(json_at(after, 49999), "a"));
	arena_release(&a);
}

/* The same with whole arrays and objects that come and go, with members, and with the end of an array. */
Test(json_patch, what_was_in_a_container_that_is_replaced_is_forgotten, .init = json_setup)
{
	static const char *const ops[] = {"add", "replace", "remove"};
	static const char *const pointers[] = {"/a/0", "/a/1", "/a/2", "/a/-", "/a", "/o/x", "/o/y", "/o", "/o/x/0", "/a/1/0", "/a/1/1"};
	static const char *const values[] = {"[1,2,3]", "{'x':[4,5],'y':6}", "7", "null"};
	unsigned seed = 1, applied = 0;

	for (size_t round = 0; round < 20000; round++) {
		struct arena a = ARENA_INIT;
		struct json_patch all = json_patch_in(&a);
		const struct json *start;
		struct json *at, *once = NULL;
		struct err err = {""};

		cr_assert_eq(json_parse(&a, quoted(&a, "{'a':[0,[1,2],3],'o':{'x':[8],'y':9}}"), &start, &err), 0);
		at = json_copy(&a, start);
		for (size_t i = 0; i < 8; i++) {
			struct json_patch one = json_patch_in(&a);
			seed = seed * 1664525 + 1013904223;
			const char *op = ops[(seed >> 8) % COUNT(ops)];
			struct slice value = *op == 'r' && op[2] == 'm' ? (struct slice){NULL, 0} : quoted(&a, values[(seed >> 16) % COUNT(values)]);
			json_patch_add(&one, op, pointers[(seed >> 20) % COUNT(pointers)], value);
			if (json_patch_apply(&a, at, &one, &at, &err) < 0)
				continue;
			json_patch_add(&all, one.ops[0].op, one.ops[0].pointer, one.ops[0].value);
		}
		applied += (unsigned)all.count;
		cr_assert_eq(json_patch_apply(&a, start, &all, &once, &err), 0, "%s", err.text);
		cr_assert_str_eq(json_print(&a, once).ptr, json_print(&a, at).ptr, "%s", json_patch_print(&all, "").ptr);
		arena_release(&a);
	}
	cr_expect_gt(applied, 50000);
}

/* ~0 and ~1 are all the escapes that there are (RFC 6901, section 3): any other ~ leads nowhere, also where a guess would find a member. */
Test(json_patch, escapes_of_rfc_6901, .init = json_setup)
{
	static const struct {
		const char *pointer, *after; /* NULL = refused */
	} escapes[] = {
		{"/a~1b", "{'a/b':1,'a~b':0,'a~':0,'~1':0}"}, {"/a~0b", "{'a/b':0,'a~b':1,'a~':0,'~1':0}"},
		{"/a~0", "{'a/b':0,'a~b':0,'a~':1,'~1':0}"},  {"/~01", "{'a/b':0,'a~b':0,'a~':0,'~1':1}"},
		{"/a~2b", NULL}, {"/a~b", NULL}, {"/a~", NULL}, {"/~", NULL}, {"/a~~0", NULL}, {"/a~2b/c", NULL}, {"/a~/b", NULL},
	};

	for (size_t i = 0; i < COUNT(escapes); i++) {
		struct arena a = ARENA_INIT;
		struct json_patch p = json_patch_in(&a);
		const struct json *start;
		struct json *after = NULL;
		struct err err = {""};

		cr_assert_eq(json_parse(&a, quoted(&a, "{'a/b':0,'a~b':0,'a~':0,'~1':0}"), &start, &err), 0);
		json_patch_add(&p, escapes[i].after ? "replace" : "add", escapes[i].pointer, SLICE_LIT("1"));
		int rc = json_patch_apply(&a, start, &p, &after, &err);
		cr_expect_eq(rc, escapes[i].after ? 0 : -1, "%s", escapes[i].pointer);
		if (rc == 0)
			cr_expect_str_eq(json_print(&a, after).ptr, quoted(&a, escapes[i].after).ptr, "%s", escapes[i].pointer);
		else
			cr_expect(strstr(err.text, escapes[i].pointer), "%s", err.text);
		arena_release(&a);
	}
}
