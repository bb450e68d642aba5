/*
 * Which words start Spark. Wrappers (tini --, env X=1, exec, nohup, sudo -E, gosu user, an
 * entrypoint script ...) are not listed one by one: whatever comes before a program of Spark
 * wraps it, unless it is a command that is known to start nothing.
 */
#include "spark/cmdline_line.h"

/* `command -v start.sh` asks where it is. */
static bool is_question(const struct argument *words, size_t count)
{
	return count > 1 && (slice_is(words[1].word->value, "-v") || slice_is(words[1].word->value, "-V")) &&
	       slice_is(word_base(words[0].word), "command");
}

/* An option, or 5, 10s: nothing that could be run. */
static bool is_measure(const struct word *word)
{
	struct slice s = word->value;

	if (!word->literal || s.len == 0)
		return false;
	if (s.len > 1 && strchr("smhd", s.ptr[s.len - 1]))
		s.len--;
	return *s.ptr == '-' || slice_digits(s);
}

/* tini -g --: options without a value. 0: others. */
static size_t behind_init(const struct argument *words, size_t count)
{
	size_t i = 1;

	while (i < count && words[i].word->literal && slice_starts(words[i].word->value, "-")) {
		struct slice option = words[i++].word->value;

		if (slice_is(option, "--"))
			break;
		if (slice_is(option, "-p") || slice_is(option, "-e") || slice_is(option, "-r") || slice_is(option, "--rewrite"))
			return 0;
	}
	return i < count ? i : 0;
}

/* How many of the words, of which there are two at least, are a wrapper and its own. */
static size_t wrapper_length(const struct argument *words, size_t count)
{
	struct word *wrapper = words[0].word;
	size_t i = 1;

	if (word_has_role(wrapper, WORD_ROLE_RUNNER))
		return !slice_starts(words[1].word->value, "-");
	if (word_has_role(wrapper, WORD_ROLE_INIT))
		return behind_init(words, count);
	if (word_has_role(wrapper, WORD_ROLE_USER))
		return count > 2 ? 2 : 0;
	if (!word_has_role(wrapper, WORD_ROLE_MEASURED))
		return 0;
	while (i < count && is_measure(words[i].word))
		i++;
	return i;
}

size_t program_behind_wrappers(const struct argument *words, size_t count)
{
	size_t at = 0;

	while (at + 1 < count) {
		size_t length = wrapper_length(words + at, count - at);

		if (length == 0 || length >= count - at)
			break;
		at += length;
	}
	return at;
}

bool program_is_harmless(const struct argument *words, size_t count)
{
	size_t at = program_behind_wrappers(words, count);

	return word_has_role(words[at].word, WORD_ROLE_HARMLESS) || is_question(words + at, count - at);
}

bool program_hands_on(const struct argument *words, size_t count)
{
	static const char *const run[] = {"-exec", "-ok", "system", "|", "exec=", "command", "-I", "-program", "-e", "--rsh"};
	size_t at = program_behind_wrappers(words, count);

	if (word_has_role(words[at].word, WORD_ROLE_KEEPS))
		return true;
	if (!word_has_role(words[at].word, WORD_ROLE_MAY_RUN))
		return false;
	for (size_t i = at + 1; i < count; i++)
		for (size_t n = 0; n < COUNT_OF(run); n++)
			if (slice_has(words[i].word->value, run[n]))
				return true;
	return false;
}

/* 'os.system("start.sh")': a text, not the name of a file or a pattern. */
static bool is_text(struct slice s)
{
	return s.len > 0 && (memchr(s.ptr, ' ', s.len) || memchr(s.ptr, '(', s.len));
}

bool program_interprets(const struct argument *words, size_t count)
{
	bool interprets = false;

	for (size_t i = 0; i < count; i++) {
		if (interprets && is_text(words[i].word->value))
			return true;
		interprets |= word_has_role(words[i].word, WORD_ROLE_INTERPRETS);
	}
	return false;
}

