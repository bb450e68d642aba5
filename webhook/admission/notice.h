/*
 * notice.h - what of a decision is worth an Event: who is to be told what, in an object that lives longer than the
 * request. Sending is kube/broadcaster's.
 *
 *	struct notice notice;
 *	if (notice_of(&request, &decision, arena, &notice)) ...
 *
 *	SparkgateRefused      Warning  refused
 *	SparkgateWouldRefuse  Warning  passed, because its namespace only warns
 *	SparkgateRewritten    Normal   rewritten by /mutate
 *
 * About what: of a pod that is created its controller, since the pod is not there (yet), and of one that is refused will never
 * be; of all else the object itself. A dry run gives none: nothing happened, and Events would be a side effect of it. Mode audit
 * gives none: it promises that nobody but the operator hears of it, and Events are seen by everybody in the namespace.
 *
 * The note has no name of the object in it: pods of one controller that fail for the same reason are one Event.
 *
 * Ownership: arena, the review and the decision. Threads: no state.
 */
#ifndef ADMISSION_NOTICE_H
#define ADMISSION_NOTICE_H

#include "admission/engine.h"

struct notice {
	bool warning;
	const char *reason; /* one of the above, a literal */
	const char *api_version, *kind, *namespace, *name; /* of the object that the Event is about; namespace "" = of the cluster */
	const char *uid;    /* "" = not known */
	bool template_hash; /* it is a ReplicaSet, and its pod says that a Deployment stands behind it */
	char *note;         /* one line of any length */
};

/* false: nobody has to be told. */
bool notice_of(const struct engine_request *request, const struct decision *d, struct arena *a, struct notice *ret);

#endif
