#include "spark/script_conf.h"

#include "spark/mounts.h"
#include "spark/shell.h"

#define DEFAULTS "spark-defaults.conf"
#define FOLDER   "SPARK_CONF_DIR="
#define MADE     "file '" DEFAULTS "' (made by a command)"
#define MOVED    "the folder of SPARK_CONF_DIR (set by a command)"

/* Each is a search in every command. A script has one or two. */
#define ALIASES_MAX 4

/* Each is a look at every mount. */
#define LOOKS_MAX 8

struct scripts {
	struct arena *a;
	const struct json *spec, *container;
	const struct pod_files *files;
	struct slice aliases[ALIASES_MAX]; /* variables that hold the file's name */
	size_t alias_count, looks;
	const char *unseen;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\\';
}

static bool is_quote(char c)
{
	return c == '\'' || c == '"' || c == '`';
}

/* May it stand before a word, or behind one? */
static bool is_edge(char c)
{
	return is_blank(c) || is_quote(c) || strchr(";&|<>(){}=,:", c);
}

static struct slice from(struct slice s, size_t at)
{
	return (struct slice){s.ptr + at, s.len - at};
}

/* ---- commands ---- */

static size_t line_end(struct slice text, size_t at)
{
	while (at < text.len && text.ptr[at] != '\n')
		at++;
	return at;
}

static bool ends_command(struct slice text, size_t at)
{
	char c = text.ptr[at], next = at + 1 < text.len ? text.ptr[at + 1] : '\0';

	return c == '\n' || c == ';' || ((c == '&' || c == '|') && next == c);
}

/* Take the next command off *text: up to a line end, ';', '&&' or '||' outside of quotes. Pipelines stay whole. */
static struct slice cut_command(struct slice *text)
{
	size_t at = 0;
	char quote = '\0';

	for (; at < text->len && (quote || !ends_command(*text, at)); at++) {
		char c = text->ptr[at];
		bool starts = at == 0 || is_blank(text->ptr[at - 1]);

		if (c == '\\' && quote != '\'')
			at++;
		else if (quote)
			quote = c == quote ? '\0' : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == '#' && starts)
			break;
	}
	at = at < text->len ? at : text->len;
	struct slice command = {text->ptr, at};
	if (at < text->len && text->ptr[at] == '#')
		at = line_end(*text, at);
	else if (at < text->len)
		at += text->ptr[at] == '&' || text->ptr[at] == '|' ? 2 : 1;
	*text = from(*text, at);
	return command;
}

/* Take the next word off *rest: quotes count as blanks. len 0 at the end. */
static struct slice cut_word(struct slice *rest)
{
	size_t at = 0, end;

	while (at < rest->len && (is_blank(rest->ptr[at]) || is_quote(rest->ptr[at])))
		at++;
	for (end = at; end < rest->len && !is_blank(rest->ptr[end]) && !is_quote(rest->ptr[end]);)
		end++;
	struct slice word = {rest->ptr + at, end - at};
	*rest = from(*rest, end);
	return word;
}

static bool is_assignment(struct slice word)
{
	const char *equals = word.len ? memchr(word.ptr, '=', word.len) : NULL;

	for (const char *c = word.ptr; equals && c < equals; c++)
		if (!shell_is_name_byte(*c))
			return false;
	return equals && equals > word.ptr;
}

/* The name of the program, without what may stand before it. */
static struct slice program_of(struct slice command)
{
	static const char *const before[] = {"sudo", "exec", "then", "do", "else", "if", "!", "time", "command", "{", "(", "export"};
	struct slice word;

	do
		word = cut_word(&command);
	while (word.len > 0 && (is_assignment(word) || slice_is_one_of(word, before, sizeof(before) / sizeof(*before))));
	while (word.len > 1 && (*word.ptr == '(' || *word.ptr == '{'))
		word = from(word, 1);
	return path_last(word);
}

