#include "spark/rule_match.h"

#include <strings.h>

#include "policy/words.h"

struct wanted rule_wants(const struct rule *rule)
{
	struct wanted wanted = {slice_of(rule->key), slice_ends(slice_of(rule->key), "*")};

	wanted.text.len -= wanted.prefix;
	return wanted;
}

/* In any letter case, as Spark reads booleans. */
static bool has_text(struct slice value, struct slice text)
{
	for (; value.len >= text.len; value = (struct slice){value.ptr + 1, value.len - 1})
		if (strncasecmp(value.ptr, text.ptr, text.len) == 0)
			return true;
	return false;
}

bool rule_matches(const struct rule *rule, struct slice value)
{
	if (!rule->match)
		return true;
	return strchr(rule->match, '*') ? glob_match(rule->match, setting_trim(value)) : has_text(value, slice_of(rule->match));
}

/* With these a shell makes something else of a word: expansions, commands, braces, file names. */
#define SHELL_MAKES "$`{*?["

/* The part before the first byte that is in stops. */
static struct slice head_of(struct slice s, const char *stops)
{
	size_t n = 0;

	while (n < s.len && !strchr(stops, s.ptr[n]))
		n++;
	return (struct slice){s.ptr, n};
}

/* Where the beginnings differ, nothing inserted after them can make the two equal. */
static bool heads_differ(const struct rule *rule, struct slice value)
{
	struct slice wanted = head_of(slice_of(rule->match ? rule->match : "*"), "*"),
		     known = head_of(setting_trim(value), SHELL_MAKES);
	size_t shorter = wanted.len < known.len ? wanted.len : known.len;
	bool anchored = rule->match && strchr(rule->match, '*');

	return anchored && shorter > 0 && memcmp(wanted.ptr, known.ptr, shorter) != 0;
}

bool rule_may_match(const struct rule *rule, const struct setting *s)
{
	bool made = !s->literal || s->globs || slice_has(s->value, "${") || slice_has(s->value, "$(");

	return rule_matches(rule, s->value) || (made && !heads_differ(rule, s->value));
}

bool rule_is_content(const struct rule *rule, const struct setting *s)
{
	return rule->verb == VERB_DISABLE && rule->value && s->literal && slice_is(setting_trim(s->value), rule->value);
}

const struct rule *rule_broken_by(const struct policy *p, enum backend backend, spark_version version, const struct setting *s)
{
	for (size_t i = 0; i < p->rule_count; i++) {
		const struct rule *rule = &p->rules[i];
		struct wanted wanted = rule_wants(rule);

		if (rule->verb == VERB_DISABLE && rule_applies(rule, backend, version) && key_fits(&wanted, s->key) &&
		    rule_may_match(rule, s) && !rule_is_content(rule, s))
			return rule;
	}
	return NULL;
}

static bool has_key(const struct settings *list, struct slice key, uint32_t mark)
{
	if (!settings_may_have(list, mark))
		return false;
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].mark == mark && slice_eq(list->items[i].key, key))
			return true;
	return false;
}

/* Keys begin alike, so the last byte is compared first. */
static bool has_prefix(const struct settings *list, struct slice prefix)
{
	for (size_t i = 0; i < list->count; i++) {
		struct slice key = list->items[i].key;

		if (key.len >= prefix.len && (prefix.len == 0 || (key.ptr[prefix.len - 1] == prefix.ptr[prefix.len - 1] &&
								  memcmp(key.ptr, prefix.ptr, prefix.len) == 0)))
			return true;
	}
	return false;
}

bool wrong_keys_possible(const struct policy *p, const struct settings *list)
{
	for (size_t i = 0; i < p->wrong_key_count; i++) {
		const struct wrong_key *wrong = &p->wrong_keys[i];
		struct slice fixed = {wrong->key, wrong->fixed};

		if (wrong->mark ? has_key(list, fixed, wrong->mark) : has_prefix(list, fixed))
			return true;
	}
	return false;
}
