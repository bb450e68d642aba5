/*
 * From a container to its invocations of Spark: the two arrays, the texts that shells in
 * them run, and the texts that shells in those run.
 */
#include "base/limits.h"
#include "spark/cmdline_expand.h"
#include "spark/cmdline_line.h"
#include "spark/java_options.h"
#include "spark/kept.h"
#include "spark/shell_moves.h"
#include "spark/shell_names.h"

/* sh -c "su spark -c '...'" is 2; nobody needs more. */
#define TEXTS_DEEP 4

/* $(dirname $(dirname $(readlink -f $(command -v start.sh)))) is 4; each level is read once more. */
#define INSIDE_DEEP 16

/* A text in a text is read with both, and INSIDE_DEEP of them only in a small part; beyond this many times somebody counts on it. */
#define READ_AGAIN 8
#define READ_FREELY (64u * 1024)

/* Of all texts; each has at most LIMIT_WORDS. */
#define WORDS_MAX (2 * LIMIT_WORDS)

/* What is found in one container, however many texts it has. */
struct search {
	const struct policy *policy;
	const struct json *container;
	struct mounted_scripts *mounted;
	struct expander expander;
	size_t words;       /* of all texts */
	size_t may_read;    /* bytes of texts: what is in a text is read again, and may be in several */
	const char *beside; /* a server certainly is started where it cannot be followed, so this counts besides those that were found */
};

/* What is found in the arrays and those texts that can be edited; each text that cannot, such as a substitution, has a
 * finder of its own. */
struct finder {
	struct search *all;
	struct cmdline_home *home;
	struct cmdline *lines;
	size_t count, cap;
	unsigned depth;  /* shell texts around what is being read */
	unsigned inside; /* substitutions around it */
	bool strict;     /* what is being read is certainly read by a shell */
	const char *why; /* a server is named somewhere that cannot be followed */
};

static void find_in_words(struct finder *f, const struct argument *words, size_t count, bool in_entrypoint);

static void suspect(struct finder *f, const char *why)
{
	if (!f->why)
		f->why = why;
}

/* A shell starts what we cannot read, or cannot edit. */
static void miss(struct finder *f, const char *why)
{
	suspect(f, why);
	if (f->strict && !f->all->beside)
		f->all->beside = why;
}

static bool names_server(const struct finder *f, struct slice text)
{
	return text_names_server(f->all->policy, text);
}

/* ---- arrays ---- */

/* What was not expanded is where it was, and holds no $$. */
static struct word *read_element(struct finder *f, struct slice raw, size_t index)
{
	struct word *word = arena_alloc_dirty(f->home->arena, sizeof(*word));
	size_t known;
	struct slice value = kube_expand(f->home->arena, f->home->env, raw, &known);

	*word = (struct word){.index = index, .fresh = raw, .value = value, .known = known, .literal = true};
	word->escaped = value.ptr != raw.ptr && slice_has(raw, "$$");
	word->dangles = known < value.len;
	word->tail = word->dangles ? 0 : value.len;
	f->all->may_read += READ_AGAIN * value.len;
	return word;
}

static int read_array(struct finder *f, const struct json *list, const char *field, struct carrier *ret,
		      struct err *err)
{
	size_t index = 0;

	*ret = (struct carrier){.kind = CARRIER_ARRAY};
	if (json_count(list) > LIMIT_WORDS)
		return err_set(err, "%s has more than %u elements", field, LIMIT_WORDS);
	JSON_EACH(item, list) {
		struct slice raw = json_slice(item);

		word_append(ret, read_element(f, raw.ptr ? raw : SLICE_LIT(""), index++));
	}
	return 0;
}

/* For the places of edits and findings. */
static void name_arrays(struct cmdline_home *home)
{
	home->command.pointer = arena_join(home->arena, home->pointer, "/command");
	home->args.pointer = arena_join(home->arena, home->pointer, "/args");
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

/* As SparkSubmit will read it. Asked once: a word may stand in as many commands as "$1" does. */
static bool word_names_server(const struct finder *f, struct word *word)
{
	if (word->names == NOT_ASKED)
		word->names = names_server(f, java_without_returns(f->home->arena, word->value)) ? NAMES_SERVER : NAMES_NONE;
	return word->names == NAMES_SERVER;
}

static bool any_names_server(const struct finder *f, const struct argument *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word_names_server(f, words[i].word))
			return true;
	return false;
}

