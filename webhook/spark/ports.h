/*
 * ports.h - ports that the server itself listens on: no two of its settings may name the same.
 *
 * Spark would take the next one that is free when it starts (core/util/Utils.scala startServiceOnPort), which no Service and
 * no NetworkPolicy knows.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_PORTS_H
#define SPARK_PORTS_H

#include "spark/rules.h"

/* Is what key says a port that the server listens on? */
bool port_is(struct slice key);

/* wanted, or the first behind it that no other setting of view and none of edits names; wanted where that is no port, or all are
 * taken. */
struct slice port_free(const struct view *view, const struct rule_edits *edits, struct slice wanted, struct arena *a);

#endif
