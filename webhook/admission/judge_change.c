/*
 * A namespace changes: what that would do to the pods that are there already.
 *
 * Running pods are never touched: a server stays where it was admitted until it is restarted, and a pod that would be
 * refused now keeps running. So all of this warns, unless policy says deny.
 */
#include "admission/judge.h"

#include "base/kubernetes.h"

#include <stdlib.h>

/* Names in one message; the rest is counted. */
#define NAMES_SHOWN 3

bool engine_wants_pod(const struct policy *policy, struct arena *a, const struct json *pod)
{
	return !kubernetes_pod_is_over(pod) &&
	       spark_role_of_pod(policy, a, json_get(pod, "metadata"), json_get(pod, "spec")).role != ROLE_NONE;
}

/* ---- names ---- */

struct names_list {
	const char *shown[NAMES_SHOWN];
	size_t count;
};

static void add_name(struct names_list *names, const struct json *pod)
{
	if (names->count < NAMES_SHOWN)
		names->shown[names->count] = json_text(json_get(json_get(pod, "metadata"), "name"), "");
	names->count++;
}

/* "a, b, c and 4 more" */
static const char *names_text(struct arena *a, const struct names_list *names)
{
	struct buf out = buf_in(a);

	for (size_t i = 0; i < names->count && i < NAMES_SHOWN; i++)
		buf_printf(&out, "%s%s", i > 0 ? ", " : "", names->shown[i]);
	if (names->count > NAMES_SHOWN)
		buf_printf(&out, " and %zu more", names->count - NAMES_SHOWN);
	return buf_slice(&out).ptr;
}

/* ---- stranded ---- */

/* Is the server, as it runs, on another backend than ns asks for? No if that cannot be told. */
static bool is_elsewhere(struct judge *j, const struct json *pod, struct role_match match, const struct namespace *ns)
{
	const struct lookups none = {.count = 0};
	struct findings findings = {0};
	struct namespace own = *ns;
	struct spark_pod opened = {.metadata = json_get(pod, "metadata"),
				   .spec = json_get(pod, "spec"),
				   .pointer = "",
				   .lookups = &none,
				   .ns = &own,
				   .match = match};

	namespace_override(j->policy, j->a, ns, opened.metadata, &own);
	spark_pod_open(j->policy, j->a, &opened);
	spark_check_pod(j->policy, j->a, &opened, &findings);
	for (size_t i = 0; i < findings.count; i++)
		if (strcmp(findings.items[i].rule, "backend.master") == 0)
			return true;
	return false;
}

/* A namespace that is not in enforce rewrites nothing. */
static enum backend backend_in_force(const struct namespace *ns)
{
	return ns->mode == MODE_ENFORCE ? ns->backend : BACKEND_NONE;
}

static bool moves(const struct namespace *old, const struct namespace *now)
{
	const char *before = old->standalone_master ? old->standalone_master : "";
	const char *after = now->standalone_master ? now->standalone_master : "";
	enum backend backend = backend_in_force(now);

	return backend != BACKEND_NONE &&
	       (backend_in_force(old) != backend || (backend == BACKEND_STANDALONE && strcmp(before, after) != 0));
}

static void judge_stranded(struct judge *j, const struct namespace *old, const struct namespace *now)
{
	struct names_list servers = {.count = 0}, executors = {.count = 0};

	if (!moves(old, now))
		return;
	JSON_EACH(pod, j->facts->pods.list) {
		struct role_match match =
			spark_role_of_pod(j->policy, j->a, json_get(pod, "metadata"), json_get(pod, "spec"));
		if (match.role == ROLE_CONNECT_SERVER && is_elsewhere(j, pod, match, now))
			add_name(&servers, pod);
		if (match.role == ROLE_EXECUTOR && now->backend == BACKEND_STANDALONE &&
		    backend_in_force(old) != BACKEND_STANDALONE)
			add_name(&executors, pod);
	}
	if (servers.count > 0)
		judge_say(j, "scope.strandedServers",
			  arena_printf(j->a, "%zu Connect server%s not on this backend until restarted: %s", servers.count,
				       servers.count > 1 ? "s are" : " is", names_text(j->a, &servers)));
	if (executors.count > 0)
		judge_say(j, "scope.strandedExecutors",
			  arena_printf(j->a, "%zu executor pod%s of k8s until %s server ends: %s", executors.count,
				       executors.count > 1 ? "s stay" : " stays", executors.count > 1 ? "their" : "its",
				       names_text(j->a, &executors)));
}

