/* What each rule did and found, why there is such a rule, and what its action comes to here. */
#include "admission/exemption.h"
#include "explain/part.h"
#include "pss/pss.h"

static const char *range_text(struct arena *a, struct version_range r)
{
	if (!r.first && !r.last)
		return "all";
	if (!r.last)
		return arena_join(a, spark_version_text(a, r.first), " and later");
	if (!r.first)
		return arena_join(a, "up to ", spark_version_text(a, r.last));
	return arena_join(a, spark_version_text(a, r.first), " to ", spark_version_text(a, r.last));
}

/* ---- where a rule is written ---- */

static const struct rule *rule_named(const struct explaining *x, const char *id)
{
	const struct rule *found = NULL;

	for (size_t i = 0; i < x->in->policy->rule_count; i++) {
		const struct rule *r = &x->in->policy->rules[i];
		if (strcmp(r->id, id) == 0 && (!found || r->backend == x->e->decision->backend))
			found = r;
	}
	return found;
}

static const struct check *check_named(const struct explaining *x, const char *id)
{
	for (size_t i = 0; i < x->in->policy->check_count; i++)
		if (strcmp(x->in->policy->checks[i].id, id) == 0)
			return &x->in->policy->checks[i];
	return NULL;
}

/* The form of upstream's check that is asked here; NULL where the rule is not upstream's. */
static const struct pss_form *form_named(const struct explaining *x, const char *id)
{
	const struct namespace *ns = &x->e->decision->ns;
	const struct pss_form *form;

	for (size_t i = 0; (form = pss_form_at(i)) != NULL; i++)
		if (strcmp(form->rule, id) == 0 && pss_form_is_asked(i, ns->pss_level, ns->pss_version))
			return form;
	return NULL;
}

static void cite(struct explaining *x, struct explain_rule *r)
{
	const struct rule *rule = rule_named(x, r->rule);
	const struct check *check = check_named(x, r->rule);
	const struct pss_form *form = form_named(x, r->rule);

	if (rule) {
		r->why = rule->why;
		r->versions = range_text(x->a, rule->versions);
		r->action = rule->action;
	} else if (check) {
		r->why = check->why;
		r->versions = "all";
		r->action = check->action;
	} else if (form) {
		r->why = arena_printf(x->a, "Pod Security Standards, %s: check %s", pss_level_name(form->level), form->id);
		r->versions = form->since ? arena_printf(x->a, "in this form since v1.%u", form->since) : "all";
		r->action = x->e->match.role == ROLE_EXECUTOR ? x->in->policy->executor_pss : ACTION_DENY;
	}
}

/* ---- what it comes to ---- */

static const char *exempted(struct explaining *x, const char *rule)
{
	const struct exemption *e = exemption_of(x->in->policy, x->in->review, x->in->facts->now, rule, x->a);

	if (!e)
		return NULL;
	return arena_printf(x->a, "exempted by '%s' %s%s, owner %s: %s", e->id, e->expires ? "until " : "without end",
			    e->expires ? e->expires : "", e->owner ? e->owner : "nobody", e->reason ? e->reason : "no reason given");
}

/* An exemption that would hold had it not expired: whoever relies on it should learn of it. */
static const char *expired(struct explaining *x, const char *rule)
{
	const struct exemption *e = exemption_of(x->in->policy, x->in->review, 0, rule, x->a);

	return e ? arena_printf(x->a, "; exemption '%s' expired on %s", e->id, e->expires ? e->expires : "?") : "";
}

static const char *mode_of(const struct explaining *x, const char *rule)
{
	const char *mode = mode_name(engine_rule_mode(&x->e->decision->ns, rule));

	return mode ? mode : "not opted in";
}

static const char *effect(struct explaining *x, const struct explain_rule *r)
{
	const char *exemption = exempted(x, r->rule), *mode = mode_of(x, r->rule);

	if (exemption)
		return exemption;
	switch (r->in_force) {
	case ACTION_DENY:
		return arena_join(x->a, x->kind == SUBJECT_CONTROLLER ? "its pods are refused" : "refuses it", expired(x, r->rule));
	case ACTION_WARN:
		if (r->finding->action == ACTION_DENY)
			return arena_join(x->a, "only warned of: mode is ", mode, ", enforce would refuse it");
		return x->e->match.label_only && r->action == ACTION_DENY
			       ? "warned of: what is known by its labels alone is not refused for this" : "warned of";
	case ACTION_AUDIT:
	case ACTION_OFF:
		if (r->finding->action == ACTION_AUDIT)
			return "in the audit log only, whatever the mode";
		break;
	}
	return arena_join(x->a, "in the audit log only: mode is ", mode);
}

static const char *effect_of_change(struct explaining *x, const char *rule)
{
	const char *mode = mode_of(x, rule);

	return strcmp(mode, "enforce") == 0 ? "changed" : arena_join(x->a, "would be changed: mode is ", mode);
}

/* Was the rule met before? There are few rules, and of one there may be thousands of changes. */
static bool seen(struct explaining *x, struct findings *rules, const char *rule)
{
	size_t before = rules->count;

	findings_add(rules, x->a, (struct finding){.rule = rule, .action = ACTION_OFF, .message = ""});
	return rules->count == before;
}

static struct explain_rule *add(struct explaining *x, struct findings *rules, const char *rule)
{
	struct explanation *e = x->e;

	e->rules = arena_grow(x->a, e->rules, &e->rule_cap, e->rule_count + 1, sizeof(*e->rules));
	struct explain_rule *r = &e->rules[e->rule_count++];
	*r = (struct explain_rule){.rule = rule, .action = ACTION_OFF, .in_force = ACTION_OFF,
				   .again = seen(x, rules, rule)};
	cite(x, r);
	return r;
}

void explain_rules(struct explaining *x)
{
	const struct simulation *s = x->e->simulation;
	struct findings rules = {.count = 0};

	for (size_t i = 0; i < s->changes.count; i++) {
		struct explain_rule *r = add(x, &rules, s->changes.items[i].rule);
		r->change = &s->changes.items[i];
		r->place = r->change->place;
		r->action = ACTION_OFF;
		r->effect = effect_of_change(x, r->rule);
	}
	for (size_t i = 0; i < s->findings.count; i++) {
		const struct finding *f = &s->findings.items[i];
		if (f->action == ACTION_OFF)
			continue;
		struct explain_rule *r = add(x, &rules, f->rule);
		r->finding = f;
		r->place = f->place;
		r->in_force = finding_in_force(x->e->decision, f);
		r->effect = effect(x, r);
	}
}
