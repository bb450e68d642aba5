#include "command/audit_event.h"

#include "policy/called.h"

/* What the webhooks are called for. */
static const struct {
	const char *group, *resource, *kind;
	const char *subresources[3]; /* besides none */
} resources[] = {
	{"", "pods", "Pod", {"ephemeralcontainers"}},
	{"", "configmaps", "ConfigMap", {NULL}},
	{"", "namespaces", "Namespace", {"status", "finalize"}},
	{"", "replicationcontrollers", "ReplicationController", {NULL}},
	{"", "podtemplates", "PodTemplate", {NULL}},
	{"apps", "deployments", "Deployment", {NULL}},
	{"apps", "replicasets", "ReplicaSet", {NULL}},
	{"apps", "statefulsets", "StatefulSet", {NULL}},
	{"apps", "daemonsets", "DaemonSet", {NULL}},
	{"batch", "jobs", "Job", {NULL}},
	{"batch", "cronjobs", "CronJob", {NULL}},
};

static bool is_audit(const struct json *root, const char *kind)
{
	return slice_starts(slice_of(json_text(json_get(root, "apiVersion"), "")), "audit.k8s.io/") &&
	       strcmp(json_text(json_get(root, "kind"), ""), kind) == 0;
}

bool audit_is_event(const struct json *root)
{
	return is_audit(root, "Event");
}

bool audit_is_event_list(const struct json *root)
{
	return is_audit(root, "EventList");
}

bool audit_is_list_item(const struct json *item)
{
	bool untyped = !json_get(item, "kind") && !json_get(item, "apiVersion") && json_text(json_get(item, "stage"), NULL);

	return audit_is_event(item) || untyped;
}

/* ---- what it is about ---- */

static bool has_subresource(const char *const *known, const char *subresource)
{
	if (!*subresource)
		return true;
	for (; *known; known++)
		if (strcmp(*known, subresource) == 0)
			return true;
	return false;
}

/* The kind of what the event is about, NULL where no webhook of ours is called for it. */
static const char *kind_of(const struct json *ref)
{
	const char *group = json_text(json_get(ref, "apiGroup"), ""),
		   *resource = json_text(json_get(ref, "resource"), "");

	for (size_t i = 0; i < COUNT_OF(resources); i++)
		if (strcmp(resources[i].group, group) == 0 && strcmp(resources[i].resource, resource) == 0 &&
		    has_subresource(resources[i].subresources, json_text(json_get(ref, "subresource"), "")))
			return resources[i].kind;
	return NULL;
}

/* An object and no patch, no Status. */
static const struct json *object_of_kind(const struct json *v, const char *kind)
{
	const char *own = json_text(json_get(v, "kind"), kind);

	return json_type(v) == JSON_OBJECT && strcmp(own, kind) == 0 &&
			       json_type(json_get(v, "metadata")) == JSON_OBJECT
		       ? v
		       : NULL;
}

static const char *name_in(const struct json *object, const char *key)
{
	return json_text(json_get(json_get(object, "metadata"), key), "");
}

/* The name as the API server came to know it; of an object that was never stored only generateName is known. */
static const char *name_of(const struct json *ref, const struct json *sent, const struct json *answered)
{
	const char *names[] = {json_text(json_get(ref, "name"), ""), name_in(answered, "name"), name_in(sent, "name"),
			       name_in(sent, "generateName")};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (*names[i])
			return names[i];
	return "";
}

/* ---- what became of it ---- */

/* "admission webhook "servers.validate.sparkgate.io" denied the request: ..." (k8s.io/apiserver
 * pkg/admission/plugin/webhook/errors/statuserror.go). */
static bool is_our_refusal(const char *message)
{
	struct slice rest = slice_of(message);

	if (!slice_skip(&rest, SLICE_LIT("admission webhook \"")))
		return false;
	return called_is_ours(slice_cut(&rest, '"')) && slice_starts(rest, " denied the request: ");
}

static bool is_dry_run(const char *uri)
{
	struct slice rest = slice_of(uri);

	(void)slice_cut(&rest, '?');
	while (rest.len > 0)
		if (slice_starts(slice_cut(&rest, '&'), "dryRun="))
			return true;
	return false;
}

/* "pods.mutate.sparkgate.io/changes": is the key one that an entry of ours writes? *name is then what follows the slash. */
static bool annotation_is_ours(const char *key, const char **name)
{
	struct slice rest = slice_of(key), entry = slice_cut(&rest, '/');

	*name = rest.ptr;
	return rest.len > 0 && called_is_ours(entry);
}

const char *audit_annotation(const struct audit_recorded *recorded, const char *kind, const char *name)
{
	if (recorded->plain)
		return json_text(json_get(recorded->annotations, name), NULL);
	JSON_EACH(note, recorded->annotations) {
		const char *own;
		if (annotation_is_ours(json_key(note), &own) && strcmp(own, name) == 0 &&
		    slice_has(slice_of(json_key(note)), kind))
			return json_text(note, NULL);
	}
	return NULL;
}

