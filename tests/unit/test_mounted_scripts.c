#include "spark/cmdline.h"

#include "policy_testing.h"

#define OWN      "'/opt/spark/sbin/start-connect-server.sh'"
#define SUBMITS  "'--class','org.apache.spark.sql.connect.service.SparkConnectServer'"
#define MOUNT    "'mountPath':'/scripts'"
#define OF_MAP   "'configMap':{'name':'scripts'}"
#define PICKS(p) "'configMap':{'name':'other','items':[{'key':'a','path':'" p "'}]}"

/* ConfigMap scripts has the key start-connect-server.sh; other could not be read. */
static const struct {
	const char *name, *command, *mount, *volume;
	bool mounted;
} cases[] = {
	{"a script", "'/scripts/start-connect-server.sh'", MOUNT, OF_MAP, true},
	{"for a shell", "'bash','-x','/scripts/start-connect-server.sh','--master','local'", MOUNT, "'secret':{'secretName':'s'}", true},
	{"in a text", "'sh','-c','set -e\\nexec /scripts/start-connect-server.sh'", MOUNT, "'projected':{'sources':[]}", true},
	{"by a longer way", "'/opt/../scripts/./a/spark-submit'," SUBMITS, MOUNT, PICKS("b"), true},
	{"java's", "'/scripts/java','org.apache.spark.deploy.SparkSubmit'," SUBMITS, MOUNT, PICKS("b"), true},
	{"in the working directory", "'./start-connect-server.sh'", MOUNT, PICKS("b"), true},
	{"over Spark's own", OWN, "'mountPath':'/opt/spark/sbin/start-connect-server.sh','subPath':'a'", PICKS("b"), true},
	{"over one that a variable tells", "'sh','-c','$SPARK_HOME/sbin/start-connect-server.sh'",
	 "'mountPath':'/opt/spark/sbin/start-connect-server.sh','subPath':'a'", PICKS("b"), true},
	{"a copy", "'sh','-c','cp /scripts/* /tmp && exec /tmp/start-connect-server.sh'", MOUNT, OF_MAP, true},
	{"found in PATH", "'start-connect-server.sh'", MOUNT, OF_MAP, true},
	{"by items", "'sh','-c','cd /scripts/bin; ./start-connect-server.sh'", MOUNT, PICKS("bin/start-connect-server.sh"), true},
	{"of a projected volume", "'start-connect-server.sh'", MOUNT, "'projected':{'sources':[{" OF_MAP "}]}", true},
	{"items leave it out", OWN, MOUNT, "'configMap':{'name':'scripts','items':[{'key':'x','path':'x'}]}", false},
	{"Spark's own", OWN, MOUNT, PICKS("b"), false},
	{"in PATH", "'start-connect-server.sh'", MOUNT, PICKS("b"), false},
	{"what an init container unpacked", "'/scripts/spark/sbin/start-connect-server.sh'", MOUNT, "'emptyDir':{}", false},
	{"a claim", "'/scripts/spark/bin/spark-submit'," SUBMITS, MOUNT, "'persistentVolumeClaim':{'claimName':'c'}", false},
	{"an emptyDir in a ConfigMap", "'/scripts/start-connect-server.sh'", MOUNT "},{'name':'e','mountPath':'/scripts/'",
	 PICKS("b") "},{'name':'e','emptyDir':{}", false},
	{"over what Spark's own runs", OWN, "'mountPath':'/opt/spark/bin/spark-submit','subPath':'a'", PICKS("b"), true},
	{"over what it reads", OWN, "'mountPath':'/opt/spark/sbin/spark-config.sh','subPathExpr':'a'", "'secret':{'secretName':'s'}", true},
	{"over what Spark's own runs, with a slash", OWN, "'mountPath':'/opt/spark/sbin/spark-daemon.sh/','subPath':'a'", PICKS("b"), true},
	{"and a dot", OWN, "'mountPath':'/opt/spark/bin/spark-submit/.','subPath':'a'", PICKS("b"), true},
	{"its own name, with a slash", "'start-connect-server.sh'", "'mountPath':'/opt/spark/sbin/start-connect-server.sh/','subPath':'a'", PICKS("b"), true},
	{"a whole folder over it", OWN, "'mountPath':'/opt/spark/bin'", "'configMap':{'name':'runs'}", true},
	{"another Spark", OWN, MOUNT, PICKS("sbin/spark-daemon.sh"), true},
	{"beside Spark, and not where programs lie", OWN, "'mountPath':'/etc/tools'", "'configMap':{'name':'runs'}", false},
	{"a file of a longer name", OWN, "'mountPath':'/etc/cabin/java','subPath':'a'", PICKS("b"), false},
	{"an item in such a folder", OWN, MOUNT, PICKS("xbin/java"), false},
	{"another Java", OWN, MOUNT, PICKS("bin/java"), true},
	{"another Java by its folder", OWN, "'mountPath':'/scripts/bin'", PICKS("java"), true},
	{"by a link of /proc", "'/proc/self/cwd/start-connect-server.sh'", MOUNT, PICKS("b"), true},
	{"a folder of that name", "'spark-submit'," SUBMITS, "'mountPath':'/etc/spark-submit'", PICKS("b"), false},
	{"a text called java", "'/opt/java','-cp','x','org.apache.spark.deploy.SparkSubmit'," SUBMITS, MOUNT, PICKS("java"), false},
	{"a wrapper", "'/scripts/run.sh'," OWN, MOUNT, PICKS("run.sh"), false},
};

