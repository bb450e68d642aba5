/* What says the role of an object, and what nearly said another: a line a pod. */
#include "policy/role_near.h"

#include "base/buf.h"
#include "layer_testing.h"

static struct arena a;

static const char *near_text(const struct role_near *near)
{
	struct buf b = buf_in(&a);

	for (size_t i = 0; i < near->sign_count; i++) {
		const struct role_sign *s = &near->signs[i];
		buf_printf(&b, "%s at %s\n", s->text, s->pointer);
	}
	for (size_t i = 0; i < near->miss_count; i++) {
		const struct near_miss *m = &near->misses[i];
		buf_printf(&b, "%s %s: %s: %s, not %s\n", role_name(m->role), near_kind_name(m->kind), m->where, m->found ? m->found : "nothing",
			   m->wanted);
	}
	return buf_slice(&b).ptr;
}

static const struct {
	const char *name, *labels, *container, *expected; /* a part of the text; NULL: nothing at all */
} pods[] = {
	{"a label", "'app': 'spark-connect'", "'image': 'x'", "label app=spark-connect at /metadata/labels/app\n"},
	{"two labels", "'app.kubernetes.io/name': 'spark-x', 'app.kubernetes.io/component': 'connect'", "'image': 'x'",
	 "label app.kubernetes.io/name=spark-x at /metadata/labels/app.kubernetes.io~1name\n"
	 "label app.kubernetes.io/component=connect at /metadata/labels/app.kubernetes.io~1component\n"},
	{"a word", "", "'command': ['sh', '-c', 'exec start-connect-server.sh']", "start-connect-server.sh at /spec/containers/0/command/2\n"},
	{"an entrypoint's role", "", "'args': ['connect-server']", "connect-server at /spec/containers/0/args/0\n"},
	{"an entrypoint's role inside a script", "", "'command': ['sh', '-c', 'exec /opt/entrypoint.sh connect-server --conf a=b']",
	 "connect-server at /spec/containers/0/command/2\n"},
	{"an entrypoint's role behind a script", "", "'command': ['/opt/entrypoint.sh'], 'args': ['connect-server']",
	 "connect-server at /spec/containers/0/args/0\n"},
	{"nothing", "", "'command': ['nginx']", NULL},
	{"none, as it says", "'sparkgate.io/role': 'none'", "'command': ['nginx']", NULL},
	{"another value", "'app': 'my-connect'", "'command': ['nginx']", "connect-server labelValue: label app: my-connect, not spark-connect\n"},
	{"another case", "'app': 'Spark-Connect'", "'command': ['nginx']", "connect-server labelValue: label app: Spark-Connect, not spark-connect\n"},
	{"another key", "'name': 'spark-connect'", "'command': ['nginx']", "connect-server labelKey: label name: spark-connect, not app=spark-connect\n"},
	{"a key in another case", "'App': 'spark-connect'", "'command': ['nginx']", "connect-server labelKey: label App: spark-connect, not app=spark-connect\n"},
	{"one of two", "'app.kubernetes.io/name': 'spark-x'", "'command': ['nginx']",
	 "connect-server labelMissing: label app.kubernetes.io/component: nothing, not connect\n"},
	{"a word in another case", "", "'args': ['--class', 'org.apache.spark.sql.connect.service.sparkconnectserver']",
	 "connect-server wordCase: container c, args[1]: sparkconnectserver, not SparkConnectServer\n"},
	{"a word in env alone", "", "'command': ['nginx'], 'env': [{'name': 'CMD', 'value': 'x SparkConnectServer'}]",
	 "connect-server wordEnv: container c, env CMD: SparkConnectServer, not the word in command or args\n"},
	{"an executor's label without the shape", "'spark-role': 'executor'", "'command': ['python']",
	 "executor shape: container c, command: python, not no command: the image's entrypoint starts an executor\n"},
	{"an executor's label with other args", "'spark-role': 'executor'", "'args': ['driver']",
	 "executor shape: container c, args[0]: driver, not executor, or env SPARK_EXECUTOR_ID and SPARK_DRIVER_URL\n"},
	{"an executor's shape without the label", "", "'args': ['executor']", "executor shapeAlone: label spark-role: nothing, not executor\n"},
	{"so does one label", "'app': 'spark-connect', 'sparkgate.io/role': 'none'", "'image': 'nginx'",
	 "connect-server beaten: label app: spark-connect, not sparkgate.io/role=none counts more\n"},
	{"commands beat labels", "'app': 'spark-connect'", "'command': ['start-worker.sh']",
	 "connect-server beaten: label app: spark-connect, not commands count more than labels\n"},
	{"an executor is one", "'spark-role': 'executor'", "'args': ['executor']", "label spark-role=executor at /metadata/labels/spark-role\n"},
};

