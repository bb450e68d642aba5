/*
 * policy.h - the policy in force, compiled: what spark/, pss/ and admission/ ask.
 *
 * A policy is loaded from layers of YAML files (policy/load.h): first the layer
 * that is built into the program (policies/), then the user's. Later layers
 * override earlier ones by id. A compiled policy never changes: a reload makes a
 * new one and drops the reference to the old, so a request works on one policy
 * from beginning to end.
 *
 * Ownership: all strings live in the policy's own arena. Threads: read-only, any
 * number; policy_ref()/policy_unref() are atomic.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "policy/finding.h"

#include <stdint.h>

enum backend { BACKEND_NONE, BACKEND_K8S, BACKEND_STANDALONE };

/* What policies and namespaces call them, by enum; the first is "none". So for verbs and roles below. */
#define BACKEND_COUNT (BACKEND_STANDALONE + 1)
extern const char *const backend_words[BACKEND_COUNT];

const char *backend_name(enum backend backend); /* "k8s", "standalone"; NULL for none */

/* A list of words of a policy file. */
struct texts {
	const char **items;
	size_t count;
};

/* Is text one of them? A '*' in an item stands for any run of bytes. */
bool texts_has(const struct texts *list, struct slice text);

/* "4.1" as a number that sorts: 401; 0 = not known. */
typedef unsigned spark_version;

/* The major.minor at the start of text ("4.1.0-java17" -> 401, "v3.5" has none); 0 if there is none. */
spark_version spark_version_parse(struct slice text);

/* The same back again: "4.1". */
const char *spark_version_text(struct arena *a, spark_version version);

/* What has changed most: Connect in the classic server, another layout of its jars, options of the start script. */
#define SPARK_4_0 400u

#define SPARK_VERSION_MAJOR(version) ((version) / 100)
#define SPARK_VERSION_MINOR(version) ((version) % 100)

struct version_range {
	spark_version first, last; /* both inside; 0 = open */
};

bool version_in(struct version_range range, spark_version version);

enum verb { VERB_SET, VERB_DEFAULT, VERB_DERIVE, VERB_DISABLE, VERB_RENAME, VERB_REQUIRE, VERB_FORBID };

#define VERB_COUNT (VERB_FORBID + 1)
extern const char *const verb_words[VERB_COUNT];

const char *verb_name(enum verb verb);

/* What counts as absent for a `default`, besides not being there. Bits. */
enum absent {
	ABSENT_ZERO = 1,       /* "0": a random port */
	ABSENT_LOCAL = 2,      /* an IP literal or localhost: of whoever wrote it, not of this pod */
	ABSENT_UNEXPANDED = 4, /* a $(NAME) left inside a file, where Kubernetes expands nothing */
	ABSENT_SERVICE = 8     /* the name of a Service, NAME, NAME.NAMESPACE of this pod's own, or NAME.NAMESPACE.svc…: it leads
				* to pods that are ready */
};

/* Keys that say how much of executors there is, of which one follows from others (spark/executors.h). */
enum size_key {
	SIZE_KEY_NONE,
	SIZE_KEY_CORES,     /* spark.executor.cores */
	SIZE_KEY_CORES_MAX, /* spark.cores.max */
	SIZE_KEY_INSTANCES  /* spark.executor.instances */
};

/* Of an id: it is a label of metrics. */
#define RULE_ID_MAX 72

/*
 * One rule of one backend. Values may hold placeholders (template.h), filled in by spark/rules.c. One whose value has
 * something that only a pod has is written to the command line only, never into a ConfigMap.
 */
struct rule {
	const char *id, *why; /* id: at most RULE_ID_MAX bytes, of letters, digits and one dot */
	enum backend backend;
	enum verb verb;
	struct version_range versions;
	const char *key;      /* the Spark key; may end in '*' for disable, require and forbid */
	enum size_key size;   /* which of these key is */
	const char *value;    /* set, default: template; disable: harmless value for a file that is not
			       * ours to write, or NULL; rename: the new key */
	unsigned asks;        /* set, default: the placeholders of value, template_asks() */
	const char *match;    /* disable, require, forbid: only where the value contains this, in any case of letters, or matches this
			       * pattern ("local*"), or (except for require) may, since Spark or a shell makes it; NULL = any */
	struct texts unless;  /* default, disable: not where one of these stands: "KEY", "KEY=VALUE" (or a pattern), "KEY!=VALUE" */
	unsigned absent;      /* default: enum absent */
	bool needed;          /* default, derive: written also where a file could not be read */
	enum action action;   /* what a violation does: deny unless the rule says otherwise */
	const char *place;    /* "site.yaml:7"; NULL: a shipped one */
};

/* A check that code implements; the policy sets what it does. */
struct check {
	const char *id; /* "connect.deployMode" */
	enum action action;
	const char *why;
};

/* A key that looks like a Spark key and does nothing (connect.unknownKey). */
struct wrong_key {
	const char *key; /* may end in '*' */
	struct version_range versions;
	const char *why; /* what is true instead */
	size_t fixed;    /* bytes of key before a '*' */
	uint32_t mark;   /* slice_mark() of a key without '*'; 0: it has one */
};

/* ---- selectors ---- */

