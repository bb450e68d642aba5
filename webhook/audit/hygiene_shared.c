/*
 * A workload that is not a Connect server and reads a ConfigMap that is rewritten for one: it finds another spark.master
 * there than its author wrote.
 */
#include "audit/hygiene_rules.h"

struct reader {
	const struct hygiene_case *c;
	const char *pointer; /* of what is being looked at */
	const char *advice;  /* NULL: not asked for yet */
};

/* ---- is it one after all? ---- */

static const struct texts *server_words(const struct policy *p)
{
	static const struct texts none = {NULL, 0};

	for (size_t i = 0; i < p->selector_count; i++)
		if (p->selectors[i].role == ROLE_CONNECT_SERVER)
			return &p->selectors[i].words;
	return &none;
}

/* A word of a Connect server in a line that is no comment; NULL: none. Nothing is decided by it: it is advice. */
static const char *word_in_script(const struct texts *words, struct slice text)
{
	while (text.len > 0) {
		struct slice line = slice_cut(&text, '\n');
		while (slice_skip(&line, SLICE_LIT(" ")) || slice_skip(&line, SLICE_LIT("\t")))
			;
		for (size_t i = 0; i < words->count && !slice_starts(line, "#"); i++)
			if (slice_has(line, words->items[i]))
				return words->items[i];
	}
	return NULL;
}

/* "ConfigMap scripts, start.sh: start-connect-server.sh"; NULL: no text that is at hand tells. */
static const char *script_of(const struct hygiene_case *c, const char *name)
{
	const struct json *config_map = name ? facts_index_config_map(c->h->ns->facts, c->h->ns->name, name) : NULL;
	const struct policy *p = c->h->policy;

	JSON_EACH(item, json_get(config_map, "data")) {
		struct slice text = json_slice(item);
		const char *word = text.ptr && !data_key_is_properties(p, json_key_slice(item), text) ? word_in_script(server_words(p), text) : NULL;
		if (word)
			return arena_printf(c->a, "ConfigMap %s, %s: %s", name, json_key(item), word);
	}
	return NULL;
}

static const char *find_script(const struct hygiene_case *c)
{
	const char *found = NULL;

	JSON_EACH(volume, json_get(c->created.spec, "volumes")) {
		found = found ? found : script_of(c, json_text(json_get(json_get(volume, "configMap"), "name"), NULL));
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			found = found ? found : script_of(c, json_text(json_get(json_get(source, "configMap"), "name"), NULL));
	}
	return found;
}

static bool could_serve(const struct hygiene_case *c)
{
	if (c->match.role != ROLE_NONE || role_says_none(c->created.metadata))
		return false;
	JSON_EACH(container, json_get(c->created.spec, "containers"))
		if (role_could_serve(c->h->policy, c->created.metadata, container))
			return true;
	return false;
}

/* What a script in another ConfigMap starts, admission does not see. */
static const char *advice(const struct hygiene_case *c)
{
	static const char copy[] = "give it a copy, or label the ConfigMap sparkgate.io/role=none";
	const char *pod = c->created.controller ? "pod template" : "pod";

	if (!could_serve(c))
		return copy;
	const char *script = find_script(c);
	if (script)
		return arena_printf(c->a, "it seems to be one itself (%s): label its %s sparkgate.io/role=connect-server; else %s", script, pod, copy);
	return arena_printf(c->a, "%s; if it is one, label its %s sparkgate.io/role=connect-server", copy, pod);
}

/* ---- what it reads ---- */

/* Is it rewritten, or would be under enforce? */
static bool is_rewritten(const struct hygiene_case *c, const char *name)
{
	const struct json *config_map = facts_index_config_map(c->h->ns->facts, c->h->ns->name, name);
	const struct texts *names = &c->h->ns->connect_configs;

	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->items[i], name) == 0)
			return !config_map || spark_config_map_is_writable(c->h->policy, config_map, c->h->parsed);
	return false;
}

static void look(struct reader *r, const struct json *name)
{
	const struct hygiene_case *c = r->c;
	const char *text = json_text(name, NULL);

	if (!text || !is_rewritten(c, text))
		return;
	r->advice = r->advice ? r->advice : advice(c);
	hygiene_say(c, "config.shared", r->pointer,
		    arena_printf(c->a, "is not known as a Connect server and reads ConfigMap %s, which is rewritten for one: %s", text, r->advice));
}

/* A volume's own, and those of a projected one. */
static void look_at_volumes(struct reader *r)
{
	JSON_EACH(volume, json_get(r->c->created.spec, "volumes")) {
		look(r, json_get(json_get(volume, "configMap"), "name"));
		JSON_EACH(source, json_get(json_get(volume, "projected"), "sources"))
			look(r, json_get(json_get(source, "configMap"), "name"));
	}
}

static void look_at_container(struct reader *r, const struct json *container)
{
	JSON_EACH(source, json_get(container, "envFrom"))
		look(r, json_get(json_get(source, "configMapRef"), "name"));
	JSON_EACH(item, json_get(container, "env"))
		look(r, json_get(json_get(json_get(item, "valueFrom"), "configMapKeyRef"), "name"));
}

void hygiene_shared(const struct hygiene_case *c)
{
	static const char *const lists[] = {"containers", "initContainers"};
	const struct namespace *ns = c->h->parsed;
	const bool other = c->match.role == ROLE_NONE || hygiene_is_daemon(c);

	if (!c->has_pod || !other || ns->mode == MODE_NONE || ns->backend == BACKEND_NONE || ns->config_maps != CONFIG_MAPS_REWRITE ||
	    c->h->ns->connect_configs.count == 0 || !hygiene_is_on(c, "config.shared"))
		return;
	struct reader r = {c, arena_join(c->a, c->created.prefix, "/spec/volumes"), NULL};
	look_at_volumes(&r);
	for (size_t l = 0; l < 2; l++) {
		r.pointer = arena_join(c->a, c->created.prefix, "/spec/", lists[l]);
		JSON_EACH(container, json_get(c->created.spec, lists[l]))
			look_at_container(&r, container);
	}
}
