/*
 * spark-env.sh in the folder of Spark's settings. bin/load-spark-env.sh sources it into start-connect-server.sh, spark-daemon.sh and
 * spark-class, so what it does to their variables and arguments replaces the command line:
 *	set -- org.apache.spark.deploy.SparkSubmit --master 'local[*]' ...
 * People set variables there, with an `if` around them; that is let be. Programs that it runs are processes of their own.
 */
#include "spark/cmdline_line.h"
#include "spark/conf_dir.h"
#include "spark/connect_judging.h"
#include "spark/java_options.h"
#include "spark/mounts.h"
#include "spark/server.h"
#include "spark/shell.h"
#include "spark/shell_names.h"

/* What is judged: one text. */
struct sourced {
	const struct connect_judging *c;
	const char *holder;
};

/* ---- variables ---- */

/* What Spark's scripts, and bash itself, read once the file was sourced. */
static bool is_of_scripts(struct slice variable)
{
	static const char *const names[] = {"SPARK_CONF_DIR", "SPARK_HOME", "CLASS", "command", "option", "instance"};

	return SLICE_IS_ONE_OF(variable, names) || slice_starts(variable, "BASH_");
}

/* Both are set when the file is sourced, so a default for them says nothing. */
static bool is_as_before(const struct sourced *s, struct slice name, struct slice value)
{
	const struct env_item *item = environment_find(s->c->in->environment, name);
	bool home = slice_is(name, "SPARK_HOME");

	if (slice_starts(value, arena_printf(s->c->a, "${%.*s:-", SLICE_ARG(name))) && memchr(value.ptr, '}', value.len) == value.ptr + value.len - 1)
		return true;
	if (item)
		return slice_eq(item->value, value);
	return home ? slice_is(value, "/opt/spark")
		    : slice_is(value, "/opt/spark/conf") || slice_is(value, "$SPARK_HOME/conf") || slice_is(value, "${SPARK_HOME}/conf");
}

/* "NAME=value", "NAME+=value", "NAME[x]=value", "NAME". */
static struct slice name_of(struct slice word)
{
	return (struct slice){word.ptr, shell_name_length(word)};
}

/* May the word, which assigns something or is an argument of export and the like, change what runs? */
static bool sets_too_much(const struct sourced *s, const struct word *word)
{
	struct slice name, value = SLICE_NONE;
	bool appends = false;

	if (!shell_assignment(word->value, &name, &value, &appends))
		name = name_of(word->value);
	if (is_of_scripts(name))
		return !value.ptr || appends || !is_as_before(s, name, value);
	return java_reads_variable(name) && value.ptr && java_names_class(java_words(s->c->a, value, JAVA_LAUNCHER), JAVA_WORDS_SHELL);
}

/* ---- commands ---- */

/* Built into the shell, and able to change arguments, variables by name, or what a name runs. */
static bool is_free(struct slice program)
{
	static const char *const names[] = {"eval", "shift", "alias", "enable", "builtin", "read", "mapfile", "readarray", "getopts", "hash"};

	return SLICE_IS_ONE_OF(program, names);
}

static bool sets_variables(struct slice program)
{
	static const char *const names[] = {"export", "declare", "typeset", "readonly", "local", "unset", "let"};

	return SLICE_IS_ONE_OF(program, names);
}

/* Of these: a name that is not known, or that stands for another (declare -n). */
static bool names_any(const struct word *word)
{
	bool name_is_open = word->known < word->value.len && word->known <= shell_name_length(word->value);

	return name_is_open || slice_is(word->value, "-n");
}

/* `export NAME` leaves it as it is. */
static bool only_exports(struct slice program, const struct word *word)
{
	return slice_is(program, "export") && shell_name_length(word->value) == word->value.len;
}

/* "$DIR/prepare.sh" is no command of the shell's own, whatever the variable holds. */
static bool may_be_built_in(const struct word *program)
{
	return !word_is_known(program) && (program->parts || program->spreads || !slice_has(program->value, "/"));
}

/* `set -o pipefail` sets an option; what else stands there is an argument of its own. */
static bool sets_arguments(const struct shell_command *c, size_t at)
{
	for (size_t i = at + 1; i < c->count; i++) {
		struct slice word = c->words[i]->value;
		if (word.len < 2 || (word.ptr[0] != '-' && word.ptr[0] != '+') || word.ptr[1] == '-')
			return true;
		i += memchr(word.ptr, 'o', word.len) != NULL;
	}
	return false;
}