/* ---- the file ---- */

/* Is it in text as a word's end? "spark-defaults.conf.template" is another one. */
static bool has_word(struct slice text, struct slice word)
{
	for (const char *at; (at = slice_find(text, word));) {
		text = from(text, (size_t)(at - text.ptr) + word.len);
		if (text.len == 0 || is_edge(*text.ptr))
			return true;
	}
	return false;
}

/* $NAME or ${NAME}. */
static bool has_alias(struct slice text, struct slice name)
{
	for (const char *at; (at = slice_find(text, name));) {
		size_t before = (size_t)(at - text.ptr);
		struct slice behind = from(text, before + name.len);
		bool plain = before > 0 && at[-1] == '$' && (behind.len == 0 || !shell_is_name_byte(*behind.ptr));

		if (plain || (before > 1 && at[-1] == '{' && at[-2] == '$' && slice_starts(behind, "}")))
			return true;
		text = behind;
	}
	return false;
}

static bool names_file(const struct scripts *s, struct slice text)
{
	if (has_word(text, SLICE_LIT(DEFAULTS)))
		return true;
	for (size_t i = 0; i < s->alias_count; i++)
		if (has_alias(text, s->aliases[i]))
			return true;
	return false;
}

/* conf=$SPARK_HOME/conf/spark-defaults.conf */
static void note_alias(struct scripts *s, struct slice command)
{
	for (struct slice word = cut_word(&command); word.len > 0 && s->alias_count < ALIASES_MAX; word = cut_word(&command)) {
		if (slice_is(word, "export") || slice_is(word, "local"))
			continue;
		if (!is_assignment(word))
			return;
		struct slice name = slice_cut(&word, '=');
		struct slice value = word.len > 0 ? word : cut_word(&command);
		if (slice_ends(value, DEFAULTS))
			s->aliases[s->alias_count++] = name;
	}
}

/* ---- where it comes from ---- */

/* An absolute path in command; len 0 at the end. */
static struct slice cut_path(struct slice *command)
{
	for (size_t at = 0; at < command->len; at++) {
		if (command->ptr[at] != '/' || (at > 0 && !is_edge(command->ptr[at - 1])))
			continue;
		size_t end = at;
		while (end < command->len && !is_edge(command->ptr[end]))
			end++;
		struct slice path = {command->ptr + at, end - at};
		*command = from(*command, end);
		return path;
	}
	return (struct slice){"", 0};
}

/* The volume of the first path in command that is mounted; NULL where there is none. */
static const struct json *volume_in(struct scripts *s, struct slice command)
{
	for (struct slice path = cut_path(&command); path.len > 0 && s->looks < LOOKS_MAX; path = cut_path(&command)) {
		s->looks++;
		const struct json *mount = mount_of(s->container, path);
		const struct json *volume = mount ? volume_named(s->spec, json_text(json_get(mount, "name"), "")) : NULL;
		if (volume)
			return volume;
	}
	return NULL;
}

/* A command that copies or renders: what is mounted and can be seen counts wherever it goes, the rest is not seen. */
static const char *copied(struct scripts *s, struct slice command, const char *what)
{
	const struct json *volume = volume_in(s, command);
	const char *opaque = volume ? volume_opaque(s->a, volume) : NULL;

	if (opaque)
		return opaque;
	return s->files->count > 0 ? NULL : what;
}

/* ---- who writes ---- */

/* The word behind a '>'. */
static struct slice target_of(struct slice rest)
{
	size_t at = 0, end;

	while (at < rest.len && (is_blank(rest.ptr[at]) || is_quote(rest.ptr[at]) || rest.ptr[at] == '|'))
		at++;
	for (end = at; end < rest.len && !is_blank(rest.ptr[end]) && !is_quote(rest.ptr[end]) && rest.ptr[end] != '>';)
		end++;
	return (struct slice){rest.ptr + at, end - at};
}

