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
	size_t n = 0;

	while (n < word.len && shell_is_name_byte(word.ptr[n]))
		n++;
	bool assigns = n < word.len && (word.ptr[n] == '=' || (word.ptr[n] == '+' && n + 1 < word.len && word.ptr[n + 1] == '='));
	return (struct slice){word.ptr, assigns ? n : 0};
}

void kept_names(const struct policy *policy, const struct shell *sh, struct kept *ret)
{
	bool looped = false;

	ret->count = 0;
	ret->full = false;
	for (const struct word *w = sh->carrier->first; w; w = w->next) {
		struct slice name = assigned_name(w->value);
		if (name.len > 0 && text_names_server(policy, w->value))
			add(ret, name);
	}
	for (size_t i = 0; i < sh->loop_words.count && !looped; i++)
		looped = text_names_server(policy, sh->loop_words.items[i]);
	for (size_t i = 0; i < sh->loop_names.count && looped; i++)
		add(ret, sh->loop_names.items[i]);
}

/* Has text "$NAME" or "${NAME"? */
static bool refers_to(struct slice text, struct slice name)
{
	const char *dollar;

	while (text.len > 0 && (dollar = memchr(text.ptr, '$', text.len))) {
		text = (struct slice){dollar + 1, text.len - (size_t)(dollar + 1 - text.ptr)};
		struct slice rest = text;
		(void)slice_skip(&rest, SLICE_LIT("{"));
		if (slice_skip(&rest, name) && (rest.len == 0 || !shell_is_name_byte(*rest.ptr)))
			return true;
	}
	return false;
}

static bool holds_any(const struct kept *kept, const struct word *word)
{
	if (word->literal || word->resolved.ptr)
		return false;
	for (size_t i = 0; i < kept->count; i++)
		if (refers_to(word->value, kept->names[i]))
			return true;
	return kept->full;
}

bool kept_is_run(const struct kept *kept, const struct argument *words, size_t count)
{
	size_t i = 0, text;

	if (kept->count == 0)
		return false;
	while (i < count && (words[i].word->assignment || program_runs_rest(words[i].word)))
		i++;
	if (i == count)
		return false;
	if (holds_any(kept, words[i].word))
		return true;
	text = program_inner_text(words, count);
	if (text)
		return holds_any(kept, words[text].word);
	for (size_t w = i + 1; w < count && slice_is(words[i].word->value, "eval"); w++)
		if (holds_any(kept, words[w].word))
			return true;
	return false;
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

static bool is_positional(const struct word *word)
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

/* `exec "$@"`: nothing comes behind it. A shell may put something there: sh -c '"$@" x' y "$@". */
static bool ends_in_positional(const struct shell_command *command)
{
	bool shell = false;

	for (size_t i = 0; i < command->count; i++) {
		shell |= shell_is_program(word_base(command->words[i]));
		if (has_positional(command->words[i]) && (shell || i + 1 < command->count || !is_positional(command->words[i])))
			return false;
	}
	return true;
}

bool kept_set_is_all(const struct shell *sh)
{
	size_t sets = 0;

	for (size_t i = 0; i < sh->count; i++)
		sets += kept_in_positional(&sh->commands[i]);
	if (sets != 1)
		return false;
	for (size_t i = 0; i < sh->count; i++) {
		struct argument program = {.word = sh->commands[i].count > 0 ? sh->commands[i].words[0] : NULL};

		if (kept_in_positional(&sh->commands[i]))
			continue;
		if (is_shift(&sh->commands[i]))
			return false;
		if (program.word && !program_is_harmless(&program, 1) && !ends_in_positional(&sh->commands[i]))
			return false;
	}
	return true;
}
