#include "admission/exemption.h"

#include "admission/subject.h"
#include "base/buf.h"

static bool any_or_empty(const struct texts *patterns, const char *text)
{
	return patterns->count == 0 || texts_has(patterns, slice_of(text));
}

/* ---- the asker ---- */

struct exemption_asker exemption_asker_of(const struct review *r)
{
	return (struct exemption_asker){r->namespace, r->name, r->user, r->groups};
}

struct exemption_asker exemption_asker_of_pods(struct arena *a, const struct review *r)
{
	return (struct exemption_asker){r->namespace, arena_printf(a, "%s-", r->name), "", NULL};
}

bool asked_by(const struct texts *users, const struct texts *groups, const struct exemption_asker *who)
{
	if (texts_has(users, slice_of(who->user)))
		return true;
	JSON_EACH(group, who->groups)
		if (texts_has(groups, slice_of(json_text(group, ""))))
			return true;
	return false;
}

/* Naming nobody means anybody. */
static bool is_for(const struct exemption *e, const struct exemption_asker *who)
{
	return (e->users.count == 0 && e->groups.count == 0) || asked_by(&e->users, &e->groups, who);
}

bool exemption_covers(const struct exemption *e, const struct exemption_asker *who, int64_t now)
{
	return (e->expires_unix == 0 || now < e->expires_unix) && any_or_empty(&e->namespaces, who->namespace) &&
	       any_or_empty(&e->names, who->name) && is_for(e, who);
}

/* ---- what it is about ---- */

struct texts exemption_rules(const struct policy *p, const struct exemption_asker *who, int64_t now, struct arena *a)
{
	struct texts rules = {0};
	size_t cap = 0;

	for (size_t i = 0; i < p->exemption_count; i++) {
		const struct exemption *e = &p->exemptions[i];
		if (!exemption_covers(e, who, now))
			continue;
		rules.items = arena_grow(a, rules.items, &cap, rules.count + e->rules.count, sizeof(*rules.items));
		for (size_t k = 0; k < e->rules.count; k++)
			rules.items[rules.count++] = e->rules.items[k];
	}
	return rules;
}

const struct exemption *exemption_of(const struct policy *p, const struct review *r, int64_t now, const char *rule, struct arena *a)
{
	const struct exemption_asker who = kind_is_controller(r->kind) ? exemption_asker_of_pods(a, r) : exemption_asker_of(r);

	for (size_t i = 0; i < p->exemption_count; i++)
		if (exemption_covers(&p->exemptions[i], &who, now) && texts_has(&p->exemptions[i].rules, slice_of(rule)))
			return &p->exemptions[i];
	return NULL;
}

static struct exemption_use *use_of(struct arena *a, const struct exemption *e, struct exemption_uses *uses)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->items[i].exemption == e)
			return &uses->items[i];
	uses->items = arena_grow(a, uses->items, &uses->cap, uses->count + 1, sizeof(*uses->items));
	uses->items[uses->count] = (struct exemption_use){e, {NULL, 0}};
	return &uses->items[uses->count++];
}

/* More rules than this of one exemption help nobody; it also bounds the comparisons. */
#define RULES_NOTED 32

static void note_use(struct arena *a, const struct exemption *e, const char *rule, struct exemption_uses *uses)
{
	struct exemption_use *use = use_of(a, e, uses);

	for (size_t i = 0; i < use->rules.count; i++)
		if (strcmp(use->rules.items[i], rule) == 0)
			return;
	if (use->rules.count == RULES_NOTED)
		return;
	if (!use->rules.items)
		use->rules.items = ARENA_ARRAY(a, RULES_NOTED, const char *);
	use->rules.items[use->rules.count++] = rule;
}

void exemption_uses_add(struct arena *a, const struct exemption_uses *from, struct exemption_uses *to)
{
	for (size_t i = 0; i < from->count; i++)
		for (size_t k = 0; k < from->items[i].rules.count; k++)
			note_use(a, from->items[i].exemption, from->items[i].rules.items[k], to);
}

void exempt(const struct policy *p, const struct exemption_asker *who, int64_t now, struct arena *a,
	    struct findings *findings, struct exemption_uses *uses)
{
	for (size_t i = 0; i < p->exemption_count; i++) {
		const struct exemption *e = &p->exemptions[i];
		if (!exemption_covers(e, who, now))
			continue;
		for (size_t f = 0; f < findings->count; f++) {
			struct finding *finding = &findings->items[f];
			if (finding->action > ACTION_WARN || !texts_has(&e->rules, slice_of(finding->rule)))
				continue;
			finding->action = ACTION_AUDIT;
			note_use(a, e, finding->rule, uses);
		}
	}
}

const char *exemption_until(struct arena *a, const struct exemption *e)
{
	return e->expires_unix ? arena_printf(a, "until %s", e->expires) : "for ever";
}

const char *exemption_uses_text(struct arena *a, const struct exemption_uses *uses)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < uses->count; i++) {
		const struct exemption_use *use = &uses->items[i];
		buf_printf(&b, "%s%s (%s, %s): ", i > 0 ? "; " : "", use->exemption->id, use->exemption->owner,
			   exemption_until(a, use->exemption));
		for (size_t k = 0; k < use->rules.count; k++)
			buf_printf(&b, "%s%s", k > 0 ? ", " : "", use->rules.items[k]);
	}
	return uses->count ? buf_slice(&b).ptr : NULL;
}
