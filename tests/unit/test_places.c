/* Every place that names a key, and which wins: by tables, and against what the checks say of the same pod. */
#include "base/buf.h"
#include "base/file.h"
#include "base/json_patch.h"
#include "base/yaml.h"
#include "policy_testing.h"
#include "spark/places.h"

static struct arena a;

#define START "'/opt/spark/sbin/start-connect-server.sh'"
#define SUBMIT "'/opt/spark/bin/spark-submit','--class','org.apache.spark.sql.connect.service.SparkConnectServer'"
#define POD(rest) "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'spark','image':'apache/spark:4.1.0'," rest "}]," VOLUMES "}}"
#define VOLUMES "'volumes':[{'name':'conf','configMap':{'name':'conf'}},{'name':'other','configMap':{'name':'other'}}]"
#define MOUNT "'volumeMounts':[{'name':'conf','mountPath':'/opt/spark/conf'},{'name':'other','mountPath':'/other'}]"

/* A place as a line: "[=] carrier how ConfigMap/key:line value"; '=' wins, '-' loses, '!' is not read. */
static const char *line_of(const struct place_value *v)
{
	const char *file = v->config_map ? arena_printf(&a, " %s/%s", v->config_map, v->data_key) : "";
	const char *line = v->place.line ? arena_printf(&a, ":%u", v->place.line) : "";

	return arena_printf(&a, "%c %s %s%s%s %s\n", v->wins ? '=' : v->read ? '-' : '!', v->carrier, v->how, file, line, v->shown);
}

static const char *places_text(const struct spark_places *list, const char *key)
{
	struct buf b = buf_in(&a);

	for (size_t i = 0; i < list->invocations; i++) {
		size_t count;
		const struct place_value *v = spark_places_find(list, i, slice_of(key), &count);
		for (size_t k = 0; k < count; k++)
			buf_adds(&b, line_of(&v[k]));
	}
	return buf_slice(&b).ptr;
}

static void open_pod(const struct policy *p, const struct json *object, const struct lookups *lookups,
		     const struct namespace *ns, struct spark_pod *pod)
{
	const struct json *metadata = json_get(object, "metadata"), *spec = json_get(object, "spec");

	*pod = (struct spark_pod){.metadata = metadata, .spec = spec, .pointer = "", .lookups = lookups, .ns = ns,
				  .match = role_of_pod(p, &a, metadata, spec)};
	spark_pod_open(p, &a, pod);
}

static const struct json *config_map(const char *name, const char *key, const char *text)
{
	struct buf b = buf_in(&a);

	buf_printf(&b, "{'metadata':{'name':'%s'},'data':{'%s':%s}}", name, key, "''");
	struct json *map = json_copy(&a, parsed(&a, buf_slice(&b).ptr));
	struct json *data = json_copy(&a, json_get(map, "data"));
	const struct json *value;
	struct err err = {""};
	cr_assert_eq(json_parse(&a, json_patch_string(&a, slice_of(text)), &value, &err), 0);
	json_put(&a, data, key, json_copy(&a, value));
	json_put(&a, map, "data", data);
	return map;
}

static struct lookups files(const char *conf, const char *other)
{
	struct lookups l = {.count = 2};

	l.items[0] = (struct lookup){"conf", conf ? LOOKUP_FOUND : LOOKUP_MISSING, conf ? config_map("conf", "spark-defaults.conf", conf) : NULL};
	l.items[1] = (struct lookup){"other", LOOKUP_FOUND, config_map("other", "my.conf", other)};
	return l;
}

struct place_case {
	const char *name, *container, *conf, *other, *key, *expected;
};

