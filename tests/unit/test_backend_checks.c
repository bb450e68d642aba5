/*
 * The checks called backend.* and connect.masterUrl: what /validate says of a server as it is, where its master comes
 * from, and where nobody can tell. One line a case; of ConfigMaps there is one, "conf".
 */
#include "engine_testing.h"

#define SUBMIT "'spark-submit','--class','org.apache.spark.sql.connect.service.SparkConnectServer'"
#define LABELLED(spec, container) \
	"{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{" spec "'containers':[{'name':'c','image':'apache/spark:4.1.0'," container "}]}}"
#define SHELL(text) LABELLED("", "'command':['sh','-c','" text "']" FOREGROUND)
#define SCRIPT "/opt/spark/sbin/start-connect-server.sh"
#define MASTER "'--master','k8s://https://kubernetes.default.svc'"
#define ENVS(list) ",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}," list "]"
#define TEXT(name, value) "{'name':'" name "','value':'" value "'}"
#define SECRET(name) "{'name':'" name "','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}"
#define FIELD(name, path) "{'name':'" name "','valueFrom':{'fieldRef':{'fieldPath':'" path "'}}}"
#define JVM(list) ARGV(ENVS(list), START "," MASTER)
#define OPTIONS(text) ARGV(FOREGROUND, START "," MASTER ",'--driver-java-options','" text "'")
#define SHELL_ENV(text, list) LABELLED("", "'command':['sh','-c','" text "']" ENVS(list))
#define SUBMIT_CLASS "org.apache.spark.deploy.SparkSubmit"
#define SERVER_CLASS "org.apache.spark.sql.connect.service.SparkConnectServer"
#define KEY_IN "-Dspark.kubernetes.submitInDriver"
#define PLAIN_MASTER "--master k8s://https://kubernetes.default.svc"
#define KEY_MASTER "-Dspark.kubernetes.driver.master"
#define RUN(rest) "exec " SCRIPT " --master k8s://https://kubernetes.default.svc " rest
#define VOLUME(source) "'volumes':[{'name':'v'," source "}],"
#define MOUNTED "'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'}]"
#define CONF VOLUME("'configMap':{'name':'conf'}")
#define STARTED "'command':[" START "]" FOREGROUND "," MOUNTED

