/* Does a ConfigMap, as it is, agree with what runs? The pod's command line wins over it, so little of this refuses. */
#include "spark/config_map.h"
#include "spark/master.h"
#include "spark/pod_template.h"
#include "spark/rule_match.h"

#include "policy/master_url.h"

/* More findings of one kind in one text help nobody. */
#define FINDINGS_A_TEXT 20

struct config_map_judging {
	const struct policy *policy;
	struct arena *a;
	const struct namespace *ns;
	struct findings *findings;
};

static void report_check(const struct config_map_judging *c, const char *rule, const char *message, struct place place)
{
	policy_say(c->policy, c->a, c->findings, rule, ACTION_DENY, message, place);
}

/* A check meant for pods, applied to a text that other programs may read too: it warns at most. */
static void warn(const struct config_map_judging *c, const char *rule, const char *message, struct place place)
{
	policy_say(c->policy, c->a, c->findings, rule, ACTION_WARN, message, place);
}

static const char *where(const struct config_map_judging *c, const struct config_text *t, const struct setting *s)
{
	if (s->place.line == 0)
		return arena_printf(c->a, "%.*s in sparkgate's own lines of '%s'", SLICE_ARG(s->key), t->key);
	return arena_printf(c->a, "%.*s in '%s' line %u", SLICE_ARG(s->key), t->key, s->place.line);
}

/* ---- the backend ---- */

static bool is_template_name(const char *key)
{
	return data_key_without_template_suffix(slice_of(key)).len < strlen(key);
}

/* Why a master is not the namespace's; NULL where it is. */
static const char *wrong_master(const struct config_map_judging *c, const struct config_text *t, struct slice master)
{
	struct master_url url;
	struct err err = {""};

	if (c->ns->backend == BACKEND_K8S && config_master_is_ours(c->policy, master))
		return NULL;
	if (slice_has(master, "$(") || slice_has(master, "${"))
		return is_template_name(t->key) ? "holds a variable: known at run time only"
						: "holds a variable, which Spark does not expand there";
	if (c->ns->backend == BACKEND_STANDALONE && (!c->ns->standalone_master || master_fits(c->policy, c->ns, master)))
		return NULL;
	if (master_url_parse(master, &url, &err) < 0)
		return arena_printf(c->a, "cannot be read by Spark: %s", err.text);
	return arena_printf(c->a, "is '%s'", setting_show(c->a, SLICE_LIT("spark.master"), master));
}

static const char *namespace_master(const struct config_map_judging *c)
{
	const char *standalone = c->ns->standalone_master ? c->ns->standalone_master : "its master";

	return c->ns->backend == BACKEND_K8S ? c->policy->k8s_master : standalone;
}

static void check_master(const struct config_map_judging *c, const struct config_text *t)
{
	const struct setting *s = view_winner(&t->view, SLICE_LIT("spark.master"));
	const char *wrong = s ? wrong_master(c, t, s->value) : NULL;

	if (wrong)
		report_check(c, "config.backend",
			     arena_printf(c->a, "%s %s; the namespace's backend is %s: write %s", where(c, t, s), wrong,
					  backend_name(c->ns->backend), namespace_master(c)),
			     setting_place(c->a, s));
}

static const char *unsuitable(const struct config_map_judging *c, const struct config_text *t, const struct setting *s,
			      const struct rule_edit *e)
{
	const char *backend = backend_name(c->ns->backend);

	if (!e->value.ptr && rule_matches(e->rule, s->value))
		return arena_printf(c->a, "%s breaks the %s backend: remove it", where(c, t, s), backend);
	if (!e->value.ptr)
		return arena_printf(c->a, "%s may be what breaks the %s backend: write the value out", where(c, t, s), backend);
	return arena_printf(c->a, "%s is '%s', the %s backend needs '%.*s'", where(c, t, s),
			    setting_show(c->a, s->key, s->value), backend, SLICE_ARG(e->value));
}

/* Other keys that contradict the rules, as they are. */
static void check_rules(const struct config_map_judging *c, const struct config_text *t)
{
	struct rule_input input = config_text_input(c->policy, c->ns, t);
	size_t before = c->findings->count;
	struct rule_edits edits;

	rules_evaluate(&input, c->a, &edits);
	for (size_t i = 0; i < edits.count && c->findings->count < before + FINDINGS_A_TEXT; i++) {
		const struct rule_edit *e = &edits.items[i];
		const struct setting *s = e->rule->verb == VERB_DISABLE ? e->now.winner : view_winner(&t->view, e->key);

		if ((e->rule->verb != VERB_SET && e->rule->verb != VERB_DISABLE) || !s || slice_is(e->key, "spark.master") ||
		    (e->value.ptr && setting_value_same(s->value, e->value)))
			continue;
		report_check(c, "config.backend", unsuitable(c, t, s, e), setting_place(c->a, s));
	}
}

static void check_backend(const struct config_map_judging *c, const struct config_text *t)
{
	if (c->ns->backend == BACKEND_NONE)
		return;
	check_master(c, t);
	check_rules(c, t);
}

/* ---- whatever the backend ---- */

static void check_value(const struct config_map_judging *c, const struct config_text *t, const char *key, const char *bad,
			const char *rule, const char *why)
{
	const struct setting *s = view_winner(&t->view, slice_of(key));

	if (s && (!bad || setting_says(s, bad)))
		warn(c, rule, arena_printf(c->a, "%s: %s", where(c, t, s), why), setting_place(c->a, s));
}

