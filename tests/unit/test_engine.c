/*
 * Decisions, whole: object + namespace -> what admission says. One line a case; the
 * objects are written with single quotes.
 */
#include "engine_testing.h"

/* patch, message and warning: a part that must be there; "" = nothing of the kind; NULL = no matter. */
/* A shell that starts the server with what env EXTRA holds. */
#define SHELL_EXTRA(value)                                                                                                       \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','env':[{'name':'EXTRA','value':'" value \
	"'},{'name':'SPARK_NO_DAEMONIZE','value':'1'}],'command':['sh','-c','exec /opt/spark/sbin/start-connect-server.sh $EXTRA']}]}}"

/* A shell that runs text, with one more variable. */
#define SHELL_WITH(name, value, text) ARGV(FOREGROUND_AND(name, value), "'bash','-c','" text "'")
#define FOREGROUND_AND(name, value) ",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'" name "','value':'" value "'}]"

#define SCRIPT "/opt/spark/sbin/start-connect-server.sh"
#define SHELL(text) ARGV(FOREGROUND, "'bash','-c','" text "'")
#define DEFAULTS_OF(cores) "echo spark.executor.cores " cores " > $SPARK_HOME/conf/spark-defaults.conf\\n"

static const struct {
	const char *name, *mode, *annotations, *object;
	bool allowed, verdict;
	const char *patch, *message, *warning;
} cases[] = {
	{"not opted in", NULL, STANDALONE, SERVER, true, true, "", "", ""},
	{"enforce rewrites", "enforce", STANDALONE, SERVER, true, true, "spark://m:7077", "", NULL},
	{"and back", "enforce", K8S, SERVER, true, true, "k8s://https://kubernetes.default.svc", "", NULL},
	{"warn changes nothing and says so", "warn", STANDALONE, SERVER, true, true, "", "",
	 "backend.master: would change spark.master from local[*] to spark://m:7077"},
	{"audit says nothing", "audit", STANDALONE, SERVER, true, true, "", "", ""},
	{"a typing error acts as enforce", "enforced", STANDALONE, SERVER, true, true, "spark://m:7077", "", "did you mean 'enforce'"},
	{"no backend: hardened, not rewritten", "enforce", "", SERVER, true, true, "allowPrivilegeEscalation", "",
	 "scope.noBackend: namespace has no sparkgate.io/backendMode"},
	{"no backend: nothing is said to who is not rewritten anyway", "enforce", "",
	 "{'kind':'Pod','metadata':{'name':'x-exec-1','labels':{'spark-role':'executor'}},'spec':{'containers':[{'name':'e','image':'apache/spark:4.1.0','args':['executor']}]}}",
	 true, true, NULL, "", ""},
	{"no backend in audit: silence", "audit", "", SERVER, true, true, "", "", ""},
	{"a bad backend refuses servers", "enforce", "'sparkgate.io/backendMode':'k8'", SERVER, false, false, NULL,
	 "scope.backendMode", NULL},
	{"standalone without a master", "enforce", "'sparkgate.io/backendMode':'standalone'", SERVER, false, false, NULL,
	 "scope.noMaster", ""},
	{"an unreadable master", "enforce", "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m'",
	 SERVER, false, false, NULL, "scope.standaloneMaster", NULL},
	{"an explicit bad value under fill", "enforce", STANDALONE, ROOT_POD, false, false, NULL,
	 "violates PodSecurity \"restricted:latest\": ", NULL},
	{"names the way out", "enforce", STANDALONE, ROOT_POD, false, false, NULL, "sparkgate.io/hardening=force", NULL},
	{"force overrides it", "enforce", STANDALONE ",'sparkgate.io/hardening':'force'", ROOT_POD, true, true, "runAsNonRoot", "", NULL},
	{"off touches no security field", "enforce", STANDALONE ",'sparkgate.io/hardening':'off'", SERVER, false, false, NULL,
	 "violates PodSecurity", NULL},
	{"a version of the standards that nobody knows yet", "enforce", STANDALONE ",'sparkgate.io/pssVersion':'v1.99'", SERVER, true,
	 true, "spark://m:7077", "", "scope.pssVersion: sparkgate.io/pssVersion v1.99 is newer than v1.37"},
	{"the refusal names it as it was asked for", "enforce", STANDALONE ",'sparkgate.io/pssVersion':'v1.99'", ROOT_POD, false, false,
	 NULL, "violates PodSecurity \"restricted:v1.99\": ", NULL},
	{"a controller hears that there is no backend", "enforce", "",
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "scope.noBackend: namespace has no sparkgate.io/backendMode"},
	{"a controller hears that its pods may not choose", "enforce", K8S,
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'metadata':{'annotations':{'sparkgate.io/backendMode':'standalone'}},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "scope.allowOverride: sparkgate.io/backendMode of the object is ignored"},
	{"a controller hears that it is not asked", "enforce", K8S ",'sparkgate.io/allowOverride':'true'",
	 "{'kind':'Deployment','metadata':{'name':'d','annotations':{'sparkgate.io/backendMode':'standalone'}},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "scope.allowOverride: sparkgate.io/backendMode is ignored here: write it to /spec/template/metadata/annotations"},
	{"a controller hears that nobody is", "enforce", K8S,
	 "{'kind':'Deployment','metadata':{'name':'d','annotations':{'sparkgate.io/backendMode':'standalone'}},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "scope.allowOverride: sparkgate.io/backendMode of the object is ignored"},
	{"a controller hears of it too", "enforce", STANDALONE ",'sparkgate.io/pssVersion':'v1.99'",
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "scope.pssVersion: sparkgate.io/pssVersion v1.99 is newer than v1.37"},
	{"OpenShift: a pinned user outside the range, on the controller", "enforce", STANDALONE ",'openshift.io/sa.scc.uid-range':'1000650000/10000'",
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'securityContext':{'runAsUser':185},'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "pss.uidRange: runAsUser 185 is outside the namespace's UID range 1000650000/10000"},
	{"and within it", "enforce", STANDALONE ",'openshift.io/sa.scc.uid-range':'1000650000/10000'",
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'securityContext':{'runAsUser':1000659999},'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", ""},
	{"of a range beyond 2^31", "enforce", STANDALONE ",'openshift.io/sa.scc.uid-range':'3000000000/10000'",
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'securityContext':{'runAsUser':185},'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}}}",
	 true, true, NULL, "", "pss.uidRange: runAsUser 185 is outside the namespace's UID range 3000000000/10000"},
	{"a running pod's owner hears nothing of it", "enforce", STANDALONE ",'openshift.io/sa.scc.uid-range':'1000650000/10000'",
	 "{'kind':'Pod','metadata':{'name':'p'},'spec':{'securityContext':{'runAsUser':185},'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}",
	 true, true, "allowPrivilegeEscalation", "", ""},
	{"no backend is said beside another problem", "enforce", "'sparkgate.io/pssVersion':'v1.99'", SERVER, true, true,
	 "allowPrivilegeEscalation", "", "scope.noBackend: namespace has no sparkgate.io/backendMode"},
	{"privileged asks for nothing", "enforce", STANDALONE ",'sparkgate.io/pssLevel':'privileged'", ROOT_POD, true, true,
	 "spark://m:7077", "", NULL},
	{"pssMode warn: rewritten, not refused", "enforce", STANDALONE ",'sparkgate.io/pssMode':'warn'", ROOT_POD, true, false,
	 "spark://m:7077", "", "would violate PodSecurity"},
	{"the weaker of mode and pssMode", "audit", STANDALONE ",'sparkgate.io/pssMode':'enforce'", ROOT_POD, true, false, "", "", ""},
	{"sizes that a variable sets keep the last word", "enforce", STANDALONE, SHELL_EXTRA("--executor-cores 4 --total-executor-cores 32"), true, true,
	 "--conf spark.executor.cores=4 --conf spark.cores.max=32 $EXTRA --master spark://m:7077\"", "", ""},
	{"one of the pair gives the other", "enforce", STANDALONE, SHELL_EXTRA("--executor-cores 4"), true, true,
	 "--conf spark.executor.cores=4 --conf spark.cores.max=8 $EXTRA --master spark://m:7077\"", "", ""},
	{"so do executors", "enforce", STANDALONE, SHELL_EXTRA("--conf spark.executor.instances=5 --conf spark.executor.cores=4"), true, true,
	 "--conf spark.executor.cores=4 --conf spark.cores.max=20 $EXTRA --master spark://m:7077\"", "", ""},
	{"a size that nobody can read is nobody's to choose", "enforce", STANDALONE, SHELL_EXTRA("--executor-cores $(CORES)"), true, true,
	 "--conf spark.executor.cores=1 $EXTRA --master=spark://m:7077 --master spark://m:7077\"", "",
	 "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores: write it (e.g. 8: 2 executors of 4)"},
	{"executors that only the shell knows, of cores that we have written", "enforce", STANDALONE,
	 SHELL("exec " SCRIPT " --conf spark.executor.instances=${N:-2} ${EXTRA_ARGS}"), true, true,
	 "--conf spark.executor.cores=1 --conf spark.executor.instances=${N:-2} ${EXTRA_ARGS} --master spark://m:7077\"", "",
	 "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores: write it (e.g. 2: 2 executors of 1)"},
	{"and of those of the line", "enforce", STANDALONE,
	 SHELL("exec " SCRIPT " --executor-cores 3 --conf spark.executor.instances=${N:-2} ${EXTRA_ARGS}"), true, true,
	 "--executor-cores 3 --conf spark.executor.instances=${N:-2} ${EXTRA_ARGS} --master spark://m:7077\"", "",
	 "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores: write it (e.g. 6: 2 executors of 3)"},
	{"sizes that nobody names are written where they hold, and that is said", "enforce", STANDALONE, SHELL_EXTRA("--name x"), true, true,
	 "$EXTRA --master spark://m:7077 --executor-cores 1 --total-executor-cores 2\"", "",
	 "backend.coresMax: spark.executor.cores=1, spark.cores.max=2: win over any expansion; write spark.cores.max to choose"},
	{"a comment names none", "enforce", STANDALONE,
	 SHELL_WITH("OPTS", "--name x", "# spark.cores.max and spark.executor.cores are left to the cluster\\nexec " SCRIPT " $OPTS"), true, true,
	 "--executor-cores 1 --total-executor-cores 2\"", "",
	 "backend.coresMax: spark.executor.cores=1, spark.cores.max=2: win over any expansion; write spark.cores.max to choose"},
	{"sizes that a branch may set are the script's, and that is said", "enforce", STANDALONE,
	 SHELL("[ \\'$B\\' ] && OPTS=\\'--total-executor-cores $C --executor-cores $D\\'; exec " SCRIPT " $OPTS"), true, true,
	 "--conf spark.executor.cores=1 $OPTS", "", "backend.coresMax: spark.cores.max: left to the script; write spark.cores.max, else all cores"},
	{"a number that the kubelet knows", "enforce", STANDALONE,
	 SHELL_WITH("CORES", "4", "exec " SCRIPT " --conf spark.executor.cores=$(CORES) $OPTS"), true, true, "--conf spark.cores.max=8 --", "", ""},
	{"words that only sound like a size", "enforce", STANDALONE,
	 SHELL_WITH("OPTS", "--name x", "echo executor.cores tuned; exec " SCRIPT " --executor-cores 4 $OPTS"), true, true, "--conf spark.cores.max=8 --", "", ""},
	{"two numbers, of which only a shell knows which", "enforce", STANDALONE,
	 SHELL_WITH("OPTS", "--executor-cores 16", "exec " SCRIPT " --executor-cores 4 $OPTS"), true, true, "--executor-cores 4 $OPTS --master", "",
	 "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores"},
	{"executors at most, where dynamic allocation is off", "enforce", STANDALONE,
	 SHELL_EXTRA("--conf spark.dynamicAllocation.enabled=false --conf spark.dynamicAllocation.maxExecutors=9 --conf spark.executor.instances=3"),
	 true, true, "--conf spark.cores.max=3 $EXTRA", "", ""},
	{"more cores than Spark can count", "enforce", STANDALONE, SHELL_EXTRA("--executor-cores 1000000 --num-executors 1000000"), true, true,
	 "--conf spark.executor.cores=1000000 $EXTRA --master", "", "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores"},
	{"executors that only the shell knows", "enforce", STANDALONE, SHELL("exec " SCRIPT " --executor-cores 2 --num-executors $N"), true, true,
	 "7079 --executor-cores 2 --num-executors $N\"", "", "backend.coresMax: spark.cores.max is not set, Spark takes all the cluster's cores"},
	{"a file that the script writes keeps its sizes", "enforce", STANDALONE, SHELL(DEFAULTS_OF("$C") "exec " SCRIPT), true, true,
	 "--conf spark.driver.host=$(POD_IP)\"", "",
	 "backend.coresMax: spark.executor.cores, spark.cores.max: left to the script; write spark.cores.max, else all cores"},
	{"those that can be read are repeated", "enforce", STANDALONE, SHELL(DEFAULTS_OF("4") "exec " SCRIPT), true, true,
	 "--conf spark.driver.host=$(POD_IP) --conf spark.executor.cores=4 --conf spark.cores.max=8\"", "",
	 "backend.fileNotSeen: file 'spark-defaults.conf' (made by a command); left alone: spark.driver.bindAddress"},
	{"cluster deploy mode", "enforce", STANDALONE, ARGV(FOREGROUND, START ",'--deploy-mode','cluster'"), false, false, NULL,
	 "connect.deployMode: deploy mode is cluster (container 'c'), ", NULL},
	{"no executor ever starts", "enforce", STANDALONE, ARGV(FOREGROUND, START ",'--total-executor-cores','2','-c','spark.executor.cores=3'"), true, true,
	 NULL, "", "connect.coresMax: spark.cores.max (container 'c') is less than spark.executor.cores (container 'c'), "},
	{"one does", "enforce", STANDALONE, ARGV(FOREGROUND, START ",'--total-executor-cores','3','-c','spark.executor.cores=3'"), true, true, NULL, "", ""},
	{"k8s asks nobody for spark.cores.max", "enforce", K8S, ARGV(FOREGROUND, START ",'--total-executor-cores','2','-c','spark.executor.cores=3'"), true,
	 true, NULL, "", ""},
	{"SPARK_REMOTE", "enforce", STANDALONE, ARGV(",'env':[{'name':'SPARK_REMOTE','value':'sc://x'}]", START), false, false,
	 NULL, "connect.remote", NULL},
	{"an object may not choose", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/backendMode':'standalone'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.allowOverride: sparkgate.io/backendMode of the object is ignored"},
	{"a misspelt key of an object", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/backendmode':'k8s'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.unknownKey: key 'sparkgate.io/backendmode' is unknown, did you mean 'sparkgate.io/backendMode'?"},
	{"a Namespace's key on an object", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/hardening':'off'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.unknownKey: key 'sparkgate.io/hardening' is read on Namespaces only: write it there"},
	{"a Namespace's label on an object", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'sparkgate.io/mode':'audit'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.unknownKey: key 'sparkgate.io/mode' is read on Namespaces only: write it there"},
	{"an annotation that is a label", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/role':'none'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.unknownKey: key 'sparkgate.io/role' must be a label, nothing reads it here"},
	{"a label that is an annotation", "enforce", K8S,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'sparkgate.io/backendMode':'k8s'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "k8s://https", "", "scope.unknownKey: key 'sparkgate.io/backendMode' must be an annotation, nothing reads it here"},
	{"keys that are read", "enforce", K8S ",'sparkgate.io/allowOverride':'true'",
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'sparkgate.io/role':'connect-server','a':'b'},'annotations':{'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m:7077','sparkgate.io/decision':'x','mysparkgate.io/mode':'y'}},'spec':{'containers':[{'name':'c','image':'apache/spark:4.1.0','command':[" START "]" FOREGROUND "}]}}",
	 true, true, "spark://m:7077", "", ""},
	{"unless the namespace lets it", "enforce", K8S ",'sparkgate.io/allowOverride':'true'",
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://master.team:7077'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "spark://master.team:7077", "", NULL},
	{"but not a master of another namespace", "enforce", K8S ",'sparkgate.io/allowOverride':'true'",
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://master.other:7077'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 false, false, NULL, "scope.standaloneMaster", NULL},
	{"a foreign decision is overwritten", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/decision':'forged'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "sparkgate.io~1decision", "", NULL},
	{"a mark without a backend is taken off", "enforce", "",
	 "{'kind':'ConfigMap','metadata':{'name':'m','annotations':{'sparkgate.io/decision':'{}'}},'data':{'spark-defaults.conf':'spark.connect.a=1\\n#sparkgate:off spark.master=yarn\\n'}}",
	 true, true, "spark.connect.a=1\\nspark.master=yarn\\n", "", NULL},
	{"an unreadable pod template is told", "enforce", K8S,
	 "{'kind':'ConfigMap','metadata':{'name':'m'},'data':{'spark-defaults.conf':'spark.connect.a=1','x-pod-template.yaml':'a: [1'}}",
	 true, true, NULL, "", "config.podTemplate: 'x-pod-template.yaml' cannot be read as a pod"},
	{"not one of ours", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i','command':['nginx']}]}}", true, true,
	 "", "", ""},
	{"a Thrift server is not ours", "enforce", STANDALONE,
	 ARGV("", "'spark-submit','--master','k8s://x','--class','org.apache.spark.sql.hive.thriftserver.HiveThriftServer2'"), true,
	 true, "", "", ""},
	{"on its way out", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "", "", ""},
	{"a controller is told what its pods will hear", "enforce", STANDALONE,
	 "{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'metadata':{},'spec':{'securityContext':{'runAsNonRoot':false},'containers':[{'name':'c','image':'i','command':[" START "]}]}}}}",
	 false, false, NULL, "Deployment \"d\"", "would violate PodSecurity"},
	{"an executor only warns", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'x-exec-1','labels':{'spark-role':'executor'}},'spec':{'securityContext':{'runAsNonRoot':false},'containers':[{'name':'e','image':'i','args':['executor'],'env':[{'name':'SPARK_EXECUTOR_ID','value':'1'},{'name':'SPARK_DRIVER_URL','value':'spark://x'}]}]}}",
	 true, true, NULL, "", "connect.executorBackend"},
	{"a forged executor label hides nothing", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'spark-role':'executor'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
	 true, true, "spark://m:7077", "", NULL},
	{"a class that only the shell knows", "enforce", STANDALONE,
	 ARGV("", "'sh','-c','spark-submit --class $CLASS --conf x=SparkConnectServer'"), false, false, NULL, "cannot tell", NULL},
	{"a script that nobody can look into, by its label a server", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'i','command':['/opt/my-start.sh']}]}}",
	 false, false, NULL, "backend.cannotTell: cannot tell: container 'c' runs /opt/my-start.sh, which cannot be rewritten (label app=spark-connect)", NULL},
	{"whatever the command looks like where the role is said", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'sparkgate.io/role':'connect-server'}},'spec':{'containers':[{'name':'c','image':'i','command':['/run']}]}}",
	 false, false, NULL, "backend.cannotTell: ", NULL},
	{"a Helm test with a server's label", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'apache/spark','command':['wget']}]}}",
	 true, true, NULL, "", ""},
	{"and where the namespace lacks its master it is warned, not refused", "enforce", "'sparkgate.io/backendMode':'standalone'",
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'apache/spark','command':['wget']}]}}",
	 true, true, NULL, "", "scope.noMaster: "},
	{"its Pod Security half refuses as ever", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'hostNetwork':true,'containers':[{'name':'c','image':'apache/spark','command':['wget']}]}}",
	 false, false, NULL, "violates PodSecurity", NULL},
	{"a master that may not be chosen is told once", "enforce", K8S ",'sparkgate.io/allowOverride':'true'",
	 "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://m.other:7077'}},'spec':{'containers':[{'name':'c','image':'apache/spark','command':[" START "]" FOREGROUND "}]}}",
	 false, false, NULL, "enforce): scope.standaloneMaster: sparkgate.io/standaloneMaster 'spark://m.other:7077' may not be chosen here: name a Service of this namespace", ""},
	{"what was written is not complained of", "enforce", STANDALONE, ARGV(FOREGROUND, START), true, true, "spark.driver.host=$(POD_IP)", "", ""},
	{"a name that Kubernetes does not know stays as it is, so is no address", "enforce", STANDALONE,
	 ARGV(FOREGROUND, START ",'--conf','spark.driver.host=$(NOBODY)'"), true, true, "spark.driver.host=$(POD_IP)", "", ""},
	{"a server that is only talked about", "enforce", STANDALONE, ARGV("", "'sh','-c','echo try start-connect-server.sh'"), true,
	 true, NULL, "", NULL},
	{"unless a label says it is one", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'i','command':['sh','-c','# start-connect-server.sh\\n/opt/mine.sh']}]}}",
	 false, false, NULL, "cannot tell", NULL},
	{"$(POD_IP) that nobody expands stays so", "enforce", STANDALONE,
	 ARGV("", "'spark-submit','--class','org.apache.spark.sql.connect.service.SparkConnectServer','--conf$(POD_IP)ui=1'"),
	 true, true, "SPARKGATE_POD_IP", "", NULL},
	{"hostile containers", "enforce", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':'x'}}", false, false, NULL,
	 "sparkgate: Pod", NULL},
};

