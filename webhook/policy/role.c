/*
 * The role of a pod. The order matters and is docs/contract.md 2's: what a command says
 * beats what a label says; the executor's label counts with the executor's shape
 * only; sparkgate.io/role speaks where nothing else does, but that its "none" beats other labels.
 *
 * The webhook configurations ask less exact questions of the same words
 * (manifests/webhook-configurations.yaml): whatever has a role here is called for there.
 * tests/conformance/selectors proves it.
 */
#include "policy/role.h"

#include "policy/words.h"

#define ROLE_LABEL "sparkgate.io/role"

struct pod {
	const struct policy *p;
	struct arena *a;
	const struct json *metadata, *labels, *spec;
	const char *only_named; /* its commands were read, and what names a Connect server in them starts none: which that is; else NULL */
};

const char *const container_lists[] = {"containers", "initContainers", "ephemeralContainers"};

/* ---- words ---- */

/* The first of words that is in an element of list; NULL if none is. */
static const char *word_in(const struct json *list, const struct texts *words)
{
	JSON_EACH(item, list) {
		struct slice text = json_slice(item);
		for (size_t i = 0; text.ptr && i < words->count; i++)
			if (slice_has(text, words->items[i]))
				return words->items[i];
	}
	return NULL;
}

static const char *word_of(const struct json *container, const struct texts *words)
{
	const char *word = word_in(json_get(container, "command"), words);

	return word ? word : word_in(json_get(container, "args"), words);
}

/* Is name in text as an argument of a script: "... /opt/entrypoint.sh connect-server ..."? */
static bool script_takes(struct slice text, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = text.ptr, *end = text.ptr + text.len; (size_t)(end - at) > n; at++) {
		at = memmem(at, (size_t)(end - at), ".sh ", 4);
		if (!at)
			return false;
		struct slice rest = {at + 4, (size_t)(end - at) - 4};
		if (slice_starts(rest, name) && (rest.len == n || strchr(" \t\n;&|'\"", rest.ptr[n])))
			return true;
	}
	return false;
}

const struct json *role_entrypoint(const struct json *container, const char *name)
{
	static const char *const lists[] = {"command", "args"};
	const struct json *first = json_first(json_get(container, "args"));
	bool after_script = false;

	if (json_count(json_get(container, "command")) == 0 && slice_is(json_slice(first), name))
		return first;
	for (size_t i = 0; i < 2; i++) {
		JSON_EACH(item, json_get(container, lists[i])) {
			struct slice text = json_slice(item);
			if (!text.ptr)
				continue;
			if ((after_script && slice_is(text, name)) || script_takes(text, name))
				return item;
			after_script = slice_ends(text, ".sh");
		}
	}
	return NULL;
}

static const char *entrypoint_of_role(const struct policy *p, const struct json *container, enum role role)
{
	for (size_t i = 0; i < p->entrypoint_count; i++)
		if (p->entrypoints[i].role == role && role_entrypoint(container, p->entrypoints[i].name))
			return p->entrypoints[i].name;
	return NULL;
}

/* What in the container gives it the role of s; NULL if nothing does. */
static const char *sign_of_role(const struct policy *p, const struct json *container, const struct role_selector *s)
{
	const char *word = word_of(container, &s->words);

	return word ? word : entrypoint_of_role(p, container, s->role);
}

static bool match_words(const struct pod *pod, const struct role_selector *s, struct role_match *ret)
{
	const bool idle = pod->only_named && s->role == ROLE_CONNECT_SERVER;

	for (size_t i = 0; i < CONTAINER_LISTS; i++) {
		JSON_EACH(container, json_get(pod->spec, container_lists[i])) {
			const char *sign = idle ? entrypoint_of_role(pod->p, container, s->role) : sign_of_role(pod->p, container, s);
			if (!sign)
				continue;
			const char *name = json_text(json_get(container, "name"), "?");
			*ret = (struct role_match){.role = s->role,
						   .reason = arena_join(pod->a, "container ", name, ": ", sign)};
			return true;
		}
	}
	return false;
}

/* ---- labels ---- */

bool role_value_fits(const char *wanted, struct slice value)
{
	return !wanted || glob_match(wanted, value);
}

bool role_labels_fit(const struct json *labels, const struct label_match *m)
{
	for (size_t i = 0; i < m->count; i++) {
		struct slice value = json_slice(json_get(labels, m->key[i]));
		if (!value.ptr || !role_value_fits(m->value[i], value))
			return false;
	}
	return m->count > 0;
}

static bool is_explicit(const struct label_match *m)
{
	return strcmp(m->key[0], ROLE_LABEL) == 0;
}

static const char *label_reason(const struct pod *pod, const struct label_match *m)
{
	const char *key = m->key[m->count - 1];

	return arena_join(pod->a, "label ", key, "=", json_text(json_get(pod->labels, key), ""));
}

static bool match_labels(const struct pod *pod, const struct role_selector *s, bool explicit, struct role_match *ret)
{
	for (size_t i = 0; i < s->label_count; i++) {
		const struct label_match *m = &s->labels[i];
		if (is_explicit(m) != explicit || !role_labels_fit(pod->labels, m))
			continue;
		*ret = (struct role_match){.role = s->role, .reason = label_reason(pod, m), .by_label = true};
		return true;
	}
	return false;
}

