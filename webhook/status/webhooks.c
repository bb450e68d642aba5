/* The webhook configurations: which are sparkgate's, how they differ from the shipped ones, and which namespaces they leave out. */
#include "status/part.h"

#include "base/kubernetes.h"
#include "kube/list.h"
#include "policy/called.h"

#define PAGE 100

/* One of another release has dozens. */
#define GAPS_SHOWN 8

#define NAME_LABEL "app.kubernetes.io/name"

static const struct {
	const char *kind, *resource, *does;
} kinds[CALLED_KINDS] = {
	[CALLED_MUTATING] = {"MutatingWebhookConfiguration", KUBERNETES_MUTATING, "changed"},
	[CALLED_VALIDATING] = {"ValidatingWebhookConfiguration", KUBERNETES_VALIDATING, "refused"},
};

static const struct json *labels_of(const struct json *object)
{
	return json_get(json_get(object, "metadata"), "labels");
}

static bool is_entry(const struct json *entry)
{
	return called_is_ours(slice_of(json_text(json_get(entry, "name"), "")));
}

/* ---- which they are ---- */

/* By label, or by an entry: a release may have any name, and nameOverride of the chart changes the label. */
static bool is_ours(const struct json *configuration)
{
	if (strcmp(json_text(json_get(labels_of(configuration), NAME_LABEL), ""), "sparkgate") == 0)
		return true;
	JSON_EACH(entry, json_get(configuration, "webhooks"))
		if (is_entry(entry))
			return true;
	return false;
}

static void take(struct arena *a, struct status_gate *gate, struct status_webhooks *w, const struct json *configuration)
{
	const char *name = arena_dup(a, slice_of(json_text(json_get(json_get(configuration, "metadata"), "name"), "")));

	if (w->object) {
		status_say(a, &gate->problems, arena_join(a, w->kind, " ", name, " is sparkgate's too, beside ", w->name,
							  ": delete what is left over; --webhook-configurations NAME says which is meant here"));
		return;
	}
	w->name = name;
	w->object = json_copy(a, configuration);
}

static void get(struct status_asker *asker, const char *resource, const char *name, struct status_webhooks *w)
{
	struct arena *a = asker->arena;

	w->name = name;
	w->unknown = status_ask(asker, arena_join(a, KUBERNETES_ADMISSION, resource, "/", name), arena_join(a, "get ", resource),
				"the cluster", &w->missing, &w->object);
}

/* Who may not list them may still have the right to get one by its name, and most releases have this one. */
static void get_usual(struct status_asker *asker, const char *resource, struct status_webhooks *w)
{
	struct arena *a = asker->arena;
	struct status_webhooks one = *w;

	get(asker, resource, "sparkgate", &one);
	if (one.object)
		*w = one;
	else
		w->unknown = status_forbidden(a, arena_join(a, "list, or get of sparkgate, on ", resource), "the cluster");
}

static void find(struct status_asker *asker, const char *resource, struct status_gate *gate, struct status_webhooks *w)
{
	struct arena *a = asker->arena, pages = ARENA_INIT;
	struct kube_list *list = kube_list_new(asker->client, arena_join(a, KUBERNETES_ADMISSION, resource), PAGE);
	const struct json *page;
	struct err err = {""};
	int rc;

	while ((rc = kube_list_next(list, &pages, &page, &err)) > 0)
		JSON_EACH(item, json_get(page, "items"))
			if (is_ours(item))
				take(a, gate, w, item);
	if (rc < 0 && kube_list_status(list) == 403)
		get_usual(asker, resource, w);
	else if (rc < 0)
		w->unknown = arena_dup(a, slice_of(err.text));
	w->missing = rc == 0 && !w->object;
	if (w->missing)
		w->unknown = "there is none";
	kube_list_free(list);
	arena_release(&pages);
}

void status_find_webhooks(struct status_asker *asker, const char *name, struct status_gate *gate)
{
	for (size_t i = 0; i < CALLED_KINDS; i++) {
		struct status_webhooks *w = &gate->webhooks[i];
		w->kind = kinds[i].kind;
		if (name)
			get(asker, kinds[i].resource, name, w);
		else
			find(asker, kinds[i].resource, gate, w);
		JSON_EACH(entry, json_get(w->object, "webhooks")) {
			w->entries++;
			w->closed += strcmp(json_text(json_get(entry, "failurePolicy"), "Fail"), "Fail") == 0;
		}
	}
}

/* ---- where the replicas are ---- */

const char *status_webhooks_namespace(const struct status_gate *gate, const char *otherwise)
{
	for (size_t i = 0; i < CALLED_KINDS; i++)
		JSON_EACH(entry, json_get(gate->webhooks[i].object, "webhooks")) {
			const char *name = json_text(json_get(json_get(json_get(entry, "clientConfig"), "service"), "namespace"), "");
			if (is_entry(entry) && kube_name_ok(name))
				return name;
		}
	return otherwise;
}

const char *status_webhooks_app(const struct status_gate *gate, const char *otherwise)
{
	for (size_t i = 0; i < CALLED_KINDS; i++) {
		const char *app = json_text(json_get(labels_of(gate->webhooks[i].object), NAME_LABEL), "");
		if (kube_name_ok(app))
			return app;
	}
	return otherwise;
}

