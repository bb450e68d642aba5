#include "spark/cmdline.h"

#include "spark/cmdline_line.h"

struct cmdline *cmdlines_at(const struct cmdlines *lines, size_t index)
{
	return &lines->items[index];
}

enum program cmdline_program(const struct cmdline *line)
{
	return line->program;
}

enum class_state cmdline_class(const struct cmdline *line)
{
	return line->class;
}

struct slice cmdline_properties_file(const struct cmdline *line, bool *literal)
{
	const struct option *o = options_last(&line->options, SLICE_LIT("--properties-file"));

	*literal = !o || word_is_known(line->words[o->holder].word);
	return o ? o->value : SLICE_NONE;
}

bool cmdline_load_defaults(const struct cmdline *line)
{
	return options_last(&line->options, SLICE_LIT("--load-spark-defaults")) != NULL;
}

static const char *key_text(const struct cmdline_home *home, struct word *word, struct slice key)
{
	if (!word->key || !slice_is(key, word->key))
		word->key = arena_dup(home->arena, key);
	return word->key;
}

/* What holds the word, which may be in a text within texts, and the line in it. */
static struct word *element_of(struct word *word, unsigned *line)
{
	for (*line = 0; word->in && word->in->kind == CARRIER_TEXT; word = word->in->host)
		*line = word->line;
	return word;
}

struct place cmdline_place(const struct cmdline *line, struct word *word, struct slice key)
{
	struct cmdline_home *home = line->home;
	struct place place = {.pointer = home->pointer, .container = home->name, .key = key_text(home, word, key)};
	struct word *element = element_of(word, &place.line);

	if (element->in)
		place.pointer = word_pointer(home->arena, element);
	return place;
}

bool cmdline_comes_first(const struct cmdline *line)
{
	const struct word *head = line->head.word;

	return head && head->in == &line->home->command && head->index == 0;
}

/* ---- settings ---- */

static void add_setting(const struct cmdline *line, const struct option *o, struct settings *list)
{
	/* $(POD_IP), which Kubernetes expands when the container starts, is no more a literal than the shell's $POD_IP. */
	struct word *holder = line->words[o->holder].word;
	struct setting s = {.key = o->key, .value = o->value, .literal = o->literal && holder->known == holder->value.len, .globs = holder->many};

	while (s.value.len > 0 && s.value.ptr[s.value.len - 1] == '\r') /* of a text with an editor's line ends; spark-class takes them away */
		s.value.len--;
	s.in_array = holder->in && holder->in->kind == CARRIER_ARRAY && !holder->escaped;
	s.source = o->kind == OPTION_KEY ? SOURCE_OPTION : SOURCE_CONF;
	s.place = (struct place){.pointer = line->home->pointer, .container = line->home->name};
	s.element = element_of(holder, &s.place.line);
	settings_add_like(list, line->home->arena, s.key, &s);
}

void cmdline_settings(const struct cmdline *line, struct settings *list)
{
	for (size_t i = 0; i < line->options.count; i++)
		if (line->options.items[i].key.ptr && line->options.items[i].kind != OPTION_OPAQUE)
			add_setting(line, &line->options.items[i], list);
}

void cmdline_refresh(struct cmdline *line)
{
	if (line->program != PROGRAM_SPARK_CLASS) /* the class itself: no options */
		options_read(&line->options, line->home->arena, line->words, line->count, line->mixing);
}

bool cmdline_uncertain(const struct cmdline *line, struct slice key)
{
	bool dedicated = false, uncertain = false;

	for (size_t i = 0; i < line->options.count; i++) {
		const struct option *o = &line->options.items[i];

		if (o->kind == OPTION_OPAQUE) {
			uncertain = true;
		} else if (o->key.ptr && slice_eq(o->key, key) && !o->swallowed && (o->kind == OPTION_KEY || !dedicated)) {
			/* an option beats --conf; an earlier expansion may still hold the option */
			if (uncertain && (o->kind == OPTION_KEY || !option_for_key(key)))
				uncertain = false;
			uncertain |= !o->literal;
			dedicated |= o->kind == OPTION_KEY;
		}
	}
	return uncertain;
}
