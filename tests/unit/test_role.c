/* Who plays which role: one line a pod, one line a ConfigMap. */
#include "policy/role.h"

#include "base/buf.h"
#include "policy_testing.h"

#define EXECUTOR_ENV "'env': [{'name': 'SPARK_EXECUTOR_ID', 'value': '1'}, {'name': 'SPARK_DRIVER_URL', 'value': 'spark://x'}]"

#define CHART "'app.kubernetes.io/name': 'spark-connect'"
#define NONE "'sparkgate.io/role': 'none'"

static const struct {
	const char *labels, *spec;
	enum role role;
	bool label_only;
	const char *reason; /* a part */
} pods[] = {
	/* words */
	{"", "'containers': [{'name': 'c', 'command': ['sh', '-c', '/opt/spark/sbin/start-connect-server.sh --master x']}]",
	 ROLE_CONNECT_SERVER, false, "container c: start-connect-server.sh"},
	{"", "'containers': [{'name': 'c', 'args': ['driver', '--class', 'org.apache.spark.sql.connect.service.SparkConnectServer']}]",
	 ROLE_CONNECT_SERVER, false, "SparkConnectServer"},
	{"", "'containers': [{'args': ['--conf', 'spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin']}]",
	 ROLE_CONNECT_SERVER, false, "SparkConnectPlugin"},
	{"", "'containers': [{'name': 'a', 'image': 'envoy'}, {'name': 'b', 'command': ['start-connect-server.sh']}]",
	 ROLE_CONNECT_SERVER, false, "container b"},
	{"", "'containers': [{'name': 'a'}], 'initContainers': [{'name': 'side', 'command': ['start-connect-server.sh']}]",
	 ROLE_CONNECT_SERVER, false, "container side"},
	{"", "'containers': [{'name': 'a'}], 'ephemeralContainers': [{'name': 'debug', 'command': ['start-connect-server.sh']}]",
	 ROLE_CONNECT_SERVER, false, "container debug"},
	{"", "'containers': [{'command': ['spark-class', 'org.apache.spark.deploy.master.Master']}]", ROLE_STANDALONE_MASTER, false,
	 "deploy.master.Master"},
	{"", "'containers': [{'command': ['/opt/spark/sbin/start-worker.sh', 'spark://m:7077']}]", ROLE_STANDALONE_WORKER, false,
	 "start-worker.sh"},
	/* words beat labels */
	{"'app': 'spark-connect'", "'containers': [{'command': ['spark-class', 'org.apache.spark.deploy.worker.Worker']}]",
	 ROLE_STANDALONE_WORKER, false, "Worker"},

	/* an entrypoint's role */
	{"", "'containers': [{'args': ['connect-server', '--conf', 'a=b']}]", ROLE_CONNECT_SERVER, false, "connect-server"},
	{"", "'containers': [{'command': ['/opt/entrypoint.sh'], 'args': ['connect-server']}]", ROLE_CONNECT_SERVER, false, NULL},
	{"", "'containers': [{'command': ['sh', '-c', 'exec /opt/entrypoint.sh connect-server && true']}]", ROLE_CONNECT_SERVER, false,
	 NULL},
	{"", "'containers': [{'command': ['nc', '-z', 'connect-server']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'command': ['echo'], 'args': ['connect-server']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'args': ['connect-servers']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'command': ['sh', '-c', 'x.sh connect-server2']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'args': ['driver', '--class', 'org.example.Batch']}]", ROLE_NONE, false, NULL},

	/* labels */
	{"'app': 'spark-connect'", "'containers': [{'image': 'x'}]", ROLE_CONNECT_SERVER, false, "label app=spark-connect"},
	{"'spark-role': 'connect-server'", "'containers': [{'image': 'x'}]", ROLE_CONNECT_SERVER, false, "spark-role"},
	{"'app.kubernetes.io/name': 'spark-connect'", "'containers': [{}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app.kubernetes.io/name': 'spark-3.5', 'app.kubernetes.io/component': 'connect'", "'containers': [{}]", ROLE_CONNECT_SERVER, false,
	 "app.kubernetes.io/component=connect"},
	{"'app.kubernetes.io/name': 'kafka', 'app.kubernetes.io/component': 'connect'", "'containers': [{}]", ROLE_NONE, false, NULL},
	{"'app.kubernetes.io/component': 'spark-master'", "'containers': [{}]", ROLE_STANDALONE_MASTER, false, NULL},
	{"'app.kubernetes.io/component': 'spark-worker'", "'containers': [{}]", ROLE_STANDALONE_WORKER, false, NULL},
	{"'sparkgate.io/role': 'connect-server'", "'containers': [{}]", ROLE_CONNECT_SERVER, false, "sparkgate.io/role"},
	/* where nothing else tells it */
	{"'sparkgate.io/role': 'connect-server', 'app.kubernetes.io/component': 'spark-master'", "'containers': [{}]",
	 ROLE_STANDALONE_MASTER, false, NULL},
	{"'sparkgate.io/role': 'standalone-master', 'app': 'spark-connect'", "'containers': [{}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app': 'spark-connect-server'", "'containers': [{}]", ROLE_NONE, false, NULL},
	{"'app': 7", "'containers': [{}]", ROLE_NONE, false, NULL},

	/* labels alone, and nothing that could start Spark */
	{"'app': 'spark-connect'", "'containers': [{'command': ['sh', '-c', 'until nc -z x 15002; do sleep 1; done']}]",
	 ROLE_CONNECT_SERVER, true, NULL},
	{"'app': 'spark-connect'", "'containers': [{'command': ['envoy']}, {'image': 'x'}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app': 'spark-connect'", "'containers': [{'command': ['envoy']}], 'initContainers': [{'image': 'x'}]", ROLE_CONNECT_SERVER, false,
	 NULL},
	{"'app': 'spark-connect'", "'containers': [{'command': ['bash', '/scripts/run.sh']}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app': 'spark-connect'", "'containers': [{'command': ['sh', '-c', 'spark-submit --class $X']}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app': 'spark-connect'", "'containers': [{'command': []}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'app': 'spark-connect'", "'containers': []", ROLE_CONNECT_SERVER, false, NULL},

	/* a chart's other programs, which Helm labels alike */
	{CHART ", 'app.kubernetes.io/component': 'redis'", "'containers': [{'image': 'docker.io/library/redis:7'}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART ", 'app.kubernetes.io/component': 'oauth2-proxy'", "'containers': [{'image': 'quay.io/o/oauth2-proxy:v7'}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART ", 'app.kubernetes.io/component': 'server'", "'containers': [{'image': 'acme/sql-server:1'}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART ", 'app.kubernetes.io/component': 'docker'", "'containers': [{'image': 'docker.io/corp/sc:docker'}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART ", 'app.kubernetes.io/component': 'backend'", "'containers': [{'image': 'acme/lake'}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART ", 'app.kubernetes.io/component': 'server'", "'containers': [{'image': 'acme/spark-server'}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART ", 'app.kubernetes.io/component': 'lake', 'sparkgate.io/role': 'connect-server'", "'containers': [{'image': 'acme/lake'}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'acme/spark-jupyter', 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://spark-connect'}]}]",
	 ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'image': 'acme/x', 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y'}, {'name': 'SPARK_REMOTE', 'value': ''}]}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'acme/x', 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://localhost:15002'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'acme/x', 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y'}, {'name': 'MASTER', 'value': 'local'}]}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'jupyter/pyspark-notebook', 'args': ['start-notebook.sh', '--x'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'command': ['tini', '--', 'start-notebook.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'args': ['/x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://localhost'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://LocalHost'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://0.0.0.0:15002'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://$(POD_IP):15002'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://:15002'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'unset SPARK_REMOTE; /x.sh'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/x.sh', '--master', 'x'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['/opt/entrypoint.sh', 'y'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['driver'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', '/x.sh; spark-submit $A'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y:1'}]}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'acme/x', 'args': ['--master', 'x'], 'env': [{'name': 'SPARK_REMOTE', 'value': 'sc://y'}]}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'quay.io/oauth2-proxy/oauth2-proxy:v7', 'args': ['--upstream=http://spark-connect:15002']}]",
	 ROLE_CONNECT_SERVER, true, "label app.kubernetes.io/name=spark-connect"},
	{CHART, "'containers': [{'image': 'envoyproxy/envoy', 'args': ['-c', '/etc/envoy.yaml']}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'image': 'minio/mc', 'args': ['mb', 's3/events']}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'image': 'apache/spark', 'args': ['/opt/spark/sbin/start-history-server.sh']}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'command': ['start-history-server.sh']}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'exec /opt/spark/sbin/start-thriftserver.sh --master local']}]", ROLE_CONNECT_SERVER, true,
	 NULL},
	{CHART, "'containers': [{'command': ['/opt/spark/bin/spark-class', 'org.apache.spark.deploy.history.HistoryServer']}]", ROLE_CONNECT_SERVER,
	 true, NULL},
	{CHART, "'containers': [{'image': 'apache/spark', 'args': ['driver', '--class', 'org.apache.spark.deploy.history.HistoryServer']}]",
	 ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'command': ['spark-submit', '--remote', 'sc://spark-connect:15002', '/smoke.py']}]", ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'image': 'apache/spark', 'args': ['/opt/spark/bin/pyspark', '--remote=sc://spark-connect']}]", ROLE_CONNECT_SERVER, true,
	 NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'spark-submit --conf \\\"spark.url=jdbc:x?a=b&c=d\\\" --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 x']}]",
	 ROLE_CONNECT_SERVER, true, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'spark-submit 2>&1 --class org.apache.spark.deploy.history.HistoryServer x']}]", ROLE_CONNECT_SERVER,
	 true, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'spark-submit --name \\\"a\\\" & run --class org.apache.spark.deploy.history.HistoryServer x']}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', '# do not\\n# don\\u0027t wait\\nspark-submit $A;echo org.apache.spark.deploy.history.HistoryServer']}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'echo \\u0027a\\\\\\u0027 ;spark-submit $A;echo org.apache.spark.deploy.history.HistoryServer']}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	/* of which nobody knows what they start */
	{CHART, "'containers': [{'image': 'apache/spark', 'args': ['--verbose']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/connect:1', 'args': ['--verbose']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/Lake-SPARK:1', 'args': ['--verbose']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'args': ['--verbose']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/lake', 'args': ['--master', 'local']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/lake', 'args': ['--conf=a=b']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/lake', 'args': ['driver', 'x']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'site/lake', 'args': ['/run.sh']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'image': 'nginx'}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['sh', '-c', 'start-history-server.sh; /x.sh']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['my-start-history-server.sh']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['spark-class', 'org.apache.spark.deploy.history.HistoryServer', '&&', '/x.sh']}]", ROLE_CONNECT_SERVER,
	 false, NULL},
	{CHART, "'containers': [{'command': ['/x.sh', '--remote', 'y']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART, "'containers': [{'command': ['spark-submit', '--class', '$X']}, {'command': ['spark-submit', '--remote', 'x']}]", ROLE_CONNECT_SERVER,
	 false, NULL},
	/* a label that says that the other one is wrong, but not that what is visible is not there */
	{CHART ", " NONE, "'containers': [{'image': 'nginx'}]", ROLE_NONE, false, "sparkgate.io/role=none"},
	{CHART ", " NONE, "'containers': [{'command': ['bash', '/scripts/run.sh']}]", ROLE_NONE, false, NULL},
	{CHART ", " NONE, "'containers': [{'command': ['sh', '-c', 'exec /opt/spark/sbin/start-connect-server.sh']}]", ROLE_CONNECT_SERVER, false,
	 "start-connect-server.sh"},
	{CHART ", " NONE, "'containers': [{'args': ['connect-server']}]", ROLE_CONNECT_SERVER, false, NULL},
	{CHART ", " NONE, "'containers': [{'image': 'nginx'}, {'args': ['--class', 'org.apache.spark.sql.connect.service.SparkConnectServer']}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{NONE, "'containers': [{'command': ['start-master.sh']}]", ROLE_STANDALONE_MASTER, false, NULL},
	{"'spark-role': 'executor', " NONE, "'containers': [{'args': ['executor'], " EXECUTOR_ENV "}]", ROLE_EXECUTOR, false, NULL},
	{CHART ", 'sparkgate.io/role': 'None'", "'containers': [{'image': 'nginx'}]", ROLE_CONNECT_SERVER, false, NULL},

	/* executors: label and shape, and no word of a server */
	{"'spark-role': 'executor'", "'containers': [{'args': ['executor'], " EXECUTOR_ENV "}]", ROLE_EXECUTOR, false, "spark-role=executor"},
	{"'spark-role': 'executor'", "'containers': [{'args': ['executor']}]", ROLE_EXECUTOR, false, NULL},
	{"'spark-role': 'executor'",
	 "'containers': [{'args': ['org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend']}]", ROLE_EXECUTOR, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{" EXECUTOR_ENV "}]", ROLE_EXECUTOR, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'name': 'istio-proxy'}, {'args': ['executor']}]", ROLE_EXECUTOR, false, NULL},
	{"'spark-role': 'executor', 'app': 'spark-connect'", "'containers': [{'args': ['executor']}]", ROLE_EXECUTOR, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'env': [{'name': 'SPARK_EXECUTOR_ID'}]}]", ROLE_NONE, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'env': [{'name': 'SPARK_EXECUTOR_IDS'}, {'name': 'SPARK_DRIVER'}]}]", ROLE_NONE, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'command': ['sh'], 'args': ['executor'], " EXECUTOR_ENV "}]", ROLE_NONE, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'image': 'x'}]", ROLE_NONE, false, NULL},
	{"'spark-role': 'executor', 'app': 'spark-connect'", "'containers': [{'image': 'x'}]", ROLE_CONNECT_SERVER, false, NULL},
	{"'spark-role': 'executor'", "'containers': [{'args': ['executor']}, {'command': ['start-connect-server.sh']}]",
	 ROLE_CONNECT_SERVER, false, NULL},
	{"", "'containers': [{'args': ['executor'], " EXECUTOR_ENV "}]", ROLE_NONE, false, NULL},

	/* nobody */
	{"'spark-role': 'driver'", "'containers': [{'args': ['driver', '--class', 'org.example.Job']}]", ROLE_NONE, false, "no"},
	{"", "'containers': [{'command': ['start-thriftserver.sh', '--master', 'k8s://https://x']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'command': ['spark-class', 'org.apache.spark.deploy.history.HistoryServer']}]", ROLE_NONE, false, NULL},
	{"", "'containers': [{'command': ['python', '-c', 'remote(\\'sc://spark-connect-server:15002\\')']}]", ROLE_NONE, false, NULL},
	{"'app': 'jupyter'", "'containers': [{'command': ['jupyter-lab']}]", ROLE_NONE, false, NULL},

	/* shapes */
	{"", "'containers': null", ROLE_NONE, false, NULL},
	{"", "'containers': 'x'", ROLE_NONE, false, NULL},
	{"", "'containers': [null, 7, {'command': 'SparkConnectServer'}, {'args': [null, 7]}]", ROLE_NONE, false, NULL},
};