/* Keys that Spark drops, or that do nothing. */
static void check_keys(const struct config_map_judging *c, const struct config_text *t)
{
	size_t before = c->findings->count;

	if (!wrong_keys_possible(c->policy, &t->view.settings))
		return;
	for (size_t i = 0; i < t->view.settings.count; i++) {
		const struct setting *s = &t->view.settings.items[i];
		const char *why = policy_wrong_key(c->policy, s->key, c->ns->spark_version);

		if (c->findings->count >= before + FINDINGS_A_TEXT)
			return;
		if (why)
			warn(c, "connect.unknownKey", arena_printf(c->a, "%s: %s", where(c, t, s), why), setting_place(c->a, s));
	}
}

/* What comes before a key and keeps it from being Spark's, which drops keys that do not begin with "spark."; NULL:
 * nothing. Neither quotes nor a byte order mark mean anything in Properties. */
static const char *before_key(struct slice key)
{
	if (slice_starts(key, "\"spark.") || slice_starts(key, "'spark."))
		return "the quotes belong to the key, Spark drops it";
	if (slice_starts(key, "\xef\xbb\xbfspark."))
		return "the byte order mark (BOM) before it belongs to the key, Spark drops it";
	return NULL;
}

static void check_before_keys(const struct config_map_judging *c, const struct config_text *t)
{
	size_t before = c->findings->count;

	for (size_t i = 0; i < t->properties.count && c->findings->count < before + FINDINGS_A_TEXT; i++) {
		const struct property *item = &t->properties.items[i];
		const char *why = before_key(item->key);
		struct place place = {.pointer = t->pointer, .line = item->line};

		if (!why || item->line == 0) /* in our own lines, which are made anew */
			continue;
		place.key = arena_dup(c->a, item->key);
		warn(c, "connect.unknownKey",
		     arena_printf(c->a, "'%s' line %u: %s", t->key, item->line, why), place);
	}
}

static void check_text(const struct config_map_judging *c, const struct config_text *t)
{
	if (t->malformed) {
		report_check(c, "config.malformed", arena_printf(c->a, "'%s' %s", t->key, t->malformed),
			     (struct place){.pointer = t->pointer});
		return;
	}
	check_backend(c, t);
	check_value(c, t, "spark.submit.deployMode", "cluster", "connect.deployMode",
		    "a Connect server starts in client mode only");
	check_value(c, t, "spark.remote", NULL, "connect.remote", "Spark refuses a remote together with a master");
	if (c->ns->spark_version >= SPARK_4_0)
		check_value(c, t, "spark.api.mode", "connect", "connect.apiMode",
			    "takes the server's own jars off its class path");
	check_keys(c, t);
	check_before_keys(c, t);
}

static void check_binary(const struct config_map_judging *c, const struct json *config_map)
{
	JSON_EACH(item, json_get(config_map, "binaryData")) {
		struct slice key = slice_of(json_key(item));
		const char *pointer = arena_printf(c->a, "/binaryData/%s", json_pointer_token(c->a, key));

		if (data_key_is_properties(c->policy, key, SLICE_LIT("")))
			report_check(c, "config.binaryData",
				     arena_printf(c->a, "'%s' is binaryData: not read, not rewritten; put it into data",
						  json_key(item)),
				     (struct place){.pointer = pointer});
	}
}

static void check_templates(const struct config_map_judging *c, const struct json *config_map)
{
	struct pod_templates templates;

	pod_templates_read(c->a, config_map, &templates);
	for (size_t i = 0; i < templates.count; i++)
		if (templates.items[i].unreadable)
			report_check(c, "config.podTemplate",
				     arena_printf(c->a, "'%s' cannot be read as a pod: %s", templates.items[i].key,
						  templates.items[i].unreadable),
				     (struct place){.pointer = templates.items[i].pointer});
}

static bool has_rule(const struct findings *findings, size_t from, const char *rule)
{
	for (size_t i = from; i < findings->count; i++)
		if (strcmp(findings->items[i].rule, rule) == 0)
			return true;
	return false;
}

/* Report why a text that disagrees is left as it is. */
static void check_writable(const struct config_map_judging *c, const struct json *config_map, size_t before)
{
	struct place place = {.pointer = "/data"};

	if (json_bool(json_get(config_map, "immutable"), false)) {
		place.pointer = "/immutable";
		report_check(c, "config.immutable", "immutable: never rewritten, the pod's command line alone decides", place);
		return;
	}
	if (!has_rule(c->findings, before, "config.backend"))
		return;
	if (config_map_is_foreign(c->policy, config_map))
		report_check(c, "config.notWritable",
			     "not rewritten: its label or name says that it is not sparkgate's to write", place);
	else if (c->ns->config_maps == CONFIG_MAPS_CHECK)
		report_check(c, "config.notWritable", "not rewritten: the namespace says sparkgate.io/configMaps=check", place);
}

void spark_check_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
			    const struct namespace *ns, struct findings *findings)
{
	struct config_map_judging c = {p, a, ns, findings};
	size_t before = findings->count;
	struct config_texts texts;

	if (ns->config_maps == CONFIG_MAPS_OFF)
		return;
	config_texts_read(p, a, config_map, false, &texts);
	for (size_t i = 0; i < texts.count; i++)
		check_text(&c, &texts.items[i]);
	check_binary(&c, config_map);
	check_templates(&c, config_map);
	if (texts.count > 0)
		check_writable(&c, config_map, before);
}
