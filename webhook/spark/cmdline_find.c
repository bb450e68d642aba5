/*
 * From a container to its invocations of Spark: the two arrays, the texts that shells in
 * them run, and the texts that shells in those run.
 */
#include "base/limits.h"
#include "spark/cmdline_line.h"
#include "spark/shell.h"

/* sh -c "su spark -c '...'" is 2; nobody needs more. */
#define TEXTS_DEEP 4

/* Names that are looked for one by one. */
#define ARRAYS_MAX 64
#define PROGRAMS_MAX 32

/* Of all texts; each has at most LIMIT_WORDS. */
#define WORDS_MAX (2 * LIMIT_WORDS)

struct finder {
	const struct policy *policy;
	struct cmdline_home *home;
	struct cmdline *lines;
	size_t count, cap;
	size_t budget;    /* words that "$@" may still stand for */
	unsigned depth;
	unsigned resolved; /* programs that were looked for among the text's variables */
	size_t words;      /* of all texts */
	const char *why;  /* a word of a server stands somewhere that cannot be followed */
};

/* What "$0" and "$@" stand for in a text. */
struct positional {
	const struct argument *words; /* words[0] is $0 */
	size_t count;
	bool known; /* no `shift` or `set` in the text */
};

static void find_in_words(struct finder *f, const struct argument *words, size_t count, bool in_entrypoint);

static void suspect(struct finder *f, const char *why)
{
	if (!f->why)
		f->why = why;
}

static bool names_server(const struct finder *f, struct slice text)
{
	return text_names_server(f->policy, text);
}

/* ---- arrays ---- */

static int read_array(struct finder *f, const struct json *list, const char *field, struct carrier *ret,
		      struct err *err)
{
	struct arena *a = f->home->arena;
	size_t index = 0;

	*ret = (struct carrier){.kind = CARRIER_ARRAY, .field = field, .absent = !list};
	if (json_count(list) > LIMIT_WORDS)
		return err_set(err, "%s has more than %u elements", field, LIMIT_WORDS);
	JSON_EACH(item, list) {
		struct slice raw = json_slice(item);
		struct word *word = ARENA_NEW(a, struct word);
		size_t known = 0;
		struct slice value = raw.ptr ? kube_expand(a, &f->home->env, raw, &known) : SLICE_LIT("");

		*word = (struct word){.index = index++, .value = value, .known = known, .literal = true};
		word->tail = known == value.len ? value.len : 0;
		word->fresh = raw.ptr ? raw : SLICE_LIT("");
		word_append(ret, word);
	}
	return 0;
}

static struct argument *all_words(struct finder *f, size_t *count)
{
	const struct carrier *arrays[] = {&f->home->command, &f->home->args};
	struct argument *words;

	*count = 0;
	for (size_t i = 0; i < 2; i++)
		for (const struct word *w = arrays[i]->first; w; w = w->next)
			++*count;
	words = ARENA_ARRAY(f->home->arena, *count + 1, struct argument);
	*count = 0;
	for (size_t i = 0; i < 2; i++)
		for (struct word *w = arrays[i]->first; w; w = w->next)
			words[(*count)++].word = w;
	return words;
}

/* ---- lines ---- */

static struct word *fixed_word(struct arena *a, const char *text)
{
	struct word *word = ARENA_NEW(a, struct word);
	struct slice value = slice_of(text);
	const char *dollar = memchr(value.ptr, '$', value.len);

	*word = (struct word){.value = value, .literal = !dollar};
	word->known = word->tail = dollar ? (size_t)(dollar - value.ptr) : value.len;
	return word;
}

static void fill(struct cmdline *line, const struct start *start, const struct argument *words, size_t count)
{
	struct arena *a = line->home->arena;
	const struct texts none = {NULL, 0};
	const struct texts *before = start->role ? &start->role->before : &none;
	const struct texts *after = start->role ? &start->role->after : &none;
	size_t args = count - start->head - 1;

	line->words = arena_grow(a, NULL, &line->cap, before->count + args + after->count + 1, sizeof(*line->words));
	line->lead = before->count;
	line->trail = after->count;
	for (size_t i = 0; i < before->count; i++)
		line->words[line->count++].word = fixed_word(a, before->items[i]);
	for (size_t i = 0; i < args; i++)
		line->words[line->count++] = words[start->head + 1 + i];
	for (size_t i = 0; i < after->count; i++)
		line->words[line->count++].word = fixed_word(a, after->items[i]);
}

