/*
 * Could a container of which no start of a Connect server is visible be one's all the same? Asked where a label says that
 * its pod is one: Helm's usual labels say so of every pod of a chart that is called spark-connect. The answer is no only
 * where all that could start Spark is known to start something else.
 */
#include <ctype.h>
#include <strings.h>

#include "policy/role.h"

/* A shorter one is in too many images' names. */
#define COMPONENT_LENGTH 4

/* The last word of a command that could start Spark, or is a program of Spark's. */
struct launcher {
	struct slice word;
	bool unexplained; /* nothing behind it has told yet what it starts */
	bool takes_class; /* it starts the class that it is given */
	bool submits;     /* spark-submit or a shell of Spark's: with --remote it is a client */
	bool runs_args;   /* an image's entrypoint, and no word stands behind it yet */
};

/* What the words of a container say, in the order in which they stand. */
struct seen {
	struct launcher nearest; /* of the command that is looked at */
	size_t unexplained;      /* launchers of which nobody knows what they start */
	struct slice script;     /* the first of them that is a script; ptr NULL: none is */
	bool other;              /* another server of Spark's or a client is named */
	bool options;            /* there are words that Spark's own programs read */
	bool program;            /* a launcher is more than a script: java, a program of Spark's, an entrypoint */
};

/* A suffix such as ".sh" and a program's name stand at the end ("my-spark-submit", "X=java", not "myjava" nor "/opt/java/a.jar"),
 * what a class's name begins with stands anywhere ("-Dx=org.apache.spark.X"). */
static bool is_launcher_of(struct slice word, const char *launcher)
{
	size_t n = strlen(launcher);
	const char *dot = strchr(launcher, '.');

	if (dot)
		return dot == launcher ? slice_ends(word, launcher) : slice_has(word, launcher);
	word = slice_last(word, '/');
	return slice_ends(word, launcher) && (word.len == n || !isalnum((unsigned char)word.ptr[word.len - n - 1]));
}

static bool is_launcher(const struct policy *p, struct slice word)
{
	for (size_t i = 0; i < p->launchers.count; i++)
		if (is_launcher_of(word, p->launchers.items[i]))
			return true;
	return false;
}

static bool ends_as_one_of(struct slice word, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (slice_ends(word, names[i]))
			return true;
	return false;
}

#define ENDS_AS_ONE_OF(word, names) ends_as_one_of(word, names, COUNT_OF(names))

/* "--master", "--master=x"; "spark.master=x" behind --conf. */
static bool is_option_of_spark(struct slice word)
{
	static const char *const names[] = {"--master", "--conf", "--class", "--properties-file", "--deploy-mode", "--packages", "--jars", "--py-files"};
	struct slice rest = word;

	return SLICE_IS_ONE_OF(slice_cut(&rest, '='), names) || slice_starts(word, "spark.") || slice_starts(word, "--driver-") ||
	       slice_starts(word, "--executor-");
}

static void add_launcher(struct seen *seen, struct launcher launcher)
{
	launcher.unexplained = true;
	seen->nearest = launcher;
	seen->unexplained++;
	seen->program |= launcher.takes_class || !slice_ends(launcher.word, ".sh");
	if (!seen->script.ptr && slice_ends(launcher.word, ".sh"))
		seen->script = launcher.word;
}

/* Something tells what the nearest launcher starts: no other one's doing. */
static void explain_nearest(struct seen *seen)
{
	if (!seen->nearest.unexplained)
		return;
	seen->nearest.unexplained = false;
	seen->unexplained--;
	if (seen->script.ptr == seen->nearest.word.ptr)
		seen->script = SLICE_NONE;
}

/* A program of Spark's that is no daemon's script, or what policy takes for one. */
static void look_at_launcher(struct seen *seen, struct slice word, bool counts, bool submits)
{
	static const char *const takers[] = {"spark-class", "spark-submit", "java"};
	bool entrypoint = slice_is(slice_last(word, '/'), "entrypoint.sh");
	struct launcher launcher = {.word = word, .takes_class = entrypoint || ENDS_AS_ONE_OF(word, takers),
				    .submits = submits, .runs_args = entrypoint};

	if (counts)
		add_launcher(seen, launcher);
	else if (!seen->nearest.submits) /* "spark-submit --name pyspark": it is an argument */
		seen->nearest = launcher;
}

