/*
 * subject.h - the pod inside an object: of a Pod itself, or the template of one
 * of the eight pod controllers. Judged by the same code, at another place.
 *
 * Ownership: points into the object. Threads: plain data.
 */
#ifndef ADMISSION_SUBJECT_H
#define ADMISSION_SUBJECT_H

#include "admission/review.h"

struct subject {
	const struct json *root;     /* the object */
	const struct json *metadata; /* of the pod or template; NULL if the template has none */
	const struct json *spec;     /* of the pod or template */
	const char *prefix;          /* where they are: "", "/spec/template", "/template", of a CronJob
				      * "/spec/jobTemplate/spec/template" */
	bool controller;
};

/* Is kind one of Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob,
 * ReplicationController, PodTemplate? */
bool kind_is_controller(const char *kind);

/* The pod in object; -1 if there is none, or its spec is not an object (kind says where to look). */
MUST_CHECK int subject_of(const struct json *object, const char *kind, struct subject *ret);

/* subject after patch (whose pointers start at the root). -1 with err if the patch does not apply. */
MUST_CHECK int subject_apply(struct arena *a, const struct subject *subject, const struct json_patch *patch,
			     struct subject *ret, struct err *err);

#endif
