/*
 * Exemptions that would hold for somebody else: those that name users or groups. What one of them comes to is asked of the
 * engine as for a user that it names.
 */
#include "admission/exemption.h"
#include "base/buf.h"
#include "explain/part.h"

/* Runs of the engine; a policy with more exemptions for one object is read by nobody. */
#define EXEMPTIONS_MAX 8
#define NAMES_SHOWN 3

struct offering {
	struct explaining *x;
	const struct exemption *exemption;
	struct arena *scratch;
};

static void add_names(struct buf *out, const struct texts *names)
{
	for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++)
		buf_printf(out, "%s%s", i > 0 ? ", " : "", names->items[i]);
	if (names->count > NAMES_SHOWN)
		buf_printf(out, " and %zu more", names->count - NAMES_SHOWN);
}

/* "user ci or members of group oncall" */
static const char *who_of(struct arena *a, const struct exemption *e)
{
	struct buf out = buf_in(a);

	if (e->users.count > 0)
		buf_adds(&out, e->users.count > 1 ? "users " : "user ");
	add_names(&out, &e->users);
	if (e->groups.count > 0)
		buf_printf(&out, "%smembers of group%s ", e->users.count > 0 ? " or " : "", e->groups.count > 1 ? "s" : "");
	add_names(&out, &e->groups);
	return buf_slice(&out).ptr;
}

/* The rules of the exemption that refuse or warn here, each once; "" where there are none. */
static const char *rules_covered(const struct offering *o)
{
	const struct explanation *e = o->x->e;
	struct texts shown = {ARENA_ARRAY(o->x->a, NAMES_SHOWN + 1, const char *), 0};
	struct buf out = buf_in(o->x->a);

	for (size_t i = 0; i < e->simulation->findings.count && shown.count <= NAMES_SHOWN; i++) {
		const struct finding *f = &e->simulation->findings.items[i];
		if (finding_in_force(e->decision, f) > ACTION_WARN || !texts_has(&o->exemption->rules, slice_of(f->rule)))
			continue;
		bool again = false;
		for (size_t k = 0; k < shown.count; k++)
			again |= strcmp(shown.items[k], f->rule) == 0;
		if (!again)
			shown.items[shown.count++] = f->rule;
	}
	for (size_t i = 0; i < shown.count; i++)
		buf_printf(&out, "%s%s", i > 0 ? ", " : "", i < NAMES_SHOWN ? shown.items[i] : "...");
	return buf_slice(&out).ptr;
}

/* A name that pattern matches: a '*' at its end matches nothing, too. */
static struct slice one_of(const char *pattern)
{
	struct slice name = slice_of(pattern);

	name.len -= slice_ends(name, "*");
	return name;
}

/* Make the request that of one whom the exemption names: its first user, else a member of its first group. */
static void become(const struct offering *o, struct review *r)
{
	const struct exemption *e = o->exemption;
	struct err ignored;

	if (e->users.count > 0) {
		r->user = arena_dup(o->scratch, one_of(e->users.items[0]));
		return;
	}
	struct slice group = json_patch_string(o->scratch, one_of(e->groups.items[0]));
	const char *list = arena_printf(o->scratch, "[%.*s]", SLICE_ARG(group));
	if (json_parse(o->scratch, slice_of(list), &r->groups, &ignored) < 0)
		r->groups = NULL; /* a string that was printed parses */
}

/* Does it hold for this object and day, but not for the user of this request? */
static bool is_for_others(const struct offering *o, struct review *other)
{
	const struct explain_input *in = o->x->in;
	const struct exemption *e = o->exemption;
	bool controller = o->x->kind == SUBJECT_CONTROLLER;

	if (e->users.count + e->groups.count == 0)
		return false;
	become(o, other);
	struct exemption_asker asks = exemption_asker_of(in->review), would = exemption_asker_of(other);
	if (controller) {
		asks = exemption_asker_of_pods(o->scratch, in->review);
		would.name = asks.name;
	}
	return exemption_covers(e, &would, in->facts->now) && !exemption_covers(e, &asks, in->facts->now);
}

static void offer(struct offering *o)
{
	const struct explain_input *in = o->x->in;
	const struct exemption *e = o->exemption;
	struct review other = *in->review;
	struct explain_way way = {.exemption = e->id, .verdict = o->x->e->verdict};
	bool controller = o->x->kind == SUBJECT_CONTROLLER;
	struct simulation s;
	struct err ignored;

	if (!is_for_others(o, &other))
		return;
	const char *rules = rules_covered(o), *verb = other.operation == OP_UPDATE ? "change" : "create";
	if (!*rules)
		return;
	way.what = arena_printf(o->x->a, "exemption '%s' (%s, %s) covers %s for %s who %s %s by hand", e->id, e->owner,
				exemption_until(o->x->a, e), rules, who_of(o->x->a, e), controller ? "create" : verb,
				controller ? "such a pod" : "it");
	if (controller) {
		way.outcome = "its own pods are created by its controller, which it does not name";
	} else {
		if (simulate(&other, in->facts, in->policy, o->scratch, &s, &ignored) < 0)
			return;
		way.verdict = explain_verdict_of(&other, in->facts, &s);
		way.outcome = explain_outcome(o->x, way.verdict, &s);
	}
	explain_add_way(o->x, way);
}

void explain_ways_exemption(struct explaining *x)
{
	const struct policy *p = x->in->policy;
	size_t before = x->e->way_count;
	struct arena scratch = ARENA_INIT;

	for (size_t i = 0; i < p->exemption_count && x->e->way_count < before + EXEMPTIONS_MAX; i++) {
		struct offering o = {x, &p->exemptions[i], &scratch};
		offer(&o);
		arena_reset(&scratch);
	}
	arena_release(&scratch);
}
