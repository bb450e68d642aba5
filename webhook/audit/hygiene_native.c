/*
 * The API server's own Pod Security admission comes after us, and goes by its own labels
 * (k8s.io/pod-security-admission api/helpers.go): a pod that we let through may be refused there. Controllers are
 * not refused, their pods are, one after another, and of executors only the driver's log tells.
 */
#include "audit/hygiene_rules.h"

#include "admission/openshift.h"
#include "spark/pod_template.h"

#define LABEL "pod-security.kubernetes.io/enforce"
#define POINTER "/metadata/labels/pod-security.kubernetes.io~1enforce"

struct native {
	enum pss_level level;
	const char *version;
	const char *name; /* "restricted:latest" */
};

/* helpers.go PolicyToEvaluate: what cannot be read is restricted and latest. */
static enum pss_level level_of(const char *text)
{
	for (enum pss_level level = PSS_PRIVILEGED; level <= PSS_RESTRICTED; level++)
		if (strcmp(text, pss_level_name(level)) == 0)
			return level;
	return PSS_RESTRICTED;
}

/* false: the label is not there, or lets everything through. */
static bool native_of(const struct hygiene_case *c, struct native *ret)
{
	const struct json *labels = json_get(json_get(c->h->ns->object, "metadata"), "labels");
	const char *level = json_text(json_get(labels, LABEL), NULL);
	const char *version = json_text(json_get(labels, LABEL "-version"), "latest");

	if (!level || level_of(level) == PSS_PRIVILEGED)
		return false;
	ret->level = level_of(level);
	ret->version = pss_version_is_numbered(slice_of(version)) ? version : "latest";
	ret->name = arena_join(c->a, pss_level_name(ret->level), ":", ret->version);
	return true;
}

/* ---- the Namespace ---- */

/* Is the check asked at this level and version, in whichever form? */
static bool is_asked(const char *id, enum pss_level level, const char *version)
{
	for (size_t i = 0; pss_form_at(i); i++)
		if (strcmp(pss_form_at(i)->id, id) == 0 && pss_form_is_asked(i, level, version))
			return true;
	return false;
}

/* Does native ask a check that we, at the same level, do not: the version is newer? */
static bool asks_more(const struct native *native, const char *version)
{
	for (size_t i = 0; pss_form_at(i); i++)
		if (pss_form_is_asked(i, native->level, native->version) && !is_asked(pss_form_at(i)->id, native->level, version))
			return true;
	return false;
}

void hygiene_namespace_native(const struct hygiene_case *c)
{
	const struct namespace *ns = c->h->parsed;
	struct native native;

	if (ns->mode == MODE_NONE || !native_of(c, &native))
		return;
	if (ns->pss_mode != MODE_ENFORCE)
		hygiene_say(c, "scope.podSecurity", POINTER,
			    arena_printf(c->a, LABEL " is %s, and sparkgate hardens nothing here (%s is %s): pods that need it are refused "
						     "by the API server; set it to enforce, or lower the label", native.name,
					 ns->mode != MODE_ENFORCE ? "sparkgate.io/mode" : "sparkgate.io/pssMode", mode_name(ns->pss_mode)));
	else if (native.level > ns->pss_level || (native.level == ns->pss_level && asks_more(&native, ns->pss_version)))
		hygiene_say(c, "scope.podSecurity", POINTER,
			    arena_printf(c->a, LABEL " is %s, and sparkgate hardens to %s:%s only: the API server refuses pods between the "
						     "two; set sparkgate.io/%s=%s", native.name, pss_level_name(ns->pss_level), ns->pss_version,
					 native.level > ns->pss_level ? "pssLevel" : "pssVersion",
					 native.level > ns->pss_level ? pss_level_name(native.level) : native.version));
}

/* ---- a workload ---- */

static const char *way_out(const struct hygiene_case *c)
{
	const struct namespace *ns = &c->d->ns;

	if (ns->mode == MODE_NONE)
		return arena_printf(c->a, "set these fields, or let sparkgate: kubectl label namespace %s sparkgate.io/mode=enforce",
				    c->h->ns->name);
	if (!hygiene_hardens(c))
		return "set these fields, or let sparkgate (sparkgate.io/mode and pssMode enforce, hardening fill)";
	return "set these fields, or sparkgate.io/pssLevel and hardening=force on the namespace";
}

static void say_refused(const struct hygiene_case *c, const struct native *native, const char *whose, const char *pointer,
			const struct pss_verdict *verdict)
{
	if (verdict->count > 0)
		hygiene_say(c, "scope.podSecurity", pointer,
			    arena_printf(c->a, "native Pod Security (enforce %s) will refuse %s: %s: %s", native->name, whose,
					 verdict->reason, way_out(c)));
}