static struct cmdlines find(struct arena *a, const char *spec, const struct lookups *lookups)
{
	const struct json *pod = parsed(a, spec), *container = json_at(json_get(pod, "containers"), 0);
	struct mounted_scripts mounted = {.spec = pod, .lookups = lookups};
	struct cmdlines lines;
	struct err err = {""};

	cr_assert_eq(cmdlines_find(NULL, a, container, "", &mounted, &lines, &err), 0, "%s", err.text);
	return lines;
}

Test(mounted_scripts, are_not_sparks_own)
{
	struct arena a = ARENA_INIT;
	struct lookups lookups = {.items = {{"scripts", LOOKUP_FOUND, parsed(&a, "{'data':{'start-connect-server.sh':'exit'}}")},
					    {"runs", LOOKUP_FOUND, parsed(&a, "{'data':{'spark-class':'exit'}}")},
					    {"other", LOOKUP_MISSING, NULL}},
				  .count = 3};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct cmdlines lines = find(&a, arena_printf(&a, "{'containers':[{'name':'c','command':[%s],'workingDir':'/scripts','volumeMounts':"
								  "[{'name':'v',%s}]}],'volumes':[{'name':'v',%s}]}",
							      cases[i].command, cases[i].mount, cases[i].volume), &lookups);
		const char *why = lines.why_unlocated ? lines.why_unlocated : "";
		cr_expect_eq(lines.count, !cases[i].mounted, "%s: %zu lines", cases[i].name, lines.count);
		cr_expect_eq(strstr(why, " is a mounted script") != NULL, cases[i].mounted, "%s: %s", cases[i].name, why);
	}
	arena_release(&a);
}

/* However many starts a text has, so many looks are taken. */
Test(mounted_scripts, are_looked_for_so_often)
{
	struct arena a = ARENA_INIT;
	struct buf text = buf_in(&a);

	for (unsigned i = 0; i <= MOUNTED_LOOKS_MAX; i++)
		buf_adds(&text, "/a/start-connect-server.sh;");
	struct cmdlines lines = find(&a, arena_printf(&a, "{'containers':[{'name':'c','command':['sh','-c','%s']}]}", buf_slice(&text).ptr), NULL);
	cr_expect_eq(lines.count, MOUNTED_LOOKS_MAX);
	cr_expect_not_null(lines.why_unlocated);
	arena_release(&a);
}
