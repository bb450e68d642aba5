#include "status/part.h"

#include "kube/list.h"

#define PAGE 500

void status_say(struct arena *a, struct status_lines *list, const char *text)
{
	*ARENA_PUSH(a, list->items, &list->cap, list->count) = text;
}

const char *status_in_namespace(struct arena *a, const char *namespace)
{
	return arena_join(a, "namespace ", namespace);
}

static bool has_problem(const struct namespace *ns, const char *rule)
{
	for (size_t i = 0; i < ns->problem_count; i++)
		if (strcmp(ns->problems[i].rule, rule) == 0)
			return true;
	return false;
}

/* As `audit` says it; one that is misspelt is a problem, and told as such. */
static void note_no_backend(struct arena *a, struct status_namespace *ns)
{
	if (ns->ns.mode != MODE_NONE && ns->ns.backend == BACKEND_NONE && !has_problem(&ns->ns, "scope.backendMode"))
		status_say(a, &ns->notes, arena_join(a, "scope.noBackend: opted in (mode ", mode_name(ns->ns.mode),
						     ") without a backend, nothing is rewritten: kubectl annotate namespace ", ns->name,
						     " sparkgate.io/backendMode=k8s (or standalone)"));
}

/* The record that the annotation names is the switch's alone to read (switch/record.h). */
static void judge_switch(struct arena *a, const struct json *namespace, struct status_namespace *ns)
{
	if (json_get(json_get(json_get(namespace, "metadata"), "annotations"), "sparkgate.io/switch"))
		status_say(a, &ns->problems, arena_join(a, "a switch of its backend has not ended (annotation sparkgate.io/switch). Where none is under "
							   "way any more: `sparkgate switch ", ns->name, " --undo` shows what puts it back"));
}

static void read_namespace(struct status_asker *asker, const struct policy *policy, const struct status_gate *gate, struct status_namespace *ns)
{
	struct arena *a = asker->arena;
	const struct json *object;

	ns->unknown = status_ask(asker, arena_join(a, "/api/v1/namespaces/", ns->name), "get namespaces", status_in_namespace(a, ns->name),
				 &ns->missing, &object);
	if (ns->unknown)
		return;
	namespace_parse(policy, a, object, &ns->ns);
	status_read_opted_in(object, &ns->opted_in);
	for (size_t i = 0; i < ns->ns.problem_count; i++)
		status_say(a, &ns->problems, arena_join(a, ns->ns.problems[i].rule, ": ", ns->ns.problems[i].message));
	if (ns->ns.mode != MODE_NONE)
		status_left_out(a, gate, object, &ns->problems);
	judge_switch(a, object, ns);
	note_no_backend(a, ns);
}

void status_of_namespace(struct status_asker *asker, const struct policy *policy, const struct status_gate *gate, const char *name,
			 struct status_namespace *ret)
{
	*ret = (struct status_namespace){.name = name, .ns = {.name = name, .mode = MODE_NONE}};
	read_namespace(asker, policy, gate, ret);
	if (ret->missing)
		return;
	status_servers(asker, policy, ret);
	status_refusals(asker, ret);
}

const char *status_opted_in(struct status_asker *asker, const char *const **ret, size_t *count)
{
	struct arena *a = asker->arena, pages = ARENA_INIT;
	struct kube_list *list = kube_list_new(asker->client, "/api/v1/namespaces?labelSelector=sparkgate.io%2Fmode", PAGE);
	struct status_lines names = {NULL, 0, 0}; /* a list of strings like any other */
	const struct json *page;
	const char *why = NULL;
	struct err err = {""};
	int rc;

	while ((rc = kube_list_next(list, &pages, &page, &err)) > 0)
		JSON_EACH(item, json_get(page, "items"))
			status_say(a, &names, arena_dup(a, slice_of(json_text(json_get(json_get(item, "metadata"), "name"), ""))));
	if (rc < 0)
		why = kube_list_status(list) == 403 ? status_forbidden(a, "list namespaces", "the cluster") : arena_dup(a, slice_of(err.text));
	kube_list_free(list);
	arena_release(&pages);
	*ret = names.items;
	*count = names.count;
	return why;
}