/* ---- pods that would fail: EvaluatePodsInNamespace of k8s.io/pod-security-admission/admission/admission.go ---- */

struct failure {
	const char *reasons, *pod;
	size_t count;
};

static bool tightens(const struct namespace *old, const struct namespace *now)
{
	return now->pss_mode == MODE_ENFORCE && now->pss_level != PSS_PRIVILEGED &&
	       (old->pss_mode != MODE_ENFORCE || old->mode == MODE_NONE || now->pss_level > old->pss_level ||
		strcmp(old->pss_version, now->pss_version) != 0);
}

/* Equal reasons share one line, named after the first by name of their pods. */
static void count_failure(struct judge *j, struct failure **list, size_t *count, size_t *cap, const struct json *pod,
			  const char *reasons)
{
	const char *name = json_text(json_get(json_get(pod, "metadata"), "name"), "");

	for (size_t i = 0; i < *count; i++)
		if (strcmp((*list)[i].reasons, reasons) == 0) {
			(*list)[i].count++;
			if (strcmp(name, (*list)[i].pod) < 0)
				(*list)[i].pod = name;
			return;
		}
	*list = arena_grow(j->a, *list, cap, *count + 1, sizeof(**list));
	(*list)[(*count)++] = (struct failure){reasons, name, 1};
}

static const char *failure_text(struct arena *a, const struct failure *f)
{
	if (f->count == 1)
		return arena_printf(a, "%s: %s", f->pod, f->reasons);
	if (f->count == 2)
		return arena_printf(a, "%s (and 1 other pod): %s", f->pod, f->reasons);
	return arena_printf(a, "%s (and %zu other pods): %s", f->pod, f->count - 1, f->reasons);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void say_failures(struct judge *j, const struct namespace *ns, const struct failure *list, size_t count)
{
	const char **texts = ARENA_ARRAY(j->a, count, const char *);

	judge_say(j, "scope.existingPods",
		  arena_printf(j->a, "existing pods in namespace \"%s\" violate the new PodSecurity enforce level \"%s:%s\"",
			       j->review->name, pss_level_name(ns->pss_level), ns->pss_version));
	for (size_t i = 0; i < count; i++)
		texts[i] = failure_text(j->a, &list[i]);
	qsort(texts, count, sizeof(*texts), by_text);
	for (size_t i = 0; i < count; i++)
		judge_say(j, "scope.existingPods", texts[i]);
}

static void judge_existing(struct judge *j, const struct namespace *old, const struct namespace *now)
{
	struct failure *list = NULL;
	size_t count = 0, cap = 0;

	if (!tightens(old, now))
		return;
	JSON_EACH(pod, j->facts->pods.list) {
		const struct json *metadata = json_get(pod, "metadata"), *spec = json_get(pod, "spec");
		struct pss_verdict verdict;
		if (spark_role_of_pod(j->policy, j->a, metadata, spec).role == ROLE_EXECUTOR &&
		    j->policy->executor_pss != ACTION_DENY)
			continue; /* it would be warned about, not refused */
		pss_evaluate(j->a, now->pss_level, now->pss_version, metadata, spec, "", &verdict);
		if (verdict.count > 0)
			count_failure(j, &list, &count, &cap, pod, verdict.reason);
	}
	if (count > 0)
		say_failures(j, now, list, count);
}

/* Not all pods could be looked at, or none: say so, in upstream's words if it is about Pod Security. */
static void say_unseen(struct judge *j, bool security)
{
	const struct pods_seen *pods = &j->facts->pods;
	const char *rule = security ? "scope.existingPods" : "scope.strandedServers";

	if (!pods->known)
		judge_say(j, rule,
			  security ? "failed to list pods while checking new PodSecurity enforce level"
				   : "the pods of the namespace could not be listed: which ones stay on the old backend is not "
				     "known");
	else if (pods->looked_at < pods->total)
		judge_say(j, rule,
			  arena_printf(j->a, "%s the first %zu of %zu existing pods",
				       security ? "new PodSecurity enforce level only checked against" : "only looked at",
				       pods->looked_at, pods->total));
}

void judge_change(struct judge *j, const struct namespace *old, const struct namespace *now)
{
	bool security = tightens(old, now);

	if (!j->facts->pods.asked || !judge_change_matters(j->review))
		return;
	if (security || moves(old, now))
		say_unseen(j, security);
	judge_stranded(j, old, now);
	judge_existing(j, old, now);
}
