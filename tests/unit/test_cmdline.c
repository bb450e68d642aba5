/*
 * Containers beside what cmdline_set() makes of them. Each case is also asked what holds
 * for all: the line then says the value, a second set changes nothing, and a second
 * admission of the result finds nothing to do.
 */
#include "cmdline_testing.h"

TestSuite(cmdline, .init = setup, .fini = release);

/* ---- texts of a shell ---- */

static const struct {
	const char *text, *key, *value, *expected;
} texts[] = {
	/* every spelling */
	{START " --master x", "spark.master", M, START " --master " M},
	{START " --master=x", "spark.master", M, START " --master=" M},
	{START " --conf spark.master=x", "spark.master", M, START " --conf spark.master=" M},
	{START " --conf=spark.master=x", "spark.master", M, START " --conf=spark.master=" M},
	{START " -c spark.master=x", "spark.master", M, START " -c spark.master=" M},
	{START " --master 'x' --conf \"spark.master=y\" --master=z", "spark.master", M,
	 START " --master " M " --conf spark.master=" M " --master=" M},
	{START, "spark.master", M, START " --master " M},
	{START " --name n", "spark.cores.max", "2", START " --conf spark.cores.max=2 --name n"},
	{START, "spark.app.name", "n", START " --name n"}, /* the script gives one itself */
	{START " --conf spark.app.name=o", "spark.app.name", "n", START " --name n --conf spark.app.name=n"},
	{"spark-submit --class " SERVER, "spark.app.name", "n", "spark-submit --conf spark.app.name=n --class " SERVER},
	{START " --total-executor-cores 8", "spark.cores.max", "2", START " --total-executor-cores 2"},
	{START " --master " M, "spark.master", M, START " --master " M},
	{START " \"--mas\"ter x", "spark.master", M, START " \"--mas\"ter " M},
	{START " --name x", "spark.app.name", "it's a b", START " --name 'it'\\''s a b'"},
	{START " --conf spark.a=x", "spark.a", "$HOME `b`", START " --conf 'spark.a=$HOME `b`'"},
	/* values of expansions, one word each */
	{START " --master k8s://https://${A}:${B}", "spark.master", M, START " --master " M},
	{START " --master \"$X\" --name n", "spark.master", M, START " --master " M " --name n"},
	{START " --master $(a; b 'c)') --name n", "spark.master", M, START " --master " M " --name n"},
	{START " --master=$X", "spark.master", M, START " --master=" M},
	{START " --master local[*]", "spark.master", M, START " --master " M},
	{START " --conf spark.driver.host=$(hostname -i)", "spark.driver.host", "$(POD_IP)",
	 START " --conf spark.driver.host=$(POD_IP)"},
	{START " --conf spark.driver.host=$(POD_IP)", "spark.driver.host", "$(POD_IP)",
	 START " --conf spark.driver.host=$(POD_IP)"},
	/* a word that may itself be an option: only behind it is certain */
	{START " --master x $EXTRA_OPTS", "spark.master", M, START " --master " M " $EXTRA_OPTS --master " M},
	{START " --master x $EXTRA_OPTS --name n >log 2>&1 &", "spark.cores.max", "2",
	 START " --master x $EXTRA_OPTS --name n --total-executor-cores 2 >log 2>&1 &"},
	/* in the midst of an option's value, where the shell parts a value of the container's at its blanks */
	{START " --master x --conf spark.a=$BLANKS", "spark.master", M, START " --master " M " --conf spark.a=$BLANKS --master " M},
	{START " --master x --conf spark.a=$(BLANKS)", "spark.master", M, START " --master " M " --conf spark.a=$(BLANKS) --master " M},
	{START " --master x --conf spark.a=${B:-b --master y}", "spark.master", M,
	 START " --master " M " --conf spark.a=${B:-b --master y} --master=" M " --master " M},
	{START " --master x --conf spark.a=\"$BLANKS$(BLANKS)\"$URL", "spark.master", M,
	 START " --master " M " --conf spark.a=\"$BLANKS$(BLANKS)\"$URL"},
	{START " --master x --conf spark.a=${B:-${BLANKS}}", "spark.master", M,
	 START " --master " M " --conf spark.a=${B:-${BLANKS}} --master " M},
	{START " --master x --conf spark.a=${B:-b\tc}", "spark.master", M, START " --master " M " --conf spark.a=${B:-b\tc} --master=" M " --master " M},
	{START " --master x --conf spark.a=${B:-b}$URL", "spark.master", M, START " --master " M " --conf spark.a=${B:-b}$URL"},
	{"eval " START " --master x --conf spark.a=\"$URL\"", "spark.master", M,
	 "eval " START " --master " M " --conf spark.a=\"$URL\" --master " M},
	{START " --master $BLANKS", "spark.master", M, START " --master " M},
	{START " \"$@\"; tail -f /dev/null", "spark.driver.port", "7078",
	 START " \"$@\" --conf=spark.driver.port=7078 --conf spark.driver.port=7078; tail -f /dev/null"},
	{START " $(EXTRA)", "spark.master", M, START " $(EXTRA) --master=" M " --master " M},
	{START " --executor-cores x>log", "spark.executor.cores", "2", START " --executor-cores 2 >log"},
	{START " --conf $KV", "spark.a", "b", START " --conf $KV --conf spark.a=b"},
	{"S=\"$SPARK_HOME/sbin/start-connect-server.sh\"; exec \"$S\" --name n", "spark.master", M,
	 "S=\"$SPARK_HOME/sbin/start-connect-server.sh\"; exec \"$S\" --master " M " --name n"},
	{"export A=1 S=${A:-/opt/spark}/sbin/start-connect-server.sh; $S --name n", "spark.master", M,
	 "export A=1 S=${A:-/opt/spark}/sbin/start-connect-server.sh; $S --master " M " --name n"},
	/* which may end in an option that lacks its value: it takes the next word */
	{START " $DANGLES --master x", "spark.master", M, START " $DANGLES --master " M " --master " M},
	{START " --conf spark.a=$DANGLES", "spark.a", "b", START " --conf spark.a=b"},
	{START " --name $DANGLES", "spark.a", "b", START " --name $DANGLES --conf=spark.a=b --conf spark.a=b"},
	{START " --name \"$DANGLES\"", "spark.master", M, START " --master " M " --name \"$DANGLES\""},
	{START " --name $SECRET", "spark.master", M, START " --name $SECRET --master=" M " --master " M},
	{START " \"$ENDS\"", "spark.master", M, START " \"$ENDS\" --master=" M " --master " M},
	{START " \"$(SECRET)\"", "spark.master", M, START " \"$(SECRET)\" --master=" M " --master " M},
	{START " ${X:---name}", "spark.master", M, START " ${X:---name} --master=" M " --master " M},
	{START " {--verbose,--name}", "spark.master", M, START " {--verbose,--name} --master=" M " --master " M},
	{START " $'--name' --master x", "spark.master", M, START " $'--name' --master " M " --master " M},
	{START " --conf $'spark.master=" M "'", "spark.master", M, START " --conf spark.master=" M},
	{START " x$BLANKS", "spark.master", M, START " x$BLANKS --master " M},
	{START " --x=$BLANKS", "spark.master", M, START " --x=$BLANKS --master " M},
	{"f() { " START " --x=\"$@\"; }; f", "spark.master", M, "f() { " START " --x=\"$@\" --master=" M " --master " M "; }; f"},
	{START " --name $LABEL", "spark.master", M, START " --master " M " --name $LABEL"},
	/* one word for us, several for the shell */
	{START " --m* --name n", "spark.master", M, START " --m* --name n --master " M},
	{START " --m*=local", "spark.master", M, START " --m*=local --master=" M " --master " M},
	{START " --name * --master x", "spark.master", M, START " --name * --master " M " --master " M},
	{START " --name \"$*\" --master x; f() { :; }", "spark.master", M, START " --name \"$*\" --master " M "; f() { :; }"},
	{"f() { " START " --name \"$@\"; }; f a --master local", "spark.master", M,
	 "f() { " START " --name \"$@\" --master=" M " --master " M "; }; f a --master local"},
	{"f() { " START " --conf \"spark.a=$@\"; }; f", "spark.master", M, "f() { " START " --conf \"spark.a=$@\" --master=" M " --master " M "; }; f"},
	{"f() { " START " \"$@\" --master x; }; f --name", "spark.master", M, "f() { " START " \"$@\" --master " M " --master " M "; }; f --name"},
	{"set -- a --master local; " START " --name \"$@\"", "spark.master", M, "set -- a --master local; " START " --name \"$@\" --master=" M " --master " M},
	{START " --conf spark.mas*=local", "spark.master", M, START " --conf spark.mas*=local --master " M},
	{START " --conf s*", "spark.a", "b", START " --conf s* --conf spark.a=b"},
	{START " --jars /opt/jars/*.jar --master x", "spark.master", M, START " --jars /opt/jars/*.jar --master " M},
	{START " --conf spark.jars=/opt/jars/*.jar", "spark.master", M, START " --master " M " --conf spark.jars=/opt/jars/*.jar"},
	{START " --jars \"$SPARK_HOME\"/jars/*.jar", "spark.master", M, START " --jars \"$SPARK_HOME\"/jars/*.jar --master=" M " --master " M},
	{START " $DANGLES --version", "spark.master", M, START " $DANGLES --version --master " M},
	/* versions that do not know the option take the next word for one */
	{START " --driver-default-class-path --master local", "spark.master", M,
	 START " --driver-default-class-path --master " M " --master " M},
	{START " --driver-default-class-path /a.jar --master local", "spark.master", M, START " --driver-default-class-path /a.jar --master " M},
	{START " $O --master x", "spark.master", M, START " $O --master " M},
	{"spark-submit $O --class " SERVER " app.jar", "spark.master", M,
	 "spark-submit $O --class " SERVER " app.jar --master " M},
	/* where new options go */
	{START " --wait", "spark.master", M, START " --wait --master " M},
	{START " \\\n --name n \\\n", "spark.master", M, START " --master " M " \\\n --name n \\\n"},
	{"spark-submit --jars /j/*.jar --class " SERVER " local:///x.jar", "spark.master", M,
	 "spark-submit --master " M " --jars /j/*.jar --class " SERVER " local:///x.jar"},
	{"/opt/spark/sbin/spark-daemon.sh submit " SERVER " 1 --name n", "spark.master", M,
	 "/opt/spark/sbin/spark-daemon.sh submit " SERVER " 1 --master " M " --name n"},
	{"spark-daemon.sh --config /c submit " SERVER " 1", "spark.master", M,
	 "spark-daemon.sh --config /c submit " SERVER " 1 --master " M},
	{"spark-class org.apache.spark.deploy.SparkSubmit --class " SERVER, "spark.master", M,
	 "spark-class org.apache.spark.deploy.SparkSubmit --master " M " --class " SERVER},
	/* Behind the application they are its own, unless the launcher reads them for a class that it knows. */
	{"java -cp x org.apache.spark.deploy.SparkSubmit --class " SERVER " a.jar --master local", "spark.master", M,
	 "java -cp x org.apache.spark.deploy.SparkSubmit --master " M " --class " SERVER " a.jar --master local"},
	{"\"$JAVA\" $OPTS org.apache.spark.deploy.SparkSubmit --class " SERVER " a.jar", "spark.master", M,
	 "\"$JAVA\" $OPTS org.apache.spark.deploy.SparkSubmit --master " M " --class " SERVER " a.jar"},
	{"gosu java java -cp x org.apache.spark.deploy.SparkSubmit --class " SERVER " a.jar", "spark.master", M,
	 "gosu java java -cp x org.apache.spark.deploy.SparkSubmit --master " M " --class " SERVER " a.jar"},
	{"spark-submit --class org.apache.spark.sql.connect.SimpleSparkConnectService $OPTS a.jar --master local", "spark.master", M,
	 "spark-submit --class org.apache.spark.sql.connect.SimpleSparkConnectService $OPTS --master " M " a.jar --master local"},
	{"spark-class org.apache.spark.deploy.SparkSubmit --class " SERVER " a.jar --master local", "spark.master", M,
	 "spark-class org.apache.spark.deploy.SparkSubmit --class " SERVER " a.jar --master " M},
	{"exec java -Xmx1g -cp \"$CP\" org.apache.spark.deploy.SparkSubmit --class " SERVER " spark-internal", "spark.master",
	 M, "exec java -Xmx1g -cp \"$CP\" org.apache.spark.deploy.SparkSubmit --master " M " --class " SERVER " spark-internal"},
	{START ">log", "spark.executor.cores", "2", START " --conf spark.executor.cores=2 >log"},
	{START " ''", "spark.master", M, START " --master " M " ''"},
	/* wrappers */
	{"SPARK_NO_DAEMONIZE=1 exec " START " --master x", "spark.master", M,
	 "SPARK_NO_DAEMONIZE=1 exec " START " --master " M},
	{"env A=1 nohup tini -s -- " START " &", "spark.master", M, "env A=1 nohup tini -s -- " START " --master " M " &"},
	{"sudo -E -u spark bash " START, "spark.master", M, "sudo -E -u spark bash " START " --master " M},
	{"${SPARK_HOME:-/opt/spark}/sbin/start-connect-server.sh", "spark.master", M,
	 "${SPARK_HOME:-/opt/spark}/sbin/start-connect-server.sh --master " M},
	{"\"$SPARK_HOME\"/sbin/start-connect-server.sh", "spark.master", M,
	 "\"$SPARK_HOME\"/sbin/start-connect-server.sh --master " M},
	{". " START, "spark.master", M, ". " START " --master " M},
	{"time -p " START, "spark.master", M, "time -p " START " --master " M},
	{"/opt/entrypoint.sh connect-server --name n", "spark.master", M,
	 "/opt/entrypoint.sh connect-server --master " M " --name n"},
	/* compound commands */
	{"if ! x=$(y); then exit 1; fi; ( " START " ) & wait", "spark.master", M,
	 "if ! x=$(y); then exit 1; fi; ( " START " --master " M " ) & wait"},
	{"cat >f <<'E'\n--master " "x\nE\n" START " # --master x", "spark.master", M,
	 "cat >f <<'E'\n--master x\nE\n" START " --master " M " # --master x"},
	{"case $1 in s) " START ";; esac", "spark.master", M, "case $1 in s) " START " --master " M ";; esac"},
	{"run() { " START " \"$@\"; }; run", "spark.master", M, "run() { " START " \"$@\" --master=" M " --master " M "; }; run"},
	{"echo '--master x'; " START " | tee -a --master", "spark.master", M,
	 "echo '--master x'; " START " --master " M " | tee -a --master"},
	{"spark-submit --master x batch.py; " START, "spark.master", M,
	 "spark-submit --master x batch.py; " START " --master " M},
	{START " --master a || " START " --master b", "spark.master", M, START " --master " M " || " START " --master " M},
	/* texts in texts, arrays, variables */
	{"su spark -c '" START " --master x'", "spark.master", M, "su spark -c '" START " --master " M "'"},
	{"su - spark -c " START, "spark.master", M, "su - spark -c '" START " --master " M "'"},
	{"gosu spark bash -lc \"" START " --name 'a b'\"", "spark.master", M,
	 "gosu spark bash -lc '" START " --master " M " --name '\\''a b'\\'''"},
	{"su spark -c '" START "'", "spark.driver.host", "$(POD_IP)",
	 "su spark -c '" START " --conf spark.driver.host=$(POD_IP)'"},
	{"su spark -c \"$H/sbin/start-connect-server.sh --master $X\" >log", "spark.master", M,
	 "su spark -c \"$H/sbin/start-connect-server.sh --master " M "\" >log"},
	{"sh -c \"" START " $X\"", "spark.a", "it's $a", "sh -c \"" START " $X --conf 'spark.a=it'\\\\''s \\$a'\""},
	{"A='--class " SERVER "'; spark-submit $A --master x", "spark.master", M,
	 "A='--class " SERVER "'; spark-submit $A --master " M},
	{"eval '" START "'", "spark.master", M, "eval '" START " --master " M "'"},
	{"A=(--master x\n --name n)\n" START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master " M "\n --name n)\n" START " \"${A[@]}\""},
	{"A=(--name n); " START " \"${A[@]}\"", "spark.master", M, "A=(--name n); " START " --master " M " \"${A[@]}\""},
	{"C=(" START " --name n); exec \"${C[@]}\" >log", "spark.master", M,
	 "C=(" START " --name n); exec \"${C[@]}\" --master " M " >log"},
	{"if a; then A=(--master x); fi; " START " \"${A[@]}\"", "spark.master", M,
	 "if a; then A=(--master x); fi; " START " \"${A[@]}\" --master=" M " --master " M},
	{"a && A=(--master x); " START " \"${A[@]}\"", "spark.master", M,
	 "a && A=(--master x); " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x); " START " ${A[*]}", "spark.master", M, "A=(--master " M "); " START " ${A[*]}"},
	{"A=(--name 'a b'); " START " ${A[@]}", "spark.master", M, "A=(--name 'a b'); " START " ${A[@]} --master=" M " --master " M},
	{"B=(b); A=(--master x); " START " \"${A[@]}\"", "spark.master", M,
	 "B=(b); A=(--master " M "); " START " \"${A[@]}\""},
	/* an array that something else may change, or that is not there yet, is no list of words */
	{"A=(--master x); A+=(--name n); " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); A+=(--name n); " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x); A[1]=y; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); A[1]=y; " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x); unset A; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); unset A; " START " \"${A[@]}\" --master=" M " --master " M},
	{"a && { b; A=(--master x); }; " START " \"${A[@]}\"", "spark.master", M,
	 "a && { b; A=(--master x); }; " START " \"${A[@]}\" --master=" M " --master " M},
	{"a || { b; A=(--master x); }; " START " \"${A[@]}\"", "spark.master", M,
	 "a || { b; A=(--master x); }; " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x) | b; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x) | b; " START " \"${A[@]}\" --master=" M " --master " M},
	{"a | A=(--master x); " START " \"${A[@]}\"", "spark.master", M,
	 "a | A=(--master x); " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x) & b; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x) & b; " START " \"${A[@]}\" --master=" M " --master " M},
	{"A=(--master x) b; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x) b; " START " \"${A[@]}\" --master=" M " --master " M},
	{"{ A=(--master x); }; " START " \"${A[@]}\"", "spark.master", M, "{ A=(--master x); }; " START " \"${A[@]}\" --master=" M " --master " M},
	{START " \"${A[@]}\"; A=(--master x)", "spark.master", M, START " \"${A[@]}\" --master=" M " --master " M "; A=(--master x)"},
	{"f() { A=(--master x); }; " START " \"${A[@]}\"", "spark.master", M,
	 "f() { A=(--master x); }; " START " \"${A[@]}\" --master=" M " --master " M},
	{START " $O --conf spark.master=x", "spark.master", M, START " $O --conf spark.master=" M " --master " M},
	{"C=" START "\nexec $C --name n", "spark.master", M, "C=" START "\nexec $C --master " M " --name n"},
	{"C=" START "\nexec ${C} --name n", "spark.master", M, "C=" START "\nexec ${C} --master " M " --name n"},
	{"C='" START " --master x'; exec $C --name n", "spark.master", M,
	 "C='" START " --master x'; exec $C --name n --master " M},
	{"\"$SUBMIT\" --class " SERVER " --master x", "spark.master", M, "\"$SUBMIT\" --class " SERVER " --master " M},
	{"tini -s -- $SUBMIT --class " SERVER, "spark.a", "b", "tini -s -- $SUBMIT --conf spark.a=b --class " SERVER},
	{"env -u A $SUBMIT $O --class " SERVER, "spark.master", M, "env -u A $SUBMIT $O --master " M " --class " SERVER},
	/* how a shell is given its text */
	{"bash --norc -c '" START "'", "spark.master", M, "bash --norc -c '" START " --master " M "'"},
	{"bash --rcfile /c -c '" START "'", "spark.master", M, "bash --rcfile /c -c '" START " --master " M "'"},
	{"bash --init-file /c -ec '" START "'", "spark.master", M, "bash --init-file /c -ec '" START " --master " M "'"},
	{"bash +x -O extglob -c '" START "'", "spark.master", M, "bash +x -O extglob -c '" START " --master " M "'"},
	{"bash -c -- '" START "'", "spark.master", M, "bash -c -- '" START " --master " M "'"},
	{"bash -c -- '" START " \"$0\"' --name", "spark.master", M, "bash -c -- '" START " --master " M " \"$0\"' --name"},
	{"su --command '" START "'", "spark.master", M, "su --command '" START " --master " M "'"},
	{"runuser spark -c '" START "'", "spark.master", M, "runuser spark -c '" START " --master " M "'"},
	{"runuser -u spark -- " START, "spark.master", M, "runuser -u spark -- " START " --master " M},
	{"nice /run.sh --master=x --class " SERVER " -v", "spark.master", M, "nice /run.sh --master=" M " --class " SERVER " -v"},
	/* a class of one's own, which takes options in front of its jar */
	{"spark-submit --class com.acme.MySparkConnectServer --master x a.jar --master y", "spark.master", M,
	 "spark-submit --class com.acme.MySparkConnectServer --master " M " a.jar --master y"},
	{"entrypoint.sh driver --class com.acme.MySparkConnectServer a.jar", "spark.master", M,
	 "entrypoint.sh driver --master " M " --class com.acme.MySparkConnectServer a.jar"},
	{"spark-submit --class com.acme.MySparkConnectServer $O a.jar $P", "spark.master", M,
	 "spark-submit --class com.acme.MySparkConnectServer $O --master " M " a.jar $P"},
	/* a driver with the plug-in */
	{"spark-submit --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin app.py --master x", "spark.master",
	 M, "spark-submit --master " M " --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin app.py --master x"},
	{"start-thriftserver.sh --hiveconf a=b --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin --master x", "spark.master", M,
	 "start-thriftserver.sh --hiveconf a=b --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin --master " M},
	{"pyspark --conf spark.plugins=a,org.apache.spark.sql.connect.SparkConnectPlugin --master x", "spark.master", M,
	 "pyspark --conf spark.plugins=a,org.apache.spark.sql.connect.SparkConnectPlugin --master " M},
};

