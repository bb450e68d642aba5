#include "spark/kept.h"

#include "spark/shell_moves.h"
#include "spark/shell_names.h"

static void add(struct kept *kept, struct slice name)
{
	if (kept->count < KEPT_MAX)
		kept->names[kept->count++] = name;
	else
		kept->full = true;
}

/* NAME=value, NAME+=value, "NAME=value" of export: the name; len 0 where the word is none of these. */
static struct slice assigned_name(struct slice word)
{
	struct slice name, value;
	bool appends, assigns = shell_assignment(word, &name, &value, &appends) && shell_name_length(name) == name.len;

	return (struct slice){word.ptr, assigns ? name.len : 0};
}

/* ${NAME:=value}, ${NAME=value}: all of a word. */
static void add_defaults(struct slice word, struct kept *kept)
{
	for (const char *at; (at = slice_find(word, SLICE_LIT("${")));) {
		word = (struct slice){at + 2, word.len - (size_t)(at + 2 - word.ptr)};
		struct slice name = {word.ptr, shell_name_length(word)};
		(void)slice_skip(&word, name);
		if (name.len > 0 && (slice_starts(word, ":=") || slice_starts(word, "=")))
			add(kept, name);
	}
}

/* printf -v NAME start-connect-server.sh */
static void add_printed(const struct policy *policy, const struct shell_command *command, struct kept *kept)
{
	size_t at = shell_name_at(command);

	if (at + 3 >= command->count || !slice_is(command->words[at]->value, "printf") || !slice_is(command->words[at + 1]->value, "-v"))
		return;
	for (size_t i = at + 3; i < command->count; i++)
		if (text_names_server(policy, command->words[i]->value)) {
			add(kept, command->words[at + 2]->value);
			return;
		}
}

void kept_names(const struct policy *policy, const struct shell *sh, struct kept *ret)
{
	bool looped = false;

	ret->count = 0;
	ret->full = false;
	for (const struct word *w = sh->carrier->first; w; w = w->next) {
		struct slice name = assigned_name(w->value);
		bool defaults = slice_has(w->value, "${");
		if ((name.len == 0 && !defaults) || !text_names_server(policy, w->value))
			continue;
		if (name.len > 0)
			add(ret, name);
		if (defaults)
			add_defaults(w->value, ret);
	}
	for (size_t i = 0; i < sh->count; i++)
		add_printed(policy, &sh->commands[i], ret);
	for (size_t i = 0; i < sh->loop_words.count && !looped; i++)
		looped = text_names_server(policy, sh->loop_words.items[i]);
	for (size_t i = 0; i < sh->loop_names.count && looped; i++)
		add(ret, sh->loop_names.items[i]);
}

/* Does text begin with "$NAME" or "${NAME", maybe behind `exec`? */
static bool begins_with(struct slice text, struct slice name)
{
	while (slice_skip(&text, SLICE_LIT(" ")) || slice_skip(&text, SLICE_LIT("exec ")))
		;
	if (!slice_skip(&text, SLICE_LIT("$")))
		return false;
	(void)slice_skip(&text, SLICE_LIT("{"));
	return slice_skip(&text, name) && (text.len == 0 || !shell_is_name_byte(*text.ptr));
}

static bool begins_with_any(const struct kept *kept, const struct word *word)
{
	if (word->literal)
		return false;
	for (size_t i = 0; i < kept->count; i++)
		if (begins_with(word->value, kept->names[i]))
			return true;
	return kept->full;
}

/* What may stand before a command that it runs: `exec env A=1 nice -n 10 tini -- CMD`. */
static bool stands_before(struct word *word)
{
	static const char *const names[] = {"env", "time", "sudo"};
	static const unsigned runs = WORD_ROLE_RUNNER | WORD_ROLE_SHELL | WORD_ROLE_MEASURED | WORD_ROLE_INIT | WORD_ROLE_PASSES | WORD_ROLE_EVAL;
	struct slice base = word_base(word);

	return word->assignment || word_has_role(word, runs) || SLICE_IS_ONE_OF(base, names) ||
	       (word->literal && word->value.len > 0 && (*word->value.ptr == '-' || slice_has(word->value, "="))) ||
	       (base.len > 0 && *base.ptr >= '0' && *base.ptr <= '9');
}

