#include "base/clock.h"
#include "base/digest.h"
#include "base/limits.h"
#include "facts/namespaces.h"
#include "kube/client.h"
#include "kube/config.h"
#include "kube/events.h"
#include "kube/list.h"
#include "kube/status.h"
#include "testing.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- kubeconfig ---- */

#define CLUSTER "clusters: [{name: c, cluster: {server: 'https://10.0.0.1:6443/', certificate-authority-data: Y2E=}}]\n"
#define CONTEXT "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"
#define USER(text) "users: [{name: u, user: " text "}]\n"

static const struct {
	const char *name, *text, *context, *complaint; /* NULL = fine */
} configs[] = {
	{"a token", CLUSTER CONTEXT USER("{token: abc}"), NULL, NULL},
	{"by name", CLUSTER CONTEXT USER("{token: abc}"), "x", NULL},
	{"no such context", CLUSTER CONTEXT USER("{}"), "y", "there is no context 'y'"},
	{"no context at all", CLUSTER USER("{}"), NULL, "no current-context"},
	{"no such user", CLUSTER CONTEXT, NULL, "there is no user 'u'"},
	{"a user without anything", CLUSTER CONTEXT "users: [{name: u}]\n", NULL, NULL},
	{"a cluster without anything", "clusters: [{name: c}]\n" CONTEXT USER("{}"), NULL, "has no server"},
	{"a context without anything", CLUSTER "contexts: [{name: x}]\ncurrent-context: x\n", NULL, "there is no cluster ''"},
	{"no such cluster", CONTEXT USER("{}"), NULL, "there is no cluster 'c'"},
	{"plain http", "clusters: [{name: c, cluster: {server: 'http://10.0.0.1'}}]\n" CONTEXT USER("{}"), NULL, "expected https"},
	{"not verified", "clusters: [{name: c, cluster: {server: 'https://a', insecure-skip-tls-verify: true}}]\n" CONTEXT USER("{}"), NULL, "always verified"},
	{"a user in the URL", "clusters: [{name: c, cluster: {server: 'https://a@b'}}]\n" CONTEXT USER("{}"), NULL, "not a plain URL"},
	{"a proxy", "clusters: [{name: c, cluster: {server: 'https://a', proxy-url: 'http://p'}}]\n" CONTEXT USER("{}"), NULL, "'proxy-url' is not supported"},
	{"bad base64", "clusters: [{name: c, cluster: {server: 'https://a', certificate-authority-data: '*'}}]\n" CONTEXT USER("{}"), NULL, "not base64"},
	{"a password", CLUSTER CONTEXT USER("{username: a, password: b}"), NULL, "'username' is not supported"},
	{"impersonation", CLUSTER CONTEXT USER("{as: root}"), NULL, "'as' is not supported"},
	{"impersonation of nobody", CLUSTER CONTEXT USER("{token: abc, as: '', as-groups: [], as-user-extra: {}}"), NULL, NULL},
	{"impersonation of a group", CLUSTER CONTEXT USER("{as-groups: [a]}"), NULL, "'as-groups' is not supported"},
	{"auth-provider", CLUSTER CONTEXT USER("{auth-provider: {name: oidc}}"), NULL, "'auth-provider' is not supported"},
	{"half a pair", CLUSTER CONTEXT USER("{client-certificate: a}"), NULL, "go together"},
	{"a plugin", CLUSTER CONTEXT USER("{exec: {apiVersion: client.authentication.k8s.io/v1, command: x, args: [a], env: [{name: A, value: b}]}}"), NULL, NULL},
	{"a plugin of old", CLUSTER CONTEXT USER("{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}}"), NULL, "is not known"},
	{"a plugin without command", CLUSTER CONTEXT USER("{exec: {apiVersion: client.authentication.k8s.io/v1}}"), NULL, "no command"},
	{"no kubeconfig", "[1, 2]", NULL, "expected one kubeconfig"},
	{"nothing", "", NULL, "expected one kubeconfig"},
	{"null", "null\n", NULL, "expected one kubeconfig"},
	{"not even YAML", "{", NULL, "line "},
};