/* The name of a mounted file by which program cannot be trusted. */
static struct slice mounted_for(const struct finder *f, const struct word *program)
{
	return program && f->all->mounted ? mounted_scripts_have(f->all->mounted, f->home->arena, f->all->container, program) : SLICE_NONE;
}

/* An unknown program runs SparkSubmit: behind the application options count if it is spark-class, and do not if it is java. */
static bool is_read_both_ways(const struct start *start, const struct cmdline *line)
{
	if (start->named || line->mixing != MIXED_NEVER)
		return false;
	for (size_t i = line->options.end + 1; i < line->count; i++)
		if (!word_is_known(line->words[i].word) || option_is_known(line->words[i].word->value))
			return true;
	return false;
}

/* Keep the line if it is, or may be, a server's. */
static void add_line(struct finder *f, const struct start *start, const struct argument *words, size_t count)
{
	struct cmdline line = line_begin(f->home, start, words, count);

	if (line_starts_nothing(&line))
		return;
	if (!line.counts && any_names_server(f, words + start->head + 1, count - start->head - 1)) {
		miss(f, "a server is named after the start of another program");
		return;
	}
	if (!line.counts && !(line.class == CLASS_ABSENT && line.options.opaque))
		return;
	if (is_read_both_ways(start, &line)) {
		miss(f, "options behind the application count for spark-class alone, and what runs SparkSubmit is not known");
		return;
	}
	struct slice mounted = mounted_for(f, start->named);
	if (mounted.ptr) {
		miss(f, arena_printf(f->home->arena, "%.*s is a mounted script, which may do anything (mount it elsewhere, or under another "
						     "name)", SLICE_ARG(mounted)));
		return;
	}
	*ARENA_PUSH(f->home->arena, f->lines, &f->cap, f->count) = line;
}

/* ---- texts of shells ---- */

static void find_in_text(struct finder *f, struct word *host, struct slice text, struct positional p);

/* Is a server started in one of the texts, in which no word can be edited? */
static void find_hidden(struct finder *f, const struct slice *texts, size_t count, bool strict, const char *why)
{
	struct word host = {.literal = true};

	for (size_t i = 0; i < count && !f->all->beside; i++) {
		/* wait: no line of it is edited, so nobody has to look for --wait */
		struct cmdline_home home = {.arena = f->home->arena, .pointer = f->home->pointer, .name = f->home->name, .env = f->home->env,
					    .wait = {.known = true}};
		struct finder inner = {.all = f->all, .home = &home, .depth = f->depth, .inside = f->inside + 1, .strict = strict};

		if (!names_server(f, texts[i]))
			continue;
		if (inner.inside > INSIDE_DEEP)
			miss(&inner, "substitutions nest too deep");
		else
			find_in_text(&inner, &host, texts[i], (struct positional){.count = 0});
		for (size_t l = 0; l < inner.count && !f->all->beside; l++)
			f->all->beside = inner.lines[l].counts ? why : NULL;
		if (strict && inner.why)
			suspect(f, inner.why);
	}
}

/* What is read by a program that starts nothing (cat, tee) is not a shell text, though it may become one. */
static void read_document(struct finder *f, const struct shell *sh, const struct shell_document *doc)
{
	static const char why[] = "it is in a here-document, in ((...)) or in [[...]]";
	const struct shell_command *reader = doc->reader < sh->count ? &sh->commands[doc->reader] : NULL;
	struct argument program = {.word = reader ? reader->words[0] : NULL};
	bool harmless = reader && program_is_harmless(&program, 1);

	if (!harmless && doc->body.len > 0)
		carrier_forget_quotes(sh->carrier, (size_t)(doc->body.ptr - sh->carrier->text.ptr),
				      (size_t)(doc->body.ptr + doc->body.len - sh->carrier->text.ptr));
	if (!harmless)
		find_hidden(f, &doc->body, 1, reader && word_has_role(program.word, WORD_ROLE_SHELL), why);
	if (names_server(f, doc->body))
		suspect(f, why);
}

