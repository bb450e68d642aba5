/*
 * openshift.h - living next to OpenShift's SCC plugin, which assigns users before us, runs again
 * after us and then demands an unchanged pod.
 */
#ifndef ADMISSION_OPENSHIFT_H
#define ADMISSION_OPENSHIFT_H

#include "admission/subject.h"
#include "policy/namespace.h"

/* Does the SCC plugin assign users in this namespace, or has it assigned one to this pod? */
bool openshift_manages(const struct namespace *ns, const struct json *metadata);

/* A pinned UID outside the namespace's range: restricted-v2 will refuse the pod. A warning on a
 * controller, where somebody still sees it; a note for the audit on a pod. */
void openshift_check(struct arena *a, const struct namespace *ns, const struct subject *s, struct findings *findings);

#endif
