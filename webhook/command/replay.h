/*
 * replay.h - `sparkgate review` of API server audit logs: what would this policy have done with the requests of last week?
 * In three steps: find out what the input is (replay_input.c), judge event by event (replay_judge.c), print (replay.c, over
 * report/replay.h).
 *
 * An event is judged as its request was: by the same engine, with the facts of that moment. Those are the ones given
 * (--namespaces, --kubeconfig), and above them each Namespace and ConfigMap that the log itself writes, from then on
 * (facts/history.h); a ConfigMap as this policy's /mutate leaves it, since that is what pods would read. Exemptions expire by the event's clock.
 *
 * What counts: requests that were carried out or that sparkgate refused, dry runs among them. What failed for another
 * reason (RBAC, conflict, quota, another webhook) was not decided by admission alone and is passed over.
 *
 * Memory: one event at a time, in an arena of its own; whatever is longer is bounded (facts/history.h, replay_seen.h,
 * report/replay.h). So a log of any length takes the same.
 *
 * Threads: one.
 */
#ifndef COMMAND_REPLAY_H
#define COMMAND_REPLAY_H

#include "base/lines.h"
#include "command/audit_event.h"
#include "command/options.h"
#include "command/progress.h"
#include "command/replay_seen.h"
#include "command/review.h"
#include "facts/history.h"
#include "report/replay.h"

/* ---- the input ---- */

struct replay_file {
	const char *path;
	struct lines *lines; /* of a log: open, since it cannot be opened again (a pipe); NULL = not */
	const char *time;    /* of the first event: files are read in this order */
	struct slice head;   /* of one that is not a log: what was read of it and cannot be read again */
	size_t order;        /* as given */
};

struct replay_files {
	bool logs; /* they are audit logs, all of them; else none is */
	struct replay_file *items;
	size_t count, cap;
	uint64_t bytes; /* of all; 0 = not known */
};

/* Look at paths (files, directories, "-"). A directory without manifests may hold logs (*.log). Logs and manifests in one
 * call are an error; an empty file is neither, and what could be either is what the others are. */
MUST_CHECK int replay_files_find(struct arena *a, const struct option_list *paths, struct replay_files *ret,
				 struct err *err);
void replay_files_close(struct replay_files *files);

/* ---- judging ---- */

struct replay_options {
	const struct review_options *review;
	const char *since, *until; /* NULL = open */
	bool json;                 /* a line a request, else a table of totals */
	bool color;
};

struct replay {
	const struct replay_options *options;
	struct review_input *input; /* its facts and cluster */
	struct facts_history *history;
	struct replay_seen *seen;
	struct report_writer *writer; /* NULL: none */
	struct replay_totals *totals;
	struct replay_reading reading;
	struct arena event;                 /* what belongs to one event */
	const struct json *namespace_then; /* of the event, before --as */
	struct progress progress;
	int64_t since, until;
	size_t complaints; /* lines on standard error so far */
	bool refused;
};

/* Where an event is. */
struct replay_place {
	const char *path;
	uint64_t line;
};

void replay_event(struct replay *replay, const struct json *root, const struct replay_place *at);

/* Say on standard error what is wrong with one place: the first few, then no more. */
void replay_complain(struct replay *replay, const struct replay_place *at, const char *text);

/* The same for an AdmissionReview (replay_reviews.c): it is a request of its own, and knows what was there before. */
void replay_review(struct replay *replay, struct audit_event *event, const struct replay_place *at);

/* Before the first request, and after the last: whole says whether all was read, and then it is printed. bytes: how much
 * is to be read; 0 = not known. */
MUST_CHECK int replay_begin(struct replay *replay, struct review_input *input, const struct replay_options *options,
			    uint64_t bytes, struct err *err);
void replay_end(struct replay *replay, bool whole, struct review_outcome *outcome);

/* Is the input more than one AdmissionReview, and nothing beside but Namespaces and ConfigMaps? Those are then requests of
 * the past as a log's are, and what they hold as a response is what was decided. */
bool replay_is_of_reviews(const struct review_input *input);
MUST_CHECK int replay_reviews_run(struct review_input *input, const struct replay_options *options,
				  struct review_outcome *outcome, struct err *err);

/* Replay all files. -1 with err where one cannot be read. */
MUST_CHECK int replay_run(struct review_input *input, struct replay_files *files, const struct replay_options *options,
			  struct review_outcome *outcome, struct err *err);

#endif
