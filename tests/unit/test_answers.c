/*
 * What waits for an API server and forgives some of its answers: lists, the steps of a switch. Where they succeed in the end, err is
 * untouched. The answers stand in tables: the functions of kube/wait.c are here, so that the library's are not linked.
 */
#include "kube/list.h"
#include "kube/status.h"
#include "policy_testing.h"
#include "switch/steps.h"

#define TOLD 10

struct told {
	const char *request; /* "METHOD beginning of the path", or a part of it; NULL ends a row */
	int status;
	const char *body; /* '@' = what was sent last; '`' = a quote within a text */
	bool large;       /* more than is taken */
};

static struct {
	const struct told *next;
	struct slice sent;
	const char *record_digest;
} script;

static const char *const verbs[] = {[KUBE_GET] = "GET", [KUBE_POST] = "POST", [KUBE_PUT] = "PUT", [KUBE_PATCH] = "PATCH", [KUBE_DELETE] = "DELETE"};

static int tell(struct arena *a, enum kube_method method, const char *path, struct slice send, int *status, struct slice *ret, struct err *err)
{
	const struct told *now = script.next++;

	cr_assert(now->request, "one too many: %s %s", verbs[method], path);
	cr_assert(slice_starts(slice_of(arena_join(a, verbs[method], " ", path)), now->request), "%s %s, not %s", verbs[method], path, now->request);
	if (send.len > 0)
		script.sent = send;
	struct slice body = *now->body == '@' ? script.sent : quoted(a, now->body);
	for (const char *quote; (quote = strchr(body.ptr, '`'));)
		body = slice_of(arena_printf(a, "%.*s\\\"%s", (int)(quote - body.ptr), body.ptr, quote + 1));
	const char *digest = strstr(body.ptr, "DIGEST");
	if (digest)
		body = slice_of(arena_printf(a, "%.*s%s%s", (int)(digest - body.ptr), body.ptr, script.record_digest, digest + 6));
	*status = now->status;
	if (ret)
		*ret = now->large ? (struct slice){"", 0} : body;
	if (now->large)
		return err_set(err, "the answer is larger than we take");
	return now->status == 200 ? 0 : kube_status_error(now->status, body, err);
}

int kube_get_up_to(struct kube_client *client, struct arena *a, const char *path, size_t max, int *status, struct slice *ret, struct err *err)
{
	(void)client;
	(void)max;
	return tell(a, KUBE_GET, path, (struct slice){NULL, 0}, status, ret, err);
}

int kube_get(struct kube_client *client, struct arena *a, const char *path, int *status, struct slice *ret, struct err *err)
{
	return kube_get_up_to(client, a, path, 0, status, ret, err);
}

int kube_once_told(struct kube_client *client, struct arena *a, enum kube_method method, const char *path, struct slice send, int *status,
		   struct slice *ret, int64_t *retry_after, struct err *err)
{
	(void)client;
	*retry_after = 0;
	return tell(a, method, path, send, status, ret, err);
}

int kube_once(struct kube_client *client, struct arena *a, enum kube_method method, const char *path, struct slice send, int *status,
	      struct slice *ret, struct err *err)
{
	int64_t told;

	return kube_once_told(client, a, method, path, send, status, ret, &told, err);
}

/* ---- lists ---- */

#define LIST "{'kind':'PodList','items':[]}"
#define OFFER "{'kind':'Status','message':'too old','metadata':{'continue':'t'}}"
#define LARGE(limit) {"GET /pods?limit=" limit, 200, "", true}
#define EXPIRED {"GET /pods?limit=500", 410, OFFER, false}

static const struct {
	const char *error; /* NULL: there is a page */
	struct told answers[TOLD];
} pages[] = {
	{NULL, {{"GET /pods?limit=500", 200, LIST, false}}},
	{NULL, {LARGE("500"), LARGE("125"), {"GET /pods?limit=31", 200, LIST, false}}},
	{NULL, {EXPIRED, {"GET /pods?limit=500&continue=t", 200, LIST, false}}},
	{"GET /pods: the API server answered 410", {{"GET /pods?limit=500", 410, "{}", false}}},
	{"GET /pods: the API server answered 403: no", {LARGE("500"), {"GET /pods?limit=125", 403, "{'kind':'Status','message':'no'}", false}}},
	{"GET /pods: the answer is larger than we take", {LARGE("500"), LARGE("125"), LARGE("31"), LARGE("7"), LARGE("1")}},
	{"GET /pods: still no page after 8 tries: the API server answered 410: too old",
	 {EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED, EXPIRED}},
};

