#include "spark/k8s_master.h"

/* Take "$NAME", "${NAME}" or "$(NAME)" off the front; *name is NAME. */
static bool skip_variable(struct slice *s, struct slice *name)
{
	struct slice rest = *s;
	size_t n = 0;

	if (!slice_skip(&rest, SLICE_LIT("$")))
		return false;
	char close = slice_skip(&rest, SLICE_LIT("{")) ? '}' : slice_skip(&rest, SLICE_LIT("(")) ? ')' : '\0';
	while (n < rest.len && (rest.ptr[n] == '_' || (rest.ptr[n] >= 'A' && rest.ptr[n] <= 'Z') ||
				(rest.ptr[n] >= '0' && rest.ptr[n] <= '9')))
		n++;
	*name = (struct slice){rest.ptr, n};
	rest.ptr += n;
	rest.len -= n;
	if (close && !slice_skip(&rest, (struct slice){&close, 1}))
		return false;
	*s = rest;
	return true;
}

static bool is_digits(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return false;
	return s.len > 0;
}

static bool is_port(struct slice s)
{
	struct slice name;

	return is_digits(s) || (skip_variable(&s, &name) && s.len == 0 && slice_starts(name, "KUBERNETES_SERVICE_PORT"));
}

#define HOST "KUBERNETES_SERVICE_HOST"

static bool some_word_has(const struct json *words, struct slice what)
{
	JSON_EACH(word, words)
		if (slice_find(json_slice(word), what))
			return true;
	return false;
}

bool k8s_host_is_set(const struct json *container, const struct environment *env)
{
	struct slice assignment = SLICE_LIT(HOST "=");

	return environment_find(env, HOST) || some_word_has(json_get(container, "command"), assignment) ||
	       some_word_has(json_get(container, "args"), assignment);
}

bool k8s_master_is_variable(struct slice value)
{
	struct slice name;

	if (!slice_skip(&value, SLICE_LIT("k8s://")))
		return false;
	(void)slice_skip(&value, SLICE_LIT("https://"));
	if (!skip_variable(&value, &name) || !slice_is(name, HOST))
		return false;
	return value.len == 0 || (slice_skip(&value, SLICE_LIT(":")) && is_port(value));
}

bool k8s_master_is_ours(const struct policy *p, struct slice value)
{
	return slice_is(value, p->k8s_master) || texts_has(&p->k8s_master_aliases, value) ||
	       k8s_master_is_variable(value);
}