/* ---- executors, as far as they are known ---- */

#define HOST_PATH "spark.kubernetes.executor.volumes.hostPath."

static bool mounts_host(const struct view *view)
{
	for (size_t i = 0; i < view->settings.count; i++)
		if (slice_starts(view->settings.items[i].key, HOST_PATH))
			return true;
	return false;
}

/* The templates of the pod's ConfigMaps, read once: hostile YAML is slow. */
struct templates {
	struct pod_templates *of[LIMIT_LOOKUPS]; /* NULL: not read yet */
};

/* The template that path names; NULL where it was not seen. */
static const struct pod_template *template_at(const struct hygiene_case *c, struct templates *known, struct slice path)
{
	const struct lookups *lookups = c->pod.lookups;

	for (size_t i = 0; i < lookups->count; i++) {
		if (!known->of[i]) {
			known->of[i] = ARENA_NEW(c->a, struct pod_templates);
			pod_templates_read(c->a, lookups->items[i].object, known->of[i]);
		}
		for (size_t t = 0; t < known->of[i]->count; t++) {
			const struct pod_template *item = &known->of[i]->items[t];
			if (item->spec && slice_ends(path, arena_join(c->a, "/", item->key)))
				return item;
		}
	}
	return NULL;
}

/* Spark's own container has no securityContext (BasicExecutorFeatureStep.scala); a template's first becomes it. */
static const char *executor_text(const struct hygiene_case *c, struct templates *known, const struct spark_ask *ask)
{
	const struct setting *file = view_winner(&ask->view, SLICE_LIT("spark.kubernetes.executor.podTemplateFile"));
	const struct pod_template *t = file && file->literal ? template_at(c, known, file->value) : NULL;

	if (t)
		return arena_printf(c->a, "{\"metadata\":%s,\"spec\":%s}",
				    t->metadata ? json_print(c->a, t->metadata).ptr : "{}", json_print(c->a, t->spec).ptr);
	if (file)
		return NULL;
	return arena_printf(c->a, "{\"metadata\":{},\"spec\":{\"containers\":[{\"name\":\"spark-kubernetes-executor\",\"args\":[\"executor\"]}]"
				  "%s}}", mounts_host(&ask->view) ? ",\"volumes\":[{\"name\":\"host\",\"hostPath\":{\"path\":\"/\"}}]" : "");
}

/* What /mutate will make of it. */
static const struct json *hardened(const struct hygiene_case *c, const struct json *pod)
{
	const struct namespace *ns = &c->d->ns;
	const struct json *metadata = json_get(pod, "metadata"), *spec = json_get(pod, "spec");
	struct harden_options options = {.level = ns->pss_level, .version = ns->pss_version, .hardening = ns->hardening,
					 .openshift = openshift_manages(ns, metadata)};
	struct json_patch patch = json_patch_in(c->a);
	struct findings notes = {.count = 0};
	struct changes changes = {.count = 0};
	struct json *changed;
	struct err err = {""};

	if (!hygiene_hardens(c))
		return pod;
	pss_harden(c->a, &options, metadata, spec, "", &patch, &changes, &notes);
	return patch.count > 0 && json_patch_apply(c->a, pod, &patch, &changed, &err) == 0 ? changed : pod;
}

static void judge_executors(const struct hygiene_case *c, const struct native *native, struct templates *known,
			    const struct spark_ask *ask)
{
	const char *text = ask->on_k8s ? executor_text(c, known, ask) : NULL;
	const struct json *pod;
	struct pss_verdict verdict;
	struct err err = {""};

	if (!text || json_parse(c->a, slice_of(text), &pod, &err) < 0)
		return;
	pod = hardened(c, pod);
	pss_evaluate(c->a, native->level, native->version, json_get(pod, "metadata"), json_get(pod, "spec"), "", &verdict);
	say_refused(c, native, "its executors, which its driver asks for without end", ask->server->pointer, &verdict);
}

void hygiene_native(const struct hygiene_case *c)
{
	struct native native;
	struct templates known = {{NULL}};
	struct pss_verdict verdict;

	/* What we refuse ourselves is told why, and never gets that far. */
	if (!c->seen->simulation->allowed || !hygiene_is_on(c, "scope.podSecurity") || !native_of(c, &native))
		return;
	pss_evaluate(c->a, native.level, native.version, c->created.metadata, c->created.spec, c->created.prefix, &verdict);
	say_refused(c, &native, c->created.controller ? "its pods" : "it", verdict.count > 0 && verdict.items[0].pointer_count > 0
		    ? verdict.items[0].pointers[0] : NULL, &verdict);
	for (size_t i = 0; i < c->asks.count; i++)
		judge_executors(c, &native, &known, &c->asks.items[i]);
}
