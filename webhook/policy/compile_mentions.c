/* Ids of rules that exemptions and cases name: one that does not exist would never match. */
#include "policy/compile.h"

#include "policy/words.h"

/* At most this many get a "did you mean": the nearest word is searched among all ids. */
#define SUGGESTIONS_MAX 32

static void note_id(struct compiler *c, struct texts *list, size_t *cap, const char *id)
{
	*ARENA_PUSH(c->scratch, list->items, cap, list->count) = id;
}

void compile_removed(struct compiler *c, const char *id)
{
	note_id(c, &c->removed, &c->removed_cap, id);
}

/* Without a list of Pod Security's ids: may pattern mean one? Those begin with "pss.". */
static bool may_be_pss(const char *pattern)
{
	static const char prefix[] = "pss.";

	for (size_t i = 0; prefix[i]; i++)
		if (pattern[i] != prefix[i])
			return pattern[i] == '*';
	return true;
}

static bool is_among(const struct texts *ids, const char *pattern)
{
	for (size_t i = 0; ids && i < ids->count; i++)
		if (glob_match(pattern, slice_of(ids->items[i])))
			return true;
	return false;
}

static bool is_known(const struct compiler *c, const char *pattern)
{
	const struct policy *p = c->policy;

	for (size_t i = 0; i < p->check_count; i++)
		if (glob_match(pattern, slice_of(p->checks[i].id)))
			return true;
	for (size_t i = 0; i < p->rule_count; i++)
		if (glob_match(pattern, slice_of(p->rules[i].id)))
			return true;
	return is_among(&c->removed, pattern) || is_among(c->known_ids, pattern) || (!c->known_ids && may_be_pss(pattern));
}

void compile_mention(struct compiler *c, const struct node *n, const char *who, const char *rule)
{
	if (is_known(c, rule))
		return;
	*ARENA_PUSH(c->scratch, c->mentions, &c->mention_cap, c->mention_count) = (struct compile_mention){n->file->name, node_line(n), who, rule};
}

static struct texts all_ids(struct compiler *c)
{
	const struct policy *p = c->policy;
	struct texts ids = {NULL, 0};
	size_t cap = 0;

	for (size_t i = 0; i < p->check_count; i++)
		note_id(c, &ids, &cap, p->checks[i].id);
	for (size_t i = 0; i < p->rule_count; i++)
		note_id(c, &ids, &cap, p->rules[i].id);
	for (size_t i = 0; c->known_ids && i < c->known_ids->count; i++)
		note_id(c, &ids, &cap, c->known_ids->items[i]);
	return ids;
}

void compile_mentions_judge(struct compiler *c, struct arena *a, struct policy_problems *problems)
{
	struct texts ids = {NULL, 0};
	size_t suggested = 0;

	for (size_t i = 0; i < c->mention_count; i++) {
		const struct compile_mention *m = &c->mentions[i];
		const char *near = NULL;
		if (is_known(c, m->rule))
			continue;
		if (ids.count == 0)
			ids = all_ids(c);
		if (suggested++ < SUGGESTIONS_MAX)
			near = nearest_word(slice_of(m->rule), ids.items, ids.count);
		policy_problem_add(problems, a, m->file, m->line,
				   near ? arena_printf(a, "%s rule '%s', which does not exist, did you mean '%s'?", m->who, m->rule, near)
					: arena_printf(a, "%s rule '%s', which does not exist, see `sparkgate policy show`", m->who, m->rule));
	}
}
