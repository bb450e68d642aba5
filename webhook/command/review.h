/*
 * review.h - `sparkgate review`, in three steps: read the input (review_input.c), judge it (review_judge.c, by the facts of
 * review_world.c), print it as it is judged (report/writer.h), or the whole input again at the end (review_yaml.c). review.c has the options.
 *
 * Ownership: everything in one arena, which lives as long as the command. Threads: one.
 */
#ifndef COMMAND_REVIEW_H
#define COMMAND_REVIEW_H

#include "base/file.h"
#include "command/options.h"
#include "facts/cluster.h"
#include "facts/index.h"
#include "report/writer.h"

/* An object of the input, as an admission request. */
struct review_item {
	unsigned number;           /* in its file, from 1 */
	size_t document;           /* index into the file's stream */
	const char *pointer;       /* of the object in its document */
	const struct json *object; /* as it is in the input; review.object has the API server's defaults in addition */
	struct review review;
	const char *namespace;     /* to be shown; NULL = cluster-scoped */
	const struct json *result; /* what becomes of object; NULL = nothing, or it was not judged */
};

struct review_file {
	const char *path; /* "-" */
	struct yaml_stream stream;
	struct review_item *items;
	size_t count, cap;
};

struct review_input {
	struct arena *arena;
	const char *namespace; /* of objects that name none */
	bool namespace_named;  /* it was said by -n */
	bool takes_events;     /* events of an audit log are objects like others: the caller reads them */
	bool passes_over;      /* a file that cannot be read is told of on standard error, and the next one read */
	size_t unread;         /* files that were passed over */
	struct facts_index *facts;
	const char *facts_file; /* of --namespaces; FACTS_FILES where that names several, NULL where none */
	struct facts_cluster *cluster; /* what facts lack is asked for there; NULL = nowhere */
	struct review_file *files;
	size_t count, cap;
};

/* Add a file, a directory or "-". Namespaces and ConfigMaps in it become facts. head: what was read of path already, and
 * cannot be read again (base/lines.h). */
MUST_CHECK int review_input_add(struct review_input *input, const char *path, struct slice head, struct err *err);

/* The same of a text; path is what it is called. */
MUST_CHECK int review_input_add_text(struct review_input *input, const char *path, struct slice text, struct err *err);

/* What the option --namespaces names: Namespaces, and ConfigMaps beside them. */
MUST_CHECK int review_input_add_facts(struct review_input *input, const struct option_list *paths, struct err *err);

/* Both: the facts, then the files. */
MUST_CHECK int review_input_read(struct review_input *input, const struct option_list *facts,
				 const struct option_list *files, struct err *err);

/*
 * The facts by which one policy judges the input (review_world.c): what the cluster holds once the input's ConfigMaps were
 * applied. As kubectl and helm do it they come first, so a pod is judged by them as /mutate left them, wherever they stand in
 * the input. Those of --namespaces and of the cluster are taken as they are.
 *
 *	review_world_open(&world, &input, policy, now, false);
 *	if (review_world_find_facts(&world, &review, &facts, err) < 0) ...
 *	review_world_close(&world);
 */
struct review_world {
	struct review_input *input;
	const struct policy *policy;
	int64_t now;
	bool as_enforce;             /* the namespaces as if they were in enforce */
	struct facts_index *applied; /* the input's ConfigMaps */
	struct facts_index *stored;  /* those that were asked for, as /mutate left them */
};

/* input is read, and must outlive it. */
void review_world_open(struct review_world *world, struct review_input *input, const struct policy *policy, int64_t now,
		       bool as_enforce);
void review_world_close(struct review_world *world);

/* The facts that review needs of the input, and of its cluster where it has one. */
MUST_CHECK int review_world_find_facts(struct review_world *world, const struct review *review, struct facts *ret,
				       struct err *err);

struct review_options {
	bool as_enforce;
	bool tells_refusals; /* on standard error: what is printed has no place for them */
	const struct policy *policy;
	int64_t now;
};

struct review_outcome {
	bool refused; /* something was */
	bool failed;  /* something could not be judged: said on standard error */
};

/* Apache's Spark operator and Kubeflow's: each of their kinds becomes pods, and those are judged. */
bool review_is_of_an_operator(const struct review *r);

/* Judge all items: hands them to writer (NULL = none) and fills in their results. */
void review_judge(struct review_input *input, const struct review_options *options, struct report_writer *writer,
		  struct review_outcome *ret);

/* The input with what changes put in: documents that stay are copied byte for byte. -1 where a document has become too
 * large for us. */
MUST_CHECK int review_print_yaml(const struct review_input *input, struct buf *out, struct err *err);

#endif
