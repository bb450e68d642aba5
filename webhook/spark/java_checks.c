#include "spark/assigned.h"
#include "spark/connect_judging.h"
#include "spark/java_options.h"
#include "spark/shell_names.h"

struct java_options {
	struct slice text; /* ptr NULL: only the running pod knows it */
	enum java_reader reader;
	bool in_file;       /* the kubelet puts nothing in */
	bool in_template;   /* and it may be a text that something else fills in first */
	bool by_shell;      /* what is left of $X in it is a shell's to put in, not the kubelet's alone */
	const char *holder; /* "env X (container 'c')", as people find it */
	struct place place;
};

/* Does -Dkey=value take the server off its backend, or may it? Then that is said. Nothing on a command line of ours overrules an option. */
static bool leaves_backend(const struct connect_judging *c, const struct java_options *o, struct slice key, struct slice value)
{
	struct mention m = {.key = key, .value = value, .by_shell = o->by_shell, .holder = o->holder, .place = o->place};

	return backend_key_breaks(c, &m);
}

/* The reference at the start of rest is left: may an option come of it? Not of what the kubelet leaves as it is; nor,
 * in the midst of a word, of a field of the pod, which has no blank, or of what a shell has from an image or from its
 * text (which is judged, too). */
static bool may_become_option(const struct connect_judging *c, const struct java_options *o, struct slice rest, bool leads)
{
	bool by_kubelet = !o->in_file && slice_starts(rest, "$(");
	struct slice name;

	if (!shell_skip_variable(&rest, &name))
		return o->by_shell && leads;
	const struct env_item *item = environment_find(c->in->environment, name);
	if (item && (o->by_shell || by_kubelet))
		return leads || item->kind == ENV_TEXT || item->kind == ENV_RUN_TIME;
	return (by_kubelet && c->in->environment->unseen) || (o->by_shell && leads);
}

/* Is there something in word that only the running pod knows, and that may be an option, or several? */
static bool is_open(const struct connect_judging *c, const struct java_options *o, struct slice word)
{
	const char *equals = word.len ? memchr(word.ptr, '=', word.len) : NULL;
	bool property = slice_starts(word, "-D");

	for (size_t i = 0; i < word.len; i++) {
		bool leads = i == 0 || (property && (!equals || word.ptr + i < equals));

		if (word.ptr[i] == '`' && o->by_shell && leads)
			return true;
		if (word.ptr[i] == '$' && may_become_option(c, o, (struct slice){word.ptr + i, word.len - i}, leads))
			return true;
	}
	return false;
}

/* Java runs the first word that is no option, and what Spark writes behind is its arguments
 * (SparkSubmitCommandBuilder.buildSparkSubmitCommand). The JVM's own variables can hold none (JDK 17, arguments.cpp, args.c). */
static bool runs_other_class(const struct connect_judging *c, const struct java_options *o, struct slice words)
{
	enum java_words_of of = o->in_template ? JAVA_WORDS_FILE : o->by_shell ? JAVA_WORDS_SHELL
									       : JAVA_WORDS_PLAIN;

	if (o->reader == JAVA_MACHINE || !java_names_class(words, of))
		return false;
	judging_report(c, "backend.cannotTell",
		       arena_printf(c->a,
				    "cannot tell: %s holds a word that is not a JVM option, so Java takes it for the class to run, in "
				    "place of Spark's: remove it, or %s",
				    o->holder, o->reader == JAVA_SHELL ? "the blank before it" : "put quotes around the value that it is part of"),
		       o->place);
	return true;
}

/* true: it has been said that they take the server off its backend. */
static bool judge_java_options(const struct connect_judging *c, const struct java_options *o)
{
	struct slice words = o->text.ptr ? java_words(c->a, o->text, o->reader) : SLICE_LIT(""), key, value;
	bool spark = false, open = !o->text.ptr;

	if (runs_other_class(c, o, words))
		return true;
	if (o->reader == JAVA_SHELL) /* a property of the launcher is none of the server */
		return false;
	while (words.len > 0) {
		struct slice word = slice_cut(&words, '\0');

		if (java_property(word, &key, &value) && leaves_backend(c, o, key, value))
			return true;
		spark |= slice_starts(word, "-Dspark.");
		open |= !open && is_open(c, o, word);
	}
	if (spark)
		judging_report(c, "connect.javaOptions",
			       arena_printf(c->a, "%s sets spark.* unseen by files: use --conf instead", o->holder),
			       o->place);
	else if (open && c->on_k8s)
		judging_report(
			c, "connect.javaOptions",
			arena_printf(c->a,
				     "cannot tell: %s holds what only the running pod knows, perhaps %s: write it out",
				     o->holder, backend_keys[0]),
			o->place);
	return false;
}

