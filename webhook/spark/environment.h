/*
 * environment.h - the environment of a container as a carrier of Spark settings:
 * read, checked, and edited so that it does not contradict the command line.
 *
 *	struct environment env;
 *	environment_read(arena, container, "/spec/containers/0", lookups, &env);
 *	const char *ip = environment_pod_ip(&env);        // "POD_IP": "$(POD_IP)" is the pod's address
 *	environment_set(&env, SLICE_LIT("spark.master"), master, "backend.master", &changes);
 *	environment_patch(&env, &patch);
 *
 * Kubernetes' order (pkg/kubelet makeEnvironmentVariables): envFrom first, a later source
 * over an earlier one, then env, a later entry over an earlier one.
 * Spark's: the environment comes last (SparkSubmitArguments.loadEnvironmentArguments),
 * so a setting here decides only where no option and no file has the key.
 *
 * Nothing is ever added but the pod's own address and name, by fieldRef.
 *
 * Ownership: everything in the arena, slices into container and lookups. Threads: as the arena.
 */
#ifndef SPARK_ENVIRONMENT_H
#define SPARK_ENVIRONMENT_H

#include "spark/spark.h"

enum env_kind {
	ENV_TEXT,     /* the value is known exactly */
	ENV_POD_IP,   /* fieldRef status.podIP */
	ENV_POD_NAME, /* fieldRef metadata.name */
	ENV_FIELD,    /* another name, label or number: without blanks, and not starting with '-' */
	ENV_RUN_TIME  /* anything else that only the running pod has */
};

struct env_item {
	struct slice name;
	struct slice value;
	const struct json *from; /* its valueFrom, where value says nothing but that it is known at run time; else NULL */
	enum env_kind kind;
	bool refers;            /* ENV_RUN_TIME whose value is as written, with references for the kubelet to resolve (env_text.h) */
	const char *config_map; /* name of the ConfigMap that the value was read from, else NULL */
	size_t index;           /* in the array env; SIZE_MAX where it comes from envFrom */
	size_t order;           /* from 0: of two with one name the later wins */
};

/* What is to change in the array env: private to environment.c. */
struct env_edit {
	size_t index;       /* SIZE_MAX: append */
	const char *name;
	struct slice value; /* ptr NULL: field says where the value comes from */
	const char *field;
};

struct environment {
	struct arena *arena;
	const struct json *container;
	const char *pointer;    /* of the container: "/spec/containers/0" */
	struct env_item *items; /* sorted by name, one for each name: the one that wins */
	size_t count, cap;
	uint64_t present;       /* a bit for each name: most names that are looked up are not there */
	struct env_item *shadowed; /* those that lose, sorted by name and order: entries before the winner may refer to them */
	size_t shadowed_count, shadowed_cap;
	size_t keys_read;       /* by configMapKeyRef */
	const char *unseen;     /* an envFrom that could not be read, or is missing: "Secret 's'"; NULL = all were read */
	struct env_edit *edits;
	size_t edit_count, edit_cap;
};

/* Read the container's environment. Never fails: what cannot be known is ENV_RUN_TIME or unseen. */
void environment_read(struct arena *a, const struct json *container, const char *pointer,
		      const struct lookups *lookups, struct environment *ret);

/* The variable of that name as it was read; NULL where there is none. */
const struct env_item *environment_find(const struct environment *env, struct slice name);

/* The variable of that name as the entry with that order sees it: the last one before it; NULL where there is none. */
const struct env_item *environment_before(const struct environment *env, struct slice name, size_t order);

/* Append the settings that spark-submit takes from the environment as it was read: MASTER, DEPLOY_MODE,
 * SPARK_REMOTE, SPARK_DRIVER_MEMORY, SPARK_EXECUTOR_MEMORY, SPARK_EXECUTOR_CORES. */
void environment_settings(struct arena *a, const struct environment *env, struct settings *list);

/* Which of these variables carries key: "MASTER" for spark.master; NULL where none does. */
const char *environment_variable_of(struct slice key);

/* The name of the variable that holds the pod's address / the pod's name, for use as $(NAME) in command and args. Where
 * there is none, one is added: POD_IP, or SPARKGATE_POD_IP where that name is already in use (POD_NAME likewise).
 * Asking twice adds one only. */
const char *environment_pod_ip(struct environment *env);
const char *environment_pod_name(struct environment *env);

/* Replace the literal variable that carries key ("spark.master": MASTER), so that it does not contradict the command
 * line. Without such a variable, or where its value comes from elsewhere, nothing happens: the command line wins
 * anyway. */
void environment_set(struct environment *env, struct slice key, struct slice value, const char *rule,
		     struct changes *changes);

/* Append the operations for what was added and set. */
void environment_patch(const struct environment *env, struct json_patch *patch);

#endif