static bool has_option(const struct cmdline *line, const char *name)
{
	return options_last(&line->options, name) != NULL;
}

static enum class_state class_of(const struct cmdline *line)
{
	const struct option *class = options_last(&line->options, "--class");
	const struct word *holder;

	if (line->mixed && (line->program != PROGRAM_SPARK_SUBMIT || !class))
		return CLASS_CONNECT_SERVER;
	if (!class)
		return CLASS_ABSENT;
	holder = line->words[class->holder].word;
	if (!word_is_known(holder))
		return CLASS_UNKNOWN;
	return class_is_connect_server(class->value) ? CLASS_CONNECT_SERVER : CLASS_OTHER;
}

/* A driver with the Connect plug-in serves like the server itself. */
static bool has_plugin(const struct cmdline *line)
{
	for (size_t i = 0; i < line->options.count; i++) {
		const struct option *o = &line->options.items[i];

		if (o->kind == OPTION_CONF && slice_is(o->key, "spark.plugins") && slice_has(o->value, "SparkConnectPlugin"))
			return true;
	}
	return false;
}

static bool has_opaque(const struct cmdline *line)
{
	for (size_t i = 0; i < line->options.count; i++)
		if (line->options.items[i].kind == OPTION_OPAQUE)
			return true;
	return false;
}

/* Keep the line if it is a server's, or may be. */
static void add_line(struct finder *f, const struct start *start, const struct argument *words, size_t count)
{
	struct cmdline line = {.home = f->home, .program = start->program, .mixed = start->mixed};

	line.head = words[start->head];
	fill(&line, start, words, count);
	cmdline_refresh(&line);
	line.class = start->implied ? CLASS_CONNECT_SERVER : start->mixed ? CLASS_OTHER : class_of(&line);
	if (has_option(&line, "--kill") || has_option(&line, "--status") || has_option(&line, "--version") ||
	    has_option(&line, "--help"))
		return;
	line.counts = line.class == CLASS_CONNECT_SERVER || line.class == CLASS_UNKNOWN || has_plugin(&line);
	if (!line.counts && !(line.class == CLASS_ABSENT && has_opaque(&line)))
		return;
	f->lines = arena_grow(f->home->arena, f->lines, &f->cap, f->count + 1, sizeof(line));
	f->lines[f->count++] = line;
}

/* ---- texts of shells ---- */

/* Which positional words does this word stand for? false: it is no such word. */
static bool positional_range(const struct word *word, const struct positional *p, size_t *from, size_t *to)
{
	struct slice s = word->value;

	if (!p->known || word->literal || word->known != 0)
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

/* Does the word hand on those words as they are? Without quotes the shell splits them. */
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

/* "${NAME[@]}": the array of that name, where the text makes it once, for certain. */
static const struct shell_array *array_of(const struct word *word, const struct shell *sh)
{
	const struct shell_array *found = NULL;
	struct slice s = word->value;

	if (word->literal || !slice_skip(&s, SLICE_LIT("${")) || (!slice_ends(s, "[@]}") && !slice_ends(s, "[*]}")))
		return NULL;
	s.len -= sizeof("[@]}") - 1;
	for (size_t i = 0; i < sh->array_count && i < ARRAYS_MAX; i++) {
		if (!slice_eq(sh->arrays[i].name, s))
			continue;
		if (found || !sh->arrays[i].certain)
			return NULL;
		found = &sh->arrays[i];
	}
	return sh->array_count > ARRAYS_MAX ? NULL : found;
}

/* The words of one command, with what stands for others replaced by those. */
struct expansion {
	struct finder *f;
	struct argument *words;
	size_t count, cap;
};

static void put(struct expansion *x, struct argument argument)
{
	x->words = arena_grow(x->f->home->arena, x->words, &x->cap, x->count + 1, sizeof(argument));
	x->words[x->count++] = argument;
}

static bool afford(struct expansion *x, size_t count)
{
	if (count > x->f->budget)
		return false;
	x->f->budget -= count;
	return true;
}

static void expand_word(struct expansion *x, struct word *word, const struct positional *p, const struct shell *sh)
{
	size_t from = 0, to = 0;
	const struct shell_array *array = array_of(word, sh);

	if (array && hands_on_array(word, array) && afford(x, array->count)) {
		for (size_t i = 0; i < array->count; i++)
			put(x, (struct argument){array->words[i], word, false});
	} else if (positional_range(word, p, &from, &to) && hands_on(word, p, from, to) && afford(x, to - from)) {
		bool all = slice_has(word->value, "@") || slice_has(word->value, "*");

		for (; from < to; from++)
			put(x, (struct argument){p->words[from].word, word, all});
	} else {
		put(x, (struct argument){.word = word});
	}
}

static bool moves_positional(const struct shell *sh)
{
	for (size_t i = 0; i < sh->count; i++) {
		struct slice name = sh->commands[i].words[0]->value;
		bool sets = slice_is(name, "set") && sh->commands[i].count > 1;
		struct slice first = sets ? sh->commands[i].words[1]->value : (struct slice){"", 0};

		if (slice_is(name, "shift") || (sets && !slice_starts(first, "-") && !slice_starts(first, "+")) ||
		    (sets && slice_is(first, "--")))
			return true;
	}
	return false;
}

/* "$NAME" or "${NAME}" and nothing else: its name. */
static struct slice variable_name(const struct word *word)
{
	struct slice s = word->value;

	if (word->literal || !slice_skip(&s, SLICE_LIT("$")))
		return (struct slice){NULL, 0};
	if (slice_skip(&s, SLICE_LIT("{"))) {
		if (!slice_ends(s, "}"))
			return (struct slice){NULL, 0};
		s.len--;
	}
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] != '_' && !(s.ptr[i] >= '0' && s.ptr[i] <= '9') && !((s.ptr[i] | 32) >= 'a' && (s.ptr[i] | 32) <= 'z'))
			return (struct slice){NULL, 0};
	return s;
}

