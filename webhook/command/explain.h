/*
 * explain.h - `sparkgate explain`, in three steps: find the one object or recorded decision (explain_input.c), take its
 * decision apart (explain/), print it (report/explain.h). explain.c has the options.
 *
 * Ownership: everything in one arena, which lives as long as the command.
 */
#ifndef COMMAND_EXPLAIN_H
#define COMMAND_EXPLAIN_H

#include "command/options.h"
#include "command/review.h"
#include "explain/past.h"

struct explain_arguments {
	struct option_list files, namespaces, policies, words;
	const char *namespace, *kubeconfig, *context, *id;
	int output, color;
	bool help;
};

/* The one that is explained. */
struct explain_subject {
	struct review review;
	bool has_review; /* false: a past decision whose object nobody has */
	const struct past *past; /* NULL = none was recorded */

	/* Where it stands; file NULL: in the cluster. */
	const char *file, *pointer;
	const struct yaml_document *yaml;
	unsigned number;
	const char *shown_namespace;
};

/* Find it. input: arena, namespace, facts and cluster are set; files are read here. -1 with err, which lists what there is
 * to choose from. */
MUST_CHECK int explain_subject_find(struct review_input *input, struct kube_config *kube, const struct explain_arguments *args,
				    const struct policy *policy, struct explain_subject *ret, struct err *err);

#endif
