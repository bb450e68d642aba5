/*
 * pss.h - the Pod Security Standards, word for word as upstream
 * (k8s.io/pod-security-admission/policy), and hardening that makes a pod pass.
 *
 *	struct pss_verdict v;
 *	pss_evaluate(arena, PSS_RESTRICTED, "latest", metadata, spec, "", &v);
 *	if (v.count > 0)
 *		... v.reason  "allowPrivilegeEscalation != false, ..."
 *
 * One registry table lists the checks, with the minor version from which each
 * form of a check counts and the baseline checks that it replaces.
 *
 * Ownership: everything in the arena. Threads: no state.
 */
#ifndef PSS_PSS_H
#define PSS_PSS_H

#include "base/json.h"
#include "base/json_patch.h"
#include "policy/finding.h"
#include "policy/namespace.h"

/* The ids of the checks as numbers, in upstream's order: sets of them are bits. */
enum pss_check {
	PSS_CHECK_NONE,
	PSS_CHECK_MALFORMED,
	PSS_CHECK_APP_ARMOR,
	PSS_CHECK_CAPABILITIES,
	PSS_CHECK_HOST_NAMESPACES,
	PSS_CHECK_HOST_PATH_VOLUMES,
	PSS_CHECK_HOST_PORTS,
	PSS_CHECK_HOST_PROBES,
	PSS_CHECK_PRIVILEGED,
	PSS_CHECK_PROC_MOUNT,
	PSS_CHECK_SELINUX,
	PSS_CHECK_SECCOMP,
	PSS_CHECK_SYSCTLS,
	PSS_CHECK_WINDOWS_HOST_PROCESS,
	PSS_CHECK_ESCALATION,
	PSS_CHECK_CAPABILITIES_RESTRICTED,
	PSS_CHECK_PROC_MOUNT_RESTRICTED,
	PSS_CHECK_RESTRICTED_VOLUMES,
	PSS_CHECK_NON_ROOT,
	PSS_CHECK_USER,
	PSS_CHECK_SECCOMP_RESTRICTED,
};

/* One check that failed. */
struct pss_violation {
	enum pss_check check;
	const char *id;     /* "allowPrivilegeEscalation" */
	const char *rule;   /* "pss.allowPrivilegeEscalation" */
	const char *reason; /* "allowPrivilegeEscalation != false" */
	const char *detail; /* "container \"x\" must set securityContext.allowPrivilegeEscalation=false", or "" */
	const char **pointers; /* JSON Pointers of the fields at fault, for details.causes */
	size_t pointer_count;
};

struct pss_verdict {
	struct pss_violation *items; /* upstream's order: baseline checks by id, then restricted ones */
	size_t count;
	const char *reason; /* all reasons joined by ", "; "" where the pod passes */
	const char *detail; /* "reason (detail), reason (detail)", as upstream's ForbiddenDetail */
};

/* Names and values in texts are the object's own, as upstream writes them: code that prints them
 * takes care of control characters. */

/* One form of a check: it counts from v1.<since> until the next form of the same id. */
struct pss_form {
	const char *id, *rule; /* as in a violation */
	enum pss_check check;  /* the same */
	enum pss_level level;  /* baseline or restricted */
	unsigned since;        /* minor version */
	const char *overrides; /* id of the baseline check that it replaces, or NULL */
};

/* The registry's rows in order; NULL past the end. The first is ours: "malformed", a field of a type that
 * the API server could not decode. Upstream never sees such a pod; offline it must not pass. */
const struct pss_form *pss_form_at(size_t index);

/* The newest version of the standards that the table knows: v1.37, that of k8s.io/pod-security-admission v0.37. */
#define PSS_NEWEST_MINOR 37u

/* Is version "v1.N" with a higher N? It acts as latest. */
bool pss_version_is_newer(const char *version);

/* Does the form count at this version and level: is it neither overridden nor superseded by a later form? index:
 * of the form. For code that shows the table. */
bool pss_form_is_asked(size_t index, enum pss_level level, const char *version);

/* Judge a pod. version: "latest" or "v1.N"; one newer than known acts as latest. prefix is
 * prepended to the pointers ("" for a Pod, "/spec/template" for a controller). */
void pss_evaluate(struct arena *a, enum pss_level level, const char *version, const struct json *metadata,
		  const struct json *spec, const char *prefix, struct pss_verdict *ret);

/* A container that runs Spark, or is of an image whose user is known. */
struct spark_user {
	const char *container; /* its name */
	int64_t run_as_user;   /* for it, where no level sets one; 0 = leave alone */
};

/* What hardening may and may not do. */
struct harden_options {
	enum pss_level level;
	const char *version;
	enum hardening hardening;
	bool openshift; /* never touch users, groups, SELinux options */
	const struct spark_user *spark; /* few, since each container is compared with them */
	size_t spark_count;
	struct texts exempt; /* rules that may be violated ("pss.hostPathVolumes", "pss.*"): they count as met, and
			      * their fields stay as they are */
};

/*
 * Make the pod pass, by docs/contract.md 4, with as little as the checks in force ask for: append operations to patch
 * (pointers with prefix prepended), changes (carrier "spec", rule "pss.<id>"; from and to are JSON
 * text) and warnings (pss.mayNotStart). A pod that passes is not touched at all: true, and nothing was appended.
 * A pod that cannot be made to pass is left alone too: false, and nothing was appended. What is exempted does not
 * count for passing: the pod is hardened for everything else.
 *
 * fill   sets what is absent: allowPrivilegeEscalation, capabilities.drop, runAsNonRoot, seccompProfile.
 * force  also replaces explicit bad values of these, and privileged, capabilities.add and runAsUser 0.
 * off    changes nothing; the return value says whether the pod passes as it is.
 * At level baseline nothing absent is wrong, so nothing is filled. Windows pods are not touched.
 */
bool pss_harden(struct arena *a, const struct harden_options *options, const struct json *metadata,
		const struct json *spec, const char *prefix, struct json_patch *patch, struct changes *changes,
		struct findings *warnings);

/* What hardening cannot mend and no exemption covers: the verdict as it would be after hardening. Empty if pss_harden()
 * returns true. */
void pss_obstacles(struct arena *a, const struct harden_options *options, const struct json *metadata,
		   const struct json *spec, const char *prefix, struct pss_verdict *ret);

/* For a violation that pss_obstacles() gave: fields and way out in one line, to follow upstream's text:
 * "spec.securityContext.runAsNonRoot: remove it or set true". */
const char *pss_way_out(struct arena *a, const struct harden_options *options, const struct pss_violation *violation);

/* The pod whose way out is asked for. */
struct pss_way_out_of {
	struct arena *arena;
	const char *namespace;
	const struct json *metadata, *spec;
	const char *prefix;
};

/*
 * The way out of a refusal with that many violations: what its author has to do, each field once; that sparkgate fills
 * in the rest, if there is any; and the command that would let hardening do it all, if one would. NULL where
 * hardening mends everything by itself.
 */
const char *pss_ways_out(const struct pss_way_out_of *of, const struct harden_options *options, size_t violations);

#endif
