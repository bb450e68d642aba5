#include "spark/named_only.h"

#include "policy/role.h"
#include "spark/shell.h"
#include "spark/shell_names.h"
#include "spark/word_roles.h"

/* What looks or tells: nothing that copies a file, keeps a text, or runs what it is given. */
static const char *const looking[] = {"echo", "printf", "pgrep", "pkill", "pidof", "ps",     "grep",    "egrep", "fgrep", "test", "[",   "ls",
				      "stat", "kill",   "jcmd",  "jps",   "which", "killall", "logger", "true",  ":"};

/* These run what is not read here, or may. */
#define RUNS_MORE                                                                                                   \
	(WORD_ROLE_SHELL | WORD_ROLE_EVAL | WORD_ROLE_SU | WORD_ROLE_ADDS | WORD_ROLE_HANDS_TEXT | WORD_ROLE_INTERPRETS | \
	 WORD_ROLE_MAY_RUN | WORD_ROLE_SCRIPT | WORD_ROLE_JAVA | WORD_ROLE_SUBMIT | WORD_ROLE_CONSOLE)

/* What may read what they print. */
static const char *const filters[] = {"grep", "egrep", "fgrep", "wc", "head", "tail", "cut", "tr", "sort", "logger"};

struct looking_at {
	const struct policy *policy;
	struct arena *a;
	unsigned depth;
};

static bool text_only_names(struct looking_at *l, struct slice text);

static bool any_names(const struct looking_at *l, const struct argument *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_names_server(l->policy, words[i].word->value))
			return true;
	return false;
}

static bool any_runs_more(const struct argument *words, size_t count)
{
	static const char *const readers[] = {".", "source"};

	for (size_t i = 0; i < count; i++)
		if (word_has_role(words[i].word, RUNS_MORE) || SLICE_IS_ONE_OF(words[i].word->value, readers))
			return true;
	return false;
}

static bool has_pattern(struct slice s)
{
	return memchr(s.ptr, '*', s.len) || memchr(s.ptr, '?', s.len) || memchr(s.ptr, '[', s.len);
}

/* Its name is written out, and is no script's (run.py). */
static bool is_known_program(const struct word *program)
{
	struct slice base = word_base(program);

	return word_is_known(program) && base.len > 0 && !memchr(base.ptr, '.', base.len);
}

/* No word may be a pattern, which could be the server's name: `env ./start-con?ect-server.sh`. */
static bool any_pattern(const struct argument *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].word->value.len > 0 && has_pattern(words[i].word->value))
			return true;
	return false;
}

/* `echo starting start-connect-server.sh`: a path among its words is no program. */
static bool is_looking(const struct argument *words, size_t count)
{
	return SLICE_IS_ONE_OF(word_base(words[program_behind_wrappers(words, count)].word), looking);
}

/* `spark-submit --master x /app/etl.py`: a batch driver, if that is all it is given. */
static bool is_submit_written_out(const struct argument *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!word_is_known(words[i].word) || words[i].word->many)
			return false;
	return word_has_role(words[0].word, WORD_ROLE_SUBMIT);
}

/* Behind its wrappers, of which none runs more. */
static bool program_is_another(struct looking_at *l, const struct argument *words, size_t count)
{
	if (is_submit_written_out(words, count))
		return !any_names(l, words, count) && !any_runs_more(words + 1, count - 1);
	return is_known_program(words[0].word) && !any_names(l, words, count) && !any_runs_more(words, count) && !any_pattern(words, count);
}

static bool words_only_name(struct looking_at *l, const struct argument *words, size_t count)
{
	size_t first = 0, text = program_inner_text(words, count);

	while (first < count && words[first].word->assignment)
		first++;
	if (any_names(l, words, first))
		return false;
	if (text > 0) {
		const struct word *inner = words[text].word;

		return !any_names(l, words, text) && !any_names(l, words + text + 1, count - text - 1) && inner->literal && !inner->escaped &&
		       text_only_names(l, inner->value);
	}
	words += first;
	count -= first;
	if (count == 0)
		return true;
	if (is_looking(words, count))
		return true;
	size_t at = program_behind_wrappers(words, count);
	return !any_names(l, words, at) && !any_runs_more(words, at) && !any_pattern(words, at) &&
	       program_is_another(l, words + at, count - at);
}

