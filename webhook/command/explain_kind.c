#include "command/explain_kind.h"

#include "policy/words.h"

#include <strings.h>

static const struct explain_kind kinds[] = {
	{"Pod", "pods", "", "/api/v1", {"po"}, false},
	{"ConfigMap", "configmaps", "", "/api/v1", {"cm"}, false},
	{"Namespace", "namespaces", "", "/api/v1", {"ns"}, true},
	{"ReplicationController", "replicationcontrollers", "", "/api/v1", {"rc"}, false},
	{"PodTemplate", "podtemplates", "", "/api/v1", {NULL}, false},
	{"Deployment", "deployments", "apps", "/apis/apps/v1", {"deploy"}, false},
	{"StatefulSet", "statefulsets", "apps", "/apis/apps/v1", {"sts"}, false},
	{"ReplicaSet", "replicasets", "apps", "/apis/apps/v1", {"rs"}, false},
	{"DaemonSet", "daemonsets", "apps", "/apis/apps/v1", {"ds"}, false},
	{"Job", "jobs", "batch", "/apis/batch/v1", {NULL}, false},
	{"CronJob", "cronjobs", "batch", "/apis/batch/v1", {"cj"}, false},
};

static bool same(struct slice word, const char *name)
{
	return name && word.len == strlen(name) && strncasecmp(word.ptr, name, word.len) == 0;
}

/* "deployments.apps" and "deployments.v1.apps" name a group too. */
static bool is_kind(struct slice word, const struct explain_kind *k)
{
	struct slice group = word, name = slice_cut(&group, '.');
	const struct slice whole = group;

	(void)slice_skip(&group, SLICE_LIT("v1."));
	if (whole.len > 0 && !slice_is(group, k->group))
		return false;
	return same(name, k->kind) || same(name, k->resource) || same(name, k->shorts[0]) || same(name, k->shorts[1]);
}

static int unknown(struct slice word, struct err *err)
{
	const char *names[COUNT_OF(kinds)];

	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		names[i] = kinds[i].kind;
	const char *near = nearest_word(word, names, COUNT_OF(kinds));
	if (near)
		return err_set(err, "sparkgate does not judge '%.*s'; did you mean '%s'?", SLICE_ARG(word), near);
	return err_set(err, "sparkgate does not judge '%.*s', only pods, their controllers, ConfigMaps and Namespaces", SLICE_ARG(word));
}

int explain_kind_read(const char *word, const struct explain_kind **kind, const char **name, struct err *err)
{
	struct slice rest = slice_of(word), first = slice_cut(&rest, '/');

	if (rest.len == 0 || first.len == 0)
		return err_set(err, "expected KIND/NAME, got '%s'", word);
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!is_kind(first, &kinds[i]))
			continue;
		*kind = &kinds[i];
		*name = rest.ptr;
		return 0;
	}
	return unknown(first, err);
}

const char *explain_kind_path(struct arena *a, const struct explain_kind *kind, const char *namespace, const char *name)
{
	if (kind->cluster_scoped)
		return arena_join(a, kind->prefix, "/", kind->resource, "/", name);
	return arena_join(a, kind->prefix, "/namespaces/", namespace, "/", kind->resource, "/", name);
}