static const struct java_variable {
	struct slice name;
	enum java_reader reader;
} variables[] = {{SLICE_INIT("SPARK_SUBMIT_OPTS"), JAVA_LAUNCHER},
		 {SLICE_INIT("SPARK_DAEMON_JAVA_OPTS"), JAVA_LAUNCHER},
		 {SLICE_INIT("SPARK_LAUNCHER_OPTS"), JAVA_SHELL},
		 {SLICE_INIT("JAVA_TOOL_OPTIONS"), JAVA_MACHINE},
		 {SLICE_INIT("JDK_JAVA_OPTIONS"), JAVA_MACHINE},
		 {SLICE_INIT("_JAVA_OPTIONS"), JAVA_MACHINE}};

bool java_reads_variable(struct slice name)
{
	for (size_t i = 0; i < COUNT_OF(variables); i++)
		if (slice_eq(name, variables[i].name))
			return true;
	return false;
}

static bool check_java_variables(const struct connect_judging *c)
{
	bool leaves = false;

	for (size_t i = 0; i < COUNT_OF(variables); i++) {
		const struct env_item *item = environment_find(c->in->environment, variables[i].name);
		size_t known = 0;

		if (!item)
			continue;
		struct java_options o = {
			.text = env_text(c->texts, item, &known),
			.reader = variables[i].reader,
			.in_file = item->config_map, /* as it stands there */
			.holder = arena_printf(c->a, "env %s (container '%s')", variables[i].name.ptr, c->in->server->name),
			.place = judging_env_place(c, variables[i].name.ptr)};
		leaves |= judge_java_options(c, &o);
	}
	return leaves;
}

/* Quotes aside, is there a "-D" in it? Most texts have none. */
static bool has_property(struct slice text)
{
	if (text.len == 0) /* ptr may be NULL */
		return false;
	const char *end = text.ptr + text.len;
	for (const char *at = text.ptr; (at = memchr(at, 'D', (size_t)(end - at))); at++) {
		const char *before = at;
		while (before > text.ptr && strchr("\"'\\\n\r", before[-1]))
			before--;
		if (before > text.ptr && before[-1] == '-')
			return true;
	}
	return false;
}

/* true: text takes the server off its backend, and that is said. */
static bool judge_java_text(const struct connect_judging *c, struct slice text, const char *holder)
{
	struct java_options o = {.by_shell = true, .place = judging_place(c, NULL), .holder = holder};
	struct slice source, value;

	if (!has_property(text))
		return false;
	source = java_without_returns(c->a, shell_without_quotes(c->a, text));
	for (size_t i = 0; i < BACKEND_KEYS; i++)
		for (struct slice rest = source; java_property_next(&rest, slice_of(backend_keys[i]), &value);)
			if (leaves_backend(c, &o, slice_of(backend_keys[i]), value))
				return true;
	return false;
}

static bool judge_java_setting(const struct connect_judging *c, const struct setting *s)
{
	struct slice text = s->literal ? s->value : env_put_in(c->texts, s->value);
	struct java_options o = {.text = text,
				 .reader = JAVA_LAUNCHER,
				 .in_file = s->config_map,
				 .in_template = setting_is_of_file(s),
				 .by_shell = !s->literal,
				 .holder = arena_printf(c->a, "%.*s (%s)", SLICE_ARG(s->key), judging_where(c, s)),
				 .place = setting_place(c->a, s)};

	/* "${X:--Dkey=value}" is no word of a JVM. */
	return judge_java_options(c, &o) || (!s->literal && judge_java_text(c, text, o.holder));
}

/* The launcher gives them to the server's own JVM (SparkSubmitCommandBuilder.buildSparkSubmitCommand). Of several on
 * the command line the last is the one, whether --driver-java-options or --conf (its OptionParser.handle): which beats
 * which is Spark's later question. Of files all count where any may be the one that is read. */
