/*
 * What stands for other words: "$@", "${ARRAY[@]}" and a program's name in a variable. Only what is
 * known for certain is inserted; everything else stays the expansion that it is.
 */
#include "spark/cmdline_expand.h"

#include "spark/cmdline_line.h"
#include "spark/fallback.h"
#include "spark/shell_names.h"

/* Each name is searched for among all words of a text. */
#define PROGRAMS_MAX 32

/* Which positional words does this word stand for? false: for none. */
static bool positional_range(const struct word *word, const struct positional *p, size_t *from, size_t *to)
{
	struct slice s = word->value;

	if (!p->known || p->count == 0 || word->literal || word->known != 0)
		return false;
	if (!slice_skip(&s, SLICE_LIT("$")))
		return false;
	if (slice_skip(&s, SLICE_LIT("{"))) {
		if (s.len < 2 || s.ptr[s.len - 1] != '}')
			return false;
		s.len--;
	}
	*from = 1;
	*to = p->count;
	if (slice_is(s, "@") || slice_is(s, "@:1") || (slice_is(s, "*") && !word->quoted))
		return true;
	if (s.len != 1 || s.ptr[0] < '0' || s.ptr[0] > '9')
		return false;
	*from = (size_t)(s.ptr[0] - '0');
	*to = *from < p->count ? *from + 1 : *from;
	return *from < p->count;
}

/* Does the word pass on those words as they are? Without quotes the shell splits them. */
static bool hands_on(const struct word *word, const struct positional *p, size_t from, size_t to)
{
	for (; !word->quoted && from < to; from++)
		if (!shell_is_plain(p->words[from].word->value))
			return false;
	return true;
}

static bool hands_on_array(const struct word *word, const struct shell_array *array)
{
	for (size_t i = 0; !word->quoted && i < array->count; i++)
		if (!array->words[i]->literal || !shell_is_plain(array->words[i]->value))
			return false;
	return true;
}

/* "${NAME[@]}": the array with that name, where the text sets it once and for certain. */
static const struct shell_array *array_of(const struct word *word, const struct shell *sh)
{
	struct slice s = word->value;

	if (word->literal || !slice_skip(&s, SLICE_LIT("${")) || (!slice_ends(s, "[@]}") && !slice_ends(s, "[*]}")))
		return NULL;
	s.len -= sizeof("[@]}") - 1;
	for (size_t i = 0; i < sh->array_count && i < SHELL_ARRAYS_MAX; i++)
		if (sh->arrays[i].certain && sh->arrays[i].end <= word->start && slice_eq(sh->arrays[i].name, s))
			return &sh->arrays[i];
	return NULL;
}

/* The words of one command, with those that stand for others replaced by them. */
struct expansion {
	struct expander *expander;
	struct argument *words;
	size_t count, cap;
};

static void put(struct expansion *x, struct argument argument)
{
	*ARENA_PUSH(x->expander->arena, x->words, &x->cap, x->count) = argument;
}

/* A long word is read wherever it stands. */
static bool afford(struct expansion *x, const struct word *word)
{
	size_t cost = 1 + word->value.len / 1024;

	if (cost > x->expander->budget)
		return false;
	x->expander->budget -= cost;
	return true;
}

static bool afford_array(struct expansion *x, const struct shell_array *array)
{
	for (size_t i = 0; i < array->count; i++)
		if (!afford(x, array->words[i]))
			return false;
	return true;
}

static bool afford_positional(struct expansion *x, const struct positional *p, size_t from, size_t to)
{
	for (; from < to; from++)
		if (!afford(x, p->words[from].word))
			return false;
	return true;
}

