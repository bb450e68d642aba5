/* The Spark settings that the policy's rules are about: every place of each, before and after. */
#include "explain/part.h"

/* Besides the keys of rules: those that rules are computed from, and those that checks look at. */
static const char *const more_keys[] = {
	"spark.executor.instances",        "spark.dynamicAllocation.enabled", "spark.dynamicAllocation.maxExecutors",
	"spark.executor.cores",            "spark.cores.max",                 "spark.executor.memory",
	"spark.kubernetes.executor.request.cores", "spark.kubernetes.executor.container.image", "spark.submit.deployMode",
	"spark.remote",                    "spark.api.mode",                  "spark.connect.grpc.binding.port",
};

static bool has_key(const struct explaining *x, size_t from, const char *key)
{
	for (size_t i = from; i < x->e->setting_count; i++)
		if (strcmp(x->e->settings[i].key, key) == 0)
			return true;
	return false;
}

static bool differ(const struct place_value *before, const struct place_value *after)
{
	return !before != !after || (before && !slice_eq(before->value, after->value));
}

/* One key of one invocation; nothing where no place sets it, before and after. from: the invocation's first setting. */
static void add_key(struct explaining *x, size_t from, size_t invocation, const char *key)
{
	struct explanation *e = x->e;
	size_t count;
	const struct place_value *places = spark_places_find(&e->before, invocation, slice_of(key), &count);
	const struct place_value *after = spark_places_winner_in(&e->after, invocation, slice_of(key));
	const struct place_value *winner = places && places->wins ? places : NULL;

	if ((!places && !after) || has_key(x, from, key))
		return;
	*ARENA_PUSH(x->a, e->settings, &e->setting_cap, e->setting_count) = (struct explain_setting){
		.key = key, .server = places ? places->server : after->server, .places = places, .count = count, .after = after,
		.changed = differ(winner, after)};
}

static void add_invocation(struct explaining *x, size_t invocation)
{
	const struct policy *p = x->in->policy;
	enum backend backend = x->e->decision->backend;
	size_t from = x->e->setting_count;

	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *r = &p->rules[i];
		if ((r->backend == backend || backend == BACKEND_NONE) && !strchr(r->key, '*'))
			add_key(x, from, invocation, r->key);
	}
	for (size_t i = 0; i < COUNT_OF(more_keys); i++)
		add_key(x, from, invocation, more_keys[i]);
}

static void read_places(struct explaining *x)
{
	const struct json *before = x->in->review->object, *after = x->e->simulation->result;
	struct spark_pod pod;

	if (x->kind == SUBJECT_CONFIG_MAP) {
		spark_places_of_config_map(x->in->policy, x->a, before, &x->e->before);
		spark_places_of_config_map(x->in->policy, x->a, after, &x->e->after);
		return;
	}
	if (explain_open(x, before, &pod))
		spark_places_of(x->a, &pod, &x->e->before);
	if (explain_open(x, after, &pod))
		spark_places_of(x->a, &pod, &x->e->after);
}

void explain_settings(struct explaining *x)
{
	enum role role = x->e->match.role;

	if (role != ROLE_CONNECT_SERVER && role != ROLE_CONNECT_CONFIG)
		return;
	read_places(x);
	for (size_t i = 0; i < x->e->before.invocations; i++)
		add_invocation(x, i);
}
