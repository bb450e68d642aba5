/* Kind Checks: what the checks of the program do, and the bounds of rules and checks. */
#include "policy/compile.h"

#include "policy/master_url.h"
#include "policy/words.h"

#include <stdio.h>

/* ---- checks ---- */

static struct check *find_check(const struct policy *p, const char *id)
{
	for (size_t i = 0; i < p->check_count; i++)
		if (strcmp(p->checks[i].id, id) == 0)
			return &p->checks[i];
	return NULL;
}

/* A later layer may also name a rule's id: that sets the rule's action for both backends. */
static bool set_rule_actions(struct policy *p, const char *id, enum action action)
{
	bool found = false;

	for (size_t i = 0; i < p->rule_count; i++) {
		if (strcmp(p->rules[i].id, id) != 0)
			continue;
		p->rules[i].action = action;
		found = true;
	}
	return found;
}

static void unknown_check(struct compiler *c, const struct node *n, const char *id)
{
	const struct policy *p = c->policy;
	const char **ids = ARENA_ARRAY(c->scratch, p->check_count + 1, const char *);
	const struct node place = node_get(n, "id");

	for (size_t i = 0; i < p->check_count; i++)
		ids[i] = p->checks[i].id;
	const char *near = nearest_word(slice_of(id), ids, p->check_count);
	if (near)
		node_problem(&place, "unknown check '%s', did you mean '%s'?", id, near);
	else
		node_problem(&place, "unknown check '%s', see `sparkgate policy show`", id);
}

static void warn_unjudged(struct compiler *c, const struct node *n, const struct check *check)
{
	if (!policy_is_judged(check->id) && check->action != ACTION_OFF)
		compile_warn(c, compile_place(n),
			     arena_printf(c->scratch, "%s is not judged in this release: the action has no effect", check->id));
}

static void refuse_fixed(const struct node *n, const struct check *old)
{
	const struct node place = node_get(n, "action");

	node_problem(&place, "%s is always %s: leave it out, or exempt from it whom you mean (kind Exemptions)", old->id, action_name(old->action));
}

/* The shipped layer names all checks; later ones change what they do. */
static void put_check(struct compiler *c, const struct node *n, struct check check)
{
	struct policy *p = c->policy;
	struct check *old = find_check(p, check.id);

	if (old && old->action != check.action && policy_is_fixed(check.id)) {
		refuse_fixed(n, old);
	} else if (old) {
		check.why = check.why ? check.why : old->why;
		*old = check;
		warn_unjudged(c, n, &check);
	} else if (c->layer == 0) {
		*ARENA_PUSH(&p->arena, p->checks, &c->check_cap, p->check_count) = check;
	} else if (!set_rule_actions(p, check.id, check.action)) {
		unknown_check(c, n, check.id);
	}
}

static void read_check(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"id", "action", "why"};
	struct check check = {0};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	check.id = node_text(n, "id", NODE_REQUIRED);
	check.why = node_text(n, "why", c->layer == 0 ? NODE_REQUIRED : NODE_OPTIONAL);
	int action = node_word(n, "action", "action", COMPILE_WORDS(action_words), -1, NODE_REQUIRED);
	if (!check.id || action < 0 || !compile_once(c, n, "check", check.id))
		return;
	check.action = (enum action)action;
	put_check(c, n, check);
}

/* ---- bounds ---- */

/* Is text a master of kind? Notes a problem if not. */
static bool check_master(const struct node *place, const char *text, enum master_kind kind, const char *form)
{
	struct master_url url;
	struct err err = {""};

	if (master_url_parse(slice_of(text), &url, &err) < 0)
		node_problem(place, "'%s': %s", text, err.text);
	else if (url.kind != kind)
		node_problem(place, "'%s' must be %s", text, form);
	else
		return true;
	return false;
}

static void read_masters(struct policy *p, const struct node *n)
{
	static const char k8s_form[] = "k8s://https://HOST[:PORT]";
	static const char standalone_form[] = "spark://HOST:PORT";
	struct node place = node_get(n, "k8sMaster");
	const char *text = node_text(n, "k8sMaster", NODE_OPTIONAL);

	if (text && check_master(&place, text, MASTER_K8S, k8s_form))
		p->k8s_master = text;
	place = node_get(n, "k8sMasterAliases");
	if (node_texts(n, "k8sMasterAliases", &p->k8s_master_aliases))
		for (size_t i = 0; i < p->k8s_master_aliases.count; i++)
			check_master(&place, p->k8s_master_aliases.items[i], MASTER_K8S, k8s_form);
	place = node_get(n, "defaultStandaloneMaster");
	text = node_any_text(n, "defaultStandaloneMaster", NODE_OPTIONAL);
	if (text && (*text == '\0' || check_master(&place, text, MASTER_STANDALONE, standalone_form)))
		p->default_standalone_master = text;
	place = node_get(n, "allowedMasters");
	if (node_texts(n, "allowedMasters", &p->allowed_masters))
		for (size_t i = 0; i < p->allowed_masters.count; i++)
			if (strncmp(p->allowed_masters.items[i], "spark://", 8) != 0)
				node_problem(&place, "'%s' must be spark://HOST:PORT, '*' for any run of characters",
					     p->allowed_masters.items[i]);
}

