/* The Reports on pods of which there are many: one an owner. */
#include "report/openreport_write.h"

#include "admission/subject.h"
#include "base/kubernetes.h"
#include "base/plural.h"

#include <stdlib.h>

#define uthash_fatal(msg) out_of_memory()
#include <uthash.h>

#define NAMED 3       /* pods that a message names */
#define OWNERS_MAX 8  /* ownerReferences: the old and the new ReplicaSet of a roll-out, and room */
#define REST ""       /* the name of the owner beyond OPENREPORT_OWNERS_MAX */

/* A rule that pods of the owner break. */
struct broken {
	struct finding first;
	const char *mode, *backend;
	const char *names[NAMED];
	size_t pods;
};

struct owner {
	const char *title; /* "Deployment spark-connect"; REST */
	struct openreport_subject references[OWNERS_MAX];
	size_t reference_count;
	struct broken *rules; /* those of the program and the policy: few */
	size_t rule_count, rule_cap;
	UT_hash_handle hh;
};

struct openreport_pods {
	struct arena arena; /* all below; reset when a namespace was taken */
	const char *namespace;
	struct owner *owners;
};

struct openreport_pods *openreport_pods_new(void)
{
	struct openreport_pods *pods = calloc(1, sizeof(*pods));

	if (!pods)
		out_of_memory();
	return pods;
}

static void forget(struct openreport_pods *pods)
{
	HASH_CLEAR(hh, pods->owners);
	pods->namespace = NULL;
	arena_reset(&pods->arena);
}

void openreport_pods_free(struct openreport_pods *pods)
{
	if (!pods)
		return;
	forget(pods);
	arena_release(&pods->arena);
	free(pods);
}

bool openreport_pods_due(const struct openreport_pods *pods, const struct report_object *object)
{
	return pods->owners && strcmp(pods->namespace, object->review->namespace) != 0;
}

/* ---- add ---- */

static const char *kept(struct openreport_pods *pods, const char *text)
{
	return text ? arena_dup(&pods->arena, slice_of(text)) : NULL;
}

static struct owner *owner_of(struct openreport_pods *pods, const char *title)
{
	struct owner *owner;

	HASH_FIND_STR(pods->owners, title, owner);
	if (owner)
		return owner;
	if (HASH_COUNT(pods->owners) >= OPENREPORT_OWNERS_MAX && strcmp(title, REST) != 0)
		return owner_of(pods, REST);
	owner = ARENA_NEW(&pods->arena, struct owner);
	owner->title = kept(pods, title);
	HASH_ADD_KEYPTR(hh, pods->owners, owner->title, strlen(owner->title), owner);
	return owner;
}

/* The Report goes when all that have made its pods are gone. */
static void add_reference(struct openreport_pods *pods, struct owner *owner, const struct report_object *o)
{
	const struct json *pod = o->original ? o->original : o->review->object;
	const struct json *r = kubernetes_controller(json_get(pod, "metadata"));
	const char *uid = json_text(json_get(r, "uid"), "");

	if (o->file || !*uid || owner->reference_count == OWNERS_MAX || strcmp(owner->title, REST) == 0)
		return;
	for (size_t i = 0; i < owner->reference_count; i++)
		if (strcmp(owner->references[i].uid, uid) == 0)
			return;
	owner->references[owner->reference_count++] =
		(struct openreport_subject){.api_version = kept(pods, json_text(json_get(r, "apiVersion"), "v1")),
					    .kind = kept(pods, json_text(json_get(r, "kind"), "")),
					    .name = kept(pods, json_text(json_get(r, "name"), "")),
					    .uid = kept(pods, uid)};
}

static struct broken *rule_of(struct openreport_pods *pods, struct owner *owner, const struct finding *f,
			      const struct decision *d)
{
	for (size_t i = 0; i < owner->rule_count; i++)
		if (strcmp(owner->rules[i].first.rule, f->rule) == 0)
			return &owner->rules[i];
	owner->rules =
		arena_grow(&pods->arena, owner->rules, &owner->rule_cap, owner->rule_count + 1, sizeof(*owner->rules));
	struct broken *b = &owner->rules[owner->rule_count++];
	b->first = (struct finding){
		.rule = kept(pods, f->rule),
		.action = f->action,
		.message = openreport_bounded(&pods->arena, f->message, OPENREPORT_TEXT_MAX).ptr};
	b->mode = openreport_mode(d, f->rule);
	b->backend = backend_name(d->backend);
	return b;
}

static void add_finding(struct openreport_pods *pods, struct owner *owner, const struct report_object *o,
			const struct finding *f)
{
	struct broken *b = rule_of(pods, owner, f, report_decision(o));

	if (f->action < b->first.action)
		b->first.action = f->action;
	if (b->pods < NAMED)
		b->names[b->pods] = kept(pods, o->review->name);
	b->pods++;
}

static bool is_about_the_running_pod(const char *rule)
{
	static const char *const rules[] = {"backend.drift", "scope.drift", "connect.executorBackend"};

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (strcmp(rules[i], rule) == 0)
			return true;
	return false;
}