size_t program_shell_option(const struct argument *words, size_t count)
{
	bool found = false;

	for (size_t i = 0; i < count; i++) {
		if (found && (is_text(words[i].word->value) || slice_is(words[i - 1].word->value, "-c")))
			return i;
		found |= word_has_role(words[i].word, WORD_ROLE_HANDS_TEXT);
	}
	return 0;
}

bool program_adds_words(const struct argument *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_has_role(words[i].word, WORD_ROLE_ADDS))
			return true;
	return false;
}

bool text_names_server(const struct policy *policy, struct slice text)
{
	bool connects = slice_has(text, "SparkConnect"); /* most texts do not */

	if (slice_has(text, "start-connect-server.sh") ||
	    (connects && (slice_has(text, "SparkConnectServer") || slice_has(text, "SparkConnectPlugin") ||
			  slice_has(text, "SimpleSparkConnectService"))))
		return true;
	for (size_t i = 0; policy && i < policy->selector_count; i++) {
		const struct role_selector *s = &policy->selectors[i];

		for (size_t j = 0; s->role == ROLE_CONNECT_SERVER && j < s->words.count; j++)
			if (slice_has(text, s->words.items[j]))
				return true;
	}
	return false;
}

/* "-euo": each o takes one of the following words; "-lc": the text comes after the options. */
static void read_cluster(struct slice s, bool *text, size_t *skip)
{
	for (size_t i = 1; i < s.len; i++) {
		*text |= s.ptr[0] == '-' && s.ptr[i] == 'c';
		*skip += s.ptr[i] == 'o' || s.ptr[i] == 'O';
	}
}

/* Of the shell at at; 0 where it has none. *end: where its options end. */
static size_t shell_text(const struct argument *words, size_t count, size_t at, size_t *end)
{
	bool text = false;
	size_t i = at + 1;

	for (; i < count; i++) {
		struct slice s = words[i].word->value;
		size_t skip = 0;

		if (slice_is(s, "--") || slice_is(s, "-")) {
			i++;
			break;
		}
		if (!words[i].word->literal || s.len < 2 || (s.ptr[0] != '-' && s.ptr[0] != '+'))
			break;
		if (slice_is(s, "--rcfile") || slice_is(s, "--init-file"))
			skip = 1;
		else if (!slice_starts(s, "--"))
			read_cluster(s, &text, &skip);
		i += skip;
	}
	*end = i < count ? i : count;
	return text && i < count ? i : 0;
}

size_t program_inner_text(const struct argument *words, size_t count)
{
	bool su = false;

	for (size_t i = 0, end; i < count; i++) {
		struct word *word = words[i].word;

		if (word_has_role(word, WORD_ROLE_SHELL)) {
			size_t at = shell_text(words, count, i, &end);
			if (at)
				return at;
			i = end - 1; /* what the options took is not looked at again */
			continue;
		}
		if (word_has_role(word, WORD_ROLE_EVAL) && i + 2 == count)
			return i + 1;
		if (su && i + 1 < count && (slice_is(word_base(word), "-c") || slice_is(word_base(word), "--command")))
			return i + 1;
		su |= word_has_role(word, WORD_ROLE_SU);
	}
	return 0;
}

static const struct entrypoint_role *find_role(const struct policy *policy, const struct word *word)
{
	for (size_t i = 0; policy && word->literal && i < policy->entrypoint_count; i++)
		if (slice_is(word->value, policy->entrypoints[i].name))
			return &policy->entrypoints[i];
	return NULL;
}

/* spark-daemon.sh [--config DIR] submit CLASS N ARGS; `start CLASS N` runs the class itself. */
static bool match_daemon(const struct argument *words, size_t count, size_t at, struct start *ret)
{
	size_t i = at + 1;

	if (i < count && slice_is(words[i].word->value, "--config"))
		i += 2;
	if (i + 2 >= count || !class_is_connect_server(words[i + 1].word->value))
		return false;
	if (slice_is(words[i].word->value, "submit"))
		*ret = (struct start){PROGRAM_SPARK_SUBMIT, true, MIXED_ALWAYS, i + 2, NULL, NULL};
	else if (slice_is(words[i].word->value, "start"))
		*ret = (struct start){PROGRAM_SPARK_CLASS, true, MIXED_ALWAYS, i + 1, NULL, NULL};
	else
		return false;
	return true;
}

