#include "spark/word_roles.h"

#include "spark/shell_names.h"

bool word_is_known(const struct word *word)
{
	return word->literal && word->known == word->value.len;
}

/* "starting /opt/spark/sbin/start-connect-server.sh": a message that ends like the path of a program. */
static bool is_sentence(struct slice path)
{
	const char *blank = path.len > 0 ? memrchr(path.ptr, ' ', path.len) : NULL;

	return blank && !strchr("/.$~", path.ptr[0]) && blank[1] == '/';
}

struct slice word_base(const struct word *word)
{
	struct slice s = word->resolved.ptr ? word->resolved : word->value;
	bool known = word->resolved.ptr || word_is_known(word);
	const char *slash = s.len ? memrchr(s.ptr, '/', s.len) : NULL;
	size_t at = slash ? (size_t)(slash - s.ptr) + 1 : 0;

	if (!known && (!slash || at < s.len - word->tail))
		return SLICE_NONE;
	if (slash && (memchr(s.ptr, '=', at) || is_sentence((struct slice){s.ptr, at})))
		return SLICE_NONE;
	return (struct slice){s.ptr + at, s.len - at};
}

#define NAMED(role, ...)                                           \
	{                                                          \
		role, (const char *const[]){__VA_ARGS__},          \
		sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *) \
	}

/* But for those with a dot. */
static const struct {
	unsigned role;
	const char *const *names;
	size_t count;
} named[] = {
	NAMED(WORD_ROLE_JAVA, "java", "spark-class"),
	NAMED(WORD_ROLE_SUBMIT, "spark-submit", "spark2-submit", "spark3-submit"),
	NAMED(WORD_ROLE_CONSOLE, "spark-shell", "pyspark", "spark-sql", "sparkR"),
	NAMED(WORD_ROLE_RUNNER, "exec", "nohup", "setsid"),
	NAMED(WORD_ROLE_MEASURED, "nice", "ionice", "timeout", "stdbuf"),
	NAMED(WORD_ROLE_INIT, "tini", "dumb-init", "catatonit"),
	NAMED(WORD_ROLE_USER, "gosu", "su-exec"),
	NAMED(WORD_ROLE_PASSES, "command", "builtin"),
	NAMED(WORD_ROLE_ADDS, "xargs", "parallel"),
	NAMED(WORD_ROLE_EVAL, "eval"),
	NAMED(WORD_ROLE_SU, "su", "runuser"),
	NAMED(WORD_ROLE_HANDS_TEXT, "flock", "script", "watch"),
	NAMED(WORD_ROLE_INTERPRETS, "perl", "ruby", "node", "php", "lua", "expect"),
	NAMED(WORD_ROLE_HARMLESS,
	      "echo", "printf", "cat",   "cp",     "mv",    "ln",    "ls",      "rm",    "mkdir",  "touch",
	      "chmod", "chown", "chgrp", "test",   "[",     "pgrep", "pkill",   "pidof", "ps",     "kill",
	      "grep", "egrep", "fgrep",  "sed",    "awk",   "which", "type",    "hash",  "export", "readonly",
	      "declare", "local", "typeset", "unset", "alias", "tee",  "curl",  "wget",  "nc",     "sleep",
	      "find", "head",  "tail",   "wc",     "stat",  "file",  "basename", "dirname", "realpath", "readlink",
	      "trap", "cd",    "true",   "false",  ":",     "return", "exit",   "read",  "wait",   "install",
	      "diff", "cmp",   "sort",   "cut",    "tr",    "tar",   "logger",  "killall", "rsync", "dpkg", "unzip",
	      "jcmd", "jps",   "jstack", "jinfo",  "jmap",  "jstat"),
	NAMED(WORD_ROLE_KEEPS, "export", "readonly", "declare", "typeset", "local", "alias", "hash", "trap"),
	NAMED(WORD_ROLE_MAY_RUN, "find", "awk", "tar", "install", "sort", "rsync"),
};

static unsigned roles_of_script(struct slice base)
{
	if (slice_is(base, "start-connect-server.sh"))
		return WORD_ROLE_SCRIPT | WORD_ROLE_START;
	if (slice_is(base, "start-thriftserver.sh"))
		return WORD_ROLE_SCRIPT | WORD_ROLE_CONSOLE; /* hands its arguments to spark-submit, behind a class that takes them anywhere */
	return slice_is(base, "spark-daemon.sh") ? WORD_ROLE_SCRIPT | WORD_ROLE_DAEMON : WORD_ROLE_SCRIPT;
}

/* Most words are options, or names of files or hosts: they are not looked for. */
unsigned word_find_roles(const struct word *word)
{
	struct slice base = word_base(word);
	unsigned roles = WORD_ROLE_FOUND;

	if (slice_ends(base, ".sh"))
		roles |= roles_of_script(base);
	if (slice_starts(base, "python")) /* python3.11 */
		roles |= WORD_ROLE_INTERPRETS;
	if (base.len == 0 || *base.ptr == '-' || memchr(base.ptr, '.', base.len))
		return roles;
	for (size_t i = 0; i < COUNT_OF(named); i++)
		if (slice_is_one_of(base, named[i].names, named[i].count))
			roles |= named[i].role;
	return roles | (shell_is_program(base) ? WORD_ROLE_SHELL : 0u);
}
