#include "command/policy_diff.h"

/* How many facts from i on are about the same thing; 0 at the end. */
static size_t span(const struct policy_facts *f, size_t i)
{
	size_t n = 0;

	while (i + n < f->count && policy_fact_compare(&f->items[i], &f->items[i + n]) == 0)
		n++;
	return n;
}

static const char *value_of(const struct policy_fact *facts, size_t count, const char *field)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(facts[i].field, field) == 0)
			return facts[i].value;
	return NULL;
}

static void add_field(struct policy_thing *t, struct arena *a, const char *field, const char *from, const char *to)
{
	if (from && to && strcmp(from, to) == 0)
		return;
	*ARENA_PUSH(a, t->fields, &t->cap, t->count) = (struct policy_field){field, from, to};
}

/* The fields of one thing in both; n or m may be 0. */
static void compare(struct policy_thing *t, struct arena *a, const struct policy_fact *from, size_t n,
		    const struct policy_fact *to, size_t m)
{
	for (size_t i = 0; i < n; i++)
		add_field(t, a, from[i].field, from[i].value, value_of(to, m, from[i].field));
	for (size_t i = 0; i < m; i++)
		if (!value_of(from, n, to[i].field))
			add_field(t, a, to[i].field, NULL, to[i].value);
}

static void add_thing(struct policy_things *list, struct arena *a, struct policy_thing thing)
{
	if (thing.count == 0)
		return;
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = thing;
}

void policy_things_of(const struct policy_facts *from, const struct policy_facts *to, struct arena *a,
		      struct policy_things *ret)
{
	*ret = (struct policy_things){NULL, 0, 0};
	for (size_t i = 0, j = 0; i < from->count || j < to->count;) {
		int order = i == from->count ? 1 : j == to->count ? -1 : policy_fact_compare(&from->items[i], &to->items[j]);
		size_t n = order <= 0 ? span(from, i) : 0, m = order >= 0 ? span(to, j) : 0;
		const struct policy_fact *any = n > 0 ? &from->items[i] : &to->items[j];
		struct policy_thing t = {.section = any->section, .id = any->id,
					 .change = order < 0 ? POLICY_REMOVED : order > 0 ? POLICY_ADDED : POLICY_CHANGED};
		compare(&t, a, n > 0 ? &from->items[i] : NULL, n, m > 0 ? &to->items[j] : NULL, m);
		add_thing(ret, a, t);
		i += n;
		j += m;
	}
}
