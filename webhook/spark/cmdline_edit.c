/*
 * Edits of one invocation. Replacing comes first: every occurrence of a key is made to say the
 * same, losing ones included, so that nobody who reads the line is misled. Only where
 * that is not enough is an option added, in a place where nothing after it can win.
 */
#include "base/plain.h"
#include "spark/cmdline_line.h"

#include <stdlib.h>

static const char *carrier_name(const struct word *word)
{
	return word->in && word->in->kind == CARRIER_TEXT ? "shell" : "argv";
}

struct line_edit {
	struct cmdline *line;
	struct slice key, fresh, value; /* value: what the program will see for fresh */
	bool reference;                 /* value holds something known at run time only */
	bool yields;                    /* to expansions that may themselves be options */
	bool needed;                    /* not to one of which nothing is known and that has to stay first */
	const char *rule;
	struct changes *changes;
};

static void note(const struct line_edit *e, struct word *word, const struct slice *from, const struct slice *to)
{
	struct arena *a = e->line->home->arena;
	struct change change = {.rule = e->rule, .carrier = carrier_name(word)};

	change.place = cmdline_place(e->line, word, e->key);
	change.from = from ? setting_show(a, e->key, *from) : NULL;
	change.to = to ? setting_show(a, e->key, *to) : NULL;
	changes_add(e->changes, a, change);
}

static bool is_of_key(const struct option *o, struct slice key)
{
	return o->key.ptr && slice_eq(o->key, key); /* an opaque one has none */
}

static bool says(const struct line_edit *e, const struct option *o)
{
	const struct word *holder = e->line->words[o->holder].word;

	return o->literal && !holder->many && slice_eq(o->value, e->value) && (holder->known < holder->value.len) == e->reference;
}

static struct slice join(struct arena *a, struct slice head, struct slice between, struct slice tail)
{
	const struct slice parts[] = {head, between, tail};
	char *text = arena_alloc_dirty(a, head.len + between.len + tail.len + 1), *end = text;

	for (size_t i = 0; i < 3; i++) {
		if (parts[i].len > 0)
			memcpy(end, parts[i].ptr, parts[i].len);
		end += parts[i].len;
	}
	*end = '\0';
	return (struct slice){text, (size_t)(end - text)};
}

/* ---- replacing ---- */

static void replace(const struct line_edit *e, const struct option *o)
{
	struct arena *a = e->line->home->arena;
	struct word *holder = e->line->words[o->holder].word;
	const struct slice head = {holder->value.ptr, o->offset}, none = {NULL, 0};
	struct slice fresh = join(a, head, e->fresh, none), value = e->value.ptr == e->fresh.ptr ? fresh : join(a, head, e->value, none);
	bool text = holder->in && holder->in->kind == CARRIER_TEXT;
	bool same = slice_eq(word_source(holder), text ? shell_quote(a, fresh) : fresh);
	enum word_state state = holder->state;

	if (!holder->in)
		return; /* the image's own */
	word_change(holder, fresh, value);
	if (e->reference)
		holder->known = head.len;
	if (same)
		holder->state = state;
	else
		note(e, holder, &o->value, &e->fresh);
}

/* Is there any? */
static bool replace_all(const struct line_edit *e)
{
	struct options *options = &e->line->options;
	bool any = false, reread = false;

	for (size_t i = 0; i < options->count; i++) {
		const struct option *o = &options->items[i];

		if (!is_of_key(o, e->key))
			continue;
		any = true;
		if (says(e, o))
			continue;
		replace(e, o);
		reread |= !options_replace(options, e->line->words, i);
	}
	if (reread)
		cmdline_refresh(e->line);
	return any;
}

/* ---- is it certain now? ---- */

/* start-connect-server.sh itself passes --name, before the arguments that it is given. */
static bool script_sets(const struct line_edit *e)
{
	return e->line->program == PROGRAM_START_CONNECT_SERVER && slice_is(e->key, "spark.app.name");
}

/* Would Spark see the value, whatever is in the words that we cannot read? */
static bool is_certain(const struct line_edit *e)
{
	bool certain = false, dedicated = script_sets(e), opaque = false;

	for (size_t i = 0; i < e->line->options.count; i++) {
		const struct option *o = &e->line->options.items[i];

		if (o->kind == OPTION_OPAQUE) {
			opaque = true;
			certain = false;
		} else if (o->swallowed) {
			continue; /* it may be the value of an option in which the expansion ends */
		} else if (is_of_key(o, e->key) && o->kind == OPTION_KEY) {
			dedicated = true;
			certain = says(e, o);
		} else if (is_of_key(o, e->key) && !dedicated) {
			certain = says(e, o) && !(opaque && option_for_key(e->key));
		}
	}
	return certain;
}

