/*
 * openreport.h - what was found as Reports of openreports.io/v1alpha1, which dashboards and `kubectl get reports` show.
 *
 *	struct slice text = openreport_of(&arena, &report, &object);    // one object; empty: nothing to say
 *
 *	struct openreport_pods *pods = openreport_pods_new();           // many pods of one owner
 *	if (openreport_pods_due(pods, &object))
 *		while ((text = openreport_pods_take(pods, &arena, &report)).len > 0) ...
 *	if (!openreport_pods_add(pods, &report, &object))
 *		text = openreport_of(&arena, &report, &object);
 *
 * One Report an object that has something to say: a violation, or a change. Except for what is one of many:
 *
 *	a controller of a controller (ReplicaSet of a Deployment, Job of a CronJob)
 *	                        nothing: the owner has the same template, and is judged itself
 *	a pod of a controller   only what is about the running pod itself and the template cannot tell: rules
 *	                        backend.drift, scope.drift, connect.executorBackend
 *	a pod of anything else  every violation, since there is no template that is judged: executors (of their driver's
 *	                        Pod), pods that an operator makes of its own kind
 *
 * Pods with an owner give one Report an owner: "12 pods: a, b, c and 9 more: ...". So 100,000 executors are as many Reports
 * as they have drivers, and a Deployment of 50 replicas that drift is one.
 *
 * A Report is in its object's namespace (a Namespace's in the Namespace), is owned by it where that has a uid, and
 * goes with it. Its name is a function of the object's group, kind, namespace and name. Results, the gravest first:
 *
 *	fail   high     enforce refuses it                      warn   medium   enforce warns of it
 *	skip   low      no client is told: exempted, or action audit by policy
 *	pass   info     a change that admission makes           warn   low      one that it would make, or did not make
 *
 * The category is the part of a rule's id before the dot. policy and rule are both the id.
 *
 * Bounds: OPENREPORT_RESULTS_MAX results, as configuration.limits.maxResults says; where there are more, the last one
 * says how many, and is not counted. The summary counts all. Texts are cut at OPENREPORT_TEXT_MAX and
 * OPENREPORT_VALUE_MAX, and say so. So a Report stays below 1 MiB, and etcd takes 1.5.
 *
 * Pure: report->now is the clock. Nothing but timestamps depends on it: two runs over the same world differ in nothing
 * else. Ownership: texts live in the arena given. Threads: as that.
 * Source: github.com/openreports/reports-api v0.2.1, apis/openreports.io/v1alpha1/report_types.go.
 */
#ifndef REPORT_OPENREPORT_H
#define REPORT_OPENREPORT_H

#include "report/report.h"

#define OPENREPORT_API_VERSION "openreports.io/v1alpha1"
#define OPENREPORT_LABEL "app.kubernetes.io/managed-by"
#define OPENREPORT_SOURCE "sparkgate" /* value of that label, and of source */

#define OPENREPORT_RESULTS_MAX 100
#define OPENREPORT_TEXT_MAX 1024 /* bytes of a message */
#define OPENREPORT_VALUE_MAX 256 /* bytes of a property */

/* Of one namespace. Any further owners share one Report. */
#define OPENREPORT_OWNERS_MAX 1000

/* The Report on object by itself, whoever owns it; empty where there is nothing to say. */
struct slice openreport_of(struct arena *a, const struct report *report, const struct report_object *object);

/* The pods of one namespace's owners, as far as there is something to say. */
struct openreport_pods;

struct openreport_pods *openreport_pods_new(void);
void openreport_pods_free(struct openreport_pods *pods); /* NULL is fine */

/* Is object of another namespace than the pods that are held? Then they are to be taken first. */
bool openreport_pods_due(const struct openreport_pods *pods, const struct report_object *object);

/* true: object is one of many, and there is nothing else to do about it. false: openreport_of() it. */
bool openreport_pods_add(struct openreport_pods *pods, const struct report *report, const struct report_object *object);

/* The Report on the next owner, in the order in which they were met; empty, and all forgotten, at the end. */
struct slice openreport_pods_take(struct openreport_pods *pods, struct arena *a, const struct report *report);

#endif
