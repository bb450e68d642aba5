/*
 * The checks called connect.*, each with what sets it off and what is close to it and does not; with the shipped
 * policy, on pods as a user writes them (single quotes for double ones). That no check is forgotten is a test too.
 */
#include "admission/simulate.h"
#include "policy_testing.h"

#define STANDALONE "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m:7077'"
#define K8S "'sparkgate.io/backendMode':'k8s'"
#define POD(rest, image, words) \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{" rest "'containers':[{'name':'c','image':'" image "','command':[" words "]"
#define SERVER(words) POD("", "apache/spark:4.1.0", words)
#define OLD_SERVER(words) POD("", "apache/spark:3.5.1", words)
#define END "}]}}"
#define ENV(name, value) ",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'" name "','value':'" value "'}]}]}}"
#define ENV2(n1, v1, n2, v2) \
	",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'" n1 "','value':'" v1 "'},{'name':'" n2 "','value':'" v2 "'}]}]}}"
#define FROM(name, source) ",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'" name "','valueFrom':{" source "}}]}]}}"
#define PARTS(source, value) \
	",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'X','valueFrom':{" source "}},{'name':'SPARK_SUBMIT_OPTS','value':'" value "'}]}]}}"
#define ENVFROM(name, value) \
	",'envFrom':[{'secretRef':{'name':'s'}}],'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'" name "','value':'" value "'}]}]}}"
#define SH(rest) "'sh','-c','exec /opt/spark/sbin/start-connect-server.sh " rest "'"
#define FOREGROUND ENV("X", "y")

#define START "'/opt/spark/sbin/start-connect-server.sh'"
#define SUBMIT "'/opt/spark/bin/spark-submit','--class','org.apache.spark.sql.connect.service.SparkConnectServer','spark-internal'"
#define CLASS(name) "'/opt/spark/bin/spark-class','org.apache.spark." name "'"
#define EXECUTOR \
	"{'kind':'Pod','metadata':{'name':'e','labels':{'spark-role':'executor'}},'spec':{'containers':[{'name':'e','image':'i','args':['executor']," \
	"'env':[{'name':'SPARK_EXECUTOR_ID','value':'1'},{'name':'SPARK_DRIVER_URL','value':'spark://x'}]}]}}"

#define TOKENLESS(mounts, words) \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{'automountServiceAccountToken':false,'containers':[{'name':'c','image':'apache/spark:4.1.0'," mounts \
	"'command':[" START words "]"

