/*
 * cmdline.h - the command lines of a container that start Spark: found, read and
 * edited in place, whether they are argv arrays or text for a shell.
 *
 *	struct cmdlines lines;
 *	if (cmdlines_find(policy, arena, container, pointer, NULL, &lines, err) < 0)
 *		...                             // limits are exceeded
 *	for (size_t i = 0; i < lines.count; i++) {
 *		struct cmdline *line = cmdlines_at(&lines, i);
 *		cmdline_settings(line, &has);
 *		if (cmdline_set(line, SLICE_LIT("spark.master"), master, "backend.master", &changes, err) < 0)
 *			...                     // the line cannot take it
 *	}
 *	cmdlines_patch(&lines, &patch);
 *
 * What counts (spark-backends 1.5, 1.6; real-world 8-13): spark-submit,
 * start-connect-server.sh, spark-daemon.sh submit, spark-class and java with
 * SparkSubmit, any of these after wrappers (tini --, env X=1, exec, bash, entrypoint.sh,
 * nohup ...), a role of the image's entrypoint in args without command, and
 * `sh -c TEXT [$0 args...]` with any of these inside TEXT; with the Connect plugin also spark-shell, pyspark,
 * spark-sql and start-thriftserver.sh.
 *
 * Laws
 *  - every byte that need not change stays: other words, quotes, blanks, comments, order;
 *  - nothing inside an expansion is touched; `--master` in a comment, in another
 *    command, or after the application resource of a non-mixed line is not ours;
 *  - after cmdline_set(k, v) Spark would see v for k whatever the rest of the line holds (expansions included,
 *    but for variables that the text itself sets: `O=--name; start.sh $O` takes what follows for the name), and a
 *    second cmdline_set(k, v) changes nothing;
 *  - Kubernetes expands $(NAME) before any shell runs: where NAME is in the container's env, or
 *    the reference is in a value given to cmdline_set(), it is literal text, not shell syntax.
 *
 * Ownership: everything in the arena; words point into the container's JSON.
 * Threads: as the arena.
 */
#ifndef SPARK_CMDLINE_H
#define SPARK_CMDLINE_H

#include "base/json.h"
#include "base/json_patch.h"
#include "policy/policy.h"
#include "spark/mounted_scripts.h"
#include "spark/setting.h"

enum program {
	PROGRAM_SPARK_SUBMIT,         /* spark-submit, spark-class/java ... SparkSubmit, spark-daemon.sh submit */
	PROGRAM_START_CONNECT_SERVER, /* start-connect-server.sh: appends its args after --class */
	PROGRAM_SPARK_CLASS,          /* spark-class, java or spark-daemon.sh start with the server class itself: reads no properties */
	PROGRAM_ENTRYPOINT            /* an image's entrypoint role; args are its tail */
};

enum class_state {
	CLASS_ABSENT,         /* no --class */
	CLASS_CONNECT_SERVER, /* SparkConnectServer, or one that is called so (com.acme.MySparkConnectServer), given or implied by the program */
	CLASS_OTHER,          /* another application: not ours */
	CLASS_UNKNOWN         /* --class is itself an expansion */
};

struct cmdline; /* one invocation of Spark */

struct cmdlines {
	struct arena *arena;
	const struct json *container;
	const char *pointer; /* of the container: "/spec/containers/0" */
	struct cmdline *items;
	size_t count; /* Connect servers'; also those whose class is unknown, or absent where a server is named */
	/* Why no invocation was located although command or args name a server, or why not all that are started were;
	 * one line for the message. NULL: nothing was missed */
	const char *why_unlocated;
	bool suspected; /* that is no more than a name, with no start of a server around it */
	size_t words; /* words read to find them, whatever their command */
};

/* Find the Spark Connect invocations of container (command and args). mounted: the pod's, of which none is Spark's own program; NULL:
 * not known. -1 only where limits are exceeded (err says which); what cannot be read is reported in why_unlocated. */
MUST_CHECK int cmdlines_find(const struct policy *policy, struct arena *a, const struct json *container,
			     const char *pointer, struct mounted_scripts *mounted, struct cmdlines *ret, struct err *err);

/* The line at index (< count). */
struct cmdline *cmdlines_at(const struct cmdlines *lines, size_t index);

enum program cmdline_program(const struct cmdline *line);

/* Is its program the first word of `command`, so that no other command runs before it? What bash reads because of the
 * environment (BASH_ENV) before a script of its own runs all the same. */
bool cmdline_comes_first(const struct cmdline *line);
enum class_state cmdline_class(const struct cmdline *line);

/* Is --wait the first argument of start-connect-server.sh, or may it be? That of Spark 4 then stays in the foreground. */
bool cmdline_waits(const struct cmdline *line);

/* Versions before know no --wait: whatever stands first, options may be written in front of it. Call before any edit. */
#define CMDLINE_WAIT_SINCE SPARK_4_0
void cmdline_without_wait(struct cmdline *line);

/* May the container stay up even if that script goes to the background, or is it told not to: SPARK_NO_DAEMONIZE; tail, sleep or wait
 * anywhere; behind it a program that is not known to end? */
bool cmdline_stays_up(const struct cmdline *line);

/* Append all settings of the line in order: dedicated options under their Spark key (spark.master, spark.executor.cores ...),
 * --conf entries, and the options of the entrypoint role. Where a key has both, the dedicated option wins
 * (SOURCE_OPTION). */
void cmdline_settings(const struct cmdline *line, struct settings *list);

/* The value of --properties-file; ptr NULL where there is none. *literal: is it known? */
struct slice cmdline_properties_file(const struct cmdline *line, bool *literal);

/* Is --load-spark-defaults given (4.x)? */
bool cmdline_load_defaults(const struct cmdline *line);

/* Is the value of key on this line known at run time only: is its last occurrence not literal, or may an expansion
 * after it itself be an option ("$EXTRA_OPTS")? */
bool cmdline_uncertain(const struct cmdline *line, struct slice key);

/* Make Spark see value for key: every occurrence (option or --conf) is replaced whole, and where that is not enough an
 * option is added where it is certain to win. Only real changes are noted. -1 where the line cannot take it (err says
 * why). */
MUST_CHECK int cmdline_set(struct cmdline *line, struct slice key, struct slice value, const char *rule,
			   struct changes *changes, struct err *err);

/* The same for filling in what the line lacks: every readable occurrence is replaced, but an expansion that may itself
 * be an option ("$EXTRA_OPTS") has the last word, since the user may have set key there. */
MUST_CHECK int cmdline_default(struct cmdline *line, struct slice key, struct slice value, const char *rule,
			       struct changes *changes, struct err *err);

/* The same for what a server hardly runs without. They differ only where the first argument of start-connect-server.sh may be --wait, of
 * which nothing can be seen: in front of that nothing is written, and behind it this one overrides what it may set. */
MUST_CHECK int cmdline_need(struct cmdline *line, struct slice key, struct slice value, const char *rule,
			    struct changes *changes, struct err *err);

/* Remove every occurrence of these keys from the line (for `disable`); they are in the order of slice_order(). */
void cmdline_disable(struct cmdline *line, const struct slice *keys, size_t count, const char *rule, struct changes *changes);

/* Rename the key of every --conf occurrence; the value stays. -1 where one cannot be renamed (err says why); the others are. */
MUST_CHECK int cmdline_rename(struct cmdline *line, struct slice from, struct slice to, const char *rule,
			      struct changes *changes, struct err *err);

/* Append the patch operations for the edits: only the array elements that changed. */
void cmdlines_patch(const struct cmdlines *lines, struct json_patch *patch);

#endif
