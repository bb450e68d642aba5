#include "admission/judge.h"

/* A version that no check here knows acts as the newest; its author should be told. */
static void note_newer_version(struct judge *j, struct namespace *ns)
{
	struct namespace_problem *problems;

	if (ns->mode == MODE_NONE || !pss_version_is_newer(ns->pss_version))
		return;
	problems = ARENA_ARRAY(j->a, ns->problem_count + 1, struct namespace_problem);
	if (ns->problem_count > 0)
		memcpy(problems, ns->problems, ns->problem_count * sizeof(*problems));
	problems[ns->problem_count++] = (struct namespace_problem){
		.key = "sparkgate.io/pssVersion",
		.rule = "scope.pssVersion",
		.message = arena_printf(j->a, "sparkgate.io/pssVersion %s is newer than v1.%u, the newest known here: acts as latest",
					ns->pss_version, PSS_NEWEST_MINOR),
		.refuses = policy_action(j->policy, "scope.pssVersion") == ACTION_DENY,
	};
	ns->problems = problems;
}

/* What nothing is refused for. */
static void warn(struct judge *j, const char *rule, const char *message)
{
	policy_say(j->policy, j->a, &j->d->findings, rule, ACTION_WARN, message, (struct place){.pointer = NULL});
}

void judge_read_namespace(struct judge *j, const struct json *object, struct namespace *ret)
{
	namespace_parse(j->policy, j->a, object, ret);
	note_newer_version(j, ret);
}

/* Is it a problem of its own that there is no backend, an unknown word or a misspelt key, and told as such? Where it is a refusal to
 * have none, a misspelt key is no way around it. */
static bool backend_is_misspelt(const struct judge *j)
{
	const struct namespace *ns = &j->d->ns;
	bool keys = policy_action(j->policy, "scope.unknownKey") <= ACTION_WARN && policy_action(j->policy, "scope.noBackend") != ACTION_DENY;

	for (size_t i = 0; i < ns->problem_count; i++)
		if (strcmp(ns->problems[i].rule, "scope.backendMode") == 0 || (keys && strcmp(ns->problems[i].rule, "scope.unknownKey") == 0))
			return true;
	return false;
}

static bool lacks_backend(const struct judge *j)
{
	bool rewritten = j->match.role == ROLE_CONNECT_SERVER || j->match.role == ROLE_CONNECT_CONFIG;

	return rewritten && j->d->backend == BACKEND_NONE && !backend_is_misspelt(j);
}

#define NO_BACKEND "namespace has no sparkgate.io/backendMode (k8s or standalone): nothing is rewritten"

void judge_no_backend(struct judge *j)
{
	if (lacks_backend(j))
		warn(j, "scope.noBackend", NO_BACKEND);
}

void judge_namespace_problems(struct judge *j, bool refusing)
{
	for (size_t i = 0; i < j->d->ns.problem_count; i++) {
		const struct namespace_problem *p = &j->d->ns.problems[i];
		if (p->refuses == refusing)
			judge_say(j, p->rule, p->message);
	}
	if (lacks_backend(j) && (policy_action(j->policy, "scope.noBackend") == ACTION_DENY) == refusing)
		judge_say(j, "scope.noBackend", NO_BACKEND);
}

/* Why a choice in the pod's annotations, or in those of a controller itself, has no effect; NULL if it has one. */
static const char *why_ignored(struct judge *j, const struct subject *s, const char *key)
{
	const struct json *own = json_get(json_get(s->metadata, "annotations"), key);
	const struct json *outer = json_get(json_get(json_get(s->root, "metadata"), "annotations"), key);

	if ((own || outer) && !j->d->ns.allow_override)
		return arena_printf(j->a, "%s of the object is ignored, the namespace decides", key);
	return outer && !own ? arena_printf(j->a, "%s is ignored here: write it to %s/metadata/annotations", key, s->prefix) : NULL;
}

static void note_unread(struct judge *j, const struct json *map, bool label)
{
	size_t unread = 0;

	JSON_EACH(item, map) {
		const char *why = object_key_unread(j->a, json_key(item), label);
		if (!why)
			continue;
		if (++unread > UNREAD_KEYS_MAX)
			return;
		warn(j, "scope.unknownKey", why);
	}
}

void judge_unread_keys(struct judge *j, const struct json *metadata)
{
	note_unread(j, json_get(metadata, "labels"), true);
	note_unread(j, json_get(metadata, "annotations"), false);
}

void judge_object_keys(struct judge *j, const struct subject *s)
{
	static const char *const keys[] = {"sparkgate.io/backendMode", "sparkgate.io/standaloneMaster"};

	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const char *why = why_ignored(j, s, keys[i]);
		if (why)
			warn(j, "scope.allowOverride", why);
	}
	judge_unread_keys(j, s->metadata);
}

static bool unchanged(const struct judge *j, const char *key)
{
	const char *now = judge_key_value(j->review->object, key), *old = judge_key_value(j->review->old_object, key);

	return j->review->old_object && now && old && strcmp(now, old) == 0;
}

static const char *key_pointer(struct arena *a, const struct json *object, const char *key)
{
	bool label = json_get(json_get(json_get(object, "metadata"), "labels"), key) != NULL;

	return arena_printf(a, "/metadata/%s/%s", label ? "labels" : "annotations",
			    json_pointer_token(a, slice_of(key)));
}

/* Not refused: somebody who labels and annotates key by key gets here before the rest is there. */
static void note_what_is_missing(struct judge *j)
{
	static const char key[] = "sparkgate.io/standaloneMaster";

	if (j->d->ns.backend == BACKEND_STANDALONE && !j->d->ns.standalone_master && !judge_key_value(j->review->object, key))
		warn(j, "scope.noMaster", "backendMode standalone needs a master: annotate sparkgate.io/standaloneMaster=spark://HOST:7077");
	if (j->d->ns.backend == BACKEND_NONE && !backend_is_misspelt(j))
		warn(j, "scope.noBackend", "opted in without a backend, nothing is rewritten: annotate sparkgate.io/backendMode=k8s (or standalone)");
}

/* A bad value is refused when it is written, not when something else changes next to it. */
void judge_namespace(struct judge *j)
{
	struct namespace *ns = &j->d->ns, old = {.mode = MODE_NONE};

	judge_read_namespace(j, j->review->object, ns);
	if (j->review->old_object)
		judge_read_namespace(j, j->review->old_object, &old);
	j->d->backend = ns->backend;
	if (ns->mode == MODE_NONE && old.mode != MODE_NONE)
		ns->mode = old.mode; /* opting out is judged by the mode that was in force */
	j->guarded = old.mode < ns->mode ? old.mode : ns->mode; /* otherwise audit would be a way out of enforce */
	judge_editor(j);
	if (ns->mode == MODE_NONE || !judge_key_value(j->review->object, "sparkgate.io/mode"))
		return;
	judge_change(j, &old, ns);
	bool enters = ns->mode < old.mode; /* a stricter mode: what the weaker one let pass is checked again */
	for (size_t i = 0; i < ns->problem_count; i++) {
		const struct namespace_problem *p = &ns->problems[i];
		if (!enters && unchanged(j, p->key))
			continue;
		struct place place = {.pointer = key_pointer(j->a, j->review->object, p->key)};
		policy_say(j->policy, j->a, &j->d->findings, p->rule, ACTION_DENY, p->message, place);
	}
	note_what_is_missing(j);
}