static bool has_our_annotation(const struct json *annotations)
{
	const char *name;

	JSON_EACH(note, annotations)
		if (annotation_is_ours(json_key(note), &name))
			return true;
	return false;
}

static const struct json *user_of(const struct json *root)
{
	const struct json *impersonated = json_get(root, "impersonatedUser");

	return impersonated ? impersonated : json_get(root, "user");
}

static void read_recorded(const struct json *root, struct audit_recorded *ret)
{
	const struct json *status = json_get(root, "responseStatus");
	const char *received = json_text(json_get(root, "requestReceivedTimestamp"), "");
	int64_t code;

	*ret = (struct audit_recorded){.audit_id = json_text(json_get(root, "auditID"), ""),
				       .time = *received ? received : json_text(json_get(root, "stageTimestamp"), ""),
				       .verb = json_text(json_get(root, "verb"), ""),
				       .user = json_text(json_get(user_of(root), "username"), ""),
				       .annotations = json_get(root, "annotations")};
	if (json_int(json_get(status, "code"), &code) == 0 && code >= 0 && code < 1000)
		ret->code = (int)code;
	ret->dry_run = is_dry_run(json_text(json_get(root, "requestURI"), ""));
	ret->refused = ret->code >= 300 && is_our_refusal(json_text(json_get(status, "message"), ""));
	ret->message = ret->refused ? json_text(json_get(status, "message"), NULL) : NULL;
	ret->asked = ret->refused || has_our_annotation(ret->annotations);
}

static bool succeeded(const struct audit_recorded *recorded)
{
	return recorded->code >= 200 && recorded->code < 300;
}

/* ---- the request ---- */

static void fill_review(const struct json *root, const char *kind, struct review *r)
{
	const struct json *ref = json_get(root, "objectRef");
	const char *verb = json_text(json_get(root, "verb"), "");

	*r = (struct review){.uid = "review", .kind = kind};
	r->operation = strcmp(verb, "create") == 0 ? OP_CREATE : strcmp(verb, "delete") == 0 ? OP_DELETE : OP_UPDATE;
	r->group = json_text(json_get(ref, "apiGroup"), "");
	r->version = json_text(json_get(ref, "apiVersion"), "v1");
	r->resource = json_text(json_get(ref, "resource"), "");
	r->subresource = json_text(json_get(ref, "subresource"), "");
	r->user = json_text(json_get(user_of(root), "username"), "");
	r->groups = json_get(user_of(root), "groups");
}

static void fill_objects(const struct json *root, struct audit_event *e)
{
	const struct json *sent = json_get(root, "requestObject"), *answered = json_get(root, "responseObject");
	const struct json *ref = json_get(root, "objectRef");
	struct review *r = &e->review;

	answered = object_of_kind(answered, r->kind);
	if (strcmp(e->recorded.verb, "patch") == 0) {
		e->patch = sent;
		sent = NULL;
		r->operation = e->recorded.code == 201 ? OP_CREATE : OP_UPDATE;
	}
	sent = object_of_kind(sent, r->kind);
	r->object = sent ? sent : answered;
	r->name = name_of(ref, sent, answered);
	r->namespace = strcmp(r->kind, "Namespace") == 0 ? r->name : json_text(json_get(ref, "namespace"), "");
	r->dry_run = e->recorded.dry_run;
	if (succeeded(&e->recorded) && !e->recorded.dry_run)
		e->stored = answered ? answered : sent;
}

static bool is_write(const char *verb)
{
	return strcmp(verb, "create") == 0 || strcmp(verb, "update") == 0 || strcmp(verb, "patch") == 0;
}

/* A deletion matters where the object was a fact. */
static enum audit_state state_of_delete(struct audit_event *e)
{
	bool fact = strcmp(e->review.kind, "ConfigMap") == 0 || strcmp(e->review.kind, "Namespace") == 0;

	e->deleted = fact && succeeded(&e->recorded) && !e->recorded.dry_run;
	return e->deleted ? AUDIT_FACT : AUDIT_OTHER;
}

static enum audit_state state_of(struct audit_event *e)
{
	if (strcmp(e->recorded.verb, "delete") == 0)
		return state_of_delete(e);
	if (!is_write(e->recorded.verb))
		return AUDIT_OTHER;
	if (!succeeded(&e->recorded) && !e->recorded.refused)
		return AUDIT_FAILED;
	return e->review.object ? AUDIT_REQUEST : AUDIT_NO_OBJECT;
}

void audit_event_read(const struct json *root, struct audit_event *ret)
{
	const char *kind = kind_of(json_get(root, "objectRef"));

	*ret = (struct audit_event){.state = AUDIT_OTHER};
	read_recorded(root, &ret->recorded);
	if (strcmp(json_text(json_get(root, "stage"), ""), "ResponseComplete") != 0)
		ret->state = AUDIT_STAGE;
	else if (kind) {
		fill_review(root, kind, &ret->review);
		fill_objects(root, ret);
		ret->state = state_of(ret);
	}
}