/* Does an option of java take the next word (https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html)? */
static bool takes_next(struct slice option)
{
	static const char *const names[] = {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path", "--add-modules",
					    "--add-exports", "--add-opens", "--add-reads", "--patch-module", "--limit-modules",
					    "--enable-native-access"};

	return SLICE_IS_ONE_OF(option, names);
}

/* Does java run something else than a class that it is named? */
static bool runs_no_class(struct slice option)
{
	static const char *const names[] = {"-jar", "-m", "--module"};

	return SLICE_IS_ONE_OF(option, names) || slice_starts(option, "--module=");
}

static bool is_class_of_ours(struct slice name)
{
	return class_is_submit(name) || class_is_connect_server(name);
}

/* Words that may be java, of which each is a look at all words behind it. */
#define JAVAS_MAX 16u

/* What was found out about java so far. */
struct java_seen {
	unsigned looks;
	bool other; /* the last one runs something else for certain */
};

static bool may_be_several(const struct word *word)
{
	return word->parts || word->spreads;
}

/* java OPTIONS CLASS ARGS, spark-class CLASS ARGS: the index of CLASS if it is ours; 0 = none. Behind a word that may be options the
 * first one of ours counts. The value of an option may be several words, of which the first is its value. */
static size_t class_behind(const struct argument *words, size_t count, size_t at, struct java_seen *seen)
{
	bool certain = true;

	seen->other = false;
	for (size_t i = at + 1; i < count; i++) {
		const struct word *word = words[i].word;

		if (word->value.len > 0 && word->known > 0 && word->value.ptr[0] == '-' && !may_be_several(word)) {
			seen->other |= runs_no_class(word->value);
			if (takes_next(word->value) && ++i < count && may_be_several(words[i].word))
				seen->other = true;
		} else if (is_class_of_ours(word->value)) {
			return seen->other ? 0 : i;
		} else if (!word_is_known(word) || slice_starts(word->value, "@")) {
			certain = false;
		} else {
			seen->other |= certain;
		}
	}
	return 0;
}

static bool match_class(const struct argument *words, size_t count, size_t at, struct java_seen *seen, struct start *ret)
{
	size_t class = class_behind(words, count, at, seen);
	bool launcher = slice_starts(word_base(words[at].word), "spark-class");

	if (class == 0)
		return false;
	if (class_is_submit(words[class].word->value))
		*ret = (struct start){PROGRAM_SPARK_SUBMIT, false, launcher ? MIXED_BY_CLASS : MIXED_NEVER, class, NULL, NULL};
	else
		*ret = (struct start){PROGRAM_SPARK_CLASS, true, MIXED_ALWAYS, class, NULL, NULL};
	return true;
}

static bool match_start_script(const struct argument *words, size_t count, size_t at, struct start *ret)
{
	bool wait = at + 1 < count && slice_is(words[at + 1].word->value, "--wait"); /* 4.x: must stay first */

	*ret = (struct start){PROGRAM_START_CONNECT_SERVER, true, MIXED_ALWAYS, at + wait, NULL, NULL};
	return true;
}

static bool match_program(const struct argument *words, size_t count, size_t at, struct java_seen *java, struct start *ret)
{
	struct word *word = words[at].word;

	if (word_has_role(word, WORD_ROLE_START))
		return match_start_script(words, count, at, ret);
	if (word_has_role(word, WORD_ROLE_DAEMON))
		return match_daemon(words, count, at, ret);
	if (word_has_role(word, WORD_ROLE_JAVA))
		return java->looks++ < JAVAS_MAX && match_class(words, count, at, java, ret);
	if (word_has_role(word, WORD_ROLE_SUBMIT)) {
		*ret = (struct start){PROGRAM_SPARK_SUBMIT, false, MIXED_BY_CLASS, at, NULL, NULL};
		return true;
	}
	if (word_has_role(word, WORD_ROLE_CONSOLE)) {
		*ret = (struct start){PROGRAM_SPARK_SUBMIT, false, MIXED_ALWAYS, at, NULL, NULL};
		return true;
	}
	return false;
}