Test(answers, a_page_that_came_in_the_end_leaves_err_alone)
{
	json_setup();
	for (size_t i = 0; i < COUNT(pages); i++) {
		struct arena arena = ARENA_INIT;
		struct kube_list *list = kube_list_new(NULL, "/pods", 500);
		const struct json *page = NULL;
		struct err err = {""};

		script.next = pages[i].answers;
		cr_expect_eq(kube_list_next(list, &arena, &page, &err), pages[i].error ? -1 : 1, "%zu: %s", i, err.text);
		cr_expect_str_eq(err.text, pages[i].error ? pages[i].error : "");
		cr_expect_null(script.next->request, "%zu: all were asked", i);
		kube_list_free(list);
		arena_release(&arena);
	}
}

/* ---- steps of a switch ---- */

#define NAMESPACE(mode, more) "{'metadata':{'resourceVersion':'1','annotations':{'sparkgate.io/backendMode':'" mode "'" more "}}}"
#define BOUND ",'sparkgate.io/switch':'DIGEST'"
#define CONFIG "{'metadata':{'name':'conf','uid':'u','resourceVersion':'1'},'data':{'a.conf':'spark.x 1'}}"
#define STORED "{'metadata':{'resourceVersion':'2'}}"
#define GET_NAMESPACE "GET /api/v1/namespaces/team"
#define PATCH_NAMESPACE "PATCH /api/v1/namespaces/team"
#define GET_CONFIG "GET /api/v1/namespaces/team/configmaps/conf"
#define RECORDS "/api/v1/namespaces/team/configmaps"
#define GET_SERVER "GET /apis/apps/v1/namespaces/team/deployments/connect"

static int get(struct switch_turn *turn, struct err *err)
{
	const struct json *object;

	return switch_turn_get(turn, "/api/v1/namespaces/team", &object, err);
}

static int foresee(struct switch_turn *turn, struct err *err)
{
	bool done;

	return switch_map_foresee(turn, turn->a, turn->record->maps, &done, err);
}

static int restore(struct switch_turn *turn, struct err *err)
{
	bool done;

	return switch_map_restore(turn, turn->a, turn->record->maps, &done, err);
}

/* One controller, and nothing else. */
static int restart(struct switch_turn *turn, struct err *err)
{
	turn->record->map_count = 0;
	return switch_turn_apply(turn, err);
}

#define SERVER(more) \
	"{'kind':'Deployment','metadata':{'uid':'u','generation':1},'spec':{'replicas':0,'template':{'metadata':{" more "}}}," \
	"'status':{'observedGeneration':1}}"
#define RESTARTED "'annotations':{'kubectl.kubernetes.io/restartedAt':'s'}"
#define POST_POD "POST /api/v1/namespaces/team/pods?dryRun=All"
#define NO(message) "{'kind':'Status','message':'" message "'}"
#define RIGHTS "pods is forbidden: User `u` cannot create resource `pods` in API group `` in the namespace `team`"

