#include "switch/plan.h"

#include "admission/simulate.h"
#include "admission/subject.h"
#include "spark/setting.h"

/* One plan in the making. */
struct planning {
	struct audit_source *source;
	const struct policy *policy;
	int64_t now;
	struct arena *a;
	struct audit_namespace ns;
	const struct json *before, *after; /* the Namespace as it is and as it will be */
	struct facts_index *maps;          /* ConfigMaps as they will be */
	struct namespace parsed;           /* after */
	struct switch_plan *plan;
};

const char *switch_fate_name(enum switch_fate fate)
{
	static const char *const names[] = {"restarts", "is re-admitted", "ends", "stays", "cannot"};

	return names[fate];
}

void switch_plan_refuse(struct switch_plan *plan, struct arena *a, const char *text)
{
	*ARENA_PUSH(a, plan->refusals, &plan->refusal_cap, plan->refusal_count) = text;
}

/* ---- the Namespace ---- */

struct switch_words switch_words_of(const struct json *namespace)
{
	const struct json *annotations = json_get(json_get(namespace, "metadata"), "annotations");

	return (struct switch_words){json_text(json_get(annotations, SWITCH_MODE_KEY), NULL),
				     json_text(json_get(annotations, SWITCH_MASTER_KEY), NULL),
				     json_text(json_get(annotations, SWITCH_BOUND_KEY), NULL)};
}

static void put_word(struct arena *a, struct json *annotations, const char *key, const char *value)
{
	const struct json *old = json_get_slice(annotations, slice_of(key));

	if (value)
		json_put(a, annotations, key, json_new_string(a, slice_of(value)));
	else if (old)
		json_remove(annotations, old);
}

const struct json *switch_namespace(struct arena *a, const struct json *namespace, const struct switch_words *words)
{
	struct json *copy = json_copy(a, namespace), *metadata = json_copy(a, json_get(copy, "metadata"));
	const struct json *old = json_get(metadata, "annotations");
	struct json *annotations = old ? json_copy(a, old) : json_new(a, JSON_OBJECT);

	put_word(a, annotations, SWITCH_MODE_KEY, words->mode);
	put_word(a, annotations, SWITCH_MASTER_KEY, words->master);
	put_word(a, annotations, SWITCH_BOUND_KEY, words->bound);
	json_put(a, metadata, "annotations", annotations);
	json_put(a, copy, "metadata", metadata);
	return copy;
}

/* ---- one object, before and after ---- */

static int find_facts(struct planning *p, const struct review *review, const struct json *namespace, struct facts *ret, struct err *err)
{
	struct needs needs;

	simulate_needs(review, p->policy, p->a, &needs);
	*ret = (struct facts){.now = p->now};
	if (p->source->class->fetch(p->source, &p->ns, &needs, err) < 0)
		return -1;
	facts_index_fill(p->ns.facts, &needs, p->source->absent, ret);
	ret->namespace = namespace;
	for (size_t i = 0; namespace == p->after && i < ret->lookups.count; i++) {
		struct lookup *lookup = &ret->lookups.items[i];
		const struct json *map = facts_index_config_map(p->maps, p->ns.name, lookup->name);
		if (map)
			lookup->object = map;
	}
	return 0;
}

static int simulate_in(struct planning *p, const struct json *object, const struct json *namespace, struct simulation *ret, struct err *err)
{
	struct review review;
	struct facts facts;

	simulate_create(p->a, object, p->ns.name, &review);
	if (find_facts(p, &review, namespace, &facts, err) == 0 && simulate(&review, &facts, p->policy, p->a, ret, err) == 0)
		return 0;
	(void)err_wrap(err, "%s %s/%s", review.kind, p->ns.name, review.name);
	return -1;
}

/* ---- settings ---- */

static const struct change *find_change(const struct changes *list, const struct change *like)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct change *c = &list->items[i];
		if (c->place.key && strcmp(c->place.key, like->place.key) == 0)
			return c;
	}
	return NULL;
}

static bool same(const char *x, const char *y)
{
	return x == y || (x && y && strcmp(x, y) == 0);
}

