/*
 * log.h - one line per event, as JSON for machines or as text for people.
 *
 *	struct log_line line;
 *	log_open(&line, log, LOG_INFO, "policy reloaded");
 *	log_text(&line, "hash", policy->hash);
 *	log_int(&line, "rules", n);
 *	log_close(&line);
 *
 *	{"ts":"2025-01-31T23:59:59.042Z","level":"info","msg":"policy reloaded","hash":"0a1b2c3d4e5f","rules":12}
 *	2025-01-31T23:59:59.042Z info  policy reloaded hash=0a1b2c3d4e5f rules=12
 *
 * A line is built on the stack and written with one write(2) of at most PIPE_BUF
 * bytes, which Linux keeps in one piece on a pipe: lines of threads never mix. A log
 * with a writer (log_writer.h) hands it over instead, so that who logs never waits.
 * What does not fit is left out, and the line says so by "truncated":true.
 *
 * Safe for hostile text: strings are cut at LOG_TEXT_MAX bytes ("..." marks it),
 * control characters and invalid UTF-8 are escaped, so a line is one line. Keeping
 * secrets out is the caller's duty (setting_show() in spark/setting.h).
 *
 * Threads: any number may share a log.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

struct log_writer;

enum log_format { LOG_JSON, LOG_PEOPLE };
enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

struct log {
	int fd;
	enum log_format format;
	enum log_level level; /* lines below it are not written */
	struct log_writer *writer; /* NULL: each line is written by the thread that logs it */
};

#define LOG_LINE_MAX 4096 /* PIPE_BUF */
#define LOG_TEXT_MAX 512

struct log_line {
	const struct log *log;
	bool on, cut;
	size_t len;
	char text[LOG_LINE_MAX];
};

/* Begin a line. A log of NULL writes nothing. msg is a literal. */
void log_open(struct log_line *line, const struct log *log, enum log_level level, const char *msg);

/* Add a field. key is a literal of letters. A text of NULL is left out. */
void log_text(struct log_line *line, const char *key, const char *text);
void log_slice(struct log_line *line, const char *key, struct slice text);
void log_int(struct log_line *line, const char *key, int64_t number);
void log_bool(struct log_line *line, const char *key, bool value);

/* Write it. A failure to write is ignored: admission goes on without its log. */
void log_close(struct log_line *line);

#endif