/* A shell that has started a server in the background goes on to this command: may it run for long? tail, sleep and wait are looked
 * for elsewhere (cmdline_wait.c). */
static bool may_stay(const struct argument *words, size_t count)
{
	while (count > 0 && words[0].word->assignment) {
		words++;
		count--;
	}
	return count > 0 && !program_is_harmless(words, count) &&
	       !word_has_role(words[program_behind_wrappers(words, count)].word, WORD_ROLE_START);
}

static void find_in_commands(struct finder *f, const struct shell *sh, const struct positional *p)
{
	struct start start;
	struct kept kept;
	bool added_to = !kept_set_is_all(sh);

	kept_names(f->all->policy, sh, &kept);
	for (size_t i = 0; i < sh->count; i++) {
		size_t count;
		struct argument *words = command_expand(&f->all->expander, sh, &sh->commands[i], p, &count);

		f->home->goes_on |= f->count > 0 && may_stay(words, count);
		if (kept_is_run(&kept, words, count) && !program_find(f->all->policy, words, count, false, &start))
			miss(f, "a variable that names it is run: write the command itself");
		else if (kept_in_positional(&sh->commands[i]) && added_to && any_names_server(f, words, count))
			miss(f, "'set' keeps its command, and more is added to it: write one command");
		else
			find_in_words(f, words, count, false);
	}
}

/* Have these bytes been read too often? */
static bool afford(struct finder *f, struct slice text)
{
	if (text.len > f->all->may_read)
		return false;
	f->all->may_read -= text.len;
	return true;
}

static void find_in_text(struct finder *f, struct word *host, struct slice text, struct positional p)
{
	struct arena *a = f->home->arena;
	struct shell sh;
	struct err err = {""};
	const char *why = f->depth == TEXTS_DEEP ? "shells nest too deep" : !afford(f, text) ? "texts in one another are read too often" : NULL;

	if (!why && shell_parse(a, text, f->home->env, &sh, &err) < 0)
		why = arena_dup(a, slice_of(err.text));
	if (why) {
		if (names_server(f, text))
			miss(f, why);
		return;
	}
	host->is_text = true;
	sh.carrier->host = host;
	sh.carrier->in_quotes = host->in && host->in->kind == CARRIER_TEXT && !host->literal;
	for (const struct word *w = sh.carrier->first; w; w = w->next)
		f->all->words++;
	if (f->all->words > WORDS_MAX) {
		miss(f, "the texts hold too many words");
		return;
	}
	*ARENA_PUSH(a, f->home->texts, &f->home->text_cap, f->home->text_count) = sh.carrier;
	p.known = !shell_moves_positional(&sh);
	if (kept_in_subscript(f->all->policy, &sh))
		miss(f, "it is in the subscript of an array");
	f->depth++;
	find_in_commands(f, &sh, &p);
	f->depth--;
	for (size_t i = 0; i < sh.loop_words.count; i++)
		if (names_server(f, sh.loop_words.items[i]))
			suspect(f, "a loop goes over it");
	find_hidden(f, sh.inner, sh.inner_count, true, "it is started within $( ), backquotes or <( )");
	for (size_t i = 0; i < sh.document_count; i++)
		read_document(f, &sh, &sh.documents[i]);
}

/* "$HOME/start.sh --master $X": one string whose bytes are what the inner shell reads, expansions aside. */
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

static void read_text(struct finder *f, struct word *host, struct positional p)
{
	if (host->in && host->in->kind == CARRIER_TEXT)
		carrier_forget_quotes(host->in, host->start, host->end);
	if (host->in && host->in->kind == CARRIER_ARRAY)
		find_in_text(f, host, host->fresh, p);
	else if (host->literal && !host->escaped)
		find_in_text(f, host, host->value, p);
	else if (is_double_quoted(host))
		find_in_text(f, host, between_quotes(host), p);
	else if (names_server(f, host->value))
		miss(f, "it is in a shell text that another shell makes");
}

static void follow_text(struct finder *f, const struct argument *words, size_t count, size_t at)
{
	struct positional p = {.words = words + at + 1, .count = count - at - 1};

	read_text(f, words[at].word, p);
	if (any_names_server(f, p.words, p.count))
		suspect(f, "a shell's text starts what is given to it");
}

