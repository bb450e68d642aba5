#include "policy/called.h"

#include "policy/condition.h"

#define MODE_LABEL "sparkgate.io/mode"

/* A ConfigMap whose text sets such a key of a server may be a connect-config, whatever its labels (policy/role.h). */
#define CONFIG_WORD "spark.connect."

enum subject { PODS, EXECUTORS, CONFIG_MAPS, TEMPLATES, NAMESPACES };

/* As manifests/webhook-configurations.yaml has them. */
static const struct entry {
	const char *name;
	enum called_kind kind;
	enum subject subject;
	const char *failure_policy, *reinvocation; /* NULL: validating entries have none */
	const char *selects;                       /* the condition that says what is called for; NULL = none does */
} entries[] = {
	{"pods.mutate.sparkgate.io", CALLED_MUTATING, PODS, "Ignore", "IfNeeded", "is-spark"},
	{"configmaps.mutate.sparkgate.io", CALLED_MUTATING, CONFIG_MAPS, "Ignore", "IfNeeded", "is-connect-config"},
	{"servers.validate.sparkgate.io", CALLED_VALIDATING, PODS, "Fail", NULL, "is-spark"},
	{"executors.validate.sparkgate.io", CALLED_VALIDATING, EXECUTORS, "Ignore", NULL, "is-an-executor"},
	{"configmaps.validate.sparkgate.io", CALLED_VALIDATING, CONFIG_MAPS, "Ignore", NULL, "is-connect-config"},
	{"workloads.validate.sparkgate.io", CALLED_VALIDATING, TEMPLATES, "Ignore", NULL, "is-spark-template"},
	{"namespaces.validate.sparkgate.io", CALLED_VALIDATING, NAMESPACES, "Fail", NULL, NULL},
};

static const char *const conditions[] = {
	"is-spark", "not-an-executor", "not-being-deleted", "judged-fields-changed", "is-an-executor",
	"is-connect-config", "content-changed", "is-spark-template", "template-changed", "sparkgate-keys-changed",
};

struct compared {
	const struct policy *p;
	struct arena *a;
	struct called_gaps *gaps;
	const struct entry *entry;
	const struct json *webhook;
	const struct condition *selects; /* NULL = there is no such condition: everything is called for */
};

const char *called_kind_name(enum called_kind kind)
{
	static const char *const names[CALLED_KINDS] = {"mutating", "validating"};

	return names[kind];
}

/* text may quote the configuration: make it one line, without escape sequences of a terminal. */
static void add_gap(struct compared *c, bool selector, char *text)
{
	struct called_gaps *g = c->gaps;

	if (g->count == CALLED_GAPS_MAX)
		return;
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	*ARENA_PUSH(c->a, g->items, &g->cap, g->count) = (struct called_gap){text, selector, false};
}

bool called_is_ours(struct slice webhook)
{
	return slice_ends(webhook, ".sparkgate.io");
}

bool called_misses(const struct called_gaps *gaps)
{
	for (size_t i = 0; i < gaps->count; i++)
		if (!gaps->items[i].choice)
			return true;
	return false;
}

/* ---- what an entry says besides its conditions ---- */

static void check_word(struct compared *c, const char *field, const char *shipped)
{
	const char *live = json_text(json_get(c->webhook, field), "none");

	if (!shipped || strcmp(live, shipped) == 0)
		return;
	size_t before = c->gaps->count;
	add_gap(c, false, arena_printf(c->a, "%s of %s is %.40s, shipped is %s", field, c->entry->name, live, shipped));
	if (c->gaps->count > before)
		c->gaps->items[before].choice = true;
}

static bool asks_for_mode(const struct json *selector)
{
	JSON_EACH(e, json_get(selector, "matchExpressions"))
		if (strcmp(json_text(json_get(e, "key"), ""), MODE_LABEL) == 0 &&
		    strcmp(json_text(json_get(e, "operator"), ""), "Exists") == 0)
			return true;
	return false;
}

static bool names_mode(const struct json *selector)
{
	JSON_EACH(e, json_get(selector, "matchExpressions"))
		if (strcmp(json_text(json_get(e, "key"), ""), MODE_LABEL) == 0)
			return true;
	return json_get(json_get(selector, "matchLabels"), MODE_LABEL) != NULL;
}

