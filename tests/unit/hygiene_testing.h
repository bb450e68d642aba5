/* hygiene_testing.h - a small world for tests of audit/hygiene: objects from text, judged as an audit judges them. */
#ifndef HYGIENE_TESTING_H
#define HYGIENE_TESTING_H

#include "audit/hygiene.h"
#include "base/buf.h"
#include "policy_testing.h"

/* What is in the namespace "team". All texts are JSON with single quotes; NULL = nothing. */
struct hygiene_world {
	const char *labels, *annotations;   /* of the Namespace, without braces */
	const char *config_maps;            /* an array of ConfigMaps */
	const char *connect_configs;        /* one name */
	const char *quotas, *limit_ranges;  /* arrays */
	const char *service;                /* one name; "" = known to have none */
	bool unread;                        /* what config_maps lacks may exist: nobody has asked */
};

struct hygiene_judged {
	const char *object;
	bool live;
	const char *owner;
};

struct hygiene_run {
	struct arena a;
	struct policy *policy;
	struct audit_namespace ns;
	struct namespace parsed;
	struct hygiene h;
	enum lookup_state absent;
	struct findings findings;
};

static inline const struct json **elements(struct arena *a, const char *text, size_t *count)
{
	const struct json *list = text ? parsed(a, text) : NULL;
	const struct json **ret = ARENA_ARRAY(a, json_count(list), const struct json *);

	*count = 0;
	JSON_EACH(item, list)
		ret[(*count)++] = item;
	return ret;
}

static inline struct texts one_text(struct arena *a, const char *text)
{
	struct texts ret = {ARENA_ARRAY(a, 1, const char *), text && *text ? 1 : 0};

	ret.items[0] = text;
	return ret;
}

static inline void hygiene_open(struct hygiene_run *r, const struct hygiene_world *w)
{
	size_t count;

	*r = (struct hygiene_run){.a = ARENA_INIT, .policy = shipped(), .absent = w->unread ? LOOKUP_UNSEEN : LOOKUP_MISSING};
	r->ns = (struct audit_namespace){.name = "team", .facts = facts_index_new()};
	r->ns.object = parsed(&r->a, arena_printf(&r->a, "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'team','labels':{%s},'annotations':{%s}}}",
						  w->labels ? w->labels : "", w->annotations ? w->annotations : ""));
	facts_index_add(r->ns.facts, r->ns.object, "");
	const struct json **maps = elements(&r->a, w->config_maps, &count);
	for (size_t i = 0; i < count; i++)
		facts_index_add(r->ns.facts, maps[i], "team");
	r->ns.quotas = elements(&r->a, w->quotas, &r->ns.quota_count);
	r->ns.limit_ranges = elements(&r->a, w->limit_ranges, &r->ns.limit_range_count);
	r->ns.services = one_text(&r->a, w->service);
	r->ns.services_known = w->service != NULL;
	r->ns.connect_configs = one_text(&r->a, w->connect_configs);
	namespace_parse(r->policy, &r->a, r->ns.object, &r->parsed);
	hygiene_begin(&r->h, r->policy, &r->ns, &r->parsed, r->parsed.mode != MODE_NONE, &r->a);
}

/* As the audit does: a whole admission, and /validate of a live pod as it runs. */
static inline void hygiene_judge(struct hygiene_run *r, const struct hygiene_judged *o)
{
	const struct json *object = parsed(&r->a, o->object);
	const char *kind = json_text(json_get(object, "kind"), "");
	struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = kind, .resource = "things",
				.subresource = "", .namespace = "team", .user = "u", .object = object,
				.name = json_text(json_get(json_get(object, "metadata"), "name"), "")};
	struct engine_request validate = {ENDPOINT_VALIDATE, &review};
	struct audit_object seen_object = {.object = object, .kind = kind, .live = o->live, .owner = o->owner};
	struct facts facts = {.now = 0};
	struct simulation simulation;
	struct decision as_it_is;
	struct needs needs;
	struct err err = {""};

	if (strcmp(kind, "Deployment") == 0)
		review.group = "apps";
	simulate_needs(&review, r->policy, &r->a, &needs);
	facts_index_fill(r->ns.facts, &needs, r->absent, &facts);
	cr_assert_eq(simulate(&review, &facts, r->policy, &r->a, &simulation, &err), 0, "%s", err.text);
	engine_decide(&validate, &facts, r->policy, &r->a, &as_it_is);
	struct hygiene_seen seen = {&seen_object, &review, &simulation, o->live && strcmp(kind, "Pod") == 0 ? &as_it_is : NULL, &facts};
	hygiene_object(&r->h, &r->a, &seen, &r->findings);
}

static inline void hygiene_close(struct hygiene_run *r)
{
	facts_index_unref(r->ns.facts);
	policy_unref(r->policy);
	arena_release(&r->a);
}

/* "rule: message" of each, one a line. */
static inline const char *findings_text(struct arena *a, const struct findings *list)
{
	struct buf b = buf_in(a);

	for (size_t i = 0; i < list->count; i++)
		buf_printf(&b, "%s: %s\n", list->items[i].rule, list->items[i].message);
	return b.len > 0 ? buf_slice(&b).ptr : "";
}

#endif