/* The one value that the text gives to name; ptr NULL where it gives none, several, or one that is not known. */
static struct slice assigned(const struct carrier *text, struct slice name, bool *seen)
{
	struct slice value = {NULL, 0};

	for (const struct word *w = text->first; w; w = w->next) {
		struct slice s = w->value;

		if (!slice_skip(&s, name) || !slice_skip(&s, SLICE_LIT("=")))
			continue;
		value = *seen || !word_is_known(w) ? (struct slice){NULL, 0} : s;
		*seen = true;
	}
	return value;
}

/* `CMD=/opt/spark/sbin/start-connect-server.sh ... exec $CMD`: which program is it? Where the value holds
 * more than the name, those words are options that cannot be edited: the word stands once more as one. */
static void resolve_program(struct finder *f, struct expansion *x, const struct shell *sh)
{
	size_t i = 0, blank;
	struct word *word;
	struct slice name, value;
	const struct kube_var *var;
	bool seen = false;

	while (i < x->count && (x->words[i].word->assignment || slice_is(x->words[i].word->value, "exec")))
		i++;
	if (i == x->count || f->resolved >= PROGRAMS_MAX)
		return;
	word = x->words[i].word;
	name = variable_name(word);
	if (!name.ptr)
		return;
	f->resolved++;
	value = assigned(sh->carrier, name, &seen);
	var = kube_env_find(&f->home->env, name);
	if (!seen && var)
		value = var->value;
	for (blank = 0; blank < value.len && !strchr(" \t\n", value.ptr[blank]); blank++)
		;
	if (!value.ptr || (blank < value.len && word->quoted))
		return;
	word->resolved = (struct slice){value.ptr, blank};
	if (blank == value.len)
		return;
	put(x, (struct argument){.word = word});
	memmove(x->words + i + 1, x->words + i, (x->count - i - 1) * sizeof(*x->words));
}

static void find_in_text(struct finder *f, struct word *host, struct slice text, struct positional p)
{
	struct arena *a = f->home->arena;
	struct shell sh;
	struct err err = {""};

	if (f->depth == TEXTS_DEEP || shell_parse(a, text, &f->home->env, &sh, &err) < 0) {
		if (names_server(f, text))
			suspect(f, f->depth == TEXTS_DEEP ? "shells nest too deep" : arena_dup(a, slice_of(err.text)));
		return;
	}
	sh.carrier->host = host;
	sh.carrier->in_quotes = host->in && host->in->kind == CARRIER_TEXT && !host->literal;
	for (const struct word *w = sh.carrier->first; w; w = w->next)
		f->words++;
	if (f->words > WORDS_MAX) {
		suspect(f, "the texts hold too many words");
		return;
	}
	f->home->texts = arena_grow(a, f->home->texts, &f->home->text_cap, f->home->text_count + 1, sizeof(struct carrier *));
	f->home->texts[f->home->text_count++] = sh.carrier;
	p.known = !moves_positional(&sh);
	f->depth++;
	for (size_t i = 0; i < sh.count; i++) {
		struct expansion x = {.f = f};

		for (size_t j = 0; j < sh.commands[i].count; j++)
			expand_word(&x, sh.commands[i].words[j], &p, &sh);
		resolve_program(f, &x, &sh);
		find_in_words(f, x.words, x.count, false);
	}
	f->depth--;
	for (size_t i = 0; i < sh.document_count; i++)
		if (names_server(f, sh.documents[i]))
			suspect(f, "it stands in a here-document");
}

