/* A switch: how far a restart is, as `kubectl rollout status` has it; whose an object is; the record of one under way. */
#include "switch/record.h"
#include "switch/rollout.h"
#include "policy_testing.h"

/* Cases of k8s.io/kubectl pkg/polymorphichelpers/rollout_status_test.go, in words of our own. */
static const struct {
	const char *name, *object;
	enum switch_rollout state;
	const char *text;
} rollouts[] = {
	{"not seen yet", "{'kind':'Deployment','metadata':{'generation':2},'status':{'observedGeneration':1,'updatedReplicas':1,'replicas':1,'availableReplicas':1}}",
	 ROLLOUT_WAITS, "its controller has not seen the change yet"},
	{"some are new", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':3},'status':{'observedGeneration':1,'updatedReplicas':1,'replicas':3,'availableReplicas':3}}",
	 ROLLOUT_WAITS, "1 of 3 new replicas updated"},
	{"old ones end", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':1},'status':{'observedGeneration':1,'updatedReplicas':1,'replicas':2,'availableReplicas':2}}",
	 ROLLOUT_WAITS, "1 old replicas end"},
	{"not all are available", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':2},'status':{'observedGeneration':1,'updatedReplicas':2,'replicas':2,'availableReplicas':1}}",
	 ROLLOUT_WAITS, "1 of 2 updated replicas available"},
	{"done", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':2},'status':{'observedGeneration':1,'updatedReplicas':2,'replicas':2,'availableReplicas':2}}",
	 ROLLOUT_DONE, ""},
	{"replicas of its default", "{'kind':'Deployment','metadata':{'generation':1},'status':{'observedGeneration':1}}", ROLLOUT_WAITS, "0 of 1 new replicas updated"},
	{"none are wanted", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':0},'status':{'observedGeneration':1}}", ROLLOUT_DONE, ""},
	{"too late", "{'kind':'Deployment','metadata':{'generation':1},'spec':{'replicas':1},'status':{'observedGeneration':1,'conditions':[{'type':'Progressing','reason':'ProgressDeadlineExceeded'}]}}",
	 ROLLOUT_FAILED, "it exceeded its progress deadline"},
	{"a StatefulSet on its way", "{'kind':'StatefulSet','metadata':{'generation':1},'spec':{'replicas':2},'status':{'observedGeneration':1,'readyReplicas':2,'updatedReplicas':1,'updateRevision':'b','currentRevision':'a'}}",
	 ROLLOUT_WAITS, "2 of 2 pods ready, 1 updated"},
	{"a StatefulSet that is there", "{'kind':'StatefulSet','metadata':{'generation':1},'spec':{'replicas':2},'status':{'observedGeneration':1,'readyReplicas':2,'updateRevision':'b','currentRevision':'b'}}",
	 ROLLOUT_DONE, ""},
	{"a DaemonSet on its way", "{'kind':'DaemonSet','metadata':{'generation':1},'status':{'observedGeneration':1,'desiredNumberScheduled':3,'updatedNumberScheduled':3,'numberAvailable':2}}",
	 ROLLOUT_WAITS, "2 of 3 pods available"},
	{"a DaemonSet that is there", "{'kind':'DaemonSet','metadata':{'generation':1},'status':{'observedGeneration':1,'desiredNumberScheduled':3,'updatedNumberScheduled':3,'numberAvailable':3}}",
	 ROLLOUT_DONE, ""},
	{"no status at all", "{'kind':'Deployment','metadata':{'generation':1}}", ROLLOUT_WAITS, "its controller has not seen the change yet"},
};

Test(switch, rollouts_are_as_kubectl_has_them)
{
	for (size_t i = 0; i < COUNT(rollouts); i++) {
		struct arena a = ARENA_INIT;
		const char *text;

		cr_expect_eq(switch_rollout(&a, parsed(&a, rollouts[i].object), &text), rollouts[i].state, "%s: %s", rollouts[i].name, text);
		cr_expect_str_eq(text, rollouts[i].text, "%s", rollouts[i].name);
		arena_release(&a);
	}
}

static const struct {
	const char *metadata, *owner;
} owners[] = {
	{"{}", NULL},
	{"{'labels':{'app.kubernetes.io/instance':'everybody'}}", NULL},
	{"{'annotations':{'argocd.argoproj.io/tracking-id':'shop:apps/Deployment:team/connect'}}", "Argo CD application shop"},
	{"{'labels':{'argocd.argoproj.io/instance':'shop'}}", "Argo CD application shop"},
	{"{'labels':{'kustomize.toolkit.fluxcd.io/name':'apps','kustomize.toolkit.fluxcd.io/namespace':'flux-system'}}", "Flux Kustomization flux-system/apps"},
	{"{'labels':{'helm.toolkit.fluxcd.io/name':'spark','helm.toolkit.fluxcd.io/namespace':'team'}}", "Flux HelmRelease team/spark"},
	{"{'managedFields':[{'manager':'kubectl'},{'manager':'argocd-controller'}]}", "Argo CD"},
	{"{'annotations':{'meta.helm.sh/release-name':'spark'}}", NULL},
	{"{'annotations':{'argocd.argoproj.io/tracking-id':7}}", NULL},
};

Test(switch, whose_an_object_is)
{
	for (size_t i = 0; i < COUNT(owners); i++) {
		struct arena a = ARENA_INIT;
		const char *owner = switch_owner(&a, parsed(&a, owners[i].metadata));

		cr_expect_eq(!owner, !owners[i].owner, "%s", owners[i].metadata);
		if (owner && owners[i].owner)
			cr_expect_str_eq(owner, owners[i].owner);
		arena_release(&a);
	}
}

#define RECORD(restarts, maps) \
	"{\"version\":1,\"undoing\":false,\"host\":\"h\",\"pid\":1,\"renewed\":2,\"stamp\":\"s\",\"before\":{\"mode\":\"k8s\"},\"after\":{\"mode\":\"standalone\"," \
	"\"master\":\"spark://m:7077\"},\"restarts\":[" restarts "],\"configMaps\":[" maps "]}"
#define MAP "{\"name\":\"conf\",\"uid\":\"u\",\"data\":{\"a.conf\":\"spark.x 1\\n\"}}"

static const struct {
	const char *text, *error;
} records[] = {
	{RECORD("{\"kind\":\"Deployment\",\"name\":\"c\",\"uid\":\"u\",\"before\":null}", MAP), NULL},
	{RECORD("", ""), NULL},
	{RECORD("{\"kind\":\"Secret\",\"name\":\"c\",\"uid\":\"u\"}", ""), "'Secret' is not a kind that is restarted"},
	{RECORD("{\"kind\":\"ConfigMap\",\"name\":\"c\",\"uid\":\"u\"}", ""), "'ConfigMap' is not a kind that is restarted"},
	{RECORD("{\"kind\":\"Deployment\",\"name\":\"../../x\",\"uid\":\"u\"}", ""), "'../../x' is not a valid object name"},
	{RECORD("{\"kind\":\"Deployment\",\"name\":\"c\"}", ""), "uid is not a string"},
	{RECORD("", "{\"name\":\"conf\",\"uid\":\"u\",\"data\":{\"a\":1}}"), "data/a is not a string"},
	{RECORD("", "{\"name\":\"conf\",\"uid\":\"u\",\"data\":[]}"), "data is not an object"},
	{"{\"version\":2}", "its version is not 1"},
	{"[]", "its version is not 1"},
	{"", "empty"},
};

static const struct json *holding(struct arena *a, const char *text)
{
	struct json *map = json_new(a, JSON_OBJECT), *data = json_new(a, JSON_OBJECT);

	json_put(a, data, SWITCH_RECORD_KEY, json_new_string(a, slice_of(text)));
	json_put(a, map, "data", data);
	return map;
}

Test(switch, a_record_is_read_strictly)
{
	json_setup();
	for (size_t i = 0; i < COUNT(records); i++) {
		struct arena a = ARENA_INIT;
		struct switch_record r;
		struct err err = {""};
		int rc = switch_record_parse(&a, holding(&a, records[i].text), &r, &err);

		cr_expect_eq(rc, records[i].error ? -1 : 0, "%s: %s", records[i].text, err.text);
		if (records[i].error)
			cr_expect(strstr(err.text, records[i].error), "%s: %s", records[i].text, err.text);
		arena_release(&a);
	}
}

Test(switch, a_record_comes_back_as_it_was_written)
{
	struct arena a = ARENA_INIT;
	struct switch_record r, again;
	const struct json *sent;
	struct err err = {""};

	json_setup();
	cr_assert_eq(switch_record_parse(&a, holding(&a, records[0].text), &r, &err), 0, "%s", err.text);
	struct slice printed = switch_record_print(&a, "team", &r);
	cr_assert_eq(json_parse(&a, printed, &sent, &err), 0, "%s", err.text);
	cr_assert_eq(switch_record_parse(&a, sent, &again, &err), 0, "%s", err.text);
	cr_expect_str_eq(again.after.master, "spark://m:7077");
	cr_expect_str_eq(json_text(json_get(again.maps[0].data, "a.conf"), ""), "spark.x 1\n");
	cr_expect(slice_eq(printed, switch_record_print(&a, "team", &again)));
	arena_release(&a);
}

/* Of a record: which of its members the Namespace's name for it holds to. */
static const struct {
	const char *name, *from, *to;
	bool same;
} changed_records[] = {
	{"undoing", "\"undoing\":false", "\"undoing\":true", true},
	{"holder", "\"host\":\"h\",\"pid\":1,\"renewed\":2", "\"host\":\"i\",\"pid\":7,\"renewed\":9", true},
	{"what admission will write", "\"uid\":\"u\",\"data\"", "\"uid\":\"u\",\"wrote\":\"00\",\"data\"", true},
	{"what it will write on the way back", "\"uid\":\"u\",\"data\"", "\"uid\":\"u\",\"back\":\"00\",\"data\"", true},
	{"stamp", "\"stamp\":\"s\"", "\"stamp\":\"t\"", false},
	{"backend of before", "\"mode\":\"k8s\"", "\"mode\":\"\"", false},
	{"master of before", "\"mode\":\"k8s\"", "\"mode\":\"k8s\",\"master\":\"spark://evil:7077\"", false},
	{"master", "spark://m:7077", "spark://n:7077", false},
	{"text of before", "spark.x 1", "spark.x 2", false},
	{"name of a ConfigMap", "\"name\":\"conf\"", "\"name\":\"cong\"", false},
	{"uid of a ConfigMap", "\"uid\":\"u\",\"data\"", "\"uid\":\"v\",\"data\"", false},
	{"kind of a controller", "Deployment", "DaemonSet", false},
	{"restart of before", "\"before\":null", "\"before\":\"x\"", false},
};

static const char *digest_of(struct arena *a, const char *text)
{
	struct switch_record r;
	struct err err = {""};

	cr_assert_eq(switch_record_parse(a, holding(a, text), &r, &err), 0, "%s: %s", text, err.text);
	return switch_record_digest(a, &r);
}

Test(switch, a_record_is_named_by_what_stays)
{
	struct arena a = ARENA_INIT;
	const char *text = records[0].text;

	json_setup();
	for (size_t i = 0; i < COUNT(changed_records); i++) {
		const char *at = strstr(text, changed_records[i].from);
		cr_assert(at, "%s", changed_records[i].name);
		const char *other = arena_printf(&a, "%.*s%s%s", (int)(at - text), text, changed_records[i].to, at + strlen(changed_records[i].from));
		cr_expect_eq(strcmp(digest_of(&a, text), digest_of(&a, other)) == 0, changed_records[i].same, "%s", changed_records[i].name);
	}
	arena_release(&a);
}

static const struct {
	const char *one, *other;
	bool same;
} texts[] = {
	{"{}", "{'data':{}}", true},
	{"{'data':{'a':'x'}}", "{'data':{'a':'x'},'binaryData':{},'metadata':{'labels':{'a':'b'}}}", true},
	{"{'data':{'a':'x'}}", "{'data':{'a':'y'}}", false},
	{"{'data':{'a':'x'}}", "{'data':{'b':'x'}}", false},
	{"{'data':{'a':'x'}}", "{'binaryData':{'a':'x'}}", false},
	{"{'data':{'a':'x'}}", "{'data':{'a':'x','b':''}}", false},
};

Test(switch, a_text_is_told_from_another)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct arena a = ARENA_INIT;
		const char *one = switch_map_digest(&a, parsed(&a, texts[i].one)), *other = switch_map_digest(&a, parsed(&a, texts[i].other));

		cr_expect_eq(strcmp(one, other) == 0, texts[i].same, "%s %s", texts[i].one, texts[i].other);
		arena_release(&a);
	}
}
