/*
 * metrics_text.h - a value out of Prometheus' text format, as our replicas write it (http/metrics_print.c).
 * Private to status/. Threads: no state.
 */
#ifndef STATUS_METRICS_TEXT_H
#define STATUS_METRICS_TEXT_H

#include "base/arena.h"

#include <stdint.h>

/* A replica's answer has some 100 KB. */
#define METRICS_TEXT_BYTES (2u << 20)

/* The value of label in the first sample of that name; "" where there is none. At most 128 bytes. */
const char *metrics_text_label(struct arena *a, struct slice text, const char *name, const char *label);

/* The value of the first sample of that name, a whole number in digits; fallback where there is none. */
int64_t metrics_text_value(struct slice text, const char *name, int64_t fallback);

#endif
