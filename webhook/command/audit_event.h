/*
 * audit_event.h - one event of the API server's audit log (audit.k8s.io/v1) as the admission request that it was.
 *
 *	struct audit_event event;
 *	audit_event_read(root, &event);
 *	if (event.state == AUDIT_REQUEST)
 *		... event.review, event.recorded ...
 *
 * Which object: of a create and an update what the client sent (requestObject: with the API server's defaults, before any
 * webhook), else what was stored. Of a patch what was stored, since requestObject is the patch itself; so it is what
 * webhooks made of it. Of a patch that created (server-side apply) the operation is CREATE, as the webhooks heard.
 *
 * What there is not: the object as it was before an update (review.old_object is NULL), and which objects a deletecollection
 * took: ConfigMaps that went that way stay facts.
 *
 * Only what the webhooks are called for is a request (manifests/webhook-configurations.yaml): CREATE and UPDATE of pods,
 * their ephemeral containers, ConfigMaps, Namespaces and the eight controllers.
 *
 * Source: k8s.io/apiserver pkg/apis/audit/v1 types.go, pkg/audit/request.go (LogRequestObject, LogRequestPatch,
 * LogResponseObject). Whoever may write to the cluster chose parts of it: nothing here trusts a type or a length, and
 * the reader of the JSON is bounded.
 *
 * Ownership: everything points into root. Threads: no state.
 */
#ifndef COMMAND_AUDIT_EVENT_H
#define COMMAND_AUDIT_EVENT_H

#include "admission/review.h"

/* An event holds two objects of at most 3 MiB, and what webhooks changed. */
#define AUDIT_LINE_MAX (16u * 1024 * 1024)
#define AUDIT_JSON_NODES 500000

enum audit_state {
	AUDIT_REQUEST,   /* one that webhooks are called for, and its object is there */
	AUDIT_FACT,      /* no request, but it changes what is known: a ConfigMap or Namespace was deleted */
	AUDIT_NO_OBJECT, /* it would be one, but the log holds no object */
	AUDIT_FAILED,    /* not carried out, for a reason that is not ours: authorization, conflict, quota, others' webhooks */
	AUDIT_OTHER,     /* no webhook of ours is called for it */
	AUDIT_STAGE      /* not the end of a request (RequestReceived, ResponseStarted, Panic) */
};

/* What was done then. */
struct audit_recorded {
	const char *audit_id, *time, *verb; /* "" where absent */
	const char *user;
	int code;
	bool dry_run;
	bool asked;                     /* sparkgate was: it refused, or left annotations */
	bool refused;                   /* by sparkgate */
	const char *message;            /* of a refusal by sparkgate; NULL = none */
	const struct json *warnings;    /* that were sent; an audit log does not hold them: NULL */
	const struct json *annotations; /* all of the event's; audit_annotation() finds ours */
	bool plain;                     /* not from a log but a webhook's own answer: all annotations are ours, without an entry's name */
};

struct audit_event {
	enum audit_state state;
	struct review review; /* identity in every state but OTHER and STAGE; object for REQUEST */
	struct audit_recorded recorded;
	const struct json *stored; /* the object as it is now in the cluster; NULL = not known, or nothing was stored */
	const struct json *patch;  /* of verb patch: the patch */
	bool deleted;
};

/* Does root say that it is an audit Event, or an EventList (whose items are Events)? */
bool audit_is_event(const struct json *root);
bool audit_is_event_list(const struct json *root);

/* Is it an Event among the items of an EventList? Those of the API server's own lists name neither kind nor apiVersion, as in
 * any typed list (k8s.io/apiserver plugin/pkg/audit/webhook posts such lists): the stage tells then. */
bool audit_is_list_item(const struct json *item);

void audit_event_read(const struct json *root, struct audit_event *ret);

/* The value of the first annotation of ours by that name, of an entry that ends in kind (".mutate", ".validate"; "" = any);
 * NULL where there is none. For plain ones only the name counts. */
const char *audit_annotation(const struct audit_recorded *recorded, const char *kind, const char *name);

#endif