static const struct {
	const char *name;
	int (*step)(struct switch_turn *turn, struct err *err);
	const char *error; /* NULL: it succeeds */
	struct told answers[TOLD];
} steps[] = {
	{"a server that is busy once", get, NULL, {{GET_NAMESPACE, 503, "{}", false}, {GET_NAMESPACE, 200, "{}", false}}},
	{"what is not there", get, "the API server answered 404", {{GET_NAMESPACE, 404, "{}", false}}},
	{"a record whose answer was lost", switch_record_store, NULL,
	 {{"POST " RECORDS, 409, "{}", false}, {"GET " RECORDS "/sparkgate-switch", 200, "@", false}}},
	{"a record of another", switch_record_store, "the record of the switch, ConfigMap sparkgate-switch: the API server answered 409",
	 {{"POST " RECORDS, 409, "{}", false}, {"GET " RECORDS "/sparkgate-switch", 404, "{}", false}}},
	{"a record that went before", switch_record_delete, NULL, {{"DELETE " RECORDS "/sparkgate-switch", 404, "{}", false}}},
	{"a record that was taken over", switch_record_delete, "another process has taken this switch over, this one stops: the API server answered 409",
	 {{"DELETE " RECORDS "/sparkgate-switch", 409, "{}", false}}},
	{"a ConfigMap that has gone", restore, NULL, {{GET_CONFIG, 404, "{}", false}}},
	{"a ConfigMap that may not be read", restore, "ConfigMap conf: the API server answered 400", {{GET_CONFIG, 400, "{}", false}}},
	{"a ConfigMap that lost against another write", foresee, NULL,
	 {{GET_CONFIG, 200, CONFIG, false}, {"PATCH " RECORDS "/conf?dryRun=All", 409, "{}", false}}},
	{"a ConfigMap that is refused", foresee, "ConfigMap conf: the API server answered 400",
	 {{GET_CONFIG, 200, CONFIG, false}, {"PATCH " RECORDS "/conf?dryRun=All", 400, "{}", false}}},
	{"a Namespace that others write", switch_turn_end, NULL,
	 {{GET_NAMESPACE, 200, NAMESPACE("standalone", BOUND), false}, {PATCH_NAMESPACE, 409, "{}", false},
	  {GET_NAMESPACE, 200, NAMESPACE("standalone", BOUND), false}, {PATCH_NAMESPACE, 200, "{}", false},
	  {"DELETE " RECORDS "/sparkgate-switch", 200, "{}", false}}},
	{"a policy whose refusal reads like one of rights is waited for", restart, NULL,
	 {{GET_NAMESPACE, 200, NAMESPACE("k8s", ""), false}, {PATCH_NAMESPACE, 200, "{}", false}, {GET_SERVER, 200, SERVER(""), false},
	  {POST_POD, 403, NO("admission webhook `w` denied the request: a pod cannot use latest"), false}, {GET_SERVER, 200, SERVER(RESTARTED), false},
	  {GET_SERVER, 200, SERVER(RESTARTED), false}}},
	{"a right that lacks is not", restart,
	 "no permission, ClusterRole sparkgate-switch of manifests/rbac-switch.yaml grants it: the API server answered 403: pods is forbidden: "
	 "User \"u\" cannot create resource \"pods\" in API group \"\" in the namespace \"team\"",
	 {{GET_NAMESPACE, 200, NAMESPACE("k8s", ""), false}, {PATCH_NAMESPACE, 200, "{}", false}, {GET_SERVER, 200, SERVER(""), false},
	  {POST_POD, 403, NO(RIGHTS), false}}},
	{"what a policy refuses is told as it is", get, "the API server answered 403: admission webhook \"w\" denied the request: it cannot be",
	 {{GET_NAMESPACE, 403, NO("admission webhook `w` denied the request: it cannot be"), false}}},
	{"a controller that has gone", switch_turn_undo, NULL,
	 {{GET_NAMESPACE, 200, NAMESPACE("k8s", BOUND), false}, {"POST " RECORDS, 200, STORED, false}, {GET_NAMESPACE, 200, NAMESPACE("k8s", BOUND), false},
	  {GET_CONFIG, 404, "{}", false}, {GET_SERVER, 404, "{}", false}, {GET_SERVER, 404, "{}", false},
	  {GET_NAMESPACE, 200, NAMESPACE("k8s", BOUND), false}, {PATCH_NAMESPACE, 200, "{}", false},
	  {"DELETE " RECORDS "/sparkgate-switch", 200, "{}", false}}},
};

static void say(void *closure, const char *text)
{
	(void)closure;
	(void)text;
}

Test(answers, a_step_that_succeeded_in_the_end_leaves_err_alone, .timeout = 60)
{
	struct kube_config config = {.server = "https://a"};

	json_setup();
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct arena arena = ARENA_INIT;
		volatile sig_atomic_t stop = 0;
		struct switch_map map = {.name = "conf", .uid = "u", .data = parsed(&arena, "{'a.conf':'spark.x 1'}")};
		struct switch_restart restart = {"Deployment", "connect", "u", NULL};
		struct switch_record record = {.host = "h", .stamp = "s", .before = {.mode = "k8s"}, .after = {.mode = "standalone"}, .maps = &map,
					       .map_count = 1, .restarts = &restart, .restart_count = 1};
		struct switch_turn turn = {.client = kube_client_new(&config, "test"), .a = &arena, .namespace = "team", .record = &record,
					   .timeout = 60 * CLOCK_SECOND, .deadline = INT64_MAX, .stop = &stop, .say = say};
		struct err err = {""};

		script.record_digest = switch_record_digest(&arena, &record);
		script.next = steps[i].answers;
		cr_expect_eq(steps[i].step(&turn, &err), steps[i].error ? -1 : 0, "%s: %s", steps[i].name, err.text);
		cr_expect_str_eq(err.text, steps[i].error ? steps[i].error : "", "%s: %s", steps[i].name, err.text);
		cr_expect_null(script.next->request, "%s: all were asked", steps[i].name);
		kube_client_free(turn.client);
		arena_release(&arena);
	}
}