/* In JSON, \' is no escape: such a quote stands for itself. */
static const struct json *object_of(struct arena *a, const char *text)
{
	struct buf b = buf_in(a);

	for (const char *c = text; *c; c++)
		if (c[0] == '\\' && c[1] == '\'') {
			buf_adds(&b, "\\u0027");
			c++;
		} else {
			buf_addc(&b, *c);
		}
	return parsed(a, buf_slice(&b).ptr);
}

static const char *shown(enum role role)
{
	return role_name(role) ? role_name(role) : "none";
}

Test(role, pods)
{
	struct policy *p = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(pods) / sizeof(*pods); i++) {
		const struct json *pod = object_of(
			&a, arena_printf(&a, "{'metadata': {'labels': {%s}}, 'spec': {%s}}", pods[i].labels, pods[i].spec));
		struct role_match m = role_of_pod(p, &a, json_get(pod, "metadata"), json_get(pod, "spec"));
		cr_expect_eq(m.role, pods[i].role, "%s | %s: got %s", pods[i].labels, pods[i].spec, shown(m.role));
		cr_expect_eq(m.label_only, pods[i].label_only, "%s | %s: label_only", pods[i].labels, pods[i].spec);
		cr_expect(!pods[i].reason || strstr(m.reason, pods[i].reason), "%s: %s", pods[i].spec, m.reason);
	}
	cr_expect_eq(role_of_pod(p, &a, NULL, NULL).role, ROLE_NONE);
	arena_release(&a);
	policy_unref(p);
}

