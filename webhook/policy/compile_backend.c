/* Kind Backend: the rules of one backend. */
#include "policy/compile.h"

#include "base/limits.h"
#include "policy/template.h"
#include "policy/words.h"

#define VERB_REMOVE VERB_COUNT /* not a verb of a rule: removes the rule of an earlier layer */

/* Spark with one of these never starts a Connect server on a master (spark-backends 1.3). */
static const char *const never_written[] = {"spark.remote", "spark.api.mode"};

/* ---- the parts of a verb ---- */

static bool is_key(struct slice key, bool may_end_in_star)
{
	if (may_end_in_star && slice_ends(key, "*"))
		key.len--;
	if (!slice_starts(key, "spark.") || key.len > 256)
		return false;
	for (size_t i = 0; i < key.len; i++)
		if ((unsigned char)key.ptr[i] <= 0x20 || strchr("=:#!*\\\"'`$\x7f", key.ptr[i]))
			return false;
	return true;
}

static const char *read_key(const struct node *body, const char *field, enum verb verb)
{
	const char *key = node_text(body, field, NODE_REQUIRED);
	const struct node place = node_get(body, field);
	bool star = verb == VERB_DISABLE || verb == VERB_REQUIRE || verb == VERB_FORBID;
	bool writes = verb == VERB_SET || verb == VERB_DEFAULT || verb == VERB_RENAME;

	if (!key)
		return NULL;
	if (!is_key(slice_of(key), star))
		node_problem(&place, "'%s' is not a Spark key%s", key,
			     star ? "" : " (one key: '*' is for disable, require and forbid only)");
	else if (writes && word_index(slice_of(key), COMPILE_WORDS(never_written)) >= 0)
		node_problem(&place, "%s is never written: the server would not start", key);
	return key;
}

static enum size_key size_key_of(const char *key)
{
	static const char *const keys[] = {"spark.executor.cores", "spark.cores.max", "spark.executor.instances"};

	return (enum size_key)(word_index(slice_of(key), COMPILE_WORDS(keys)) + 1);
}

static void check_placeholders(const struct node *place, struct slice value)
{
	for (struct template_part part; template_next(&value, &part);)
		if (part.what == PLACEHOLDER_COUNT)
			node_unknown(place, "placeholder", part.word, placeholder_words, PLACEHOLDER_COUNT);
}

static const char *read_value(const struct node *body, const char *field, enum node_need need)
{
	const char *value = node_any_text(body, field, need);
	const struct node place = node_get(body, field);

	for (const char *c = value ? value : ""; *c; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f) {
			node_problem(&place, "'%s' must be one line without control characters", field);
			return NULL;
		}
	return value;
}

static void read_template(const struct node *body, struct rule *rule)
{
	const struct node place = node_get(body, "value");

	rule->value = read_value(body, "value", NODE_REQUIRED);
	if (!rule->value)
		return;
	check_placeholders(&place, slice_of(rule->value));
	rule->asks = template_asks(slice_of(rule->value));
}

static unsigned read_absent(const struct node *body)
{
	static const char *const words[] = {"zero", "local", "unexpanded", "service"};
	struct texts texts = {0};
	const struct node place = node_get(body, "absent");
	unsigned bits = 0;

	node_texts(body, "absent", &texts);
	for (size_t i = 0; i < texts.count; i++) {
		int bit = word_index(slice_of(texts.items[i]), COMPILE_WORDS(words));
		if (bit < 0)
			node_unknown(&place, "word in 'absent'", slice_of(texts.items[i]), COMPILE_WORDS(words));
		else
			bits |= 1u << bit;
	}
	return bits;
}

/* "KEY", "KEY=VALUE", "KEY!=VALUE" */
static void read_unless(const struct node *body, struct rule *rule)
{
	const struct node place = node_get(body, "unless");

	node_texts(body, "unless", &rule->unless);
	for (size_t i = 0; i < rule->unless.count; i++) {
		struct slice item = slice_of(rule->unless.items[i]), rest = item, key = slice_cut(&rest, '=');
		key.len -= key.len < item.len && slice_ends(key, "!");
		if (!is_key(key, false))
			node_problem(&place, "'%s' is not a Spark key, KEY=VALUE or KEY!=VALUE", rule->unless.items[i]);
	}
}

