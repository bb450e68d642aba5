/* What /mutate writes for a server, beside what its pod and the files that it reads say already. */
#include "engine_testing.h"

#include "policy/compile.h"

#include "layer_testing.h"

#define CONF  "'volumes':[{'name':'v','configMap':{'name':'conf'}},{'name':'e','emptyDir':{}}],"
#define AT(name, path) "{'name':'" name "','mountPath':'" path "'}"
#define SIDE(mounts) ",{'name':'side','image':'busybox','command':['sleep','inf'],'volumeMounts':[" mounts "]}"
#define INIT(mounts) "'initContainers':[{'name':'i','image':'busybox','command':['sh','-c','envsubst <$IN >$OUT'],'volumeMounts':[" mounts "]}],"

/* A pod: volumes and init containers; what the server has besides its command; side-cars; its command. */
#define POD(before, server, beside, ...) \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{" before "'containers':[{'name':'c','image':'i:1','command':[" __VA_ARGS__ "]," server \
	"'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}]}" beside "]}}"
#define MOUNTS(mounts) "'volumeMounts':[" mounts "],"
#define LINE(...) POD("", "", "", START "," __VA_ARGS__)

#define OTHERS "spark.driver.host h.example.com\\nspark.kubernetes.container.image other:1"

/* written, not_written: parts of " KEY=VALUE", all that is written. said: of a warning; NULL: none is asked for. */
static const struct {
	const char *name, *annotations, *object, *config, *written, *not_written, *said;
} cases[] = {
	/* ---- which files count ---- */
	{"a file where Spark reads", K8S, POD(CONF, MOUNTS(AT("v", "/opt/spark/conf")), "", START), OTHERS, " spark.driver.port=7078 ", "spark.driver.host", NULL},
	{"a side-car's", K8S, POD(CONF, "", SIDE(AT("v", "/opt/spark/conf")), START), OTHERS, " spark.driver.host=$(POD_IP) ", "other:1", NULL},
	{"a side-car's, needed for a product", STANDALONE, POD(CONF, "", SIDE(AT("v", "/x")), START), "spark.executor.cores 9", " spark.cores.max=2 ", NULL, NULL},
	{"a side-car's, that is not there", K8S, POD(CONF, "", SIDE(AT("v", "/opt/spark/conf")), START), NULL, " spark.driver.bindAddress=0.0.0.0 ", NULL, NULL},
	{"nobody's", K8S, POD(CONF, "", "", START), OTHERS, " spark.driver.host=$(POD_IP) ", NULL, NULL},
	{"an init container's that hands nothing on", K8S, POD(CONF INIT(AT("v", "/in")), "", "", START), OTHERS, " spark.driver.host=$(POD_IP) ", NULL, NULL},
	{"a side-car's that renders", K8S, POD(CONF, MOUNTS(AT("e", "/opt/spark/conf")), SIDE(AT("v", "/in") "," AT("e", "/out")), START), OTHERS,
	 " spark.driver.port=7078 ", "spark.driver.host", NULL},
	{"an init container's that renders", K8S, POD(CONF INIT(AT("v", "/in") "," AT("e", "/out")), MOUNTS(AT("e", "/opt/spark/conf")), "", START), OTHERS,
	 " spark.driver.port=7078 ", "spark.driver.host", NULL},
	{"one that a command may copy", K8S, POD(CONF, MOUNTS(AT("v", "/in")), "", "'sh','-c','cp /in/* /opt/spark/conf; exec start-connect-server.sh'"), OTHERS,
	 " spark.driver.port=7078 ", "spark.driver.host", NULL},
	{"of another name", K8S,
	 POD("'volumes':[{'name':'v','configMap':{'name':'conf','items':[{'key':'spark-defaults.conf','path':'nightly.conf'}]}}],", MOUNTS(AT("v", "/jobs")), "", START), OTHERS,
	 " spark.driver.port=7078 ", "spark.driver.host", NULL},

	/* ---- where the pod may have an address of IPv6 ---- */
	{"a Service", K8S, LINE("'--conf','spark.driver.host=rel.team.svc'"), NULL, " spark.driver.host=$(POD_IP) ", NULL, NULL},
	{"a Service, and IPv6 is preferred", K8S, LINE("'--conf','spark.driver.host=rel.team.svc','--driver-java-options','-Djava.net.preferIPv6Addresses=true'"), NULL,
	 " spark.driver.port=7078 ", "spark.driver.host", NULL},
	{"nothing, and IPv6 is preferred", K8S, LINE("'--driver-java-options','-Djava.net.preferIPv6Addresses=true'"), NULL, " spark.driver.host=$(POD_IP) ", NULL, NULL},

	/* ---- with what executors' images are pulled ---- */
	{"the pod's secrets", K8S, POD("'imagePullSecrets':[{'name':'a'},{'name':'b.c'},{}],", "", "", START), NULL,
	 " spark.kubernetes.container.image=i:1 spark.kubernetes.container.image.pullSecrets=", NULL, NULL},
	{"for another image", K8S, POD("'imagePullSecrets':[{'name':'a'}],", "", "", START ",'--conf','spark.kubernetes.container.image=x'"), NULL, "", "pullSecrets", NULL},
	{"for workers", STANDALONE, POD("'imagePullSecrets':[{'name':'a'}],", "", "", START), NULL, "", "pullSecrets", NULL},
	{"that nobody has", K8S, POD("'imagePullSecrets':[{'name':'$(X)'}],", "", "", START), NULL, "", "pullSecrets", NULL},
};

