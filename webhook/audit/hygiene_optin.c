/* Is the namespace set up as its owner thinks? Keys that do nothing, servers that are not looked at. */
#include "audit/hygiene_rules.h"

#include "admission/annotation.h"

/* One of our keys in map that a person wrote; NULL = none. The decision annotation is our own, and does not count. */
static const char *own_key(const struct json *map)
{
	JSON_EACH(item, map)
		if (slice_starts(json_key_slice(item), KEY_PREFIX) && strcmp(json_key(item), DECISION_ANNOTATION) != 0)
			return json_key(item);
	return NULL;
}

static const char *own_key_of(const struct json *metadata)
{
	const char *key = own_key(json_get(metadata, "labels"));

	return key ? key : own_key(json_get(metadata, "annotations"));
}

static const char *opt_in_text(const struct hygiene_case *c)
{
	return arena_printf(c->a, "kubectl label namespace %s " KEY_PREFIX "mode=audit", c->h->ns->name);
}

/* A known namespace without the label. */
static bool is_outside(const struct hygiene_case *c)
{
	return c->h->ns->object && !c->h->opted_in;
}

/* A Namespace among manifests is told of with what is said of the namespace. */
static void not_in_force(const struct hygiene_case *c)
{
	if (strcmp(c->seen->object->kind, "Namespace") == 0)
		return;
	const char *key = own_key_of(json_get(c->seen->object->object, "metadata"));

	if (!key && c->has_pod)
		key = own_key_of(c->created.metadata);
	if (key)
		hygiene_say(c, "scope.notInForce", "/metadata",
			    arena_printf(c->a, "%s does nothing here, the namespace has not opted in: %s", key, opt_in_text(c)));
}

static void no_label(const struct hygiene_case *c)
{
	if (hygiene_is_server(c) && !role_is_labelled(c->h->policy, &c->match, c->created.metadata))
		hygiene_say(c, "scope.noLabel", arena_join(c->a, c->created.prefix, "/metadata"),
			    arena_printf(c->a, "only its command line shows that it is a Connect server (%s): label its %s " KEY_PREFIX
					 "role=connect-server", c->match.reason, c->created.controller ? "pod template" : "pod"));
}

void hygiene_opt_in(const struct hygiene_case *c)
{
	if (is_outside(c)) {
		not_in_force(c);
		if (hygiene_is_server(c))
			hygiene_say(c, "scope.notOptedIn", NULL,
				    arena_printf(c->a, "a Connect server (%s) that is neither rewritten nor judged, its namespace has "
						       "not opted in: %s shows what would be", c->match.reason, opt_in_text(c)));
	}
	no_label(c);
}

/* ---- of the Namespace ---- */

/* Does one of the engine's findings say it already? */
static bool is_said(const struct hygiene_case *c, const char *rule)
{
	for (size_t i = 0; i < c->ret->count; i++)
		if (strcmp(c->ret->items[i].rule, rule) == 0)
			return true;
	return false;
}

static bool has_problem(const struct namespace *ns, const char *rule)
{
	for (size_t i = 0; i < ns->problem_count; i++)
		if (strcmp(ns->problems[i].rule, rule) == 0)
			return true;
	return false;
}

/* The label written as an annotation is the likeliest mistake. */
static void namespace_not_in_force(const struct hygiene_case *c)
{
	const struct json *metadata = json_get(c->h->ns->object, "metadata");
	const char *key = own_key_of(metadata);

	if (json_get(json_get(metadata, "annotations"), KEY_PREFIX "mode"))
		hygiene_say(c, "scope.notInForce", "/metadata/annotations",
			    arena_printf(c->a, KEY_PREFIX "mode is an annotation here and does nothing, it must be a label: %s", opt_in_text(c)));
	else if (key)
		hygiene_say(c, "scope.notInForce", "/metadata",
			    arena_printf(c->a, "%s does nothing, the namespace has no label " KEY_PREFIX "mode: %s", key, opt_in_text(c)));
}

void hygiene_namespace_opt_in(const struct hygiene_case *c)
{
	const struct namespace *ns = c->h->parsed;

	if (is_outside(c))
		namespace_not_in_force(c);
	if (c->h->ns->object && c->h->opted_in && ns->backend == BACKEND_NONE && !has_problem(ns, "scope.backendMode") &&
	    !is_said(c, "scope.noBackend"))
		hygiene_say(c, "scope.noBackend", "/metadata/annotations",
			    arena_printf(c->a, "opted in (mode %s) without a backend, nothing is rewritten: kubectl annotate namespace %s "
					 KEY_PREFIX "backendMode=k8s (or standalone)", mode_name(ns->mode), c->h->ns->name));
}
