#include "explain/explain.h"

#include "base/buf.h"
#include "base/kubernetes.h"
#include "explain/part.h"

const char *explain_verdict_name(enum explain_verdict verdict)
{
	static const char *const names[] = {"notOurs", "unknown", "allowed", "changed", "refused"};

	return names[verdict];
}

const char *explain_verdict_words(enum explain_verdict verdict)
{
	static const char *const words[] = {"none of sparkgate's business", "not known", "allowed as it is", "changed and allowed",
					    "refused"};

	return words[verdict];
}

static bool changes_object(const struct simulation *s)
{
	return s->patch && s->patch->count > 0;
}

enum explain_verdict explain_verdict_of(const struct review *review, const struct facts *facts, const struct simulation *s)
{
	const struct decision *d = &s->validate;
	bool namespaced = review_subject_kind(review) != SUBJECT_NAMESPACE;

	if (namespaced && d->role == ROLE_NONE)
		return EXPLAIN_NOT_OURS;
	if (namespaced && facts->namespace_state == NAMESPACE_UNKNOWN)
		return EXPLAIN_UNKNOWN;
	if (!s->allowed)
		return EXPLAIN_REFUSED;
	return changes_object(s) ? EXPLAIN_CHANGED : EXPLAIN_ALLOWED;
}

/* ---- why ---- */

void explain_name_rule(const struct explaining *x, struct explain_names *names, const char *rule)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], rule) == 0)
			return;
	*ARENA_PUSH(x->a, names->items, &names->cap, names->count) = rule;
}