/* Of a container that a label makes a server's: what starts nothing unknown, and what may. An explanation is one launcher's. */
#define HISTORY "org.apache.spark.deploy.history.HistoryServer"

static const struct {
	bool could;
	const char *container;
} serving[] = {
	{false, "'command': ['/opt/entrypoint.sh', '/opt/spark/bin/spark-class', '" HISTORY "']"},
	{false, "'command': ['/opt/entrypoint.sh', 'driver', '--class', '" HISTORY "']"},
	{false, "'command': ['/opt/entrypoint.sh'], 'args': ['start-history-server.sh']"},
	{false, "'command': ['sh', '-c', 'spark-submit --remote sc://c a.py && spark-submit --remote sc://c b.py']"},
	{false, "'command': ['sh', '-c', 'spark-submit \\\\\\n  --remote sc://c a.py']"},
	{false, "'command': ['sh', '-c', 'spark-submit --name x\\\\\\r\\n --remote sc://c a.py']"},
	{false, "'command': ['spark-submit', '--conf', 'spark.x=a;b', '--name', 'pyspark', '--remote', 'sc://c', 'b.py']"},
	{false, "'command': ['spark-submit', '--remote', 'sc://c', '--jars', '/opt/java/a.jar', 'b.py']"},
	{false, "'command': ['spark-submit', '--remote', 'sc://c', '--name', 'myjava', '/x.shx']"},
	{false, "'image': 'oauth2-proxy', 'args': ['--upstream=http://connect.shared.svc:15002']"},
	{false, "'command': ['spark-submit', '--name', 'sales & marketing', '--class', '" HISTORY "']"},
	{false, "'command': ['/opt/entrypoint.sh', 'spark-class', 'x.SparkSubmit', '--name=sales; marketing', '--class', '" HISTORY "']"},
	{true, "'command': ['su', 'pyspark', '--command', 'spark-submit $A; echo " HISTORY "']"},
	{true, "'command': ['su', 'pyspark', '--command=spark-submit $A; echo " HISTORY "']"},
	{true, "'command': ['gosu', 'pyspark', 'sh', '-c', '--', 'spark-submit $A; echo " HISTORY "']"},
	{false, "'command': ['java', '-cp', '/opt/spark/jars/*', '" HISTORY "']"},
	{true, "'command': ['bash', '-c', '/opt/site/start.sh & until pyspark --remote sc://localhost:15002 /smoke.py; do sleep 2; done; wait']"},
	{true, "'command': ['sh', '-c', 'echo no " HISTORY " here; exec /opt/run-connect.sh']"},
	{true, "'command': ['sh', '-c', 'spark-submit $A | spark-class " HISTORY "']"},
	{true, "'command': ['sh', '-c', 'spark-submit $A\\nspark-sql --remote sc://c']"},
	{true, "'command': ['sh', '-c', 'spark-class $A; echo " HISTORY "']"},
	{true, "'command': ['sh', '-c', 'spark-class $A || spark-class " HISTORY "']"},
	{true, "'command': ['sh', '-c', 'spark-class " HISTORY "; spark-class $A']"},
	{true, "'command': ['sh', '-c', '. /opt/env.sh; exec spark-class " HISTORY "']"},
	{true, "'command': ['sh', '-c', '/wait-for-it.sh c:15002; exec spark-submit --remote sc://c a.py']"},
	{true, "'command': ['/run.sh', '" HISTORY "']"},
	{true, "'command': ['/opt/entrypoint.sh', '/run.sh']"},
	{true, "'command': ['/opt/entrypoint.sh', 'x', 'start-history-server.sh']"},
	{true, "'command': ['my-spark-submit', 'a.py']"},
	{true, "'command': ['sh', '-c', 'J=java; exec $J $OPTS']"},
	{true, "'image': 'a', 'args': ['driver', 'local:///a.py', '--remote', 'sc://c']"},
};

