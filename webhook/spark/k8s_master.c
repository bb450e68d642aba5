#include "spark/k8s_master.h"

#include "spark/shell_names.h"

static bool is_port(struct slice s)
{
	struct slice name;

	return slice_digits(s) || (shell_skip_variable(&s, &name) && s.len == 0 && slice_starts(name, "KUBERNETES_SERVICE_PORT"));
}

#define SERVICE "KUBERNETES_SERVICE_"
#define HOST SERVICE "HOST"
#define PORT SERVICE "PORT"

/* Does text name one of the variables without using it: NAME=x, read NAME, printf -v NAME, export NAME? */
static bool names_one(struct slice text)
{
	struct shell_names names = {.rest = text};
	struct shell_name name;

	while (shell_names_next(&names, &name))
		if ((slice_has(name.text, HOST) || slice_has(name.text, PORT)) && !shell_name_is_used(&name))
			return true;
	return false;
}

/* What sets variables may set these, by a name that nobody sees: `export $X`, `n=SERVICE; export KUBERNETES_${n}_HOST=x`. */
static bool some_word_may_set(const struct json *words)
{
	JSON_EACH(word, words)
		if (names_one(json_slice(word)) || shell_may_set(json_slice(word)))
			return true;
	return false;
}

/* Values may be handed to a shell, to env or the like: `env $X server`. */
static bool some_value_names_one(const struct environment *env)
{
	for (size_t i = 0; i < env->count; i++)
		if (slice_find(env->items[i].value, SLICE_LIT(SERVICE)) && names_one(env->items[i].value))
			return true;
	return false;
}

bool k8s_host_is_set(const struct json *container, const struct environment *env)
{
	return env->unseen || environment_find(env, HOST) || environment_find(env, PORT) || environment_find(env, PORT "_HTTPS") ||
	       some_value_names_one(env) || some_word_may_set(json_get(container, "command")) || some_word_may_set(json_get(container, "args"));
}

bool k8s_master_is_variable(struct slice value)
{
	struct slice name;

	if (!slice_skip(&value, SLICE_LIT("k8s://")))
		return false;
	(void)slice_skip(&value, SLICE_LIT("https://"));
	if (!shell_skip_variable(&value, &name) || !slice_is(name, HOST))
		return false;
	return value.len == 0 || (slice_skip(&value, SLICE_LIT(":")) && is_port(value));
}

bool k8s_master_is_ours(const struct policy *p, struct slice value, bool host_is_set)
{
	return slice_is(value, p->k8s_master) || texts_has(&p->k8s_master_aliases, value) ||
	       (k8s_master_is_variable(value) && !host_is_set);
}
