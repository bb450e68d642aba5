#include "spark/env_kept.h"

#include "spark/mounts.h"
#include "spark/shell.h"
#include "spark/shell_names.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static bool is_one_of(struct slice name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(name, list[i]))
			return true;
	return false;
}

/* ---- a text of a shell ---- */

/* exec and the like start what stands behind them and their options. */
static bool is_plain_program(const struct word *word, bool *starts_next)
{
	static const char *const starters[] = {"exec", "nohup", "tini", "dumb-init"};
	static const char *const programs[] = {
		"start-connect-server.sh", "spark-submit", "spark-class", ":", "[", "cat", "cd", "chmod", "cp", "date", "echo",
		"exit", "false", "hostname", "ln", "ls", "mkdir", "mv", "rm", "set", "sleep", "tail", "test", "touch", "true", "ulimit",
		"umask", "wait",
	};
	struct slice name = path_last(word->value);

	if (slice_starts(name, "-"))
		return word->literal;
	*starts_next = is_one_of(name, starters, COUNT(starters));
	return word->literal && (*starts_next || is_one_of(name, programs, COUNT(programs)));
}

/* "${NAME" is passed where no default is assigned and nothing is computed behind it: ${NAME:-x}, ${NAME%x}. */
static bool skip_braced(struct slice *s)
{
	struct slice rest = *s;
	size_t n = 0;

	if (!slice_skip(&rest, SLICE_LIT("${")))
		return false;
	while (n < rest.len && shell_is_name_byte(rest.ptr[n]))
		n++;
	rest = (struct slice){rest.ptr + n, rest.len - n};
	if (n == 0 || !(slice_skip(&rest, SLICE_LIT(":-")) || slice_skip(&rest, SLICE_LIT(":+")) || slice_starts(rest, "-") ||
			slice_starts(rest, "+") || slice_starts(rest, "#") || slice_starts(rest, "%")))
		return false;
	*s = rest;
	return true;
}

/* $NAME"MORE" reads like $NAMEMORE where quotes are taken off, and is another. */
static bool goes_on(struct slice rest)
{
	size_t n = 0;

	while (n < rest.len && strchr("\"'\\\n", rest.ptr[n]))
		n++;
	return n > 0 && n < rest.len && shell_is_name_byte(rest.ptr[n]);
}

/* At a '$'. What a command between $( and ) sets stays there; $((NAME=1)) and $[NAME=1] are none. */
static bool skip_expansion(struct slice *s)
{
	struct slice name;

	if (shell_skip_variable(s, &name))
		return !goes_on(*s);
	if (skip_braced(s))
		return true;
	bool command = s->len > 2 && s->ptr[1] == '(' && s->ptr[2] != '(' && s->ptr[2] != '\\';
	if (!command && (s->len < 2 || !strchr("@*#?$!-0123456789", s->ptr[1])))
		return false;
	*s = (struct slice){s->ptr + 2, s->len - 2};
	return true;
}

static bool is_plain_argument(struct slice source)
{
	while (source.len > 0)
		if (*source.ptr != '$')
			source = (struct slice){source.ptr + 1, source.len - 1};
		else if (!skip_expansion(&source))
			return false;
	return true;
}

/* NAME=x, which env takes, and "set -k" makes of any program's words. */
static bool is_assignment(struct slice word)
{
	size_t n = 0;

	while (n < word.len && shell_is_name_byte(word.ptr[n]))
		n++;
	return n > 0 && n < word.len && word.ptr[n] == '=';
}

/* Of set: those that only say when the shell ends and what it prints. */
static bool is_plain_option(struct slice word)
{
	bool option = slice_starts(word, "-") || slice_starts(word, "+");

	for (size_t i = 1; option && i < word.len; i++)
		if (!strchr("euxo", word.ptr[i]))
			return false;
	return option || slice_is(word, "pipefail");
}

/* "wait -p NAME" sets one. */
static bool is_plain_command(const struct shell_command *command)
{
	bool starts_next = true, waits = false, sets = false;

	for (size_t i = 0; i < command->count; i++) {
		const struct word *word = command->words[i];

		if (word->assignment || (starts_next && !is_plain_program(word, &starts_next)))
			return false;
		if (!is_plain_argument(word_source(word)) || is_assignment(word->value))
			return false;
		if ((waits && slice_starts(word->value, "-")) || (sets && !is_plain_option(word->value)))
			return false;
		waits |= slice_is(word->value, "wait");
		sets |= slice_is(word->value, "set");
	}
	return true;
}

static bool text_keeps(struct arena *a, struct slice text)
{
	struct shell sh;
	struct err ignored = {""};

	if (shell_parse(a, text, NULL, &sh, &ignored) < 0 || sh.array_count > 0 || sh.functions || sh.loops || sh.document_count > 0)
		return false;
	/* {NAME}>file sets one, {export,NAME=x} may */
	for (const char *open = text.ptr; (open = memchr(open, '{', (size_t)(text.ptr + text.len - open))); open++)
		if (open == text.ptr || open[-1] != '$')
			return false;
	/* bash computes what stands beside -eq, and an assignment is a sum to it */
	if (slice_has(text, "[["))
		return false;
	for (size_t i = 0; i < sh.count; i++)
		if (!is_plain_command(&sh.commands[i]))
			return false;
	return true;
}

/* ---- the words of the container ---- */

/* A word as most are: a path, an option, --key=value. */
static bool is_one_word(struct slice word)
{
	static const char ends[] = " $\n\t;&|(`<\r>{\"'\\";

	for (size_t i = 0; i < word.len; i++)
		if (memchr(ends, word.ptr[i], sizeof(ends)))
			return false;
	return true;
}

/* Without a shell only a program can set one; a shell's own option -k makes variables of words. What the kubelet makes may be a
 * program, or a word for env, but for what is plainly an option, its value or a master. */
static bool word_keeps(struct arena *a, struct slice word, bool in_shell)
{
	bool option = slice_starts(word, "-");
	bool keyword = in_shell && option && !slice_starts(word, "--") && slice_has(word, "k");

	if (is_one_word(word))
		return !slice_is(path_last(word), "env") && !is_assignment(word) && !keyword;
	if (in_shell)
		return text_keeps(a, word);
	return option || slice_starts(word, "spark.") || slice_starts(word, "k8s://") || !slice_has(word, "$(");
}

static bool has_shell(const struct json *words)
{
	JSON_EACH(word, words) {
		struct slice name = path_last(json_slice(word));
		if (shell_is_program(name) || slice_is(name, "busybox"))
			return true;
	}
	return false;
}

/* What a shell reads from its variables: files that it runs before its text, options, functions. */
static bool is_for_shells(struct slice name)
{
	static const char *const names[] = {"BASH_ENV", "ENV", "SHELLOPTS", "BASHOPTS", "PS4"};

	return is_one_of(name, names, COUNT(names)) || slice_starts(name, "BASH_FUNC_");
}

bool env_is_kept(struct arena *a, const struct json *container, const struct environment *env)
{
	const struct json *lists[] = {json_get(container, "command"), json_get(container, "args")};
	bool in_shell = has_shell(lists[0]) || has_shell(lists[1]);

	for (size_t i = 0; i < env->count; i++)
		if (is_for_shells(env->items[i].name))
			return false;
	for (size_t l = 0; l < COUNT(lists); l++)
		JSON_EACH(word, lists[l])
			if (!word_keeps(a, json_slice(word), in_shell))
				return false;
	return true;
}