static void add_setting(struct arena *a, struct switch_item *item, const char *key, const char *from, const char *to)
{
	if (same(from, to))
		return;
	for (size_t i = 0; i < item->setting_count; i++)
		if (strcmp(item->settings[i].key, key) == 0)
			return;
	item->settings[item->setting_count++] = (struct switch_setting){arena_dup(a, slice_of(key)), from, to};
}

/* A setting's value after admission: `to` of a change, else the object's own value, `from`. */
static void compare(struct arena *a, struct switch_item *item, const struct changes *before, const struct changes *after)
{
	item->settings = ARENA_ARRAY(a, before->count + after->count, struct switch_setting);
	for (size_t i = 0; i < after->count; i++) {
		const struct change *c = &after->items[i], *old = c->place.key ? find_change(before, c) : NULL;
		if (c->place.key)
			add_setting(a, item, c->place.key, old ? old->to : c->from, c->to);
	}
	for (size_t i = 0; i < before->count; i++) {
		const struct change *c = &before->items[i];
		if (c->place.key && !find_change(after, c))
			add_setting(a, item, c->place.key, c->to, c->from);
	}
}

/* ---- the fate of an object ---- */

static void cannot(struct switch_item *item, const char *why)
{
	item->fate = SWITCH_CANNOT;
	item->why = why;
}

static void judge_refusals(struct arena *a, struct switch_item *item, const struct simulation *after)
{
	for (size_t i = 0; i < after->findings.count; i++) {
		const struct finding *f = &after->findings.items[i];
		if (f->action != ACTION_DENY)
			continue;
		cannot(item, arena_printf(a, "the new backend refuses it, %s: %s; sparkgate explain says what would change that", f->rule,
					  f->message));
		return;
	}
}

static void judge_config_map(struct planning *p, struct switch_item *item, const struct simulation *after)
{
	if (json_bool(json_get(item->object, "immutable"), false) && after->changes.count == 0)
		item->why = "it is immutable: its text is never rewritten, the pod's command line decides";
	if (after->changes.count == 0)
		return;
	item->fate = SWITCH_READMITTED;
	if (p->parsed.config_maps != CONFIG_MAPS_REWRITE)
		cannot(item, "sparkgate.io/configMaps is not rewrite: write its settings yourself, before the switch");
	else if (json_bool(json_get(item->object, "immutable"), false))
		cannot(item, "it is immutable: delete it and create it anew without immutable: true, then restart what reads it");
	if (item->fate == SWITCH_READMITTED)
		facts_index_add(p->maps, after->result, p->ns.name);
}

static bool is_restartable(const char *kind)
{
	return strcmp(kind, "Deployment") == 0 || strcmp(kind, "StatefulSet") == 0 || strcmp(kind, "DaemonSet") == 0;
}

static void judge_controller(struct arena *a, struct switch_item *item)
{
	const struct json *spec = json_get(item->object, "spec"), *strategy = json_get(spec, "updateStrategy");
	bool owned = json_first(json_get(json_get(item->object, "metadata"), "ownerReferences")) != NULL;
	int64_t partition;

	item->fate = SWITCH_RESTARTS;
	if (!is_restartable(item->kind))
		cannot(item, arena_printf(a, "a %s is not restarted through its template: delete it and create it anew after the switch, or make "
					     "it a Deployment", item->kind));
	else if (owned)
		cannot(item, "an operator owns it and would undo a restart: switch it in the operator's own object");
	else if (json_bool(json_get(spec, "paused"), false))
		cannot(item, "it is paused: kubectl rollout resume");
	else if (strcmp(json_text(json_get(strategy, "type"), ""), "OnDelete") == 0)
		cannot(item, "updateStrategy OnDelete restarts nothing: set RollingUpdate");
	else if (json_int(json_get(json_get(strategy, "rollingUpdate"), "partition"), &partition) == 0 && partition > 0)
		cannot(item, "its rollingUpdate.partition leaves pods as they are: set it to 0");
}