static void check_namespace_selector(struct compared *c)
{
	const struct json *selector = json_get(c->webhook, "namespaceSelector");

	if (c->entry->subject == NAMESPACES) {
		/* It sees only the new labels: opting out would not be seen. */
		if (names_mode(selector))
			add_gap(c, false, arena_printf(c->a, "namespaceSelector of %s names " MODE_LABEL ": opting out would "
							     "not be seen", c->entry->name));
	} else if (!asks_for_mode(selector)) {
		add_gap(c, false, arena_printf(c->a, "namespaceSelector of %s lacks " MODE_LABEL " Exists",
					       c->entry->name));
	}
}

static bool is_executor_label(const struct policy *p, const char *key, const char *value)
{
	for (size_t i = 0; i < p->selector_count; i++)
		for (size_t k = 0; p->selectors[i].role == ROLE_EXECUTOR && k < p->selectors[i].label_count; k++) {
			const struct label_match *m = &p->selectors[i].labels[k];
			for (size_t n = 0; n < m->count; n++)
				if (strcmp(m->key[n], key) == 0 && m->value[n] && strcmp(m->value[n], value) == 0)
					return true;
		}
	return false;
}

/* Does it select what the entry is for, as the shipped one does? */
static bool object_selector_ok(const struct compared *c, const struct json *selector)
{
	const struct json *labels = json_get(selector, "matchLabels"), *exprs = json_get(selector, "matchExpressions");

	if (c->entry->subject == NAMESPACES)
		return json_count(labels) == 0 &&
		       (json_count(exprs) == 0 || (json_count(exprs) == 1 && asks_for_mode(selector)));
	JSON_EACH(item, labels)
		if (c->entry->subject != EXECUTORS || !is_executor_label(c->p, json_key(item), json_text(item, "")))
			return false;
	return json_count(exprs) == 0;
}

static void check_conditions_are_ours(struct compared *c)
{
	JSON_EACH(item, json_get(c->webhook, "matchConditions")) {
		const char *name = json_text(json_get(item, "name"), "");
		bool ours = false;
		for (size_t i = 0; i < COUNT_OF(conditions) && !ours; i++)
			ours = strcmp(conditions[i], name) == 0;
		if (!ours)
			add_gap(c, false, arena_printf(c->a, "matchCondition '%.63s' of %s is not ours: for what it leaves out "
							     "the API server does not call", name, c->entry->name));
	}
}

/* ---- what the policy selects ---- */

static void expect(struct compared *c, const struct condition_case *object, const char *what, enum role role)
{
	enum condition_answer got = condition_ask(c->selects, object);
	/* The shape of an executor is more than what a selector says. */
	bool called = c->entry->subject == EXECUTORS ? got != CONDITION_NO : got == CONDITION_YES;

	if (!called)
		add_gap(c, true, arena_printf(c->a, "%s of role %s is not in the matchConditions of %s", what,
					      role_name(role), c->entry->name));
}

static const char *print_labels(struct arena *a, const struct label_match *m)
{
	const char *text = "";

	for (size_t i = 0; i < m->count; i++)
		text = arena_join(a, text, i ? "," : "", m->key[i], m->value[i] ? "=" : "", m->value[i] ? m->value[i] : "");
	return text;
}

/* Up to a '*' the value is a prefix, of which a condition has to call for all; no value means any. */
static struct condition_label label_of(struct arena *a, const char *key, const char *value)
{
	const char *star = value ? strchr(value, '*') : NULL;

	if (star)
		return (struct condition_label){key, arena_dup(a, (struct slice){value, (size_t)(star - value)}), true};
	return (struct condition_label){key, value, false};
}

static void expect_labels(struct compared *c, const struct label_match *m, enum role role)
{
	struct condition_label labels[COUNT_OF(m->key)];

	for (size_t i = 0; i < m->count; i++)
		labels[i] = label_of(c->a, m->key[i], m->value[i]);
	expect(c, &(struct condition_case){.labels = labels, .label_count = m->count},
	       arena_printf(c->a, "label '%s'", print_labels(c->a, m)), role);
}

static void expect_word(struct compared *c, const char *word, enum role role)
{
	expect(c, &(struct condition_case){.text = word}, arena_printf(c->a, "word '%s'", word), role);
}