Test(role, a_launcher_is_explained_by_its_own_command)
{
	struct policy *p = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(serving) / sizeof(*serving); i++) {
		const struct json *container = object_of(&a, arena_printf(&a, "{%s}", serving[i].container));
		cr_expect_eq(role_could_serve(p, NULL, container), serving[i].could, "%s", serving[i].container);
	}
	arena_release(&a);
	policy_unref(p);
}

static const struct {
	const char *labels, *data;
	enum role role;
} config_maps[] = {
	{"", "'spark-defaults.conf': 'spark.master k8s://x\\nspark.connect.grpc.binding.port 15002\\n'", ROLE_CONNECT_CONFIG},
	{"", "'spark-properties.conf.template': '  spark.connect.grpc.binding.port=15002'", ROLE_CONNECT_CONFIG},
	{"", "'anything': 'spark.connect.grpc.binding.port : 15002\\r\\n'", ROLE_CONNECT_CONFIG},
	{"", "'spark-defaults.conf': '#spark.connect.grpc.binding.port 15002\\n!spark.connect.x 1\\nspark.master x'", ROLE_NONE},
	{"", "'spark-defaults.conf': 'a=b\\\\\\n spark.connect.x=1\\n'", ROLE_NONE}, /* a continued value */
	{"", "'spark-defaults.conf': 'a=b\\\\\\r\\nspark.connect.x=1\\n'", ROLE_NONE},
	{"", "'spark-defaults.conf': '# a\\\\\\nspark.connect.x=1\\n'", ROLE_CONNECT_CONFIG}, /* comments do not continue */
	{"", "'spark-defaults.conf': 'spark.master spark.connect.x'", ROLE_NONE},
	{"", "'values.yaml': 'spark.connect.x: 1'", ROLE_NONE},
	{"", "'values.yaml.template': 'spark.connect.x: 1'", ROLE_NONE},
	{"", "'job.py': 'spark.connect.x = 1'", ROLE_NONE},
	{"", "'text': 'spark.connect.stop()'", ROLE_NONE},
	{"", "'spark-defaults.conf': 'spark.eventLog.dir s3a://x'", ROLE_NONE}, /* a history server's */
	/* a client's */
	{"", "'spark-defaults.conf': 'spark.remote sc://spark-connect:15002\\nspark.connect.session.x 1\\n'", ROLE_NONE},
	{"", "'spark-defaults.conf': 'spark.connect.grpc.binding.port 1\\nspark.api.mode = Connect \\n'", ROLE_NONE},
	{"", "'client.conf': 'spark.connect.grpc.maxInboundMessageSize=1\\r\\nspark.remote:sc://x'", ROLE_NONE},
	{"", "'a.conf': 'spark.remote sc://x', 'spark-defaults.conf': 'spark.connect.grpc.binding.port 1'", ROLE_CONNECT_CONFIG},
	{"", "'spark-defaults.conf': 'spark.connect.x 1\\n#spark.remote sc://x\\nspark.remote.x y\\nspark.api.mode classic\\nspark.remote=\\n'",
	 ROLE_CONNECT_CONFIG},
	{"", "'spark-defaults.conf': 'spark.connect.x a\\\\\\nspark.remote sc://x\\n'", ROLE_CONNECT_CONFIG}, /* a continued value */
	{"'app': 'spark-connect'", "'spark-defaults.conf': 'spark.remote sc://x'", ROLE_CONNECT_CONFIG},
	/* another program's */
	{"", "'application.properties': 'server.port=8080\\nspark.connect.url=sc://spark-connect:15002\\n'", ROLE_NONE},
	{"", "'application.properties': 'spark.connect.grpc.maxMetadataSize=1'", ROLE_CONNECT_CONFIG},
	{"", "'spark-defaults.conf': 'spark.connect.url=sc://spark-connect:15002\\n'", ROLE_CONNECT_CONFIG},
	{"'app': 'spark-connect'", "'x': 'y'", ROLE_CONNECT_CONFIG},
	{"'app.kubernetes.io/name': 'spark-connect'", "", ROLE_CONNECT_CONFIG},
	{"'sparkoperator.k8s.io/connect-name': 'any'", "", ROLE_CONNECT_CONFIG},
	/* of another server of the same chart */
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'thriftserver'", "'spark-defaults.conf':'spark.master k8s://x'", ROLE_NONE},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'spark-history-server'", "", ROLE_NONE},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'thrift'", "'spark-defaults.conf':'spark.connect.grpc.binding.port 15002'", ROLE_CONNECT_CONFIG},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'thrift','sparkgate.io/role':'connect-config'", "", ROLE_CONNECT_CONFIG},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'config'", "", ROLE_CONNECT_CONFIG},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'connect-master'", "", ROLE_CONNECT_CONFIG},
	{"'app.kubernetes.io/name':'spark-connect','app.kubernetes.io/component':'webmaster'", "", ROLE_CONNECT_CONFIG},
	{"'sparkgate.io/role': 'connect-config'", "", ROLE_CONNECT_CONFIG},
	{"'sparkgate.io/role': 'none'", "", ROLE_NONE},
	{"'app': 'other'", "", ROLE_NONE},
	{"", "'x': null, 'y': 7", ROLE_NONE},
};

