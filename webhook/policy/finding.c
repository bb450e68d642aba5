#include "policy/finding.h"

#include "base/hash.h"

const char *const action_words[] = {
	[ACTION_DENY] = "deny", [ACTION_WARN] = "warn", [ACTION_AUDIT] = "audit", [ACTION_OFF] = "off",
};

const char *action_name(enum action action)
{
	return action_words[action];
}

void changes_add(struct changes *list, struct arena *a, struct change change)
{
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = change;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same(const struct finding *a, const struct finding *b)
{
	return same_text(a->rule, b->rule) && same_text(a->message, b->message) &&
	       same_text(a->place.pointer, b->place.pointer);
}

/* From so many on a search through all is spared where a bit says that there is nothing to find. */
#define MANY 32

#define PRESENT_BITS 16384

static uint64_t hash_of(const char *text)
{
	return text ? hash(slice_of(text)) : 0;
}

static uint64_t bit_of(const struct finding *f)
{
	return (3 * hash_of(f->message) + hash_of(f->place.pointer)) % PRESENT_BITS;
}

static void note_present(struct findings *list, const struct finding *finding)
{
	uint64_t bit = bit_of(finding);

	list->present[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* false: certainly not there. */
static bool may_be_there(const struct findings *list, const struct finding *finding)
{
	uint64_t bit = bit_of(finding);

	return list->present[bit / 64] >> bit % 64 & 1;
}

static void note_all(struct findings *list, struct arena *a)
{
	list->present = ARENA_ARRAY(a, PRESENT_BITS / 64, uint64_t);
	for (size_t i = 0; i < list->count; i++)
		note_present(list, &list->items[i]);
}

static bool is_there(const struct findings *list, const struct finding *finding)
{
	if (list->present && !may_be_there(list, finding))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (same(&list->items[i], finding))
			return true;
	return false;
}

/* More findings than anybody reads: the last one says so, unless it is a refusal; the first refusal is never lost. */
static void add_to_full(struct findings *list, struct finding finding)
{
	struct finding *last = &list->items[list->count - 1];

	if (finding.action == ACTION_DENY && !findings_deny(list))
		*last = finding;
	else if (last->action != ACTION_DENY)
		*last = (struct finding){.rule = finding.rule, .action = last->action, .message = "and more of the same kind than are listed"};
}

void findings_add(struct findings *list, struct arena *a, struct finding finding)
{
	if (is_there(list, &finding))
		return;
	if (list->count == FINDINGS_MAX) {
		add_to_full(list, finding);
		return;
	}
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = finding;
	if (list->present)
		note_present(list, &finding);
	else if (list->count == MANY)
		note_all(list, a);
}

bool findings_deny(const struct findings *list)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].action == ACTION_DENY)
			return true;
	return false;
}