static const struct place_case cases[] = {
	{"a dedicated option beats --conf", "'command':[" START ",'--master','a','--conf','spark.master=b']", "", "", "spark.master",
	 "= argv --master a\n- argv --conf b\n"},
	{"the last of one kind wins", "'command':[" START ",'--conf','spark.master=a','--conf','spark.master=b']", "", "", "spark.master",
	 "= argv --conf b\n- argv --conf a\n"},
	{"a file", "'command':[" START "]," MOUNT, "\nspark.master=f\n", "", "spark.master",
	 "= properties spark-defaults.conf conf/spark-defaults.conf:2 f\n"},
	{"the command line beats a file", "'command':[" START ",'--master','a']," MOUNT, "spark.master f\n", "", "spark.master",
	 "= argv --master a\n- properties spark-defaults.conf conf/spark-defaults.conf:1 f\n"},
	{"a line that a later one overrules", "'command':[" START "]," MOUNT, "spark.master a\nspark.x 1\nspark.master b\n", "", "spark.master",
	 "= properties spark-defaults.conf conf/spark-defaults.conf:3 b\n- properties spark-defaults.conf conf/spark-defaults.conf:1 a\n"},
	{"the file that is named, and the one that it replaces",
	 "'command':[" SUBMIT ",'--properties-file','/other/my.conf']," MOUNT, "spark.master a\n", "spark.master b\n", "spark.master",
	 "= properties --properties-file other/my.conf:1 b\n! properties spark-defaults.conf conf/spark-defaults.conf:1 a\n"},
	{"the environment comes last", "'command':[" START "],'env':[{'name':'MASTER','value':'e'}]," MOUNT, "spark.master f\n", "", "spark.master",
	 "= properties spark-defaults.conf conf/spark-defaults.conf:1 f\n- env env MASTER e\n"},
	{"the environment alone", "'command':[" START "],'env':[{'name':'SPARK_EXECUTOR_CORES','value':'3'}]", "", "", "spark.executor.cores",
	 "= env env SPARK_EXECUTOR_CORES 3\n"},
	{"a shell's line", "'command':['bash','-c','x=1\\nexec /opt/spark/sbin/start-connect-server.sh --master a']", "", "", "spark.master",
	 "= shell --master:2 a\n"},
	{"an entrypoint's own options", "'args':['driver','--class','org.apache.spark.sql.connect.service.SparkConnectServer']", "", "", "spark.submit.deployMode",
	 "= image --deploy-mode client\n"},
	{"a secret", "'command':[" START ",'--conf','spark.hadoop.fs.s3a.secret.key=hush']", "", "", "spark.hadoop.fs.s3a.secret.key",
	 "= argv --conf (redacted)\n"},
	{"a key that stands nowhere", "'command':[" START "]", "", "", "spark.master", ""},
	{"spark-class reads no file", "'command':['/opt/spark/bin/spark-class','org.apache.spark.sql.connect.service.SparkConnectServer']," MOUNT,
	 "spark.master a\n", "", "spark.master", "! properties spark-defaults.conf conf/spark-defaults.conf:1 a\n"},
};

Test(places, table)
{
	struct policy *p = shipped();
	struct namespace ns = {.name = "n", .backend = BACKEND_STANDALONE};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct place_case *c = &cases[i];
		struct lookups lookups = files(c->conf, c->other);
		struct spark_places list;
		struct spark_pod pod;
		struct buf text = buf_in(&a);

		buf_printf(&text, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'spark','image':'apache/spark:4.1.0',%s}],%s}}",
			   c->container, VOLUMES);
		open_pod(p, parsed(&a, buf_slice(&text).ptr), &lookups, &ns, &pod);
		spark_places_of(&a, &pod, &list);
		cr_expect_str_eq(places_text(&list, c->key), c->expected, "%s: %s", c->name, places_text(&list, c->key));
	}
	arena_release(&a);
	policy_unref(p);
}

Test(places, a_missing_file_is_named)
{
	struct policy *p = shipped();
	struct namespace ns = {.name = "n"};
	struct lookups lookups = files(NULL, "");
	struct spark_places list;
	struct spark_pod pod;

	open_pod(p, parsed(&a, POD("'command':[" START "]," MOUNT)), &lookups, &ns, &pod);
	spark_places_of(&a, &pod, &list);
	cr_expect_str_eq(list.unseen, "ConfigMap 'conf' (not found)");
	cr_expect_null(spark_places_winner(&list, SLICE_LIT("spark.master")));
	arena_release(&a);
	policy_unref(p);
}