Test(kube, reads_kubeconfigs_and_names_what_is_wrong)
{
	json_setup();
	for (size_t i = 0; i < COUNT(configs); i++) {
		struct arena arena = ARENA_INIT;
		struct kube_config config = {.server = NULL};
		struct err err = {""};
		int rc = kube_config_parse(&arena, slice_of(configs[i].text), "/etc/k", configs[i].context, &config, &err);
		cr_expect_eq(rc, configs[i].complaint ? -1 : 0, "%s: %s", configs[i].name, err.text);
		if (configs[i].complaint)
			cr_expect(strstr(err.text, configs[i].complaint), "%s: %s", configs[i].name, err.text);
		else
			cr_expect_str_eq(config.server, "https://10.0.0.1:6443", "%s", configs[i].name);
		arena_release(&arena);
	}
}

Test(kube, paths_are_relative_to_the_kubeconfig)
{
	struct arena arena = ARENA_INIT;
	struct kube_config config;
	struct err err = {""};

	json_setup();
	cr_assert_eq(kube_config_parse(&arena,
				       SLICE_LIT(CLUSTER CONTEXT USER("{token: lost, tokenFile: t, client-certificate: a/c, client-key: /k}")),
				       "/etc/k", NULL, &config, &err), 0, "%s", err.text);
	cr_expect_str_eq(config.token_file, "/etc/k/t");
	cr_expect(!secret_is_set(config.token), "the file wins, as in client-go");
	cr_expect_str_eq(config.cert_file, "/etc/k/a/c");
	cr_expect_str_eq(config.key_file, "/k");
	cr_expect(slice_is(config.ca, "ca"));
	arena_release(&arena);
}

Test(kube, in_a_pod_address_and_account_are_the_kubelets)
{
	struct arena arena = ARENA_INIT;
	struct kube_config config;
	struct err err = {""};

	unsetenv("KUBERNETES_SERVICE_HOST");
	cr_expect_eq(kube_config_in_cluster(&arena, "/sa", &config, &err), -1);
	setenv("KUBERNETES_SERVICE_HOST", "fd00::1", 1);
	setenv("KUBERNETES_SERVICE_PORT", "443", 1);
	cr_assert_eq(kube_config_in_cluster(&arena, "/sa", &config, &err), 0);
	cr_expect_str_eq(config.server, "https://[fd00::1]:443");
	cr_expect_str_eq(config.token_file, "/sa/token");
	setenv("KUBERNETES_SERVICE_PORT", "70000", 1);
	cr_expect_eq(kube_config_in_cluster(&arena, "/sa", &config, &err), -1);
	arena_release(&arena);
}

Test(kube, base64_comes_back)
{
	static const char *const bad[] = {"a", "ab=", "a===", "=abc", "ab=c", "ab!c", "abcde"};
	struct arena arena = ARENA_INIT;

	for (size_t len = 0; len < 20; len++) {
		struct buf text = buf_in(&arena), back = buf_in(&arena);
		struct slice data = {"\x00\xff\x10the quick brown fox", len};
		base64_encode(&text, data);
		cr_expect_eq(base64_decode(&back, buf_slice(&text)), 0);
		cr_expect(slice_eq(buf_slice(&back), data), "%zu", len);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct buf back = buf_in(&arena);
		cr_expect_eq(base64_decode(&back, slice_of(bad[i])), -1, "%s", bad[i]);
	}
	arena_release(&arena);
}

