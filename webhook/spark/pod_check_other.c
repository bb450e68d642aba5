/*
 * Spark pods that are not Connect servers: executors and standalone daemons. They are
 * never rewritten; what looks wrong is a warning.
 */
#include "spark/container_text.h"
#include "spark/properties.h"
#include "spark/spark.h"

struct other_judging {
	const struct policy *policy;
	struct arena *a;
	const struct spark_pod *pod;
	struct findings *findings;
};

static void warn(const struct other_judging *c, const char *rule, const char *message, const char *pointer, const char *container)
{
	policy_say(c->policy, c->a, c->findings, rule, ACTION_DENY, message, (struct place){.pointer = pointer, .container = container});
}

/* Kubernetes makes executor pods only for a server on the k8s backend. */
void spark_check_executor(const struct policy *p, struct arena *a, const struct spark_pod *pod,
			  struct findings *findings)
{
	struct other_judging c = {p, a, pod, findings};

	if (pod->ns->backend == BACKEND_STANDALONE)
		warn(&c, "connect.executorBackend",
		     "an executor pod in a namespace whose backend is standalone: its server was started before the switch",
		     arena_printf(a, "%s/metadata", pod->pointer), NULL);
}

#define REST_KEY "spark.master.rest.enabled"

/* KEY=false, KEY false, KEY: false. Where it stands is not asked: -D in SPARK_MASTER_OPTS, or what a shell writes into a file. */
static bool says_closed(void *closure, struct slice text)
{
	const char *at;

	(void)closure;
	while ((at = slice_find(text, SLICE_LIT(REST_KEY)))) {
		size_t behind = (size_t)(at - text.ptr) + sizeof(REST_KEY) - 1, len = 0;

		for (; behind < text.len && memchr(" \t=:", text.ptr[behind], 4); behind++)
			continue;
		text = (struct slice){text.ptr + behind, text.len - behind};
		while (len < text.len && !memchr(" \t\r\n'\"\\;&|<>()`", text.ptr[len], 15))
			len++;
		if (setting_value_says((struct slice){text.ptr, len}, "false"))
			return true;
	}
	return false;
}

static bool text_disables_rest(struct arena *a, struct slice text)
{
	const struct property *rest;
	struct properties p;
	struct err ignored;

	if (!slice_has(text, REST_KEY) || properties_parse(a, text, &p, &ignored) < 0)
		return false;
	rest = properties_find(&p, SLICE_LIT(REST_KEY));
	return rest && setting_value_says(rest->value, "false");
}

/* Mounted properties texts may close it too. Which of them the master reads is not asked: this is about a warning. */
static bool files_disable_rest(struct arena *a, const struct lookups *lookups)
{
	for (size_t i = 0; i < lookups->count; i++)
		JSON_EACH(m, json_get(lookups->items[i].object, "data"))
			if (text_disables_rest(a, json_slice(m)))
				return true;
	return false;
}

/* Open by default since 4.1 (docs/core-migration-guide.md), without authentication. */
static void check_rest(const struct other_judging *c)
{
	size_t i = 0;

	if (c->pod->match.role != ROLE_STANDALONE_MASTER || c->pod->version < 401 ||
	    files_disable_rest(c->a, c->pod->lookups))
		return;
	JSON_EACH(container, json_get(c->pod->spec, "containers")) {
		const char *name = json_text(json_get(container, "name"), "");
		const char *pointer = arena_printf(c->a, "%s/spec/containers/%zu", c->pod->pointer, i++);
		if (!container_any_text(container, says_closed, NULL))
			warn(c, "connect.restPort",
			     "the master's REST port 6066 is open without authentication: set " REST_KEY "=false",
			     pointer, name);
	}
}

/* A Service called spark-master makes SPARK_MASTER_PORT=tcp://..., which the scripts take for a number. */
static void check_service_links(const struct other_judging *c)
{
	if (json_bool(json_get(c->pod->spec, "enableServiceLinks"), true))
		warn(c, "connect.serviceLinks",
		     "a Service named spark-master or spark-worker would break this pod: set enableServiceLinks: false",
		     arena_printf(c->a, "%s/spec", c->pod->pointer), NULL);
}

void spark_check_daemon(const struct policy *p, struct arena *a, const struct spark_pod *pod, struct findings *findings)
{
	struct other_judging c = {p, a, pod, findings};

	check_rest(&c);
	check_service_links(&c);
}