/* ---- the verbs ---- */

static void read_set(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "value"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	rule->key = read_key(body, "key", rule->verb);
	read_template(body, rule);
}

static void read_default(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "value", "unless", "absent", "needed"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	rule->key = read_key(body, "key", rule->verb);
	read_template(body, rule);
	read_unless(body, rule);
	rule->absent = read_absent(body);
	rule->needed = node_bool(body, "needed", false);
}

/* The arithmetic is the program's (spark/executors.c), so the keys are few. */
static void read_derive(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "needed"};
	static const char *const keys[] = {"spark.cores.max", "spark.executor.instances"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	int i = node_word(body, "key", "key to derive", COMPILE_WORDS(keys), 0, NODE_REQUIRED);
	rule->key = keys[i];
	rule->needed = node_bool(body, "needed", false);
}

static void read_disable(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "match", "value", "unless"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	rule->key = read_key(body, "key", rule->verb);
	rule->match = node_text(body, "match", NODE_OPTIONAL);
	rule->value = read_value(body, "value", NODE_OPTIONAL);
	read_unless(body, rule);
}

static void read_rename(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "to"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	rule->key = read_key(body, "key", rule->verb);
	rule->value = read_key(body, "to", rule->verb);
}

static void read_demand(const struct node *body, struct rule *rule)
{
	static const char *const fields[] = {"key", "match"};

	if (!node_fields(body, COMPILE_WORDS(fields)))
		return;
	rule->key = read_key(body, "key", rule->verb);
	rule->match = node_text(body, "match", NODE_OPTIONAL);
}

static void read_body(const struct node *body, struct rule *rule)
{
	switch (rule->verb) {
	case VERB_SET:
		read_set(body, rule);
		return;
	case VERB_DEFAULT:
		read_default(body, rule);
		return;
	case VERB_DERIVE:
		read_derive(body, rule);
		return;
	case VERB_DISABLE:
		read_disable(body, rule);
		return;
	case VERB_RENAME:
		read_rename(body, rule);
		return;
	case VERB_REQUIRE:
	case VERB_FORBID:
		read_demand(body, rule);
		return;
	}
}

/* ---- a rule ---- */

/* "backend.master", "connect.whatItChecks". Other prefixes belong to what code implements. */
static void check_id(const struct node *rule, const char *id)
{
	const struct node place = node_get(rule, "id");
	struct slice rest = slice_of(id);
	bool prefix = slice_skip(&rest, SLICE_LIT("backend.")) || slice_skip(&rest, SLICE_LIT("connect."));

	if (!prefix || rest.len == 0 || strlen(id) > RULE_ID_MAX)
		node_problem(&place, "the id of a rule is 'backend.' or 'connect.' and a name, %d bytes at most, not '%s'", RULE_ID_MAX, id);
	for (size_t i = 0; i < rest.len; i++)
		if (!char_is_letter(rest.ptr[i]) && !char_is_digit(rest.ptr[i])) {
			node_problem(&place, "the name in an id is made of letters and digits, not '%s'", id);
			return;
		}
}

static const char *verb_word(int verb)
{
	return verb == VERB_REMOVE ? "remove" : verb_words[verb];
}

/* The index of the one verb of the rule; -1 (noted) if it has none or several. */
static int find_verb(const struct node *rule)
{
	int verb = -1;

	for (int i = 0; i <= VERB_REMOVE; i++) {
		if (!json_get(rule->v, verb_word(i)))
			continue;
		if (verb >= 0) {
			node_problem(rule, "a rule has one verb, not '%s' and '%s'", verb_word(verb), verb_word(i));
			return -1;
		}
		verb = i;
	}
	if (verb < 0)
		node_problem(rule, "a rule needs a verb: set, default, derive, disable, rename, require or forbid");
	return verb;
}

static struct rule *find_rule(const struct policy *p, enum backend backend, const char *id)
{
	for (size_t i = 0; i < p->rule_count; i++)
		if (p->rules[i].backend == backend && strcmp(p->rules[i].id, id) == 0)
			return &p->rules[i];
	return NULL;
}