static void look_at_word(const struct policy *p, struct slice word, struct seen *seen)
{
	static const char *const scripts[] = {"start-history-server.sh", "start-thriftserver.sh"};
	static const char *const classes[] = {"org.apache.spark.deploy.history.HistoryServer",
					      "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"};
	static const char *const submits[] = {"spark-submit", "pyspark", "spark-shell", "spark-sql"};
	bool daemon = SLICE_IS_ONE_OF(slice_last(word, '/'), scripts);
	bool class = ENDS_AS_ONE_OF(word, classes), submitting = ENDS_AS_ONE_OF(word, submits);
	bool counts = !daemon && !class && is_launcher(p, word);

	if (seen->nearest.runs_args && (daemon || submitting || counts))
		explain_nearest(seen); /* it runs this one, which is judged itself */
	seen->nearest.runs_args = false;
	if (counts || submitting)
		look_at_launcher(seen, word, counts, submitting);
	if (class && seen->nearest.takes_class)
		explain_nearest(seen);
	bool client = seen->nearest.submits && (slice_is(word, "--remote") || slice_starts(word, "--remote="));
	if (client) /* Spark refuses a remote together with a master */
		explain_nearest(seen);
	seen->other |= daemon || class || client;
	seen->options |= is_option_of_spark(word);
}

/* The next word of a text of commands, as far as that can be told without knowing whether a shell reads it: between blanks,
 * quotes and operators; ptr NULL: there is none. */
static struct slice next_word(struct slice *text)
{
	static const char between[] = " \t\r\n\"'`;|&<>()";
	size_t begin = 0, end;

	while (begin < text->len && memchr(between, text->ptr[begin], sizeof(between) - 1))
		begin++;
	for (end = begin; end < text->len && !memchr(between, text->ptr[end], sizeof(between) - 1); end++)
		;
	struct slice word = {end > begin ? text->ptr + begin : NULL, end - begin};
	*text = (struct slice){text->ptr + end, text->len - end};
	return word;
}

static bool is_entrypoint(const struct policy *p, struct slice arg)
{
	for (size_t i = 0; arg.ptr && i < p->entrypoint_count; i++)
		if (slice_is(arg, p->entrypoints[i].name))
			return true;
	return false;
}

/* Which quote is open behind `to`? Between words only: what a backslash stands before is none. */
static char quote_behind(const char *from, const char *to, const char *text, char open)
{
	for (const char *c = from; c < to; c++) {
		bool escaped = open != '\'' && c > text && c[-1] == '\\';

		if (*c == '\n') /* it may be of a comment, or a here-document */
			open = '\0';
		else if ((*c == '"' || *c == '\'') && !escaped)
			open = open == *c ? '\0' : open ? open : *c;
	}
	return open;
}

/* Does a command of text end between two words of it, from..to? Not at "2>&1", nor at the one byte within "a=b&c=d" in quotes. A
 * newline behind a backslash ends none. */
static bool ends_command(const char *text, const char *from, const char *to, char quote)
{
	for (const char *c = from; c < to; c++) {
		const char *before = c - (c > text && c[-1] == '\r');
		bool redirects = *c == '&' && ((c > text && memchr("<>", c[-1], 2)) || (c + 1 < to && c[1] == '>'));
		bool within = quote && to - from == 1;

		if ((memchr(";|&", *c, 3) && !redirects && !within) || (*c == '\n' && (before == text || before[-1] != '\\')))
			return true;
	}
	return false;
}

/* An argument without a blank is no text of several commands: "spark.x=a;b" */
static bool may_hold_commands(struct slice argument)
{
	return argument.len > 0 && (memchr(argument.ptr, ' ', argument.len) || memchr(argument.ptr, '\n', argument.len));
}

/* "--name", "a & b" or "--name=a & b": the value of an option, which no shell reads but where the option says so. */
static bool is_value(struct slice before, struct slice text)
{
	static const char *const for_shell[] = {"--command", "--session-command"}; /* su, flock, script */
	struct slice rest = text, name = slice_starts(text, "--") ? slice_cut(&rest, '=') : before;

	return slice_starts(name, "--") && name.len > 2 && !slice_has(name, "=") && !SLICE_IS_ONE_OF(name, for_shell);
}

/* before: the element in front of it. */
static void look_at_argument(const struct policy *p, struct slice before, struct slice text, struct seen *seen)
{
	const char *begin = text.ptr;
	bool spark = seen->nearest.submits || seen->nearest.takes_class;
	bool commands = may_hold_commands(text) && !(spark && is_value(before, text));
	char quote = '\0';

	for (struct slice word = text; word.ptr;) {
		const char *from = text.ptr;
		word = next_word(&text);
		if (commands && ends_command(begin, from, word.ptr ? word.ptr : text.ptr, quote))
			seen->nearest = (struct launcher){.unexplained = false};
		quote = quote_behind(from, word.ptr ? word.ptr : text.ptr, begin, quote);
		if (word.ptr)
			look_at_word(p, word, seen);
	}
}

static void look_at_arguments(const struct policy *p, const struct json *list, struct seen *seen)
{
	struct slice before = SLICE_LIT("");

	JSON_EACH(item, list) {
		struct slice text = json_slice(item);
		look_at_argument(p, before, text, seen);
		before = text;
	}
}

static struct seen look(const struct policy *p, const struct json *container)
{
	const struct json *command = json_get(container, "command"), *args = json_get(container, "args");
	struct seen seen = {.unexplained = 0};

