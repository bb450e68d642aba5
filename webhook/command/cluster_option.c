#include "command/cluster_option.h"

#include "kube/identity.h"

#include <stdlib.h>
#include <string.h>
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

static int from(const char *source, int rc, struct err *err)
{
	return rc < 0 ? err_wrap(err, "%s", source) : 0;
}

static int read_in_cluster(struct arena *a, const char *context, struct kube_config *ret, struct err *err)
{
	if (context)
		return err_set(err, "--context needs a kubeconfig: give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config");
	if (!variable("KUBERNETES_SERVICE_HOST"))
		return err_set(err, "which cluster? Give --kubeconfig FILE, set KUBECONFIG, or have ~/.kube/config");
	if (kube_config_in_cluster(a, KUBE_ACCOUNT_DIR, ret, err) < 0)
		return -1;
	struct kube_identity me;
	struct err unknown;
	ret->namespace = kube_identity_read(a, KUBE_ACCOUNT_DIR, &me, &unknown) < 0 ? NULL : me.namespace;
	return 0;
}

int cluster_option_read(struct arena *a, const char *kubeconfig, const char *context, struct kube_config *ret,
			struct err *err)
{
	const char *list = variable("KUBECONFIG"), *home = of_home(a);

	if (kubeconfig)
		return from("--kubeconfig", kube_config_read(a, kubeconfig, context, ret, err), err);
	if (list && strspn(list, ":") < strlen(list))
		return from("KUBECONFIG", kube_config_read_list(a, list, context, ret, err), err);
	if (home)
		return from("~/.kube/config", kube_config_read(a, home, context, ret, err), err);
	return read_in_cluster(a, context, ret, err);
}

const char *cluster_option_namespace(const char *named, const struct kube_config *kube)
{
	const char *of_context = kube ? kube->namespace : NULL;

	return named ? named : of_context ? of_context : "default";
}
