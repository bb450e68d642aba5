#include "policy/policy.h"

#include "policy/words.h"

#include <stdatomic.h>
#include <stdlib.h>

/* ---- words: of the length that policy.h says, or this does not compile ---- */

const char *const backend_words[] = {[BACKEND_NONE] = "none", [BACKEND_K8S] = "k8s", [BACKEND_STANDALONE] = "standalone"};

const char *const verb_words[] = {
	[VERB_SET] = "set",       [VERB_DEFAULT] = "default", [VERB_DERIVE] = "derive", [VERB_DISABLE] = "disable",
	[VERB_RENAME] = "rename", [VERB_REQUIRE] = "require", [VERB_FORBID] = "forbid",
};

const char *const role_words[] = {
	[ROLE_NONE] = "none",
	[ROLE_CONNECT_SERVER] = "connect-server",
	[ROLE_EXECUTOR] = "executor",
	[ROLE_STANDALONE_MASTER] = "standalone-master",
	[ROLE_STANDALONE_WORKER] = "standalone-worker",
	[ROLE_CONNECT_CONFIG] = "connect-config",
};

const char *backend_name(enum backend backend)
{
	return backend == BACKEND_NONE ? NULL : backend_words[backend];
}

const char *verb_name(enum verb verb)
{
	return verb_words[verb];
}

const char *role_name(enum role role)
{
	return role == ROLE_NONE ? NULL : role_words[role];
}

bool texts_has(const struct texts *list, struct slice text)
{
	for (size_t i = 0; i < list->count; i++)
		if (glob_match(list->items[i], text))
			return true;
	return false;
}

/* ---- versions ---- */

/* Take up to two digits off the front of *s; -1 if there are none or more. */
static int take_number(struct slice *s)
{
	int value = 0;
	size_t digits = 0;

	while (s->len > 0 && *s->ptr >= '0' && *s->ptr <= '9') {
		if (++digits > 2)
			return -1;
		value = value * 10 + (*s->ptr - '0');
		s->ptr++;
		s->len--;
	}
	return digits == 0 ? -1 : value;
}

const char *spark_version_text(struct arena *a, spark_version v)
{
	return arena_printf(a, "%u.%u", SPARK_VERSION_MAJOR(v), SPARK_VERSION_MINOR(v));
}

spark_version spark_version_parse(struct slice text)
{
	int major = take_number(&text);

	if (major <= 0 || !slice_skip(&text, SLICE_LIT(".")))
		return 0;
	int minor = take_number(&text);
	if (minor < 0)
		return 0;
	return (spark_version)(major * 100 + minor);
}

bool version_in(struct version_range range, spark_version version)
{
	return version >= range.first && (range.last == 0 || version <= range.last);
}

bool policy_knows_version(const struct policy *p, spark_version version)
{
	for (size_t i = 0; i < p->spark_versions.count; i++)
		if (spark_version_parse(slice_of(p->spark_versions.items[i])) == version)
			return version != 0;
	return false;
}

/* ---- questions ---- */

bool policy_is_judged(const char *check)
{
	static const char *const not_yet[] = {"connect.executorAccount", "connect.executorImage"};

	return word_index(slice_of(check), not_yet, COUNT_OF(not_yet)) < 0;
}

bool policy_is_fixed(const char *check)
{
	static const char *const fixed[] = {"scope.backendMode", "scope.namespace", "scope.patch", "scope.standaloneMaster", "scope.unread"};

	return word_index(slice_of(check), fixed, COUNT_OF(fixed)) >= 0;
}

enum action policy_action(const struct policy *p, const char *id)
{
	enum action action = ACTION_OFF;

	for (size_t i = 0; i < p->check_count; i++)
		if (strcmp(p->checks[i].id, id) == 0)
			return p->checks[i].action;
	for (size_t i = 0; i < p->rule_count; i++)
		if (strcmp(p->rules[i].id, id) == 0 && p->rules[i].action < action)
			action = p->rules[i].action;
	return action;
}

void policy_say(const struct policy *p, struct arena *a, struct findings *list, const char *id, enum action cap,
		const char *message, struct place place)
{
	enum action action = policy_action(p, id);

	if (action != ACTION_OFF)
		findings_add(list, a, (struct finding){.rule = id, .action = action < cap ? cap : action, .message = message, .place = place});
}

/* "docker.io/apache/spark:4.1.0@sha256:..." without tag and digest. A colon before a slash is a
 * registry's port. */
static struct slice repository_of(struct slice image)
{
	struct slice repository = slice_cut(&image, '@');
	const char *slash = repository.len ? memrchr(repository.ptr, '/', repository.len) : NULL;
	const char *colon = repository.len ? memrchr(repository.ptr, ':', repository.len) : NULL;

	if (colon && (!slash || colon > slash))
		repository.len = (size_t)(colon - repository.ptr);
	return repository;
}

bool policy_image_user_is_a_name(const struct policy *p, struct slice image)
{
	return texts_has(&p->non_numeric_images, repository_of(image));
}

/* Asked of every setting, and none is meant nearly always. Keys begin alike: the last byte before a '*' tells most apart. */
static bool may_mean(const struct wrong_key *wrong, struct slice key)
{
	return wrong->fixed == 0 || (key.len >= wrong->fixed && key.ptr[wrong->fixed - 1] == wrong->key[wrong->fixed - 1]);
}

const char *policy_wrong_key(const struct policy *p, struct slice key, spark_version version)
{
	for (size_t i = 0; i < p->wrong_key_count; i++) {
		const struct wrong_key *wrong = &p->wrong_keys[i];

		if (may_mean(wrong, key) && version_in(wrong->versions, version) && glob_match(wrong->key, key))
			return wrong->why;
	}
	return NULL;
}

/* ---- lifetime ---- */

/* A compiled policy is const for everybody; the count of its readers is not part of what it says. */
static struct policy *counted(const struct policy *p)
{
	return (struct policy *)(uintptr_t)p;
}

struct policy *policy_ref(const struct policy *p)
{
	atomic_fetch_add_explicit(&counted(p)->refs, 1, memory_order_relaxed);
	return counted(p);
}

void policy_unref(struct policy *p)
{
	if (!p || atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) != 1)
		return;
	arena_release(&p->arena);
	free(p);
}
