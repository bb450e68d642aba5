/*
 * namespace.h - the contract with a namespace (docs/contract.md 2): what its
 * sparkgate.io keys say, parsed once.
 *
 * Unknown and malformed values never fail: each gets the documented fallback and is listed in
 * problems by name, so that webhook, review and guard report the same.
 *
 * Ownership: strings live in the arena given. Threads: plain data.
 */
#ifndef POLICY_NAMESPACE_H
#define POLICY_NAMESPACE_H

#include "base/json.h"
#include "policy/policy.h"

/* In front of each label and annotation of ours, a namespace's and those of what is in it. */
#define KEY_PREFIX "sparkgate.io/"

/* enforce is the strongest; the weaker of two is the larger. */
enum mode { MODE_ENFORCE, MODE_WARN, MODE_AUDIT, MODE_NONE };
#define MODE_COUNT (MODE_NONE + 1)

const char *mode_name(enum mode mode); /* NULL for none */

enum hardening { HARDENING_FILL, HARDENING_FORCE, HARDENING_OFF };
enum config_maps { CONFIG_MAPS_REWRITE, CONFIG_MAPS_CHECK, CONFIG_MAPS_OFF };
enum pss_level { PSS_PRIVILEGED, PSS_BASELINE, PSS_RESTRICTED };
#define PSS_LEVEL_COUNT (PSS_RESTRICTED + 1)

/* As their annotations say them: "fill", "rewrite", "restricted". */
const char *hardening_name(enum hardening hardening);
const char *config_maps_name(enum config_maps config_maps);
const char *pss_level_name(enum pss_level level);

/* "v1.31", as a Pod Security label has it (k8s.io/pod-security-admission/api, ParseVersion); at most v1.999. */
bool pss_version_is_numbered(struct slice s);

/* A key whose value is not a known one. */
struct namespace_problem {
	const char *key;     /* "sparkgate.io/backendMode" */
	const char *rule;    /* "scope.backendMode" */
	const char *message; /* one line: value, what it acts as, nearest valid word */
	bool refuses;        /* by the policy's action: under enforce Connect servers are refused for it */
};

struct namespace {
	const char *name;
	enum mode mode; /* MODE_NONE: not opted in; everything below is then meaningless */
	enum backend backend;
	const char *standalone_master; /* the annotation, else policy's default; NULL = none */
	spark_version spark_version;   /* the annotation, else policy's default */
	bool allow_override;
	enum pss_level pss_level;
	const char *pss_version; /* "latest" or "v1.N" */
	enum mode pss_mode;      /* the weaker of mode and pssMode */
	enum hardening hardening;
	enum config_maps config_maps;
	const char *openshift_uid_range; /* NULL = not OpenShift's */
	bool mode_is_annotation; /* sparkgate.io/mode, which does nothing there */
	struct namespace_problem *problems;
	size_t problem_count;
};

/* Read a Namespace object (its metadata is enough). */
void namespace_parse(const struct policy *p, struct arena *a, const struct json *object, struct namespace *ret);

/* Of mode MODE_NONE: why, in a few words. */
const char *namespace_not_opted_in(const struct namespace *ns);

/* What an object's own backendMode / standaloneMaster annotations would make of ns, where
 * allowOverride permits it; else *ret = *ns. Problems are appended. */
void namespace_override(const struct policy *p, struct arena *a, const struct namespace *ns,
			const struct json *metadata, struct namespace *ret);

/* An object can hold thousands: after this many, no more are reported. */
#define UNREAD_KEYS_MAX 8

/* Why nothing reads this sparkgate key of an object other than a Namespace (misspelt, or a Namespace's): one line, in
 * a. NULL if it is read, or not ours. label: it is a label; else an annotation. */
const char *object_key_unread(struct arena *a, const char *key, bool label);

/* Is master one that an object in namespace ns may choose (allowedMasters; default: a Service of
 * the same namespace, judged by name)? */
bool master_is_allowed(const struct policy *p, struct slice master, const char *ns);

#endif
