#include "command/cluster_option.h"

#include <stdlib.h>
#include <unistd.h>

/* A variable that is set to nothing is not set. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

/* ~/.kube/config where it can be read; NULL where it cannot. */
static const char *of_home(struct arena *a)
{
	const char *home = variable("HOME");
	const char *path = home ? arena_join(a, home, "/.kube/config") : NULL;

	return path && access(path, R_OK) == 0 ? path : NULL;
}

/* Without the empty elements of a list, which client-go passes over, too: "A=$A:more" where A was not set. NULL: there is none. */
static const char *named_file(struct arena *a, const char *list, size_t *count)
{
	struct slice rest = slice_of(list ? list : ""), first = {NULL, 0};

	*count = 0;
	while (rest.len > 0) {
		struct slice part = slice_cut(&rest, ':');
		if (part.len > 0 && (*count)++ == 0)
			first = part;
	}
	return first.ptr ? arena_dup(a, first) : NULL;
}

static int read_named(struct arena *a, const char *source, const char *path, const char *context, struct kube_config *ret,
		      struct err *err)
{
	return kube_config_read(a, path, context, ret, err) < 0 ? err_wrap(err, "%s", source) : 0;
}

static int read_in_cluster(struct arena *a, const char *context, struct kube_config *ret, struct err *err)
{
	if (context)
		return err_set(err, "--context needs a kubeconfig: give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config");
	if (!variable("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "which cluster? Give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config");
	return kube_config_in_cluster(a, KUBE_ACCOUNT_DIR, ret, err);
}

int cluster_option_read(struct arena *a, const char *kubeconfig, const char *context, struct kube_config *ret,
			struct err *err)
{
	size_t count;
	const char *named = named_file(a, getenv("KUBECONFIG"), &count), *home;

	if (kubeconfig)
		return read_named(a, "--kubeconfig", kubeconfig, context, ret, err);
	if (count > 1)
		return err_set(err, "KUBECONFIG names several files, which are not merged: give the one that is meant by --kubeconfig, or make "
				    "one of them (kubectl config view --flatten --minify >FILE)");
	if (named)
		return read_named(a, "KUBECONFIG", named, context, ret, err);
	home = of_home(a);
	if (home)
		return read_named(a, "~/.kube/config", home, context, ret, err);
	return read_in_cluster(a, context, ret, err);
}
