/* Our keys on a namespace: their values, whether a change of them matters, and who may make it. */
#include "admission/judge.h"

#include "base/kubernetes.h"

const char *judge_key_value(const struct json *object, const char *key)
{
	const struct json *metadata = json_get(object, "metadata");
	const char *label = json_text(json_get(json_get(metadata, "labels"), key), NULL);

	return label ? label : json_text(json_get(json_get(metadata, "annotations"), key), NULL);
}

bool judge_change_matters(const struct review *r)
{
	static const char *const keys[] = {
		"sparkgate.io/mode",     "sparkgate.io/backendMode", "sparkgate.io/standaloneMaster",
		"sparkgate.io/pssLevel", "sparkgate.io/pssVersion",  "sparkgate.io/pssMode"};

	if (r->operation != OP_UPDATE || !r->object || !r->old_object ||
	    kubernetes_is_leaving(r->object) || !judge_key_value(r->object, keys[0]))
		return false;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const char *now = judge_key_value(r->object, keys[i]), *old = judge_key_value(r->old_object, keys[i]);
		if (strcmp(now ? now : "", old ? old : "") != 0)
			return true;
	}
	return false;
}

void judge_say(struct judge *j, const char *rule, const char *message)
{
	policy_say(j->policy, j->a, &j->d->findings, rule, ACTION_DENY, message, (struct place){.pointer = NULL});
}

/* ---- who may change them ---- */

static bool is_ours(const char *key)
{
	return strncmp(key, KEY_PREFIX, strlen(KEY_PREFIX)) == 0;
}

/* The first of our keys in one that the other lacks, or has with another value; NULL = none. */
static const char *differing(const struct json *one, const struct json *other)
{
	JSON_EACH(item, one) {
		const char *value = json_text(json_get(other, json_key(item)), NULL);
		if (is_ours(json_key(item)) && (!value || strcmp(value, json_text(item, "")) != 0))
			return json_key(item);
	}
	return NULL;
}

static const char *changed_key(const struct review *r)
{
	static const char *const kinds[] = {"labels", "annotations"};
	const struct json *now = json_get(r->object, "metadata"), *old = json_get(r->old_object, "metadata");

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		const char *key = differing(json_get(now, kinds[i]), json_get(old, kinds[i]));
		if (!key)
			key = differing(json_get(old, kinds[i]), json_get(now, kinds[i]));
		if (key)
			return key;
	}
	return NULL;
}

void judge_editor(struct judge *j)
{
	const struct policy *p = j->policy;
	const char *key = changed_key(j->review);

	if ((p->editor_users.count == 0 && p->editor_groups.count == 0) || !key ||
	    asked_by(&p->editor_users, &p->editor_groups, &j->who))
		return;
	judge_say(j, "scope.editor",
		  arena_printf(j->a,
			       "%s may not change %s: policy names who may (namespaceEditorUsers, namespaceEditorGroups)",
			       j->review->user[0] ? j->review->user : "this user", key));
}
