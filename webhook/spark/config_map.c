#include "spark/config_map.h"

#include "policy/words.h"
#include "spark/k8s_master.h"

/* ---- which ConfigMaps ---- */

static const char *label(const struct json *config_map, const char *key)
{
	return json_text(json_get(json_get(json_get(config_map, "metadata"), "labels"), key), "");
}

bool config_map_is_foreign(const struct policy *p, const struct json *config_map)
{
	const char *name = json_text(json_get(json_get(config_map, "metadata"), "name"), "");

	/* spark-role=executor: the driver makes it for its executors, which never read spark.master from it
	 * (KubernetesClusterSchedulerBackend.setUpExecutorConfigMap). */
	return strcmp(label(config_map, "sparkgate.io/role"), "none") == 0 ||
	       strcmp(label(config_map, "spark-role"), "executor") == 0 || texts_has(&p->never_rewrite, slice_of(name));
}

bool spark_config_map_is_writable(const struct policy *p, const struct json *config_map, const struct namespace *ns)
{
	return ns->config_maps == CONFIG_MAPS_REWRITE && !json_bool(json_get(config_map, "immutable"), false) &&
	       !config_map_is_foreign(p, config_map);
}

/* ---- its texts ---- */

static size_t decoded_length(struct slice base64)
{
	size_t padding = 0;

	while (padding < 2 && padding < base64.len && base64.ptr[base64.len - 1 - padding] == '=')
		padding++;
	return base64.len / 4 * 3 - (base64.len >= 4 ? padding : 0);
}

/* As the API server counts (ValidateConfigMap): values without their keys. */
static size_t size_of_data(const struct json *config_map)
{
	size_t bytes = 0;

	JSON_EACH(item, json_get(config_map, "data"))
		bytes += json_slice(item).len;
	JSON_EACH(item, json_get(config_map, "binaryData"))
		bytes += decoded_length(json_slice(item));
	return bytes;
}

static void read_text(struct arena *a, struct config_text *t)
{
	const struct setting like = {.source = SOURCE_DEFAULTS_FILE, .place = {.pointer = t->pointer}};
	struct err err = {""};

	if (properties_parse(a, t->read, &t->properties, &err) < 0)
		t->malformed = arena_dup(a, slice_of(err.text));
	else
		properties_settings(a, &t->properties, &like, &t->view.settings);
}

void config_texts_read(const struct policy *p, struct arena *a, const struct json *config_map, bool undo,
		       struct config_texts *ret)
{
	struct config_texts found = {.bytes = size_of_data(config_map)};
	bool labelled = config_map_is_labelled(p, config_map);

	if (found.bytes > CONFIG_MAP_BYTES) {
		*ret = found;
		return;
	}
	JSON_EACH(item, json_get(config_map, "data")) {
		struct slice key = slice_of(json_key(item)), text = json_slice(item);
		struct slice read = undo && text.ptr ? properties_undo(a, text) : text;

		if (!text.ptr || !data_key_is_properties(p, key, read) || (!labelled && config_text_is_clients(read)))
			continue;
		struct config_text t = {.key = json_key(item), .text = text, .read = read,
					.pointer = arena_printf(a, "/data/%s", json_pointer_token(a, key))};
		read_text(a, &t);
		*ARENA_PUSH(a, found.items, &found.cap, found.count) = t;
	}
	*ret = found;
}

bool config_master_is_ours(const struct policy *p, struct slice value)
{
	return k8s_master_is_named(p, value) || (k8s_master_is_variable(value) && !slice_has(value, "$("));
}

/* A master that is this cluster's stays as it is written. ptr NULL: the namespace names none. */
static struct slice master_for(const struct policy *p, const struct namespace *ns, const struct view *view)
{
	const struct setting *now = view_winner(view, SLICE_LIT("spark.master"));

	if (ns->backend == BACKEND_STANDALONE)
		return ns->standalone_master ? slice_of(ns->standalone_master) : SLICE_NONE;
	return now && config_master_is_ours(p, now->value) ? now->value : slice_of(p->k8s_master);
}

struct rule_input config_text_input(const struct policy *p, const struct namespace *ns, const struct config_text *text)
{
	return (struct rule_input){
		.policy = p,
		.backend = ns->backend,
		.version = ns->spark_version,
		.view = &text->view,
		.values = {.master = master_for(p, ns, &text->view), .namespace = slice_of(ns->name)},
		.in_file = true,
	};
}

/* ---- rewriting ---- */

struct rewriting {
	const struct policy *policy;
	struct arena *a;
	const struct namespace *ns;
	struct config_texts texts;
	struct rule_edits common; /* for all texts together: what is absent from every one of them */
	struct json_patch *patch;
	struct spark_result *result;
};

/* The edits of one text: what is to be done to it, and what is reported about each. */
struct text_edits {
	struct property_edit *items;
	struct change *changes; /* as many */
	size_t count, cap, change_cap;
};

static void add_edit(const struct rewriting *r, struct text_edits *list, struct property_edit edit, struct change change)
{
	size_t need = list->count + 1;

	list->items = arena_grow(r->a, list->items, &list->cap, need, sizeof(edit));
	list->changes = arena_grow(r->a, list->changes, &list->change_cap, need, sizeof(change));
	list->items[list->count] = edit;
	list->changes[list->count++] = change;
}

