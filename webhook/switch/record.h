/*
 * record.h - what a switch under way has to know to be finished or undone by somebody else: the ConfigMap
 * `sparkgate-switch` of the namespace, written before anything else and deleted at the verified end.
 *
 * A ConfigMap, not an annotation of the Namespace: it holds the texts of ConfigMaps byte for byte (1 MiB in all; more, and
 * the API server refuses it before anything is switched), and its creation is the lock: of two switches one gets 409. It has
 * no label, so that admission does not take it for Spark's.
 *
 * The holder renews it while it works. One that was not renewed for SWITCH_STALE_SECONDS, or whose process is gone from this
 * host, is taken over by an update with its resourceVersion; a holder that lost it so stops and touches nothing more.
 *
 * Whoever may write ConfigMaps can write this one. So the Namespace, which needs more rights, names its record: annotation
 * `sparkgate.io/switch` is the digest of what a record says once and for all (words, restarts, texts of before). It is set by the
 * patch that sets the backend, and removed before the record. A record that the Namespace does not name is void:
 * nothing of it was written, or all of it is over, or it is a forgery, and none of it is ever written. Parsing is strict all the same:
 * names are names of objects, kinds those that we restart.
 *
 * Ownership: arena. Threads: any; pure.
 */
#ifndef SWITCH_RECORD_H
#define SWITCH_RECORD_H

#include "switch/plan.h"

#define SWITCH_RECORD_NAME "sparkgate-switch"
#define SWITCH_RECORD_KEY "record.json"
#define SWITCH_STALE_SECONDS 60

struct switch_restart {
	const char *kind, *name, *uid;
	const char *before; /* the template's restartedAt; NULL = none */
};

struct switch_map {
	const char *name, *uid;
	const struct json *data, *binary; /* as they were; NULL = none */
	const char *wrote; /* switch_map_digest() of what admission makes of it, noted before it does; NULL = nothing was written yet */
	const char *back;  /* the same for the earlier text, where admission changes it as it is put back; NULL = it does not */
};

struct switch_record {
	bool undoing;
	const char *host;
	int64_t pid, renewed; /* seconds since 1970 */
	const char *stamp;    /* restartedAt of this switch */
	struct switch_words before, after;
	struct switch_restart *restarts;
	size_t restart_count;
	struct switch_map *maps;
	size_t map_count;
	const char *version; /* resourceVersion it was read or written with; not in the text */
};

struct switch_record *switch_record_of(struct arena *a, const struct switch_plan *plan, const char *stamp);

/* It will be written over the one that is there, whose holder must not be alive. */
void switch_record_replaces(struct switch_record *record, const struct switch_record *there);

/* The ConfigMap, to be sent. */
struct slice switch_record_print(struct arena *a, const char *namespace, const struct switch_record *record);

/* SHA-256, in hex, of what never changes during a record's life. */
const char *switch_record_digest(struct arena *a, const struct switch_record *record);

/* From the ConfigMap. -1 with err, which says what to do. */
MUST_CHECK int switch_record_parse(struct arena *a, const struct json *config_map, struct switch_record *ret, struct err *err);

/* SHA-256 of the texts of a ConfigMap, in hex. Of objects as an API server sends them, whose keys are sorted. */
const char *switch_map_digest(struct arena *a, const struct json *config_map);

/* "/apis/apps/v1/namespaces/a/deployments/b"; NULL of another kind. */
const char *switch_path(struct arena *a, const char *namespace, const char *kind, const char *name);

#endif
