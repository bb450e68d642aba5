/*
 * annotation.h - sparkgate.io/decision, the mark on a rewritten object:
 * {"v":1,"backend":"standalone","role":"connect-server"}.
 *
 * A pure function of the result and the namespace, so that a second admission finds it right. No
 * decision ever depends on it (it can be forged through pods/status); a foreign value is overwritten.
 */
#ifndef ADMISSION_ANNOTATION_H
#define ADMISSION_ANNOTATION_H

#include "base/json_patch.h"
#include "policy/policy.h"

#define DECISION_ANNOTATION "sparkgate.io/decision"

/* Does the object carry the annotation, whatever it says? */
bool annotation_is_there(const struct json *metadata);

/* Does it say what we would write? Then this is a second admission, or a reinvocation. */
bool annotation_is_right(struct arena *a, const struct json *metadata, enum backend backend, enum role role);

/* Append the operation that sets the annotation, if the patch changes something else or a foreign
 * value is there. prefix is that of the metadata's parent ("" or "/spec/template"). */
void annotation_patch(struct arena *a, const struct json *metadata, const char *prefix, enum backend backend,
		      enum role role, struct json_patch *patch);

/* Append the operation that removes the annotation from an object that is no longer rewritten. */
void annotation_unpatch(const struct json *metadata, struct json_patch *patch);

#endif
