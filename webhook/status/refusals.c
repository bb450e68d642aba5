/* The last Events of sparkgate in a namespace (kube/broadcaster.h writes them): what was refused, and what would have been. */
#include "status/part.h"

#include "kube/list.h"

#include <stdlib.h>

#define PAGE 200

static int64_t moment_of(const struct json *event)
{
	const struct json *places[] = {json_get(json_get(event, "series"), "lastObservedTime"), json_get(event, "lastTimestamp"),
				       json_get(event, "eventTime")};
	int64_t ret;

	for (size_t i = 0; i < COUNT_OF(places); i++)
		if (json_slice(places[i]).ptr && clock_parse_time(json_slice(places[i]), &ret) == 0)
			return ret;
	return 0;
}

static int64_t count_of(const struct json *event)
{
	int64_t count;

	return json_int(json_get(json_get(event, "series"), "count"), &count) == 0 && count > 0 ? count : 1;
}

static const char *copied(struct arena *a, const struct json *text)
{
	return arena_dup(a, slice_of(json_text(text, "")));
}

/* Keep the newest: a newer one replaces the oldest that is there. */
static void keep(struct status_namespace *ns, const struct status_refusal *r)
{
	size_t oldest = 0;

	if (ns->refusal_count < STATUS_REFUSALS_MAX) {
		ns->refusals[ns->refusal_count++] = *r;
		return;
	}
	ns->refusal_more++;
	for (size_t i = 1; i < ns->refusal_count; i++)
		if (ns->refusals[i].last < ns->refusals[oldest].last)
			oldest = i;
	if (ns->refusals[oldest].last < r->last)
		ns->refusals[oldest] = *r;
}

static void take(struct arena *a, struct status_namespace *ns, const struct json *event)
{
	const char *reason = json_text(json_get(event, "reason"), "");
	const struct json *object = json_get(event, "involvedObject");

	/* The API server has filtered out those of others already, unless it is one that cannot. */
	if (strcmp(json_text(json_get(event, "reportingComponent"), ""), "sparkgate.io/sparkgate") != 0 ||
	    (strcmp(reason, "SparkgateRefused") != 0 && strcmp(reason, "SparkgateWouldRefuse") != 0))
		return;
	const struct status_refusal r = {.kind = copied(a, json_get(object, "kind")),
					 .name = copied(a, json_get(object, "name")),
					 .reason = arena_dup(a, slice_of(reason)),
					 .note = copied(a, json_get(event, "message")),
					 .last = moment_of(event),
					 .count = count_of(event),
					 .warning = strcmp(reason, "SparkgateRefused") == 0};
	keep(ns, &r);
}

static int newest_first(const void *a, const void *b)
{
	const struct status_refusal *x = a, *y = b;

	return (x->last < y->last) - (x->last > y->last);
}

static void judge(struct status_asker *asker, struct status_namespace *ns)
{
	size_t recent = 0;

	for (size_t i = 0; i < ns->refusal_count; i++)
		recent += ns->refusals[i].warning && asker->now - ns->refusals[i].last < STATUS_RECENT_SECONDS;
	if (recent > 0)
		status_say(asker->arena, &ns->problems,
			   arena_printf(asker->arena, "%zu refusal%s within the last hour: `sparkgate explain KIND/NAME` says why and what helps",
					recent, recent == 1 ? "" : "s"));
}

void status_refusals(struct status_asker *asker, struct status_namespace *ns)
{
	struct arena *a = asker->arena, pages = ARENA_INIT;
	const char *path = arena_printf(a, "/api/v1/namespaces/%s/events?fieldSelector=reportingComponent%%3Dsparkgate.io%%2Fsparkgate", ns->name);
	struct kube_list *list = kube_list_new(asker->client, path, PAGE);
	const struct json *page;
	struct err err = {""};
	int rc;

	ns->refusals = ARENA_ARRAY(a, STATUS_REFUSALS_MAX, struct status_refusal);
	while ((rc = kube_list_next(list, &pages, &page, &err)) > 0)
		JSON_EACH(event, json_get(page, "items"))
			take(a, ns, event);
	if (rc < 0)
		ns->refusals_unknown = kube_list_status(list) == 403
					       ? status_forbidden(a, "list events", status_in_namespace(a, ns->name))
					       : arena_dup(a, slice_of(err.text));
	kube_list_free(list);
	arena_release(&pages);
	qsort(ns->refusals, ns->refusal_count, sizeof(*ns->refusals), newest_first);
	judge(asker, ns);
}