bool kept_is_run(const struct kept *kept, const struct argument *words, size_t count)
{
	size_t text, at;

	if (kept->count == 0)
		return false;
	at = program_behind_wrappers(words, count);
	if (at < count && begins_with_any(kept, words[at].word))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (begins_with_any(kept, words[i].word))
			return true;
		if (!stands_before(words[i].word))
			break;
	}
	text = program_inner_text(words, count);
	return text && begins_with_any(kept, words[text].word);
}

/* ---- "$@" ---- */

bool kept_in_positional(const struct shell_command *command)
{
	size_t at = shell_name_at(command);

	return at < command->count && slice_is(command->words[at]->value, "set") && shell_set_moves(command, at);
}

static bool is_shift(const struct shell_command *command)
{
	size_t at = shell_name_at(command);

	return at < command->count && slice_is(command->words[at]->value, "shift");
}

/* "$@" and nothing else. */
static bool is_all_positional(const struct word *word)
{
	return !word->literal && (slice_is(word->value, "$@") || slice_is(word->value, "${@}"));
}

static bool has_positional(const struct word *word)
{
	for (size_t i = 0; !word->literal && i + 1 < word->value.len; i++)
		if (word->value.ptr[i] == '$' && strchr("@*{123456789", word->value.ptr[i + 1]))
			return true;
	return false;
}

/* `exec "$@"`: nothing comes behind it. As a part of another word (log "starting $*") it is a text, unless a shell gets that, a
 * variable, or it is the program. */
static bool ends_in_positional(const struct shell_command *command)
{
	bool text = false, program = true;

	for (size_t i = 0; i < command->count; i++) {
		struct word *word = command->words[i];
		bool last = is_all_positional(word) && i + 1 == command->count;

		if (has_positional(word) && !last && (text || program || is_all_positional(word)))
			return false;
		if (last && text)
			return false;
		text |= word_has_role(word, WORD_ROLE_SHELL | WORD_ROLE_EVAL);
		program = program && (word->assignment || word_has_role(word, WORD_ROLE_RUNNER));
	}
	return true;
}

/* Does it name its program itself: not `set -- "$@" --more`? */
static bool says_program(const struct shell_command *set)
{
	size_t i = shell_name_at(set) + 1;

	while (i < set->count && slice_starts(set->words[i]->value, "-"))
		if (slice_is(set->words[i++]->value, "--"))
			break;
	return i == set->count || set->words[i]->literal;
}

bool kept_set_is_all(const struct shell *sh)
{
	bool set = false;

	for (size_t i = 0; i < sh->count; i++) {
		const struct shell_command *command = &sh->commands[i];
		struct argument program = {.word = command->count > 0 ? command->words[0] : NULL};

		if (kept_in_positional(command)) {
			set = true;
			if (!says_program(command))
				return false;
		} else if (set && is_shift(command) && !(i + 1 < sh->count && kept_in_positional(command + 1))) {
			return false; /* but for `worker) shift; set -- ...` of another branch */
		} else if (set && program.word && !program_is_harmless(&program, 1) && !ends_in_positional(command)) {
			return false;
		}
	}
	return true;
}

/* ---- subscripts ---- */

/* How much of text, which follows a "[", is a subscript: all of it where a quote hides what ends it. */
static size_t subscript_length(struct slice text)
{
	unsigned brackets = 0, parentheses = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\'' || c == '"' || c == '\\')
			return text.len;
		if (c == ']' && parentheses == 0 && brackets == 0)
			return i;
		parentheses += c == '(';
		parentheses -= c == ')' && parentheses > 0;
		brackets += c == '[' && parentheses == 0;
		brackets -= c == ']' && parentheses == 0;
	}
	return text.len;
}

/* Is there a NAME[...] with a command in it that names a server? */
static bool holds_subscript(const struct policy *policy, struct slice value)
{
	for (size_t i = 1; i < value.len; i++) {
		struct slice inside = {value.ptr + i + 1, value.len - i - 1};

		if (value.ptr[i] != '[' || !shell_is_name_byte(value.ptr[i - 1]))
			continue;
		inside.len = subscript_length(inside);
		if ((slice_has(inside, "$(") || slice_has(inside, "`")) && text_names_server(policy, inside))
			return true;
		i += inside.len;
	}
	return false;
}

bool kept_in_subscript(const struct policy *policy, const struct shell *sh)
{
	for (const struct word *w = sh->carrier->first; w; w = w->next)
		if (holds_subscript(policy, w->value))
			return true;
	return false;
}