static bool is_said(const struct line_edit *e)
{
	for (size_t i = 0; i < e->line->options.count; i++)
		if (is_of_key(&e->line->options.items[i], e->key) && says(e, &e->line->options.items[i]))
			return true;
	return false;
}

static bool is_done(const struct line_edit *e)
{
	return e->yields ? is_said(e) : is_certain(e);
}

/* ---- adding ---- */

static void insert(struct cmdline *line, size_t at, struct argument added)
{
	line->words = arena_grow(line->home->arena, line->words, &line->cap, line->count + 1, sizeof(*line->words));
	memmove(line->words + at + 1, line->words + at, (line->count - at) * sizeof(*line->words));
	line->words[at] = added;
	line->count++;
}

/* The argument after which words[at] is written: the last one before it that is in the object. */
static struct argument anchor(const struct cmdline *line, size_t at)
{
	while (at > 0 && (!line->words[at - 1].word->in))
		at--;
	return at > 0 ? line->words[at - 1] : line->head;
}

/* May an element be inserted after this one, so that the program gets it there? Only where "$@" passes on what follows. */
static bool fits_behind(const struct cmdline *line, const struct argument *behind, size_t at)
{
	const struct argument *next = at < line->count ? &line->words[at] : NULL;

	if (!behind->via || behind->all)
		return true;
	return next && next->all && next->word->prev == behind->word;
}

/* The index after every word that `via` stands for: what follows `via` in the text is there. */
static size_t behind_via(const struct cmdline *line, const struct word *via, size_t at)
{
	while (at < line->count && line->words[at].via == via)
		at++;
	return at;
}

/* Add a word at position *at of the line, or as soon after it as can be written. *at is then the index after it. */
static struct word *add_word(struct cmdline *line, size_t *at, struct slice fresh)
{
	struct arena *a = line->home->arena;
	struct cmdline_home *home = line->home;
	struct argument behind = anchor(line, *at), added = {.via = behind.via, .all = behind.all};
	struct word *after = behind.word;
	struct carrier *in = after->in;

	if (!fits_behind(line, &behind, *at)) {
		*at = behind_via(line, behind.via, *at);
		after = behind.via;
		in = after->in;
		added = (struct argument){.via = NULL};
	} else if (in == &home->command && !after->next && home->args.first) {
		in = &home->args; /* `command: [start.sh]`: options are written into args */
		after = NULL;
	} else if (behind.via && !behind.all) {
		added = (struct argument){.via = line->words[*at].via, .all = true};
	}
	added.word = word_add(a, in, after, fresh);
	insert(line, (*at)++, added);
	return added.word;
}

/* `CMD="start.sh --name x"; $CMD`: the word is the program and, listed once more, options that stand before all others. */
static size_t behind_head(const struct cmdline *line)
{
	size_t at = line->lead;

	while (at < line->count && line->words[at].word == line->head.word)
		at++;
	return at;
}

/* Where the next option in front goes: behind those that were written there, wherever that could be. */
static size_t behind_front(const struct cmdline *line)
{
	size_t at = behind_head(line) + line->stay;

	for (size_t i = at; line->front && i < line->count; i++)
		if (line->words[i].word == line->front)
			return i + 1;
	return at;
}

/* After the last word that may be an option, the later one wins; without such a word any place will do, and the front
 * reads best. *at is where; -1 where there is none. */
static int choose_place(const struct cmdline *line, bool front, size_t *at, struct err *err)
{
	const struct options *o = &line->options;

	if (front) {
		*at = behind_front(line);
		return 0;
	}
	if (o->missing != SIZE_MAX)
		return err_set(err, "the last option of the command line lacks its value");
	if (o->mixed) {
		*at = line->count - line->trail;
		return 0;
	}
	if (o->end == line->count)
		return err_set(err, "the command line holds an expansion that may be the application itself");
	*at = o->end;
	return 0;
}

/* Would a word at `at` be the value of an option in which an expansion before it ends? */
static bool may_be_swallowed(const struct cmdline *line, size_t at)
{
	while (at > 0 && line->words[at - 1].word->state == WORD_REMOVED)
		at--;
	for (size_t i = 0; i < line->options.count; i++)
		if (line->options.items[i].swallows && line->options.items[i].word + 1 == at)
			return true;
	return false;
}