static void expand_word(struct expansion *x, struct word *word, const struct positional *p, const struct shell *sh)
{
	size_t from = 0, to = 0;
	const struct shell_array *array = array_of(word, sh);

	if (array && afford_array(x, array) && hands_on_array(word, array)) {
		for (size_t i = 0; i < array->count; i++)
			put(x, (struct argument){array->words[i], word, false});
	} else if (positional_range(word, p, &from, &to) && afford_positional(x, p, from, to) && hands_on(word, p, from, to)) {
		bool all = slice_has(word->value, "@") || slice_has(word->value, "*");

		for (; from < to; from++)
			put(x, (struct argument){p->words[from].word, word, all});
	} else {
		put(x, (struct argument){.word = word});
	}
}

/* "$NAME", "${NAME}" or "${NAME[@]}" and nothing else: its name. */
static struct slice variable_name(const struct word *word, bool *array)
{
	struct slice s = word->value;

	*array = false;
	if (word->literal || !slice_skip(&s, SLICE_LIT("$")))
		return SLICE_NONE;
	if (slice_skip(&s, SLICE_LIT("{"))) {
		*array = slice_ends(s, "[@]}");
		if (!slice_ends(s, "}"))
			return SLICE_NONE;
		s.len -= *array ? sizeof("[@]}") - 1 : 1;
	}
	return shell_name_length(s) == s.len ? s : SLICE_NONE;
}

/* "$SPARK_HOME/sbin/start-connect-server.sh": the folder is not known, the program is; "start-connect-server.sh --name $X". */
static bool names_program(const struct word *word)
{
	return word_is_known(word) || (word->known > 0 && memchr(word->value.ptr, ' ', word->known)) ||
	       memchr(word->value.ptr + word->value.len - word->tail, '/', word->tail);
}

static bool begins_blank(struct slice s)
{
	return s.len > 0 && strchr(" \t\n", *s.ptr);
}

static bool ends_blank(struct slice s)
{
	return s.len > 0 && strchr(" \t\n", s.ptr[s.len - 1]);
}

/* CMD="$CMD --name x": what was there stays in front. apart: it ends in a blank. */
static bool adds_to_itself(struct slice value, struct slice name, bool apart)
{
	bool braces;

	if (!slice_skip(&value, SLICE_LIT("$")))
		return false;
	braces = slice_skip(&value, SLICE_LIT("{"));
	return slice_skip(&value, name) && (!braces || slice_skip(&value, SLICE_LIT("}"))) && (value.len == 0 || begins_blank(value) || apart);
}

/* What the text gives to a variable. */
struct assigned {
	struct slice value; /* ptr NULL where it gives none, several, or one whose program is not known */
	bool seen;
	bool more;  /* words are added to it in places */
	bool whole; /* it is not split into words */
};

static void assign(struct assigned *to, bool told, struct slice value)
{
	to->value = told && !to->seen ? value : SLICE_NONE;
	to->seen = true;
}

/* CMD="${CMD:-start.sh --wait}", CMD="${START:-start.sh}", : "${CMD:=start.sh}" */
static bool assign_fallback(struct expander *e, const struct shell *sh, struct slice name, const struct word *w, struct assigned *to)
{
	struct slice word = w->value;
	bool plain = slice_skip(&word, name) && slice_skip(&word, SLICE_LIT("="));
	struct fallback f = fallback_of(w, word);
	bool same = slice_eq(f.name, name);

	if (!f.text.ptr || !(plain || (f.assigns && same)))
		return false;
	bool told = !to->seen && !fallback_is_beside(e, sh, &f, same);
	struct slice value = told ? fallback_value(e->env, &f) : SLICE_NONE;
	assign(to, value.ptr != NULL, value);
	return true;
}

static struct assigned assigned(struct expander *e, const struct shell *sh, struct slice name)
{
	struct assigned ret = {.value = {NULL, 0}};
	bool apart = true; /* whatever it holds ends in a blank */

	for (const struct word *w = sh->carrier->first; w; w = w->next) {
		struct slice s;
		bool appends;

		if (assign_fallback(e, sh, name, w, &ret)) {
			apart = false;
			continue;
		}
		if (!shell_assigns(w->value, name, &s, &appends))
			continue;
		bool joins = ret.seen && apart;
		bool more = appends ? begins_blank(s) || (joins && s.len > 0) : adds_to_itself(s, name, joins);
		apart &= ends_blank(s);
		if (more) {
			ret.more = true;
			continue;
		}
		assign(&ret, !appends && names_program(w), s);
	}
	return ret;
}

