/*
 * edit.h - changing one securityContext: RFC 6902 operations and the list of changes, made together.
 *
 *	struct pss_edit e;
 *	pss_edit_open(&e, &out, &pod, container);
 *	pss_edit_set(&e, "runAsNonRoot", SLICE_LIT("true"), "pss.runAsNonRoot");
 *	pss_edit_close(&e);
 *
 * Where the context is absent (or null), everything set goes into one "add" of the whole object;
 * otherwise each field is an operation of its own.
 *
 * Private to pss/. Ownership: everything in the arena.
 */
#ifndef PSS_EDIT_H
#define PSS_EDIT_H

#include "base/json_patch.h"
#include "base/json_write.h"
#include "policy/finding.h"
#include "pss/pod.h"

/* Where edits go. */
struct pss_out {
	struct arena *arena;
	struct json_patch patch;
	struct changes changes;
	struct findings warnings;
};

struct pss_edit {
	struct pss_out *out;
	const struct pss_pod *pod;
	const struct pss_container *container; /* NULL = the pod's context */
	const struct json *old;    /* the context as it is; NULL = absent */
	const char *pointer;       /* of the context; NULL until something is set: most need nothing */
	struct buf object;         /* the new context, if there is none */
	struct json_writer writer; /* of object */
};

/* Opens in place: the writer points into the struct. */
void pss_edit_open(struct pss_edit *e, struct pss_out *out, const struct pss_pod *pod, const struct pss_container *container);
void pss_edit_close(struct pss_edit *e);

/* Set member key to value (JSON text that outlives the patch). */
void pss_edit_set(struct pss_edit *e, const char *key, struct slice value, const char *rule);

/* Remove member key, which must be there. */
void pss_edit_remove(struct pss_edit *e, const char *key, const char *rule);

/* An operation on a list within a context that is there: path is "capabilities/drop", from what the list was. */
void pss_edit_at(struct pss_edit *e, const char *op, const char *path, struct slice value, const struct json *from,
		 const char *to, const char *rule);

#endif
