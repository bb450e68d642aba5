/*
 * review.h - an AdmissionReview in and out (admission.k8s.io/v1): the only
 * place where bytes and objects meet.
 *
 * Incoming: strict. The outcome of review_parse() says how to answer, since the
 * API server turns HTTP errors into a blank 500: once the uid could be read, every failure is
 * answered with 200 and allowed:false.
 *
 * Ownership: arena. Threads: a review belongs to one request.
 */
#ifndef ADMISSION_REVIEW_H
#define ADMISSION_REVIEW_H

#include "base/json.h"
#include "base/json_patch.h"

enum operation { OP_CREATE, OP_UPDATE, OP_DELETE, OP_CONNECT };

const char *operation_name(enum operation op);
bool operation_parse(const char *name, enum operation *ret); /* false: it is none */

#define REVIEW_UID_MAX 128

struct review {
	const char *uid; /* 1..REVIEW_UID_MAX bytes; NULL if it could not be read */
	enum operation operation;
	const char *group, *version, *kind; /* of request.kind: "", "v1", "Pod" */
	const char *resource, *subresource; /* "pods", "" */
	const char *namespace;              /* request.namespace; "" for cluster-scoped objects, but of a Namespace its own name */
	const char *name;                   /* request.name, else metadata.name, else generateName, else "" */
	bool dry_run;
	const char *user;
	const struct json *groups; /* of the user; NULL = none */
	const struct json *object, *old_object; /* NULL = absent */
};

/* Parse body; of its objects managedFields are left out: no rule reads them, and they are a quarter of many
 * an object. On failure -1 with err; ret->uid is set if it could be read nonetheless, and
 * *code is the HTTP-like code for the answer (400). */
MUST_CHECK int review_parse(struct arena *a, struct slice body, struct review *ret, int *code, struct err *err);

/* A field at fault, for status.details.causes. */
struct cause {
	const char *message;
	const char *field; /* "spec.containers[0].args[2]" */
};

struct answer {
	bool allowed;
	int code;            /* of a refusal: 403, 400, 413, 503 */
	const char *reason;  /* "Forbidden", "BadRequest", ... */
	const char *message; /* of a refusal */
	const char *kind, *name; /* for status.details */
	const struct cause *causes;
	size_t cause_count;
	const char *const *warnings;
	size_t warning_count;
	const char *const (*audit)[2]; /* key, value */
	size_t audit_count;
	const struct json_patch *patch; /* NULL or empty: no patch */
};

/* The AdmissionReview that answers uid. */
struct slice answer_print(struct arena *a, const char *uid, const struct answer *answer);

#endif