static void put_rule(struct compiler *c, const struct rule *rule)
{
	struct policy *p = c->policy;
	struct rule *old = find_rule(p, rule->backend, rule->id);

	if (old) {
		*old = *rule;
		return;
	}
	*ARENA_PUSH(&p->arena, p->rules, &c->rule_cap, p->rule_count) = *rule;
}

static void drop_rule(struct compiler *c, const struct node *n, const struct rule *rule)
{
	struct policy *p = c->policy;
	struct rule *old = find_rule(p, rule->backend, rule->id);

	if (!json_bool(json_get(n->v, "remove"), false))
		node_problem(n, "'remove' can only be true");
	if (!old) {
		node_problem(n, "there is no rule '%s' to remove from backend %s", rule->id,
			     backend_name(rule->backend));
		return;
	}
	compile_removed(c, old->id);
	p->rule_count--;
	memmove(old, old + 1, (size_t)(p->rules + p->rule_count - old) * sizeof(*old));
}

static bool means_master(const char *key)
{
	return key && glob_match(key, SLICE_LIT("spark.master"));
}

/* Without this rule nothing would be on its backend, and beside another one it could not be relied on: two that set the key would
 * refuse each other's pods. */
static void guard_master(const struct node *n, const struct rule *rule, int verb)
{
	if (strcmp(rule->id, "backend.master") != 0) {
		if (means_master(rule->key) || (verb == VERB_RENAME && means_master(rule->value)))
			node_problem(n, "spark.master is for backend.master alone: no other rule may have it as its key");
		return;
	}
	if (verb != VERB_SET || !rule->key || strcmp(rule->key, "spark.master") != 0 || !rule->value ||
	    strcmp(rule->value, "{master}") != 0)
		node_problem(n, "backend.master is what sparkgate is for: it must set spark.master to {master}");
}

static enum action default_action(enum verb verb)
{
	bool says_something = verb == VERB_DEFAULT || verb == VERB_DERIVE || verb == VERB_RENAME;

	return says_something ? ACTION_WARN : ACTION_DENY;
}

static void read_rule(struct compiler *c, const struct node *n, enum backend backend)
{
	static const char *const fields[] = {
		"id",     "why",     "versions", "action",  "set", "default",
		"derive", "disable", "rename",   "require", "forbid", "remove",
	};
	size_t before = n->file->problems->count;
	struct rule rule = {.backend = backend};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	int verb = find_verb(n);
	rule.id = node_text(n, "id", NODE_REQUIRED);
	rule.why = node_text(n, "why", NODE_REQUIRED);
	if (verb != VERB_REMOVE)
		rule.versions = compile_versions(n);
	if (!rule.id || verb < 0)
		return;
	check_id(n, rule.id);
	if (!compile_once(c, n, backend_name(backend), rule.id))
		return;
	rule.verb = verb == VERB_REMOVE ? VERB_SET : (enum verb)verb;
	rule.place = c->layer > 0 ? compile_place(n) : NULL;
	rule.action = (enum action)node_word(n, "action", "action", COMPILE_WORDS(action_words),
					     default_action(rule.verb), NODE_OPTIONAL);
	const struct node body = node_get(n, verb_word(verb));
	if (verb != VERB_REMOVE)
		read_body(&body, &rule);
	rule.size = rule.key ? size_key_of(rule.key) : SIZE_KEY_NONE;
	guard_master(n, &rule, verb);
	if (n->file->problems->count > before)
		return;
	if (verb == VERB_REMOVE)
		drop_rule(c, n, &rule);
	else
		put_rule(c, &rule);
}

void compile_backend(struct compiler *c, const struct node *document)
{
	static const char *const fields[] = {COMPILE_HEAD, "backend", "rules"};
	size_t index = 0;

	if (!node_fields(document, COMPILE_WORDS(fields)))
		return;
	int backend = node_word(document, "backend", "backend", backend_words + 1, BACKEND_COUNT - 1, -1, NODE_REQUIRED);
	const struct node rules = node_list(document, "rules", NODE_REQUIRED);
	if (backend < 0)
		return;
	JSON_EACH(item, rules.v) {
		const struct node rule = node_item(&rules, item, index++);
		read_rule(c, &rule, (enum backend)(backend + 1));
	}
}
