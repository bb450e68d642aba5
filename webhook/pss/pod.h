/*
 * pod.h - a pod as the checks see it: the fields that Pod Security reads, decoded once.
 *
 *	struct pss_pod pod;
 *	pss_pod_read(&pod, arena, metadata, spec, "");
 *	for (size_t i = 0; i < pod.container_count; i++)
 *		if (pod.containers[i].security.privileged == PSS_TRUE) ...
 *
 * Decoded leniently, judged strictly: a field of the wrong type reads as absent
 * here, and is listed in malformed with its place, which is a violation of its own
 * (schema.c). The API server refuses such an object before any webhook
 * sees it; offline it must neither pass nor crash. As for the API server's decoder,
 * null is absent, and null in an array is an empty element.
 *
 * The struct is plain data and may be changed: hardening makes its changes here, alongside the patch,
 * and runs the checks again, so that nothing has to be parsed or copied twice.
 *
 * Private to pss/. Ownership: everything in the arena; strings belong to the
 * document. Threads: as the arena.
 */
#ifndef PSS_POD_H
#define PSS_POD_H

#include "base/json.h"
#include "pss/text.h"

enum pss_flag { PSS_UNSET, PSS_FALSE, PSS_TRUE };

/* A securityContext, the pod's or a container's. */
struct pss_security {
	const struct json *json; /* NULL = absent */
	enum pss_flag run_as_non_root;
	bool has_user;
	int64_t run_as_user;
	const char *seccomp;   /* type of the profile, "" where it has none; NULL = no profile */
	const char *app_armor; /* the same */
	const struct json *selinux;
	bool host_process;

	/* The rest is a container's only. */
	enum pss_flag privileged, escalation;
	const char *proc_mount; /* NULL = unset */
	const struct json *capabilities, *capabilities_added;
	bool drops_all;
};

struct pss_container {
	const char *name; /* "" where absent */
	const char *list; /* "initContainers", "containers" or "ephemeralContainers" */
	size_t index;
	const struct json *json; /* NULL for a null element */
	struct pss_security security;
};

/*
 * What is written in the pod, be it empty, false or allowed. Few pods have these fields, and most checks forbid one:
 * where it is not there, the check need not be run (registry.c). In a malformed pod all count as seen.
 */
enum pss_seen {
	PSS_SEEN_ANNOTATION = 1 << 0,
	PSS_SEEN_APP_ARMOR = 1 << 1,
	PSS_SEEN_CAPABILITIES_ADD = 1 << 2,
	PSS_SEEN_HOST_NAMESPACES = 1 << 3,
	PSS_SEEN_HOST_PATH = 1 << 4,
	PSS_SEEN_HOST_PORT = 1 << 5,
	PSS_SEEN_HOST_PROCESS = 1 << 6,
	PSS_SEEN_PLAIN_VOLUME = 1 << 7, /* of a kind that restricted pods may have */
	PSS_SEEN_ODD_VOLUME = 1 << 8,   /* of any other kind */
	PSS_SEEN_PRIVILEGED = 1 << 9,
	PSS_SEEN_PROBE_HOST = 1 << 10,
	PSS_SEEN_PROC_MOUNT = 1 << 11,
	PSS_SEEN_SECCOMP = 1 << 12,
	PSS_SEEN_SELINUX = 1 << 13,
	PSS_SEEN_SYSCTLS = 1 << 14,
	PSS_SEEN_USER = 1 << 15,
};

struct pss_pod {
	struct arena *arena;
	const char *prefix; /* of pointers: "" or "/spec/template" */
	const struct json *annotations, *spec;
	bool windows;        /* os.name is windows */
	bool user_namespace; /* hostUsers is false */
	struct pss_security security;
	struct pss_container *containers; /* init, regular, ephemeral: upstream's order */
	size_t container_count;
	uint32_t seen;                      /* enum pss_seen */
	struct pss_list malformed;          /* "spec.containers must be an array, got string" */
	struct pss_list malformed_pointers; /* one each */
};

void pss_pod_read(struct pss_pod *ret, struct arena *a, const struct json *metadata, const struct json *spec,
		  const char *prefix);

/* JSON Pointers into the object: "/spec/hostPID", "/spec/initContainers/0/securityContext". field
 * may hold slashes; it is never a user's text. */
const char *pss_spec_pointer(const struct pss_pod *pod, const char *field);
const char *pss_container_pointer(const struct pss_pod *pod, const struct pss_container *c, const char *field);
const char *pss_annotation_pointer(const struct pss_pod *pod, const char *key);

/* Find what cannot be decoded; fills malformed, malformed_pointers and seen (schema.c). */
void pss_schema_check(struct pss_pod *pod, const struct json *metadata);

#endif