static spark_version whole_version(const char *text)
{
	spark_version v = spark_version_parse(slice_of(text));
	char back[16];

	snprintf(back, sizeof(back), "%u.%u", SPARK_VERSION_MAJOR(v), SPARK_VERSION_MINOR(v));
	return strcmp(back, text) == 0 ? v : 0;
}

static void read_spark_versions(struct compiler *c, const struct node *n)
{
	const struct node list = node_get(n, "sparkVersions"), fallback = node_get(n, "defaultSparkVersion");
	const char *text = node_text(n, "defaultSparkVersion", NODE_OPTIONAL);
	struct policy *p = c->policy;
	spark_version last = 0;

	c->versions_file = n->file->name;
	c->versions_line = node_line(n);

	if (text) {
		p->default_spark_version = whole_version(text);
		if (!p->default_spark_version)
			node_problem(&fallback, "'%s' is not a version, write \"4.1\"", text);
	}
	if (!node_texts(n, "sparkVersions", &p->spark_versions))
		return;
	for (size_t i = 0; i < p->spark_versions.count; i++) {
		spark_version v = whole_version(p->spark_versions.items[i]);
		if (!v)
			node_problem(&list, "'%s' is not a version, write \"4.1\"", p->spark_versions.items[i]);
		else if (v <= last)
			node_problem(&list, "'sparkVersions' must ascend, '%s' does not", p->spark_versions.items[i]);
		last = v;
	}
}

#define DENY_OR_WARN action_words, (ACTION_WARN + 1)

static void read_bounds(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {
		"k8sMaster",     "k8sMasterAliases", "defaultStandaloneMaster", "allowedMasters",
		"sparkVersions", "defaultSparkVersion", "defaultExecutors", "nonNumericImages",
		"nonNumericUid", "controllers",      "executorPodSecurity",
		"namespaceEditorUsers", "namespaceEditorGroups",
	};
	struct policy *p = c->policy;

	if (!n->v || !node_fields(n, COMPILE_WORDS(fields)))
		return;
	read_masters(p, n);
	read_spark_versions(c, n);
	p->default_executors = (unsigned)node_number(n, "defaultExecutors", 1, 100000, p->default_executors);
	node_texts(n, "nonNumericImages", &p->non_numeric_images);
	p->non_numeric_uid = node_number(n, "nonNumericUid", 1, 2147483647, p->non_numeric_uid);
	node_texts(n, "namespaceEditorUsers", &p->editor_users);
	node_texts(n, "namespaceEditorGroups", &p->editor_groups);
	p->controllers = (enum action)node_word(n, "controllers", "action", DENY_OR_WARN,
						(int)p->controllers, NODE_OPTIONAL);
	p->executor_pss = (enum action)node_word(n, "executorPodSecurity", "action", DENY_OR_WARN,
						 (int)p->executor_pss, NODE_OPTIONAL);
}

/* ---- lists ---- */

static void read_config_maps(struct policy *p, const struct node *n)
{
	static const char *const fields[] = {"dataKeys", "neverRewrite"};

	if (!n->v || !node_fields(n, COMPILE_WORDS(fields)))
		return;
	node_texts(n, "dataKeys", &p->data_keys);
	node_texts(n, "neverRewrite", &p->never_rewrite);
}

static void put_wrong_key(struct compiler *c, struct wrong_key key)
{
	struct policy *p = c->policy;

	for (size_t i = 0; i < p->wrong_key_count; i++)
		if (strcmp(p->wrong_keys[i].key, key.key) == 0) {
			p->wrong_keys[i] = key;
			return;
		}
	*ARENA_PUSH(&p->arena, p->wrong_keys, &c->wrong_key_cap, p->wrong_key_count) = key;
}

static void read_wrong_key(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"key", "versions", "why"};
	struct wrong_key key = {0};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	key.key = node_text(n, "key", NODE_REQUIRED);
	key.why = node_text(n, "why", NODE_REQUIRED);
	key.versions = compile_versions(n);
	if (!key.key || !key.why || !compile_once(c, n, "key", key.key))
		return;
	key.fixed = strcspn(key.key, "*");
	key.mark = key.key[key.fixed] ? 0 : slice_mark(slice_of(key.key));
	put_wrong_key(c, key);
}

void compile_checks(struct compiler *c, const struct node *document)
{
	static const char *const fields[] = {COMPILE_HEAD, "checks", "bounds", "configMaps", "wrongKeys"};
	size_t index = 0;

	if (!node_fields(document, COMPILE_WORDS(fields)))
		return;
	const struct node checks = node_list(document, "checks", NODE_OPTIONAL);
	JSON_EACH(item, checks.v) {
		const struct node check = node_item(&checks, item, index++);
		read_check(c, &check);
	}
	const struct node bounds = node_get(document, "bounds");
	read_bounds(c, &bounds);
	const struct node config_maps = node_get(document, "configMaps");
	read_config_maps(c->policy, &config_maps);
	const struct node keys = node_list(document, "wrongKeys", NODE_OPTIONAL);
	index = 0;
	JSON_EACH(item, keys.v) {
		const struct node key = node_item(&keys, item, index++);
		read_wrong_key(c, &key);
	}
}
