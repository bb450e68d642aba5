/*
 * server.h - the containers of a pod that run a Connect server, and all that is
 * set for each of their command lines.
 *
 * Ownership: arena. Threads: no state.
 */
#ifndef SPARK_SERVER_H
#define SPARK_SERVER_H

#include "spark/cmdline.h"
#include "spark/effective.h"
#include "spark/environment.h"
#include "spark/files.h"
#include "spark/script_conf.h"
#include "spark/sizes.h"

/* More Connect servers than this in one pod are nobody's deployment. */
#define SERVERS_MAX 16

/* Nor this many invocations in all of them: for each the pod's files are read anew. */
#define INVOCATIONS_MAX 16

/* Nor this many words in all containers, of whatever commands: each takes 200 bytes and more. */
#define SERVER_WORDS_MAX (2 * LIMIT_WORDS)

/* What the texts of a container say, whichever of its lines asks: each is found out once, since it takes all of them. */
struct server_texts {
	struct script_conf script;
	bool sizes_known, sizes_named;
	struct sizes sizes;
};

struct server {
	const struct json *container;
	const char *pointer; /* "/spec/containers/1" */
	const char *name;
	struct server_texts *texts;
	struct pod_files files; /* that the container may read */
	struct cmdlines lines; /* count 0: the image's entrypoint decides, or nothing could be located */
};

/* How many starts of Spark there are in it: its lines; one where its image starts it; none where no line could be located. */
static inline size_t server_invocations(const struct server *s)
{
	return s->lines.count == 0 && !s->lines.why_unlocated ? 1 : s->lines.count;
}

/* The line of one of them (i < server_invocations()); NULL: the image starts it. */
static inline const struct cmdline *server_line(const struct server *s, size_t i)
{
	return s->lines.count > 0 ? cmdlines_at(&s->lines, i) : NULL;
}

struct servers {
	struct server *items; /* room for SERVERS_MAX */
	size_t count;
	size_t invocations; /* in all of them */
	size_t words;       /* read in all containers */
	bool full;          /* there were more, which were not read */
	struct mounted_scripts mounted;
	struct volume_uses uses; /* empty in a pod of one container */
	const char *trouble; /* limits were passed: what could not be read; NULL = nothing */
};

/* The containers with a Connect invocation, or with a word of one that could not be located; where there are none, the
 * containers without a command (their image's entrypoint may start one). Of pod->ephemeral, the former among the ephemeral ones.
 * pod->match is set anew where its words turn out to start nothing. */
void servers_find(const struct policy *p, struct arena *a, struct spark_pod *pod, struct servers *ret);

/*
 * Which containers of pod, whose servers were found, run Spark. The first of these that finds any decides:
 *	1. the located servers, and of the first SPARK_CONTAINERS_MAX of each list those whose words are a daemon's or whose shape is an executor's;
 *	2. those of an image that policy lists as Spark's (nonNumericImages) that could start it: the pod has a label alone;
 *	3. the first that may be a server, else the pod's only container.
 */
void spark_containers_find(const struct policy *p, const struct spark_pod *pod, struct spark_containers *ret);

/* How a ConfigMap text is read for a view. */
enum reading {
	READING_AS_USER_WROTE, /* our edits undone: what rewriting starts from */
	READING_AS_IT_IS       /* what Spark will see: what checks judge */
};

/* Everything that is set for line (NULL: for a server whose image starts it), strongest sources included. env is the
 * server's environment. Of files, READING_AS_IT_IS has spark.master only where Spark reads that file, as far as can be
 * told (conf_dir.h). */
struct view server_view(struct arena *a, const struct spark_pod *pod, const struct server *server,
			const struct environment *env, const struct cmdline *line, enum reading reading);

/* What texts of server say of its sizes, where that may reach Spark beside line and view: backend standalone, and an expansion
 * may be an option, or a file is not seen. NULL: nothing. */
const struct sizes *server_sizes(const struct spark_pod *pod, const struct server *server, const struct environment *env,
				 const struct cmdline *line, const struct view *view);

#endif
