/*
 * notice.h - what of a decision is worth an Event: what to report about which object that outlives the request.
 * kube/broadcaster sends it.
 *
 *	struct notice notice;
 *	if (notice_of(&request, &decision, arena, &notice)) ...
 *
 *	SparkgateRefused      Warning  refused
 *	SparkgateWouldRefuse  Warning  passed, because its namespace only warns
 *	SparkgateRewritten    Normal   rewritten by /mutate
 *
 * The Event is about the controller of a pod that is being created, since the pod is not there (yet), and a refused one
 * will never be; in all other cases about the object itself. A dry run gives none: nothing happened, and Events would
 * be a side effect of it. Mode audit gives none: it promises that nobody but the operator hears of it, and Events are
 * seen by everybody in the namespace.
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
	bool template_hash; /* it is a ReplicaSet, and its pod says that a Deployment owns it */
	char *note;         /* one line of any length */
};

/* false: there is nothing to report. */
bool notice_of(const struct engine_request *request, const struct decision *d, struct arena *a, struct notice *ret);

#endif
