#include "kube/config.h"

#include "base/digest.h"
#include "base/file.h"
#include "base/number.h"
#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Certificates of a few dozen clusters. */
#define CONFIG_MAX (4u << 20)
#define FILES_MAX 64
#define ARGS_MAX 256

/* One file of them. */
struct source {
	const struct json *root;
	const char *folder; /* what its relative paths are relative to */
};

struct sources {
	struct source items[FILES_MAX];
	size_t count;
};

struct reading {
	struct arena *arena;
	const char *folder; /* of the source whose element is read */
	struct kube_config *config;
};

/* ---- the named lists: clusters, users, contexts ---- */

/* The element of a list that has that name, of the first source that has one; r->folder is that source's then. What it is the name of may
 * be left out, which is an empty one. */
static const struct json *named(struct reading *r, const struct sources *from, const char *list, const char *name)
{
	for (size_t i = 0; i < from->count; i++)
		JSON_EACH(item, json_get(from->items[i].root, list))
			if (strcmp(json_text(json_get(item, "name"), ""), name) == 0) {
				r->folder = from->items[i].folder;
				return item;
			}
	return NULL;
}

static const char *text_of(const struct json *holder, const char *key)
{
	const char *text = json_text(json_get(holder, key), NULL);

	return text && text[0] ? text : NULL;
}

static const char *path_of(const struct reading *r, const struct json *holder, const char *key)
{
	const char *path = text_of(holder, key);

	if (!path)
		return NULL;
	return path[0] == '/' ? arena_dup(r->arena, slice_of(path)) : arena_printf(r->arena, "%s/%s", r->folder, path);
}

/* The member NAME-data, decoded. */
static int data_of(const struct reading *r, const struct json *holder, const char *key, struct slice *ret,
		   struct err *err)
{
	const char *text = text_of(holder, key);
	struct buf out = buf_in(r->arena);

	if (!text)
		return 0;
	if (base64_decode(&out, slice_of(text)) < 0)
		return err_set(err, "%s is not base64", key);
	*ret = buf_slice(&out);
	return 0;
}

/* `no`, "", [], {} and null say nothing. */
static bool says_nothing(const struct json *v)
{
	switch (json_type(v)) {
	case JSON_NULL:
		return true;
	case JSON_BOOL:
		return !json_bool(v, true);
	case JSON_STRING:
		return json_slice(v).len == 0;
	case JSON_ARRAY:
	case JSON_OBJECT:
		return !json_first(v);
	default:
		return false;
	}
}

/* Refuse what would change the meaning if it were ignored. */
static int refuse(const struct json *holder, const char *const *keys, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++)
		if (!says_nothing(json_get(holder, keys[i])))
			return err_set(err, "'%s' is not supported", keys[i]);
	return 0;
}

/* ---- cluster ---- */

static int read_server(const struct reading *r, const char *server, struct err *err)
{
	if (!server)
		return err_set(err, "has no server");
	if (strncmp(server, "https://", 8) != 0)
		return err_set(err, "server: expected https://host:port, got '%s'", server);
	if (strpbrk(server, " \t\r\n@?#"))
		return err_set(err, "server: '%s' is not a plain URL", server);
	struct slice text = slice_of(server);
	while (text.len > 0 && text.ptr[text.len - 1] == '/')
		text.len--;
	r->config->server = arena_dup(r->arena, text);
	return 0;
}

static int read_cluster(const struct reading *r, const struct json *cluster, struct err *err)
{
	static const char *const unknown[] = {"proxy-url", "tls-server-name"};

	if (json_bool(json_get(cluster, "insecure-skip-tls-verify"), false))
		return err_set(err, "insecure-skip-tls-verify: the API server is always verified; give certificate-authority");
	if (refuse(cluster, unknown, 2, err) < 0 || read_server(r, text_of(cluster, "server"), err) < 0 ||
	    data_of(r, cluster, "certificate-authority-data", &r->config->ca, err) < 0)
		return -1;
	if (r->config->ca.len == 0)
		r->config->ca_file = path_of(r, cluster, "certificate-authority");
	return 0;
}

/* ---- user ---- */

static int read_args(const struct reading *r, const struct json *list, struct kube_exec *exec, struct err *err)
{
	if (json_count(list) > ARGS_MAX)
		return err_set(err, "more than %d args", ARGS_MAX);
	exec->args = ARENA_ARRAY(r->arena, json_count(list) + 1, const char *);
	JSON_EACH(arg, list) {
		const char *text = json_text(arg, NULL);
		if (!text)
			return err_set(err, "args: expected strings");
		exec->args[exec->arg_count++] = arena_dup(r->arena, slice_of(text));
	}
	return 0;
}