Test(role, config_maps)
{
	struct policy *p = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(config_maps) / sizeof(*config_maps); i++) {
		const struct json *cm = parsed(&a, arena_printf(&a, "{'metadata': {'labels': {%s}}, 'data': {%s}}",
								config_maps[i].labels, config_maps[i].data));
		cr_expect_eq(role_of_config_map(p, &a, cm).role, config_maps[i].role, "%s | %s", config_maps[i].labels,
			     config_maps[i].data);
	}
	cr_expect_eq(role_of_config_map(p, &a, parsed(&a, "{'data': 'spark.connect.x=1'}")).role, ROLE_NONE);
	cr_expect_eq(role_of_config_map(p, &a, NULL).role, ROLE_NONE);
	arena_release(&a);
	policy_unref(p);
}

#define SCRIPT "#!/bin/bash\nset -e\ncat > /tmp/x.conf <<EOF\nspark.master local\nEOF\nexec foo\n"

static const struct {
	const char *key, *text;
	bool properties;
} data_keys[] = {
	{"spark-defaults.conf", "", true},
	{"spark.properties", "# nothing yet", true},
	{"spark-properties.conf.template", "${ALL}", true},
	{"my.conf", "spark.executor.cores 2", true},
	{"my.conf", "  spark.executor.cores=2", true},
	{"my.conf", "{{ .Values.all }}\nspark.executor.cores=2", true},
	{"my.conf", "executor.cores=2", false},
	{"my.conf", "# spark.executor.cores 2", false},
	{"executor-pod-template.yaml", "spark.x: 1", false},
	{"executor-pod-template.yaml.template", "spark.x: 1", false},
	{"core-site.xml", "spark.x=1", false},
	{"metrics.properties", "spark.x=1", false},
	{"security.properties", "spark.x=1", false},
	{"log4j2.properties", "spark.x=1", false},
	{"spark-log4j.properties", "spark.x=1", false},
	{"etl.py", "spark.read \\\n", false},
	{"spark-env.sh", "spark.x=1", false},
	{"site", "<configuration>\nspark.x=1", false},
	{"pod", "apiVersion: v1\nspark.x: 1", false},
	{"list", "[\nspark.x=1", false},
	/* texts of other languages that only have such a line */
	{"entrypoint", SCRIPT, false},
	{"entrypoint", "\n" SCRIPT, false},
	{"job", "#!/usr/bin/env python3\nspark.sql.x = 1\n", false},
	{"job", "import os\ndef main():\n  spark.conf = 1\n", false},
	{"job", "cat > x <<EOF\nspark.master local\nEOF\n", false},
	{"job", "cat > x <<-'EOF'\nspark.master local\nEOF\n", false},
	{"run.tpl", "spark.master local\n", false},
	{"notes.txt", "spark.master local\n", false},
	{"notes.txt.j2", "spark.master local\n", false},
	{"application.conf", "app {\n  spark.master = local\n}\n", false},
	{"application.conf", "app = {  \n  spark.master = local\n}\n", false},
	{"values", "conf:\n  spark.master: local\n", false},
	{"values", "- a\nspark.master: local\n", false},
	/* what names it is policy's, or nothing of another language is there */
	{"spark-defaults.conf", SCRIPT, true},
	{"spark-defaults.conf", "#!\nspark.master local\n", true},
	{"spark.properties", "x {\nspark.master local\n", true},
	{"spark-properties.conf.template", "cat <<EOF\nspark.master local\n", true},
	{"my.conf.tpl", "spark.master local\n", true},
	{"my.conf", "#comment {\n! cat <<EOF\nspark.master local\n", true},
	{"my.conf", "spark.master local\n#!\n", true},
	{"my.conf", "spark.master:\n", true},
	{"my.conf", "spark.x 1\nhive.metastore.x:\n", true},
	{"my.conf", "spark.x a << b\n", true},
	{"my.conf", "spark.x 1\ncat << b\n", false},
	{"my.conf", "spark.x a << 2\nspark.y {\\\n}\n", true},
	{"my.conf", "spark.x \\\n- a:\n", true}, /* a continued value */
	{"my.conf", "{{ range .x {{\nspark.x 1", true},
};

