#include "kube/identity.h"

#include "base/file.h"
#include "kube/client.h"

#include <stdlib.h>

#define NAMESPACE_FILE_MAX 4096

/* The variable's value; NULL where it is unset or empty. */
static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

static int read_namespace(struct arena *a, const char *folder, const char **ret, struct err *err)
{
	struct slice text;

	if (file_read(a, arena_join(a, folder, "/namespace"), NAMESPACE_FILE_MAX, &text, err) < 0)
		return err_wrap(err, "our own namespace is not known: set POD_NAMESPACE");
	while (text.len > 0 && (unsigned char)text.ptr[text.len - 1] <= ' ')
		text.len--;
	*ret = arena_dup(a, text);
	return 0;
}

int kube_identity_read(struct arena *a, const char *folder, struct kube_identity *ret, struct err *err)
{
	struct kube_identity me = {
		.namespace = variable("POD_NAMESPACE"), .pod = variable("POD_NAME"), .uid = variable("POD_UID")};

	if (!me.pod)
		me.pod = variable("HOSTNAME");
	if (!me.pod)
		return err_set(err, "our own name is not known: set POD_NAME");
	if (!me.namespace && read_namespace(a, folder, &me.namespace, err) < 0)
		return -1;
	if (!kube_name_ok(me.namespace))
		return err_set(err, "our own namespace: '%s' is not a valid namespace name", me.namespace);
	if (!kube_name_ok(me.pod))
		return err_set(err, "our own name: '%s' is not a valid pod name; set POD_NAME", me.pod);
	*ret = me;
	return 0;
}