Test(places, an_expansion_makes_the_winner_uncertain)
{
	struct policy *p = shipped();
	struct namespace ns = {.name = "n"};
	struct lookups lookups = files("", "");
	struct spark_places list;
	struct spark_pod pod;

	open_pod(p, parsed(&a, POD("'command':['sh','-c','/opt/spark/sbin/start-connect-server.sh --conf spark.a=1 --master x $MORE --conf spark.b=1']")),
		 &lookups, &ns, &pod);
	spark_places_of(&a, &pod, &list);
	cr_expect(spark_places_uncertain(spark_places_winner(&list, SLICE_LIT("spark.a"))));
	cr_expect(!spark_places_uncertain(spark_places_winner(&list, SLICE_LIT("spark.b"))));
	arena_release(&a);
	policy_unref(p);
}

Test(places, of_a_config_map)
{
	struct policy *p = shipped();
	struct spark_places list;

	spark_places_of_config_map(p, &a, config_map("c", "spark-defaults.conf", "# x\nspark.master a\nspark.master b\n"), &list);
	cr_expect_str_eq(places_text(&list, "spark.master"),
			 "= properties spark-defaults.conf:3 b\n- properties spark-defaults.conf:2 a\n", "%s", places_text(&list, "spark.master"));
	cr_expect_str_eq(spark_places_winner(&list, SLICE_LIT("spark.master"))->place.pointer, "/data/spark-defaults.conf");
	arena_release(&a);
	policy_unref(p);
}

/* ---- the checks agree ---- */

/* The check compares what it takes for the master with the namespace's: it must be silent where that is the winner's value,
 * and speak where it is another. */
static bool check_speaks(const struct policy *p, struct spark_pod pod, const struct namespace *ns)
{
	struct findings findings = {.count = 0};

	pod.ns = ns;
	spark_check_pod(p, &a, &pod, &findings);
	for (size_t i = 0; i < findings.count; i++)
		if (strcmp(findings.items[i].rule, "backend.master") == 0 || strcmp(findings.items[i].rule, "connect.masterUrl") == 0)
			return true;
	return false;
}

static size_t compare_with_check(const struct policy *p, const struct json *object, const struct lookups *lookups, const char *name)
{
	const struct json *template = json_get(json_get(object, "spec"), "template");
	struct namespace ns = {.name = "n", .mode = MODE_ENFORCE, .backend = BACKEND_STANDALONE, .standalone_master = "spark://other:1"};
	struct spark_places list;
	struct spark_pod pod;

	open_pod(p, template ? template : object, lookups, &ns, &pod);
	if (pod.match.role != ROLE_CONNECT_SERVER)
		return 0;
	spark_places_of(&a, &pod, &list);
	const struct place_value *v = spark_places_winner(&list, SLICE_LIT("spark.master"));
	if (list.invocations != 1 || !v || !v->literal || spark_places_uncertain(v))
		return 0;
	cr_expect(check_speaks(p, pod, &ns), "%s: another master is wrong", name);
	ns.standalone_master = arena_dup(&a, v->value);
	if (slice_starts(v->value, "spark://"))
		cr_expect(!check_speaks(p, pod, &ns), "%s: the winner is what the check sees", name);
	return 1;
}