/* A controller's pods are covered by its own line. */
static bool judge_pod(struct arena *a, struct switch_item *item, const char *owner, enum role role)
{
	bool restarts = owner && (slice_starts(slice_of(owner), "Deployment ") || slice_starts(slice_of(owner), "StatefulSet ") ||
				  slice_starts(slice_of(owner), "DaemonSet "));

	if (role == ROLE_EXECUTOR) {
		item->fate = SWITCH_ENDS;
		item->why = "with its server";
		return true;
	}
	if (restarts)
		return false;
	if (owner)
		cannot(item, arena_printf(a, "%s owns it: switch it there, or delete it", owner));
	else
		cannot(item, "a bare pod, nothing would create it anew: delete it, and make it a Deployment");
	return true;
}

static bool judge(struct planning *p, struct switch_item *item, const char *owner, enum role role, const struct simulation *after)
{
	if (strcmp(item->kind, "ConfigMap") == 0) {
		judge_config_map(p, item, after);
		return true;
	}
	if (strcmp(item->kind, "Pod") == 0)
		return judge_pod(p->a, item, owner, role);
	judge_controller(p->a, item);
	if (item->fate == SWITCH_RESTARTS)
		judge_refusals(p->a, item, after);
	return true;
}

static bool is_of_a_switch(enum role role)
{
	return role == ROLE_CONNECT_SERVER || role == ROLE_CONNECT_CONFIG || role == ROLE_EXECUTOR;
}

static void add_item(struct planning *p, const struct switch_item *item)
{
	struct switch_plan *plan = p->plan;

	*ARENA_PUSH(p->a, plan->items, &plan->cap, plan->count) = *item;
	if (item->fate == SWITCH_CANNOT)
		switch_plan_refuse(plan, p->a, arena_printf(p->a, "%s %s cannot switch: %s", item->kind, item->name, item->why));
	if (item->owner)
		plan->managed = true;
}

static int plan_object(struct planning *p, const struct audit_object *seen, struct err *err)
{
	const struct json *object = json_copy(p->a, seen->object), *metadata = json_get(object, "metadata");
	struct switch_item item = {.kind = arena_dup(p->a, slice_of(seen->kind)),
				   .name = json_text(json_get(metadata, "name"), ""),
				   .uid = json_text(json_get(metadata, "uid"), ""),
				   .fate = SWITCH_STAYS,
				   .object = object};
	struct simulation before, after;

	if (simulate_in(p, object, p->before, &before, err) < 0 || simulate_in(p, object, p->after, &after, err) < 0)
		return -1;
	if (!is_of_a_switch(after.validate.role))
		return 0;
	const char *owner = seen->owner ? arena_dup(p->a, slice_of(seen->owner)) : NULL;
	if (!judge(p, &item, owner, after.validate.role, &after))
		return 0;
	if (item.fate != SWITCH_ENDS && item.fate != SWITCH_STAYS)
		item.owner = switch_owner(p->a, metadata);
	if (strcmp(item.kind, "Pod") != 0)
		compare(p->a, &item, &before.changes, &after.changes);
	if (p->plan->count == SWITCH_ITEMS_MAX)
		return err_set(err, "namespace %s has more than %d objects of Spark Connect", p->ns.name, SWITCH_ITEMS_MAX);
	add_item(p, &item);
	return 0;
}

/* ---- the namespace as a whole ---- */

static void judge_namespace(struct planning *p, const struct switch_goal *goal)
{
	struct switch_plan *plan = p->plan;

	if (p->parsed.mode == MODE_NONE)
		switch_plan_refuse(plan, p->a, arena_printf(p->a, "namespace %s has not opted in, nothing in it is rewritten: kubectl label "
								  "namespace %s sparkgate.io/mode=enforce", p->ns.name, p->ns.name));
	else if (p->parsed.mode != MODE_ENFORCE)
		switch_plan_refuse(plan, p->a, arena_printf(p->a, "namespace %s is in mode %s, in which nothing is rewritten: set its label "
								  "sparkgate.io/mode to enforce", p->ns.name, mode_name(p->parsed.mode)));
	if (goal->backend == BACKEND_STANDALONE && !p->parsed.standalone_master)
		switch_plan_refuse(plan, p->a, "standalone needs a master, and neither the namespace nor the policy names one: --master "
					       "spark://SERVICE:7077");
	for (size_t i = 0; i < p->parsed.problem_count; i++)
		if (p->parsed.problems[i].refuses)
			switch_plan_refuse(plan, p->a, p->parsed.problems[i].message);
}