static int read_variables(const struct reading *r, const struct json *list, struct kube_exec *exec, struct err *err)
{
	if (json_count(list) > ARGS_MAX)
		return err_set(err, "more than %d env", ARGS_MAX);
	exec->variables = ARENA_ARRAY(r->arena, json_count(list) + 1, struct kube_variable);
	JSON_EACH(item, list) {
		const char *name = text_of(item, "name"), *value = json_text(json_get(item, "value"), "");
		if (!name || strchr(name, '='))
			return err_set(err, "env: expected name and value");
		exec->variables[exec->variable_count++] = (struct kube_variable){
			arena_dup(r->arena, slice_of(name)), arena_dup(r->arena, slice_of(value))};
	}
	return 0;
}

static int read_exec(const struct reading *r, const struct json *v, struct err *err)
{
	const char *command = text_of(v, "command"), *version = text_of(v, "apiVersion");
	struct kube_exec *exec = ARENA_NEW(r->arena, struct kube_exec);

	if (!command)
		return err_set(err, "exec has no command");
	if (!version || (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
			 strcmp(version, "client.authentication.k8s.io/v1beta1") != 0))
		return err_set(err, "exec: apiVersion '%s' is not known: client.authentication.k8s.io/v1 or v1beta1",
			       version ? version : "");
	if (strcmp(json_text(json_get(v, "interactiveMode"), ""), "Always") == 0)
		return err_set(err, "exec: interactiveMode Always needs a terminal");
	exec->command = strchr(command, '/') ? path_of(r, v, "command") : arena_dup(r->arena, slice_of(command));
	exec->api_version = arena_dup(r->arena, slice_of(version));
	exec->cluster_info = json_bool(json_get(v, "provideClusterInfo"), false);
	if (read_args(r, json_get(v, "args"), exec, err) < 0 || read_variables(r, json_get(v, "env"), exec, err) < 0)
		return err_wrap(err, "exec");
	r->config->exec = exec;
	return 0;
}

static int read_certificate(const struct reading *r, const struct json *user, struct err *err)
{
	struct kube_config *c = r->config;

	struct slice key = SLICE_NONE;

	if (data_of(r, user, "client-certificate-data", &c->cert, err) < 0 ||
	    data_of(r, user, "client-key-data", &key, err) < 0)
		return -1;
	if (key.len > 0)
		c->key = secret_of(key);
	if (c->cert.len == 0)
		c->cert_file = path_of(r, user, "client-certificate");
	if (!secret_is_set(c->key))
		c->key_file = path_of(r, user, "client-key");
	if ((c->cert.len > 0 || c->cert_file) != (secret_is_set(c->key) || c->key_file))
		return err_set(err, "client certificate and client key go together");
	return 0;
}

static int read_user(const struct reading *r, const struct json *user, struct err *err)
{
	static const char *const unknown[] = {"auth-provider", "username", "password", "as", "as-uid", "as-groups",
					      "as-user-extra"};
	const char *token = text_of(user, "token");

	if (refuse(user, unknown, COUNT_OF(unknown), err) < 0 || read_certificate(r, user, err) < 0)
		return -1;
	r->config->token_file = path_of(r, user, "tokenFile"); /* wins over token, as in client-go */
	if (token && !r->config->token_file)
		r->config->token = secret_of(arena_copy(r->arena, slice_of(token)));
	const struct json *exec = json_get(user, "exec");
	return exec ? read_exec(r, exec, err) : 0;
}

/* ---- the whole ---- */

static int read_cluster_named(struct reading *r, const struct sources *from, const char *name, struct err *err)
{
	const struct json *item = named(r, from, "clusters", name), *cluster = json_get(item, "cluster");

	if (!item)
		return err_set(err, "there is no cluster '%s'", name);
	return read_cluster(r, cluster, err) < 0 ? err_wrap(err, "cluster '%s'", name) : 0;
}

static int read_user_named(struct reading *r, const struct sources *from, const char *name, struct err *err)
{
	const struct json *item = named(r, from, "users", name), *user = json_get(item, "user");

	if (!item && name[0])
		return err_set(err, "there is no user '%s'", name);
	return read_user(r, user, err) < 0 ? err_wrap(err, "user '%s'", name) : 0;
}