/* Edit one key, which is set to now, unless the text already has it that way. */
static void edit_setting(const struct rewriting *r, const struct config_text *t, const char *rule, struct slice key,
			 const struct setting *now, struct slice value, struct text_edits *list)
{
	if (now ? value.ptr && slice_eq(now->value, value) : !value.ptr)
		return;
	const struct change change = {
		.rule = rule,
		.carrier = "properties",
		.place = {.pointer = t->pointer, .key = arena_dup(r->a, key), .line = now ? now->place.line : 0},
		.from = now ? setting_show(r->a, key, now->value) : NULL,
		.to = value.ptr ? setting_show(r->a, key, value) : NULL,
	};
	add_edit(r, list, (struct property_edit){key, value}, change);
}

static void edit_key(const struct rewriting *r, const struct config_text *t, const char *rule, struct slice key,
		     struct slice value, struct text_edits *list)
{
	edit_setting(r, t, rule, key, view_winner(&t->view, key), value, list);
}

/* It cannot be known which text of a ConfigMap is read as which file, so a default is for what none of them has. */
static const struct rule_edit *common_edit(const struct rewriting *r, const struct rule_edit *own)
{
	for (size_t i = 0; i < r->common.count; i++)
		if (r->common.items[i].rule == own->rule)
			return &r->common.items[i];
	return NULL;
}

static void edit_by_rule(const struct rewriting *r, const struct config_text *t, const struct rule_edit *own,
			 struct text_edits *list)
{
	bool only_absent = own->rule->verb == VERB_DEFAULT || own->rule->verb == VERB_DERIVE;
	const struct rule_edit *edit = only_absent ? common_edit(r, own) : own;

	if (!edit)
		return;
	if (edit->rule->verb == VERB_DISABLE) {
		edit_setting(r, t, edit->rule->id, edit->key, edit->now.winner, edit->value, list);
		return;
	}
	if (!edit->new_key.ptr) {
		edit_key(r, t, edit->rule->id, edit->key, edit->value, list);
		return;
	}
	edit_key(r, t, edit->rule->id, edit->key, SLICE_NONE, list);
	edit_key(r, t, edit->rule->id, edit->new_key, edit->value, list);
}

static void report_size(const struct rewriting *r, const struct config_text *t)
{
	policy_say(r->policy, r->a, &r->result->findings, "config.size", ACTION_DENY,
		   arena_printf(r->a, "'%s' is not rewritten: the ConfigMap would be larger than 1 MiB", t->key),
		   (struct place){.pointer = t->pointer});
}

/* Marks for another backend are gone and nothing had to replace them. */
static void note_undone(const struct rewriting *r, const struct config_text *t)
{
	struct slice key = SLICE_LIT("spark.master");
	struct properties before;
	struct err err;

	if (properties_parse(r->a, t->text, &before, &err) < 0)
		before = (struct properties){.count = 0};
	const struct property *was = properties_find(&before, key);
	const struct setting *now = view_winner(&t->view, key);
	const struct change change = {
		.rule = "backend.master",
		.carrier = "properties",
		.place = {.pointer = t->pointer, .key = "spark.master", .line = now ? now->place.line : 0},
		.from = was ? setting_show(r->a, key, was->value) : NULL,
		.to = now ? setting_show(r->a, key, now->value) : NULL,
	};
	changes_add(&r->result->changes, r->a, change);
}

static void rewrite_text(struct rewriting *r, const struct config_text *t)
{
	struct rule_input input = config_text_input(r->policy, r->ns, t);
	struct text_edits list = {0};
	struct rule_edits own = r->common; /* right if it is the only text */

	if (r->texts.count > 1)
		rules_evaluate(&input, r->a, &own);
	for (size_t i = 0; i < own.count; i++)
		edit_by_rule(r, t, &own.items[i], &list);

	struct slice text = properties_apply(r->a, &t->properties, r->ns->backend, list.items, list.count);
	if (slice_eq(text, t->text))
		return;
	if (r->texts.bytes - t->text.len + text.len > CONFIG_MAP_BYTES) {
		report_size(r, t);
		return;
	}
	r->texts.bytes += text.len - t->text.len;
	json_patch_add(r->patch, "replace", t->pointer, json_patch_string(r->a, text));
	for (size_t i = 0; i < list.count; i++)
		changes_add(&r->result->changes, r->a, list.changes[i]);
	if (list.count == 0)
		note_undone(r, t);
}

/* One view over all texts, of which there is usually one. */
static void evaluate_together(struct rewriting *r)
{
	struct config_text all = {.pointer = "/data"};

	for (size_t i = 0; r->texts.count > 1 && i < r->texts.count; i++)
		settings_add_all(&all.view.settings, r->a, &r->texts.items[i].view.settings);
	struct rule_input input = config_text_input(r->policy, r->ns, r->texts.count == 1 ? r->texts.items : &all);
	rules_evaluate(&input, r->a, &r->common);
}

void spark_rewrite_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
			      const struct namespace *ns, struct json_patch *patch, struct spark_result *result)
{
	struct rewriting r = {.policy = p, .a = a, .ns = ns, .patch = patch, .result = result};

	if (!spark_config_map_is_writable(p, config_map, ns))
		return;
	if (ns->backend == BACKEND_STANDALONE && !ns->standalone_master)
		return; /* nowhere to point at: scope.noMaster says so where it matters */
	config_texts_read(p, a, config_map, true, &r.texts);
	if (r.texts.count == 0)
		return;
	evaluate_together(&r);
	for (size_t i = 0; i < r.texts.count; i++)
		if (!r.texts.items[i].malformed)
			rewrite_text(&r, &r.texts.items[i]);
}