Test(cmdline, edits_texts)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *const command[] = {"/bin/bash", "-euo", "pipefail", "-c", NULL};
		const char *const args[] = {texts[i].text, NULL};
		const struct json *pod = put_on(make_pod(command, args), texts[i].key, texts[i].value, texts[i].text);
		const char *got = json_text(json_at(json_get(container_of(pod), "args"), 0), "");

		cr_expect_str_eq(got, texts[i].expected, "%s\ngives    %s\nexpected %s", texts[i].text, got, texts[i].expected);
	}
}

/* ---- arrays ---- */

/* Behind that, "$@" is left alone and the option written where it wins; or it is what args holds. */
#define MOVED(before)                                                                                                     \
	{{"bash", "-c", before "; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,                            \
	 {"bash", "-c", before "; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}}
#define STAYS(before)                                                                                                     \
	{{"bash", "-c", before "; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,                            \
	 {"bash", "-c", before "; " START " \"$@\""}, {"sh", "--master", M}}
#define ARRAY_MOVED(before)                                                                                               \
	{{"bash", "-c", before "; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,                                      \
	 {"bash", "-c", before "; " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}}
#define ARRAY_STAYS(between)                                                                                              \
	{{"bash", "-c", "A=(--master x); " between "; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,                  \
	 {"bash", "-c", "A=(--master " M "); " between "; " START " \"${A[@]}\""}, {NULL}}

static const struct {
	const char *command[8], *args[10]; /* command[0] NULL: none */
	const char *key, *value;
	const char *command_then[10], *args_then[12];
} arrays[] = {
	{{START}, {"--master", "x"}, "spark.master", M, {START}, {"--master", M}},
	{{START}, {"--name", "n"}, "spark.master", M, {START}, {"--master", M, "--name", "n"}},
	{{START, "--name", "n"}, {NULL}, "spark.master", M, {START, "--master", M, "--name", "n"}, {NULL}},
	{{START}, {NULL}, "spark.master", M, {START, "--master", M}, {NULL}},
	{{NULL}, {"/opt/spark/bin/spark-submit", "--class", SERVER, "--master=$(URL)"}, "spark.master", M,
	 {NULL}, {"/opt/spark/bin/spark-submit", "--class", SERVER, "--master=" M}},
	{{NULL}, {"connect-server", "--conf", "spark.master=x"}, "spark.master", M,
	 {NULL}, {"connect-server", "--conf", "spark.master=" M}},
	{{NULL}, {"connect-server"}, "spark.master", M, {NULL}, {"connect-server", "--master", M}},
	{{NULL}, {"connect-server", "$(EXTRA)"}, "spark.master", M, {NULL}, {"connect-server", "$(EXTRA)", "--master=" M, "--master", M}},
	{{NULL}, {"driver", "--properties-file", "f", "--class", SERVER, "spark-internal"}, "spark.driver.bindAddress", "::",
	 {NULL}, {"driver", "--conf", "spark.driver.bindAddress=::", "--properties-file", "f", "--class", SERVER, "spark-internal"}},
	{{"tini", "--", "/opt/entrypoint.sh"}, {"driver", "--class", SERVER}, "spark.master", M,
	 {"tini", "--", "/opt/entrypoint.sh"}, {"driver", "--master", M, "--class", SERVER}},
	{{"bash", "-c", "exec \"$0\" \"$@\""}, {START, "--master", "x"}, "spark.master", M,
	 {"bash", "-c", "exec \"$0\" \"$@\""}, {START, "--master", M}},
	{{"bash", "-c", "exec \"$0\" \"$@\""}, {START, "--name", "n"}, "spark.master", M,
	 {"bash", "-c", "exec \"$0\" \"$@\""}, {START, "--master", M, "--name", "n"}},
	{{"bash", "-c", "exec \"$0\""}, {START}, "spark.master", M, {"bash", "-c", "exec \"$0\" --master " M}, {START}},
	{{"sh", "-c", START " --a b \"$@\"", "sh"}, {"--master", "x", "$(EXTRA)"}, "spark.master", M,
	 {"sh", "-c", START " --a b \"$@\"", "sh"}, {"--master", M, "$(EXTRA)", "--master=" M, "--master", M}},
	{{"sh", "-c", "shift; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "shift; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}},
	/* options of `set` leave "$@" as it is, what stands behind them does not */
	{{"sh", "-c", "set -e; set +x -o pipefail; " START " \"$@\"", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -e; set +x -o pipefail; " START " \"$@\"", "sh"}, {"--master", M}},
	{{"sh", "-c", "set -- a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -- a; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "set -eo pipefail a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -eo pipefail a; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "set -e -- a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -e -- a; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "eval set -- \"$X\"; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "eval set -- \"$X\"; " START " \"$@\" --master=" M " --master " M}, {"sh", "--master", "x"}},
	/* what may move the words in a way that cannot be read off the text */
	MOVED("X='set -- a'; eval \"$X\""), MOVED("eval 'set\t-- a'"), MOVED("eval se\"t\" -- a"), MOVED("eval 's\"\"et -- a'"),
	MOVED("eval 'set${IFS}a'"), MOVED("command eval shift"), MOVED("builtin -p set -- a"), MOVED("s=set; $s -- a"),
	MOVED(". /dev/stdin <<< 'set -- a'"), MOVED("source <(echo set -- a)"), MOVED(". \"$X\""), MOVED("trap 'set -- a' DEBUG"),
	MOVED("alias q='set -- a'"), MOVED("mapfile -C 'eval set -- a' -c1 <<< x"), MOVED("set -$X"), MOVED("time -p set -- a"), MOVED("time -- shift"),
	/* what surely does not */
	STAYS("eval echo a"), STAYS(". /opt/spark/conf/spark-env.sh"), STAYS("$SPARK_HOME/bin/load-spark-env.sh a"), STAYS("trap"),
	STAYS("mapfile -t lines < f"), STAYS("declare -x A=1"), STAYS("exec 3>&1"),
	{{"bash", "-c", "A=(--master x); declare -n B=A; B=(a); " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); declare -n B=A; B=(a); " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); printf -vA[1] a; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); printf -vA[1] a; " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); (( A[1]=5 )); " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); (( A[1]=5 )); " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}},
	/* an array that something else may change */
	ARRAY_MOVED("A=(a); printf -v $n %s b"), ARRAY_MOVED("A=(a); read -r $n <<< b"), ARRAY_MOVED("A=(a); export \"$n=b\""),
	ARRAY_MOVED("A=(a); declare \"A$n=b\""), ARRAY_MOVED("A=(); : ${A:=b}"), ARRAY_MOVED("A=(); : ${!n:=b}"),
	ARRAY_MOVED("A=(a b); : $((A=1))"), ARRAY_MOVED("A=(a b); : $((x))"), ARRAY_MOVED("A=(a b); ((x))"), ARRAY_MOVED("A=(a b); : ${X:x}"),
	ARRAY_MOVED("A=(a b); [[ x -eq 1 ]]"), ARRAY_MOVED("A=(a b); B[x]=1"),
	{{"bash", "-c", "AB=(a); read A\"\"B <<< b; " START " \"${AB[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "AB=(a); read A\"\"B <<< b; " START " \"${AB[@]}\" --master=" M " --master " M}, {NULL}},
	ARRAY_MOVED("A=(a); read -aA <<< b"), ARRAY_MOVED("A=(a); unset $n"), ARRAY_MOVED("A=(a); wait -p $n"),
	ARRAY_MOVED("A=(a); printf \"$n\" %s b"),
	ARRAY_STAYS("n=b; export B=$n C; read -r x; printf \"%s\" \"$n\""), ARRAY_STAYS("echo ${#A[@]} ${A[@]+x}"), ARRAY_STAYS("[ -n \"${B:-x}\" ]"),
	{{"bash", "-c", "A=(--master x); for A in a; do :; done; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); for A in a; do :; done; " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); : \"${A[2]:=b}\"; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); : \"${A[2]:=b}\"; " START " \"${A[@]}\" --master=" M " --master " M}, {NULL}},
	/* an unknown program behind the server changes nothing any more, unless they come round again */
	{{"bash", "-c", START " \"$@\"; $X a"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", START " \"$@\"; $X a"}, {"sh", "--master", M}},
	{{"bash", "-c", "while a; do " START " \"$@\"; $X a; done"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", "while a; do " START " \"$@\" --master=" M " --master " M "; $X a; done"}, {"sh", "--master", "x"}},
	{{"bash", "-c", "for i in 1 2; do " START " \"$@\"; $X a; done"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", "for i in 1 2; do " START " \"$@\" --master=" M " --master " M "; $X a; done"}, {"sh", "--master", "x"}},
	/* braces become words, whatever stands in them first */
	{{"bash", "-c", START " --master " M " {--master,x}"}, {NULL}, "spark.master", M,
	 {"bash", "-c", START " --master " M " {--master,x} --master=" M " --master " M}, {NULL}},
	{{"bash", "-c", START " --master " M " {--conf,spark.master=x}"}, {NULL}, "spark.master", M,
	 {"bash", "-c", START " --master " M " {--conf,spark.master=x} --master=" M " --master " M}, {NULL}},
	/* a function's "$@" is what it was called with */
	{{"sh", "-c", "f() { " START " \"$@\"; }; f --name n", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", "f() { " START " \"$@\" --master=" M " --master " M "; }; f --name n", "sh"}, {"--master", "x"}},
	{{"sh", "-c", "function f { " START " \"$1\" \"$2\"; }; f a b", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", "function f { " START " \"$1\" \"$2\" --master " M "; }; f a b", "sh"}, {"--master", "x"}},
	/* "$1" and the like; without quotes only what the shell does not split */
	{{"sh", "-c", START " $1 \"${2}\"", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", START " $1 \"${2}\"", "sh"}, {"--master", M}},
	{{"sh", "-c", START " --name \"$1\" ${2}", "sh"}, {"a b", "--master=x"}, "spark.master", M,
	 {"sh", "-c", START " --name \"$1\" ${2}", "sh"}, {"a b", "--master=" M}},
	{{"sh", "-c", START " $1 --master x", "sh"}, {"a b"}, "spark.master", M,
	 {"sh", "-c", START " $1 --master " M, "sh"}, {"a b"}},
	{{"sh", "-c", START " \"$3\"", "sh"}, {"a", "b"}, "spark.master", M, {"sh", "-c", START " \"$3\" --master " M, "sh"}, {"a", "b"}},
	{{"sh", "-c", START " \"${@:1}\"", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", START " \"${@:1}\"", "sh"}, {"--master", M}},
	{{"sh", "-c", START " \"$*\" \"${1:-a}\" \"$9\"", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", START " \"$*\" \"${1:-a}\" \"$9\" --master " M, "sh"}, {"--master", "x"}},
	{{"env", "A=1", "nohup", START}, {"--conf=spark.a=$$(POD_IP)"}, "spark.a", "$(POD_IP)",
	 {"env", "A=1", "nohup", START}, {"--conf=spark.a=$(POD_IP)"}},
	{{START}, {"--conf", "spark.a=$$x"}, "spark.a", "$x", {START}, {"--conf", "spark.a=$$x"}},
	{{"java", "-cp", "x", "org.apache.spark.deploy.SparkSubmit"}, {"--class", SERVER}, "spark.master", M,
	 {"java", "-cp", "x", "org.apache.spark.deploy.SparkSubmit"}, {"--master", M, "--class", SERVER}},
};

Test(cmdline, edits_arrays)
{
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays); i++) {
		const char *const *command = arrays[i].command[0] ? arrays[i].command : NULL;
		const char *const *args = arrays[i].args[0] ? arrays[i].args : NULL;
		const struct json *pod = make_pod(command, args);

		pod = put_on(pod, arrays[i].key, arrays[i].value, arena_printf(&arena, "case %zu", i));
		expect_list(json_get(container_of(pod), "command"), arrays[i].command_then, i);
		expect_list(json_get(container_of(pod), "args"), arrays[i].args_then, i);
	}
}

