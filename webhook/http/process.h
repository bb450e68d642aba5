/*
 * process.h - what Linux says of this process, under the names that every
 * Prometheus client library uses. Threads: no state.
 */
#ifndef HTTP_PROCESS_H
#define HTTP_PROCESS_H

#include "base/buf.h"

#include <stdint.h>

/* Append process_cpu_seconds_total, process_resident_memory_bytes, ... in Prometheus' text format.
 * What /proc does not say is left out. started: seconds since 1970. */
void process_print(struct buf *out, int64_t started);

#endif
