#include "kube/status.h"

int kube_status_code(const struct json *status)
{
	int64_t code;

	return json_int(json_get(status, "code"), &code) == 0 && code > 0 && code < 1000 ? (int)code : 0;
}

/* The words of k8s.io/apiserver, pkg/endpoints/handlers/responsewriters/errors.go: 'pods "p" is forbidden: User "u" cannot create
 * resource "pods" in ...'. A webhook's own text comes behind its name, and may say the same. */
bool kube_status_is_rbac(int http_status, const struct err *why)
{
	const char *forbidden = strstr(why->text, "forbidden: "), *cannot;

	if (http_status != 403 || !forbidden || strstr(why->text, "admission webhook \""))
		return false;
	if (!slice_starts(slice_of(forbidden), "forbidden: User \"") || !(cannot = strstr(forbidden, "\" cannot ")))
		return false;
	return strstr(cannot, " resource \"") || strstr(cannot, " path \"");
}

int kube_status_error(int http_status, struct slice body, struct err *err)
{
	struct arena arena = ARENA_INIT;
	struct err ignored = {""};
	const struct json *root = NULL;
	const char *message = NULL;

	if (body.len > 0 && json_parse(&arena, body, &root, &ignored) == 0 &&
	    strcmp(json_text(json_get(root, "kind"), ""), "Status") == 0)
		message = json_text(json_get(root, "message"), NULL);
	if (message && message[0])
		err_set(err, "the API server answered %d: %s", http_status, message);
	else
		err_set(err, "the API server answered %d", http_status);
	arena_release(&arena);
	return -1;
}