static bool check_java_settings(const struct connect_judging *c)
{
	static const char *const keys[] = {"spark.driver.extraJavaOptions", "spark.driver.defaultJavaOptions"};
	const struct settings *list = &c->in->view->settings;

	for (size_t k = 0; k < COUNT_OF(keys); k++) {
		const struct setting *best = judging_winner(c, keys[k]);
		bool guess = best && view_is_guess(c->in->view, best);

		for (size_t i = 0; best && i < list->count; i++) {
			const struct setting *s = &list->items[i];
			bool likely = setting_is_on_line(s) || (guess && setting_is_of_file(s));
			bool counts = s == best || (likely && slice_is(s->key, keys[k]));
			if (counts && judge_java_setting(c, s))
				return true;
		}
	}
	return false;
}

static const struct json *word_lists(const struct connect_judging *c, size_t index)
{
	return json_get(c->in->server->container, index == 0 ? "command" : "args");
}

static bool judge_words(const struct connect_judging *c)
{
	const char *holder = arena_printf(c->a, "the command of container '%s'", c->in->server->name);

	for (size_t l = 0; l < 2; l++)
		JSON_EACH(word, word_lists(c, l))
			if (judge_java_text(c, env_put_in(c->texts, json_slice(word)), holder))
				return true;
	return false;
}

static bool judge_values(const struct connect_judging *c)
{
	const struct environment *env = c->in->environment;
	size_t known;

	for (size_t i = 0; i < env->count; i++) {
		struct slice text = env_text(c->texts, &env->items[i], &known);
		const char *holder = arena_printf(c->a, "env %.*s (container '%s')", SLICE_ARG(env->items[i].name),
						  c->in->server->name);
		if (judge_java_text(c, text, holder))
			return true;
	}
	return false;
}

/* A command may set those variables, by whatever name, and to what another variable holds, or write it into a file that is
 * sourced: so its whole text is read, comments too, unless it is Spark's script and no more. So is every variable: bash runs
 * some before a script (BASH_ENV, BASH_FUNC_name%%). Asked once of all lines that the container holds. */
static void check_java_texts(const struct connect_judging *c)
{
	const struct cmdline *line = c->in->line;

	if (!c->on_k8s || (line && line != cmdlines_at(&c->in->server->lines, 0)))
		return;
	if ((line && cmdline_comes_first(line)) || !judge_words(c))
		(void)judge_values(c);
}

/* NAME=value, NAME+=value: as an assignment of a shell, or given to env or export; or to echo, which may say anything, so that
 * of those only a class of Spark's own counts. */
static bool judge_assignment(const void *context, const struct word *word)
{
	const struct connect_judging *c = context;
	struct slice name, value;
	bool appends, assigns = shell_assignment(word->value, &name, &value, &appends);

	for (size_t i = 0; assigns && i < COUNT_OF(variables); i++) {
		if (!slice_eq(name, variables[i].name))
			continue;
		struct java_options o = {
			.reader = variables[i].reader,
			.in_template = !word->assignment,
			.by_shell = true,
			.holder = arena_printf(c->a, "%s in the command of container '%s'", variables[i].name.ptr, c->in->server->name),
			.place = judging_place(c, NULL)};
		return runs_other_class(c, &o, java_words(c->a, env_put_in(c->texts, value), o.reader));
	}
	return false;
}

/* Asked once of all lines that the container holds, as above. */
static void check_java_assignments(const struct connect_judging *c)
{
	const struct cmdline *line = c->in->line;

	if (line && line == cmdlines_at(&c->in->server->lines, 0))
		assigned_words(line->home, judge_assignment, c);
}

/* What was not put in was not judged. */
static void check_budget(const struct connect_judging *c)
{
	if (c->on_k8s && c->texts->budget == 0)
		judging_report(c, "backend.cannotTell",
			       arena_printf(c->a,
					    "cannot tell: the variables of container '%s' expand in its command and in one "
					    "another to more than sparkgate reads: use those with long values less often",
					    c->in->server->name),
			       judging_place(c, NULL));
}

void java_check(const struct connect_judging *c)
{
	bool leaves = check_java_variables(c);

	leaves |= check_java_settings(c);
	if (!leaves)
		check_java_texts(c);
	check_java_assignments(c);
	check_budget(c);
}