Test(kube, names_that_may_stand_in_a_path)
{
	static const char *const good[] = {"a", "team-a", "kube-root-ca.crt", "0"};
	static const char *const bad[] = {"", "..", "a/b", "a..b", "-a", "a-", "A", "a?b", "a%2f", "\xc3\xa9", "a b"};

	for (size_t i = 0; i < COUNT(good); i++)
		cr_expect(kube_name_ok(good[i]), "%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		cr_expect_not(kube_name_ok(bad[i]), "%s", bad[i]);
}

/* ---- the stream of a watch ---- */

static bool note_event(void *closure, enum kube_event event, const struct json *object)
{
	struct buf *seen = closure;

	buf_printf(seen, "%d:%s ", (int)event, json_text(json_get(json_get(object, "metadata"), "name"), "?"));
	return event != KUBE_ERROR;
}

static const struct {
	const char *text, *seen, *complaint; /* NULL = goes on */
} streams[] = {
	{"{'type':'ADDED','object':{'metadata':{'name':'a'}}}\n", "0:a ", NULL},
	{"{'type':'ADDED','object':{'metadata':{'name':'a'}}}\r\n\n{'type':'DELETED','object':{'metadata':{'name':'b'}}}\n", "0:a 2:b ", NULL},
	{"{'type':'BOOKMARK','object':{}}\n{'type':'MODIFIED','object':{}}\n{'type':'ADD", "3:? 1:? ", NULL},
	{"{'type':'ERROR','object':{}}\n{'type':'ADDED','object':{}}\n", "4:? ", ""},
	{"{'type':'NEWS','object':{}}\n", "", "unknown type 'NEWS'"},
	{"{'type':'ADDED'}\n", "", "without an object"},
	{"{'type':'ADDED','object':{'metadata':\n", "", "event"},
	{"<html>\n", "", "event"},
	{"{'type':'ADDED','object':{},'object':{}}\n", "", "event"},
};

static int feed(struct kube_events *events, struct slice text, size_t step, struct err *err)
{
	for (size_t at = 0; at < text.len; at += step)
		if (kube_events_take(events, (struct slice){text.ptr + at, text.len - at < step ? text.len - at : step}, err) < 0)
			return -1;
	return 0;
}

Test(kube, events_are_the_same_however_they_are_cut)
{
	json_setup();
	for (size_t i = 0; i < COUNT(streams); i++)
		for (size_t step = 1; step < 100; step += 7) {
			struct arena arena = ARENA_INIT;
			struct buf seen = buf_in(&arena);
			struct kube_events events = kube_events_of(note_event, &seen);
			struct err err = {""};
			int rc = feed(&events, quoted(&arena, streams[i].text), step, &err);
			cr_expect_eq(rc, streams[i].complaint ? -1 : 0, "%s: %s", streams[i].text, err.text);
			cr_expect_str_eq(buf_slice(&seen).ptr, streams[i].seen, "%s", streams[i].text);
			if (streams[i].complaint)
				cr_expect(strstr(err.text, streams[i].complaint), "%s: %s", streams[i].text, err.text);
			kube_events_end(&events);
			arena_release(&arena);
		}
}

Test(kube, a_line_without_end_is_bounded)
{
	struct arena arena = ARENA_INIT;
	struct buf seen = buf_in(&arena);
	struct kube_events events = kube_events_of(note_event, &seen);
	struct err err = {""};
	char piece[4096];
	size_t fed = 0;

	memset(piece, ' ', sizeof(piece));
	while (fed < 2 * LIMIT_BODY_BYTES && kube_events_take(&events, (struct slice){piece, sizeof(piece)}, &err) == 0)
		fed += sizeof(piece);
	cr_expect_leq(fed, LIMIT_BODY_BYTES);
	cr_expect(strstr(err.text, "more than"), "%s", err.text);
	kube_events_end(&events);
	arena_release(&arena);
}

Test(kube, memory_does_not_grow_with_events)
{
	struct arena arena = ARENA_INIT;
	struct kube_events events = kube_events_of(note_event, &(struct buf){.arena = &arena});
	struct err err = {""};
	struct slice line = quoted(&arena, "{'type':'ADDED','object':{'metadata':{'name':'a'}}}\n");

	json_setup();
	cr_assert_eq(feed(&events, line, line.len, &err), 0);
	const char *block = (const char *)events.arena.blocks;
	for (int i = 0; i < 1000; i++)
		cr_assert_eq(feed(&events, line, 10, &err), 0);
	cr_expect_eq((const void *)events.arena.blocks, (const void *)block, "one block, for ever");
	cr_expect_leq(events.cap, 4096);
	kube_events_end(&events);
	arena_release(&arena);
}

Test(kube, the_api_servers_own_message)
{
	struct arena arena = ARENA_INIT;
	struct err err = {""};

	json_setup();
	kube_status_error(403, quoted(&arena, "{'kind':'Status','message':'namespaces is forbidden','code':403}"), &err);
	cr_expect_str_eq(err.text, "the API server answered 403: namespaces is forbidden");
	kube_status_error(502, SLICE_LIT("<html>"), &err);
	cr_expect_str_eq(err.text, "the API server answered 502");
	arena_release(&arena);
}

static const struct {
	int status;
	const char *text;
	bool rbac;
} refusals[] = {
	{403, "pods is forbidden: User \"system:serviceaccount:a:b\" cannot create resource \"pods\" in API group \"\" in the namespace \"a\"", true},
	{403, "the API server answered 403: namespaces \"a\" is forbidden: User \"u\" cannot patch resource \"namespaces\" in API group \"\" in the "
	      "namespace \"a\": requires one of [\"container.namespaces.update\"] permission(s).", true},
	{403, "forbidden: User \"u\" cannot get path \"/healthz\"", true},
	{404, "pods is forbidden: User \"u\" cannot create resource \"pods\" in API group \"\" at the cluster scope", false},
	{403, "admission webhook \"w.x.io\" denied the request: a container cannot use latest", false},
	{403, "admission webhook \"w.x.io\" denied the request: pods is forbidden: User \"u\" cannot use resource \"latest\"", false},
	{403, "pods \"p\" is forbidden: exceeded quota: q, requested: pods=1", false},
	{403, "pods \"p\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: forbidden: User \"u\" cannot use resource \"x\"", false},
	{403, "the API server answered 403", false},
};

Test(kube, rights_are_told_from_other_refusals)
{
	for (size_t i = 0; i < COUNT(refusals); i++) {
		struct err err = {""};
		err_set(&err, "%s", refusals[i].text);
		cr_expect_eq(kube_status_is_rbac(refusals[i].status, &err), refusals[i].rbac, "%s", refusals[i].text);
	}
}

/* ---- a server that says nothing ---- */

static int silent_server(struct arena *a, const char **url)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	cr_assert_eq(bind(fd, (struct sockaddr *)&address, size), 0);
	cr_assert_eq(listen(fd, 8), 0);
	cr_assert_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*url = arena_printf(a, "https://127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static void note_end(struct kube_call *call)
{
	*(bool *)call->closure = true;
}

static const struct {
	int64_t deadline, silence; /* ns from now */
	const char *words;
} silences[] = {
	{60 * CLOCK_SECOND, 50 * CLOCK_MS, "fell silent"},
	{50 * CLOCK_MS, 0, "no answer in time"},
	{50 * CLOCK_MS, 60 * CLOCK_SECOND, "no answer in time"},
};

Test(kube, calls_end_at_their_deadline_and_by_silence, .timeout = 30)
{
	struct arena arena = ARENA_INIT;
	struct kube_config config = {.context = "x"};
	int fd = silent_server(&arena, &config.server);
	struct kube_client *client = kube_client_new(&config, "test");

	for (size_t i = 0; i < COUNT(silences); i++) {
		bool ended = false;
		struct kube_call call = {.path = "/", .deadline = clock_mono_ns() + silences[i].deadline,
					 .silence = silences[i].silence, .max = 100, .done = note_end, .closure = &ended};
		kube_client_start(client, &call);
		while (!ended)
			kube_client_poll(client, clock_mono_ns() + CLOCK_SECOND);
		cr_expect(call.failed && call.late, "%zu", i);
		cr_expect(strstr(call.err.text, silences[i].words), "%s", call.err.text);
		kube_call_release(&call);
	}
	struct kube_call left = {.path = "/", .deadline = INT64_MAX, .max = 100, .done = note_end};
	kube_client_start(client, &left);
	kube_client_free(client); /* with a call under way */
	close(fd);
	arena_release(&arena);
}

/* Refused before anything is sent: there is no client here. */
Test(kube, a_list_with_a_path_that_is_too_long)
{
	struct arena arena = ARENA_INIT, pages = ARENA_INIT;
	char name[KUBE_LIST_PATH_MAX + 1];
	struct err err = {""};
	const struct json *page = NULL;

	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	struct kube_list *list = kube_list_new(NULL, arena_join(&arena, "/", name), 500);
	cr_assert_eq(kube_list_next(list, &pages, &page, &err), -1);
	cr_expect(strstr(err.text, "the path has more than 1023 bytes") && slice_starts(slice_of(err.text), "GET /nnn"), "%s", err.text);
	cr_expect_leq(strlen(err.text), 160);
	kube_list_free(list);
	arena_release(&arena);
}

/* ---- the table of Namespaces ---- */

static const struct json *namespace_of(struct arena *a, const char *name, const char *rest)
{
	const struct json *object;
	struct err err = {""};

	json_setup();
	struct slice text = quoted(a, arena_printf(a, "{'metadata':{'name':'%s'%s}}", name, rest));
	cr_assert_eq(json_parse(a, text, &object, &err), 0, "%s", err.text);
	return object;
}

static const char *known(const struct namespaces *table, struct arena *a, const char *name, bool *opted_in)
{
	struct slice text;

	return namespaces_find(table, name, &text, opted_in) ? arena_dup(a, text) : "unknown";
}

Test(kube, of_a_namespace_only_what_is_read_is_kept)
{
	struct arena arena = ARENA_INIT;
	struct namespaces *table = namespaces_new();
	bool opted_in = false;

	namespaces_put(table, namespace_of(&arena, "a", ",'uid':'u','labels':{'sparkgate.io/mode':'enforce','x':'y'},'annotations':"
							"{'sparkgate.io/backendMode':'k8s','note':'long','openshift.io/sa.scc.uid-range':'1/2'}"));
	cr_expect_str_eq(known(table, &arena, "a", &opted_in),
			 "{\"metadata\":{\"name\":\"a\",\"labels\":{\"sparkgate.io/mode\":\"enforce\"},\"annotations\":"
			 "{\"sparkgate.io/backendMode\":\"k8s\",\"openshift.io/sa.scc.uid-range\":\"1/2\"}}}");
	cr_expect(opted_in);
	namespaces_put(table, namespace_of(&arena, "a", ",'annotations':{'sparkgate.io/backendMode':'k8s'}"));
	cr_expect_str_eq(known(table, &arena, "a", &opted_in), "{\"metadata\":{\"name\":\"a\"}}");
	cr_expect_not(opted_in);
	namespaces_remove(table, "a");
	cr_expect_str_eq(known(table, &arena, "a", &opted_in), "unknown");
	namespaces_free(table);
	arena_release(&arena);
}

Test(kube, a_whole_list_ends_what_it_does_not_name)
{
	struct arena arena = ARENA_INIT;
	struct namespaces *table = namespaces_new();
	bool opted_in;

	namespaces_begin(table);
	namespaces_put(table, namespace_of(&arena, "a", ""));
	namespaces_put(table, namespace_of(&arena, "b", ""));
	namespaces_sweep(table);
	namespaces_begin(table);
	namespaces_put(table, namespace_of(&arena, "b", ""));
	cr_expect_str_neq(known(table, &arena, "a", &opted_in), "unknown", "until the list is whole it stays");
	namespaces_sweep(table);
	cr_expect_str_eq(known(table, &arena, "a", &opted_in), "unknown");
	cr_expect_eq(namespaces_count(table), 1);
	namespaces_free(table);
	arena_release(&arena);
}
