/*
 * lookups.h - what was found out about the ConfigMaps that a pod names.
 *
 * Threads: no state.
 */
#ifndef SPARK_LOOKUPS_H
#define SPARK_LOOKUPS_H

#include "spark/spark.h"

/* kube-root-ca.crt: every namespace has it, and it holds a certificate, so it is never looked up. */
bool lookup_is_root_ca(const char *name);

/* NULL where lookups or name is NULL, or the ConfigMap was not asked for. */
const struct lookup *lookup_of(const struct lookups *lookups, const char *name);

/* The same, and NULL unless it was found. */
const struct lookup *lookup_found(const struct lookups *lookups, const char *name);

/* Why there is no object, for people. */
const char *lookup_why(const struct lookup *lookup);

#endif