static void compare_role(struct compared *c, const struct role_selector *s)
{
	bool executor = s->role == ROLE_EXECUTOR;

	if (c->entry->subject == EXECUTORS ? !executor : executor && c->entry->subject == TEMPLATES)
		return;
	for (size_t i = 0; i < s->label_count; i++)
		expect_labels(c, &s->labels[i], s->role);
	for (size_t i = 0; i < s->words.count; i++)
		expect_word(c, s->words.items[i], s->role);
}

/* As the first of args, or after a script: role_of_pod() takes both. */
static void compare_entrypoint(struct compared *c, const struct entrypoint_role *e)
{
	const char *what = arena_printf(c->a, "entrypoint '%s'", e->name);

	if (e->role == ROLE_NONE)
		return;
	expect(c, &(struct condition_case){.text = e->name, .at_start = true}, what, e->role);
	expect(c, &(struct condition_case){.text = arena_join(c->a, ".sh ", e->name)}, what, e->role);
}

static void compare_pods(struct compared *c)
{
	for (size_t i = 0; i < c->p->selector_count; i++)
		compare_role(c, &c->p->selectors[i]);
	for (size_t i = 0; c->entry->subject != EXECUTORS && i < c->p->entrypoint_count; i++)
		compare_entrypoint(c, &c->p->entrypoints[i]);
}

static void compare_config_maps(struct compared *c)
{
	for (size_t i = 0; i < c->p->config_map_labels.count; i++) {
		struct slice rest = slice_of(c->p->config_map_labels.items[i]);
		bool any = !memchr(rest.ptr, '=', rest.len);
		const char *key = arena_dup(c->a, slice_cut(&rest, '='));
		const struct condition_label label = label_of(c->a, key, any ? NULL : arena_dup(c->a, rest));
		expect(c, &(struct condition_case){.labels = &label, .label_count = 1},
		       arena_printf(c->a, "label '%s'", c->p->config_map_labels.items[i]), ROLE_CONNECT_CONFIG);
	}
	expect_word(c, CONFIG_WORD, ROLE_CONNECT_CONFIG);
}

/* ---- an entry ---- */

static int read_selecting_condition(struct compared *c)
{
	struct err err = {""};

	c->selects = NULL;
	JSON_EACH(item, json_get(c->webhook, "matchConditions")) {
		if (!c->entry->selects || strcmp(json_text(json_get(item, "name"), ""), c->entry->selects) != 0)
			continue;
		if (condition_parse(c->a, slice_of(json_text(json_get(item, "expression"), "")), &c->selects, &err) == 0)
			return 0;
		c->gaps->unread = true;
		add_gap(c, false, arena_printf(c->a, "matchCondition %s of %s cannot be compared: %s", c->entry->selects,
					       c->entry->name, err.text));
		return -1;
	}
	return 0;
}

static void compare_entry(struct compared *c)
{
	check_word(c, "failurePolicy", c->entry->failure_policy);
	check_word(c, "reinvocationPolicy", c->entry->reinvocation);
	check_namespace_selector(c);
	if (!object_selector_ok(c, json_get(c->webhook, "objectSelector")))
		add_gap(c, false, arena_printf(c->a, "objectSelector of %s is not the shipped one", c->entry->name));
	check_conditions_are_ours(c);
	if (read_selecting_condition(c) < 0 || !c->selects)
		return;
	if (c->entry->subject == CONFIG_MAPS)
		compare_config_maps(c);
	else
		compare_pods(c);
}

static const struct json *find_webhook(const struct json *configuration, const char *name)
{
	JSON_EACH(item, json_get(configuration, "webhooks"))
		if (strcmp(json_text(json_get(item, "name"), ""), name) == 0)
			return item;
	return NULL;
}

void called_compare(enum called_kind kind, const struct json *configuration, const struct policy *p, struct arena *a,
		    struct called_gaps *ret)
{
	struct compared c = {.p = p, .a = a, .gaps = ret};

	if (!configuration) {
		ret->unread = true;
		add_gap(&c, false, arena_printf(a, "there is no %s webhook configuration", called_kind_name(kind)));
		return;
	}
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		if (entries[i].kind != kind)
			continue;
		c.entry = &entries[i];
		c.webhook = find_webhook(configuration, entries[i].name);
		if (c.webhook)
			compare_entry(&c);
		else
			add_gap(&c, false, arena_printf(a, "entry %s is missing", entries[i].name));
	}
}