/* ---- what envFrom may have ---- */

#define CONFIG_MAP "[{\"configMapRef\":{\"name\":\"e\"}}]"
#define SECRET_MAP "[{\"secretRef\":{\"name\":\"e\"},\"prefix\":\"\"}]"
#define ODD "[{\"configMapRef\":{\"name\":\"e\"},\"prefix\":\"a b\"}]"

static const struct {
	const char *env_from, *command[8], *args[10], *command_then[10], *args_then[12];
} unseen[] = {
	{CONFIG_MAP, {START}, {"$(A)"}, {START}, {"$(A)", "--master=" M, "--master", M}},
	{SECRET_MAP, {START}, {"$(a.b-c)"}, {START}, {"$(a.b-c)", "--master=" M, "--master", M}},
	{SECRET_MAP, {NULL}, {"connect-server", "$(A)"}, {NULL}, {"connect-server", "$(A)", "--master=" M, "--master", M}},
	{SECRET_MAP, {NULL}, {"driver", "--class", SERVER, "$(A)"}, {NULL}, {"driver", "--class", SERVER, "$(A)", "--master=" M, "--master", M}},
	{SECRET_MAP, {START}, {"--name", "$(A)"}, {START}, {"--master", M, "--name", "$(A)"}},
	{SECRET_MAP, {START}, {"--master=$(A)"}, {START}, {"--master=" M}},
	{SECRET_MAP, {START}, {"--conf", "$(A)=b"}, {START}, {"--conf", "$(A)=b", "--master", M}},
	/* what is no variable's name, or of env */
	{SECRET_MAP, {START}, {"$(a b)"}, {START}, {"--master", M, "$(a b)"}},
	{ODD, {START}, {"$(a b)"}, {START}, {"$(a b)", "--master=" M, "--master", M}},
	{SECRET_MAP, {START}, {"$$(A)", "$()"}, {START}, {"--master", M, "$$(A)", "$()"}},
	{SECRET_MAP, {START}, {"--conf", "spark.a=$(URL)"}, {START}, {"--master", M, "--conf", "spark.a=$(URL)"}},
	{"[]", {START}, {"$(A)"}, {START}, {"--master", M, "$(A)"}},
	/* in a shell's text, where it may be a command as well */
	{SECRET_MAP, {"sh", "-c", START " '$(A)'"}, {NULL}, {"sh", "-c", START " '$(A)' --master=" M " --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " $(A)"}, {NULL}, {"sh", "-c", START " $(A) --master=" M " --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " \"$(A)\""}, {NULL}, {"sh", "-c", START " \"$(A)\" --master=" M " --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " --name \"$(A)\" --master x"}, {NULL}, {"sh", "-c", START " --name \"$(A)\" --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " --master x --name $(A)"}, {NULL}, {"sh", "-c", START " --master " M " --name $(A) --master=" M " --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " --master x --name $A"}, {NULL}, {"sh", "-c", START " --master " M " --name $A --master=" M " --master " M}, {NULL}},
	{SECRET_MAP, {"sh", "-c", START " --master x --name \"$A\" --verbose"}, {NULL}, {"sh", "-c", START " --master " M " --name \"$A\" --verbose"}, {NULL}},
	{SECRET_MAP, {"su", "-c", "sh -c '" START " --conf spark.driver.host=\"$(hostname)\"'"}, {NULL},
	 {"su", "-c", "sh -c '" START " --master " M " --conf spark.driver.host=\"$(hostname)\"'"}, {NULL}},
	{"", {"sh", "-c", START " --master x --name $A '$(A)'"}, {NULL}, {"sh", "-c", START " --master " M " --name $A '$(A)'"}, {NULL}},
};