static int read_context(struct reading *r, const struct sources *from, const char *name, struct err *err)
{
	const struct json *item = named(r, from, "contexts", name), *context = json_get(item, "context");

	if (!item)
		return err_set(err, "there is no context '%s'", name);
	if (read_cluster_named(r, from, json_text(json_get(context, "cluster"), ""), err) < 0 ||
	    read_user_named(r, from, json_text(json_get(context, "user"), ""), err) < 0)
		return err_wrap(err, "context '%s'", name);
	const char *namespace = json_text(json_get(context, "namespace"), "");
	r->config->namespace = *namespace ? arena_dup(r->arena, slice_of(namespace)) : NULL;
	r->config->context = arena_dup(r->arena, slice_of(name));
	return 0;
}

static int read_sources(struct arena *a, const struct sources *from, const char *context, struct kube_config *ret, struct err *err)
{
	struct kube_config config = {.server = NULL};
	struct reading r = {.arena = a, .config = &config};

	for (size_t i = 0; !context && i < from->count; i++)
		context = text_of(from->items[i].root, "current-context");
	if (!context)
		return err_set(err, "there is no current-context: give --context");
	if (read_context(&r, from, context, err) < 0)
		return -1;
	*ret = config;
	return 0;
}

/* empty: a file without content, which for kubectl is an empty one of them, may be one. */
static int parse(struct arena *a, struct slice text, const char *folder, bool empty, struct source *ret, struct err *err)
{
	struct yaml_stream stream;

	if (yaml_parse(a, text, YAML_MANIFEST, &stream, err) < 0)
		return -1;
	const struct json *root = stream.count > 0 ? stream.items[0].root : NULL;
	enum json_type type = json_type(root);
	if (stream.count > 1 || !(type == JSON_OBJECT || (empty && type == JSON_NULL)) ||
	    strcmp(json_text(json_get(root, "kind"), "Config"), "Config") != 0)
		return err_set(err, "expected one kubeconfig (kind: Config)");
	*ret = (struct source){root, folder};
	return 0;
}

static int read_file(struct arena *a, const char *path, bool empty, struct source *ret, struct err *err)
{
	const char *slash = strrchr(path, '/');
	struct slice folder = slash ? (struct slice){path, (size_t)(slash - path)} : SLICE_LIT(".");
	struct slice text;

	if (file_read(a, path, CONFIG_MAX, &text, err) < 0)
		return -1;
	return parse(a, text, slash == path ? "/" : arena_dup(a, folder), empty, ret, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

int kube_config_parse(struct arena *a, struct slice text, const char *folder, const char *context,
		      struct kube_config *ret, struct err *err)
{
	struct sources one = {.count = 1};

	if (parse(a, text, arena_dup(a, slice_of(folder)), false, &one.items[0], err) < 0)
		return -1;
	return read_sources(a, &one, context, ret, err);
}

int kube_config_read(struct arena *a, const char *path, const char *context, struct kube_config *ret, struct err *err)
{
	struct sources one = {.count = 1};

	if (read_file(a, path, false, &one.items[0], err) < 0)
		return -1;
	return read_sources(a, &one, context, ret, err) < 0 ? err_wrap(err, "%s", path) : 0;
}

int kube_config_read_list(struct arena *a, const char *list, const char *context, struct kube_config *ret, struct err *err)
{
	struct slice rest = slice_of(list);
	struct sources found = {.count = 0};

	while (rest.len > 0) {
		const char *path = arena_dup(a, slice_cut(&rest, ':'));
		if (!*path || (access(path, F_OK) < 0 && errno == ENOENT))
			continue;
		if (found.count == FILES_MAX)
			return err_set(err, "more than %d files", FILES_MAX);
		if (read_file(a, path, true, &found.items[found.count++], err) < 0)
			return -1;
	}
	if (found.count == 0)
		return err_set(err, "cannot read '%s': No such file or directory", list);
	return read_sources(a, &found, context, ret, err) < 0 ? err_wrap(err, "%s", list) : 0;
}

int kube_config_in_cluster(struct arena *a, const char *folder, struct kube_config *ret, struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *port = getenv("KUBERNETES_SERVICE_PORT");
	int64_t number;

	if (!host || !host[0] || !port || number_parse(slice_of(port), 65535, &number) < 0 ||
	    strpbrk(host, " \t\r\n@?#/"))
		return err_set(err, "not in a pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
	bool bracket = strchr(host, ':') && host[0] != '[';
	*ret = (struct kube_config){
		.server = arena_printf(a, bracket ? "https://[%s]:%d" : "https://%s:%d", host, (int)number),
		.context = "in-cluster",
		.ca_file = arena_printf(a, "%s/ca.crt", folder),
		.token_file = arena_printf(a, "%s/token", folder),
	};
	return 0;
}
