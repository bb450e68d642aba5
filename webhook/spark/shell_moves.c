#include "spark/shell_moves.h"

size_t shell_name_at(const struct shell_command *command)
{
	bool prefixed = false;

	for (size_t i = 0; i < command->count; i++) {
		struct slice s = command->words[i]->value;

		if (command->words[i]->assignment || (prefixed && slice_starts(s, "-")) || slice_is(s, "-p") || slice_is(s, "--"))
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
	for (size_t i = 0; i < COUNT_OF(words); i++)
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

/* -eu, +x, -o: of the letters that bash and dash know. */
static bool is_set_option(struct slice s)
{
	if (s.len < 2 || (s.ptr[0] != '-' && s.ptr[0] != '+'))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!s.ptr[i] || !strchr("abefhkmnoptuvxBCEHIPTV", s.ptr[i]))
			return false;
	return true;
}

bool shell_set_moves(const struct shell_command *set, size_t at)
{
	for (size_t i = at + 1; i < set->count; i++) {
		struct slice s = set->words[i]->value;

		if (!is_set_option(s) || !set->words[i]->literal)
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

/* A word that only the shell will know, where the name of a variable is to stand. */
static bool is_unknown_variable(const struct word *word)
{
	struct slice known = {word->value.ptr, word->known};

	return (!word->literal || word->differs) && !slice_has(known, "=");
}

/* printf -v NAME: the first word alone tells whether it is so. */
static bool prints_into_unknown(const struct shell_command *command, size_t at)
{
	const struct word *option = at + 1 < command->count ? command->words[at + 1] : NULL;

	if (!option || (option->known > 0 && !slice_starts(option->value, "-")))
		return false;
	return !option->literal || (at + 2 < command->count && is_unknown_variable(command->words[at + 2]));
}

static bool sets_unknown(const struct shell_command *command, size_t at)
{
	static const char *const builtins[] = {"read", "export", "readonly", "declare", "typeset", "local", "getopts",
					       "mapfile", "readarray", "wait", "unset", "let"};
	struct slice name = command->words[at]->value;

	if (slice_is(name, "printf"))
		return prints_into_unknown(command, at);
	return SLICE_IS_ONE_OF(name, builtins) && any_word(command, at + 1, is_unknown_variable);
}

/* ${X:n}, X[n]: what stands there is calculated. rest: behind a name. */
static bool is_calculated(struct slice rest, bool braced)
{
	if (slice_skip(&rest, SLICE_LIT("[")))
		return rest.len && !strchr("@*]0123456789", *rest.ptr);
	return braced && slice_skip(&rest, SLICE_LIT(":")) && rest.len && !strchr("-+=?", *rest.ptr);
}

/* [[ x -eq 1 ]] */
static bool compares(struct slice text)
{
	static const char *const operators[] = {"-eq", "-ne", "-lt", "-le", "-gt", "-ge"};
	bool found = false;

	for (size_t i = 0; i < COUNT_OF(operators); i++)
		found |= slice_has(text, operators[i]);
	return found && slice_has(text, "[[");
}

/* Arithmetic takes the value of a variable for an expression, which may set another: x='A=1'; : $((x)). */
static bool calculates(struct slice text)
{
	bool braced = false;

	if (slice_has(text, "((") || compares(text))
		return true;
	for (size_t i = 0; i < text.len; i++) {
		bool name = shell_is_name_byte(text.ptr[i]);

		if (!name)
			braced = text.ptr[i] == '{' && i > 0 && text.ptr[i - 1] == '$';
		else if (is_calculated((struct slice){text.ptr + i + 1, text.len - i - 1}, braced))
			return true;
	}
	return false;
}

bool shell_sets_variables_unseen(const struct shell *sh)
{
	struct slice text = sh->carrier->text;

	if (slice_has(text, "${!") || calculates(text))
		return true;
	for (size_t i = 0; i < sh->count; i++) {
		size_t at = shell_name_at(&sh->commands[i]);

		if (at < sh->commands[i].count && sets_unknown(&sh->commands[i], at))
			return true;
	}
	return false;
}

/* "${A[@]}", "${#A[*]}", "${A[@]+...": what is in it is asked for. at: where the name stands. */
static bool is_asked(struct slice text, size_t at, size_t len)
{
	struct slice before = {text.ptr, at}, behind = {text.ptr + at + len, text.len - at - len};

	if (!slice_ends(before, "${") && !slice_ends(before, "${#"))
		return false;
	return (slice_skip(&behind, SLICE_LIT("[@]")) || slice_skip(&behind, SLICE_LIT("[*]"))) && behind.len && strchr("}+", *behind.ptr);
}

/* How often the name stands in the text for something else than what is in the array. */
static size_t mentions(struct slice text, struct slice name)
{
	size_t count = 0, from = 0;
	const char *found;

	while (from < text.len && (found = memmem(text.ptr + from, text.len - from, name.ptr, name.len)) != NULL) {
		size_t at = (size_t)(found - text.ptr), end = at + name.len;
		bool whole = (at == 0 || !shell_is_name_byte(text.ptr[at - 1])) && (end == text.len || !shell_is_name_byte(text.ptr[end]));

		count += whole && !is_asked(text, at, name.len);
		from = end;
	}
	return count;
}

/* `printf -vA`, `read -aA`. */
static bool is_glued(struct slice word, struct slice name)
{
	return slice_starts(word, "-") && !slice_starts(word, "--") && memmem(word.ptr, word.len, name.ptr, name.len);
}

bool shell_moves_array(const struct shell *sh, struct slice unquoted, const struct shell_array *array)
{
	/* one is the assignment itself; quotes may stand within a name */
	if (mentions(sh->carrier->text, array->name) != 1 || mentions(unquoted, array->name) != 1)
		return true;
	for (size_t c = 0; c < sh->count; c++)
		for (size_t w = 0; w < sh->commands[c].count; w++)
			if (is_glued(sh->commands[c].words[w]->value, array->name))
				return true;
	return false;
}