/* ---- how they differ from the shipped ones ---- */

/* What is selected is known where the replicas have the policy that we have; else what they say of it has to do. */
static bool same_policy(const struct status_gate *gate, const struct policy *policy)
{
	for (size_t i = 0; i < gate->replica_count; i++)
		if (!gate->replicas[i].policy || strcmp(gate->replicas[i].policy, policy->hash) != 0)
			return false;
	return gate->replica_count > 0;
}

static void judge_one(struct arena *a, const struct policy *policy, enum called_kind kind, struct status_gate *gate)
{
	const struct status_webhooks *w = &gate->webhooks[kind];
	struct called_gaps gaps = {0};
	size_t shown = 0, more = 0;
	bool same = same_policy(gate, policy);

	called_compare(kind, w->object, policy, a, &gaps);
	for (size_t i = 0; i < gaps.count; i++) {
		const struct called_gap *gap = &gaps.items[i];
		const char *text = arena_join(a, w->kind, " ", w->name, ": ", gap->text);
		if (gap->choice)
			status_say(a, &gate->notes, text);
		else if ((!gap->selector || same) && shown++ < GAPS_SHOWN)
			status_say(a, &gate->problems, arena_join(a, text, ": install it anew (helm upgrade), or find out who changed it"));
		else if (!gap->selector || same)
			more++;
	}
	if (more > 0)
		status_say(a, &gate->problems, arena_printf(a, "%s %s: and %zu more", w->kind, w->name, more));
}

void status_judge_webhooks(struct arena *a, const struct policy *policy, struct status_gate *gate)
{
	for (size_t i = 0; i < CALLED_KINDS; i++) {
		const struct status_webhooks *w = &gate->webhooks[i];
		if (w->object)
			judge_one(a, policy, (enum called_kind)i, gate);
		else if (w->missing && w->name)
			status_say(a, &gate->problems, arena_join(a, "there is no ", w->kind, " ", w->name, ": sparkgate is not asked"));
		else if (w->missing)
			status_say(a, &gate->problems, arena_join(a, "there is no ", w->kind, " of sparkgate's: it is not asked (if it is there under "
								     "a name and labels of its own: --webhook-configurations NAME)"));
	}
}

/* ---- whom they leave out ---- */

/* A Namespace has the label of its name always, whoever wrote the object that we see. */
static const char *label_of(const struct json *namespace, const char *key)
{
	if (strcmp(key, "kubernetes.io/metadata.name") == 0)
		return json_text(json_get(json_get(namespace, "metadata"), "name"), NULL);
	return json_text(json_get(labels_of(namespace), key), NULL);
}

/* https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements;
 * the API server takes no other operator. */
static bool expression_selects(const struct json *expression, const char *value)
{
	struct slice op = slice_of(json_text(json_get(expression, "operator"), ""));
	bool listed = false;

	JSON_EACH(item, json_get(expression, "values"))
		listed |= value && strcmp(json_text(item, ""), value) == 0;
	if (slice_is(op, "In"))
		return listed;
	if (slice_is(op, "NotIn"))
		return !listed;
	return slice_is(op, "DoesNotExist") ? !value : value != NULL;
}

static bool selects(const struct json *selector, const struct json *namespace)
{
	JSON_EACH(wanted, json_get(selector, "matchLabels")) {
		const char *value = label_of(namespace, json_key(wanted));
		if (!value || strcmp(value, json_text(wanted, "")) != 0)
			return false;
	}
	JSON_EACH(expression, json_get(selector, "matchExpressions"))
		if (!expression_selects(expression, label_of(namespace, json_text(json_get(expression, "key"), ""))))
			return false;
	return true;
}

static bool leaves_out(const struct json *entry, const struct json *namespace)
{
	return is_entry(entry) && !selects(json_get(entry, "namespaceSelector"), namespace);
}

void status_left_out(struct arena *a, const struct status_gate *gate, const struct json *namespace, struct status_lines *problems)
{
	for (size_t i = 0; i < CALLED_KINDS; i++) {
		const struct status_webhooks *w = &gate->webhooks[i];
		const struct json *entries = json_get(w->object, "webhooks");
		size_t ours = 0, out = 0;

		JSON_EACH(entry, entries) {
			ours += is_entry(entry);
			out += leaves_out(entry, namespace);
		}
		if (ours > 0 && out == ours) {
			status_say(a, problems, arena_printf(a, "left out in %s %s: nothing is %s here, whatever the label says. Its namespaceSelector "
								"names who is left out (webhooks.excludedNamespaces of the chart)",
							     w->kind, w->name, kinds[i].does));
			continue;
		}
		JSON_EACH(entry, entries)
			if (leaves_out(entry, namespace))
				status_say(a, problems, arena_join(a, "left out in ", w->kind, " ", w->name, " by the namespaceSelector of ",
								   json_text(json_get(entry, "name"), ""),
								   ": install it anew (helm upgrade), or find out who changed it"));
	}
}
