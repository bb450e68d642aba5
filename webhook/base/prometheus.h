/*
 * prometheus.h - the head of a family of metrics in Prometheus' text format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/), for all code that prints metrics.
 * Threads: as the buf's arena.
 */
#ifndef BASE_PROMETHEUS_H
#define BASE_PROMETHEUS_H

#include "base/buf.h"

/* type: "counter", "gauge", "histogram". help: one line without backslashes. */
void prometheus_family(struct buf *out, const char *name, const char *type, const char *help);

#endif