/* rules: the connect.* findings, each with a space behind it. */
static const struct {
	const char *name, *annotations, *object, *rules;
} cases[] = {
	{"a plain server", STANDALONE, SERVER(START) FOREGROUND, ""},
	{"deploy mode cluster", STANDALONE, SERVER(START ",'--deploy-mode','cluster'") FOREGROUND, "connect.deployMode "},
	{"deploy mode client", STANDALONE, SERVER(START ",'--deploy-mode','client'") FOREGROUND, ""},
	{"a server that would be a client", STANDALONE, SERVER(START ",'--conf','spark.remote=sc://x'") FOREGROUND, "connect.remote "},
	{"by its environment", STANDALONE, SERVER(START) ENV("SPARK_REMOTE", "sc://x"), "connect.remote "},
	{"an empty one", STANDALONE, SERVER(START) ENV("SPARK_REMOTE", ""), ""},
	{"the client's API", STANDALONE, SERVER(SUBMIT ",'--conf','spark.api.mode=connect'") FOREGROUND, "connect.apiMode "},
	{"the client's API, of the first that has it", STANDALONE, POD("", "apache/spark:4.0.0", SUBMIT ",'--conf','spark.api.mode=connect'") FOREGROUND,
	 "connect.apiMode "},
	{"the client's API, in other letters", STANDALONE, SERVER(SUBMIT ",'--conf','spark.api.mode=Connect'") FOREGROUND, "connect.apiMode "},
	{"the client's API, before there was one", STANDALONE, OLD_SERVER(SUBMIT ",'--conf','spark.api.mode=connect'") FOREGROUND, ""},
	{"the other API", STANDALONE, SERVER(SUBMIT ",'--conf','spark.api.mode=classic'") FOREGROUND, ""},
	{"a connect mode that the script replaces", STANDALONE, SERVER(START) ENV("SPARK_CONNECT_MODE", "1"), ""},
	{"one that spark-submit reads", STANDALONE, SERVER(SUBMIT) ENV("SPARK_CONNECT_MODE", "1"), "connect.apiMode "},
	{"one that 3.5 does not know", STANDALONE, OLD_SERVER(SUBMIT) ENV("SPARK_CONNECT_MODE", "1"), ""},
	{"no executors", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=0'") FOREGROUND, "connect.executorInstances "},
	{"less than none", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=-1'") FOREGROUND, "connect.executorInstances "},
	{"no number", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=2 # two'") FOREGROUND, "connect.executorInstances "},
	{"nothing", STANDALONE, SERVER(START ",'--conf','spark.executor.instances='") FOREGROUND, "connect.executorInstances "},
	{"what Spark asks before it replaces it", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=${env:N}'") FOREGROUND, "connect.executorInstances "},
	{"what the kubelet fills in", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=$(N)'") FOREGROUND, ""},
	{"one", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=1'") FOREGROUND, ""},
	{"one, with a sign", STANDALONE, SERVER(START ",'--conf','spark.executor.instances=+1'") FOREGROUND, ""},
	{"none to begin with", STANDALONE,
	 SERVER(START ",'--conf','spark.executor.instances=0','--conf','spark.dynamicAllocation.enabled=true'") FOREGROUND, ""},
	{"the same, as Spark reads booleans", STANDALONE,
	 SERVER(START ",'--conf','spark.executor.instances=0','--conf','spark.dynamicAllocation.enabled=True'") FOREGROUND, ""},
	{"none at all, in other letters", STANDALONE,
	 SERVER(START ",'--conf','spark.executor.instances=0','--conf','spark.dynamicAllocation.enabled=FALSE'") FOREGROUND, "connect.executorInstances "},
	{"fewer cores than an executor", STANDALONE,
	 SERVER(START ",'--conf','spark.cores.max=1','--conf','spark.executor.cores=2'") FOREGROUND, "connect.coresMax "},
	{"as many", STANDALONE, SERVER(START ",'--conf','spark.cores.max=2','--conf','spark.executor.cores=2'") FOREGROUND, ""},
	{"no secret", STANDALONE, SERVER(START ",'--master','spark://m:7077','--conf','spark.authenticate=true'") FOREGROUND, "connect.authSecret "},
	{"one of a file, which is none", STANDALONE,
	 SERVER(START ",'--master','spark://m:7077','--conf','spark.authenticate=True','--conf','spark.authenticate.secret.driver.file=/x'") FOREGROUND,
	 "connect.authSecret "},
	{"a secret", STANDALONE,
	 SERVER(START ",'--master','spark://m:7077','--conf','spark.authenticate=true','--conf','spark.authenticate.secret=$(S)'") FOREGROUND, ""},
	{"one that a Secret's file may hold", STANDALONE,
	 POD("'volumes':[{'name':'v','secret':{'secretName':'s'}}],", "apache/spark:4.1.0", START ",'--master','spark://m:7077','--conf','spark.authenticate=true'")
	 ",'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'}]" FOREGROUND, ""},
	{"or a ConfigMap that is not there", STANDALONE,
	 POD("'volumes':[{'name':'v','configMap':{'name':'s'}}],", "apache/spark:4.1.0", START ",'--master','spark://m:7077','--conf','spark.authenticate=true'")
	 ",'volumeMounts':[{'name':'v','mountPath':'/etc/x'}]" FOREGROUND, ""},
	{"none needed", STANDALONE, SERVER(START ",'--master','spark://m:7077','--conf','spark.authenticate=false'") FOREGROUND, ""},
	{"Kubernetes makes one", K8S, SERVER(START ",'--conf','spark.authenticate=true'") FOREGROUND, ""},
	{"a master of the daemon's", STANDALONE, SERVER(START) ENV("SPARK_MASTER", "host:/spark"), "connect.sparkMaster "},
	{"options that nobody sees", STANDALONE, SERVER(START) ENV("SPARK_SUBMIT_OPTS", "-Dspark.ui.port=1"), "connect.javaOptions "},
	{"of the daemon's", STANDALONE, SERVER(START) ENV("SPARK_DAEMON_JAVA_OPTS", "-Xmx1g -Dspark.a=b"), "connect.javaOptions "},
	{"of any JVM's", STANDALONE, SERVER(START) ENV("JAVA_TOOL_OPTIONS", "-Dspark.a=b"), "connect.javaOptions "},
	{"of a newer JVM's", STANDALONE, SERVER(START) ENV("JDK_JAVA_OPTIONS", "-Dspark.a=b"), "connect.javaOptions "},
	{"of every JVM's", STANDALONE, SERVER(START) ENV("_JAVA_OPTIONS", "-Dspark.a=b"), "connect.javaOptions "},
	{"of the server's own", STANDALONE, SERVER(START ",'--driver-java-options','-Dspark.a=b'") FOREGROUND, "connect.javaOptions "},
	{"of its defaults", STANDALONE, SERVER(START ",'--conf','spark.driver.defaultJavaOptions=-Dspark.a=b'") FOREGROUND, "connect.javaOptions "},
	{"of its own, and harmless", STANDALONE, SERVER(START ",'--driver-java-options','-Da=b'") FOREGROUND, ""},
	{"options of other things", STANDALONE, SERVER(START) ENV("JAVA_TOOL_OPTIONS", "-Xmx1g -Dsparkle=b"), ""},
	{"one of spark's own, harmless as it is", K8S, SERVER(START ",'--driver-java-options','-Dspark.kubernetes.submitInDriver=false'") FOREGROUND, "connect.javaOptions "},
	{"options from a Secret", K8S, SERVER(START) FROM("SPARK_SUBMIT_OPTS", "'secretKeyRef':{'name':'s','key':'k'}"), "connect.javaOptions "},
	{"with nothing to hide from", STANDALONE, SERVER(START) FROM("SPARK_SUBMIT_OPTS", "'secretKeyRef':{'name':'s','key':'k'}"), ""},
	{"a part from a Secret", K8S, SERVER(START) PARTS("'secretKeyRef':{'name':'s','key':'k'}", "-Da=$(X)"), "connect.javaOptions "},
	{"a part that the shell knows", K8S, SERVER(SH("--conf spark.driver.extraJavaOptions=$X")) FOREGROUND, ""},
	{"a part that nobody does", K8S, SERVER(SH("--conf spark.driver.extraJavaOptions=$JAVA_OPTS")) FOREGROUND, "connect.javaOptions "},
	{"or a command", K8S, SERVER(SH("--conf spark.driver.extraJavaOptions=`x`")) FOREGROUND, "connect.javaOptions "},
	{"a key that nobody does", K8S, SERVER(SH("--conf spark.driver.extraJavaOptions=-D$K=1")) FOREGROUND, "connect.javaOptions "},
	{"a file of the image's", K8S, SERVER(SH("--conf spark.driver.extraJavaOptions=-Dlog4j.configurationFile=$SPARK_HOME/x")) FOREGROUND, ""},
	{"the pod's own name", K8S, SERVER(START) PARTS("'fieldRef':{'fieldPath':'metadata.name'}", "-Dpod=$(X)"), ""},
	{"as a key", K8S, SERVER(START) PARTS("'fieldRef':{'fieldPath':'metadata.name'}", "-D$(X)=local"), "connect.javaOptions "},
	{"what the kubelet leaves as it is", K8S, SERVER(START) ENV("SPARK_SUBMIT_OPTS", "-Dx=$(Z) $$(Y)"), ""},
	{"unless a Secret has it", K8S, SERVER(START) ENVFROM("SPARK_SUBMIT_OPTS", "-Dx=$(Z)"), "connect.javaOptions "},
	{"a client by two variables", STANDALONE, SERVER(START) ENV2("U", "sc://x", "SPARK_REMOTE", "$(U)"), "connect.remote "},
	{"the daemon's master by two", STANDALONE, SERVER(START) ENV2("U", "h:/s", "SPARK_MASTER", "$(U)"), "connect.sparkMaster "},
	{"by one that nobody knows", STANDALONE, SERVER(START) FROM("SPARK_REMOTE", "'secretKeyRef':{'name':'s','key':'k'}"), ""},
	{"a server in the background", STANDALONE, SERVER(START) END, "connect.foreground "},
	{"one told to stay", STANDALONE, SERVER(START ",'--wait'") END, ""},
	{"too late", STANDALONE, SERVER(START ",'--name','n','--wait'") END, "connect.foreground "},
	{"by a script that does not know it", STANDALONE, OLD_SERVER(START ",'--wait'") END, "connect.foreground "},
	{"by a variable", STANDALONE, SERVER("'sh','-c','W=--wait; exec /opt/spark/sbin/start-connect-server.sh $W'") END, ""},
	{"by another variable", STANDALONE, SERVER("'sh','-c','W=--wait; exec /opt/spark/sbin/start-connect-server.sh --name $W'") END, "connect.foreground "},
	{"by one of the container", STANDALONE, SERVER(SH("$W")) ",'env':[{'name':'W','value':'--wait --verbose'}]}]}}", ""},
	{"by one that is no list", STANDALONE, SERVER(START ",'$(W)'") ",'env':[{'name':'W','value':'--wait --verbose'}]}]}}", "connect.foreground "},
	{"whose text only begins like a script of tail", STANDALONE, SERVER("'sh','-c','#!/usr/bin/tail -f\\n/opt/spark/sbin/start-connect-server.sh'") END, "connect.foreground "},
	{"that the shell waits for", STANDALONE, SERVER("'sh','-c','/opt/spark/sbin/start-connect-server.sh; tail -f /dev/null'") END, ""},
	{"beside another program", STANDALONE, SERVER("'sh','-c','/opt/spark/sbin/start-connect-server.sh && exec zeppelin.sh'") END, ""},
	{"behind one", STANDALONE, SERVER("'sh','-c','prepare; /opt/spark/sbin/start-connect-server.sh'") END, "connect.foreground "},
	{"before one that ends", STANDALONE, SERVER("'sh','-c','/opt/spark/sbin/start-connect-server.sh; X=1; echo started'") END, "connect.foreground "},
	{"in a shell in a shell", STANDALONE, SERVER("'sh','-c','bash -c start-connect-server.sh; exec \\\"$0\\\"','jupyter'") END, ""},
	{"two in the background", STANDALONE, SERVER("'sh','-c','start-connect-server.sh; exec start-connect-server.sh'") END, "connect.foreground "},
	{"spark-class", STANDALONE, SERVER(CLASS("sql.connect.service.SparkConnectServer")) END, "connect.sparkClass "},
	{"a server that is only named", K8S, SERVER("'sh','-c','echo SparkConnectServer; python /x.py'") END, "connect.suspected "},
	{"or started", K8S, SERVER("'sh','-c','echo SparkConnectServer; exec /opt/spark/sbin/start-connect-server.sh'") FOREGROUND, ""},
	{"a key that nobody reads", K8S, SERVER(START ",'--conf','spark.metrics.conf.path=/x'") FOREGROUND, "connect.unknownKey "},
	{"no token to ask with", K8S, TOKENLESS("", "") FOREGROUND, "connect.accountToken "},
	{"nobody to ask", STANDALONE, TOKENLESS("", "") FOREGROUND, ""},
	{"one that the pod mounts", K8S, TOKENLESS("'volumeMounts':[{'name':'t','mountPath':'/var/run/secrets/kubernetes.io/serviceaccount'}],", "") FOREGROUND, ""},
	{"one of its options", K8S, TOKENLESS("", ",'--conf','spark.kubernetes.authenticate.oauthTokenFile=/t'") FOREGROUND, ""},
	{"a kubeconfig", K8S, TOKENLESS("", "") ENV("KUBECONFIG", "/k"), ""},
	{"an executor where none belongs", STANDALONE, EXECUTOR, "connect.executorBackend "},
	{"an executor at home", K8S, EXECUTOR, ""},
	{"a master's open port, a Service's name", STANDALONE, POD("", "apache/spark:4.1.0", CLASS("deploy.master.Master")) END,
	 "connect.restPort connect.serviceLinks "},
	{"closed", STANDALONE, POD("", "apache/spark:4.1.0", CLASS("deploy.master.Master")) ENV("SPARK_MASTER_OPTS", "-Dspark.master.rest.enabled=false"),
	 "connect.serviceLinks "},
	{"closed, as Spark reads booleans", STANDALONE, POD("", "apache/spark:4.1.0", CLASS("deploy.master.Master")) ENV("SPARK_MASTER_OPTS", "-Dspark.master.rest.enabled=False -Da=b"),
	 "connect.serviceLinks "},
	{"closed by what its shell writes", STANDALONE, POD("", "apache/spark:4.1.0", "'sh','-c','echo \\'spark.master.rest.enabled  false\\' >>conf/spark-defaults.conf; exec "
	 "bin/spark-class org.apache.spark.deploy.master.Master'") END, "connect.serviceLinks "},
	{"nearly closed", STANDALONE, POD("", "apache/spark:4.1.0", CLASS("deploy.master.Master")) ENV("SPARK_MASTER_OPTS", "-Dspark.master.rest.enabled=falsey"),
	 "connect.restPort connect.serviceLinks "},
	{"and no links", STANDALONE, POD("'enableServiceLinks':false,", "apache/spark:3.5.1", CLASS("deploy.master.Master")) END, ""},
};

static const char *rules_of(struct arena *a, const struct policy *policy, const char *annotations, const char *object)
{
	const char *ns = arena_printf(a, "{'metadata':{'labels':{'sparkgate.io/mode':'enforce'},'annotations':{%s}}}", annotations);
	const struct facts facts = {.namespace_state = NAMESPACE_KNOWN, .namespace = parsed(a, ns)};
	const struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = "Pod", .resource = "pods",
				      .subresource = "", .namespace = "team", .name = "p", .user = "u", .object = parsed(a, object)};
	struct buf list = buf_in(a);
	struct simulation sim;
	struct err err = {""};

	cr_assert_eq(simulate(&review, &facts, policy, a, &sim, &err), 0, "%s", err.text);
	for (size_t i = 0; i < sim.findings.count; i++)
		if (strncmp(sim.findings.items[i].rule, "connect.", 8) == 0)
			buf_printf(&list, "%s ", sim.findings.items[i].rule);
	return buf_slice(&list).ptr;
}

/* A standalone master beside one ConfigMap whose spark-defaults.conf is text. */
static bool rest_is_open(struct arena *a, const struct policy *policy, const char *text)
{
	const struct json *pod = parsed(a, POD("'enableServiceLinks':false,", "apache/spark:4.1.0", CLASS("deploy.master.Master")) END);
	const struct lookup item = {.name = "conf", .state = LOOKUP_FOUND, .object = parsed(a, arena_printf(a, "{'data':{'spark-defaults.conf':'%s'}}", text))};
	const struct lookups lookups = {.items = {item}, .count = 1};
	struct spark_pod master = {.spec = json_get(pod, "spec"), .pointer = "", .match = {.role = ROLE_STANDALONE_MASTER}, .version = 401, .lookups = &lookups};
	struct findings findings = {.count = 0};

	spark_check_daemon(policy, a, &master, &findings);
	return findings.count > 0;
}

Test(connect_checks, a_text_that_closes_the_masters_port_says_false)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;

	cr_expect(rest_is_open(&a, policy, "spark.x 1"));
	cr_expect(rest_is_open(&a, policy, "spark.master.rest.enabled true"));
	cr_expect(rest_is_open(&a, policy, "# spark.master.rest.enabled false"));
	cr_expect(rest_is_open(&a, policy, "spark.master.rest.enabled false\\nspark.master.rest.enabled true"));
	cr_expect_not(rest_is_open(&a, policy, "spark.master.rest.enabled  false"));
	cr_expect_not(rest_is_open(&a, policy, "spark.master.rest.enabled=false "));
	cr_expect_not(rest_is_open(&a, policy, "spark.master.rest.enabled FALSE"));
	cr_expect(rest_is_open(&a, policy, "spark.master.rest.enabled falsey"));
	arena_release(&a);
	policy_unref(policy);
}

Test(connect_checks, say_what_is_wrong_and_nothing_else)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		cr_expect_str_eq(rules_of(&a, policy, cases[i].annotations, cases[i].object), cases[i].rules, "%s",
				 cases[i].name);
		arena_reset(&a);
	}
	arena_release(&a);
	policy_unref(policy);
}

/* These are asked elsewhere (test_engine.c), or wait for facts of a live cluster. */
static const char *const elsewhere[] = {"connect.masterUrl", "connect.executorImage", "connect.executorAccount"};

static bool has_case(const char *id)
{
	for (size_t i = 0; i < COUNT(elsewhere); i++)
		if (strcmp(elsewhere[i], id) == 0)
			return true;
	for (size_t i = 0; i < COUNT(cases); i++)
		if (strstr(cases[i].rules, id))
			return true;
	return false;
}

Test(connect_checks, each_has_a_case)
{
	struct policy *policy = shipped();

	for (size_t i = 0; i < policy->check_count; i++)
		if (strncmp(policy->checks[i].id, "connect.", 8) == 0)
			cr_expect(has_case(policy->checks[i].id), "%s", policy->checks[i].id);
	policy_unref(policy);
}