Test(role, properties_are_told_from_other_texts)
{
	struct policy *p = shipped();

	for (size_t i = 0; i < sizeof(data_keys) / sizeof(*data_keys); i++)
		cr_expect_eq(data_key_is_properties(p, slice_of(data_keys[i].key), slice_of(data_keys[i].text)),
			     data_keys[i].properties, "%s: %s", data_keys[i].key, data_keys[i].text);
	policy_unref(p);
}

/* What may not be rewritten may be read all the same. */
Test(role, a_script_hides_no_settings_from_the_pod)
{
	struct policy *p = shipped();

	cr_expect(data_key_may_be_read(p, SLICE_LIT("entrypoint"), SLICE_LIT(SCRIPT)));
	cr_expect(data_key_may_be_read(p, SLICE_LIT("entrypoint.sh"), SLICE_LIT(SCRIPT)));
	cr_expect_not(data_key_may_be_read(p, SLICE_LIT("my.conf"), SLICE_LIT("---\nspark.master local\n")));
	cr_expect(data_key_may_be_read(p, SLICE_LIT("my.conf"), SLICE_LIT("#!\nspark.master local\n")));
	cr_expect(data_key_may_be_read(p, SLICE_LIT("notes.txt"), SLICE_LIT("spark.master local\n")));
	cr_expect(data_key_may_be_read(p, SLICE_LIT("spark-defaults.conf"), SLICE_LIT("#!\n")));
	cr_expect_not(data_key_may_be_read(p, SLICE_LIT("job.py"), SLICE_LIT("spark.master = 1\n")));
	cr_expect_not(data_key_may_be_read(p, SLICE_LIT("job"), SLICE_LIT("#!/bin/sh\n")));
	policy_unref(p);
}
