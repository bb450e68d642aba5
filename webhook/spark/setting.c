#include "spark/setting.h"

void settings_add(struct settings *list, struct arena *a, struct setting setting)
{
	list->items = arena_grow(a, list->items, &list->cap, list->count + 1, sizeof(setting));
	setting.mark = slice_mark(setting.key);
	list->items[list->count++] = setting;
}

const struct setting *settings_last(const struct settings *list, enum setting_source source, struct slice key)
{
	uint32_t mark = slice_mark(key);

	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].mark == mark && list->items[i].source == source && slice_eq(list->items[i].key, key))
			return &list->items[i];
	return NULL;
}

/* Does word (lower case) stand at the start of s, whatever the case of s? */
static bool starts_any_case(struct slice s, const char *word)
{
	for (size_t i = 0; word[i]; i++)
		if (i == s.len || (s.ptr[i] | 0x20) != word[i])
			return false;
	return true;
}

static struct slice behind(struct slice s, size_t n)
{
	return (struct slice){s.ptr + n, s.len - n};
}

/* access.?key */
static bool starts_access_key(struct slice s)
{
	if (!starts_any_case(s, "access"))
		return false;
	s = behind(s, strlen("access"));
	return starts_any_case(s, "key") || (s.len > 0 && starts_any_case(behind(s, 1), "key"));
}

/* Does a word of the pattern begin here? */
static bool starts_secret(struct slice s)
{
	switch (s.ptr[0] | 0x20) { /* lower case, if it is a letter */
	case 's':
		return starts_any_case(s, "secret");
	case 'p':
		return starts_any_case(s, "password");
	case 't':
		return starts_any_case(s, "token");
	case 'a':
		return starts_access_key(s);
	default:
		return false;
	}
}

/* spark.redaction.regex (core/internal/config/package.scala, SECRET_REDACTION_PATTERN). */
bool setting_is_secret(struct slice text)
{
	/* Asked at every byte of every value shown, so its first letter comes first. */
	static const bool begins[256] = {['s'] = true, ['S'] = true, ['p'] = true, ['P'] = true,
					 ['t'] = true, ['T'] = true, ['a'] = true, ['A'] = true};

	for (size_t i = 0; i < text.len; i++)
		if (begins[(unsigned char)text.ptr[i]] && starts_secret(behind(text, i)))
			return true;
	return false;
}

/* Spark redacts a pair where either half matches (Utils.redact): think of
 * -Djavax.net.ssl.keyStorePassword=... in spark.driver.extraJavaOptions. */
const char *setting_show(struct arena *a, struct slice key, struct slice value)
{
	return setting_is_secret(key) || setting_is_secret(value) ? "(redacted)" : arena_dup(a, value);
}
