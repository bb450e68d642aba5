/* What becomes of a ticket when answers come, whatever was asked for. All on the thread. */
#include "facts/live_state.h"

void live_count(struct facts_live *live, enum live_kind kind, enum live_result result)
{
	atomic_fetch_add(&live->results[kind][result], 1);
}

enum live_result live_result_of(const struct kube_call *call)
{
	if (!call->failed)
		return LIVE_FOUND;
	if (call->late)
		return LIVE_LATE;
	return call->status == 404 ? LIVE_MISSING : LIVE_FAILED;
}

/* Nothing is awaited any more. The last step: from here on the ticket is the worker's. */
void live_wake(struct ticket *t)
{
	void (*wake_up)(void *) = t->wake;
	void *closure = t->closure;

	if (t->prev)
		t->prev->next = t->next;
	else
		t->live->tickets = t->next;
	if (t->next)
		t->next->prev = t->prev;
	t->prev = t->next = NULL;
	atomic_fetch_sub(&t->live->waiting, 1);
	wake_up(closure);
}

void live_one_less(struct ticket *t)
{
	if (--t->open == 0)
		live_wake(t);
}