Test(role_near, pods)
{
	struct policy *p = shipped();

	for (size_t i = 0; i < COUNT(pods); i++) {
		const struct json *object = parsed(&a, arena_printf(&a, "{'metadata':{'labels':{%s}},'spec':{'containers':[{'name':'c',%s}]}}", pods[i].labels,
								    pods[i].container));
		const struct json *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");
		struct role_near near;

		role_near_of_pod(p, &a, metadata, spec, "", role_of_pod(p, &a, metadata, spec).role, &near);
		if (pods[i].expected)
			cr_expect(strstr(near_text(&near), pods[i].expected), "%s: %s", pods[i].name, near_text(&near));
		else
			cr_expect_str_eq(near_text(&near), "", "%s", pods[i].name);
		cr_expect(!near.more, "%s", pods[i].name);
	}
	arena_release(&a);
	policy_unref(p);
}

static const struct {
	const char *name, *object, *expected;
} config_maps[] = {
	{"a label", "'metadata':{'labels':{'app':'spark-connect'}}", "label app=spark-connect at /metadata/labels/app\n"},
	{"a text", "'data':{'a.conf':'spark.connect.grpc.x=1'}", "key a.conf names spark.connect.* at /data/a.conf\n"},
	{"another value", "'metadata':{'labels':{'app':'spark'}}", "connect-config labelValue: label app: spark, not spark-connect\n"},
	{"a comment", "'data':{'spark-defaults.conf':'#spark.connect.x=1'}",
	 "connect-config text: key spark-defaults.conf: spark.connect.*, not a line that sets a server's key: these are others, comments or values\n"},
	{"another program's key", "'data':{'a.conf':'spark.connect.url=x'}",
	 "connect-config text: key a.conf: spark.connect.*, not a line that sets a server's key: these are others, comments or values\n"},
	{"a client's", "'data':{'a.conf':'spark.connect.grpc.x=1\\nspark.remote=sc://x'}",
	 "connect-config text: key a.conf: spark.connect.*, not a server's text: spark.remote or spark.api.mode make this one a client's\n"},
	{"another kind of text", "'data':{'a.yaml':'spark.connect.x: 1'}",
	 "connect-config text: key a.yaml: spark.connect.*, not a properties text: this one is of another kind\n"},
	{"nothing", "'data':{'a':'b'}", ""},
};

Test(role_near, config_maps)
{
	struct policy *p = shipped();

	for (size_t i = 0; i < COUNT(config_maps); i++) {
		const struct json *object = parsed(&a, arena_printf(&a, "{%s}", config_maps[i].object));
		struct role_near near;

		role_near_of_config_map(p, &a, object, role_of_config_map(p, &a, object).role, &near);
		cr_expect_str_eq(near_text(&near), config_maps[i].expected, "%s", config_maps[i].name);
	}
	arena_release(&a);
	policy_unref(p);
}

/* A selector's value may be a pattern; what is said is what the object has. */
Test(role_near, a_config_map_by_a_pattern)
{
	struct policy *p = good_layer(HEAD("Selectors") "configMaps: {labels: [\"sparkoperator.k8s.io/connect-name=prod-*\"]}\n");
	const struct json *object = parsed(&a, "{'metadata':{'labels':{'sparkoperator.k8s.io/connect-name':'prod-1'}}}");
	const struct role_match match = role_of_config_map(p, &a, object);
	struct role_near near;

	role_near_of_config_map(p, &a, object, match.role, &near);
	cr_expect_eq(match.role, ROLE_CONNECT_CONFIG);
	cr_expect_str_eq(match.reason, "label sparkoperator.k8s.io/connect-name=prod-1");
	cr_expect_str_eq(near_text(&near),
			 "label sparkoperator.k8s.io/connect-name=prod-1 at /metadata/labels/sparkoperator.k8s.io~1connect-name\n");
	arena_release(&a);
	policy_unref(p);
}

/* A role that a label's pattern gives, wherever its '*' stands. */
static const struct {
	const char *wanted, *value;
	bool fits;
} values[] = {
	{"prod-*", "prod-1", true}, {"prod-*", "prod", false}, {"*-prod", "a-prod", true}, {"a*z", "abz", true},
	{"a*z", "abzc", false},     {"x", "x", true},          {NULL, "x", true},
};

Test(role_near, values_fit_by_pattern)
{
	for (size_t i = 0; i < COUNT(values); i++)
		cr_expect_eq(role_value_fits(values[i].wanted, slice_of(values[i].value)), values[i].fits, "row %zu", i);
}

Test(role_near, too_many_are_said_to_be)
{
	struct policy *p = shipped();
	struct buf b = buf_in(&a);
	struct role_near near;

	buf_adds(&b, "{'containers':[");
	for (int i = 0; i < 100; i++)
		buf_printf(&b, "%s{'name':'c%d','args':['sparkconnectserver']}", i ? "," : "", i);
	buf_adds(&b, "]}");
	role_near_of_pod(p, &a, NULL, parsed(&a, buf_slice(&b).ptr), "", ROLE_NONE, &near);
	cr_expect_eq(near.miss_count, ROLE_NEAR_MAX);
	cr_expect(near.more);
	arena_release(&a);
	policy_unref(p);
}
