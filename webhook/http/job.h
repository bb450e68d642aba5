/*
 * job.h - an admission in progress: its memory, and its sleep while facts are fetched.
 *
 *	job = job_begin(&worker->jobs, endpoint, policy, other);
 *	... admission_parse() ...
 *	job_arm(job, connection, deadline);
 *	if (facts_get(source, needs, &job->wait, &facts, &lease) == FACTS_PENDING) {
 *		MHD_suspend_connection(connection);
 *		job_suspended(job);          // from here on the source may resume it
 *		return MHD_YES;
 *	}
 *	... admission_decide() ...
 *	job_end(&worker->jobs, job);
 *
 * Memory: a job's arena is kept for the next one, so a worker that never sleeps uses one arena
 * and allocates nothing. Threads: a job belongs to its worker; wait.wake() is called on the thread
 * of the facts source, at any moment after facts_get() was called, even before it returns.
 */
#ifndef HTTP_JOB_H
#define HTTP_JOB_H

#include "facts/source.h"
#include "http/admit.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct job {
	struct admission admission;
	struct arena arena;
	struct policy *owned_policy, *owned_other;
	int64_t since; /* monotonic: when the body was complete */
	struct facts_wait wait;
	struct MHD_Connection *connection;
	_Atomic unsigned sleep; /* which of "suspended" and "woken" have happened */
	struct job *next;
};

/* Spare jobs, at most JOBS_KEPT. */
struct jobs {
	struct job *spare;
	unsigned count;
};

#define JOBS_KEPT 4

/* policy and other (NULL = none) are references that job_end() drops. Never NULL: without memory the process ends, as in
 * arena.h. */
struct job *job_begin(struct jobs *jobs, enum endpoint endpoint, struct policy *policy, struct policy *other);
void job_end(struct jobs *jobs, struct job *job);
void jobs_release(struct jobs *jobs);

/* Call before each facts_get(): the second one continues with the ticket of the first. */
void job_arm(struct job *job, struct MHD_Connection *c, int64_t deadline);
void job_suspended(struct job *job);

#endif