Test(cmdline, knows_of_variables_that_env_does_not_have)
{
	for (size_t i = 0; i < sizeof(unseen) / sizeof(*unseen); i++) {
		const char *const *command = unseen[i].command[0] ? unseen[i].command : NULL;
		const char *const *args = unseen[i].args[0] ? unseen[i].args : NULL;

		env_from = unseen[i].env_from;
		const struct json *pod = put_on(make_pod(command, args), "spark.master", M, arena_printf(&arena, "case %zu", i));
		expect_list(json_get(container_of(pod), "command"), unseen[i].command_then, i);
		expect_list(json_get(container_of(pod), "args"), unseen[i].args_then, i);
	}
}

/* ---- renaming ---- */

/* What is written behind --conf of a shell's text, and what is there when spark.old is spark.newer. said: why it stays. */
static const struct {
	const char *word, *expected, *said;
} renamed[] = {
	{"spark.old=/a", "spark.newer=/a", NULL},
	{"\"spark.old=$X y\"", "\"spark.newer=$X y\"", NULL},
	{"'spark.old'=/a", "spark.newer=/a", NULL},
	{"\"spark.old\"='/a b'", "'spark.newer=/a b'", NULL},
	{"'spark'.old=/a", "spark.newer=/a", NULL},
	{"spark.\\\nold=/a", "spark.newer=/a", NULL},
	{"\"spark.old\"=spark.old=1", "spark.newer=spark.old=1", NULL},
	{"spark.old=spark.old=1", "spark.newer=spark.old=1", NULL},
	{"\"spark.old\"=$X", NULL, "its name is not written in one piece"},
	{"\"spark.old\"='$(X)'", NULL, "its name is not written in one piece"},
	{"\"spark.old\"={a,b}", NULL, "its name is not written in one piece"},
	{"spark.older=spark.old=1", NULL, NULL},
};

