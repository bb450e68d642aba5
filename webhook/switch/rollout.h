/*
 * rollout.h - how far a restart is, as `kubectl rollout status` decides it
 * (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
 *
 *	switch (switch_rollout(arena, object, &text)) { ... }
 *
 * Pure. Threads: any.
 */
#ifndef SWITCH_ROLLOUT_H
#define SWITCH_ROLLOUT_H

#include "base/json.h"

enum switch_rollout { ROLLOUT_WAITS, ROLLOUT_DONE, ROLLOUT_FAILED };

/* object: a Deployment, StatefulSet or DaemonSet with its status; *text: what it waits for or died of. */
enum switch_rollout switch_rollout(struct arena *a, const struct json *object, const char **text);

#endif
