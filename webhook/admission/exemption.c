#include "admission/exemption.h"

/* A word, or a prefix that ends in '*'. */
static bool matches(const char *pattern, struct slice text)
{
	size_t n = strlen(pattern);

	if (n > 0 && pattern[n - 1] == '*')
		return text.len >= n - 1 && memcmp(text.ptr, pattern, n - 1) == 0;
	return slice_is(text, pattern);
}

static bool any_matches(const struct texts *patterns, struct slice text)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (matches(patterns->items[i], text))
			return true;
	return false;
}

static bool any_or_empty(const struct texts *patterns, const char *text)
{
	return patterns->count == 0 || any_matches(patterns, slice_of(text));
}

bool asked_by(const struct texts *users, const struct texts *groups, const struct review *r)
{
	if (any_matches(users, slice_of(r->user)))
		return true;
	JSON_EACH(group, r->groups)
		if (any_matches(groups, slice_of(json_text(group, ""))))
			return true;
	return false;
}

/* Nobody named means anybody. */
static bool is_for(const struct exemption *e, const struct review *r)
{
	return (e->users.count == 0 && e->groups.count == 0) || asked_by(&e->users, &e->groups, r);
}

static bool covers(const struct exemption *e, const struct review *r, int64_t now)
{
	return (e->expires_unix == 0 || now < e->expires_unix) && any_or_empty(&e->namespaces, r->namespace) &&
	       any_or_empty(&e->names, r->name) && is_for(e, r);
}

const struct exemption *exemption_of(const struct policy *p, const struct review *r, int64_t now, const char *rule)
{
	for (size_t i = 0; i < p->exemption_count; i++)
		if (covers(&p->exemptions[i], r, now) && any_matches(&p->exemptions[i].rules, slice_of(rule)))
			return &p->exemptions[i];
	return NULL;
}

void exempt(const struct policy *p, const struct review *r, int64_t now, struct findings *findings)
{
	for (size_t i = 0; i < p->exemption_count; i++) {
		const struct exemption *e = &p->exemptions[i];
		if (!covers(e, r, now))
			continue;
		for (size_t f = 0; f < findings->count; f++)
			if (any_matches(&e->rules, slice_of(findings->items[f].rule)))
				findings->items[f].action = ACTION_AUDIT;
	}
}