/* A file of the image may be sourced, as the image may have a spark-env.sh of its own. */
static bool sources_unseen(const struct sourced *s, const struct shell_command *c, size_t at)
{
	const struct word *file = at + 1 < c->count ? c->words[at + 1] : NULL;

	return !file || !word_is_known(file) || !slice_starts(file->value, "/") || path_climbs(file->value) ||
	       mount_of(s->c->in->server->container, file->value);
}

static bool has_option(const struct shell_command *c, size_t at, const char *option)
{
	return at + 1 < c->count && slice_is(c->words[at + 1]->value, option);
}

static bool is_harmless(const struct sourced *s, const struct shell_command *c, size_t at)
{
	struct argument *words = ARENA_ARRAY(s->c->a, c->count - at, struct argument);

	for (size_t i = at; i < c->count; i++)
		words[i - at].word = c->words[i];
	return program_is_harmless(words, c->count - at);
}

/* The program at words[at], with what stands behind it. */
static bool runs_too_much(const struct sourced *s, const struct shell_command *c, size_t at)
{
	struct slice program = c->words[at]->value;

	if (may_be_built_in(c->words[at]) || is_free(program))
		return true;
	if (slice_is(program, "set"))
		return sets_arguments(c, at);
	if (slice_is(program, ".") || slice_is(program, "source"))
		return sources_unseen(s, c, at);
	if (slice_is(program, "exec"))
		return at + 1 < c->count;
	if (slice_is(program, "trap"))
		return !has_option(c, at, "") && !has_option(c, at, "-");
	if (slice_is(program, "command"))
		return !has_option(c, at, "-v") && !has_option(c, at, "-V");
	if (slice_is(program, "printf"))
		return has_option(c, at, "-v");
	for (size_t i = at + 1; i < c->count && sets_variables(program); i++)
		if (names_any(c->words[i]) || (!only_exports(program, c->words[i]) && sets_too_much(s, c->words[i])))
			return true;
	for (size_t i = at; i < c->count; i++)
		if (text_names_server(s->c->in->policy, c->words[i]->value))
			return !is_harmless(s, c, at);
	return is_of_scripts(name_of(program)); /* BASH_CMDS[java]=x is no assignment to a shell that has no arrays */
}

static bool does_too_much(const struct sourced *s, const struct shell_command *c)
{
	size_t at = 0;

	for (; at < c->count && c->words[at]->assignment; at++)
		if (sets_too_much(s, c->words[at]))
			return true;
	return at < c->count && runs_too_much(s, c, at);
}

/* ---- the text ---- */

/* Where it may move the server: a line of it; 0: nowhere, or the whole. *whole: it cannot be followed. */
static unsigned line_that_moves(const struct sourced *s, struct slice text, bool *whole)
{
	struct shell sh;
	struct err err;

	*whole = shell_parse(s->c->a, text, NULL, &sh, &err) < 0 || sh.functions;
	for (size_t i = 0; !*whole && i < sh.loop_names.count; i++)
		*whole = is_of_scripts(sh.loop_names.items[i]);
	for (size_t i = 0; !*whole && i < sh.count; i++)
		if (does_too_much(s, &sh.commands[i]))
			return sh.commands[i].words[0]->line;
	return 0;
}

/* Without Spark's scripts nothing sources it: java may run SparkSubmit itself. */
static bool is_sourced(const struct server *server)
{
	for (size_t i = 0; i < server->lines.count; i++)
		if (cmdlines_at(&server->lines, i)->mixing != MIXED_NEVER)
			return true;
	return server->lines.count == 0;
}

/* Asked once of all lines that a container holds. */
void spark_env_check(const struct connect_judging *c)
{
	const struct server *server = c->in->server;
	const struct conf_search search = {c->a, server->files.spec, server->container, server->files.lookups, &server->files, c->in->environment};
	bool whole;

	if ((c->in->line && c->in->line != server_line(server, 0)) || !is_sourced(server))
		return;
	const struct pod_file *file = conf_file_in_folder(&search, "spark-env.sh").file;
	if (!file)
		return;
	struct sourced s = {c, arena_printf(c->a, "spark-env.sh of ConfigMap '%s'", file->config_map)};
	if (backend_text_breaks(c, file->text, s.holder))
		return;
	unsigned line = line_that_moves(&s, file->text, &whole);
	if (line > 0 || whole)
		judging_report(c, "backend.cannotTell",
			       arena_printf(c->a,
					    "cannot tell: spark-env.sh of ConfigMap '%s', which Spark's scripts run within themselves, may change what "
					    "they start%s: set variables alone there, and write options into args",
					    file->config_map, line > 0 ? arena_printf(c->a, " (line %u)", line) : ""),
			       judging_place(c, NULL));
}
