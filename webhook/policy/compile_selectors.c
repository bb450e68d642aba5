/*
 * Kind Selectors: who plays which role.
 *
 * The API server calls the webhook according to the shipped selectors (its matchConditions say
 * the same). What a later layer adds beyond them would never be called, silently; so it
 * is refused by name, and later layers can only narrow: fewer words and labels, longer
 * words that contain a shipped one, more labels at once. Where the configurations in force are
 * known, a layer is measured against them instead (policy/called.h).
 */
#include "policy/compile.h"

#include "policy/words.h"

/* From the first behind none to the last before connect-config. */
#define POD_ROLES (role_words + ROLE_CONNECT_SERVER), (ROLE_CONNECT_CONFIG - ROLE_CONNECT_SERVER)

/* What a later layer adds would have no effect, silently. */
#define NEVER_CALLED ": the API server would never call for it"

/* ---- labels ---- */

static bool read_label_match(const struct node *n, struct label_match *ret)
{
	struct label_match m = {.count = 0};
	const size_t max = COUNT_OF(m.key);

	if (json_type(n->v) != JSON_OBJECT || json_count(n->v) == 0 || json_count(n->v) > max) {
		node_problem(n, "expected one to %zu labels that must all be there, {key: value}", max);
		return false;
	}
	JSON_EACH(item, n->v) {
		const char *value = json_text(item, NULL);
		if (!value || !*value || !*json_key(item)) {
			node_problem(n, "label '%s' needs a string as value, \"*\" for any", json_key(item));
			return false;
		}
		m.key[m.count] = arena_dup(n->file->policy_arena, slice_of(json_key(item)));
		m.value[m.count++] = strcmp(value, "*") == 0 ? NULL : arena_dup(n->file->policy_arena, slice_of(value));
	}
	*ret = m;
	return true;
}

/* Does every value that fits narrow fit wide too? */
static bool value_implies(const char *narrow, const char *wide)
{
	return !wide || (narrow && glob_match(wide, slice_of(narrow)));
}

/* Do labels that satisfy narrow satisfy wide too? */
static bool labels_imply(const struct label_match *narrow, const struct label_match *wide)
{
	for (size_t i = 0; i < wide->count; i++) {
		bool held = false;
		for (size_t j = 0; j < narrow->count && !held; j++)
			held = strcmp(narrow->key[j], wide->key[i]) == 0 &&
			       value_implies(narrow->value[j], wide->value[i]);
		if (!held)
			return false;
	}
	return true;
}

/* Is the document measured against the shipped layer? */
static bool is_measured(const struct compiler *c)
{
	return c->layer > 0 && !c->wider_selectors;
}

static const struct role_selector *called_for(const struct compiler *c, enum role role)
{
	for (size_t i = 0; i < c->called_role_count; i++)
		if (c->called_roles[i].role == role)
			return &c->called_roles[i];
	return NULL;
}

static void check_label(const struct compiler *c, const struct node *n, enum role role, const struct label_match *m)
{
	const struct role_selector *called = called_for(c, role);

	for (size_t i = 0; called && i < called->label_count; i++)
		if (labels_imply(m, &called->labels[i]))
			return;
	node_problem(n, "label '%s' is not among the shipped ones of %s" NEVER_CALLED, m->key[0], role_name(role));
}

static void read_labels(struct compiler *c, const struct node *n, struct role_selector *ret)
{
	const struct node list = node_list(n, "labels", NODE_OPTIONAL);
	size_t index = 0;

	if (!list.v)
		return;
	ret->label_count = 0;
	ret->labels = ARENA_ARRAY(&c->policy->arena, json_count(list.v), struct label_match);
	JSON_EACH(v, list.v) {
		const struct node item = node_item(&list, v, index++);
		struct label_match *m = &ret->labels[ret->label_count];
		if (!read_label_match(&item, m))
			continue;
		ret->label_count++;
		if (is_measured(c))
			check_label(c, &item, ret->role, m);
	}
}

/* ---- words ---- */

static void check_words(const struct compiler *c, const struct node *n, const struct role_selector *s)
{
	const struct role_selector *called = called_for(c, s->role);
	const struct node place = node_get(n, "words");

	for (size_t i = 0; i < s->words.count; i++) {
		bool held = false;
		for (size_t j = 0; called && j < called->words.count && !held; j++)
			held = slice_has(slice_of(s->words.items[i]), called->words.items[j]);
		if (!held)
			node_problem(&place, "word '%s' holds none of the shipped ones of %s" NEVER_CALLED,
				     s->words.items[i], role_name(s->role));
	}
}

/* ---- roles ---- */

static struct role_selector *selector_of(struct compiler *c, enum role role)
{
	struct policy *p = c->policy;

