#include "spark/k8s_master.h"

#include "spark/shell_names.h"

#define HOST "KUBERNETES_SERVICE_HOST"

static const char *const ports[] = {"KUBERNETES_SERVICE_PORT", "KUBERNETES_SERVICE_PORT_HTTPS"};

static bool is_port(struct slice s)
{
	struct slice rest = s, name;

	if (!shell_skip_variable(&rest, &name))
		return slice_digits(s);
	for (size_t i = 0; rest.len == 0 && i < COUNT_OF(ports); i++)
		if (slice_is(name, ports[i]))
			return true;
	return false;
}

bool k8s_host_is_set(const struct environment *env)
{
	for (size_t i = 0; i < COUNT_OF(ports); i++)
		if (environment_find(env, slice_of(ports[i])))
			return true;
	return json_count(json_get(env->container, "envFrom")) > 0 || environment_find(env, SLICE_LIT(HOST));
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

bool k8s_master_is_named(const struct policy *p, struct slice value)
{
	return slice_is(value, p->k8s_master) || texts_has(&p->k8s_master_aliases, value);
}

/* Is every variable in it one that the kubelet expands? */
static bool is_kubelets(struct slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] == '$' && !slice_starts((struct slice){value.ptr + i, value.len - i}, "$("))
			return false;
	return true;
}

bool k8s_master_is_put_in(const struct setting *s, bool host_is_set)
{
	return k8s_master_is_variable(s->value) && is_kubelets(s->value) && s->in_array && !host_is_set;
}

bool k8s_master_is_ours(const struct policy *p, const struct setting *s, bool host_is_set)
{
	return k8s_master_is_named(p, s->value) || k8s_master_is_put_in(s, host_is_set);
}
