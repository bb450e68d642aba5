#include "spark/shell_moves.h"

size_t shell_name_at(const struct shell_command *command)
{
	bool prefixed = false;

	for (size_t i = 0; i < command->count; i++) {
		struct slice s = command->words[i]->value;

		if (command->words[i]->assignment || (prefixed && slice_starts(s, "-")))
			continue;
		if (!slice_is(s, "command") && !slice_is(s, "builtin"))
			return i;
		prefixed = true;
	}
	return command->count;
}

static bool any_word(const struct shell_command *command, size_t from, bool (*fits)(const struct word *))
{
	for (size_t i = from; i < command->count; i++)
		if (fits(command->words[i]))
			return true;
	return false;
}

/* ---- eval ---- */

/* Words of the text that a shell reads once more: harmless only where nothing in them needs a second look. */
static bool needs_a_look(const struct word *word)
{
	static const char *const words[] = {"set", "shift", "source", "trap", "alias", "mapfile", "readarray", "eval", "declare", "typeset",
					    "local", "read", "printf", "unset", ". ", "="};

	if (!word->literal || word->known != word->value.len || slice_is(word->value, "."))
		return true;
	for (size_t i = 0; i < word->value.len; i++)
		if (strchr("$`\\'\"{}()<>\t\n", word->value.ptr[i]))
			return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (slice_has(word->value, words[i]))
			return true;
	return false;
}

/* ---- source ---- */

/* A file that the text itself could have filled, or none that can be named. */
static bool is_no_file(const struct word *word)
{
	return !word->literal || word->known != word->value.len || slice_starts(word->value, "/dev/") ||
	       slice_starts(word->value, "/proc/");
}

static bool sources_odd(const struct shell_command *command, size_t at)
{
	return at + 1 >= command->count || is_no_file(command->words[at + 1]);
}

/* ---- others ---- */

/* "-n", "-gn": another name for a variable. */
static bool is_nameref(const struct word *word)
{
	return !word->literal || (slice_starts(word->value, "-") && slice_has(word->value, "n"));
}

/* "-C eval...": run at each line that is read. */
static bool is_callback(const struct word *word)
{
	return !word->literal || slice_starts(word->value, "-C") || (slice_starts(word->value, "-") && slice_has(word->value, "C"));
}

static bool upsets(const struct shell_command *command, size_t at)
{
	struct slice name = command->words[at]->value;

	if (slice_is(name, "eval"))
		return any_word(command, at + 1, needs_a_look);
	if (slice_is(name, ".") || slice_is(name, "source"))
		return sources_odd(command, at);
	if (slice_is(name, "trap") || slice_is(name, "alias"))
		return at + 1 < command->count;
	if (slice_is(name, "mapfile") || slice_is(name, "readarray"))
		return any_word(command, at + 1, is_callback);
	if (slice_is(name, "declare") || slice_is(name, "typeset") || slice_is(name, "local"))
		return any_word(command, at + 1, is_nameref);
	return false;
}

/* A name that only the shell will know, and that may be a builtin's: those have no slash. */
static bool is_unknown_name(const struct word *word)
{
	return !word->literal && !(word->value.len && memchr(word->value.ptr, '/', word->value.len));
}

/* What an unknown program does to the words is over when nothing comes behind it. */
static bool is_last(const struct shell *sh, size_t index)
{
	return index + 1 == sh->count && !sh->loops;
}

bool shell_upsets(const struct shell *sh)
{
	for (size_t i = 0; i < sh->count; i++) {
		const struct shell_command *command = &sh->commands[i];
		size_t at = shell_name_at(command);

		if (at < command->count &&
		    (upsets(command, at) || (is_unknown_name(command->words[at]) && !is_last(sh, i))))
			return true;
	}
	return false;
}

/* ---- "$@" ---- */

bool shell_set_moves(const struct shell_command *set, size_t at)
{
	for (size_t i = at + 1; i < set->count; i++) {
		struct slice s = set->words[i]->value;

		if (s.len < 2 || (s.ptr[0] != '-' && s.ptr[0] != '+') || slice_is(s, "--") || !set->words[i]->literal)
			return true;
		i += slice_has(s, "o");
	}
	return false;
}

bool shell_moves_positional(const struct shell *sh)
{
	for (size_t i = 0; i < sh->count; i++) {
		const struct shell_command *command = &sh->commands[i];
		size_t at = shell_name_at(command);

		if (at == command->count)
			continue;
		if (slice_is(command->words[at]->value, "shift") || (slice_is(command->words[at]->value, "set") && shell_set_moves(command, at)))
			return true;
	}
	return sh->functions || shell_upsets(sh);
}

/* ---- arrays ---- */

/* `A=...`, `A+=...`, `A[1]=...`, `unset A`, `read -a A`: a word that begins with the name, and does not go on as one. */
static bool begins_with_array(struct slice word, struct slice name)
{
	return slice_skip(&word, name) && (word.len == 0 || strchr("=+[", word.ptr[0]));
}

/* An element somewhere in it: "${A[1]:=x}", "$((A[1]=5))", "-vA[1]", but not "${A[@]}" or "${A[*]}". */
static bool holds_element(struct slice text, struct slice name)
{
	const char *at;

	while (text.len > name.len && (at = memmem(text.ptr, text.len, name.ptr, name.len)) != NULL) {
		size_t before = (size_t)(at - text.ptr), behind = before + name.len;
		bool whole = before == 0 || !shell_is_name_byte(at[-1]) || at[-1] == 'v';

		if (whole && behind + 1 < text.len && text.ptr[behind] == '[' && text.ptr[behind + 1] != '@' &&
		    text.ptr[behind + 1] != '*')
			return true;
		text = (struct slice){text.ptr + behind, text.len - behind};
	}
	return false;
}

/* printf -vA */
static bool is_printf_into(struct slice word, struct slice name)
{
	return slice_skip(&word, SLICE_LIT("-v")) && slice_skip(&word, name);
}

static bool changes_array(struct slice word, struct slice name)
{
	return begins_with_array(word, name) || holds_element(word, name) || is_printf_into(word, name);
}

bool shell_moves_array(const struct shell *sh, const struct shell_array *array)
{
	size_t changes = 0; /* one is the assignment itself */

	for (size_t c = 0; c < sh->count; c++)
		for (size_t w = 0; w < sh->commands[c].count; w++)
			changes += changes_array(sh->commands[c].words[w]->value, array->name);
	for (size_t i = 0; i < sh->document_count; i++) /* ((A[1]=5)) */
		changes += holds_element(sh->documents[i].body, array->name);
	for (size_t i = 0; i < sh->loop_names.count; i++) /* for A in ... */
		changes += slice_eq(sh->loop_names.items[i], array->name);
	return changes != 1;
}
