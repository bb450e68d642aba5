#include "spark/script_conf.h"

#include "spark/conf_dir.h"
#include "spark/container_text.h"
#include "spark/mounts.h"
#include "spark/script_words.h"
#include "spark/shell.h"
#include "spark/shell_names.h"

#define DEFAULTS "spark-defaults.conf"
#define FOLDER   "SPARK_CONF_DIR"
#define MADE     "file '" DEFAULTS "' (made by a command)"
#define MOVED    "the folder of " FOLDER " (set by a command)"

/* Each is a search in every command. A script has one or two. */
#define ALIASES_MAX 4

/* Each is a look at every mount. */
#define LOOKS_MAX 8

/* Each is a look at every volume, and of those with a ConfigMap a search in every text. */
#define MOUNTS_MAX 32

/* su -c "sh -c '...'" */
#define DEPTH_MAX 2

struct scripts {
	struct arena *a;
	const struct json *spec, *container;
	const struct pod_files *files;
	struct slice aliases[ALIASES_MAX]; /* variables that hold the file's name */
	size_t alias_count, looks;
	bool mapped_known, mapped; /* names_mapped() */
	const char *unseen;
};

/* Up to a line end, ';', '&', '&&' or '||'; a pipeline is one. */
struct command {
	struct slice text;
	struct slice first, program; /* of a pipeline the first and the last one so far; len 0: none */
	struct slice folder;         /* of SPARK_CONF_DIR=folder; ptr NULL: not set */
	bool expects;                /* a program comes next */
	bool wrapped;                /* ... behind one like sudo, which takes options */
	bool names, writes;          /* the file; some program that is known to */
	bool redirects;              /* ... into the file */
	bool document;               /* it reads a here-document */
	bool script;                 /* the next word is a text for a shell */
};

/* ---- the file ---- */

/* Is it in text as a word's end? "spark-defaults.conf.template" is another one. */
static bool has_word(struct slice text, struct slice word)
{
	for (const char *at; (at = slice_find(text, word));) {
		text = slice_from(text, (size_t)(at - text.ptr) + word.len);
		if (text.len == 0 || script_is_edge(*text.ptr))
			return true;
	}
	return false;
}

