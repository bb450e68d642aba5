/*
 * Carriage returns in a command line: spark-class takes every one away (ARG=${_ARG//$'\r'}) once its launcher has read the
 * options, so that SparkSubmit reads another option, key or value than stands there. Those at the end of a value are an editor's,
 * and change nothing: cmdline_settings() leaves them out.
 */
#include "spark/connect_judging.h"

#include "spark/cmdline_line.h"
#include "spark/java_options.h"

static bool has_return(struct slice s)
{
	return s.len > 0 && memchr(s.ptr, '\r', s.len);
}

/* Not at its end, nor at the end of a line in it. */
static bool has_return_inside(struct slice s)
{
	while (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	if (!has_return(s))
		return false;
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.ptr[i] == '\r' && s.ptr[i + 1] != '\n')
			return true;
	return false;
}

/* Does the word become an option with a value? "--master=x\r" is none for the launcher, whatever stands in it. That "--verbose\r" at the
 * end of a line is none harms nobody. */
static bool becomes_option(struct arena *a, struct slice word)
{
	return has_return(word) && option_takes_value(java_without_returns(a, word));
}

/* Its key, or its value, is another one for Spark. */
static bool reads_otherwise(const struct option *o)
{
	return o->kind != OPTION_OPAQUE && (has_return(o->key) || has_return_inside(o->value));
}

static bool any_returning(struct arena *a, const struct cmdline *line)
{
	for (size_t i = 0; i < line->options.count; i++)
		if (reads_otherwise(&line->options.items[i]))
			return true;
	for (size_t i = 0; i < line->count; i++)
		if (becomes_option(a, line->words[i].word->value))
			return true;
	return false;
}

void return_check(const struct connect_judging *c)
{
	if (c->in->line && any_returning(c->a, c->in->line))
		judging_report(c, "backend.cannotTell",
			       arena_printf(c->a, "cannot tell: a carriage return in an option of container '%s', which Spark's spark-class "
						  "takes away: write it without", c->in->server->name),
			       judging_place(c, NULL));
}