/* As if the word had never been added. */
static void take_back(struct cmdline *line, struct word *word)
{
	size_t at = 0;

	while (line->words[at].word != word)
		at++;
	line->count--;
	memmove(line->words + at, line->words + at + 1, (line->count - at) * sizeof(*line->words));
	word_remove(word);
}

/* "KEY=value"; only the value where key is empty. */
static struct slice assignment(struct arena *a, struct slice key, struct slice value)
{
	return key.len == 0 ? value : join(a, key, SLICE_LIT("="), value);
}

/* Add a word made of key, which may be empty, and the value. */
static struct word *add_value(const struct line_edit *e, size_t *at, struct slice key)
{
	struct arena *a = e->line->home->arena;
	struct word *word = add_word(e->line, at, assignment(a, key, e->fresh));

	if (e->value.ptr != e->fresh.ptr) /* it holds references */
		word->value = assignment(a, key, e->value);
	word->tail = word->known = e->reference ? key.len + (key.len > 0) : word->value.len;
	return word;
}

/* After an `$X` that may end in `--name` the option is written twice: `$X --master=M --master M`. The first is a single
 * word, so that nothing is left over where it is taken for the name. */
static int add_option(const struct line_edit *e, struct err *err)
{
	struct cmdline *line = e->line;
	struct arena *a = line->home->arena;
	bool front = e->yields || !line->options.opaque;
	bool dedicated = !front || slice_is(e->key, "spark.master") || script_sets(e);
	const char *name = dedicated ? option_for_key(e->key) : NULL;
	struct slice option = name ? slice_of(name) : SLICE_LIT("--conf");
	struct slice key = name ? SLICE_LIT("") : e->key;
	struct word *added[3] = {NULL};
	size_t at = 0, first;

	if (e->yields && wait_may_set(line, e->key, e->needed))
		return err_set(err, "--wait may be first: set SPARK_NO_DAEMONIZE=1");
	if (choose_place(line, front, &at, err) < 0)
		return -1;
	if (line->options.opaque && may_be_swallowed(line, at))
		added[0] = add_value(e, &at, name ? option : assignment(a, option, key));
	added[1] = add_word(line, &at, option);
	first = at - 1;
	added[2] = add_value(e, &at, key);
	if (added[0] || at != first + 2 || !options_insert(&line->options, a, line->words, line->count, first))
		cmdline_refresh(line);
	if (is_done(e)) {
		note(e, added[2], NULL, &e->fresh);
		line->front = front ? added[2] : line->front;
		return 0;
	}
	bool behind = first >= line->options.end;
	for (size_t i = 0; i < 3; i++)
		if (added[i])
			take_back(line, added[i]);
	cmdline_refresh(line);
	return err_set(err, line->trail ? "the image's entrypoint sets it after the container's args"
			    : behind    ? "it could only stand behind the application, where it is no option"
					: "no place in the command line makes it certain");
}

/* ---- the verbs ---- */

