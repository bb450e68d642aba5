#include "audit/publish.h"

#include "audit/publish_set.h"
#include "base/plural.h"
#include "kube/list.h"
#include "kube/status.h"
#include "report/openreport.h"

#include <stdlib.h>
#include <time.h>

#define GROUP_PATH "/apis/" OPENREPORT_API_VERSION
#define OURS "labelSelector=app.kubernetes.io%2Fmanaged-by%3D" OPENREPORT_SOURCE

/* A Report has up to half a MiB; most have a few KiB. */
#define PAGE 50

#define TRIES 5
#define PAUSE_NS (200 * CLOCK_MS)

struct publisher {
	struct kube_client *client;
	const char *const *namespaces;
	size_t namespace_count;
	int64_t now;
	struct openreport_pods *pods;
	struct publish_set made;
	struct publish_counts counts;
	struct err first; /* why a Report could not be written */
	bool broken;      /* a call ended with -1: a Report that was not made then proves nothing */
	struct arena scratch;
};

struct publisher *publisher_new(struct kube_client *client, const char *const *namespaces, size_t count, int64_t now)
{
	struct publisher *p = calloc(1, sizeof(*p));

	if (!p)
		out_of_memory();
	p->client = client;
	p->namespaces = namespaces;
	p->namespace_count = count;
	p->now = now;
	p->pods = openreport_pods_new();
	return p;
}

void publisher_free(struct publisher *p)
{
	if (!p)
		return;
	openreport_pods_free(p->pods);
	publish_set_release(&p->made);
	arena_release(&p->scratch);
	free(p);
}

/* ---- errors that say what to do ---- */

static int no_such_kind(struct err *err)
{
	return err_set(err, "this cluster does not know Reports (%s): install the CustomResourceDefinitions of OpenReports "
			    "(github.com/openreports/reports-api, config/crd), or leave --publish out",
		       OPENREPORT_API_VERSION);
}

static int no_rights(const char *verb, struct err *err)
{
	const struct err said = *err;

	return err_set(err, "this account may not %s Reports (manifests/rbac-audit.yaml, or the chart's audit.publish, gives "
			    "the rights): %s",
		       verb, said.text);
}

static const char *collection(struct arena *a, const char *namespace)
{
	return namespace ? arena_join(a, GROUP_PATH "/namespaces/", namespace, "/reports") : GROUP_PATH "/reports";
}

int publisher_check(struct publisher *p, struct err *err)
{
	const char *path = collection(&p->scratch, p->namespace_count ? p->namespaces[0] : NULL);
	int status;

	if (kube_get(p->client, &p->scratch, arena_join(&p->scratch, path, "?limit=1"), &status, NULL, err) == 0)
		return 0;
	if (status == 404)
		return no_such_kind(err);
	return status == 403 ? no_rights("list", err) : err_wrap(err, "Reports");
}

/* ---- one Report ---- */

/* What becomes of a Report. */
enum outcome { DONE, CONFLICT, AGAIN, WORTHLESS };

struct writing {
	struct publisher *p;
	const struct json *made;
	struct slice text;
	const char *namespace, *name, *collection, *path;
};

static enum outcome fail(struct publisher *p, const struct writing *w, struct err *err)
{
	err_wrap(err, "Report %s in namespace %s", w->name, w->namespace);
	if (p->counts.failed++ == 0)
		p->first = *err;
	return DONE;
}

static bool is_ours(const struct json *found)
{
	const struct json *metadata = json_get(found, "metadata");
	const char *label = json_text(json_get(json_get(metadata, "labels"), OPENREPORT_LABEL), "");

	return strcmp(label, OPENREPORT_SOURCE) == 0 &&
	       strcmp(json_text(json_get(found, "source"), ""), OPENREPORT_SOURCE) == 0 &&
	       slice_starts(slice_of(json_text(json_get(metadata, "name"), "")), OPENREPORT_SOURCE "-");
}

static enum outcome after_refusal(struct writing *w, int status, bool create, struct err *err)
{
	struct publisher *p = w->p;