static void expect_part(const char *name, const char *what, const char *text, const char *part)
{
	if (!part)
		return;
	if (*part == '\0')
		cr_expect_str_empty(text ? text : "", "%s: %s: %s", name, what, text);
	else
		cr_expect(text && strstr(text, part), "%s: %s lacks '%s': %s", name, what, part, text ? text : "(none)");
}

Test(engine, decides_as_the_contract_says)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		admit(&w, cases[i].mode, cases[i].annotations, cases[i].object);
		const char *patch = w.sim.patch->count ? json_patch_print(w.sim.patch, "").ptr : "";
		cr_expect_eq(w.sim.allowed, cases[i].allowed, "%s: allowed; %s", cases[i].name, w.sim.message ? w.sim.message : "");
		cr_expect_eq(w.sim.verdict, cases[i].verdict, "%s: verdict", cases[i].name);
		expect_part(cases[i].name, "patch", patch, cases[i].patch);
		expect_part(cases[i].name, "message", w.sim.message, cases[i].message);
		expect_part(cases[i].name, "warnings", warnings_text(&w), cases[i].warning);
		arena_reset(&w.a);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* What came out goes in again: nothing more is to be done. */
Test(engine, a_second_admission_is_empty)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		admit(&w, cases[i].mode, cases[i].annotations, cases[i].object);
		const char *again = json_print(&w.a, w.sim.result).ptr;
		admit(&w, cases[i].mode, cases[i].annotations, again);
		cr_expect_eq(w.sim.patch->count, 0, "%s: %s", cases[i].name,
			     w.sim.patch->count ? json_patch_print(w.sim.patch, "").ptr : "");
		arena_reset(&w.a);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* The mark of a namespace in enforce, on an object that was copied from there: no second round. */
