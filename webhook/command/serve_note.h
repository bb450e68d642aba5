/*
 * serve_note.h - what became of a reload: log, count, Event. Private to command/.
 *
 * Threads: any.
 */
#ifndef COMMAND_SERVE_NOTE_H
#define COMMAND_SERVE_NOTE_H

#include "http/service.h"
#include "kube/recorder.h"
#include "policy/store.h"

/* outcome as the reload functions have it: 1 taken, 0 unchanged (nothing is noted), -1 bad. */
void serve_note(const struct log *log, const char *what, int outcome, struct reload_counts *counts,
		const struct err *err);

/* The same of a policy, with an Event where it was refused. recorder may be NULL. */
void serve_note_policy(struct service *service, struct kube_recorder *recorder, enum policy_poll outcome,
		       const struct err *err);

#endif
