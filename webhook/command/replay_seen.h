/*
 * replay_seen.h - which updates of a log change nothing that is judged.
 *
 * Admission passes an update over in which the judged part stayed the same (admission/engine.c), and compares with the old
 * object for that. A log holds no old object; but it often held the object before. So of each object the hash of what is
 * judged is remembered: of a controller its template, of a pod the images and ephemeral containers, as upstream's Pod
 * Security looks at them (admission/pod_update.c).
 *
 * Memory: SEEN_SLOTS hashes, whatever the log holds. Of two objects that share a slot the later one stays; the other is
 * then as one that was never seen. Hashes are 64 bits of SHA-256: nobody can craft names that collide.
 *
 * Ownership: by replay_seen_free(). Threads: one.
 */
#ifndef COMMAND_REPLAY_SEEN_H
#define COMMAND_REPLAY_SEEN_H

#include "command/audit_event.h"

#define SEEN_SLOTS 65536

enum seen {
	SEEN_NEVER, /* it is not known what it was before */
	SEEN_SAME,
	SEEN_CHANGED
};

struct replay_seen;

struct replay_seen *replay_seen_new(void);
void replay_seen_free(struct replay_seen *seen); /* NULL is fine */

/* How does the object of review compare with what was remembered of it? */
enum seen replay_seen_compare(const struct replay_seen *seen, struct arena *a, const struct review *review,
			      const struct json *object);

/* It is now as object. */
void replay_seen_put(struct replay_seen *seen, struct arena *a, const struct review *review, const struct json *object);

/* Can the patch have changed what is judged? It has to name the spec. */
bool replay_patch_matters(const struct json *patch);

#endif
