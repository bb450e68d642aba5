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

#define SERVICE "KUBERNETES_SERVICE_"
#define HOST SERVICE "HOST"
#define PORT SERVICE "PORT"

/* Is the name at at, which stands in text, used: $NAME, ${NAME or $(NAME? */
static bool is_used(struct slice text, const char *at)
{
	size_t before = (size_t)(at - text.ptr);

	if (before > 1 && (at[-1] == '{' || at[-1] == '('))
		return at[-2] == '$';
	return before > 0 && at[-1] == '$';
}

/* Does text name one of the variables without using it: NAME=x, read NAME, printf -v NAME, export NAME? */
static bool names_one(struct slice text)
{
	const char *at;

	while ((at = slice_find(text, SLICE_LIT(SERVICE)))) {
		struct slice behind = {at, (size_t)(text.ptr + text.len - at)};
		bool ours = slice_starts(behind, HOST) || slice_starts(behind, PORT);
		if (ours && !is_used(text, at))
			return true;
		text = (struct slice){at + 1, behind.len - 1};
	}
	return false;
}

static bool some_word_names_one(const struct json *words)
{
	JSON_EACH(word, words)
		if (names_one(json_slice(word)))
			return true;
	return false;
}

bool k8s_host_is_set(const struct json *container, const struct environment *env)
{
	return env->unseen || environment_find(env, HOST) || environment_find(env, PORT) || environment_find(env, PORT "_HTTPS") ||
	       some_word_names_one(json_get(container, "command")) || some_word_names_one(json_get(container, "args"));
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

bool k8s_master_is_ours(const struct policy *p, struct slice value, bool host_is_set)
{
	return slice_is(value, p->k8s_master) || texts_has(&p->k8s_master_aliases, value) ||
	       (k8s_master_is_variable(value) && !host_is_set);
}
