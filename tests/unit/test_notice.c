/* What of a decision is told as an Event, and about what. */
#include "admission/notice.h"
#include "admission/simulate.h"
#include "policy/load.h"
#include "testing.h"

#define OWNER "'ownerReferences':[{'apiVersion':'batch/v1','kind':'Job','name':'nightly','uid':'u','controller':true}]"
#define SET "'ownerReferences':[{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'c-1','uid':'u','controller':true}]"
#define POD(metadata, more) \
	"{'kind':'Pod','metadata':{'name':'p'," metadata "},'spec':{" more "'containers':[{'name':'c','image':'apache/spark:4.1.0'," \
	"'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}]," \
	"'command':['/opt/spark/sbin/start-connect-server.sh','--master','local[*]','--conf','spark.ssl.keyPassword=hunter2']}]}}"

static const struct {
	const char *name, *mode, *object;
	enum endpoint endpoint;
	bool dry_run;
	enum operation operation;
	const char *expected; /* "REASON KIND NAME"; NULL = nothing is told */
	const char *note;     /* a part of it */
} cases[] = {
	{"rewritten", "enforce", POD(OWNER, ""), ENDPOINT_MUTATE, false, OP_CREATE, "SparkgateRewritten Job nightly", "spark.master: local[*] -> k8s://"},
	{"hardened", "enforce", POD(OWNER, ""), ENDPOINT_MUTATE, false, OP_CREATE, "SparkgateRewritten Job nightly", "set for Pod Security"},
	{"refused", "enforce", POD(OWNER, "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_CREATE, "SparkgateRefused Job nightly",
	 "Pod refused (backendMode k8s, enforce): backend.master: "},
	{"warned of", "warn", POD(OWNER, "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_CREATE, "SparkgateWouldRefuse Job nightly",
	 "Pod would be refused in mode enforce (backendMode k8s, warn): pss.hostNamespaces: host namespaces (hostPID=true); pss."},
	{"audit: nobody hears of it", "audit", POD(OWNER, "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_CREATE, NULL, NULL},
	{"warn changes nothing", "warn", POD(OWNER, ""), ENDPOINT_MUTATE, false, OP_CREATE, NULL, NULL},
	{"a dry run, refused", "enforce", POD(OWNER, "'hostPID':true,"), ENDPOINT_VALIDATE, true, OP_CREATE, NULL, NULL},
	{"a dry run, rewritten", "enforce", POD(OWNER, ""), ENDPOINT_MUTATE, true, OP_CREATE, NULL, NULL},
	{"not opted in", NULL, POD(OWNER, "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_CREATE, NULL, NULL},
	{"nobody's pod", "enforce", POD("'labels':{}", "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_CREATE, "SparkgateRefused Pod p", ""},
	{"a pod that is there", "enforce", POD(OWNER ",'uid':'x'", "'hostPID':true,"), ENDPOINT_VALIDATE, false, OP_UPDATE, "SparkgateRefused Pod p", ""},
	{"of a ReplicaSet", "enforce", POD(SET ",'labels':{'pod-template-hash':'1'}", ""), ENDPOINT_MUTATE, false, OP_CREATE, "SparkgateRewritten ReplicaSet c-1", ""},
};

static const struct json *read(struct arena *a, const char *text)
{
	const struct json *ret = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &ret, &err), 0, "%s: %s", text, err.text);
	return ret;
}

Test(notice, what_is_told)
{
	struct policy_options options = {.path_count = 0};
	struct policy *policy;
	struct err err = {""};

	json_setup();
	cr_assert_eq(policy_load(&options, &policy, &err), 0, "%s", err.text);
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct arena a = ARENA_INIT;
		const char *label = cases[i].mode ? arena_join(&a, "'sparkgate.io/mode':'", cases[i].mode, "'") : "";
		struct review r = {.uid = "1", .operation = cases[i].operation, .group = "", .version = "v1", .kind = "Pod", .resource = "pods",
				   .subresource = "", .namespace = "team", .name = "p", .user = "u", .dry_run = cases[i].dry_run,
				   .object = read(&a, cases[i].object)};
		struct facts facts = {.namespace_state = NAMESPACE_KNOWN,
				      .namespace = read(&a, arena_join(&a, "{'metadata':{'name':'team','labels':{", label,
								       "},'annotations':{'sparkgate.io/backendMode':'k8s'}}}"))};
		struct engine_request request = {cases[i].endpoint, &r};
		struct decision d;
		struct notice n = {.reason = "untouched"};

		if (r.operation == OP_UPDATE)
			r.old_object = read(&a, "{'kind':'Pod','spec':{'containers':[{'name':'c','image':'another'}]}}");
		engine_decide(&request, &facts, policy, &a, &d);
		bool told = notice_of(&request, &d, &a, &n);
		cr_expect_eq(told, cases[i].expected != NULL, "%s", cases[i].name);
		if (told && cases[i].expected) {
			cr_expect_str_eq(arena_join(&a, n.reason, " ", n.kind, " ", n.name), cases[i].expected, "%s", cases[i].name);
			cr_expect(slice_has(slice_of(n.note), cases[i].note), "%s: %s", cases[i].name, n.note);
			cr_expect_not(slice_has(slice_of(n.note), "hunter2"), "%s: %s", cases[i].name, n.note);
			cr_expect_not(slice_has(slice_of(n.note), "\"p\""), "%s: %s", cases[i].name, n.note);
			cr_expect_eq(n.template_hash, strcmp(n.kind, "ReplicaSet") == 0, "%s", cases[i].name);
		}
		arena_release(&a);
	}
	policy_unref(policy);
}