/* $NAME or ${NAME}. */
static bool has_alias(struct slice text, struct slice name)
{
	for (const char *at; (at = slice_find(text, name));) {
		size_t before = (size_t)(at - text.ptr);
		struct slice behind = slice_from(text, before + name.len);
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

/* ---- where it comes from ---- */

/* An absolute path in command; len 0 at the end. */
static struct slice cut_path(struct slice *command)
{
	for (size_t at = 0; at < command->len; at++) {
		if (command->ptr[at] != '/' || (at > 0 && !script_is_edge(command->ptr[at - 1])))
			continue;
		size_t end = at;
		while (end < command->len && !script_is_edge(command->ptr[end]))
			end++;
		struct slice path = {command->ptr + at, end - at};
		*command = slice_from(*command, end);
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

static bool names_path(void *closure, struct slice text)
{
	const struct slice *path = closure;

	for (const char *at; (at = slice_find(text, *path));) {
		bool begins = at == text.ptr || script_is_edge(at[-1]);

		text = slice_from(text, (size_t)(at - text.ptr) + path->len);
		if (begins && (text.len == 0 || *text.ptr == '/' || script_is_edge(*text.ptr)))
			return true;
	}
	return false;
}

/* Does a text of the container name a path that has a ConfigMap's? Else nothing in it copies one. */
static bool find_mapped(const struct scripts *s)
{
	size_t mounts = 0;

	JSON_EACH(mount, json_get(s->container, "volumeMounts")) {
		struct slice path = json_slice(json_get(mount, "mountPath"));
		const struct json *volume = ++mounts <= MOUNTS_MAX ? volume_named(s->spec, json_text(json_get(mount, "name"), "")) : NULL;

		while (path.len > 1 && slice_ends(path, "/"))
			path.len--;
		bool has_map = json_get(volume, "configMap") || json_get(volume, "projected");
		if (path.len > 1 && has_map && container_any_text(s->container, names_path, &path))
			return true;
	}
	return false;
}

/* All texts are searched once. */
static bool names_mapped(struct scripts *s)
{
	if (!s->mapped_known)
		s->mapped = find_mapped(s);
	s->mapped_known = true;
	return s->mapped;
}

/* ---- words of a command ---- */

/* Programs that write, or make, a file that they are given. Redirections are seen as such. */
static bool is_writer(struct slice program)
{
	static const char *const writers[] = {
		"tee", "cp", "mv", "ln", "install", "rsync", "dd", "tar", "unzip", "patch", "aws", "gsutil", "gcloud",
		"az", "mc", "s3cmd", "hdfs", "hadoop", "kubectl", "vault", "python", "python2", "python3", "perl", "ruby",
		"node", "ex", "ed", "sponge", "envsubst", "gomplate", "dockerize", "confd", "consul-template",
		"j2", "jinja2", "ytt", "yq", "crudini",
	};

	return SLICE_IS_ONE_OF(program, writers);
}

/* sed -i, curl -sfo, wget -O: only then. */
static bool option_writes(struct slice program, struct slice option)
{
	bool fetches = slice_is(program, "curl") || slice_is(program, "wget");

	if (slice_starts(option, "--"))
		return (fetches && slice_starts(option, "--output")) || (slice_is(program, "sed") && slice_starts(option, "--in-place"));
	for (size_t i = 1; i < option.len; i++)
		if (fetches ? memchr("oO", option.ptr[i], 2) != NULL : slice_is(program, "sed") && option.ptr[i] == 'i')
			return true;
	return false;
}

/* The word behind is a program too, or the first of its options. */
static bool is_wrapper(struct slice word)
{
	static const char *const wrappers[] = {
		"sudo", "exec", "then", "do", "else", "elif", "if", "while", "until", "!", "time", "command", "{", "env",
		"export", "local", "readonly", "declare", "typeset", "nohup", "nice", "timeout", "xargs", "builtin",
	};

	return SLICE_IS_ONE_OF(word, wrappers);
}

static bool is_shell(struct slice program)
{
	static const char *const others[] = {"su", "runuser", "busybox"};

	return shell_is_program(program) || SLICE_IS_ONE_OF(program, others);
}

/* conf=$SPARK_HOME/conf/spark-defaults.conf, conf+=/spark-defaults.conf, SPARK_CONF_DIR=/tmp */
static bool is_assignment(struct scripts *s, struct command *c, struct slice word)
{
	struct slice name, value;
	bool appends;

	if (!shell_assignment(word, &name, &value, &appends) || name.len == 0 || shell_name_length(name) < name.len)
		return false;
	value = script_bare(value);
	bool is_file = slice_ends(value, DEFAULTS) || slice_ends(value, DEFAULTS "}"); /* ${X:-/a/spark-defaults.conf} */
	if (slice_is(name, FOLDER))
		c->folder = value;
	else if (is_file && s->alias_count < ALIASES_MAX)
		s->aliases[s->alias_count++] = name;
	return true;
}

static void on_program(struct command *c, struct slice word)
{
	bool option = c->wrapped && word.len > 0 && (*word.ptr == '-' || (*word.ptr >= '0' && *word.ptr <= '9'));

	if (option || is_wrapper(word)) {
		c->wrapped = true;
		return;
	}
	c->program = path_last(word);
	c->first = c->first.len > 0 ? c->first : c->program;
	c->expects = c->wrapped = false;
	c->writes |= is_writer(c->program);
}

static void on_argument(struct command *c, struct slice word)
{
	if (!slice_starts(word, "-"))
		return;
	c->writes |= option_writes(c->program, word);
	c->expects = slice_is(word, "-exec") || slice_is(word, "-execdir");
	c->script = is_shell(c->program) && slice_ends(word, "c");
}

static void on_operator(struct scripts *s, struct command *c, struct slice op, struct slice *text)
{
	if (*op.ptr == ')' && c->first.len == 0)
		c->first = op;
	c->expects |= memchr("|()", *op.ptr, 3) != NULL;
	if (!slice_has(op, "<") && !slice_has(op, ">"))
		return;
	c->document |= slice_has(op, "<<");
	struct slice rest = *text;
	struct script_token target = script_take(&rest);
	if (target.is_operator) /* <(cmd) */
		return;
	*text = rest;
	c->redirects |= slice_has(op, ">") && names_file(s, target.text);
}

/* ---- commands ---- */

/* Is what is written made by the command itself, whatever is mounted? */
static bool makes(struct scripts *s, const struct command *c)
{
	static const char *const makers[] = {"echo", "printf", "curl", "wget", "aws", "gsutil"};
	static const char *const ends[] = {"}", ")", "done", "fi", "esac"};

	if (c->document || SLICE_IS_ONE_OF(c->first, makers))
		return true;
	return SLICE_IS_ONE_OF(c->first, ends) && !volume_in(s, c->text);
}

static const char *written(struct scripts *s, const struct command *c)
{
	if (!c->redirects && !(c->names && c->writes))
		return NULL;
	return makes(s, c) ? MADE : copied(s, c->text, MADE);
}

/* Spark's own, or what the environment says: read as such. */
static bool is_usual(struct slice folder)
{
	return conf_folder_of(folder, "spark-defaults.conf").ptr || slice_has(folder, "$" FOLDER) || slice_has(folder, "${" FOLDER) ||
	       (slice_has(folder, "SPARK_HOME") && (slice_ends(folder, "/conf") || slice_ends(folder, "/conf/")));
}

static const char *moved(struct scripts *s, const struct command *c)
{
	if (!c->folder.ptr || is_usual(c->folder))
		return NULL;
	bool mounted = s->looks++ < LOOKS_MAX && mount_of(s->container, c->folder);
	return mounted || names_mapped(s) ? copied(s, c->folder, MOVED) : MOVED;
}

static bool ends_command(struct script_token t)
{
	static const char *const ends[] = {"&", "&&", "||"};

	return t.text.len == 0 || (t.is_operator && (memchr(";\n", *t.text.ptr, 2) || SLICE_IS_ONE_OF(t.text, ends)));
}

/* Returns a text for a shell among its words; len 0: none. */
static struct slice read_command(struct scripts *s, struct slice *text, struct command *c)
{
	struct slice script = {"", 0};

	*c = (struct command){.text = *text, .expects = true};
	for (struct script_token t = script_take(text); !ends_command(t); t = script_take(text)) {
		struct slice word = script_bare(t.text);

		if (t.is_operator) {
			on_operator(s, c, t.text, text);
			continue;
		}
		c->names |= names_file(s, t.text);
		if (c->script)
			script = word;
		c->script = false;
		if (!c->expects)
			on_argument(c, word);
		else if (!is_assignment(s, c, t.text))
			on_program(c, word);
	}
	c->text.len = (size_t)(text->ptr - c->text.ptr);
	return script;
}

static void look_through(struct scripts *s, struct slice text, int depth)
{
	while (text.len > 0 && !s->unseen) {
		struct command c;
		struct slice script = read_command(s, &text, &c);

		s->unseen = written(s, &c);
		s->unseen = s->unseen ? s->unseen : moved(s, &c);
		if (!s->unseen && depth < DEPTH_MAX)
			look_through(s, script, depth + 1);
	}
}

const char *script_conf_unseen(struct arena *a, const struct json *spec, const struct json *container, const struct pod_files *files,
			       struct script_conf *found)
{
	static const char *const members[] = {"command", "args"};
	struct scripts s = {.a = a, .spec = spec, .container = container, .files = files};
	bool any = files->count > 0;

	if (found->known[any])
		return found->unseen[any];
	for (size_t i = 0; i < 2; i++)
		JSON_EACH(item, json_get(container, members[i])) {
			struct slice text = json_slice(item);
			if (text.ptr && (slice_has(text, "spark-defaults") || slice_has(text, FOLDER "=")))
				look_through(&s, text, 0);
		}
	found->known[any] = true;
	found->unseen[any] = s.unseen;
	return s.unseen;
}