Test(cmdline, a_key_is_renamed_whatever_quotes_it_has)
{
	for (size_t i = 0; i < sizeof(renamed) / sizeof(*renamed); i++) {
		const char *text = arena_printf(&arena, START " --conf %s # spark.old=", renamed[i].word);
		const char *expected = arena_printf(&arena, START " --conf %s # spark.old=", renamed[i].expected ? renamed[i].expected : renamed[i].word);
		const char *const command[] = {"sh", "-c", text, NULL};
		const struct json *pod = make_pod(command, NULL);
		struct cmdlines lines = find(pod);
		struct changes changes = {0};
		struct err err = {""};
		size_t ops;

		cr_assert_eq(lines.count, 1, "%s: %s", renamed[i].word, lines.why_unlocated);
		int rc = cmdline_rename(cmdlines_at(&lines, 0), SLICE_LIT("spark.old"), SLICE_LIT("spark.newer"), "r", &changes, &err);
		cr_expect_eq(rc, renamed[i].said ? -1 : 0, "%s: %s", renamed[i].word, err.text);
		cr_expect(!renamed[i].said || strstr(err.text, renamed[i].said), "%s: %s", renamed[i].word, err.text);
		cr_expect_eq(changes.count, renamed[i].expected != NULL, "%s: %zu changes", renamed[i].word, changes.count);
		cr_expect(!renamed[i].expected || conf_of(cmdlines_at(&lines, 0), "spark.newer"),
			  "%s: not read under the new name", renamed[i].word);
		pod = apply(pod, &lines, &ops);
		cr_expect_str_eq(json_text(json_at(json_get(container_of(pod), "command"), 2), ""), expected);
	}
}

/* "$1" is the same element in both lines. */
Test(cmdline, a_word_of_two_lines_is_renamed_once)
{
	const char *const command[] = {"sh", "-c", START " --conf \"$1\" --wait; " START " --conf \"$1\"", "sh", "spark.old=1", NULL};
	struct cmdlines lines = find(make_pod(command, NULL));
	struct changes changes = {0};
	struct err err = {""};

	cr_assert_eq(lines.count, 2);
	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(cmdline_rename(cmdlines_at(&lines, i), SLICE_LIT("spark.old"), SLICE_LIT("spark.newer"), "r", &changes, &err), 0);
	cr_expect_eq(changes.count, 1);
	for (size_t i = 0; i < 2; i++)
		cr_expect(says(cmdlines_at(&lines, i), "spark.newer", "1"));
}
