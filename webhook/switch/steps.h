/*
 * steps.h - private to switch/turn*.c: what the steps of a turn share.
 *
 * turn.c keeps the record, turn_ask.c sends every request, turn_maps.c has the ConfigMaps, turn_steps.c the Namespace, the
 * controllers and the order of all.
 */
#ifndef SWITCH_STEPS_H
#define SWITCH_STEPS_H

#include "base/json_write.h"
#include "switch/turn.h"

/* ---- requests ---- */

/* One request. Before it the record is renewed where that is due, and no write is sent once the record is lost. A request
 * that an API server in trouble turns down is sent again, until the deadline once there is something to finish or to put back: all of
 * our writes say what they expect. For a 403 err says which role grants the right. */
MUST_CHECK int switch_ask(struct switch_turn *turn, struct arena *a, enum kube_method method, const char *path, struct slice send,
			  int *status, const struct json **ret, struct err *err);

/* The same without looking at the record: for the record itself. */
MUST_CHECK int switch_send(struct switch_turn *turn, struct arena *a, enum kube_method method, const char *path, struct slice send,
			   int *status, const struct json **ret, struct err *err);

/* Renew the record where it has not been renewed for a while. */
MUST_CHECK int switch_hold(struct switch_turn *turn, struct err *err);

/* Write the record as it is now, renewed. -1 with lost set where it is another's. */
MUST_CHECK int switch_record_store(struct switch_turn *turn, struct err *err);

/* Delete the record that we wrote last, and no other. */
MUST_CHECK int switch_record_delete(struct switch_turn *turn, struct err *err);

/* Seconds since 1970 by the API server's clock: what several hosts compare must come from one clock. */
int64_t switch_now(const struct switch_turn *turn);

/* One round of waiting: a second; -1 at the deadline (what: what was waited for), or on a signal. */
MUST_CHECK int switch_pause(struct switch_turn *turn, const char *what, struct err *err);

/* Is object, as admission returned it, one that needs no change in the namespace with these words? -1 with err where it is not known. */
MUST_CHECK int switch_settled(struct switch_turn *turn, struct arena *a, const struct json *object, const struct switch_words *words,
			      bool *ret, struct err *err);

/* ---- ConfigMaps: each is tried until *done ---- */

/* Learn by a dry run what admission will make of it, and note that in map->wrote. */
MUST_CHECK int switch_map_foresee(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err);
MUST_CHECK int switch_map_readmit(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err);

/* Put back what is still as we wrote it. What somebody has edited since keeps its edit, is re-admitted for the previous backend, and
 * counts in turn->kept. */
MUST_CHECK int switch_map_restore(struct switch_turn *turn, struct arena *a, struct switch_map *map, bool *done, struct err *err);

/* ---- JSON Patches (RFC 6902) ---- */

void switch_patch_op(struct json_writer *w, const char *verb, const char *path, struct slice json); /* json NULL: no value */

/* The metadata of the object must still have this member. */
void switch_patch_test(struct arena *a, struct json_writer *w, const struct json *object, const char *key);

#endif
