#include "command/policy_facts.h"

#include "base/buf.h"
#include "command/policy.h"

#include <stdlib.h>

const char *policy_section_name(enum policy_section section)
{
	static const char *const names[SECTIONS] = {"rule", "check", "bound", "selector", "entrypoint", "wrong key", "exemption"};

	return names[section];
}

/* The thing that facts are being added about. */
struct adding {
	struct arena *a;
	struct policy_facts *facts;
	enum policy_section section;
	const char *id;
	unsigned order;
};

static void add(struct adding *t, const char *field, const char *value)
{
	struct policy_facts *f = t->facts;

	if (!value || !*value)
		return;
	*ARENA_PUSH(t->a, f->items, &f->cap, f->count) = (struct policy_fact){t->section, t->id, field, value, t->order++};
}

static void add_list(struct adding *t, const char *field, const struct texts *list)
{
	add(t, field, policy_join(t->a, list, " "));
}

/* ---- things ---- */

static const char *absent_text(struct arena *a, unsigned absent)
{
	static const char *const words[] = {"zero", "local", "unexpanded", "service"};
	struct buf b = buf_in(a);

	for (unsigned i = 0; i < 4; i++)
		if (absent & (1u << i))
			buf_printf(&b, "%s%s", b.len ? " " : "", words[i]);
	return b.len ? buf_slice(&b).ptr : "";
}

static void add_rule(struct adding *t, const struct rule *r)
{
	*t = (struct adding){t->a, t->facts, SECTION_RULE, arena_printf(t->a, "%s %s", backend_name(r->backend), r->id), 0};
	add(t, "verb", verb_name(r->verb));
	add(t, "key", r->key);
	add(t, "value", r->value);
	add(t, "match", r->match);
	add_list(t, "unless", &r->unless);
	add(t, "absent", absent_text(t->a, r->absent));
	add(t, "needed", r->needed ? "true" : "");
	add(t, "versions", policy_versions_text(t->a, r->versions));
	add(t, "action", action_name(r->action));
	add(t, "why", r->why);
}

static void add_check(struct adding *t, const struct check *c)
{
	*t = (struct adding){t->a, t->facts, SECTION_CHECK, c->id, 0};
	add(t, "action", action_name(c->action));
	add(t, "why", c->why);
}

static void add_bound(struct adding *t, const char *name, const char *value)
{
	*t = (struct adding){t->a, t->facts, SECTION_BOUND, name, 0};
	add(t, "value", value && *value ? value : "(none)");
}

static void add_bounds(struct adding *t, const struct policy *p)
{
	struct arena *a = t->a;
	const struct version_range version = {p->default_spark_version, p->default_spark_version};

	add_bound(t, "k8sMaster", p->k8s_master);
	add_bound(t, "k8sMasterAliases", policy_join(a, &p->k8s_master_aliases, " "));
	add_bound(t, "defaultStandaloneMaster", p->default_standalone_master);
	add_bound(t, "allowedMasters", policy_join(a, &p->allowed_masters, " "));
	add_bound(t, "sparkVersions", policy_join(a, &p->spark_versions, " "));
	add_bound(t, "defaultSparkVersion", policy_versions_text(a, version));
	add_bound(t, "defaultExecutors", arena_printf(a, "%u", p->default_executors));
	add_bound(t, "nonNumericImages", policy_join(a, &p->non_numeric_images, " "));
	add_bound(t, "nonNumericUid", arena_printf(a, "%lld", (long long)p->non_numeric_uid));
	add_bound(t, "controllers", action_name(p->controllers));
	add_bound(t, "executorPodSecurity", action_name(p->executor_pss));
	add_bound(t, "namespaceEditorUsers", policy_join(a, &p->editor_users, " "));
	add_bound(t, "namespaceEditorGroups", policy_join(a, &p->editor_groups, " "));
	add_bound(t, "dataKeys", policy_join(a, &p->data_keys, " "));
	add_bound(t, "neverRewrite", policy_join(a, &p->never_rewrite, " "));
	add_bound(t, "configMapLabels", policy_join(a, &p->config_map_labels, " "));
	add_bound(t, "launchers", policy_join(a, &p->launchers, " "));
}

/* "app=spark-connect,team=a"; a pair without a value means any. */
static const char *labels_text(struct arena *a, const struct label_match *m)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < m->count; i++)
		buf_printf(&b, "%s%s%s%s", i ? "," : "", m->key[i], m->value[i] ? "=" : "", m->value[i] ? m->value[i] : "");
	return buf_slice(&b).ptr;
}

static void add_selector(struct adding *t, const struct role_selector *s)
{
	struct buf labels = buf_in(t->a);

	*t = (struct adding){t->a, t->facts, SECTION_SELECTOR, role_name(s->role), 0};
	for (size_t i = 0; i < s->label_count; i++)
		buf_printf(&labels, "%s%s", i ? " " : "", labels_text(t->a, &s->labels[i]));
	add(t, "labels", labels.len ? buf_slice(&labels).ptr : "(none)");
	add_list(t, "words", &s->words);
}

static void add_entrypoint(struct adding *t, const struct entrypoint_role *e)
{
	*t = (struct adding){t->a, t->facts, SECTION_ENTRYPOINT, e->name, 0};
	add(t, "role", e->role == ROLE_NONE ? "none" : role_name(e->role));
	add_list(t, "before", &e->before);
	add_list(t, "after", &e->after);
}

static void add_wrong_key(struct adding *t, const struct wrong_key *k)
{
	*t = (struct adding){t->a, t->facts, SECTION_WRONG_KEY,
			     arena_printf(t->a, "%s %s", k->key, policy_versions_text(t->a, k->versions)), 0};
	add(t, "why", k->why);
}

static void add_exemption(struct adding *t, const struct exemption *e)
{
	*t = (struct adding){t->a, t->facts, SECTION_EXEMPTION, e->id, 0};
	add_list(t, "rules", &e->rules);
	add_list(t, "namespaces", &e->namespaces);
	add_list(t, "names", &e->names);
	add_list(t, "users", &e->users);
	add_list(t, "groups", &e->groups);
	add(t, "expires", e->expires);
	add(t, "owner", e->owner);
	add(t, "reason", e->reason);
}

/* ---- all of them, sorted ---- */

int policy_fact_compare(const struct policy_fact *x, const struct policy_fact *y)
{
	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int by_place(const void *x, const void *y)
{
	const struct policy_fact *a = x, *b = y;
	int order = policy_fact_compare(a, b);

	return order ? order : (a->order > b->order) - (a->order < b->order);
}

void policy_facts_of(const struct policy *p, struct arena *a, struct policy_facts *ret)
{
	struct adding t = {.a = a, .facts = ret};

	*ret = (struct policy_facts){NULL, 0, 0};
	for (size_t i = 0; i < p->rule_count; i++)
		add_rule(&t, &p->rules[i]);
	for (size_t i = 0; i < p->check_count; i++)
		add_check(&t, &p->checks[i]);
	add_bounds(&t, p);
	for (size_t i = 0; i < p->selector_count; i++)
		add_selector(&t, &p->selectors[i]);
	for (size_t i = 0; i < p->entrypoint_count; i++)
		add_entrypoint(&t, &p->entrypoints[i]);
	for (size_t i = 0; i < p->wrong_key_count; i++)
		add_wrong_key(&t, &p->wrong_keys[i]);
	for (size_t i = 0; i < p->exemption_count; i++)
		add_exemption(&t, &p->exemptions[i]);
	qsort(ret->items, ret->count, sizeof(*ret->items), by_place);
}