enum role {
	ROLE_NONE,
	ROLE_CONNECT_SERVER,
	ROLE_EXECUTOR,
	ROLE_STANDALONE_MASTER,
	ROLE_STANDALONE_WORKER,
	ROLE_CONNECT_CONFIG
};

#define ROLE_COUNT (ROLE_CONNECT_CONFIG + 1)
extern const char *const role_words[ROLE_COUNT];

const char *role_name(enum role role); /* "connect-server", ...; NULL for none */

/* One way to recognise a role by labels: all pairs must hold. value NULL = any; a '*' in one is any run of bytes. */
struct label_match {
	const char *key[4], *value[4];
	size_t count;
};

struct role_selector {
	enum role role;             /* one selector per role, in the order in which they are asked */
	struct label_match *labels; /* any of them */
	size_t label_count;
	struct texts words; /* any of them contained in a command or arg */
};

/* An image's entrypoint that takes a role as its first argument ("connect-server --conf ...") and
 * the options that it puts before and after the args: they count as part of the command line. */
struct entrypoint_role {
	const char *name; /* "connect-server" */
	enum role role;   /* ROLE_NONE: it starts Spark, but its words say what ("driver") */
	struct texts before, after;
};

/* ---- exemptions ---- */

/* Of an id: it is a label of metrics. */
#define EXEMPTION_ID_MAX 63

struct exemption {
	const char *id; /* at most EXEMPTION_ID_MAX bytes, one line */
	const char *owner, *reason;
	const char *expires;         /* RFC 3339 date */
	int64_t expires_unix;        /* seconds; 0 = never */
	/* In all of these a '*' stands for any run of bytes. */
	struct texts rules;          /* ids */
	struct texts namespaces;     /* empty = any */
	struct texts names;          /* of objects; empty = any */
	struct texts users, groups;  /* of the request; both empty = anybody */
	const char *place;           /* "site.yaml:7" */
};

struct policy_test; /* policy/tests.h */

/* ---- all together ---- */

struct policy {
	struct arena arena;
	_Atomic unsigned refs;
	char hash[13];     /* first 12 hex digits of the SHA-256 of all layers' bytes in order */
	struct rule *rules; /* in the order of evaluation: shipped first, then new ids of later layers */
	size_t rule_count;
	struct check *checks; /* sorted by id */
	size_t check_count;
	struct role_selector *selectors;
	size_t selector_count;
	struct entrypoint_role *entrypoints;
	size_t entrypoint_count;
	struct exemption *exemptions;
	size_t exemption_count;
	struct wrong_key *wrong_keys;
	size_t wrong_key_count;
	struct policy_test *tests; /* none unless policy_options.keep_tests */
	size_t test_count;

	const char *k8s_master;           /* "k8s://https://kubernetes.default.svc" */
	struct texts k8s_master_aliases;  /* k8s:// masters that are left alone */
	const char *default_standalone_master; /* "" = none */
	struct texts allowed_masters;     /* of an object's own choice; empty = Services of its namespace */
	spark_version default_spark_version;
	struct texts spark_versions;      /* the known ones, "3.5", "4.0", "4.1", ascending */
	unsigned default_executors;       /* 2 */
	struct texts data_keys;           /* ConfigMap keys that are properties; may end in '*' */
	struct texts config_map_labels;   /* labels that mark a connect-config, "key" or "key=value" */
	struct texts launchers;           /* words of a command that could start Spark: see role_match.label_only */
	struct texts never_rewrite;       /* ConfigMap names, '*' for any run of bytes */
	struct texts non_numeric_images;  /* image repositories (without tag) whose USER is a name */
	int64_t non_numeric_uid;          /* 185 */
	struct texts editor_users, editor_groups; /* who may write a namespace's keys; both empty = anybody */
	enum action controllers;          /* what a violating controller gets: warn or deny */
	enum action executor_pss;         /* what a violating executor gets: warn (or deny) */
	struct texts warnings;            /* what lint has to say, "site.yaml:7: ..." */
	size_t file_count, document_count; /* that were read above the shipped layer */
};

/* The action of a check, or of a rule that is asked for by its id (the strictest where both backends
 * have it); ACTION_OFF where the policy knows neither. */
enum action policy_action(const struct policy *p, const char *id);

/* Add a finding of check or rule id, with the policy's action for it; none where that is off. At most cap: ACTION_WARN where
 * nothing is refused, else ACTION_DENY. */
void policy_say(const struct policy *p, struct arena *a, struct findings *list, const char *id, enum action cap,
		const char *message, struct place place);

/* false: policies may name the check, and no code of this release judges it: its action has no effect. */
bool policy_is_judged(const char *check);

/* true: no layer changes the action of the check, since nobody could say where the object runs, or had looked at it. */
bool policy_is_fixed(const char *check);

/* Is it one of the versions that the policy knows? */
bool policy_knows_version(const struct policy *p, spark_version version);

/* Does the image ("docker.io/apache/spark:4.1.0@sha256:...") run as a user that has a name and no number? */
bool policy_image_user_is_a_name(const struct policy *p, struct slice image);

/* Why key is one of wrong_keys for version; NULL if it is not one. */
const char *policy_wrong_key(const struct policy *p, struct slice key, spark_version version);

struct policy *policy_ref(const struct policy *p);
void policy_unref(struct policy *p); /* frees with the last reference; NULL is fine */

#endif
