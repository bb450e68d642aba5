/*
 * status.h - the state of a namespace: what it asks for, where its Connect servers really run, what was refused of late, and
 * sparkgate itself.
 *
 *	struct status_asker asker = {client, arena, clock_unix()};
 *	struct status_namespace ns;
 *	struct status_gate gate;
 *	status_find_gate(&asker, NULL, NULL, &gate);
 *	status_judge_gate(&asker, policy, &gate);
 *	status_of_namespace(&asker, policy, &gate, "team-a", &ns);
 *
 * Three witnesses are kept apart. What the namespace asks for is its label and annotations. What is configured is read from the
 * pod as it is stored and the ConfigMaps that it names, by the engine's own reading; the decision annotation says what
 * admission meant once and is not asked. Where a server really runs is what its driver says (status/spark_ui.h), through the
 * API server's proxy to the pod, with the rights of the user.
 *
 * Where something may not be read, its place says so, with the right that it needs; that never fails the rest. `problems` are what
 * is wrong, one line each, with what to do; `notes` what is as somebody chose it, and worth knowing: a server that is elsewhere where
 * nothing moves it yet, as the mode is not enforce.
 *
 * Bounds: STATUS_SERVERS_MAX servers, STATUS_REFUSALS_MAX refusals, STATUS_REPLICAS_MAX replicas; what is beyond is counted. A
 * question is asked once, so a cluster that hangs costs STATUS_ASK_NS (status/ask.h) for each; but lists of pods, Events and webhook
 * configurations are asked for as kube/list.h does, again where no answer came.
 *
 * Ownership: the asker's arena. Threads: that of its client.
 */
#ifndef STATUS_STATUS_H
#define STATUS_STATUS_H

#include "policy/namespace.h"

#define STATUS_SERVERS_MAX 64
#define STATUS_REFUSALS_MAX 10
#define STATUS_REPLICAS_MAX 16

/* A refusal is recent within this; older ones are shown, but are not a problem. */
#define STATUS_RECENT_SECONDS 3600
/* Certificates renew themselves long before. */
#define STATUS_CERTIFICATE_SECONDS (14 * 86400)

struct status_asker; /* status/ask.h */

enum status_fit { STATUS_FITS, STATUS_WRONG, STATUS_UNTOLD /* nothing to compare */ };

struct status_server {
	const char *owner; /* "Deployment connect"; "" = no owner */
	const char *pod;
	const char *phase; /* "Running", "Pending" */
	bool ready;
	int64_t since;     /* seconds since 1970 when the pod was made; 0 = not said */

	/* What is configured. */
	const char *master;  /* shown; NULL = no place sets it */
	const char *from;    /* "--master", "spark-defaults.conf" */
	const char *unseen;  /* a ConfigMap that could not be read; NULL = all were */
	bool uncertain;      /* known at run time only */

	/* What the driver says. */
	const char *not_asked; /* why nothing was asked, or nothing heard; NULL = the next three are set */
	const char *real_master, *version, *application;
	const char *executors_unknown; /* NULL: executors is set */
	size_t executors;

	enum status_fit fit;
};

struct status_refusal {
	const char *kind, *name, *reason, *note;
	int64_t last; /* seconds since 1970 */
	int64_t count;
	bool warning;
};

struct status_lines {
	const char **items;
	size_t count, cap;
};

/* When the label was there, with its value, at the latest; by_then 0 = not known. */
struct status_opted_in {
	const char *manager; /* what wrote it: "kubectl-label"; hostile text like any other */
	int64_t by_then;     /* seconds since 1970 */
};

struct status_namespace {
	const char *name;
	bool missing;        /* there is none of that name */
	const char *unknown; /* why the Namespace could not be read; NULL = ns is set */
	struct namespace ns;
	struct status_opted_in opted_in;

	const char *servers_unknown; /* NULL: the next are set */
	struct status_server *servers;
	size_t server_count, server_more;

	const char *refusals_unknown;
	struct status_refusal *refusals; /* the newest first; rewritten ones are not among them */
	size_t refusal_count, refusal_more;

	struct status_lines problems, notes;
};

struct status_replica {
	const char *pod;
	bool ready;
	const char *layer;   /* "NAMESPACE/NAME" of its --policies-configmap; NULL = it has none */
	const char *unknown; /* why its metrics could not be read; NULL: the next are set */
	const char *policy, *version;
	int64_t certificate_until; /* seconds since 1970; 0 = not said */
	struct status_lines troubles; /* of its /readyz: "match-conditions: not in step with the policy: ..." */
};

struct status_webhooks {
	const char *kind;    /* "MutatingWebhookConfiguration" */
	const char *name;    /* NULL: none was found */
	const char *unknown; /* NULL: the next are set */
	bool missing;
	const struct json *object;
	size_t entries, closed; /* closed: with failurePolicy Fail */
};

struct status_gate {
	const char *namespace;
	const char *replicas_unknown;
	struct status_replica *replicas;
	size_t replica_count, replica_more;
	struct status_webhooks webhooks[2];
	struct status_lines problems, notes;
};

/* Ask for sparkgate: nothing is judged. namespace: where it is installed, NULL: where its webhook configurations call; name: of these,
 * NULL: those that have an entry of its. */
void status_find_gate(struct status_asker *asker, const char *namespace, const char *name, struct status_gate *ret);

/* Say what is wrong with what was found: webhook configurations are compared with the shipped ones (policy/called.h), and what each
 * replica's /readyz says is told. */
void status_judge_gate(struct status_asker *asker, const struct policy *policy, struct status_gate *gate);

/* By which policy the replicas in a namespace judge, for who has another question: only their metrics are asked, up to the first that
 * has a policy or to where no answer comes. Not to be judged. */
void status_find_policy(struct status_asker *asker, const char *namespace, struct status_gate *ret);

/* gate: its webhook configurations may leave the namespace out. */
void status_of_namespace(struct status_asker *asker, const struct policy *policy, const struct status_gate *gate, const char *name,
			 struct status_namespace *ret);

/* The namespaces that opted in, by name. NULL, or the reason. */
const char *status_opted_in(struct status_asker *asker, const char *const **ret, size_t *count);

#endif
