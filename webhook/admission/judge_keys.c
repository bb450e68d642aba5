/* Our keys on a namespace: their values, whether a change of them matters, and who may make it. */
#include "admission/judge.h"

#include "base/kubernetes.h"

#include <stdlib.h>

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

struct keys {
	const struct json **items; /* sorted by key */
	size_t count;
};

static int by_key(const void *a, const void *b)
{
	return strcmp(json_key(*(const struct json *const *)a), json_key(*(const struct json *const *)b));
}

static struct keys ours_of(struct arena *a, const struct json *object)
{
	struct keys ret = {.items = NULL};
	size_t cap = 0;

	JSON_EACH(item, object)
		if (is_ours(json_key(item)))
			*ARENA_PUSH(a, ret.items, &cap, ret.count) = item;
	if (ret.count > 1)
		qsort(ret.items, ret.count, sizeof(*ret.items), by_key);
	return ret;
}

/* The first of our keys that only one of them has, or both with different values; NULL = none. */
static const char *differing(struct arena *a, const struct json *now, const struct json *old)
{
	struct keys x = ours_of(a, now), y = ours_of(a, old);

	for (size_t i = 0; i < x.count && i < y.count; i++) {
		int order = by_key(&x.items[i], &y.items[i]);
		if (order != 0 || strcmp(json_text(x.items[i], ""), json_text(y.items[i], "")) != 0)
			return json_key(order > 0 ? y.items[i] : x.items[i]);
	}
	return x.count > y.count ? json_key(x.items[y.count]) : y.count > x.count ? json_key(y.items[x.count]) : NULL;
}

static const char *changed_key(struct arena *a, const struct review *r)
{
	const struct json *now = json_get(r->object, "metadata"), *old = json_get(r->old_object, "metadata");
	const char *label = differing(a, json_get(now, "labels"), json_get(old, "labels"));

	return label ? label : differing(a, json_get(now, "annotations"), json_get(old, "annotations"));
}

void judge_editor(struct judge *j)
{
	const struct policy *p = j->policy;
	const char *key = changed_key(j->a, j->review);

	if ((p->editor_users.count == 0 && p->editor_groups.count == 0) || !key ||
	    asked_by(&p->editor_users, &p->editor_groups, &j->who))
		return;
	judge_say(j, "scope.editor",
		  arena_printf(j->a,
			       "%s may not change %s: policy names who may (namespaceEditorUsers, namespaceEditorGroups)",
			       j->review->user[0] ? j->review->user : "this user", key));
}