/* Does one of command lead into the file? */
static bool redirects(const struct scripts *s, struct slice command)
{
	for (const char *at; (at = slice_find(command, SLICE_LIT(">")));) {
		command = from(command, (size_t)(at - command.ptr) + 1);
		if (names_file(s, target_of(command)))
			return true;
	}
	return false;
}

static bool is_reader(struct slice program)
{
	static const char *const readers[] = {"[",    "[[",   "test", "cat",   "echo",  "printf", "grep",  "egrep", "ls",    "head", "tail",
					      "stat", "wc",   "diff", "cmp",  "chmod", "chown", "touch",  "rm",    "mkdir", "while", "for",  "awk",
					      "less", "more", "file", "case", "read",  "cut",   "sort",   "sha256sum", "md5sum", "log", "info"};

	return program.len == 0 || slice_is_one_of(program, readers, sizeof(readers) / sizeof(*readers));
}

static bool writes(const struct scripts *s, struct slice command)
{
	struct slice program = program_of(command);

	if (redirects(s, command) || slice_is(program, "tee") || slice_has(command, "| tee") || slice_has(command, "|tee"))
		return true;
	if (slice_is(program, "sed"))
		return slice_has(command, " -i") || slice_has(command, " --in-place");
	return !is_reader(program);
}

/* Is what is written made by the command itself, whatever is mounted? */
static bool makes(struct scripts *s, struct slice command)
{
	static const char *const makers[] = {"echo", "printf", "curl", "wget", "aws", "gsutil"};
	static const char *const ends[] = {"}", ")", "done", "fi", "esac"};
	struct slice program = program_of(command);

	if (slice_has(command, "<<") || slice_is_one_of(program, makers, sizeof(makers) / sizeof(*makers)))
		return true;
	return slice_is_one_of(program, ends, sizeof(ends) / sizeof(*ends)) && !volume_in(s, command);
}

/* ---- the folder ---- */

/* $SPARK_HOME/conf, or what the environment says: read as such. */
static bool is_usual(struct slice folder)
{
	return slice_is(folder, "/opt/spark/conf") || slice_has(folder, "${SPARK_CONF_DIR") ||
	       (slice_has(folder, "SPARK_HOME") && slice_ends(folder, "/conf"));
}

static const char *moved(struct scripts *s, struct slice command)
{
	const char *at = slice_find(command, SLICE_LIT(FOLDER));

	if (!at || (at > command.ptr && !is_edge(at[-1])))
		return NULL;
	struct slice rest = from(command, (size_t)(at - command.ptr) + sizeof(FOLDER) - 1);
	struct slice folder = cut_word(&rest);
	while (folder.len > 0 && strchr(";&|)", folder.ptr[folder.len - 1]))
		folder.len--;
	return is_usual(folder) ? NULL : copied(s, folder, MOVED);
}

/* ---- texts ---- */

static const char *written(struct scripts *s, struct slice command)
{
	if (!names_file(s, command) || !writes(s, command))
		return NULL;
	return makes(s, command) ? MADE : copied(s, command, MADE);
}

static void look_through(struct scripts *s, struct slice text)
{
	while (text.len > 0 && !s->unseen) {
		struct slice command = cut_command(&text);

		note_alias(s, command);
		s->unseen = written(s, command);
		s->unseen = s->unseen ? s->unseen : moved(s, command);
	}
}

const char *script_conf_unseen(struct arena *a, const struct json *spec, const struct json *container, const struct pod_files *files)
{
	static const char *const members[] = {"command", "args"};
	struct scripts s = {.a = a, .spec = spec, .container = container, .files = files};

	for (size_t i = 0; i < 2; i++)
		JSON_EACH(item, json_get(container, members[i])) {
			struct slice text = json_slice(item);
			if (text.ptr && (slice_has(text, "spark-defaults") || slice_has(text, FOLDER)))
				look_through(&s, text);
		}
	return s.unseen;
}