/* said: a part of the refusal; not_said: none of it. config: spark-defaults.conf of ConfigMap "conf", NULL without one. */
#define TEN "AAAAAAAAAA"
#define LONG_NAME TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const struct {
	const char *name, *annotations, *object, *config, *said, *not_said;
} cases[] = {
	{"an option", STANDALONE, ARGV(FOREGROUND, START ",'--master','yarn'"), NULL,
	 "backend.master: spark.master is 'yarn' (--master), the namespace's backend is standalone: write spark://m:7077", NULL},
	{"a setting", K8S, ARGV(FOREGROUND, START ",'--conf','spark.master=yarn'"), NULL,
	 "backend.master: spark.master is 'yarn' (--conf), the namespace's backend is k8s: write k8s://https://kubernetes.default.svc", NULL},
	{"the environment", STANDALONE, ARGV(",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'},{'name':'MASTER','value':'yarn'}]", START), NULL,
	 "backend.master: spark.master is 'yarn' (env MASTER)", NULL},
	{"nothing", STANDALONE, ARGV(FOREGROUND, START), NULL, "backend.master: spark.master is set nowhere (container 'c'), the namespace's backend is standalone", NULL},
	{"java by itself", STANDALONE, ARGV("", "'java','-Dspark.master=local[*]','org.apache.spark.sql.connect.service.SparkConnectServer'"), NULL,
	 "backend.master: java or spark-class (container 'c') takes spark.master as -D, which sparkgate does not read", "nowhere"},
	{"a class that does not read it", STANDALONE, ARGV(",'env':[{'name':'MASTER','value':'spark://m:7077'}]", "'java','-cp','x','" SERVER_CLASS "'"), NULL,
	 "backend.master: java or spark-class (container 'c') takes spark.master as -D", NULL},
	{"a class with slashes, and a start behind it", STANDALONE, ARGV(FOREGROUND, "'java','org/apache/spark/sql/connect/service/SparkConnectServer'," START ",'--master','spark://m:7077'"), NULL,
	 "backend.master: java or spark-class (container 'c') takes spark.master as -D", NULL},
	{"another server of the same jar", STANDALONE, ARGV("", "'spark-submit','--master','yarn','--class','org.apache.spark.sql.connect.SimpleSparkConnectService','spark-internal'"), NULL,
	 "backend.master: spark.master is 'yarn' (--master)", NULL},
	{"a file, whose values are nobody's to see", STANDALONE, LABELLED(CONF, STARTED), "spark.ui.port 1\\nspark.master yarn",
	 "backend.master: spark.master in ConfigMap 'conf' line 2, the namespace's backend is standalone: write spark://m:7077 there", "yarn"},
	{"a file that alone decides", STANDALONE, LABELLED(CONF, MOUNTED), "spark.master yarn",
	 "write spark://m:7077 there (no command, no args: the file alone decides)", "yarn"},
	{"in a folder that the pod says is another", STANDALONE, LABELLED(CONF, MOUNTED ",'env':[{'name':'SPARK_CONF_DIR','value':'/tmp'}]"), "spark.master spark://m:7077",
	 "cannot tell: the folder of env SPARK_CONF_DIR, where nothing is mounted, not readable: write --master into args", NULL},
	{"a home that is another", STANDALONE, LABELLED(CONF, MOUNTED ",'env':[{'name':'SPARK_HOME','value':'/app'}]"), "spark.master spark://m:7077",
	 "cannot tell: the folder of env SPARK_HOME, where nothing is mounted,", NULL},
	{"the same folder, told", STANDALONE, LABELLED(CONF, MOUNTED ",'env':[{'name':'SPARK_HOME','value':'/opt/spark/'}]"), "spark.master spark://m:7077", "", "cannotTell"},
	{"a file beside a command", STANDALONE, LABELLED(CONF, STARTED), "spark.master yarn", "backend.master", "the file alone decides"},
	{"an image of which nothing tells", STANDALONE, LABELLED("", "'env':[]"), NULL,
	 "cannot tell what the image of container 'c' starts (label app=spark-connect): no command, no args, no ConfigMap with spark.master: write its command "
	 "out, or label the pod sparkgate.io/role: none if it is no Connect server", NULL},
	{"nor its args", STANDALONE, LABELLED("", "'args':['--verbose']"), NULL,
	 "no command, args of a program that is not known, no ConfigMap with spark.master: write its command out, or label", "no args"},
	{"nor its args, a file alone decides", STANDALONE, LABELLED(CONF, MOUNTED ",'args':['--verbose']"), "spark.master yarn",
	 "write spark://m:7077 there (no command, args of a program that is not known: the file alone decides)", "yarn"},
	{"nor what is mounted", STANDALONE, LABELLED(VOLUME("'secret':{'secretName':'s'}"), MOUNTED), NULL,
	 "not readable: write --master into args, or label the pod sparkgate.io/role: none if it is no Connect server", NULL},
	{"args of another program beside a server's image", STANDALONE,
	 "{'kind':'Pod','metadata':{'name':'p','labels':{'app':'spark-connect'}},'spec':{'containers':[{'name':'c','image':'apache/spark'},"
	 "{'name':'d','image':'envoy','args':['-c','x']}]}}", NULL, "container 'c'", "container 'd'"},
	{"a script", STANDALONE, LABELLED("", "'command':['bash','/scripts/start.sh','now']"), NULL,
	 "backend.cannotTell: cannot tell: container 'c' runs /scripts/start.sh, which cannot be rewritten (label app=spark-connect): write its text into args of "
	 "`sh -c`, or label the pod sparkgate.io/role: none if it is no Connect server", "plainly"},
	{"a script in a shell's text", STANDALONE, SHELL("cd /x; exec \\\"./go.sh\\\" 1"), NULL, "container 'c' runs ./go.sh, which", NULL},
	{"a script that only prepares", STANDALONE, SHELL(". /opt/env.sh; exec spark-class org.apache.spark.deploy.history.HistoryServer"), NULL,
	 "container 'c' runs /opt/env.sh, which cannot be read here (label app=spark-connect): label the pod sparkgate.io/role: none if it starts no Connect server, or",
	 "its text"},
	{"a script that runs its arguments", STANDALONE, LABELLED("", "'command':['/opt/entrypoint.sh','run']"), NULL,
	 "container 'c' runs /opt/entrypoint.sh, which cannot be read here", "its text"},
	{"a script behind one that is known", STANDALONE, SHELL("start-history-server.sh; /x.sh"), NULL, "container 'c' runs /x.sh, which", "its text"},
	{"no script", STANDALONE, SHELL("spark-submit x"), NULL,
	 "no start of a Connect server found in the commands (label app=spark-connect): use start-connect-server.sh or spark-submit plainly, or label", NULL},
	{"the namespace's own master", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077'"), NULL, "", "backend.master"},
	{"a comma behind it, which Spark takes", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077,'"), NULL, "", "backend.master"},
	{"another port", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7078'"), NULL, "backend.master", NULL},
	{"of an init container, which may never end", STANDALONE,
	 LABELLED("'initContainers':[{'name':'i','command':[" START ",'--master','yarn']}],", "'command':['sleep','inf']"), NULL,
	 "backend.master: spark.master is 'yarn' (--master), the namespace's backend is standalone: write spark://m:7077", NULL},
	{"no master at all", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m'"), NULL, "connect.masterUrl: spark.master is 'spark://m' (--master): ",
	 "backend.master: "},
	{"none in a file", STANDALONE, LABELLED(CONF, STARTED), "spark.master spark://hidden",
	 "connect.masterUrl: spark.master in ConfigMap 'conf' line 1: Spark cannot read it", "hidden"},

	{"a variable", STANDALONE, SHELL(SCRIPT " --master $X"), NULL,
	 "backend.cannotTell: cannot tell: spark.master is '$X' (--master), which is known at run time only: write it out", NULL},
	{"this cluster's own API server, by the shell", K8S, SHELL(SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT"), NULL,
	 "cannotTell: cannot tell: spark.master", NULL},
	{"by the kubelet, or a command of that name", K8S, SHELL(SCRIPT " --master k8s://https://$(KUBERNETES_SERVICE_HOST)"), NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"by the kubelet alone", K8S, ARGV(FOREGROUND, START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):$(KUBERNETES_SERVICE_PORT)'"), NULL, "", "backend.master"},
	{"not by the kubelet", K8S, ARGV(FOREGROUND, START ",'--master','k8s://https://$$(KUBERNETES_SERVICE_HOST)'"), NULL, "backend.master", NULL},
	{"with another's port", K8S, SHELL(SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:$PORT"), NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"a host of that name from the script", K8S, SHELL("KUBERNETES_SERVICE_HOST=6.6.6.6; " SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:443"), NULL,
	 "cannotTell: cannot tell: spark.master", NULL},
	{"and from env", K8S,
	 LABELLED("", "'command':['sh','-c','" SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:443'],'env':[{'name':'KUBERNETES_SERVICE_HOST','value':'6.6.6.6'}]"),
	 NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"a port of another host", K8S,
	 LABELLED("", "'command':['sh','-c','" SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:$KUBERNETES_SERVICE_PORT'],"
		      "'env':[{'name':'KUBERNETES_SERVICE_PORT','value':'443@elsewhere'}]"),
	 NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"from a value of env", K8S,
	 LABELLED("", "'command':['sh','-c','exec $V " SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:443'],'env':[{'name':'V','value':'env KUBERNETES_SERVICE_HOST=6.6.6.6'}]"),
	 NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"a host that the kubelet fills in", K8S, ARGV(FOREGROUND, START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443'"), NULL, "", "backend.master"},
	{"and that a Secret may have set", K8S,
	 ARGV(",'env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}],'envFrom':[{'secretRef':{'name':'s'}}]", START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443'"),
	 NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"and that a ConfigMap without it may have tomorrow", K8S, ARGV(FOREGROUND ",'envFrom':[{'configMapRef':{'name':'conf'}}]", START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443'"),
	 "", "cannotTell: cannot tell: spark.master", NULL},
	{"or one that is not there yet", K8S, ARGV(FOREGROUND ",'envFrom':[{'configMapRef':{'name':'e','optional':true}}]", START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443'"),
	 NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"alone, by an option of the JVM", K8S, ARGV(FOREGROUND, START ",'--master','k8s://https://kubernetes.default.svc','--driver-java-options','-Dspark.kubernetes.driver.master=local'"),
	 NULL, "backend.driverMaster: spark.driver.extraJavaOptions (container 'c') sets spark.kubernetes.driver.master", NULL},
	{"a word of them", K8S, OPTIONS("-Xmx1g \\t" KEY_IN "=TRUE -Da=b"), NULL, "backend.submitInDriver: spark.driver.extraJavaOptions (container 'c') sets spark.kubernetes.submitInDriver, which breaks", NULL},
	{"in quotes, which the launcher takes off", K8S, OPTIONS("-Dspark.kub\\\"ernetes.sub\\\"mitInDr\\\\iver=true"), NULL, "backend.submitInDriver", NULL},
	{"behind a blank that only Java knows", K8S, OPTIONS("-Da=b\xe2\x80\x83" KEY_IN "=true"), NULL, "backend.submitInDriver", NULL},
	{"one that is none, in quotes", K8S, OPTIONS("-Da=\\\"x " KEY_IN "=true\\\""), NULL, "", "backend.submitInDriver"},
	{"quoted for the JVM, to which a backslash is one", K8S, JVM(TEXT("JAVA_TOOL_OPTIONS", "-Da=\\\"x\\\\\\\" " KEY_IN "=true")), NULL, "backend.submitInDriver", NULL},
	{"what does no harm", K8S, OPTIONS(KEY_IN "=false " KEY_MASTER "=https://api.k8s.local"), NULL, "", "backend.submitInDriver: spark.driver"},
	{"other keys", K8S, OPTIONS("-Dx.spark.kubernetes.driver.master=local " KEY_MASTER "ful=local"), NULL, "", "backend.driverMaster"},
	{"what Spark puts in", K8S, OPTIONS(KEY_IN "=${env:X}"), NULL,
	 "sets spark.kubernetes.submitInDriver, which may be what breaks the k8s backend: write the value out", NULL},
	{"beside a dollar for the kubelet", K8S, JVM(TEXT("SPARK_SUBMIT_OPTS", KEY_IN "=true -Da=$$(x)")), NULL,
	 "backend.submitInDriver: env SPARK_SUBMIT_OPTS (container 'c') sets", NULL},
	{"which the kubelet puts together", K8S, JVM(TEXT("T", "submitInDriver=true") "," TEXT("_JAVA_OPTIONS", "-Dspark.kubernetes.$(T)")), NULL, "backend.submitInDriver", NULL},
	{"of one that is another behind it", K8S,
	 JVM(TEXT("T", "true") "," TEXT("SPARK_SUBMIT_OPTS", KEY_IN "=$(T)") "," TEXT("T", "false")), NULL, "backend.submitInDriver", NULL},
	{"in two steps", K8S, JVM(TEXT("T", "true") "," TEXT("U", "submitInDriver=$(T)") "," TEXT("_JAVA_OPTIONS", "-Dspark.kubernetes.$(U)")), NULL, "backend.submitInDriver", NULL},
	{"beside what only the pod knows", K8S, JVM(FIELD("P", "metadata.name") "," TEXT("JDK_JAVA_OPTIONS", "-Dpod=$(P) " KEY_MASTER "=local")), NULL, "backend.driverMaster", NULL},
	{"from a Secret", K8S, JVM(SECRET("T") "," TEXT("SPARK_DAEMON_JAVA_OPTS", KEY_IN "=$(T)")), NULL, "which may be what breaks", NULL},
	{"by the environment of the shell", K8S, SHELL_ENV(RUN("--conf spark.driver.extraJavaOptions=$O"), TEXT("O", KEY_IN "=true")), NULL, "backend.submitInDriver", NULL},
	{"from one to the other", K8S, SHELL_ENV(RUN("--conf spark.driver.defaultJavaOptions=${O}"), TEXT("I", "true") "," TEXT("O", KEY_IN "=$(I)")), NULL,
	 "backend.submitInDriver", NULL},
	{"exported", K8S, SHELL("export SPARK_SUBMIT_OPTS=" KEY_MASTER "=local; " RUN("")), NULL,
	 "backend.driverMaster: the command of container 'c' sets spark.kubernetes.driver.master, which breaks the k8s backend: remove it", NULL},
	{"in front", K8S, SHELL("SPARK_SUBMIT_OPTS=" KEY_MASTER "=local[1] " RUN("")), NULL, "backend.driverMaster", NULL},
	{"by env", K8S, ARGV(FOREGROUND, "'env','JAVA_TOOL_OPTIONS=" KEY_MASTER "=local'," START "," MASTER), NULL, "backend.driverMaster", NULL},
	{"in another variable first", K8S, SHELL("o=-Xmx1g; o+=\\\" -Dspark.kuber\\\"netes.submitInDriver=true; " RUN("--driver-java-options $o")), NULL, "backend.submitInDriver", NULL},
	{"by a value that is run", K8S, SHELL_ENV("eval $V; " RUN(""), TEXT("V", "export SPARK_SUBMIT_OPTS=" KEY_IN "=true")), NULL, "backend.submitInDriver", NULL},
	{"to what the shell knows", K8S, SHELL("export SPARK_SUBMIT_OPTS=" KEY_IN "=$X; " RUN("")), NULL, "which may be what breaks", NULL},
	/* An expansion may be an option: what holds one of these keys may be what it is. */
	{"by env, in an expansion", K8S, ARGV(ENVS(TEXT("O", "--conf spark.kubernetes.driver.master=local")), "'sh','-c','" SCRIPT " $O " PLAIN_MASTER "'"),
	 NULL, "backend.driverMaster: env O (container 'c') sets spark.kubernetes.driver.master, which breaks the k8s backend: remove it", NULL},
	{"by env of the kubelet", K8S, ARGV(ENVS(TEXT("X", "local") "," TEXT("A", "spark.kubernetes.driver.master=$(X)")), START "," MASTER ",'--conf','$(A)'"), NULL, "backend.driverMaster", NULL},
	{"its key by env", K8S, ARGV(ENVS(TEXT("A", "spark.kubernetes.submitInDriver")), START "," MASTER ",'--conf','$(A)=$(B)'"), NULL, "backend.submitInDriver", NULL},
	{"by a script's variable", K8S, SHELL("O=\\\"--conf spark.kubernetes.driver.master=local\\\"; [ -z $X ] || O=; " RUN("$O")), NULL, "backend.driverMaster: the command", NULL},
	{"harmless in an expansion", K8S, ARGV(ENVS(TEXT("O", "--conf spark.kubernetes.driver.master=https://kubernetes.default.svc --conf spark.kubernetes.submitInDriver=false")),
	 "'sh','-c','" SCRIPT " $O " PLAIN_MASTER "'"), NULL, "", "backend.driverMaster"},
	{"another key in an expansion", K8S, ARGV(ENVS(TEXT("O", "--conf spark.kubernetes.driver.masterful=local --conf x.spark.kubernetes.submitInDriver=true")),
	 "'sh','-c','" SCRIPT " $O " PLAIN_MASTER "'"), NULL, "", "backend.submitInDriver"},
	{"not where no expansion is", K8S, ARGV(ENVS(TEXT("O", "spark.kubernetes.driver.master=local")), START "," MASTER), NULL, "", "backend.driverMaster"},
	{"said once", K8S, SHELL("export A=b; " RUN("--driver-java-options " KEY_MASTER "=local")), NULL, "backend.driverMaster: spark.driver.extraJavaOptions",
	 "the command of container"},
	{"harmless in a script", K8S, SHELL("export SPARK_SUBMIT_OPTS=\\\"-Da=b " KEY_IN "=false\\\"; " RUN("")), NULL, "", "backend.submitInDriver: the"},
	{"other keys in a script", K8S, SHELL("export SPARK_SUBMIT_OPTS=" KEY_IN "s=true; B=-Dx.spark.kubernetes.submitInDriver=true; " RUN("")), NULL, "", "backend.submitInDriver: the"},
	{"the other spelling, which the launcher takes last", K8S,
	 ARGV(FOREGROUND, START "," MASTER ",'--driver-java-options','-Xss4m','--conf','spark.driver.extraJavaOptions=" KEY_MASTER "=local'"), NULL, "backend.driverMaster", NULL},
	{"of env, by the kubelet", K8S, ARGV(ENVS(TEXT("O", "JAVA_TOOL_OPTIONS=" KEY_MASTER "=local")), "'env','$(O)'," START "," MASTER), NULL, "backend.driverMaster: the command", NULL},
	{"of env, by what a shell cuts", K8S, SHELL_ENV("exec env \\\"${O#x}\\\" " SCRIPT " --master k8s://https://kubernetes.default.svc", TEXT("O", "JAVA_TOOL_OPTIONS=" KEY_MASTER "=local")), NULL,
	 "backend.driverMaster: env O (container 'c') sets", NULL},
	{"a carriage return in a key", K8S, ARGV(FOREGROUND, START "," MASTER ",'--conf','spark.kubernetes.driver.mas\\rter=local[*]'"), NULL,
	 "cannot tell: a carriage return in an option of container 'c', which Spark's spark-class takes away: write it without", NULL},
	{"behind a key", K8S, ARGV(FOREGROUND, START "," MASTER ",'--conf=spark.kubernetes.driver.master\\r=local[*]'"), NULL, "a carriage return", NULL},
	{"in another key", K8S, ARGV(FOREGROUND, START "," MASTER ",'--conf','spark.kubernetes.name\\rspace=other'"), NULL, "a carriage return", NULL},
	{"in an option", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','--mas\\rter','local'"), NULL, "a carriage return", NULL},
	{"before one", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','\\r--master=local'"), NULL, "a carriage return", NULL},
	{"behind one, which takes a value", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','--conf\\r','spark.master=local'"), NULL, "a carriage return", NULL},
	{"behind the value of one that is then none for the launcher", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','--master=local\\r'"), NULL, "a carriage return", NULL},
	{"which the kubelet puts in", STANDALONE, ARGV(ENVS(TEXT("X", "\\r")), START ",'--master','spark://m:7077','--mas$(X)ter','local'"), NULL, "a carriage return", NULL},
	{"of a shell", STANDALONE, SHELL(SCRIPT " --master spark://m:7077 --mas\\rter local"), NULL, "a carriage return", NULL},
	{"in a master", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:70\\r77'"), NULL, "a carriage return", NULL},
	{"in the server's class", STANDALONE, LABELLED("", "'command':['spark-submit','--class','org.apache.spark.sql.connect.service.SparkConnect\\rServer','--master','local']"), NULL, "names a Connect server", NULL},
	{"in that of an image's entrypoint", STANDALONE, LABELLED(CONF, "'args':['driver','--class','org.apache.spark.sql.connect.service.Spark\\rConnectServer','--master','local']," MOUNTED), "spark.master spark://m:7077", "names a Connect server", NULL},
	{"of an editor", STANDALONE, SHELL(SCRIPT " --name a\\r\\n" SCRIPT " --conf \\\"spark.a=b\\r\\nc\\r\\\" --master spark://m:7077\\r\\n\\r\\n"), NULL, "", "backend.cannotTell"},
	{"in an argument", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','a\\rb','--bog\\rus'"), NULL, "", "backend."},
	{"behind a value that is forbidden", K8S, ARGV(FOREGROUND, START "," MASTER ",'--conf','spark.kubernetes.submitInDriver=true\\r'"), NULL, "backend.submitInDriver", NULL},
	{"in an option of the JVM", K8S, JVM(TEXT("SPARK_SUBMIT_OPTS", "\\\"-Dspark.kubernetes.driver.mas\\rter=local[*]\\\"")), NULL, "backend.driverMaster: env SPARK_SUBMIT_OPTS", NULL},
	{"escaped in one", K8S, OPTIONS("-Dspark.kubernetes.driver.mas\\\\\\rter=local[*]"), NULL, "backend.driverMaster: spark.driver.extraJavaOptions", NULL},
	{"in one of a script", K8S, SHELL("export SPARK_SUBMIT_OPTS=\\\"-\\rDspark.kubernetes.driver.mas\\rter=local\\\"; " RUN("")), NULL, "backend.driverMaster: the command", NULL},
	{"by a default", K8S, SHELL(RUN("--driver-java-options \\\"${O:-" KEY_MASTER "=local[1]}\\\"")), NULL, "backend.driverMaster: spark.driver.extraJavaOptions", NULL},
	{"by an assigned default", K8S, SHELL(": ${SPARK_SUBMIT_OPTS:=" KEY_MASTER "=local}; " RUN("")), NULL, "backend.driverMaster: the command", NULL},
	{"by a command's output", K8S, SHELL("export SPARK_SUBMIT_OPTS=" KEY_MASTER "=`echo local`; " RUN("")), NULL, "which may be what breaks", NULL},
	{"by braces", K8S, SHELL("env SPARK_SUBMIT_OPTS=" KEY_MASTER "={x,local} " SCRIPT " --master k8s://https://kubernetes.default.svc"), NULL, "which may be what breaks", NULL},
	{"by env that the kubelet makes", K8S, ARGV(ENVS(TEXT("X", "nv") "," TEXT("T", "T_OPTS")), "'/usr/bin/e$(X)','SPARK_SUBMI$(T)=" KEY_MASTER "=local'," START "," MASTER), NULL, "backend.driverMaster", NULL},
	{"by words that set makes assignments", K8S, SHELL("set -k; " SCRIPT " --master k8s://https://kubernetes.default.svc SPARK_SUBMIT_OPTS=" KEY_MASTER "=local"), NULL, "backend.driverMaster", NULL},
	{"by what bash reads before Spark's script", K8S, ARGV(ENVS(TEXT("BASH_ENV", "$(:;export JAVA_TOOL_OPTIONS=" KEY_MASTER "=local)")), START "," MASTER), NULL, "backend.driverMaster: env BASH_ENV", NULL},
	{"a command that bash runs first", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "$(exec " SCRIPT " --master local)")), START ",'--master','spark://m:7077'"), NULL,
	 "backend.cannotTell: cannot tell: env BASH_ENV (container 'c') holds a command, which bash runs before Spark's script or within it: remove it, or put it into the image", NULL},
	{"in backquotes", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "/f`x`")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"in another variable", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "${X@P}")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"in an offset", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "${A:B}") "," TEXT("B", "y[$(x)]")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"in an element's", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "${A[0]:B}")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"in a replacement's", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "${A/x/${A:B}}")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"a default", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "${A:-/f}${B:=c}${C:?d}${D:+e}")), START ",'--master','spark://m:7077'"), NULL, "", "which bash"},
	{"in a subscript", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "$$[X]")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"which the kubelet puts in", STANDALONE, ARGV(ENVS(TEXT("T", "`x`") "," TEXT("BASH_ENV", "/f$(T)")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"or leaves", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "$(reboot)")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"that nobody knows", STANDALONE, ARGV(ENVS(SECRET("BASH_ENV")), START ",'--master','spark://m:7077'"), NULL, "env BASH_ENV (container 'c') holds", NULL},
	{"of a traced script", STANDALONE, ARGV(ENVS(TEXT("PS4", "$(x)")), START ",'--master','spark://m:7077'"), NULL, "env PS4 (container 'c') holds", NULL},
	{"a file that it reads", STANDALONE, ARGV(ENVS(TEXT("BASH_ENV", "$HOME/${A}.sh") "," TEXT("ENV", "prod") "," TEXT("PS4", "+ ${A} ")), START ",'--master','spark://m:7077'"), NULL, "", "which bash"},
	{"a name that programs have", STANDALONE, ARGV(ENVS(SECRET("ENV")), START ",'--master','spark://m:7077'"), NULL, "", "which bash"},
	{"a function in place of a command", STANDALONE, ARGV(ENVS(TEXT("BASH_FUNC_nice%%", "() { shift 2; \\\"$@\\\" --master local; }")), START ",'--master','spark://m:7077'"), NULL,
	 "env BASH_FUNC_nice%% (container 'c') is a function, which bash takes for the command of that name in Spark's script", NULL},
	{"added to what bash reads", STANDALONE, ARGV(FOREGROUND, "'bash','-c','BASH_ENV+=\\\\$\\\\(x\\\\); export BASH_ENV; " SCRIPT " --master spark://m:7077'"), NULL, "a variable of bash in the command of container 'c' holds a command", NULL},
	{"by env", STANDALONE, ARGV(FOREGROUND, "'env','BASH_FUNC_nice%%=() { x; }'," START ",'--master','spark://m:7077'"), NULL, "a variable of bash in the command of container 'c' is a function", NULL},
	{"a trace as people write it", STANDALONE, ARGV(ENVS(TEXT("PS4", "+ ${BASH_SOURCE##*/}:${LINENO}: ${A[0]:+${A[0]}(): }")), START ",'--master','spark://m:7077'"), NULL, "", "which bash"},
	{"a number that Spark's script reckons with", STANDALONE, ARGV(ENVS(TEXT("SPARK_LOG_MAX_FILES", "a[$(start-connect-server.sh --master \\\"local[*]\\\")]")), START ",'--master','spark://m:7077'"), NULL,
	 "env SPARK_LOG_MAX_FILES (container 'c') is no number, and bash runs what it finds in it when Spark's script reckons with it: remove it", NULL},
	{"in another variable of it", STANDALONE, ARGV(ENVS(TEXT("X", "a[$(x)]") "," TEXT("SPARK_LOG_MAX_FILES", "X")), START ",'--master','spark://m:7077'"), NULL, "is no number", NULL},
	{"before what nobody knows", STANDALONE, ARGV(ENVS(SECRET("S") "," TEXT("SPARK_LOG_MAX_FILES", "a[$(S)]")), START ",'--master','spark://m:7077'"), NULL, "is no number", NULL},
	{"one that is assigned", STANDALONE, SHELL("SPARK_LOG_MAX_FILES=X " SCRIPT " --master spark://m:7077"), NULL, "a variable of bash in the command of container 'c' is no number", NULL},
	{"numbers", STANDALONE, ARGV(ENVS(TEXT("SPARK_LOG_MAX_FILES", "10") "," SECRET("X") "," TEXT("SPARK_NICENESS", "a")), START ",'--master','spark://m:7077'"), NULL, "", "is no number"},
	{"numbers that nobody knows", STANDALONE, ARGV(ENVS(SECRET("SPARK_LOG_MAX_FILES")), START ",'--master','spark://m:7077'"), NULL, "", "is no number"},
	{"numbers of a script", STANDALONE, SHELL("export SPARK_LOG_MAX_FILES=$N; SPARK_LOG_MAX_FILES=5 " SCRIPT " --master spark://m:7077"), NULL, "", "is no number"},
	{"a folder that is run", STANDALONE, LABELLED("", "'args':['driver','--class','org.apache.spark.sql.connect.service.SparkConnectServer','--master','spark://m:7077']" ENVS(TEXT("HADOOP_HOME", SCRIPT " --master local[*] --name"))), NULL,
	 "env HADOOP_HOME (container 'c') names a Connect server, and a script of Spark's runs its words as a command: remove it", NULL},
	{"an interpreter that is another", STANDALONE, ARGV(ENVS(TEXT("SPARK_HOME", "") "," TEXT("PYSPARK_PYTHON", "start-connect-server.sh --master local[*] --name")), SUBMIT ",'--master','spark://m:7077'"), NULL, "env PYSPARK_PYTHON (container 'c') names", NULL},
	{"without an option", STANDALONE, ARGV(ENVS(TEXT("PYSPARK_DRIVER_PYTHON", SCRIPT)), SUBMIT ",'--master','spark://m:7077'"), NULL, "env PYSPARK_DRIVER_PYTHON (container 'c') names", NULL},
	{"one that is assigned", STANDALONE, SHELL("export HADOOP_HOME=\\\"" SCRIPT " --master local\\\"; exec /opt/entrypoint.sh driver --class org.apache.spark.sql.connect.service.SparkConnectServer --master spark://m:7077"), NULL,
	 "a variable of bash in the command of container 'c' names", NULL},
	{"folders and interpreters", STANDALONE, ARGV(ENVS(TEXT("HADOOP_HOME", "/opt/connect-server/hadoop") "," TEXT("PYSPARK_PYTHON", "python3 -u") "," TEXT("JAVA_HOME", "/opt/a b")), SUBMIT ",'--master','spark://m:7077'"), NULL, "", "names a Connect"},
	{"a command in quotes of bash", STANDALONE, SHELL("export BASH_ENV=$\\\"\\\\$(x)\\\"; exec " SCRIPT " --master spark://m:7077"), NULL, "a variable of bash in the command of container 'c' holds a command", NULL},
	{"a class in quotes of bash", STANDALONE, SHELL("SPARK_SUBMIT_OPTS=$\\\"-Da=b com.x.Main\\\" " SCRIPT " --master spark://m:7077"), NULL, "holds a word that is not a JVM option", NULL},
	{"a key in quotes of bash", K8S, SHELL(SCRIPT " --master k8s://https://kubernetes.default.svc --conf $\\\"spark.kubernetes.driver.master=local\\\""), NULL, "backend.driverMaster", NULL},
	{"a class where quotes do not help", STANDALONE, ARGV(ENVS(TEXT("SPARK_LAUNCHER_OPTS", "-Da=b c")), START ",'--master','spark://m:7077'"), NULL, "remove it, or the blank before it", NULL},
	{"a command by export", STANDALONE, SHELL("export BASH_ENV=\\\"\\\\$(x)\\\"; exec " SCRIPT " --master spark://m:7077"), NULL, "a variable of bash in the command of container 'c' holds a command", NULL},
	{"beside what the shell puts in", STANDALONE, SHELL("BASH_ENV=\\\"$A\\\\$(" SCRIPT ")\\\" exec " SCRIPT " --master spark://m:7077"), NULL, "a variable of bash in the command", NULL},
	{"a clock in a trace", STANDALONE, SHELL("PS4=\\\"\\\\$(date) \\\"; set -x; exec " SCRIPT " --master spark://m:7077"), NULL, "", "of bash in the command"},
	{"a server in one", STANDALONE, SHELL("PS4=\\\"\\\\$(" SCRIPT ")\\\"; set -x; exec " SCRIPT " --master spark://m:7077"), NULL, "of bash in the command", NULL},
	{"a file that a script makes", STANDALONE, SHELL("export BASH_ENV=$(mktemp); exec " SCRIPT " --master spark://m:7077"), NULL, "", "of bash in the command"},
	{"by a function of the environment", K8S, SHELL_ENV(RUN(""), TEXT("BASH_FUNC_cd%%", "() { export SPARK_SUBMIT_OPTS=" KEY_MASTER "=local; }")), NULL, "backend.driverMaster: env BASH_FUNC", NULL},
	{"by the name of a file", K8S, SHELL(RUN("--conf spark.kubernetes.driver.master=?ocal")), NULL, "which may be what breaks", NULL},
	{"by quotes of bash", K8S, SHELL("$\\\"export\\\" SPARK_SUBMIT_OPTS=" KEY_MASTER "$\\\"=\\\"local; " RUN("")), NULL, "which may be what breaks", NULL},
	{"an API server that only the pod knows", K8S, SHELL("export SPARK_SUBMIT_OPTS=" KEY_MASTER "=https://$KUBERNETES_SERVICE_HOST:443; " RUN("")), NULL, "", "backend.driverMaster: the"},
	{"in a comment, which nobody tells apart", K8S, SHELL("# never " KEY_MASTER "=local[1] here\\n" RUN("")), NULL, "backend.driverMaster: the command", NULL},
	{"into a file that is sourced", K8S, SHELL("echo export SPARK_SUBMIT_OPTS=" KEY_MASTER "=local >>/opt/spark/conf/spark-env.sh; " RUN("")), NULL, "backend.driverMaster: the command", NULL},
	{"a node's name, which is no option", K8S, JVM(FIELD("N", "spec.nodeName") "," TEXT("JAVA_TOOL_OPTIONS", "-Dhost=$(N)")), NULL, "", "cannot tell: env"},
	{"a value with a quote that is pasted into a text", STANDALONE, SHELL_ENV("exec " SCRIPT " --name \\\"$(X)\\\" --master spark://m:7077", TEXT("X", "\\\" --master spark://evil:7077 --name \\\"")), NULL,
	 "cannot tell: Kubernetes puts the value of X into the shell text of container 'c', quotes and all: write \"$X\" instead of $(X)", NULL},
	{"with another command", STANDALONE, SHELL_ENV("echo $(X); exec " SCRIPT " --master spark://m:7077", TEXT("X", "; export SPARK_HOME=/x;")), NULL, "the value of X", NULL},
	{"of a Secret, which is told", STANDALONE, SHELL_ENV("exec " SCRIPT " --name $(X) --verbose --master spark://m:7077", SECRET("X")), NULL, "", "cannotTell"},
	{"of an annotation", STANDALONE, SHELL_ENV("exec " SCRIPT " --name $(X) --verbose --master spark://m:7077", FIELD("X", "metadata.annotations[a]")), NULL, "", "cannotTell"},
	{"of a Secret, which may have a blank and options after it", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $X", SECRET("X")), NULL,
	 "an expansion after spark.master on the command line may set another one", NULL},
	{"of a Secret, in quotes", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"$X\\\"", SECRET("X")), NULL, "", "cannotTell"},
	{"the names of all files", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $X", TEXT("X", "*")), NULL,
	 "an expansion after spark.master on the command line may set another one", NULL},
	{"of those that look like options", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $X", TEXT("X", "--m*")), NULL, "may set another one", NULL},
	{"of others", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --jars $X", TEXT("X", "/opt/*.jar")), NULL, "", "cannotTell"},
	{"of a label, which has no blank", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $X", FIELD("X", "metadata.labels[a]")), NULL, "", "cannotTell"},
	{"put together", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(X)", TEXT("A", ";x") "," TEXT("X", "a$(A)")), NULL, "cannot tell: Kubernetes puts the value of X", NULL},
	{"put together with one of a Secret", STANDALONE, SHELL_ENV("exec " SCRIPT " --name $(X) --verbose --master spark://m:7077", SECRET("S") "," TEXT("X", "a$(S)")), NULL, "", "cannotTell"},
	{"a quote behind one of a Secret", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(X)", SECRET("S") "," TEXT("X", "a$(S);x")), NULL, "cannot tell: Kubernetes puts the value of X", NULL},
	{"a Secret's, and one with a quote behind it", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(S)$(X)", SECRET("S") "," TEXT("X", "a;x")), NULL, "cannot tell: Kubernetes puts the value of X", "NotSeen"},
	{"a plain one", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(X)", TEXT("X", "my-server --verbose")), NULL, "", "the value of X"},
	{"a semicolon in double quotes", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --conf \\\"spark.a=$(X)\\\"", TEXT("X", "jdbc:x://h;a=b&c=(d)\\\\e")), NULL, "", "the value of X"},
	{"what opens something there", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"x$(X)(" SCRIPT ")\\\"", TEXT("X", "$")), NULL, "the value of X", NULL},
	{"what opens something and swallows a word", STANDALONE, SHELL_ENV("exec " SCRIPT " --name a$(X) --master spark://m:7077 }", TEXT("X", "${Z+")), NULL, "the value of X", NULL},
	{"many words in double quotes", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"$(X)\\\"", TEXT("X", "${@}")), NULL, "the value of X", NULL},
	{"a backslash before what ends them", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"$(X)\\\"", TEXT("X", "a\\\\")), NULL, "the value of X", NULL},
	{"a variable in them", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"$(X)\\\"", TEXT("X", "$HOME/a${B}")), NULL, "", "the value of X"},
	{"a quote in a comment", STANDALONE, SHELL_ENV("# for $(X)\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "R&D; (team)")), NULL, "", "the value of X"},
	{"a line's end in a comment", STANDALONE, SHELL_ENV("# for $(X)\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "a\\nb")), NULL, "the value of X", NULL},
	{"a hash in a word", STANDALONE, SHELL_ENV("exec " SCRIPT " --name a$(X) --master spark://m:7077", TEXT("X", "/a#b")), NULL, "", "the value of X"},
	{"a hash before one", STANDALONE, SHELL_ENV("exec " SCRIPT " --name a$(X) --master spark://m:7077", TEXT("X", "b #c")), NULL, "the value of X", NULL},
	{"in a here-document that cat reads", STANDALONE, SHELL_ENV("cat >f <<E\\nspark.a $(X)\\nE\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "jdbc:x?a=b&c=#(d)")), NULL, "", "the value of X"},
	{"a line's end in one", STANDALONE, SHELL_ENV("cat >f <<E\\nspark.a $(X)\\nE\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "a\\nE")), NULL, "the value of X", NULL},
	{"a backquote in one", STANDALONE, SHELL_ENV("cat >f <<E\\nspark.a $(X)\\nE\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "`a`")), NULL, "the value of X", NULL},
	{"a backquote in a quoted one", STANDALONE, SHELL_ENV("cat >f <<\\\\E\\nspark.a $(X)\\nE\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "`a`")), NULL, "", "the value of X"},
	{"in a here-document that a shell reads", STANDALONE, SHELL_ENV("sh <<E\\necho $(X)\\nE\\nexec " SCRIPT " --master spark://m:7077", TEXT("X", "a;b")), NULL, "the value of X", NULL},
	{"behind a Secret's, what is no variable", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(X)", SECRET("S") "," TEXT("X", "$(S)$(b c)")), NULL, "cannot tell: Kubernetes puts the value of X", NULL},
	{"a brace in an expansion", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name ${B:-$(X)}", TEXT("X", "b}")), NULL, "the value of X", NULL},
	{"in the text of another shell", STANDALONE, SHELL_ENV("eval \\\"" SCRIPT " --master spark://m:7077 --name $(X)\\\"", TEXT("X", "a;b")), NULL, "the value of X", NULL},
	{"of a name that no shell can write", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(x.y)", TEXT("x.y", "a;b")), NULL,
	 "give the variable a name of letters, digits and '_', and write \"$NAME\" instead of $(x.y)", NULL},
	{"of a long name", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name $(" LONG_NAME ")", TEXT(LONG_NAME, "a;b")), NULL, "the value of " LONG_NAME, NULL},
	{"an address of the pod", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --conf spark.driver.host=$(X)", FIELD("X", "status.podIP")), NULL, "", "the value of X"},
	{"one by the shell", STANDALONE, SHELL_ENV("exec " SCRIPT " --master spark://m:7077 --name \\\"$X\\\" $(hostname) $$(X)", TEXT("X", "a; b")), NULL, "", "the value of X"},
	{"in an array, where no shell reads it", STANDALONE, ARGV(ENVS(TEXT("X", "a; b")), START ",'--master','spark://m:7077','--name','$(X)'"), NULL, "", "the value of X"},
	{"another class to run", K8S, JVM(TEXT("SPARK_SUBMIT_OPTS", SUBMIT_CLASS " --master local[*]")), NULL,
	 "backend.cannotTell: cannot tell: env SPARK_SUBMIT_OPTS (container 'c') holds a word that is not a JVM option", NULL},
	{"behind options", K8S, JVM(TEXT("SPARK_DAEMON_JAVA_OPTS", "-Xss4m \\\"x.Y\\\"")), NULL, "env SPARK_DAEMON_JAVA_OPTS (container 'c') holds a word", NULL},
	{"of the launcher", STANDALONE, ARGV(ENVS(TEXT("SPARK_LAUNCHER_OPTS", "-Da=b x.Y")), START ",'--master','spark://m:7077'"), NULL, "env SPARK_LAUNCHER_OPTS (container 'c') holds a word", NULL},
	{"which has properties of its own", K8S, JVM(TEXT("SPARK_LAUNCHER_OPTS", "-Dspark.a=b")), NULL, "", "LAUNCHER_OPTS"},
	{"of the server's own", STANDALONE, ARGV(FOREGROUND, START ",'--master','spark://m:7077','--driver-java-options','" SUBMIT_CLASS " --master local'"), NULL,
	 "spark.driver.extraJavaOptions (container 'c') holds a word", NULL},
	{"which the kubelet puts in", K8S, JVM(TEXT("T", "x.Y") "," TEXT("SPARK_SUBMIT_OPTS", "-Da=b $(T)")), NULL, "SUBMIT_OPTS (container 'c') holds a word", NULL},
	{"which the JVM would not take", K8S, JVM(TEXT("JAVA_TOOL_OPTIONS", "-Da=b x.Y")), NULL, "", "holds a word"},
	{"in a file, which may be a template", K8S, LABELLED(CONF, STARTED), "spark.master k8s://https://kubernetes.default.svc\\nspark.driver.extraJavaOptions OPTIONS_OF_JAVA", "", "holds a word"},
	{"in a file all the same", K8S, LABELLED(CONF, STARTED), "spark.master k8s://https://kubernetes.default.svc\\nspark.driver.extraJavaOptions " SUBMIT_CLASS,
	 "spark.driver.extraJavaOptions (ConfigMap 'conf' line 2) holds a word", NULL},
	{"assigned", K8S, SHELL("SPARK_SUBMIT_OPTS=\\\"-Da=b x.Y\\\" " RUN("")), NULL, "SPARK_SUBMIT_OPTS in the command of container 'c' holds a word", NULL},
	{"added", K8S, SHELL("SPARK_SUBMIT_OPTS+=\\\" x.Y\\\"; " RUN("")), NULL, "SPARK_SUBMIT_OPTS in the command", NULL},
	{"exported", K8S, SHELL("export SPARK_SUBMIT_OPTS=\\\"" SUBMIT_CLASS " --x\\\"; " RUN("")), NULL, "SPARK_SUBMIT_OPTS in the command", NULL},
	{"by env", K8S, ARGV(FOREGROUND, "'env','SPARK_DAEMON_JAVA_OPTS=" SUBMIT_CLASS "'," START "," MASTER), NULL, "SPARK_DAEMON_JAVA_OPTS in the command", NULL},
	{"talked of", K8S, SHELL("echo SPARK_SUBMIT_OPTS=-Da=b \\\"SPARK_SUBMIT_OPTS=$X is set\\\"; " RUN("")), NULL, "", "holds a word"},
	{"options as they are assigned", K8S, SHELL("export SPARK_SUBMIT_OPTS=\\\"-Da=$(cat f g) $SPARK_SUBMIT_OPTS\\\"; SPARK_DAEMON_JAVA_OPTS=\\\"${X:--Xmx1g}\\\" " RUN("")), NULL, "", "holds a word"},
	{"beside Spark's own class", K8S, SHELL("SPARK_SUBMIT_OPTS=-Da=b spark-class " SUBMIT_CLASS " --master k8s://https://kubernetes.default.svc --class org.apache.spark.sql.connect.service.SparkConnectServer"), NULL, "", "holds a word"},
	{"options that nobody knows", K8S, SHELL(RUN("--conf spark.driver.extraJavaOptions=\\\"$JAVA_OPTS\\\"")), NULL, "", "ava"},
	{"the same, which means nothing to a standalone master", STANDALONE,
	 ARGV(FOREGROUND, START ",'--master','spark://m:7077','--driver-java-options','-Dspark.kubernetes.driver.master=local'"), NULL, "", "backend."},
	{"alone, by what Spark replaces", K8S,
	 ARGV(FOREGROUND, START ",'--master','k8s://https://kubernetes.default.svc','--conf','spark.a=local','--conf','spark.kubernetes.driver.master=${spark.a}'"), NULL,
	 "backend.driverMaster", NULL},
	{"another API server, in other letters", K8S,
	 ARGV(FOREGROUND, START ",'--master','k8s://https://kubernetes.default.svc','--conf','spark.kubernetes.submitInDriver=TRUE'"), NULL, "backend.submitInDriver", NULL},
	{"another host's", K8S, SHELL(SCRIPT " --master k8s://https://$HOST:443"), NULL, "cannotTell: cannot tell: spark.master", NULL},
	{"a brace that is not closed around the name", K8S, SHELL(SCRIPT " --master \\\"k8s://https://${KUBERNETES_SERVICE_HOST:-x}\\\""), NULL,
	 "cannotTell: cannot tell: spark.master", NULL},
	{"where it is the wrong backend", STANDALONE, SHELL(SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST"), NULL,
	 "cannotTell: cannot tell: spark.master", NULL},
	{"in a file nobody expands it", K8S, LABELLED(CONF, STARTED), "spark.master k8s://https://${KUBERNETES_SERVICE_HOST}:443", "spark.master in ConfigMap 'conf' line 1",
	 NULL},
	{"a command by a '$' and what the next line begins with", STANDALONE, SHELL("echo \\\"$\\\\\\n(" SCRIPT " --master local)\\\"; " SCRIPT " --master spark://m:7077"), NULL,
	 "names a Connect server, but line 1 of the shell text: a line ends within what a '$' begins", NULL},
	{"one in backquotes, whose quotes are escaped", STANDALONE, SHELL("\\\"`: \\\\\\\" ; : a \\\\\\\" ; " SCRIPT " --master local; : \\\\\\\" a \\\\\\\"`\\\"; " SCRIPT " --master spark://m:7077"), NULL,
	 "cannotTell: cannot tell: ", NULL},
	{"files whose names may be options, behind", STANDALONE, SHELL(SCRIPT " --master spark://m:7077 --m*"), NULL, "an expansion after spark.master", NULL},
	{"as a value", STANDALONE, SHELL(SCRIPT " --master spark://m:7077 --name *"), NULL, "an expansion after spark.master", NULL},
	{"all words of a function as a value", STANDALONE, SHELL("f() { " SCRIPT " --master spark://m:7077 --name \\\"$@\\\"; }; f a --master local"), NULL, "an expansion after spark.master", NULL},
	{"files that are surely none", STANDALONE, SHELL(SCRIPT " --master spark://m:7077 --jars /opt/jars/*.jar"), NULL, "", "cannotTell"},
	{"what may be an option, behind", STANDALONE, SHELL(SCRIPT " --master spark://m:7077 $EXTRA"), NULL,
	 "backend.cannotTell: cannot tell: an expansion after spark.master on the command line may set another one", NULL},
	{"in front", STANDALONE, SHELL(SCRIPT " $EXTRA --master spark://m:7077"), NULL, "", "cannotTell"},
	{"a class that only the shell knows", STANDALONE, SHELL("spark-submit --class $CLASS --conf x=SparkConnectServer"), NULL,
	 "backend.cannotTell: cannot tell: --class of container 'c' is known at run time only", NULL},
	{"a start that nothing can be written into", STANDALONE, SHELL("x=$(" SCRIPT ")"), NULL,
	 "backend.cannotTell: cannot tell: the command of container 'c' names a Connect server, but ", NULL},
	{"a text that is cut off: what to do is told here, too", STANDALONE, SHELL(SCRIPT " \\'x"), NULL,
	 "line 1 of the shell text: a double quote is not closed; start it plainly, by start-connect-server.sh or spark-submit", NULL},

	{"an image alone", STANDALONE, LABELLED("", "'env':[]"), NULL, "backend.cannotTell: cannot tell what the image of container 'c' starts", NULL},
	{"a file of the image", STANDALONE, ARGV(FOREGROUND, START ",'--properties-file','/etc/x.conf'"), NULL,
	 "backend.cannotTell: cannot tell: file '/etc/x.conf' of the image not readable", NULL},
	{"a file that the script may write", STANDALONE, SHELL("render >/tmp/x.conf; exec " SCRIPT " --properties-file /tmp/x.conf"), NULL,
	 "backend.cannotTell: cannot tell: file '/tmp/x.conf' (of the image, or made by a command) not readable", NULL},
	{"a ConfigMap that is not there", STANDALONE, LABELLED(CONF, STARTED), NULL, "cannot tell: ConfigMap 'conf' (not found) not readable", NULL},
	{"a Secret", STANDALONE, LABELLED(VOLUME("'secret':{'secretName':'s'}"), STARTED), NULL, "cannot tell: Secret 's' not readable", NULL},
	{"a Secret among others", STANDALONE,
	 LABELLED(VOLUME("'projected':{'sources':[{'configMap':{'name':'conf'}},{'secret':{'name':'s'}}]}"), STARTED), "spark.ui.port 1",
	 "cannot tell: Secret 's' not readable", NULL},
	{"a disk", STANDALONE, LABELLED(VOLUME("'persistentVolumeClaim':{'claimName':'disk'}"), STARTED), NULL,
	 "cannot tell: PersistentVolumeClaim 'disk' not readable", NULL},
	{"what no rule knows", STANDALONE, LABELLED(VOLUME("'csi':{'driver':'d'}"), STARTED), NULL, "cannot tell: volume 'v' not readable", NULL},
	{"a folder that Spark does not look into", STANDALONE,
	 LABELLED(VOLUME("'secret':{'secretName':'s'}"), "'command':[" START "]" FOREGROUND ",'volumeMounts':[{'name':'v','mountPath':'/tls'}]"), NULL, "",
	 "Secret 's'"},
	{"unless it is told to", STANDALONE,
	 LABELLED(VOLUME("'secret':{'secretName':'s'}"),
		  "'command':[" START "],'env':[{'name':'SPARK_CONF_DIR','value':'/tls'}],'volumeMounts':[{'name':'v','mountPath':'/tls'}]"), NULL,
	 "cannot tell: Secret 's' not readable", NULL},
	{"an empty folder that something fills", STANDALONE, LABELLED(VOLUME("'emptyDir':{}"), STARTED), NULL,
	 "cannot tell: file '/opt/spark/conf' (made in the pod) not readable", NULL},
	{"a Secret over the file", STANDALONE,
	 LABELLED("'volumes':[{'name':'v','configMap':{'name':'conf'}},{'name':'s','secret':{'secretName':'s'}}],",
		  "'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'},{'name':'s','mountPath':'/opt/spark/conf/spark-defaults.conf','subPath':'x'}]"),
	 "spark.master spark://m:7077", "cannot tell: Secret 's' not readable", NULL},
	{"a volume that nothing mounts", STANDALONE, LABELLED(CONF, "'env':[]"), "spark.master spark://m:7077",
	 "cannot tell what the image of container 'c' starts", NULL},
	{"one that is not there, over a right one", STANDALONE,
	 LABELLED(VOLUME("'projected':{'sources':[{'configMap':{'name':'conf'}},{'configMap':{'name':'later'}}]}"), MOUNTED), "spark.master spark://m:7077",
	 "cannot tell: ConfigMap 'later' (not found) not readable", NULL},
	{"unless it may be missing", STANDALONE,
	 LABELLED(VOLUME("'projected':{'sources':[{'configMap':{'name':'conf'}},{'configMap':{'name':'later','optional':true}}]}"), MOUNTED),
	 "spark.master spark://m:7077", "", "backend.cannotTell"},
	{"a named file that climbs", STANDALONE, LABELLED(CONF, "'command':[" START ",'--properties-file','/opt/../s/x.conf']" FOREGROUND "," MOUNTED),
	 "spark.master spark://m:7077", "cannot tell: file '/opt/../s/x.conf' not readable", NULL},
	{"a named file beside which the defaults are read", STANDALONE,
	 LABELLED(CONF, "'command':[" START ",'--load-spark-defaults','--properties-file','/opt/spark/conf/x.conf']" FOREGROUND "," MOUNTED),
	 "spark.master spark://m:7077", "", "backend.master"},
	{"a Secret does not matter where the line says it", STANDALONE,
	 LABELLED(VOLUME("'secret':{'secretName':'s'}"), "'command':[" SUBMIT ",'--master','spark://m:7077']," MOUNTED), NULL, "", "Secret 's'"},
};

static const char *refusal(struct world *w, const char *annotations, const char *object, const char *config)
{
	struct review review = review_of(&w->a, object);

	look_up(w, annotations, &review, ENDPOINT_VALIDATE, config);
	struct decision d = decide(w, ENDPOINT_VALIDATE, &review);
	return d.allowed ? "" : d.answer.message;
}

/* A master in args that a ConfigMap of an envFrom may make another one is written out. */
Test(backend_checks, write_a_master_that_may_be_another_when_the_pod_starts)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (int from = 0; from <= 1; from++) {
		const char *container_rest = from ? FOREGROUND ",'envFrom':[{'configMapRef':{'name':'conf'}}]" : FOREGROUND;
		struct review review = review_of(&w.a, arena_printf(&w.a, ARGV("%s", START ",'--master','k8s://https://$(KUBERNETES_SERVICE_HOST):443'"), container_rest));
		const char *became = "";

		look_up(&w, K8S, &review, ENDPOINT_MUTATE, "");
		struct decision d = decide(&w, ENDPOINT_MUTATE, &review);
		for (size_t k = 0; k < d.changes.count; k++)
			if (strcmp(d.changes.items[k].rule, "backend.master") == 0)
				became = d.changes.items[k].to;
		cr_expect_str_eq(became, from ? "k8s://https://kubernetes.default.svc" : "", "%d: %s", from, became);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

#define ENV_FROM ",'envFrom':[{'secretRef':{'name':'s'}}]"

static const struct {
	const char *object;
	bool warned;
} folders[] = {
	{LABELLED(CONF, MOUNTED), false},
	{LABELLED(CONF, MOUNTED ENV_FROM), true},
	{LABELLED(CONF, MOUNTED ENV_FROM ",'env':[{'name':'SPARK_CONF_DIR','value':'/opt/spark/conf'}]"), false},
	{LABELLED(CONF, MOUNTED ",'envFrom':[{'configMapRef':{'name':'conf'}}]"), false},
	{LABELLED(CONF, "'command':[" START ",'--master','spark://m:7077']," MOUNTED ENV_FROM), false},
};

/* Where a file alone decides, which file that is may be in a Secret. */
Test(backend_checks, warn_of_a_folder_that_nobody_sees)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(folders); i++) {
		struct review review = review_of(&w.a, folders[i].object);
		bool warned = false;

		look_up(&w, STANDALONE, &review, ENDPOINT_VALIDATE, "spark.master spark://m:7077");
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		for (size_t k = 0; k < d.findings.count; k++)
			warned |= strcmp(d.findings.items[k].message, "envFrom Secret 's' may name another folder: set env SPARK_CONF_DIR (container 'c')") == 0;
		cr_expect_eq(warned, folders[i].warned, "%zu", i);
		arena_reset(&w.a);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

/* Beyond the bound what is put in cannot be judged. */
Test(backend_checks, refuse_variables_that_are_put_in_without_end)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};
	char *value = arena_alloc(&w.a, 60001);

	memset(value, 'x', 60000);
	for (int times = 3; times <= 6; times += 3) {
		const char *object = arena_printf(&w.a, JVM("{'name':'A','value':'%s'},{'name':'JAVA_TOOL_OPTIONS','value':'%.*s'}"), value,
						  times * 4, "$(A)$(A)$(A)$(A)$(A)$(A)");
		const char *said = refusal(&w, K8S, object, NULL);

		cr_expect_eq(strstr(said, "expand in its command and in one another") != NULL, times == 6, "%d: %s", times, said);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}

Test(backend_checks, say_what_is_wrong_and_where)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *message = refusal(&w, cases[i].annotations, cases[i].object, cases[i].config);

		cr_expect(strstr(message, cases[i].said), "%s lacks '%s': %s", cases[i].name, cases[i].said, message);
		cr_expect(!cases[i].not_said || !strstr(message, cases[i].not_said), "%s: %s", cases[i].name, message);
		arena_reset(&w.a);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
