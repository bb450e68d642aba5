/*
 * spark-env.sh in the folder of Spark's settings. bin/load-spark-env.sh sources it into start-connect-server.sh, spark-daemon.sh and
 * spark-class, so what it does to their variables and arguments replaces the command line:
 *	set -- org.apache.spark.deploy.SparkSubmit --master 'local[*]' ...
 * People set variables there, with an `if` around them; that is let be. Programs that it runs are processes of their own.
 */
#include "spark/cmdline_line.h"
#include "spark/conf_dir.h"
#include "spark/connect_judging.h"
#include "spark/server.h"
#include "spark/shell.h"
#include "spark/shell_names.h"

/* What Spark's scripts read of themselves once the file was sourced. */
static bool is_of_scripts(struct slice variable)
{
	static const char *const names[] = {"SPARK_CONF_DIR", "SPARK_HOME", "CLASS", "command", "option", "instance", "BASH_ENV"};

	return SLICE_IS_ONE_OF(variable, names);
}

/* Built into the shell, and able to change arguments, variables by name, or what a name runs. */
static bool is_free(struct slice program)
{
	static const char *const names[] = {".", "source", "eval", "exec", "shift", "trap", "alias", "enable", "command", "builtin",
					    "read", "mapfile", "readarray", "let", "getopts", "printf"};

	return SLICE_IS_ONE_OF(program, names);
}

static bool sets_one_of_scripts(const struct word *word)
{
	struct slice name, value;
	bool appends;

	return is_of_scripts(word->value) || (shell_assignment(word->value, &name, &value, &appends) && is_of_scripts(name));
}

/* `set -a` is an option of the shell; what else stands there is an argument of its own. */
static bool sets_arguments(const struct shell_command *c, size_t at)
{
	for (size_t i = at + 1; i < c->count; i++) {
		struct slice word = c->words[i]->value;
		if (word.len < 2 || (word.ptr[0] != '-' && word.ptr[0] != '+') || word.ptr[1] == '-')
			return true;
	}
	return false;
}

/* May the command change what the script that sources it does? */
static bool may_change_script(const struct policy *policy, const struct shell_command *c)
{
	size_t at = 0;

	for (; at < c->count && c->words[at]->assignment; at++)
		if (sets_one_of_scripts(c->words[at]))
			return true;
	if (at == c->count)
		return false;
	struct slice program = c->words[at]->value;
	if (!word_is_known(c->words[at]) || is_free(program) || text_names_server(policy, program))
		return true;
	if (slice_is(program, "set"))
		return sets_arguments(c, at);
	for (size_t i = at + 1; i < c->count; i++) /* of export, declare, unset */
		if (sets_one_of_scripts(c->words[i]) || text_names_server(policy, c->words[i]->value))
			return true;
	return false;
}

static bool has_backend_key(const struct connect_judging *c, struct slice text)
{
	for (size_t i = 0; i < BACKEND_KEYS && c->on_k8s; i++)
		if (slice_has(text, backend_keys[i]))
			return true;
	return false;
}

static bool may_move_server(const struct connect_judging *c, struct slice text)
{
	struct shell sh;
	struct err err;

	if (has_backend_key(c, text) || shell_parse(c->a, text, NULL, &sh, &err) < 0 || sh.functions)
		return true;
	for (size_t i = 0; i < sh.loop_names.count; i++)
		if (is_of_scripts(sh.loop_names.items[i]))
			return true;
	for (size_t i = 0; i < sh.count; i++)
		if (may_change_script(c->in->policy, &sh.commands[i]))
			return true;
	return false;
}

/* Asked once of all lines that a container holds. */
void spark_env_check(const struct connect_judging *c)
{
	const struct server *s = c->in->server;
	const struct conf_search search = {c->a, s->files.spec, s->container, s->files.lookups, &s->files, c->in->environment};

	if (c->in->line && c->in->line != server_line(s, 0))
		return;
	const struct pod_file *file = conf_file_in_folder(&search, "spark-env.sh").file;
	if (file && may_move_server(c, file->text))
		judging_report(c, "backend.cannotTell",
			       arena_printf(c->a, "cannot tell: spark-env.sh of ConfigMap '%s', which Spark's scripts run within themselves, does more than "
						  "set variables: set them in env, and options in args",
					    file->config_map),
			       judging_place(c, NULL));
}
