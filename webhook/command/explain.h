/*
 * explain.h - `sparkgate explain`, in three steps: find the one object or recorded decision (explain_input.c; explain_log.c in a
 * log of any length), take its decision apart (explain/), print it (report/explain.h). explain.c has the options.
 *
 * Ownership: everything in one arena, which lives as long as the command.
 */
#ifndef COMMAND_EXPLAIN_H
#define COMMAND_EXPLAIN_H

#include "command/options.h"
#include "command/replay.h"
#include "command/review.h"
#include "explain/past.h"

struct explain_arguments {
	struct option_list files, namespaces, policies, words;
	const char *namespace, *kubeconfig, *context, *id, *policies_configmap, *gate;
	int output, color;
	bool help;
};

/* The one that is explained. */
struct explain_subject {
	struct review review;
	bool has_review; /* false: a past decision whose object is nowhere to be had */
	const struct past *past; /* NULL = none was recorded */

	/* Where it is; file NULL: in the cluster. */
	const char *file, *pointer;
	const struct yaml_document *yaml;
	unsigned number;
	const char *shown_namespace;
};

/* Events of a log, and where they are in it. */
struct explain_events {
	const struct json **items;
	const char **files;
	size_t count, cap, file_cap;
};

/* A log has up to four stages of one request; a list of many requests to choose from is read by nobody. */
#define EXPLAIN_EVENTS_MAX 64

void explain_events_add(struct arena *a, struct explain_events *list, const struct json *event, const char *file);

typedef bool explain_event_is_meant(const struct past *past, const void *closure);

/* The first EXPLAIN_EVENTS_MAX events of audit logs that are meant, copied into a. Lines that are not events are skipped. */
MUST_CHECK int explain_log_read(struct arena *a, const struct replay_files *files, explain_event_is_meant *is_meant,
				const void *closure, struct explain_events *ret, struct err *err);

/* Find it. input: arena, namespace, facts and cluster are set; files are read here. -1 with err, which lists what there is
 * to choose from. */
MUST_CHECK int explain_subject_find(struct review_input *input, struct kube_config *kube, const struct explain_arguments *args,
				    const struct policy *policy, struct explain_subject *ret, struct err *err);

#endif