Test(engine, a_copied_mark_is_no_second_round_in_audit)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	bool changes = false;

	admit(&w, "audit", STANDALONE,
	      "{'kind':'Pod','metadata':{'name':'p','annotations':{'sparkgate.io/decision':"
	      "'{\\\"v\\\":1,\\\"backend\\\":\\\"standalone\\\",\\\"role\\\":\\\"connect-server\\\"}'}},"
	      "'spec':{'containers':[{'name':'c','image':'i','command':[" START "]" FOREGROUND "}]}}");
	for (size_t i = 0; i < w.sim.mutate.answer.audit_count; i++) {
		cr_expect_not(strstr(w.sim.mutate.answer.audit[i][0], ".again"), "%s", w.sim.mutate.answer.audit[i][0]);
		changes |= strcmp(w.sim.mutate.answer.audit[i][0], "changes") == 0;
	}
	cr_expect(changes);
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* A decision that stood there could not be written without a path that does not apply. */
Test(engine, a_patch_always_applies)
{
	static const char *const metadata[] = {"{'name':'p','annotations':['x']}", "{'annotations':'x'}", "{'annotations':null}",
					       "null", "'x'", "{'annotations':{'sparkgate.io/decision':null}}"};
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(metadata); i++) /* admit() applies it */
		admit(&w, "enforce", STANDALONE ",'sparkgate.io/pssMode':'warn'",
		      arena_printf(&w.a,
				   "{'kind':'Pod','metadata':%s,'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
				   metadata[i]));
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* A server that /mutate never saw is refused for what it is, with a hint where to look. */
Test(engine, validate_judges_what_it_sees)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct review review = review_of(&w.a, SERVER);

	w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
	struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect_not(d.allowed);
	cr_expect_eq(d.entry, ENTRY_SERVERS_VALIDATE);
	cr_expect_eq(d.answer.code, 403);
	cr_expect(strstr(d.answer.message, "backend.master: spark.master is 'local[*]'"), "%s", d.answer.message);
	cr_expect(strstr(d.answer.message, "is pods.mutate.sparkgate.io reachable?"), "%s", d.answer.message);
	cr_expect_gt(d.answer.cause_count, 1);

	/* What /mutate would have left alone was not missed by it. */
	static const char *const left_alone[] = {
		"{'kind':'Pod','metadata':{'name':'p','annotations':{'kubernetes.io/config.mirror':'x'}},'spec':{'containers':[{'name':'c','image':'i','command':[" START "]}]}}",
		"{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'i'}]}}",
	};
	w.facts.namespace = namespace_of(&w.a, "enforce", STANDALONE ",'sparkgate.io/hardening':'off'");
	for (size_t i = 0; i < COUNT(left_alone); i++) {
		review = review_of(&w.a, left_alone[i]);
		d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect_not(d.allowed);
		cr_expect(!strstr(d.answer.message, "reachable?"), "%s", d.answer.message);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(engine, a_namespace_that_nobody_has_seen)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct review review = review_of(&w.a, SERVER);

	struct decision mutate = decide(&w, ENDPOINT_MUTATE, &review);
	cr_expect(mutate.allowed && mutate.patch.count == 0);
	struct decision validate = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect_not(validate.allowed);
	cr_expect(strstr(validate.answer.message, "not known"), "%s", validate.answer.message);
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define DEBUGGED(image, ...) \
	"{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'" image "','command':['sleep','inf']}],'ephemeralContainers':[{'name':'d'," \
	"'image':'apache/spark:4.1.0'," __VA_ARGS__ "}]}}"
#define SAFE_SERVER(master) \
	"'command':[" START ",'--master','" master "'],'securityContext':{'allowPrivilegeEscalation':false,'runAsNonRoot':true,'runAsUser':185,'capabilities':{'drop':['ALL']}," \
	"'seccompProfile':{'type':'RuntimeDefault'}}"

/* A server that kubectl debug puts into a pod that runs, of whatever kind. */
Test(engine, a_server_among_ephemeral_containers_is_one)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	struct review review = review_of(&w.a, DEBUGGED("i", SAFE_SERVER("local[1]")));

	w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
	review.operation = OP_UPDATE;
	review.subresource = "ephemeralcontainers";
	review.old_object = parsed(&w.a, "{'spec':{'containers':[{'name':'c','image':'i'}]}}");
	struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
	cr_expect_not(d.allowed);
	cr_expect(strstr(d.answer.message, "backend.master: spark.master is 'local[1]' (--master)"), "%s", d.answer.message);
	review.object = parsed(&w.a, DEBUGGED("i", SAFE_SERVER("spark://m:7077")));
	d = decide(&w, ENDPOINT_VALIDATE, &review);
	for (size_t i = 0; i < d.findings.count; i++)
		cr_expect(strncmp(d.findings.items[i].rule, "backend.m", 9) != 0, "%s", d.findings.items[i].message);
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(engine, what_becomes_of_a_manifest_has_no_defaults)
{
	struct world w = {.policy = shipped()};
	struct json *object = json_copy(&w.a, parsed(&w.a, SERVER));
	struct json *spec = json_copy(&w.a, json_get(object, "spec"));
	const struct json *result = NULL;
	struct err err = {""};

	json_put(&w.a, spec, "volumes", json_copy(&w.a, parsed(&w.a, "[{'name':'v'}]")));
	json_put(&w.a, object, "spec", spec);
	const struct json *defaulted = simulate_defaulted(&w.a, object, "Pod");
	admit(&w, "enforce", STANDALONE, json_print(&w.a, defaulted).ptr);
	cr_expect(slice_has(json_print(&w.a, w.sim.result), "emptyDir"));
	cr_assert_eq(simulate_manifest(&w.a, &w.sim, object, &result, &err), 0, "%s", err.text);
	cr_expect_not(slice_has(json_print(&w.a, result), "emptyDir"));
	cr_expect(slice_has(json_print(&w.a, result), "spark://m:7077"));
	admit(&w, "audit", STANDALONE, json_print(&w.a, defaulted).ptr);
	cr_assert_eq(simulate_manifest(&w.a, &w.sim, object, &result, &err), 0, "%s", err.text);
	cr_expect_eq(result, object, "nothing becomes of it");
	arena_release(&w.a);
	policy_unref(w.policy);
}
