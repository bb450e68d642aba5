/*
 * check.h - one Pod Security check: a function that reads the pod and, where
 * it fails, says so in upstream's words.
 *
 *	void pss_check_privileged(const struct pss_pod *pod, struct pss_report *r)
 *	{
 *		... pss_blame(pod, r, &names, c, "securityContext/privileged") ...
 *		if (names.count == 0 || !pss_fails(r, "privileged"))
 *			return;
 *		buf_printf(&r->detail, ...);
 *	}
 *
 * Each function is named after the form of the check that it implements; registry.c says which form
 * counts from which version. All are linear in the pod, except for sorting what they name.
 *
 * Private to pss/.
 */
#ifndef PSS_CHECK_H
#define PSS_CHECK_H

#include "pss/pod.h"

struct pss_report {
	const char *reason; /* NULL = the pod passes */
	struct buf detail;
	struct pss_list pointers; /* of the fields at fault */
	bool brief;               /* only reason is wanted: names and pointers are just counted */
};

typedef void (*pss_check_fn)(const struct pss_pod *pod, struct pss_report *r);

#define EACH_CONTAINER(c, pod)                                                                             \
	for (const struct pss_container *c = (pod)->containers; c != (pod)->containers + (pod)->container_count; c++)

/* Fail the pod for this reason. Returns whether more than the reason is wanted; if not, the names and pointers that
 * were blamed were only counted. */
static inline bool pss_fails(struct pss_report *r, const char *reason)
{
	r->reason = reason;
	return !r->brief;
}

/* Note a container at fault: its name, and the pointer of field in it. */
void pss_blame(const struct pss_pod *pod, struct pss_report *r, struct pss_list *names, const struct pss_container *c,
	       const char *field);

/* Note a field of the pod spec. */
void pss_blame_pod(const struct pss_pod *pod, struct pss_report *r, const char *field);

/* One file per check, in the registry's order; each begins with its row of the upstream table
 * (https://kubernetes.io/docs/concepts/security/pod-security-standards/). */

void pss_check_malformed(const struct pss_pod *pod, struct pss_report *r); /* ours, not upstream's */

/* baseline */
void pss_check_app_armor(const struct pss_pod *pod, struct pss_report *r);
void pss_check_capabilities_default(const struct pss_pod *pod, struct pss_report *r);
void pss_check_host_namespaces(const struct pss_pod *pod, struct pss_report *r);
void pss_check_host_path_volumes(const struct pss_pod *pod, struct pss_report *r);
void pss_check_host_ports(const struct pss_pod *pod, struct pss_report *r);
void pss_check_host_probes(const struct pss_pod *pod, struct pss_report *r);
void pss_check_privileged(const struct pss_pod *pod, struct pss_report *r);
void pss_check_proc_mount(const struct pss_pod *pod, struct pss_report *r);
void pss_check_proc_mount_userns(const struct pss_pod *pod, struct pss_report *r);
void pss_check_selinux_1_0(const struct pss_pod *pod, struct pss_report *r);
void pss_check_selinux_1_31(const struct pss_pod *pod, struct pss_report *r);
void pss_check_seccomp_annotations(const struct pss_pod *pod, struct pss_report *r);
void pss_check_seccomp_not_bad(const struct pss_pod *pod, struct pss_report *r);
void pss_check_sysctls_1_0(const struct pss_pod *pod, struct pss_report *r);
void pss_check_sysctls_1_27(const struct pss_pod *pod, struct pss_report *r);
void pss_check_sysctls_1_29(const struct pss_pod *pod, struct pss_report *r);
void pss_check_sysctls_1_32(const struct pss_pod *pod, struct pss_report *r);
void pss_check_sysctls_1_37(const struct pss_pod *pod, struct pss_report *r);
void pss_check_windows_host_process(const struct pss_pod *pod, struct pss_report *r);

/* restricted */
void pss_check_escalation(const struct pss_pod *pod, struct pss_report *r);
void pss_check_escalation_linux(const struct pss_pod *pod, struct pss_report *r);
void pss_check_capabilities_none(const struct pss_pod *pod, struct pss_report *r);
void pss_check_capabilities_none_linux(const struct pss_pod *pod, struct pss_report *r);
void pss_check_restricted_volumes(const struct pss_pod *pod, struct pss_report *r);
void pss_check_non_root(const struct pss_pod *pod, struct pss_report *r);
void pss_check_non_root_userns(const struct pss_pod *pod, struct pss_report *r);
void pss_check_user(const struct pss_pod *pod, struct pss_report *r);
void pss_check_user_userns(const struct pss_pod *pod, struct pss_report *r);
void pss_check_seccomp_set(const struct pss_pod *pod, struct pss_report *r);
void pss_check_seccomp_set_linux(const struct pss_pod *pod, struct pss_report *r);

/* What a baseline check and the restricted one that replaces it share; in the baseline check's file. */

/* May a container at this level add the capability? And: find the containers that add others, and what these are. */
bool pss_capability_is_default(const char *name);
bool pss_capability_is_restricted(const char *name);
void pss_find_added_capabilities(const struct pss_pod *pod, struct pss_report *r, bool (*is_allowed)(const char *),
				 struct pss_list *names, struct pss_list *capabilities);
void pss_say_added_capabilities(struct buf *b, const struct pss_list *names, const struct pss_list *capabilities);

/* source: the member at fault; NULL = the volume itself. */
void pss_blame_volume(const struct pss_pod *pod, struct pss_report *r, struct pss_list *names,
		      const struct json *volume, size_t index, const char *source);
void pss_say_volumes(struct buf *b, const struct pss_list *names);

extern const char pss_seccomp_field[];
bool pss_seccomp_is_good(const char *type);

#endif