	if (status == 409 || (status == 404 && !create))
		return CONFLICT;
	if (status == 0 || status == 401 || status == 429 || status >= 500)
		return AGAIN;
	if (status == 404 || strstr(err->text, "is being terminated")) {
		p->counts.gone++;
		return DONE;
	}
	if (kube_status_is_rbac(status, err)) {
		no_rights(create ? "create" : "update", err);
		return WORTHLESS;
	}
	return fail(p, w, err);
}

static enum outcome create(struct writing *w, struct err *err)
{
	int status;

	if (kube_once(w->p->client, &w->p->scratch, KUBE_POST, w->collection, w->text, &status, NULL, err) < 0)
		return after_refusal(w, status, true, err);
	w->p->counts.created++;
	return DONE;
}

/* What others have added stays: labels, annotations. */
static struct slice replacement(struct arena *a, const struct json *made, const struct json *found)
{
	const struct json *owners = json_get(json_get(made, "metadata"), "ownerReferences");
	struct json *metadata = json_copy(a, json_get(found, "metadata")), *whole = json_copy(a, made);
	const struct json *fields = json_get(metadata, "managedFields");

	if (fields)
		json_remove(metadata, fields);
	json_put(a, metadata, "ownerReferences", owners ? json_copy(a, owners) : json_new(a, JSON_ARRAY));
	json_put(a, whole, "metadata", metadata);
	return json_print(a, whole);
}

/* With the resourceVersion that was read: a write that came in between is not overwritten unread. */
static enum outcome replace(struct writing *w, const struct json *found, struct err *err)
{
	struct arena *a = &w->p->scratch;
	int status;

	if (!is_ours(found)) {
		err_set(err, "the name is taken by a Report that is not ours: delete it, or give it the label " OPENREPORT_LABEL
			     "=" OPENREPORT_SOURCE);
		return fail(w->p, w, err);
	}
	if (publish_same(w->made, found)) {
		w->p->counts.unchanged++;
		return DONE;
	}
	if (kube_once(w->p->client, a, KUBE_PUT, w->path, replacement(a, w->made, found), &status, NULL, err) < 0)
		return after_refusal(w, status, false, err);
	w->p->counts.updated++;
	return DONE;
}

static enum outcome write_once(struct writing *w, struct err *err)
{
	const struct json *found;
	struct slice text;
	int status;

	if (kube_get(w->p->client, &w->p->scratch, w->path, &status, &text, err) < 0) {
		if (status == 404)
			return create(w, err);
		if (status == 403)
			no_rights("get", err);
		return WORTHLESS;
	}
	if (json_parse(&w->p->scratch, text, &found, err) < 0)
		return fail(w->p, w, err);
	return replace(w, found, err);
}

static void pause_a_little(unsigned tries)
{
	int64_t ns = kube_jitter(PAUSE_NS * (int64_t)tries);
	struct timespec time = {(time_t)(ns / CLOCK_SECOND), (long)(ns % CLOCK_SECOND)};

	nanosleep(&time, NULL);
}

static int write_report(struct writing *w, struct err *err)
{
	enum outcome outcome = AGAIN;

	for (unsigned tries = 1; (outcome == AGAIN || outcome == CONFLICT) && tries <= TRIES; tries++) {
		if (tries > 1)
			pause_a_little(tries);
		outcome = write_once(w, err);
	}
	if (outcome == CONFLICT) /* it is being written all the time: not worth giving up the others for */
		outcome = fail(w->p, w, err);
	if (outcome == DONE)
		return 0;
	return err_wrap(err, "Report %s in namespace %s", w->name, w->namespace);
}

static int keep(struct publisher *p, struct slice text, struct err *err)
{
	struct arena *a = &p->scratch;
	struct writing w = {.p = p, .text = text};
	struct err why = {""};

	if (json_parse(a, text, &w.made, err) < 0)
		return err_wrap(err, "our own Report");
	w.namespace = json_text(json_get(json_get(w.made, "metadata"), "namespace"), "");
	w.name = json_text(json_get(json_get(w.made, "metadata"), "name"), "");
	if (!kube_name_ok(w.namespace))
		return err_set(err, "'%s' is not a namespace to write a Report into", w.namespace);
	publish_set_add(&p->made, w.namespace, w.name);
	w.collection = collection(a, w.namespace);
	w.path = arena_join(a, w.collection, "/", w.name);
	/* What a conflict said is forgotten where the next try succeeds. */
	return write_report(&w, &why) < 0 ? err_set(err, "%s", why.text) : 0;
}

