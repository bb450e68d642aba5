/* Under a site's rule about all keys with a prefix: what is done with a text that has thousands of them. */
#include "work.h"

#include "admission/engine.h"
#include "base/json_patch.h"
#include "policy/load.h"

#include <stdio.h>
#include <stdlib.h>

static const char disabled[] = "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n"
			       "- {id: backend.x, why: w, versions: all, disable: {key: \"spark.hadoop.*\"}}\n";
static const char overridden[] = "apiVersion: policy.sparkgate.io/v1\nkind: Backend\nbackend: k8s\nrules:\n"
				 "- {id: backend.x, why: w, versions: all, disable: {key: \"spark.hadoop.*\", value: v}}\n";

#define CONFIG_MAP "{\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"c\",\"labels\":{\"sparkgate.io/role\":\"connect-config\"}},\"data\":{\"spark-defaults.conf\":%.*s}}"
#define SERVER     "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"volumes\":[{\"name\":\"c\",\"configMap\":{\"name\":\"c\"}}],\"containers\":[{\"name\":\"s\"," \
		   "\"image\":\"apache/spark:4.1.0\",\"command\":[\"/opt/spark/sbin/start-connect-server.sh\"],\"args\":[%s],"                       \
		   "\"volumeMounts\":[{\"name\":\"c\",\"mountPath\":\"/opt/spark/conf\"}]}]}}"
#define NAMESPACE  "{\"metadata\":{\"name\":\"a\",\"labels\":{\"sparkgate.io/mode\":\"enforce\"},\"annotations\":{\"sparkgate.io/backendMode\":\"k8s\"}}}"

static const struct json *parsed(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};

	if (json_parse(a, slice_of(text), &v, &err) == 0)
		return v;
	fprintf(stderr, "the recipe is none: %s\n", err.text);
	abort();
}

/* The shipped policy and a layer. */
static struct policy *policy_with(const char *layer)
{
	const struct policy_source source = {"site.yaml", slice_of(layer)};
	struct policy_problems problems = {0};
	struct arena a = ARENA_INIT;
	const struct policy_layer layers[] = {policy_shipped(&a), {.sources = &source, .count = 1}};
	struct policy *p = policy_compile(layers, 2, NULL, &a, &problems);

	if (!p)
		abort();
	arena_release(&a);
	return p;
}

/* Both endpoints, the second with what the first made of object. */
static void admit(struct arena *a, const struct policy *p, const char *kind, const struct json *object, const struct facts *facts)
{
	struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = kind, .resource = "things",
				.subresource = "", .namespace = "a", .name = "p", .user = "u", .object = object};
	struct engine_request mutate = {ENDPOINT_MUTATE, &review}, validate = {ENDPOINT_VALIDATE, &review};
	struct decision d;
	struct json *changed;
	struct err err = {""};

	engine_decide(&mutate, facts, p, a, &d);
	if (d.patch.count > 0 && json_patch_apply(a, object, &d.patch, &changed, &err) == 0)
		review.object = changed;
	engine_decide(&validate, facts, p, a, &d);
}

static struct facts facts_of(struct arena *a)
{
	return (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = parsed(a, NAMESPACE)};
}

static const struct json *config_map_of(struct arena *a, struct slice text)
{
	return parsed(a, arena_printf(a, CONFIG_MAP, SLICE_ARG(json_patch_string(a, text))));
}

void target_disabled_text(struct arena *a, struct slice text)
{
	static struct policy *p;
	struct facts facts = facts_of(a);

	p = p ? p : policy_with(disabled);
	admit(a, p, "ConfigMap", config_map_of(a, text), &facts);
}

static void server_of(struct arena *a, const struct policy *p, struct slice text, const char *args)
{
	struct facts facts = facts_of(a);

	facts.lookups = (struct lookups){.count = 1};
	facts.lookups.items[0] = (struct lookup){"c", LOOKUP_FOUND, config_map_of(a, text)};
	admit(a, p, "Pod", parsed(a, arena_printf(a, SERVER, args)), &facts);
}

void target_disabled_file(struct arena *a, struct slice text)
{
	static struct policy *p;

	p = p ? p : policy_with(disabled);
	server_of(a, p, text, "");
}

void target_overridden_file(struct arena *a, struct slice text)
{
	static struct policy *p;

	p = p ? p : policy_with(overridden);
	server_of(a, p, text, "");
}

/* text: elements of args. */
void target_disabled_args(struct arena *a, struct slice text)
{
	static struct policy *p;

	p = p ? p : policy_with(disabled);
	server_of(a, p, SLICE_LIT(""), arena_dup(a, text));
}
