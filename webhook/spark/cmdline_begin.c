/* An invocation of Spark as it is found: its words, options and class. */
#include "spark/cmdline_line.h"

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

	line->cap = before->count + args + after->count + 1;
	line->words = arena_array(a, line->cap, sizeof(*line->words));
	line->lead = before->count;
	line->trail = after->count;
	for (size_t i = 0; i < before->count; i++)
		line->words[line->count++].word = fixed_word(a, before->items[i]);
	for (size_t i = 0; i < args; i++)
		line->words[line->count++] = words[start->head + 1 + i];
	for (size_t i = 0; i < after->count; i++)
		line->words[line->count++].word = fixed_word(a, after->items[i]);
}

static enum class_state class_of(const struct cmdline *line)
{
	const struct option *class = options_last(&line->options, SLICE_LIT("--class"));
	const struct word *holder;

	if (line->mixing == MIXED_ALWAYS && (line->program != PROGRAM_SPARK_SUBMIT || !class))
		return CLASS_CONNECT_SERVER;
	if (!class)
		return CLASS_ABSENT;
	holder = line->words[class->holder].word;
	if (!word_is_known(holder))
		return CLASS_UNKNOWN;
	return class_is_connect_server(class->value) || class_is_called_server(class->value) ? CLASS_CONNECT_SERVER : CLASS_OTHER;
}

/* A driver with the Connect plug-in serves clients as the server itself does. */
static bool has_plugin(const struct cmdline *line)
{
	for (size_t i = 0; i < line->options.count; i++) {
		const struct option *o = &line->options.items[i];

		if (o->kind == OPTION_CONF && slice_is(o->key, "spark.plugins") && slice_has(o->value, "SparkConnectPlugin"))
			return true;
	}
	return false;
}

/* Not certain where an expansion before that option may take it for a value. */
bool line_starts_nothing(const struct cmdline *line)
{
	static const char *const names[] = {"--kill", "--status", "--version", "--help"};

	for (size_t i = 0; i < line->options.count && line->options.items[i].kind != OPTION_OPAQUE; i++)
		if (!line->options.items[i].key.ptr && SLICE_IS_ONE_OF(line->options.items[i].name, names))
			return true;
	return false;
}

/* `CMD=(start.sh "$@"); "${CMD[@]}"`: elements may be added behind this one. Needed only where others of them may be options. */
static bool is_in_array(const struct argument *head)
{
	return head->via && head->via->in == head->word->in && head->via->quoted;
}

struct cmdline line_begin(struct cmdline_home *home, const struct start *start, const struct argument *words, size_t count)
{
	struct cmdline line = {.home = home, .program = start->program, .mixing = start->mixing};

	line.head = words[start->head];
	line.evaluated = eval_reads(words, start->head);
	fill(&line, start, words, count);
	cmdline_refresh(&line);
	wait_read(&line);
	line.head.all |= is_in_array(&line.head) && line.options.opaque;
	line.class = start->implied		     ? CLASS_CONNECT_SERVER
		     : start->mixing == MIXED_ALWAYS ? CLASS_OTHER
						     : class_of(&line);
	line.counts = line.class == CLASS_CONNECT_SERVER || line.class == CLASS_UNKNOWN || has_plugin(&line);
	return line;
}
