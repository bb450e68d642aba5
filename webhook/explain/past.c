#include "explain/past.h"

static const char *text(const struct json *object, const char *key, const char *fallback)
{
	return json_text(json_get(object, key), fallback);
}

bool past_is_event(const struct json *root)
{
	return strcmp(text(root, "kind", ""), "Event") == 0 && strncmp(text(root, "apiVersion", ""), "audit.k8s.io/", 13) == 0;
}

/* ---- annotations ---- */

/* Which of our entries does key name, up to its '/'? NULL: none. */
static const char *entry_of_key(struct slice key)
{
	for (int i = 0; i < ENTRY_COUNT; i++)
		if (slice_is(key, entry_name((enum entry)i)))
			return entry_name((enum entry)i);
	return NULL;
}

static void add_note(struct past *past, const char *entry, const char *name, const char *value)
{
	if (past->note_count == PAST_NOTES_MAX)
		past->more = true;
	else
		past->notes[past->note_count++] = (struct past_note){entry, name, value};
}

static void add_failed_open(struct past *past, const char *value)
{
	const char *entry = entry_of_key(slice_of(value));

	for (size_t i = 0; i < past->failed_count; i++)
		if (past->failed_open[i] == entry)
			return;
	if (entry && past->failed_count < ENTRY_COUNT)
		past->failed_open[past->failed_count++] = entry;
}

static void read_annotations(const struct json *annotations, struct past *past)
{
	JSON_EACH(item, annotations) {
		struct slice rest = json_key_slice(item), key = slice_cut(&rest, '/');
		const char *entry = entry_of_key(key), *value = json_text(item, "");
		if (entry)
			add_note(past, entry, rest.ptr, value);
		else if (slice_starts(key, "failed-open."))
			add_failed_open(past, value);
	}
}

const char *past_note(const struct past *past, const char *name)
{
	for (size_t i = 0; i < past->note_count; i++)
		if (strcmp(past->notes[i].name, name) == 0)
			return past->notes[i].value;
	return NULL;
}

/* ---- the request ---- */

static enum operation operation_of(const char *verb)
{
	if (strcmp(verb, "update") == 0 || strcmp(verb, "patch") == 0)
		return OP_UPDATE;
	return strcmp(verb, "delete") == 0 ? OP_DELETE : OP_CREATE;
}

/* The object as it was sent; of a patch, which sends a part, as it was stored. NULL: the log has neither (level
 * Metadata). */
static const struct json *object_of(const struct json *event)
{
	const struct json *sent = json_get(event, "requestObject"), *stored = json_get(event, "responseObject");
	const struct json *object = strcmp(text(event, "verb", ""), "patch") == 0 ? stored : sent;

	/* A refusal's responseObject is a Status. */
	return json_get(object, "metadata") && strcmp(text(object, "kind", ""), "Status") != 0 ? object : NULL;
}

static void read_request(const struct json *event, struct arena *a, struct past *past)
{
	const struct json *ref = json_get(event, "objectRef"), *object = object_of(event);
	const char *api_version = text(object, "apiVersion", ""), *slash = strchr(api_version, '/');

	past->has_review = object != NULL;
	if (!object)
		return;
	past->kind = text(object, "kind", past->kind);
	past->review = (struct review){
		.uid = past->id, .operation = operation_of(past->verb), .kind = past->kind, .resource = text(ref, "resource", ""),
		.subresource = text(ref, "subresource", ""), .namespace = past->namespace, .name = past->name,
		.user = past->user ? past->user : "", .groups = json_get(json_get(event, "user"), "groups"), .object = object,
		.group = slash ? arena_dup(a, (struct slice){api_version, (size_t)(slash - api_version)}) : "",
		.version = slash ? slash + 1 : api_version};
}

static const char *name_of(const struct json *event)
{
	const struct json *metadata = json_get(json_get(event, "requestObject"), "metadata");
	const char *name = text(json_get(event, "objectRef"), "name", NULL);

	if (!name)
		name = text(json_get(json_get(event, "responseObject"), "metadata"), "name", NULL);
	return name ? name : text(metadata, "name", text(metadata, "generateName", ""));
}

static void read_status(const struct json *status, struct past *past)
{
	const char *message = text(status, "message", NULL);

	if (json_int(json_get(status, "code"), &past->code) < 0)
		past->code = 0;
	past->refused = past->code >= 400 || strcmp(text(status, "status", ""), "Failure") == 0;
	past->message = past->refused ? message : NULL;
	past->by_us = past->message && strstr(past->message, "sparkgate.io\" denied the request") != NULL;
}

int past_read_event(const struct json *event, struct arena *a, struct past *ret, struct err *err)
{
	const struct json *ref = json_get(event, "objectRef");
	const char *id = text(event, "auditID", NULL);

	if (!id)
		return err_set(err, "an audit Event without auditID");
	*ret = (struct past){.id = id, .verb = text(event, "verb", "?"), .kind = text(ref, "resource", "?"),
			     .namespace = text(ref, "namespace", ""), .name = name_of(event),
			     .time = text(event, "requestReceivedTimestamp", NULL),
			     .user = text(json_get(event, "user"), "username", NULL)};
	read_status(json_get(event, "responseStatus"), ret);
	read_annotations(json_get(event, "annotations"), ret);
	read_request(event, a, ret);
	return 0;
}

/* ---- AdmissionReview ---- */

bool past_read_response(const struct json *root, const struct review *review, struct past *ret)
{
	const struct json *response = json_get(root, "response");

	if (json_type(response) != JSON_OBJECT)
		return false;
	*ret = (struct past){.id = text(response, "uid", review->uid ? review->uid : ""), .verb = operation_name(review->operation),
			     .user = *review->user ? review->user : NULL, .kind = review->kind, .namespace = review->namespace,
			     .name = review->name, .has_review = true, .review = *review};
	read_status(json_get(response, "status"), ret);
	ret->refused = !json_bool(json_get(response, "allowed"), true);
	ret->by_us = ret->refused;
	ret->message = ret->refused ? text(json_get(response, "status"), "message", NULL) : NULL;
	JSON_EACH(item, json_get(response, "auditAnnotations"))
		add_note(ret, "", json_key(item), json_text(item, ""));
	return true;
}
