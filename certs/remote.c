#include "certs/remote.h"

#include "base/digest.h"
#include "base/kubernetes.h"
#include "certs/inspect.h"
#include "certs/secret.h"

static const char *secret_path(struct arena *a, const struct remote_secret *secret)
{
	return arena_join(a, "/api/v1/namespaces/", secret->namespace, "/secrets/", secret->name);
}

static int get(struct kube_client *client, struct arena *a, const char *path, const struct json **ret, struct err *err)
{
	struct slice text;
	int status;

	if (kube_get(client, a, path, &status, &text, err) < 0)
		return -1;
	return json_parse(a, text, ret, err);
}

int remote_read(struct kube_client *client, struct arena *a, const struct remote_secret *secret, struct material *ret,
		const char **version, struct err *err)
{
	const struct json *object;

	if (get(client, a, secret_path(a, secret), &object, err) < 0)
		return -1;
	if (secret_read(object, ret, err) != SECRET_GOOD)
		return err_wrap(err, "Secret %s in namespace %s", secret->name, secret->namespace);
	*version = json_text(json_get(json_get(object, "metadata"), "resourceVersion"), "");
	return 0;
}

int remote_write(struct kube_client *client, struct arena *a, const struct remote_secret *secret, const char *version,
		 const struct material *m, struct err *err)
{
	struct slice body;
	int status;

	if (secret_print(a, secret->namespace, secret->name, version, m, &body, err) < 0)
		return -1;
	return kube_once(client, a, KUBE_PUT, secret_path(a, secret), body, &status, NULL, err);
}

int remote_ca(struct arena *a, const struct material *m, struct slice *ret, struct err *err)
{
	return chain_print(a, m->cas, ret, err);
}

/* ---- webhook configurations ---- */

static const struct {
	const char *name, *plural;
} kinds[REMOTE_KINDS] = {
	[REMOTE_MUTATING] = {"MutatingWebhookConfiguration", KUBERNETES_MUTATING},
	[REMOTE_VALIDATING] = {"ValidatingWebhookConfiguration", KUBERNETES_VALIDATING},
};

const char *remote_kind_name(enum remote_kind kind)
{
	return kinds[kind].name;
}

static const char *configuration_path(struct arena *a, enum remote_kind kind, const char *name)
{
	return arena_join(a, KUBERNETES_ADMISSION, kinds[kind].plural, "/", name);
}

int remote_bundle(struct kube_client *client, struct arena *a, enum remote_kind kind, const char *name,
		  struct bundle_view *ret, struct err *err)
{
	const struct json *object;

	if (get(client, a, configuration_path(a, kind, name), &object, err) < 0)
		return -1;
	bundle_read(a, object, ret);
	return 0;
}

int remote_patch(struct kube_client *client, struct arena *a, enum remote_kind kind, const char *name, struct slice ca,
		 bool *changed, struct err *err)
{
	struct bundle_view view;
	struct buf bundle64 = buf_in(a);
	int status;

	if (remote_bundle(client, a, kind, name, &view, err) < 0)
		return -1;
	base64_encode(&bundle64, ca);
	*changed = !bundle_is(&view, buf_slice(&bundle64));
	if (!*changed)
		return 0;
	return kube_once(client, a, KUBE_PATCH, configuration_path(a, kind, name),
			 bundle_patch(a, &view, buf_slice(&bundle64)), &status, NULL, err);
}

/* ---- replicas ---- */

int remote_replicas(struct kube_client *client, struct arena *a, const char *namespace, int64_t now,
		    struct replica **ret, size_t *count, struct err *err)
{
	const struct json *list;

	if (get(client, a, arena_join(a, replica_collection(a, namespace), "?labelSelector=" REPLICA_SELECTOR), &list,
		err) < 0)
		return -1;
	*ret = replicas_read(a, list, now, count);
	return 0;
}
