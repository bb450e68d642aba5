/*
 * Variables in which bash finds commands of its own: it runs them before, in place of, or within those of Spark's scripts, which
 * are bash's.
 */
#include "spark/assigned.h"
#include "spark/connect_judging.h"
#include "spark/shell.h"
#include "spark/shell_names.h"

/* Read as in double quotes: BASH_ENV by any bash that runs a script, ENV by an interactive shell, PS4 where set -x is on. */
static bool is_expanded(struct slice name)
{
	return slice_is(name, "BASH_ENV") || slice_is(name, "ENV") || slice_is(name, "PS4");
}

/* What has functions for bash: "BASH_FUNC_nice%%". */
static bool is_function(struct slice name)
{
	return slice_starts(name, "BASH_FUNC_");
}

/* spark-daemon.sh: [[ ${SPARK_LOG_MAX_FILES} -gt 0 ]], which is arithmetic: "a[$(x)]" runs x, and so does the name of a variable
 * that holds that. No other variable of Spark's scripts is reckoned with. */
static bool is_reckoned(struct slice name)
{
	return slice_is(name, "SPARK_LOG_MAX_FILES");
}

/* Run without quotes: $PYSPARK_DRIVER_PYTHON by find-spark-home, $HADOOP_HOME/bin/hadoop by the image's entrypoint. $JAVA_HOME is
 * in quotes wherever it is run. */
static bool is_run(struct slice name)
{
	static const char *const names[] = {"HADOOP_HOME", "PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"};

	return SLICE_IS_ONE_OF(name, names);
}

static bool is_number(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!strchr("0123456789+- \t\n", text.ptr[i]) || text.ptr[i] == '\0')
			return false;
	return true;
}

/* Is it the command that starts a server, or may it be with what stands behind it? A folder may have any of policy's words. */
static bool runs_server(const struct connect_judging *c, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (strchr(" \t\n", text.ptr[i]))
			return text_names_server(c->in->policy, text);
	return slice_ends(text, "start-connect-server.sh");
}

/* "${X@P}", "${!X}", "${A[X]}" and "${A:X}" run a command that is in X. Not so "${X##*\/}", "${X:-a}" and "${A[0]}". */
static bool runs_value(struct slice text)
{
	size_t n = 2 + shell_name_length((struct slice){text.ptr + 2, text.len - 2});

	if (n + 1 < text.len && text.ptr[n] == '[')
		for (n++; n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9';)
			n++;
	if (n > 2 && n < text.len && text.ptr[n] == ']')
		n++;
	if (n > 2 && n + 1 < text.len && text.ptr[n] == ':')
		return !strchr("-+=?", text.ptr[n + 1]);
	return n == 2 || n == text.len || !strchr("}-+=#%/^,", text.ptr[n]);
}

/* Is there more to expand than variables? So there is in "$((X))", where X may be an array's element. */
static bool holds_command(struct slice text)
{
	while (text.len > 0) {
		if (*text.ptr == '`' || slice_starts(text, "$(") || slice_starts(text, "$["))
			return true;
		if (slice_starts(text, "${") && runs_value(text))
			return true;
		text = (struct slice){text.ptr + 1, text.len - 1};
	}
	return false;
}

static void refuse(const struct connect_judging *c, const char *holder, const char *what, struct place place)
{
	judging_report(c, "backend.cannotTell", arena_printf(c->a, "cannot tell: %s %s: remove it, or put it into the image", holder, what), place);
}

static const char command[] = "holds a command, which bash runs before Spark's script or within it";
static const char reckoned[] = "is no number, and bash runs what it finds in it when Spark's script reckons with it";
static const char run[] = "names a Connect server, and a script of Spark's runs its words as a command";
static const char function[] = "is a function, which bash takes for the command of that name in Spark's script";

/* ---- of the container ---- */

/* A file's name from a Secret is nothing that people write; the other two are names that programs have for other things. */
static bool is_command(const struct connect_judging *c, const struct env_item *item)
{
	size_t known;
	struct slice text = env_text(c->texts, item, &known);

	if (item->kind == ENV_RUN_TIME && (!text.ptr || known < text.len))
		return slice_is(item->name, "BASH_ENV") || (text.ptr && slice_has(text, "`"));
	return text.ptr && holds_command(text);
}

/* What is wrong with it; NULL = nothing. */
static const char *fault_of(const struct connect_judging *c, const struct env_item *item)
{
	size_t known;

	if (is_function(item->name))
		return function;
	if (is_expanded(item->name))
		return is_command(c, item) ? command : NULL;
	if (!is_reckoned(item->name) && !is_run(item->name))
		return NULL; /* nearly all */
	struct slice text = env_text(c->texts, item, &known);
	if (is_reckoned(item->name) && text.ptr && !is_number((struct slice){text.ptr, known}))
		return reckoned;
	if (is_run(item->name) && text.ptr && runs_server(c, text))
		return run;
	return NULL;
}

static void check_variables(const struct connect_judging *c)
{
	const struct environment *env = c->in->environment;

	for (size_t i = 0; i < env->count; i++) {
		const struct env_item *item = &env->items[i];
		const char *fault = fault_of(c, item);

		if (!fault)
			continue;
		const char *name = arena_dup(c->a, item->name);
		refuse(c, arena_printf(c->a, "env %s (container '%s')", name, c->in->server->name), fault,
		       judging_env_place(c, name));
	}
}

/* ---- of its commands ---- */

/* BASH_ENV='$(x)', HADOOP_HOME='start-connect-server.sh x', also behind env or export. What the shell of the text makes itself is
 * no command any more, unless all of it is not its own: a server's name in it says so. */
static const char *fault_of_word(const struct connect_judging *c, const struct word *word)
{
	struct slice name, value;
	bool appends;

	if (!shell_assignment(word->value, &name, &value, &appends))
		return NULL;
	if (is_function(name))
		return function;
	if (is_reckoned(name) && !is_number(value) && (word_is_known(word) || text_names_server(c->in->policy, value)))
		return reckoned;
	if (is_run(name) && runs_server(c, value))
		return run;
	if (!is_expanded(name) || !holds_command(value))
		return NULL;
	return (word->literal && slice_is(name, "BASH_ENV")) || text_names_server(c->in->policy, value) ? command : NULL; /* PS4='$(date) ' */
}

static bool judge_word(const void *context, const struct word *word)
{
	const struct connect_judging *c = context;

	const char *fault = fault_of_word(c, word);

	if (!fault)
		return false;
	refuse(c, arena_printf(c->a, "a variable of bash in the command of container '%s'", c->in->server->name),
	       fault, judging_place(c, NULL));
	return true;
}

void bash_check(const struct connect_judging *c)
{
	const struct cmdline *line = c->in->line;

	if (line && line != cmdlines_at(&c->in->server->lines, 0))
		return;
	check_variables(c);
	if (line)
		assigned_words(line->home, judge_word, c);
}