/* Is the owner itself judged, by the template that all its pods have? */
static bool has_template(const char *title)
{
	char kind[64] = "";
	size_t len = strcspn(title, " ");

	if (len >= sizeof(kind))
		return false;
	memcpy(kind, title, len);
	return kind_is_controller(kind);
}

static void add_violations(struct openreport_pods *pods, const struct report_object *o,
			   const struct findings *violations)
{
	bool all = !has_template(o->owner);
	struct owner *owner = NULL;

	for (size_t i = 0; i < violations->count; i++) {
		if (!all && !is_about_the_running_pod(violations->items[i].rule))
			continue;
		if (!pods->namespace)
			pods->namespace = kept(pods, o->review->namespace);
		if (!owner)
			owner = owner_of(pods, o->owner);
		add_finding(pods, owner, o, &violations->items[i]);
	}
	if (owner)
		add_reference(pods, owner, o);
}

bool openreport_pods_add(struct openreport_pods *pods, const struct report *report, const struct report_object *o)
{
	if (!o->owner)
		return false;
	if (strcmp(o->review->kind, "Pod") != 0)
		return has_template(o->owner);
	struct findings violations = report_violations(report, o); /* each rule once */
	add_violations(pods, o, &violations);
	return true;
}

/* ---- take ---- */

static const char *api_version_of(const char *kind)
{
	static const char *const versions[][2] = {
		{"ReplicaSet", "apps/v1"},  {"Deployment", "apps/v1"}, {"StatefulSet", "apps/v1"},
		{"DaemonSet", "apps/v1"},   {"Job", "batch/v1"},       {"CronJob", "batch/v1"},
		{"ReplicationController", "v1"}, {"Pod", "v1"},        {"Namespace", "v1"},
	};

	for (size_t i = 0; i < COUNT_OF(versions); i++)
		if (strcmp(versions[i][0], kind) == 0)
			return versions[i][1];
	return NULL;
}

/* The owner by its title; where it made the pods itself, as their ownerReferences have it. */
static struct openreport_subject subject_of_owner(const struct openreport_pods *pods, struct arena *a,
						  const struct owner *owner)
{
	struct slice name = slice_of(owner->title);
	const char *kind = arena_dup(a, slice_cut(&name, ' '));

	if (strcmp(owner->title, REST) == 0)
		return (struct openreport_subject){
			.api_version = "v1", .kind = "Namespace", .namespace = pods->namespace, .name = pods->namespace};
	for (size_t i = 0; i < owner->reference_count; i++) {
		struct openreport_subject s = owner->references[i];
		s.namespace = pods->namespace;
		if (strcmp(s.kind, kind) == 0 && slice_is(name, s.name))
			return s;
	}
	return (struct openreport_subject){
		.api_version = api_version_of(kind), .kind = kind, .namespace = pods->namespace, .name = name.ptr};
}

/* "12 pods: a, b, c and 9 more: the message" */
static const char *message_of(struct arena *a, const struct broken *b)
{
	size_t named = b->pods < NAMED ? b->pods : NAMED;
	struct buf out = buf_in(a);

	buf_printf(&out, "%zu pod%s: ", b->pods, plural(b->pods));
	for (size_t i = 0; i < named; i++)
		buf_printf(&out, "%s%s", i ? ", " : "", b->names[i]);
	if (b->pods > named)
		buf_printf(&out, " and %zu more", b->pods - named);
	buf_printf(&out, ": %s", b->first.message);
	return buf_slice(&out).ptr;
}

static void write_broken(struct openreport_writer *w, const struct owner *owner, enum action action)
{
	for (size_t i = 0; i < owner->rule_count; i++) {
		const struct broken *b = &owner->rules[i];
		if (b->first.action != action)
			continue;
		openreport_result(w, &(struct openreport_result){
					     .rule = b->first.rule,
					     .outcome = openreport_outcome_of(action),
					     .severity = openreport_severity_of(action),
					     .message = message_of(w->arena, b),
					     .mode = b->mode,
					     .backend = b->backend,
				     });
	}
}

static struct slice report_on(const struct openreport_pods *pods, struct arena *a, const struct report *report,
			      const struct owner *owner)
{
	struct openreport_subject subject = subject_of_owner(pods, a, owner);
	struct openreport_writer w = openreport_writer(a, report, owner->rule_count);
	const char *about = arena_printf(a, "pods-of-%s", subject.kind);

	openreport_head(&w, openreport_name(a, about, &subject), &subject, owner->references, owner->reference_count);
	write_broken(&w, owner, ACTION_DENY);
	write_broken(&w, owner, ACTION_WARN);
	write_broken(&w, owner, ACTION_AUDIT);
	return openreport_end(&w);
}

struct slice openreport_pods_take(struct openreport_pods *pods, struct arena *a, const struct report *report)
{
	struct owner *owner = pods->owners;

	if (!owner) {
		forget(pods);
		return SLICE_LIT("");
	}
	HASH_DEL(pods->owners, owner);
	return report_on(pods, a, report, owner);
}