	for (size_t i = 0; i < p->selector_count; i++)
		if (p->selectors[i].role == role)
			return &p->selectors[i];
	p->selectors = arena_grow(&p->arena, p->selectors, &c->selector_cap, p->selector_count + 1,
				  sizeof(*p->selectors));
	p->selectors[p->selector_count] = (struct role_selector){.role = role};
	return &p->selectors[p->selector_count++];
}

static void read_role(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"role", "labels", "words"};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	int role = node_word(n, "role", "role", POD_ROLES, -1, NODE_REQUIRED);
	if (role < 0 || !compile_once(c, n, "role", role_words[role + ROLE_CONNECT_SERVER]))
		return;
	struct role_selector *s = selector_of(c, (enum role)(role + ROLE_CONNECT_SERVER));
	read_labels(c, n, s);
	if (node_texts(n, "words", &s->words) && is_measured(c))
		check_words(c, n, s);
}

/* ---- entrypoints ---- */

static struct entrypoint_role *find_entrypoint(const struct policy *p, const char *name)
{
	for (size_t i = 0; i < p->entrypoint_count; i++)
		if (strcmp(p->entrypoints[i].name, name) == 0)
			return &p->entrypoints[i];
	return NULL;
}

static struct entrypoint_role *entrypoint_of(struct compiler *c, const struct node *n, const char *name, enum role role)
{
	struct policy *p = c->policy;
	struct entrypoint_role *old = find_entrypoint(p, name);

	if (is_measured(c) && role != ROLE_NONE && (!old || old->role != role)) {
		node_problem(n, "entrypoint '%s' with role %s is not among the shipped ones" NEVER_CALLED, name,
			     role_name(role));
		return NULL;
	}
	if (old)
		return old;
	p->entrypoints = arena_grow(&p->arena, p->entrypoints, &c->entrypoint_cap, p->entrypoint_count + 1,
				    sizeof(*p->entrypoints));
	p->entrypoints[p->entrypoint_count] = (struct entrypoint_role){.name = name};
	return &p->entrypoints[p->entrypoint_count++];
}

static void read_entrypoint(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"name", "role", "before", "after"};

	if (!node_fields(n, COMPILE_WORDS(fields)))
		return;
	const char *name = node_text(n, "name", NODE_REQUIRED);
	int role = node_word(n, "role", "role", role_words, ROLE_CONNECT_SERVER + 1, -1, NODE_REQUIRED);
	if (!name || role < 0 || !compile_once(c, n, "entrypoint", name))
		return;
	struct entrypoint_role *e = entrypoint_of(c, n, name, (enum role)role);
	if (!e)
		return;
	e->role = (enum role)role;
	node_texts(n, "before", &e->before);
	node_texts(n, "after", &e->after);
}

/* ---- ConfigMaps ---- */

static bool config_map_is_called(const struct compiler *c, const char *label)
{
	for (size_t i = 0; i < c->called_config_maps.count; i++) {
		const char *called = c->called_config_maps.items[i];
		size_t n = strlen(called);
		bool any_value = strchr(called, '=') == NULL && strncmp(label, called, n) == 0 && label[n] == '=';
		if (strcmp(label, called) == 0 || any_value)
			return true;
	}
	return false;
}

static void read_config_maps(struct compiler *c, const struct node *n)
{
	static const char *const fields[] = {"labels"};
	struct texts *labels = &c->policy->config_map_labels;
	const struct node place = node_get(n, "labels");

	if (!n->v || !node_fields(n, COMPILE_WORDS(fields)) || !node_texts(n, "labels", labels))
		return;
	for (size_t i = 0; is_measured(c) && i < labels->count; i++)
		if (!config_map_is_called(c, labels->items[i]))
			node_problem(&place, "label '%s' is not among the shipped ones of connect-config" NEVER_CALLED,
				     labels->items[i]);
}

void compile_selectors(struct compiler *c, const struct node *document)
{
	static const char *const fields[] = {COMPILE_HEAD, "roles", "entrypoints", "launchers", "configMaps"};
	size_t index = 0;

	if (!node_fields(document, COMPILE_WORDS(fields)))
		return;
	const struct node roles = node_list(document, "roles", NODE_OPTIONAL);
	JSON_EACH(item, roles.v) {
		const struct node role = node_item(&roles, item, index++);
		read_role(c, &role);
	}
	const struct node entrypoints = node_list(document, "entrypoints", NODE_OPTIONAL);
	index = 0;
	JSON_EACH(item, entrypoints.v) {
		const struct node entrypoint = node_item(&entrypoints, item, index++);
		read_entrypoint(c, &entrypoint);
	}
	node_texts(document, "launchers", &c->policy->launchers);
	const struct node config_maps = node_get(document, "configMaps");
	read_config_maps(c, &config_maps);
}