/* For "spark://NAME:7077" and "spark://NAME.NS[.svc...]:7077" the Service must exist; other hosts are not ours to judge. */
static void judge_master(struct planning *p, const struct switch_goal *goal)
{
	const char *prefix = "spark://", *master = p->parsed.standalone_master;

	if (goal->backend != BACKEND_STANDALONE || !master || !p->ns.services_known || !slice_starts(slice_of(master), prefix))
		return;
	struct slice hosts = slice_of(master + strlen(prefix));
	while (hosts.len > 0) {
		struct slice host = slice_cut(&hosts, ','), name = slice_cut(&host, ':'), service = slice_cut(&name, '.');
		struct slice ns = slice_cut(&name, '.');
		bool here = ns.len == 0 || (slice_is(ns, p->ns.name) && (name.len == 0 || slice_starts(name, "svc")));
		if (here && strspn(service.ptr, "0123456789.[") == 0 && !texts_has(&p->ns.services, service))
			switch_plan_refuse(p->plan, p->a, arena_printf(p->a, "namespace %s has no Service %.*s, which the master %s names: "
									     "create it, or give another --master", p->ns.name,
								        SLICE_ARG(service), master));
	}
}

static void begin(struct planning *p, const struct switch_goal *goal)
{
	struct switch_plan *plan = p->plan;

	plan->object = p->before = json_copy(p->a, p->ns.object);
	plan->namespace = p->ns.name = arena_dup(p->a, slice_of(p->ns.name));
	plan->before = switch_words_of(p->before);
	plan->before.bound = NULL; /* of a switch that is over */
	plan->after = plan->before;
	plan->owner = switch_owner(p->a, json_get(goal->namespace ? goal->namespace : p->before, "metadata"));
	plan->managed = plan->owner != NULL;
	plan->after.mode = backend_name(goal->backend);
	if (goal->master)
		plan->after.master = goal->master;
	p->after = switch_namespace(p->a, p->before, &plan->after);
	namespace_parse(p->policy, p->a, p->before, &p->parsed);
	const char *from = p->parsed.mode == MODE_NONE ? NULL : backend_name(p->parsed.backend);
	plan->from = from ? from : "none";
	plan->to = plan->after.mode;
	namespace_parse(p->policy, p->a, p->after, &p->parsed);
}

int switch_plan_make(struct audit_source *source, const struct policy *policy, int64_t now, const struct switch_goal *goal,
		     struct arena *a, struct switch_plan *ret, struct err *err)
{
	struct planning p = {.source = source, .policy = policy, .now = now, .a = a, .plan = ret, .maps = facts_index_new()};
	struct audit_object object;
	int rc = audit_next_namespace(source, &p.ns, err);

	*ret = (struct switch_plan){.count = 0};
	if (rc > 0) {
		begin(&p, goal);
		judge_namespace(&p, goal);
		while ((rc = audit_next_object(source, &object, err)) > 0)
			if ((rc = plan_object(&p, &object, err)) < 0)
				break;
		judge_master(&p, goal);
	} else if (rc == 0) {
		rc = err_set(err, "the namespace is not there");
	}
	facts_index_unref(p.maps);
	return rc < 0 ? -1 : 0;
}

bool switch_plan_is_done(const struct switch_plan *plan)
{
	if (!same(plan->before.mode, plan->after.mode) || !same(plan->before.master, plan->after.master))
		return false;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].fate == SWITCH_READMITTED || plan->items[i].fate == SWITCH_CANNOT)
			return false;
	return true;
}

void switch_plan_stays(struct switch_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->items[i].fate == SWITCH_RESTARTS)
			plan->items[i].fate = SWITCH_STAYS;
}