static const char *written(struct world *w, const char *annotations, const char *object, const char *config, const char **warned)
{
	struct review review = review_of(&w->a, object);
	struct buf out = buf_in(&w->a), said = buf_in(&w->a);

	look_up(w, annotations, &review, ENDPOINT_MUTATE, config);
	struct decision d = decide(w, ENDPOINT_MUTATE, &review);
	for (size_t k = 0; k < d.changes.count; k++)
		if (strncmp(d.changes.items[k].rule, "backend.", 8) == 0)
			buf_printf(&out, " %s=%s", d.changes.items[k].place.key, d.changes.items[k].to);
	for (size_t k = 0; k < d.findings.count; k++)
		buf_printf(&said, "%s: %s\n", d.findings.items[k].rule, d.findings.items[k].message);
	*warned = said.len ? buf_slice(&said).ptr : "";
	buf_addc(&out, ' ');
	return buf_slice(&out).ptr;
}

Test(backend_written, is_what_the_server_lacks)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *said, *all = written(&w, cases[i].annotations, cases[i].object, cases[i].config, &said);

		cr_expect(strstr(all, cases[i].written), "%s lacks '%s': %s", cases[i].name, cases[i].written, all);
		cr_expect(!cases[i].not_written || !strstr(all, cases[i].not_written), "%s has '%s': %s", cases[i].name, cases[i].not_written, all);
		cr_expect(!cases[i].said || strstr(said, cases[i].said), "%s lacks '%s': %s", cases[i].name, cases[i].said, said);
		arena_reset(&w.a);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define V6(backend) HEAD("Backend") "backend: " backend "\nrules:\n- {id: backend.driverHost, why: w, versions: all, default: {key: spark.driver.host, " \
	"value: \"[{podIP}]\", absent: [local, unexpanded, service], needed: true}}\n"

static const char *const hosts[] = {
	LINE("'--conf','spark.driver.host=rel.team.svc','--driver-java-options','-Djava.net.preferIPv6Addresses=true'"),
	LINE("'--conf','spark.driver.host=[fd00::1]'"),
	POD("", "", "", "'sh','-c','exec /opt/spark/sbin/start-connect-server.sh --name x'"),
};

/* Spark takes an IPv6 address in brackets only (core/util/Utils.scala checkHost): a site says that its pods have such ones. */
Test(backend_written, puts_the_brackets_of_ipv6_where_a_site_says_so)
{
	struct world w = {.a = ARENA_INIT, .policy = good_layer(V6("k8s") "---\n" V6("standalone"))};

	for (size_t i = 0; i < 2 * COUNT(hosts); i++) {
		struct review review = review_of(&w.a, hosts[i / 2]);
		struct err err = {""};

		look_up(&w, i % 2 ? K8S : STANDALONE, &review, ENDPOINT_MUTATE, NULL);
		cr_assert_eq(simulate(&review, &w.facts, w.policy, &w.a, &w.sim, &err), 0, "%s", err.text);
		cr_expect(w.sim.allowed, "%zu: %s", i, w.sim.message);
		cr_expect(slice_has(json_print(&w.a, w.sim.result), "spark.driver.host=[$(POD_IP)]"), "%zu", i);
		review.object = w.sim.result;
		cr_assert_eq(simulate(&review, &w.facts, w.policy, &w.a, &w.sim, &err), 0, "%s", err.text);
		cr_expect(w.sim.allowed && w.sim.changes.count == 0, "%zu, again", i);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