/* Java's `.` does not match a line end: `--conf=k=a\nb` would not be an option. */
static bool has_control(struct slice s)
{
	for (size_t i = plain_length(s); i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static int set(struct line_edit *e, struct err *err)
{
	struct cmdline *line = e->line;
	size_t known;

	if (line->program == PROGRAM_SPARK_CLASS)
		return err_set(err, "the server's class is started without spark-submit, so it takes no options: "
				    "use sbin/start-connect-server.sh");
	if (has_control(e->fresh) || (e->fresh.len == 0 && option_for_key(e->key)))
		return err_set(err, "an option cannot hold this value");
	if (line->evaluated && !shell_is_plain(e->fresh))
		return err_set(err, "eval would read this value as something else: start the server without eval");
	e->value = kube_expand(line->home->arena, line->home->env, e->fresh, &known);
	e->reference = known < e->value.len;
	return replace_all(e) && is_done(e) ? 0 : add_option(e, err);
}

int cmdline_set(struct cmdline *line, struct slice key, struct slice value, const char *rule, struct changes *changes,
		struct err *err)
{
	struct line_edit e = {.line = line, .key = key, .fresh = value, .rule = rule, .changes = changes};

	return set(&e, err);
}

int cmdline_default(struct cmdline *line, struct slice key, struct slice value, const char *rule,
		    struct changes *changes, struct err *err)
{
	struct line_edit e = {.line = line, .key = key, .fresh = value, .rule = rule, .changes = changes, .yields = true};

	return set(&e, err);
}

int cmdline_need(struct cmdline *line, struct slice key, struct slice value, const char *rule, struct changes *changes,
		 struct err *err)
{
	struct line_edit e = {.line = line, .key = key, .fresh = value, .rule = rule, .changes = changes, .yields = true, .needed = true};

	return set(&e, err);
}

static int by_bytes(const void *x, const void *y)
{
	const struct slice *a = x, *b = y;

	return slice_order(*a, *b);
}

static bool is_of_keys(const struct option *o, const struct slice *keys, size_t count)
{
	return o->kind != OPTION_OPAQUE && o->key.ptr && bsearch(&o->key, keys, count, sizeof(*keys), by_bytes);
}

void cmdline_disable(struct cmdline *line, const struct slice *keys, size_t count, const char *rule, struct changes *changes)
{
	struct line_edit e = {.line = line, .rule = rule, .changes = changes};

	for (size_t i = 0; i < line->options.count; i++) {
		const struct option *o = &line->options.items[i];
		struct word *word = line->words[o->word].word, *holder = line->words[o->holder].word;

		if (!is_of_keys(o, keys, count) || !word->in || !holder->in)
			continue;
		e.key = o->key;
		note(&e, holder, &o->value, NULL);
		word_remove(word);
		if (holder != word)
			word_remove(holder);
	}
	cmdline_refresh(line);
}

/* The quotes at its beginning, and the '$' of $'..'. */
static void skip_opening_quotes(struct slice *source)
{
	while (source->len > 0 && memchr("'\"$", *source->ptr, 3))
		*source = (struct slice){source->ptr + 1, source->len - 1};
}

static void write_source(struct word *word, struct slice source)
{
	if (word->in->kind == CARRIER_TEXT && (word->state == WORD_KEPT || word->verbatim)) {
		word_change_source(word, source);
	} else {
		word->fresh = source;
		word->state = word->state == WORD_KEPT ? WORD_CHANGED : word->state;
	}
}

/* The value of word begins with head and "FROM=". Where its source does, too, only the name is replaced, byte for byte. What is skipped is
 * nothing of the value, which would begin with it. */
static bool splice_key(struct arena *a, struct word *word, struct slice head, struct slice from, struct slice to)
{
	struct slice source = word_source(word), rest = source;

	skip_opening_quotes(&rest);
	if (!slice_skip(&rest, head))
		return false;
	skip_opening_quotes(&rest);
	if (!slice_skip(&rest, from) || !slice_starts(rest, "="))
		return false;
	struct slice before = {source.ptr, source.len - rest.len - from.len};
	write_source(word, join(a, before, to, rest));
	return true;
}

/* May the word be written anew? Not with a '$': Kubernetes would read it again, or the shell. */
static bool may_be_rewritten(const struct cmdline *line, const struct word *word, struct slice value)
{
	return word_is_known(word) && !word->many && !word->escaped && !memchr(value.ptr, '$', value.len) &&
	       (!line->evaluated || shell_is_plain(value));
}

static int rename_in(struct line_edit *e, const struct option *o, struct slice to, struct err *err)
{
	struct arena *a = e->line->home->arena;
	struct word *holder = e->line->words[o->holder].word;
	struct slice head = {holder->value.ptr, o->offset - (e->key.len + 1)}, rest = holder->value;

	if (!slice_skip(&rest, head) || !slice_skip(&rest, e->key) || !slice_starts(rest, "="))
		return 0; /* the word stands in two places, and has been renamed */
	struct slice value = join(a, head, to, rest);
	if (!holder->in)
		return err_set(err, "the image itself sets it");
	if (splice_key(a, holder, head, e->key, to)) {
		holder->known += holder->known > head.len ? to.len - e->key.len : 0;
		holder->value = value;
	} else if (may_be_rewritten(e->line, holder, value)) {
		word_change(holder, value, value);
	} else {
		return err_set(err, "its name is not written in one piece: write it without quotes in it");
	}
	note(e, holder, &e->key, &to);
	return 0;
}

int cmdline_rename(struct cmdline *line, struct slice from, struct slice to, const char *rule, struct changes *changes,
		   struct err *err)
{
	struct line_edit e = {.line = line, .key = from, .rule = rule, .changes = changes};
	int rc = 0;

	for (size_t i = 0; i < line->options.count; i++) {
		const struct option *o = &line->options.items[i];

		if (o->kind == OPTION_CONF && slice_eq(o->key, from) && rename_in(&e, o, to, err) < 0)
			rc = -1;
	}
	cmdline_refresh(line);
	return rc;
}
