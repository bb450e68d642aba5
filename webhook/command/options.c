#include "command/options.h"

#include "base/wrap.h"
#include "kube/client.h"
#include "policy/words.h"

#define OPTIONS_MAX 32

/* The column where help's texts begin. */
#define HELP_COLUMN 28

void option_list_add(struct option_list *list, const char *value)
{
	*ARENA_PUSH(list->arena, list->items, &list->cap, list->count) = value;
}

static size_t word_count(const char *const *words)
{
	size_t n = 0;

	while (words[n])
		n++;
	return n;
}

/* Append "a, b or c". */
static void add_words(struct err *err, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct err so_far = *err;
		err_set(err, "%s%s %s", so_far.text, i == 0 ? "" : i + 1 == count ? " or" : ",", words[i]);
	}
}

static int set_choice(const struct option *o, const char *value, struct err *err)
{
	size_t count = word_count(o->words);
	int index = word_index(slice_of(value), o->words, count);

	if (index >= 0) {
		*o->choice = index;
		return 0;
	}
	const char *near = nearest_word(slice_of(value), o->words, count);
	if (near)
		return err_set(err, "--%s does not take '%s'; did you mean '%s'?", o->name, value, near);
	err_set(err, "--%s does not take '%s', only", o->name, value);
	add_words(err, o->words, count);
	return -1;
}

static int needs_value(const struct option *o, struct err *err)
{
	err_set(err, "--%s needs a value%s", o->name, o->words ? ":" : "");
	if (o->words)
		add_words(err, o->words, word_count(o->words));
	return -1;
}

static bool is_valid(const struct option *o, const char *value)
{
	return !o->value || strcmp(o->value, "NAMESPACE") != 0 || kube_name_ok(value);
}

static int set_value(const struct option *o, const char *value, struct err *err)
{
	if (o->choice)
		return set_choice(o, value, err);
	if (o->parse)
		return o->parse(value, o->to, err) < 0 ? err_wrap(err, "--%s", o->name) : 0;
	if (!value[0])
		return err_set(err, "--%s: is empty", o->name);
	if (!is_valid(o, value))
		return err_set(err, "--%s: '%s' is not a valid namespace name", o->name, value);
	if (o->list)
		option_list_add(o->list, value);
	else
		*o->text = value;
	return 0;
}

static int unknown(const struct option *options, size_t count, struct slice name, struct err *err)
{
	const char *names[OPTIONS_MAX];
	size_t known = count < OPTIONS_MAX ? count : OPTIONS_MAX;

	for (size_t i = 0; i < known; i++)
		names[i] = options[i].name;
	const char *near = nearest_word(name, names, known);
	if (near)
		return err_set(err, "there is no option '--%.*s'; did you mean '--%s'?", SLICE_ARG(name), near);
	return err_set(err, "there is no option '--%.*s'", SLICE_ARG(name));
}

static const struct option *find_name(const struct option *options, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_is(name, options[i].name))
			return &options[i];
	return NULL;
}

static const struct option *find_letter(const struct option *options, size_t count, char letter)
{
	for (size_t i = 0; i < count; i++)
		if (options[i].letter && options[i].letter == letter)
			return &options[i];
	return NULL;
}

/* Give option o its value: attached (NULL = none), or the next word, of which *at moves on. */
static int take(const struct option *o, const char *attached, int argc, char **argv, int *at, struct err *err)
{
	if (o->flag) {
		if (attached)
			return err_set(err, "--%s takes no value", o->name);
		*o->flag = true;
		return 0;
	}
	if (!attached && *at + 1 >= argc)
		return needs_value(o, err);
	return set_value(o, attached ? attached : argv[++*at], err);
}

static int parse_long(const struct option *options, size_t count, int argc, char **argv, int *at, struct err *err)
{
	struct slice rest = slice_of(argv[*at] + 2);
	bool attached = slice_has(rest, "=");
	struct slice name = slice_cut(&rest, '=');
	const struct option *o = find_name(options, count, name);

	if (!o)
		return unknown(options, count, name, err);
	return take(o, attached ? rest.ptr : NULL, argc, argv, at, err);
}

static int parse_short(const struct option *options, size_t count, int argc, char **argv, int *at, struct err *err)
{
	const char *word = argv[*at];
	const struct option *o = find_letter(options, count, word[1]);

	if (!o)
		return err_set(err, "there is no option '%.2s'", word);
	const char *attached = word[2] == '=' ? word + 3 : word + 2; /* kubectl takes -o=json as -ojson */
	return take(o, word[2] ? attached : NULL, argc, argv, at, err);
}

static int parse_positional(const char *word, struct option_list *positional, struct err *err)
{
	if (!positional)
		return err_set(err, "unexpected argument '%s'", word);
	option_list_add(positional, word);
	return 0;
}

int options_parse(const struct option *options, size_t count, int argc, char **argv,
		  struct option_list *positional, struct err *err)
{
	bool only_words = false;

	for (int at = 1; at < argc; at++) {
		const char *word = argv[at];
		int failed;
		if (!only_words && strcmp(word, "--") == 0) {
			only_words = true;
			continue;
		}
		if (only_words || word[0] != '-' || word[1] == '\0')
			failed = parse_positional(word, positional, err);
		else if (word[1] == '-')
			failed = parse_long(options, count, argc, argv, &at, err);
		else
			failed = parse_short(options, count, argc, argv, &at, err);
		if (failed < 0)
			return -1;
	}
	return 0;
}

static int print_value(FILE *out, const struct option *o)
{
	int width = 0;

	if (o->value)
		return fprintf(out, " %s", o->value);
	for (size_t i = 0; o->words && o->words[i]; i++)
		width += fprintf(out, "%c%s", i == 0 ? ' ' : '|', o->words[i]);
	return width;
}

void options_help(FILE *out, const struct option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct option *o = &options[i];
		if (o->group)
			fprintf(out, "%s%s:\n", i == 0 ? "" : "\n", o->group);
		int width = o->letter ? fprintf(out, "  -%c, --%s", o->letter, o->name)
				      : fprintf(out, "      --%s", o->name);
		width += print_value(out, o);
		wrap_print(out, o->help, HELP_COLUMN, width + 2 > HELP_COLUMN ? WRAP_COLUMNS : (size_t)width);
	}
}

static size_t count_input(const struct option_list *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->count; i++)
		n += strcmp(list->items[i], "-") == 0;
	return n;
}

int options_check_input(const struct option_list *files, const struct option_list *facts, struct err *err)
{
	if (count_input(files) + count_input(facts) > 1)
		return err_set(err, "standard input can be read once only: '-' is given more than once");
	return 0;
}
