/*
 * places.h - every place of an object that sets a Spark key, and which one wins: what explain shows and what
 * `policy test` asks for the effective value of a key.
 *
 *	struct spark_places places;
 *	spark_pod_open(policy, arena, &pod);
 *	spark_places_of(arena, &pod, &places);
 *	const struct place_value *v = spark_places_winner(&places, SLICE_LIT("spark.master"));
 *	if (v) ...  v->value, v->how, v->place
 *
 * For what is effective after rewriting, use a pod struct with the metadata and spec of the rewritten object
 * (struct simulation's result), opened anew.
 *
 * A pod has one invocation for each command line that starts a Connect server (spark/server.h; one where an image's
 * entrypoint starts it); each has winners of its own. In a ConfigMap each properties text is an invocation.
 * The winner is view_winner()'s (spark/effective.h), so it is the one that checks and rules go by. Listed besides the
 * settings that Spark uses are those that a later line of the same text overrides, and those in mounted texts that this
 * command line does not read.
 *
 * Not listed: -Dspark.* of the JVM's variables (SPARK_SUBMIT_OPTS, ...), which connect.javaOptions reports.
 *
 * Bounds: past PLACES_MAX those that can never win are left out, which `more` says; the rest has the bounds of
 * server_view(). Sorted, so no pairwise comparison. Values are kept as they are: show `shown`, which is "(redacted)"
 * for secrets.
 * Ownership: everything in the arena, slices into the object and its lookups. Threads: no state.
 */
#ifndef SPARK_PLACES_H
#define SPARK_PLACES_H

#include "spark/server.h"

/* A deployment has a few dozen. */
#define PLACES_MAX 100000

/* One place that sets one key. */
struct place_value {
	struct slice key, value;
	bool literal;           /* false: known at run time only ($X, $(NAME), ${...}) */
	bool put_in;            /* a master of this cluster, whose address the kubelet puts in: k8s_master_is_put_in() */
	const char *shown;      /* value, or "(redacted)" */
	enum setting_source source;
	const char *carrier;    /* "argv", "shell", "properties", "env", "image" (an entrypoint's own options) */
	const char *how;        /* "--master", "--conf", "env MASTER", "--properties-file", "spark-defaults.conf"; in a ConfigMap the text's key */
	const char *config_map; /* the one looked up for it; NULL: it is in the object itself */
	const char *data_key;   /* of the text in a ConfigMap; NULL elsewhere */
	struct place place;     /* in the object: pointer, container, line; for a looked-up text the line alone */
	const char *server;     /* the container whose invocation it is; NULL in a ConfigMap */
	size_t invocation;      /* from 0 */
	bool read;              /* does the invocation read this place at all? */
	bool wins;              /* Spark uses this one */

	/* Private. */
	size_t order; /* in which they were found */
	const struct cmdline *line;
};

struct spark_places {
	struct place_value *items; /* by invocation, then key, the strongest first, those not read last */
	size_t count, cap;
	size_t invocations;
	bool more;          /* places that do not win were left out */
	const char *unseen; /* the first file that could not be read: "ConfigMap 'x' (not found)"; NULL = all were */
};

/* Of a pod or a controller's template. pod: opened (spark_pod_open()), not rewritten. */
void spark_places_of(struct arena *a, const struct spark_pod *pod, struct spark_places *ret);

/* Of a ConfigMap's properties texts, as they are. */
void spark_places_of_config_map(const struct policy *p, struct arena *a, const struct json *config_map,
				struct spark_places *ret);

/* The place that wins for key in the first invocation that has one; NULL where no place sets it. */
const struct place_value *spark_places_winner(const struct spark_places *list, struct slice key);

/* The same for one invocation. */
const struct place_value *spark_places_winner_in(const struct spark_places *list, size_t invocation, struct slice key);

/* May an expansion on the command line of v, a winner, ("$EXTRA_OPTS", a value of $X) still set another value? */
bool spark_places_uncertain(const struct place_value *v);

/* All places of key in one invocation, the strongest first; NULL and *count 0 where none sets it. */
const struct place_value *spark_places_find(const struct spark_places *list, size_t invocation, struct slice key,
					    size_t *count);

#endif