/* The index of the word right before spark-submit's options: `env -u A "$SPARK_SUBMIT" --master x --class ...`. */
static size_t before_options(const struct argument *words, size_t first, size_t end)
{
	for (size_t i = first + 1; i < end; i++)
		if (slice_starts(words[i].word->value, "--") && option_is_known(words[i].word->value))
			return i - 1;
	return first;
}

/* "$RUNNER" org.apache.spark.deploy.SparkSubmit: java, or spark-class. */
static enum mixing mixing_of(const struct argument *words, size_t head)
{
	for (size_t i = 0; i <= head; i++)
		if (class_is_submit(words[i].word->value))
			return MIXED_NEVER;
	return MIXED_BY_CLASS;
}

/* A program that cannot be known ("$SPARK_SUBMIT", run.sh), followed by the server's class. */
static bool match_class_option(const struct argument *words, size_t count, size_t program, struct start *ret)
{
	for (size_t i = program + 1; i < count; i++) {
		struct slice s = words[i].word->value;
		bool spaced = i > program + 1 && slice_is(words[i - 1].word->value, "--class") && class_is_connect_server(s);

		if (!spaced && !(slice_skip(&s, SLICE_LIT("--class=")) && class_is_connect_server(s)))
			continue;
		size_t head = before_options(words, program, i + 1);
		*ret = (struct start){PROGRAM_SPARK_SUBMIT, false, mixing_of(words, head), head, NULL, NULL};
		return true;
	}
	return false;
}

bool program_find(const struct policy *policy, const struct argument *words, size_t count, bool in_entrypoint,
		  struct start *ret)
{
	size_t first = 0, text = program_inner_text(words, count);
	size_t end = text ? text : count; /* a text is examined by itself */
	struct java_seen java = {.looks = 0};

	while (first < count && words[first].word->assignment)
		first++;
	if (first == count || program_is_harmless(words + first, count - first))
		return false;
	for (size_t i = first; i < end; i++) {
		bool place = (in_entrypoint && i == 0) || (i > first && word_has_role(words[i - 1].word, WORD_ROLE_SCRIPT));
		const struct entrypoint_role *role = place ? find_role(policy, words[i].word) : NULL;

		if (role) {
			bool server = role->role == ROLE_CONNECT_SERVER;
			*ret = (struct start){PROGRAM_ENTRYPOINT, server, server ? MIXED_ALWAYS : MIXED_BY_CLASS, i, role, NULL};
			return true;
		}
		if (match_program(words, end, i, &java, ret)) {
			ret->named = words[i].word;
			return true;
		}
	}
	return !text && !java.other && match_class_option(words, count, first, ret);
}

/* "-s", "-es": the shell's script comes from its standard input. */
static bool reads_input(const struct word *word)
{
	struct slice s = word->value;

	return s.len > 1 && s.ptr[0] == '-' && s.ptr[1] != '-' && memchr(s.ptr, 's', s.len);
}

/* `env -u NAME`, `exec -a NAME`: is words[at] such a name? */
static bool is_name_of_wrapper(const struct argument *words, size_t at)
{
	const char *wrapper = at < 2 ? NULL : slice_is(words[at - 1].word->value, "-u") ? "env" : slice_is(words[at - 1].word->value, "-a") ? "exec" : NULL;

	for (size_t i = 0; wrapper && i < at; i++)
		if (slice_is(word_base(words[i].word), wrapper))
			return true;
	return false;
}

bool program_is_argument(const struct argument *words, size_t head)
{
	struct slice name = words[head].word->value;
	bool shell = false, of_java = class_is_submit(name) || class_is_connect_server(name);

	for (size_t i = 0; i < head; i++) {
		struct word *word = words[i].word;

		if (!of_java && word_has_role(word, WORD_ROLE_JAVA))
			return true;
		if (shell && reads_input(word))
			return true;
		shell |= word_has_role(word, WORD_ROLE_SHELL);
	}
	return is_name_of_wrapper(words, head) || program_interprets(words, head);
}