static void find_in_words(struct finder *f, const struct argument *words, size_t count, bool in_entrypoint)
{
	struct start start;
	size_t at;

	if (eval_reads(words, count))
		eval_read(f->home->env, words, count);
	if (count == 0)
		return;
	if (program_is_harmless(words, count)) {
		if (program_hands_on(words, count) && any_names_server(f, words, count))
			suspect(f, "it is kept for another command, or run by one");
		return;
	}
	at = program_shell_option(words, count);
	if (at && names_server(f, words[at].word->value)) {
		find_hidden(f, &words[at].word->value, 1, f->strict, "it is in a text that flock, script or watch hands to a shell");
		suspect(f, "it is in a text that flock, script or watch hands to a shell");
		return;
	}
	if (program_find(f->all->policy, words, count, in_entrypoint, &start)) {
		if (program_adds_words(words, start.head)) {
			miss(f, "xargs or parallel puts words of its own after it");
			return;
		}
		if (program_is_argument(words, start.head)) {
			miss(f, "it is an argument of another program: write the command itself");
			return;
		}
		add_line(f, &start, words, count);
		return;
	}
	at = program_inner_text(words, count);
	if (at && program_adds_words(words, at) && names_server(f, words[at].word->value)) {
		miss(f, "xargs or parallel puts words of its own after it");
		return;
	}
	if (at) {
		follow_text(f, words, count, at);
		return;
	}
	if (!any_names_server(f, words, count))
		return;
	if (program_interprets(words, count))
		miss(f, "it is in a text that is not a shell's");
	else
		suspect(f, "no start of Spark could be made out around it");
}

/* Where certain lines were found, the others belong to other programs; else they are all there is. A hidden one is
 * reported in any case. */
static void choose(struct finder *f, struct cmdlines *ret)
{
	bool certain = false;

	for (size_t i = 0; i < f->count; i++)
		certain |= f->lines[i].counts;
	ret->items = ARENA_ARRAY(f->home->arena, f->count + 1, struct cmdline);
	for (size_t i = 0; i < f->count; i++) {
		if (!f->lines[i].counts && (certain || !f->why))
			continue;
		if (!f->lines[i].counts && f->lines[i].mixing == MIXED_BY_CLASS) {
			/* the server's class is in one of its expansions, or it is not a server */
			f->lines[i].mixing = MIXED_ALWAYS;
			cmdline_refresh(&f->lines[i]);
		}
		ret->items[ret->count++] = f->lines[i];
	}
	ret->suspected = !f->all->beside && ret->count == 0 && f->why;
	ret->why_unlocated = f->all->beside ? f->all->beside : ret->count == 0 ? f->why
									       : NULL;
}

int cmdlines_find(const struct policy *policy, struct arena *a, const struct json *container, const char *pointer,
		  struct mounted_scripts *mounted, struct cmdlines *ret, struct err *err)
{
	const struct json *command = json_get(container, "command");
	struct cmdlines lines = {.arena = a, .container = container, .pointer = pointer};
	struct cmdline_home *home = arena_alloc_dirty(a, sizeof(*home));
	struct search all = {.policy = policy, .container = container, .mounted = mounted, .may_read = READ_FREELY};
	struct finder f = {.all = &all, .home = home, .strict = true};
	struct argument *words;
	size_t count;

	*home = (struct cmdline_home){.arena = a, .pointer = pointer, .name = json_text(json_get(container, "name"), "")};
	home->env = arena_alloc_dirty(a, sizeof(*home->env));
	*home->env = kube_env_of(a, container);
	all.expander = (struct expander){.arena = a, .env = home->env, .home = home, .budget = LIMIT_WORDS};
	if (read_array(&f, command, "command", &home->command, err) < 0 ||
	    read_array(&f, json_get(container, "args"), "args", &home->args, err) < 0)
		return -1;
	words = all_words(&f, &count);
	find_in_words(&f, words, count, json_count(command) == 0);
	choose(&f, &lines);
	if (lines.count > 0)
		name_arrays(home);
	lines.words = count + all.words + (LIMIT_WORDS - all.expander.budget);
	*ret = lines;
	return 0;
}