static bool command_only_names(struct looking_at *l, const struct shell_command *command)
{
	struct argument *words = ARENA_ARRAY(l->a, command->count + 1, struct argument);

	for (size_t i = 0; i < command->count; i++)
		words[i].word = command->words[i];
	return words_only_name(l, words, command->count);
}

static bool shell_only_names(struct looking_at *l, const struct shell *sh)
{
	for (size_t i = 0; i < sh->count; i++)
		if (!command_only_names(l, &sh->commands[i]))
			return false;
	for (size_t i = 0; i < sh->inner_count; i++)
		if (!text_only_names(l, sh->inner[i]))
			return false;
	for (size_t i = 0; i < sh->document_count; i++)
		if (text_names_server(l->policy, sh->documents[i].body))
			return false;
	for (size_t i = 0; i < sh->loop_words.count; i++)
		if (text_names_server(l->policy, sh->loop_words.items[i]))
			return false;
	return true;
}

/* "> /dev/null", ">&2", "</dev/null": wherever it stands in the text, rest being what follows. */
static bool goes_nowhere(struct slice rest)
{
	while (slice_skip(&rest, SLICE_LIT(" ")))
		;
	return slice_starts(rest, "&1") || slice_starts(rest, "&2") || slice_starts(rest, "/dev/");
}

static bool goes_to_filter(struct slice rest)
{
	size_t n = 0;

	while (slice_skip(&rest, SLICE_LIT(" ")))
		;
	while (n < rest.len && shell_is_name_byte(rest.ptr[n]))
		n++;
	return SLICE_IS_ONE_OF(((struct slice){rest.ptr, n}), filters);
}

/* Nothing that it prints becomes a file or another program's text, and nothing is read from a file. Quotes are not looked at: where
 * they hold such a byte, the answer is no. */
static bool keeps_to_itself(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		struct slice rest = {text.ptr + i + 1, text.len - i - 1};
		bool twice = slice_starts(rest, "|");

		if ((text.ptr[i] == '>' || text.ptr[i] == '<') && !goes_nowhere(rest))
			return false;
		if (text.ptr[i] == '|' && !twice && !goes_to_filter(rest))
			return false;
		i += text.ptr[i] == '|' && twice;
	}
	return true;
}

static bool text_only_names(struct looking_at *l, struct slice text)
{
	struct shell sh;
	struct err err;

	if (l->depth == NAMED_ONLY_DEEP || !keeps_to_itself(text) || shell_parse(l->a, text, NULL, &sh, &err) < 0)
		return false;
	l->depth++;
	bool only = shell_only_names(l, &sh);
	l->depth--;
	return only;
}

/* What Kubernetes expands is not known here. */
static size_t read_list(struct arena *a, const struct json *list, struct argument *words)
{
	size_t count = 0;

	JSON_EACH(item, list) {
		struct word *word = ARENA_NEW(a, struct word);
		struct slice value = json_slice(item);

		*word = (struct word){.value = value, .fresh = value, .literal = !slice_has(value, "$(")};
		word->known = word->tail = word->literal ? value.len : 0;
		words[count++].word = word;
	}
	return count;
}

bool container_only_names_server(const struct policy *policy, struct arena *a, const struct json *container)
{
	const struct json *command = json_get(container, "command"), *args = json_get(container, "args");
	struct argument *words = ARENA_ARRAY(a, json_count(command) + json_count(args) + 1, struct argument);
	struct looking_at l = {policy, a, 0};
	size_t count = read_list(a, command, words);

	count += read_list(a, args, words + count);
	if (!any_names(&l, words, count))
		return role_is_daemon_or_executor(policy, container) || !role_hints_at_server(policy, container);
	return json_count(command) > 0 && words_only_name(&l, words, count);
}
