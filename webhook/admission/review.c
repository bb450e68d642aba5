#include "admission/review.h"

const char *operation_name(enum operation op)
{
	static const char *const names[] = {"CREATE", "UPDATE", "DELETE", "CONNECT"};

	return names[op];
}

bool operation_parse(const char *name, enum operation *ret)
{
	for (int op = OP_CREATE; op <= OP_CONNECT; op++)
		if (strcmp(name, operation_name((enum operation)op)) == 0) {
			*ret = (enum operation)op;
			return true;
		}
	return false;
}

/* The API server sends a UUID; anything printable and short is echoed. */
static bool uid_is_sane(const char *uid)
{
	size_t n = strlen(uid);

	if (n == 0 || n > REVIEW_UID_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (uid[i] <= ' ' || uid[i] > '~')
			return false;
	return true;
}

static int check_envelope(const struct json *root, struct err *err)
{
	const char *version = json_text(json_get(root, "apiVersion"), "");
	const char *kind = json_text(json_get(root, "kind"), "");

	if (strcmp(kind, "AdmissionReview") != 0)
		return err_set(err, "kind is '%.60s', expected AdmissionReview", kind);
	if (strcmp(version, "admission.k8s.io/v1") != 0)
		return err_set(err, "apiVersion is '%.60s', expected admission.k8s.io/v1", version);
	return 0;
}

static int object_member(const struct json *request, const char *key, const struct json **ret, struct err *err)
{
	const struct json *v = json_get(request, key);

	if (v && json_type(v) != JSON_OBJECT)
		return err_set(err, "request.%s is a %s, expected an object", key, json_type_name(json_type(v)));
	*ret = v;
	return 0;
}

static const char *name_of(const struct json *request, const struct json *object)
{
	const struct json *metadata = json_get(object, "metadata");
	const char *name = json_text(json_get(request, "name"), "");

	if (*name == '\0')
		name = json_text(json_get(metadata, "name"), "");
	return *name ? name : json_text(json_get(metadata, "generateName"), "");
}

/* request.namespace is the namespace: an object that names another one is not judged by either. */
static int check_namespace(const struct review *r, struct err *err)
{
	const char *own = json_text(json_get(json_get(r->object, "metadata"), "namespace"), "");

	if (*own && *r->namespace && strcmp(own, r->namespace) != 0)
		return err_set(err, "metadata.namespace is '%.63s', the request is for namespace '%.63s'", own,
			       r->namespace);
	return 0;
}

static int check_objects(const struct review *r, struct err *err)
{
	bool wants_object = r->operation == OP_CREATE || r->operation == OP_UPDATE;

	if (wants_object && !r->object)
		return err_set(err, "request.object is missing for %s", operation_name(r->operation));
	return 0;
}

static void fill_identity(const struct json *request, struct review *r)
{
	const struct json *kind = json_get(request, "kind"), *resource = json_get(request, "resource");
	const struct json *user = json_get(request, "userInfo");

	r->group = json_text(json_get(kind, "group"), "");
	r->version = json_text(json_get(kind, "version"), "");
	r->kind = json_text(json_get(kind, "kind"), "");
	r->resource = json_text(json_get(resource, "resource"), "");
	r->subresource = json_text(json_get(request, "subResource"), "");
	r->namespace = json_text(json_get(request, "namespace"), "");
	r->dry_run = json_bool(json_get(request, "dryRun"), false);
	r->user = json_text(json_get(user, "username"), "");
	r->groups = json_get(user, "groups");
}

static int parse_request(const struct json *request, struct review *r, struct err *err)
{
	fill_identity(request, r);
	if (*r->kind == '\0' || *r->resource == '\0')
		return err_set(err, "request.%s is missing", *r->kind ? "resource.resource" : "kind.kind");
	const char *operation = json_text(json_get(request, "operation"), "");
	if (!operation_parse(operation, &r->operation))
		return err_set(err, "request.operation is '%.40s', expected CREATE, UPDATE, DELETE or CONNECT", operation);
	if (object_member(request, "object", &r->object, err) < 0 ||
	    object_member(request, "oldObject", &r->old_object, err) < 0)
		return -1;
	r->name = name_of(request, r->object ? r->object : r->old_object);
	if (check_objects(r, err) < 0)
		return -1;
	return check_namespace(r, err);
}

int review_parse(struct arena *a, struct slice body, struct review *ret, int *code, struct err *err)
{
	const struct json *root;

	*ret = (struct review){.group = "", .version = "", .kind = "", .resource = "", .subresource = "",
			       .namespace = "", .name = "", .user = ""};
	*code = 400;
	if (json_read(a, body, &(struct json_reading){.without = SLICE_LIT("managedFields")}, &root, err) < 0)
		return err_wrap(err, "AdmissionReview");

	const struct json *request = json_get(root, "request");
	const char *uid = json_text(json_get(request, "uid"), "");
	if (json_type(request) != JSON_OBJECT)
		return err_set(err, "AdmissionReview: request is missing");
	if (!uid_is_sane(uid))
		return err_set(err, "AdmissionReview: request.uid is missing or not plain text of at most %d bytes",
			       REVIEW_UID_MAX);
	ret->uid = uid;
	if (check_envelope(root, err) < 0 || parse_request(request, ret, err) < 0)
		return err_wrap(err, "AdmissionReview");
	return 0;
}