	look_at_arguments(p, command, &seen);
	if (json_count(command) == 0 && is_entrypoint(p, json_slice(json_at(args, 0))))
		add_launcher(&seen, (struct launcher){.word = json_slice(json_at(args, 0)), .takes_class = true});
	look_at_arguments(p, args, &seen);
	return seen;
}

static bool has_name(struct slice image, struct slice name)
{
	for (size_t at = 0; at + name.len <= image.len; at++)
		if (strncasecmp(image.ptr + at, name.ptr, name.len) == 0)
			return true;
	return false;
}

/* An image that nobody named after it: "envoyproxy/envoy". One without a name may be anything. */
static bool image_is_anothers(struct slice image)
{
	return image.len > 0 && !has_name(image, SLICE_LIT("spark")) && !has_name(image, SLICE_LIT("connect"));
}

/* "docker.io/library/redis:7@sha256:...": "redis" */
static struct slice repository_name(struct slice image)
{
	struct slice name = slice_cut(&image, '@');

	name = slice_last(name, '/');
	return slice_cut(&name, ':');
}

/* A chart's redis, proxy or notebook, whose image is called so, too, as a whole or in a part:
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
static bool is_component(const struct json *metadata, struct slice image)
{
	static const char *const anybodys[] = {"server", "backend", "driver", "master", "worker", "main", "service", "spark", "connect"};
	const struct json *labels = json_get(metadata, "labels");
	struct slice component = json_slice(json_get(labels, "app.kubernetes.io/component")), name = repository_name(image);

	if (component.len < COMPONENT_LENGTH || SLICE_IS_ONE_OF(component, anybodys) || json_get(labels, "sparkgate.io/role"))
		return false;
	for (struct slice rest = name; rest.len > 0;) {
		size_t n = 0;

		while (n < rest.len && !strchr("-_.", rest.ptr[n]))
			n++;
		if (slice_eq((struct slice){rest.ptr, n}, component))
			return true;
		rest = slice_from(rest, n + (n < rest.len));
	}
	return slice_eq(name, component);
}

/* Or of one that nobody knows before the pod runs; sc:// alone is the default's, localhost. */
static bool is_of_this_host(struct slice remote)
{
	static const char *const hosts[] = {"localhost", "127.", "0.", "[::", "[0:", ":", "/", "$"};

	for (size_t i = 0; i < COUNT_OF(hosts); i++)
		if (remote.len >= strlen(hosts[i]) && strncasecmp(remote.ptr, hosts[i], strlen(hosts[i])) == 0)
			return true;
	return remote.len == 0 || slice_has(remote, "$(");
}

/* A command that names the variable may take it away, or give it another value. */
static bool handles_remote(const struct json *container)
{
	static const char *const lists[] = {"command", "args"};

	for (size_t i = 0; i < COUNT_OF(lists); i++)
		JSON_EACH(w, json_get(container, lists[i]))
			if (slice_find(json_slice(w), SLICE_LIT("SPARK_REMOTE")))
				return true;
	return false;
}

/* SPARK_REMOTE=sc://elsewhere, and no MASTER: a client's. Spark refuses a remote beside a master (SparkSubmitArguments.scala); an image
 * may well start a server and talk to it, on its own host. The kubelet takes the last of a name. */
static bool is_client(const struct json *container)
{
	struct slice remote = SLICE_NONE;

	JSON_EACH(item, json_get(container, "env")) {
		struct slice name = json_slice(json_get(item, "name"));

		if (slice_is(name, "MASTER") || slice_is(name, "SPARK_MASTER"))
			return false;
		if (slice_is(name, "SPARK_REMOTE"))
			remote = json_slice(json_get(item, "value"));
	}
	return slice_skip(&remote, SLICE_LIT("sc://")) && !is_of_this_host(remote) && !handles_remote(container);
}

bool role_hints_at_server(const struct policy *p, const struct json *container)
{
	struct seen seen = look(p, container);
	bool image_decides = json_count(json_get(container, "command")) == 0 && has_name(json_slice(json_get(container, "image")), SLICE_LIT("connect"));

	return seen.unexplained > 0 || seen.options || image_decides;
}

bool role_could_serve(const struct policy *p, const struct json *metadata, const struct json *container)
{
	struct seen seen = look(p, container);

	if (!seen.program && !seen.options && is_client(container))
		return false;
	if (seen.unexplained > 0)
		return true;
	if (json_count(json_get(container, "command")) > 0 || seen.other)
		return false;
	if (seen.options)
		return true;
	struct slice image = json_slice(json_get(container, "image"));
	bool told = json_count(json_get(container, "args")) > 0 || is_component(metadata, image);
	return !told || !image_is_anothers(image); /* the image decides */
}

struct slice role_unknown_script(const struct policy *p, const struct json *container, bool *alone)
{
	struct seen seen = look(p, container);

	*alone = seen.unexplained == 1 && !seen.other && !slice_is(slice_last(seen.script, '/'), "entrypoint.sh");
	return seen.script;
}
