#include "http/job.h"

#include "base/clock.h"

#include <stdlib.h>

#define SUSPENDED 1u
#define WOKEN 2u

static struct job *new_job(void)
{
	struct job *job = calloc(1, sizeof(*job));

	if (!job)
		out_of_memory();
	return job;
}

struct job *job_begin(struct jobs *jobs, enum endpoint endpoint, struct policy *policy, struct policy *other)
{
	struct job *job = jobs->spare;

	if (job) {
		jobs->spare = job->next;
		jobs->count--;
	} else {
		job = new_job();
	}
	job->since = clock_mono_ns();
	job->admission = (struct admission){.arena = &job->arena, .endpoint = endpoint, .policy = policy,
					    .other = other};
	job->owned_policy = policy;
	job->owned_other = other;
	job->wait.ticket = NULL;
	return job;
}

static void free_job(struct job *job)
{
	arena_release(&job->arena);
	free(job);
}

void job_end(struct jobs *jobs, struct job *job)
{
	policy_unref(job->owned_policy);
	policy_unref(job->owned_other);
	if (jobs->count == JOBS_KEPT) {
		free_job(job);
		return;
	}
	arena_reset(&job->arena);
	job->next = jobs->spare;
	jobs->spare = job;
	jobs->count++;
}

void jobs_release(struct jobs *jobs)
{
	while (jobs->spare) {
		struct job *next = jobs->spare->next;
		free_job(jobs->spare);
		jobs->spare = next;
	}
	jobs->count = 0;
}

/* Whichever of wake() and job_suspended() comes second resumes: a connection must not be resumed
 * before it was suspended. */
static void wake(void *closure)
{
	struct job *job = closure;

	if (atomic_fetch_or(&job->sleep, WOKEN) & SUSPENDED)
		MHD_resume_connection(job->connection);
}

void job_arm(struct job *job, struct MHD_Connection *c, int64_t deadline)
{
	job->connection = c;
	job->wait = (struct facts_wait){wake, job, deadline, job->wait.ticket};
	atomic_store(&job->sleep, 0);
}

void job_suspended(struct job *job)
{
	if (atomic_fetch_or(&job->sleep, SUSPENDED) & WOKEN)
		MHD_resume_connection(job->connection);
}