Test(places, the_winner_is_what_the_check_sees)
{
	struct policy *p = shipped();
	struct lookups lookups = files("spark.master=spark://in-file:7077\nspark.master=spark://later:7077\n", "spark.master=spark://other-file:1\n");
	static const char *const containers[] = {
		"'command':[" START ",'--master','spark://a:1','--master','spark://b:1']",
		"'command':[" START ",'--conf','spark.master=spark://a:1','--master=spark://b:1']",
		"'command':[" START ",'--master','spark://b:1','--conf','spark.master=spark://a:1']",
		"'command':[" START "]," MOUNT,
		"'command':[" SUBMIT ",'--properties-file','/other/my.conf']," MOUNT,
		"'command':[" START "],'env':[{'name':'MASTER','value':'spark://e:1'}]," MOUNT,
		"'command':['/bin/sh','-c','exec /opt/spark/sbin/start-connect-server.sh --master spark://a:1 --conf spark.master=spark://b:1']",
		"'args':['connect-server','--master','spark://a:1']",
	};
	size_t compared = 0;

	for (size_t i = 0; i < COUNT(containers); i++) {
		struct buf text = buf_in(&a);
		buf_printf(&text, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'spark','image':'x',%s}],%s}}", containers[i], VOLUMES);
		compared += compare_with_check(p, parsed(&a, buf_slice(&text).ptr), &lookups, containers[i]);
	}
	cr_expect_eq(compared, COUNT(containers), "%zu", compared);
	arena_release(&a);
	policy_unref(p);
}

Test(places, fixtures)
{
	static const char *const suffixes[] = {".yaml", NULL};
	struct policy *p = shipped();
	struct file_list list;
	struct err err = {""};
	size_t compared = 0;

	cr_assert_eq(file_list(&a, "tests/fixtures", suffixes, &list, &err), 0, "%s", err.text);
	for (size_t i = 0; i < list.count; i++) {
		struct yaml_stream stream;
		struct slice text;
		cr_assert_eq(file_read(&a, list.paths[i], 1 << 20, &text, &err), 0, "%s", err.text);
		cr_assert_eq(yaml_parse(&a, text, YAML_MANIFEST, &stream, &err), 0, "%s", err.text);
		for (size_t k = 0; k < stream.count; k++) {
			struct lookups lookups = {.count = 0};
			const struct json *object = stream.items[k].root, *spec = json_get(object, "spec");
			const struct json *template = json_get(spec, "template");
			if (json_get(spec, "containers") || template) {
				spark_pod_lookups(&a, template ? json_get(template, "spec") : spec, &lookups);
				compared += compare_with_check(p, object, &lookups, list.paths[i]);
			}
		}
	}
	cr_expect_gt(compared, 2, "%zu", compared);
	arena_release(&a);
	policy_unref(p);
}

#define PUT_IN "k8s://https://$(KUBERNETES_SERVICE_HOST):443"

static const struct {
	const char *container, *conf;
	bool put_in;
} masters[] = {
	{"'command':[" START ",'--master','" PUT_IN "']", "", true},
	{"'command':[" START ",'--conf','spark.master=" PUT_IN "']", "", true},
	{"'command':[" START ",'--master','k8s://https://kubernetes.default.svc']", "", false},
	{"'command':[" START ",'--master','k8s://https://$$(KUBERNETES_SERVICE_HOST):443']", "", false},
	{"'command':[" START ",'--master','" PUT_IN "'],'env':[{'name':'KUBERNETES_SERVICE_HOST','value':'6.6.6.6'}]", "", false},
	{"'command':['sh','-c','exec /opt/spark/sbin/start-connect-server.sh --master " PUT_IN "']", "", false},
	{"'command':[" START "]," MOUNT, "spark.master=" PUT_IN "\n", false},
};

Test(places, tell_a_master_that_the_kubelet_puts_in)
{
	struct policy *p = shipped();
	struct namespace ns = {.name = "n", .backend = BACKEND_K8S};

	for (size_t i = 0; i < COUNT(masters); i++) {
		struct lookups lookups = files(masters[i].conf, "");
		struct spark_places list;
		struct spark_pod pod;
		open_pod(p, parsed(&a, arena_printf(&a, "{'metadata':{'name':'p'},'spec':{'containers':[{'name':'spark','image':'apache/spark:4.1.0',%s}],%s}}",
						    masters[i].container, VOLUMES)), &lookups, &ns, &pod);
		spark_places_of(&a, &pod, &list);
		const struct place_value *v = spark_places_winner(&list, SLICE_LIT("spark.master"));
		cr_assert(v, "%s", masters[i].container);
		cr_expect_eq(v->put_in, masters[i].put_in, "%s", masters[i].container);
	}
	policy_unref(p);
	arena_release(&a);
}