const char *explain_names_text(const struct explaining *x, const struct explain_names *names, size_t shown)
{
	struct buf b = buf_in(x->a);

	for (size_t i = 0; i < names->count && i < shown; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", names->items[i]);
	if (names->count > shown)
		buf_printf(&b, " and %zu more", names->count - shown);
	return buf_slice(&b).ptr;
}

static const char *rules_that(const struct explaining *x, enum action action)
{
	const struct explanation *e = x->e;
	struct explain_names names = {.count = 0};

	for (size_t i = 0; i < e->rule_count; i++)
		if (e->rules[i].finding && e->rules[i].in_force == action)
			explain_name_rule(x, &names, e->rules[i].rule);
	return explain_names_text(x, &names, 4);
}

/* Of the changes that enforce makes, count those that are made here: the two halves have a mode each. */
static void count_changes(const struct explaining *x, size_t *backend, size_t *pss)
{
	const struct changes *changes = &x->e->simulation->changes;

	for (size_t i = 0; i < changes->count; i++) {
		const char *rule = changes->items[i].rule;
		if (engine_rule_mode(&x->e->decision->ns, rule) == MODE_ENFORCE)
			*(rule_is_of_pod_security(rule) ? pss : backend) += 1;
	}
}

static const char *changed_why(const struct explaining *x)
{
	size_t backend = 0, pss = 0;

	count_changes(x, &backend, &pss);
	const char *name = backend_name(x->e->decision->backend);
	if (backend && pss)
		return arena_printf(x->a, "put on backend %s (%zu changes) and hardened (%zu), so that nothing refuses it",
				    name ? name : "none", backend, pss);
	if (backend)
		return arena_printf(x->a, "put on backend %s (%zu changes), so that nothing refuses it", name ? name : "none", backend);
	if (pss)
		return arena_printf(x->a, "hardened (%zu changes), so that nothing refuses it", pss);
	return "it gets the annotation that says how it was decided, and nothing else";
}

/* The rules that speak of it and do not refuse it, behind what is so in any case; NULL = none does. */
static const char *only_told(const struct explaining *x, const char *fact)
{
	const char *warned = rules_that(x, ACTION_WARN), *noted = rules_that(x, ACTION_AUDIT);

	if (*warned)
		return arena_join(x->a, fact, "; what is warned of: ", warned);
	return *noted ? arena_join(x->a, fact, "; what is only noted: ", noted) : NULL;
}

/* In enforce, and nothing was changed: it is as it should be, or what is wrong with it does not lead to a refusal. */
static const char *unchanged_why(const struct explaining *x)
{
	const char *told = only_told(x, "nothing in it is changed, and nothing refuses it");

	if (told)
		return told;
	if (x->e->simulation->changes.count > 0)
		return arena_join(x->a, "nothing refuses it; it would be hardened, were Pod Security's half in enforce: it is in ",
				  mode_name(x->e->decision->ns.pss_mode));
	return "it is already as its namespace asks";
}

static const char *namespace_why(const struct explaining *x)
{
	const char *told = only_told(x, "nothing refuses it");

	if (told)
		return told;
	return x->e->decision->ns.problem_count == 0 ? "its sparkgate keys make sense" : "nothing refuses it, though not all of its keys make sense";
}

static const char *allowed_why(const struct explaining *x)
{
	const struct decision *d = x->e->decision;
	const char *mode = mode_name(d->ns.mode);

	if (x->kind == SUBJECT_NAMESPACE)
		return d->judged ? namespace_why(x) : arena_join(x->a, "it has not opted in (", namespace_not_opted_in(&d->ns), ")");
	if (!mode && !kubernetes_is_leaving(x->in->review->object))
		return arena_join(x->a, "its namespace has not opted in (", namespace_not_opted_in(&d->ns), ")");
	if (!d->judged)
		return simulate_unjudged_why(x->in->review);
	if (d->ns.mode != MODE_ENFORCE)
		return arena_printf(x->a, "mode %s changes and refuses nothing; %s", mode,
				    !x->e->simulation->verdict ? "under enforce it would be refused"
				    : x->e->simulation->changes.count ? "under enforce it would be changed" : "enforce would do the same");
	return unchanged_why(x);
}

static const char *why(const struct explaining *x)
{
	switch (x->e->verdict) {
	case EXPLAIN_NOT_OURS:
		return x->kind == SUBJECT_OTHER ? "sparkgate looks at pods, their controllers, ConfigMaps and Namespaces"
		       : *x->e->match.reason   ? x->e->match.reason
						: "nothing in it names a Spark role";
	case EXPLAIN_UNKNOWN:
		return arena_printf(x->a, "nothing is known of its namespace '%s': give --namespaces FILE or --kubeconfig FILE",
				    x->in->review->namespace);
	case EXPLAIN_REFUSED:
		return arena_printf(x->a, "what refuses it: %s", rules_that(x, ACTION_DENY));
	case EXPLAIN_CHANGED:
		return changed_why(x);
	case EXPLAIN_ALLOWED:
		break;
	}
	return allowed_why(x);
}

/* ---- selection ---- */

static void select_role(struct explaining *x)
{
	struct explanation *e = x->e;
	const struct policy *p = x->in->policy;

	e->match = (struct role_match){.role = ROLE_NONE, .reason = ""};
	if (x->kind == SUBJECT_CONFIG_MAP) {
		e->match = role_of_config_map(p, x->a, x->in->review->object);
		role_near_of_config_map(p, x->a, x->in->review->object, e->match.role, &e->near);
	}
	if (x->has_pod) {
		e->match = spark_role_of_pod(p, x->a, x->subject.metadata, x->subject.spec);
		role_near_of_pod(p, x->a, x->subject.metadata, x->subject.spec, x->subject.prefix, e->match.role, &e->near);
	}
}

bool explain_open(struct explaining *x, const struct json *root, struct spark_pod *ret)
{
	struct subject s;

	if (subject_of(root, x->in->review->kind, &s) < 0)
		return false;
	*ret = (struct spark_pod){.metadata = s.metadata, .spec = s.spec, .pointer = s.prefix, .match = x->e->match,
				  .lookups = &x->in->facts->lookups, .ns = &x->e->decision->ns};
	spark_pod_open(x->in->policy, x->a, ret);
	return true;
}

int explain_object(const struct explain_input *in, struct arena *a, struct explanation *ret, struct err *err)
{
	struct simulation *s = ARENA_NEW(a, struct simulation);
	struct explaining x = {.in = in, .a = a, .e = ret, .kind = review_subject_kind(in->review)};

	*ret = (struct explanation){.review = in->review, .policy = in->policy, .simulation = s, .decision = &s->validate};
	if (simulate(in->review, in->facts, in->policy, a, s, err) < 0)
		return -1;
	x.has_pod = subject_of(in->review->object, in->review->kind, &x.subject) == 0;
	ret->verdict = explain_verdict_of(in->review, in->facts, s);
	select_role(&x);
	if (ret->verdict != EXPLAIN_UNKNOWN) {
		explain_rules(&x);
		explain_facts(&x);
		explain_settings(&x);
	}
	ret->why = why(&x);
	explain_ways(&x);
	return 0;
}
