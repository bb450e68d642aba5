/*
 * log_writer.h - writes a log's lines on a thread of its own, many with one write(2).
 *
 *	struct log log = {STDOUT_FILENO, LOG_JSON, LOG_INFO};
 *	if (log_writer_start(&log, err) < 0)
 *		...
 *	... lines are logged as ever ...
 *	log_writer_free(&log);        // what waits is written first
 *
 * Who logs never waits for who reads: standard output is a pipe to the container's runtime, and where that stops to
 * read, as it does on a full disk, a write(2) would hold up admission, and with it the cluster. Lines wait in
 * memory meanwhile, up to LOG_WRITER_BYTES; what comes after that is lost and counted, and a line says how many
 * were when there is room again.
 *
 * A line is on its way within LOG_WRITER_LINGER_MS. Those of the last moment are lost with a process that is killed;
 * who has to know of each decision finds it in the API server's audit log (audit annotations).
 *
 * Invariants: lines are written in the order in which they came and whole (where a disk takes but a part, the next
 * begins on a line of its own), at most PIPE_BUF bytes at a time, so that
 * lines of other processes on the same pipe do not fall into them.
 * Threads: log_writer_add() and log_writer_lost() from any number; the others from one.
 */
#ifndef BASE_LOG_WRITER_H
#define BASE_LOG_WRITER_H

#include "base/log.h"

#define LOG_WRITER_BYTES (1024u * 1024) /* twice: what waits, and what is being written */
#define LOG_WRITER_LINGER_MS 1
#define LOG_WRITER_STOP_MS 1000

/* From now on lines of log are written by its writer. */
MUST_CHECK int log_writer_start(struct log *log, struct err *err);

/* Write what waits, for at most LOG_WRITER_STOP_MS where nobody reads or too slowly, and end the thread; twice as long
 * where a write(2) waits, as to a terminal, and then the thread is left to the end of the process. Lines that others log from
 * here on are lost. A log without a writer is fine, here and below. */
void log_writer_stop(struct log *log);

/* The same, and give the memory back: nobody logs any more. */
void log_writer_free(struct log *log);

/* A line with its line feed, at most LOG_LINE_MAX bytes; for log_close(). */
void log_writer_add(struct log_writer *w, struct slice line);

/* Lines that were lost since the start: there was no room, or writing failed. */
uint64_t log_writer_lost(const struct log *log);

#endif