/* ---- objects ---- */

static int keep_pods(struct publisher *p, const struct report *report, struct err *err)
{
	struct slice text;
	int rc = 0;

	while ((text = openreport_pods_take(p->pods, &p->scratch, report)).len > 0) {
		if (rc == 0)
			rc = keep(p, text, err);
		arena_reset(&p->scratch);
	}
	return rc;
}

static int take_object(struct publisher *p, const struct report *report, const struct report_object *object,
		       struct err *err)
{
	if (openreport_pods_due(p->pods, object) && keep_pods(p, report, err) < 0)
		return -1;
	if (openreport_pods_add(p->pods, report, object))
		return 0;
	struct slice text = openreport_of(&p->scratch, report, object);
	return text.len > 0 ? keep(p, text, err) : 0;
}

static struct report report_now(struct publisher *p, const struct report *report)
{
	struct report now = {.arena = &p->scratch, .now = p->now, .policy = report ? report->policy : NULL};

	return now;
}

int publisher_object(struct publisher *p, const struct report *report, const struct report_object *object,
		     struct err *err)
{
	struct report now = report_now(p, report);
	int rc = take_object(p, &now, object, err);

	arena_reset(&p->scratch);
	p->broken |= rc < 0;
	return rc;
}

/* ---- those that are out of date ---- */

static int prune_one(struct publisher *p, const char *namespace, const char *name, struct err *err)
{
	const char *path = arena_join(&p->scratch, collection(&p->scratch, namespace), "/", name);
	struct err failure = {""};
	int status;
	int rc = kube_once(p->client, &p->scratch, KUBE_DELETE, path, (struct slice){"", 0}, &status, NULL, &failure);

	if (rc < 0 && status == 404)
		return 0; /* went with its object */
	if (rc < 0) {
		*err = failure;
		return kube_status_is_rbac(status, err) ? no_rights("delete", err)
							: err_wrap(err, "Report %s in namespace %s", name, namespace);
	}
	p->counts.pruned++;
	return 0;
}

static int prune_page(struct publisher *p, const struct json *page, struct err *err)
{
	JSON_EACH(item, json_get(page, "items")) {
		const char *namespace = json_text(json_get(json_get(item, "metadata"), "namespace"), "");
		const char *name = json_text(json_get(json_get(item, "metadata"), "name"), "");
		if (!is_ours(item) || !kube_name_ok(namespace) || publish_set_has(&p->made, namespace, name))
			continue;
		if (prune_one(p, namespace, name, err) < 0)
			return -1;
	}
	return 0;
}

static int prune(struct publisher *p, const char *namespace, struct err *err)
{
	struct kube_list *list =
		kube_list_new(p->client, arena_join(&p->scratch, collection(&p->scratch, namespace), "?" OURS), PAGE);
	const struct json *page;
	int rc;

	while ((rc = kube_list_next(list, &p->scratch, &page, err)) > 0) {
		rc = prune_page(p, page, err);
		arena_reset(&p->scratch);
		if (rc < 0)
			break;
	}
	if (rc < 0 && kube_list_status(list) == 404 && !namespace)
		no_such_kind(err);
	kube_list_free(list);
	return rc;
}

static int prune_all(struct publisher *p, struct err *err)
{
	publish_set_sort(&p->made);
	if (p->namespace_count == 0)
		return prune(p, NULL, err);
	for (size_t i = 0; i < p->namespace_count; i++)
		if (prune(p, p->namespaces[i], err) < 0)
			return -1;
	return 0;
}

int publisher_finish(struct publisher *p, bool complete, struct publish_counts *ret, struct err *err)
{
	const struct report now = report_now(p, NULL);
	int rc = p->broken ? 0 : keep_pods(p, &now, err);

	if (rc == 0 && complete && !p->broken)
		rc = prune_all(p, err);
	if (rc == 0 && p->counts.failed > 0)
		rc = err_set(err, "%zu Report%s could not be written%s: %s", p->counts.failed,
			     plural(p->counts.failed), p->counts.failed == 1 ? "" : ", the first", p->first.text);
	*ret = p->counts;
	return rc;
}