/* The first word of an array, which the text may have changed in places that cannot be followed; the rest are options. */
static struct assigned array_held(const struct shell *sh, struct slice name)
{
	struct assigned ret = {.value = {NULL, 0}, .more = true};

	for (size_t i = 0; i < sh->array_count && i < SHELL_ARRAYS_MAX; i++) {
		const struct shell_array *array = &sh->arrays[i];

		if (array->appends || !slice_eq(array->name, name))
			continue;
		bool told = !ret.seen && array->count > 0 && word_is_known(array->words[0]);
		ret.value = told ? array->words[0]->value : SLICE_NONE;
		ret.seen = true;
	}
	return ret;
}

/* What the program's variable holds: where the text gives it none, what it has of the container. */
static struct assigned held_by(struct expansion *x, const struct shell *sh, const struct word *word)
{
	bool array;
	struct slice name = variable_name(word, &array);
	struct fallback f = fallback_of(word, word->value);

	x->expander->resolved += name.ptr || f.text.ptr;
	if (f.text.ptr && !fallback_is_beside(x->expander, sh, &f, false))
		return (struct assigned){.value = fallback_value(x->expander->env, &f), .whole = word->quoted};
	if (!name.ptr)
		return (struct assigned){.value = {NULL, 0}};
	if (array)
		return array_held(sh, name);
	struct assigned held = assigned(x->expander, sh, name);
	const struct kube_var *var = kube_env_find(x->expander->env, name);
	if (!held.seen && var)
		held.value = var->value;
	held.whole = word->quoted;
	return held;
}

/* The program's word holds options, too, which cannot be edited: it is listed once more to stand for them. */
static void put_again(struct expansion *x, size_t at, bool dangles)
{
	struct word *word = x->words[at].word;

	word->dangles |= dangles;
	put(x, (struct argument){.word = word});
	memmove(x->words + at + 1, x->words + at, (x->count - at - 1) * sizeof(*x->words));
}

/* Does what is held say whose options these are? Of another program than the server's script some may be the application's. */
static bool is_servers(struct slice value, struct slice program)
{
	return slice_ends(program, "start-connect-server.sh") || slice_has(value, "SparkConnectServer");
}

/* `CMD=/opt/spark/sbin/start-connect-server.sh ... exec $CMD`: which program is it? */
static void resolve_program(struct expansion *x, const struct shell *sh)
{
	size_t i = 0, blank;

	while (i < x->count && x->words[i].word->assignment)
		i++;
	if (i == x->count)
		return;
	i += program_behind_wrappers(x->words + i, x->count - i);
	if (x->expander->resolved >= PROGRAMS_MAX)
		return;
	struct assigned held = held_by(x, sh, x->words[i].word);
	for (blank = 0; blank < held.value.len && !strchr(" \t\n", held.value.ptr[blank]); blank++)
		;
	struct slice program = {held.value.ptr, blank};
	bool options = held.value.len > blank || held.more;
	if (blank == 0 || (options && (held.whole || !is_servers(held.value, program))))
		return;
	struct slice rest = {held.value.ptr + blank, held.value.len - blank};
	x->words[i].word->resolved = program;
	x->words[i].word->roles = 0;
	if (options)
		put_again(x, i, held.more || words_dangle(rest) || slice_has(rest, "$"));
}

struct argument *command_expand(struct expander *e, const struct shell *sh, const struct shell_command *command,
				const struct positional *p, size_t *count)
{
	struct expansion x = {.expander = e};

	for (size_t i = 0; i < command->count; i++)
		expand_word(&x, command->words[i], p, sh);
	resolve_program(&x, sh);
	*count = x.count;
	return x.words;
}
