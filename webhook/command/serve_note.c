#include "command/serve_note.h"

void serve_note(const struct log *log, const char *what, int outcome, struct reload_counts *counts,
		const struct err *err)
{
	struct log_line line;

	if (outcome == 0)
		return;
	log_open(&line, log, outcome > 0 ? LOG_INFO : LOG_ERROR,
		 outcome > 0 ? "reloaded" : "reload failed, the old stays in force");
	log_text(&line, "what", what);
	log_text(&line, "error", outcome < 0 ? err->text : NULL);
	log_close(&line);
	/* After the line, so that whoever sees the count finds the reason. */
	atomic_fetch_add(outcome > 0 ? &counts->ok : &counts->failed, 1);
}

void serve_note_policy(struct service *service, struct kube_recorder *recorder, enum policy_poll outcome,
		       const struct err *err)
{
	static const int outcomes[] = {[POLICY_UNCHANGED] = 0, [POLICY_RELOADED] = 1, [POLICY_FAILED] = -1};

	serve_note(service->log, "policy", outcomes[outcome], &service->policy_reloads, err);
	if (outcome == POLICY_FAILED)
		kube_recorder_post(recorder, RECORDER_WARNING, "PolicyRefused", "LoadPolicy", err->text);
}
