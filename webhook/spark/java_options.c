#include "spark/java_options.h"

#include "base/buf.h"

/* In ASCII: what C's isspace() accepts, and for the launcher what Java's Character.isWhitespace() accepts besides. */
static bool is_blank(char c, enum java_reader reader)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (reader == JAVA_LAUNCHER && c >= 0x1c && c <= 0x1f);
}

/* The rest of what Character.isWhitespace() accepts, in UTF-8. */
static bool skip_wide_blank(struct slice *s)
{
	static const char *const blanks[] = {"\xe1\x9a\x80",                                                 /* U+1680 */
					     "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82", "\xe2\x80\x83", /* U+2000 */
					     "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86", "\xe2\x80\x88", /* no U+2007 */
					     "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9", /* U+2028 */
					     "\xe2\x81\x9f", "\xe3\x80\x80"};                                /* U+205F, U+3000 */

	for (size_t i = 0; (unsigned char)*s->ptr >= 0xe1 && i < COUNT_OF(blanks); i++)
		if (slice_skip(s, slice_of(blanks[i])))
			return true;
	return false;
}

/* Take one blank off the front. */
static bool skip_blank(struct slice *s, enum java_reader reader)
{
	if (reader == JAVA_LAUNCHER && skip_wide_blank(s))
		return true;
	if (!is_blank(*s->ptr, reader))
		return false;
	*s = (struct slice){s->ptr + 1, s->len - 1};
	return true;
}

/* spark-class, between the launcher and java, takes carriage returns away. */
static void keep(struct buf *out, char c, enum java_reader reader)
{
	if (c != '\r' || reader != JAVA_LAUNCHER)
		buf_addc(out, c);
}

/* launcher/CommandBuilderUtils.parseOptionString(); hotspot/share/runtime/arguments.cpp parse_options_buffer() and
 * java.base/share/native/libjli/args.c JLI_AddArgsFromEnvVar(), for both of which a backslash is an ordinary character. */
struct slice java_words(struct arena *a, struct slice text, enum java_reader reader)
{
	struct buf out = buf_in(a);
	char quote = '\0';

	while (text.len > 0) {
		char c = *text.ptr;
		bool escapes = c == '\\' && reader == JAVA_LAUNCHER && quote != '\'' && text.len > 1;

		if (!quote && skip_blank(&text, reader)) {
			buf_addc(&out, '\0');
			continue;
		}
		if (escapes)
			keep(&out, text.ptr[1], reader);
		else if (reader != JAVA_SHELL && (quote ? c == quote : (c == '"' || c == '\'')))
			quote = quote ? '\0' : c;
		else
			keep(&out, c, reader);
		text = (struct slice){text.ptr + 1 + escapes, text.len - 1 - escapes};
	}
	return buf_slice(&out);
}

struct slice java_without_returns(struct arena *a, struct slice text)
{
	struct buf out = buf_in(a);

	if (text.len == 0 || !memchr(text.ptr, '\r', text.len))
		return text;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '\r')
			buf_addc(&out, text.ptr[i]);
	return buf_slice(&out);
}

bool java_property(struct slice word, struct slice *key, struct slice *value)
{
	if (!slice_skip(&word, SLICE_LIT("-D")))
		return false;
	*key = slice_cut(&word, '=');
	*value = word;
	return true;
}

/* ---- the class that is run ---- */

/* java.base/share/native/libjli/java.c IsWhiteSpaceOption(), but for those that name what is run. */
static bool takes_value(struct slice word)
{
	static const char *const options[] = {"-cp", "-classpath", "--class-path", "-p", "--module-path", "--upgrade-module-path",
					      "--add-modules", "--limit-modules", "--add-exports", "--add-opens", "--add-reads",
					      "--patch-module", "--enable-native-access", "-d", "--describe-module"};

	return SLICE_IS_ONE_OF(word, options);
}

static bool names_other(struct slice word)
{
	return slice_is(word, "-jar") || slice_is(word, "-m") || slice_is(word, "--module") || slice_starts(word, "--module=") ||
	       slice_is(word, "--source");
}

/* Java 8 knows of no option with a value but -cp: to it the word behind any other is the class. java takes both spellings. */
static bool is_of_spark(struct slice word)
{
	return slice_starts(word, "org.apache.spark.") || slice_starts(word, "org/apache/spark/");
}

/* Behind "$(", "${" or a backquote that a shell reads: the blanks up to its end part no words of ours. */
struct expansion {
	size_t open;
	bool backquoted;
};

static void follow(struct expansion *e, struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];

		e->backquoted ^= c == '`';
		if ((c == '(' || c == '{') && (e->open > 0 || (i > 0 && word.ptr[i - 1] == '$')))
			e->open++;
		else if ((c == ')' || c == '}') && e->open > 0)
			e->open--;
	}
}

/* One word, outside of any expansion; *value: it is an option's. */
static bool is_class(struct slice word, bool *value)
{
	bool taken = *value;

	*value = !taken && takes_value(word);
	if (taken || *value || *word.ptr == '@') /* @file: options, and not seen */
		return false;
	if (*word.ptr == '$' || *word.ptr == '`')
		return slice_has(word, "org.apache.spark.");
	return *word.ptr != '-' || names_other(word);
}

bool java_names_class(struct slice words, enum java_words_of of)
{
	struct expansion around = {0, false};
	bool value = false;

	while (words.len > 0) {
		struct slice word = slice_cut(&words, '\0');
		bool outside = around.open == 0 && !around.backquoted;

		if (word.len == 0)
			continue;
		if (is_of_spark(word) || (of != JAVA_WORDS_FILE && outside && is_class(word, &value)))
			return true;
		if (of == JAVA_WORDS_SHELL)
			follow(&around, word);
	}
	return false;
}

/* ---- in a text of a shell ---- */

/* Does a shell word end there? */
static bool ends_word(char c)
{
	return strchr(" \t\r\n;&|()<>", c);
}

static size_t value_length(struct slice s)
{
	size_t n = 0;

	while (n < s.len && !ends_word(s.ptr[n]))
		n++;
	return n;
}

/* Does a property's name end there, and not just part of a longer one? The shell may supply the "=". */
static bool ends_key(struct slice rest)
{
	return rest.len == 0 || ends_word(*rest.ptr) || strchr("=$`{", *rest.ptr);
}

bool java_property_next(struct slice *text, struct slice key, struct slice *value)
{
	const char *at;

	while ((at = slice_find(*text, key))) {
		bool is_property = at - text->ptr >= 2 && at[-2] == '-' && at[-1] == 'D';
		size_t behind = (size_t)(at - text->ptr) + key.len;

		*text = (struct slice){text->ptr + behind, text->len - behind};
		if (!is_property || !ends_key(*text))
			continue;
		(void)slice_skip(text, SLICE_LIT("="));
		*value = (struct slice){text->ptr, value_length(*text)};
		*text = (struct slice){text->ptr + value->len, text->len - value->len};
		return true;
	}
	return false;
}