/* "$HOME/start.sh --master $X": one string whose bytes are those that the inner shell reads, but for the
 * expansions. */
static bool is_double_quoted(const struct word *word)
{
	struct slice s = word->in && word->in->kind == CARRIER_TEXT && !word->in->in_quotes ? word_source(word) : SLICE_LIT("");

	if (s.len < 2 || s.ptr[0] != '"' || s.ptr[s.len - 1] != '"')
		return false;
	for (size_t i = 1; i < s.len - 1; i++)
		if (strchr("\"\\`", s.ptr[i]))
			return false;
	return !slice_has(s, "$$");
}

static struct slice between_quotes(const struct word *word)
{
	struct slice s = word_source(word);

	return (struct slice){s.ptr + 1, s.len - 2};
}

static void follow_text(struct finder *f, const struct argument *words, size_t count, size_t at)
{
	struct word *host = words[at].word;
	struct positional p = {words + at + 1, count - at - 1, true};

	if (host->in && host->in->kind == CARRIER_ARRAY)
		find_in_text(f, host, host->fresh, p);
	else if (host->literal && !host->escaped)
		find_in_text(f, host, host->value, p);
	else if (is_double_quoted(host))
		find_in_text(f, host, between_quotes(host), p);
	else if (names_server(f, host->value))
		suspect(f, "it stands in a shell text that another shell makes");
}

static void find_in_words(struct finder *f, const struct argument *words, size_t count, bool in_entrypoint)
{
	struct start start;
	size_t at;

	if (count == 0 || program_is_harmless(word_base(words[0].word)))
		return;
	if (program_find(f->policy, words, count, in_entrypoint, &start)) {
		add_line(f, &start, words, count);
		return;
	}
	at = program_inner_text(words, count);
	if (at) {
		follow_text(f, words, count, at);
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (names_server(f, words[i].word->value))
			suspect(f, "no start of Spark could be made out around it");
}

/* Where certain lines were found, the others are somebody else's; else those are all there is. */
static void choose(struct finder *f, struct cmdlines *ret)
{
	bool certain = false;

	for (size_t i = 0; i < f->count; i++)
		certain |= f->lines[i].counts;
	ret->items = ARENA_ARRAY(f->home->arena, f->count + 1, struct cmdline);
	for (size_t i = 0; i < f->count; i++) {
		if (!f->lines[i].counts && (certain || !f->why))
			continue;
		/* the server's class is in one of its expansions, or it is no server's */
		f->lines[i].mixed |= !f->lines[i].counts;
		ret->items[ret->count++] = f->lines[i];
		cmdline_refresh(&ret->items[ret->count - 1]);
	}
	ret->unlocated = ret->count == 0 && f->why;
	ret->why_unlocated = ret->unlocated ? f->why : NULL;
}

int cmdlines_find(const struct policy *policy, struct arena *a, const struct json *container, const char *pointer,
		  struct cmdlines *ret, struct err *err)
{
	const struct json *command = json_get(container, "command");
	struct cmdlines lines = {.arena = a, .container = container, .pointer = pointer};
	struct cmdline_home *home = ARENA_NEW(a, struct cmdline_home);
	struct finder f = {.policy = policy, .home = home, .budget = LIMIT_WORDS};
	struct argument *words;
	size_t count;

	*home = (struct cmdline_home){.arena = a, .pointer = pointer, .name = json_text(json_get(container, "name"), "")};
	home->env = kube_env_of(a, container);
	if (read_array(&f, command, "command", &home->command, err) < 0 ||
	    read_array(&f, json_get(container, "args"), "args", &home->args, err) < 0)
		return -1;
	words = all_words(&f, &count);
	find_in_words(&f, words, count, json_count(command) == 0);
	choose(&f, &lines);
	*ret = lines;
	return 0;
}