/* A container without a command runs whatever its image does. */
bool role_could_start_spark(const struct policy *p, const struct json *container)
{
	return json_count(json_get(container, "command")) == 0 || word_of(container, &p->launchers) != NULL;
}

static bool names_server(const struct policy *p, const struct json *container)
{
	for (size_t i = 0; i < p->selector_count; i++)
		if (p->selectors[i].role == ROLE_CONNECT_SERVER && word_of(container, &p->selectors[i].words))
			return true;
	return false;
}

/* Helm's test pods, proxies and a chart's other programs carry its labels and run something else. */
static bool nothing_serves(const struct pod *pod)
{
	for (size_t i = 0; i < CONTAINER_LISTS; i++)
		JSON_EACH(container, json_get(pod->spec, container_lists[i]))
			if (!(pod->only_named && names_server(pod->p, container)) && role_could_serve(pod->p, pod->metadata, container))
				return false;
	return json_count(json_get(pod->spec, "containers")) > 0;
}

bool role_says_none(const struct json *metadata)
{
	return slice_is(json_slice(json_get(json_get(metadata, "labels"), ROLE_LABEL)), "none");
}

/* ---- executors ---- */

static bool has_env(const struct json *container, const char *name)
{
	JSON_EACH(item, json_get(container, "env"))
		if (slice_is(json_slice(json_get(item, "name")), name))
			return true;
	return false;
}

/* BasicExecutorFeatureStep: no command, args ["executor"], the driver's URL in the environment. */
bool role_has_executor_shape(const struct json *container)
{
	struct slice first = json_slice(json_at(json_get(container, "args"), 0));

	if (json_count(json_get(container, "command")) > 0)
		return false;
	if (first.ptr && (slice_is(first, "executor") || slice_ends(first, "ExecutorBackend")))
		return true;
	return has_env(container, "SPARK_EXECUTOR_ID") && has_env(container, "SPARK_DRIVER_URL");
}

bool role_is_daemon_or_executor(const struct policy *p, const struct json *container)
{
	for (size_t i = 0; i < p->selector_count; i++)
		if (p->selectors[i].role != ROLE_CONNECT_SERVER && sign_of_role(p, container, &p->selectors[i]))
			return true;
	return role_has_executor_shape(container);
}

static bool match_executor(const struct pod *pod, const struct role_selector *s, struct role_match *ret)
{
	if (!match_labels(pod, s, false, ret))
		return false;
	JSON_EACH(container, json_get(pod->spec, "containers"))
		if (role_has_executor_shape(container))
			return true;
	return false;
}

/* ---- all together ---- */

static bool match_any(const struct pod *pod, bool (*match)(const struct pod *, const struct role_selector *,
							    struct role_match *),
		      bool executors, struct role_match *ret)
{
	for (size_t i = 0; i < pod->p->selector_count; i++) {
		const struct role_selector *s = &pod->p->selectors[i];
		if ((s->role == ROLE_EXECUTOR) == executors && match(pod, s, ret))
			return true;
	}
	return false;
}

static bool match_known_labels(const struct pod *pod, const struct role_selector *s, struct role_match *ret)
{
	return match_labels(pod, s, false, ret);
}

static bool match_role_label(const struct pod *pod, const struct role_selector *s, struct role_match *ret)
{
	return match_labels(pod, s, true, ret);
}

static struct role_match match_pod(const struct pod *pod)
{
	const char *nothing = pod->only_named ? arena_join(pod->a, pod->only_named, " is only named there, and starts none")
					      : "nothing in it names a Spark role";
	struct role_match match;

	if (match_any(pod, match_words, false, &match))
		return match;
	if (match_any(pod, match_executor, true, &match))
		return match;
	if (role_says_none(pod->metadata))
		return (struct role_match){.role = ROLE_NONE, .reason = pod->only_named
				? arena_join(pod->a, "label " ROLE_LABEL "=none, and no start is visible (", pod->only_named, ")")
				: "label " ROLE_LABEL "=none, and nothing in it names a Spark role"};
	if (match_any(pod, match_known_labels, false, &match)) {
		match.label_only = nothing_serves(pod);
		return match;
	}
	if (match_any(pod, match_role_label, false, &match))
		return match; /* whoever writes that label says what the pod is, whatever its command looks like */
	return (struct role_match){.role = ROLE_NONE, .reason = nothing};
}

struct role_match role_of_pod(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec)
{
	return match_pod(&(struct pod){p, a, metadata, json_get(metadata, "labels"), spec, NULL});
}

struct role_match role_of_pod_without_start(const struct policy *p, struct arena *a, const struct json *metadata, const struct json *spec)
{
	struct pod pod = {p, a, metadata, json_get(metadata, "labels"), spec, NULL};
	struct role_match named;

	pod.only_named = match_any(&pod, match_words, false, &named) ? named.reason : "what names a server";
	return match_pod(&pod);
}

bool role_is_labelled(const struct policy *p, const struct role_match *match, const struct json *metadata)
{
	const struct json *labels = json_get(metadata, "labels");

	if (match->by_label || match->role == ROLE_NONE)
		return match->by_label;
	for (size_t i = 0; i < p->selector_count; i++) {
		const struct role_selector *s = &p->selectors[i];
		for (size_t j = 0; s->role != ROLE_EXECUTOR && j < s->label_count; j++)
			if (role_labels_fit(labels, &s->labels[j]))
				return true;
	}
	return false;
}
