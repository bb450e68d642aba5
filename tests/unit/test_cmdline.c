/*
 * Containers beside what cmdline_set() makes of them. Each case is also asked what holds
 * for all: the line then says the value, a second set changes nothing, and a second
 * admission of the result finds nothing to do.
 */
#include "spark/cmdline.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <criterion/criterion.h>

#define SERVER "org.apache.spark.sql.connect.service.SparkConnectServer"
#define START "/opt/spark/sbin/start-connect-server.sh"
#define M "spark://m:7077"

static struct arena arena;

static const char *after_args[] = {"--master", "yarn"};
static const char *driver_before[] = {"--conf", "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS"};
static struct entrypoint_role roles[] = {
	{.name = "connect-server", .role = ROLE_CONNECT_SERVER},
	{.name = "driver", .role = ROLE_NONE, .before = {driver_before, 2}},
	{.name = "pinned-server", .role = ROLE_CONNECT_SERVER, .after = {after_args, 2}},
};
static const struct policy policy = {.entrypoints = roles, .entrypoint_count = 3};

static void setup(void)
{
	json_setup();
}

static void release(void)
{
	arena_release(&arena);
}

TestSuite(cmdline, .init = setup, .fini = release);

/* ---- a pod of one container ---- */

static void write_list(struct json_writer *w, const char *key, const char *const *items)
{
	json_write_key(w, slice_of(key));
	json_write_open(w, '[');
	for (; *items; items++)
		json_write_string(w, slice_of(*items));
	json_write_close(w, ']');
}

/* command and args may be NULL. The container has env POD_IP, EXTRA (from elsewhere) and URL. */
static const struct json *make_pod(const char *const *command, const char *const *args)
{
	struct buf text = buf_in(&arena);
	struct json_writer w = json_writer(&text);
	const struct json *pod;
	struct err err;

	json_write_open(&w, '{');
	json_write_key(&w, SLICE_LIT("containers"));
	json_write_open(&w, '[');
	json_write_open(&w, '{');
	json_write_member(&w, "name", "spark");
	json_write_key(&w, SLICE_LIT("env"));
	json_write_raw(&w, SLICE_LIT("[{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{}}},"
				     "{\"name\":\"EXTRA\",\"valueFrom\":{\"configMapKeyRef\":{}}},"
				     "{\"name\":\"URL\",\"value\":\"k8s://https://h\"}]"));
	if (command)
		write_list(&w, "command", command);
	if (args)
		write_list(&w, "args", args);
	json_write_close(&w, '}');
	json_write_close(&w, ']');
	json_write_close(&w, '}');
	cr_assert_eq(json_parse(&arena, buf_slice(&text), &pod, &err), 0, "%s", err.text);
	return pod;
}

static const struct json *container_of(const struct json *pod)
{
	return json_at(json_get(pod, "containers"), 0);
}

static struct cmdlines find(const struct json *pod)
{
	struct cmdlines lines;
	struct err err = {""};

	cr_assert_eq(cmdlines_find(&policy, &arena, container_of(pod), "/containers/0", &lines, &err), 0, "%s", err.text);
	return lines;
}

static const struct json *apply(const struct json *pod, const struct cmdlines *lines, size_t *ops)
{
	struct json_patch patch = json_patch_in(&arena);
	struct json *result;
	struct err err = {""};

	cmdlines_patch(lines, &patch);
	*ops = patch.count;
	cr_assert_eq(json_patch_apply(&arena, pod, &patch, &result, &err), 0, "%s", err.text);
	return result;
}

/* Does the line say value for key, as Spark reads it? */
static bool says(const struct cmdline *line, const char *key, const char *value)
{
	const struct settings *s = cmdline_settings(line);
	const struct setting *option = settings_last(s, SOURCE_OPTION, slice_of(key));
	const struct setting *conf = settings_last(s, SOURCE_CONF, slice_of(key));

	option = option ? option : conf;
	return option && slice_is(option->value, value) && !cmdline_uncertain(line, slice_of(key));
}

static size_t set_all(struct cmdlines *lines, const char *key, const char *value, const char *what)
{
	struct changes changes = {0};
	size_t count;

	for (size_t i = 0; i < lines->count; i++) {
		struct err err = {""};

		cr_assert_eq(cmdline_set(cmdlines_at(lines, i), slice_of(key), slice_of(value), "r", &changes, &err), 0,
			     "%s: %s", what, err.text);
		cr_expect(says(cmdlines_at(lines, i), key, value), "%s: does not say it", what);
	}
	count = changes.count;
	for (size_t i = 0; i < lines->count; i++) {
		struct err err = {""};

		cr_expect_eq(cmdline_set(cmdlines_at(lines, i), slice_of(key), slice_of(value), "r", &changes, &err), 0);
	}
	cr_expect_eq(changes.count, count, "%s: a second set changes something", what);
	return count;
}

/* Set, apply, and admit again. */
static const struct json *put_on(const struct json *pod, const char *key, const char *value, const char *what)
{
	struct cmdlines lines = find(pod);
	size_t ops;

	cr_assert(lines.count > 0, "%s: not found (%s)", what, lines.why_unlocated ? lines.why_unlocated : "-");
	set_all(&lines, key, value, what);
	pod = apply(pod, &lines, &ops);
	lines = find(pod);
	for (size_t i = 0; i < lines.count; i++)
		cr_expect(says(cmdlines_at(&lines, i), key, value), "%s: not there on the second admission", what);
	cr_expect_eq(set_all(&lines, key, value, what), 0, "%s: changes on the second admission", what);
	apply(pod, &lines, &ops);
	cr_expect_eq(ops, 0, "%s: the second patch is not empty", what);
	return pod;
}

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
	{START " \"$@\"; tail -f /dev/null", "spark.driver.port", "7078",
	 START " \"$@\" --conf spark.driver.port=7078; tail -f /dev/null"},
	{START " $(EXTRA)", "spark.master", M, START " $(EXTRA) --master " M},
	{START " --executor-cores x>log", "spark.executor.cores", "2", START " --executor-cores 2 >log"},
	{START " --conf $KV", "spark.a", "b", START " --conf $KV --conf spark.a=b"},
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
	{"run() { " START " \"$@\"; }; run", "spark.master", M, "run() { " START " \"$@\" --master " M "; }; run"},
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
	 "if a; then A=(--master x); fi; " START " \"${A[@]}\" --master " M},
	{"a && A=(--master x); " START " \"${A[@]}\"", "spark.master", M,
	 "a && A=(--master x); " START " \"${A[@]}\" --master " M},
	{"A=(--master x); " START " ${A[*]}", "spark.master", M, "A=(--master " M "); " START " ${A[*]}"},
	{"A=(--name 'a b'); " START " ${A[@]}", "spark.master", M, "A=(--name 'a b'); " START " ${A[@]} --master " M},
	{"B=(b); A=(--master x); " START " \"${A[@]}\"", "spark.master", M,
	 "B=(b); A=(--master " M "); " START " \"${A[@]}\""},
	/* an array that something else may change, or that is not there yet, is no list of words */
	{"A=(--master x); A+=(--name n); " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); A+=(--name n); " START " \"${A[@]}\" --master " M},
	{"A=(--master x); A[1]=y; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); A[1]=y; " START " \"${A[@]}\" --master " M},
	{"A=(--master x); unset A; " START " \"${A[@]}\"", "spark.master", M,
	 "A=(--master x); unset A; " START " \"${A[@]}\" --master " M},
	{START " \"${A[@]}\"; A=(--master x)", "spark.master", M, START " \"${A[@]}\" --master " M "; A=(--master x)"},
	{"f() { A=(--master x); }; " START " \"${A[@]}\"", "spark.master", M,
	 "f() { A=(--master x); }; " START " \"${A[@]}\" --master " M},
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
	/* a driver with the plug-in */
	{"spark-submit --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin app.py --master x", "spark.master",
	 M, "spark-submit --master " M " --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin app.py --master x"},
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
	 {"bash", "-c", before "; " START " \"$@\" --master " M}, {"sh", "--master", "x"}}
#define STAYS(before)                                                                                                     \
	{{"bash", "-c", before "; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,                            \
	 {"bash", "-c", before "; " START " \"$@\""}, {"sh", "--master", M}}

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
	{{NULL}, {"connect-server", "$(EXTRA)"}, "spark.master", M, {NULL}, {"connect-server", "$(EXTRA)", "--master", M}},
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
	 {"sh", "-c", START " --a b \"$@\"", "sh"}, {"--master", M, "$(EXTRA)", "--master", M}},
	{{"sh", "-c", "shift; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "shift; " START " \"$@\" --master " M}, {"sh", "--master", "x"}},
	/* options of `set` leave "$@" as it is, what stands behind them does not */
	{{"sh", "-c", "set -e; set +x -o pipefail; " START " \"$@\"", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -e; set +x -o pipefail; " START " \"$@\"", "sh"}, {"--master", M}},
	{{"sh", "-c", "set -- a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -- a; " START " \"$@\" --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "set -eo pipefail a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -eo pipefail a; " START " \"$@\" --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "set -e -- a; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "set -e -- a; " START " \"$@\" --master " M}, {"sh", "--master", "x"}},
	{{"sh", "-c", "eval set -- \"$X\"; " START " \"$@\""}, {"sh", "--master", "x"}, "spark.master", M,
	 {"sh", "-c", "eval set -- \"$X\"; " START " \"$@\" --master " M}, {"sh", "--master", "x"}},
	/* what may move the words in a way that cannot be read off the text */
	MOVED("X='set -- a'; eval \"$X\""), MOVED("eval 'set\t-- a'"), MOVED("eval se\"t\" -- a"), MOVED("eval 's\"\"et -- a'"),
	MOVED("eval 'set${IFS}a'"), MOVED("command eval shift"), MOVED("builtin -p set -- a"), MOVED("s=set; $s -- a"),
	MOVED(". /dev/stdin <<< 'set -- a'"), MOVED("source <(echo set -- a)"), MOVED(". \"$X\""), MOVED("trap 'set -- a' DEBUG"),
	MOVED("alias q='set -- a'"), MOVED("mapfile -C 'eval set -- a' -c1 <<< x"), MOVED("set -$X"),
	/* what surely does not */
	STAYS("eval echo a"), STAYS(". /opt/spark/conf/spark-env.sh"), STAYS("$SPARK_HOME/bin/load-spark-env.sh a"), STAYS("trap"),
	STAYS("mapfile -t lines < f"), STAYS("declare -x A=1"), STAYS("exec 3>&1"),
	{{"bash", "-c", "A=(--master x); declare -n B=A; B=(a); " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); declare -n B=A; B=(a); " START " \"${A[@]}\" --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); printf -vA[1] a; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); printf -vA[1] a; " START " \"${A[@]}\" --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); (( A[1]=5 )); " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); (( A[1]=5 )); " START " \"${A[@]}\" --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); for A in a; do :; done; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); for A in a; do :; done; " START " \"${A[@]}\" --master " M}, {NULL}},
	{{"bash", "-c", "A=(--master x); : \"${A[2]:=b}\"; " START " \"${A[@]}\""}, {NULL}, "spark.master", M,
	 {"bash", "-c", "A=(--master x); : \"${A[2]:=b}\"; " START " \"${A[@]}\" --master " M}, {NULL}},
	/* an unknown program behind the server changes nothing any more, unless they come round again */
	{{"bash", "-c", START " \"$@\"; $X a"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", START " \"$@\"; $X a"}, {"sh", "--master", M}},
	{{"bash", "-c", "while a; do " START " \"$@\"; $X a; done"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", "while a; do " START " \"$@\" --master " M "; $X a; done"}, {"sh", "--master", "x"}},
	{{"bash", "-c", "for i in 1 2; do " START " \"$@\"; $X a; done"}, {"sh", "--master", "x"}, "spark.master", M,
	 {"bash", "-c", "for i in 1 2; do " START " \"$@\" --master " M "; $X a; done"}, {"sh", "--master", "x"}},
	/* braces become words, whatever stands in them first */
	{{"bash", "-c", START " --master " M " {--master,x}"}, {NULL}, "spark.master", M,
	 {"bash", "-c", START " --master " M " {--master,x} --master " M}, {NULL}},
	{{"bash", "-c", START " --master " M " {--conf,spark.master=x}"}, {NULL}, "spark.master", M,
	 {"bash", "-c", START " --master " M " {--conf,spark.master=x} --master " M}, {NULL}},
	/* a function's "$@" is what it was called with */
	{{"sh", "-c", "f() { " START " \"$@\"; }; f --name n", "sh"}, {"--master", "x"}, "spark.master", M,
	 {"sh", "-c", "f() { " START " \"$@\" --master " M "; }; f --name n", "sh"}, {"--master", "x"}},
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

static void expect_list(const struct json *list, const char *const *expected, size_t row)
{
	size_t i = 0;

	for (; expected[i]; i++)
		cr_expect_str_eq(json_text(json_at(list, i), "(none)"), expected[i], "case %zu, element %zu: %s", row, i,
				 json_text(json_at(list, i), "(none)"));
	cr_expect_eq(json_count(list), i, "case %zu: %zu elements", row, json_count(list));
}

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

/* ---- what is not ours, and what cannot be told ---- */

static const struct {
	const char *text;
	bool unlocated;
} others[] = {
	{"spark-submit --master x app.py", false},
	{"spark-submit --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 --master k8s://x", false},
	{"spark-class org.apache.spark.deploy.master.Master", false},
	{"spark-class org.apache.spark.deploy.worker.Worker spark://m:7077", false},
	{"until nc -z rel-connect 15002; do echo waiting for SparkConnectServer; sleep 2; done", false},
	{"pgrep -f " SERVER, false},
	{"# " START "\nsleep 1", false},
	{"test -x " START " && cp " START " /tmp", false},
	{"pyspark --remote sc://h", false},
	{"spark-submit --kill 1 --class " SERVER, false},
	{"stop-connect-server.sh", false},
	{"spark-submit --status 1 --class " SERVER, false},
	{"spark-submit --version", false},
	{START " --help", false},
	{"bash -o pipefail", false},
	{"bash -c", false},
	{"cat -- x -c '" START "'", false},
	{"su -l spark", false},
	{"bash -- -c '" START " --name n'", true}, /* a script of that name */
	{"bash +c '" START " --name n'", true},
	{"spark-daemon.sh stop " SERVER " 1", true},
	{"C='" START " --name n'; \"$C\"", true}, /* a program with blanks in its name */
	{"C=" START "; ${C}.old", true},
	{"C=" START "; C=ls; $C", true},
	{"spark-daemon.sh submit " SERVER, true}, /* its number is missing */
	{"cat >s.sh <<E\n" START "\nE\nbash s.sh", true},
	{"bash <<<'" START "'", true},
	{"RUN='x " START "'; sh -c \"$RUN\"", true},
	{"sh -c \"" START " \\\"$X\\\"\"", true},
	{"run-it " SERVER, true},
	{START " 'unclosed", true},
	{"x=$(" START ")", true},
	{"echo --master local | xargs " START, true},
	{"((" START "))", true}, /* two subshells to dash */
	{"((i = i + 1)); sleep 1", false},
};

Test(cmdline, leaves_others_alone)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		const char *const command[] = {"sh", "-c", others[i].text, NULL};
		struct cmdlines lines = find(make_pod(command, NULL));

		cr_expect_eq(lines.count, 0, "%s", others[i].text);
		cr_expect_eq(lines.unlocated, others[i].unlocated, "%s: %s", others[i].text,
			     lines.why_unlocated ? lines.why_unlocated : "-");
		cr_expect_eq(lines.unlocated, lines.why_unlocated != NULL, "%s", others[i].text);
	}
}

Test(cmdline, refuses_what_it_cannot_make_certain)
{
	static const struct {
		const char *args[6], *complaint;
	} cases[] = {
		{{"pinned-server", "--name", "n"}, "behind the container's args"},
		{{"/opt/spark/bin/spark-class", SERVER}, "takes no options"},
		{{"start-connect-server.sh", "$(EXTRA)", "--conf"}, "lacks its value"},
		{{"spark-daemon.sh", "start", SERVER, "1"}, "takes no options"},
		{{"java", "-cp", "x", SERVER}, "takes no options"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct json *pod = make_pod(NULL, cases[i].args);
		struct cmdlines lines = find(pod);
		struct changes changes = {0};
		struct err err = {""};
		size_t ops;

		cr_assert_eq(lines.count, 1);
		cr_expect_eq(cmdline_set(cmdlines_at(&lines, 0), SLICE_LIT("spark.master"), SLICE_LIT(M), "r", &changes, &err), -1);
		cr_expect(strstr(err.text, cases[i].complaint), "%zu: %s", i, err.text);
		apply(pod, &lines, &ops);
		cr_expect_eq(ops, 0, "%zu: edited all the same", i);
	}
}

/* Java's `.` matches no line end, and spark-submit takes no empty argument for an option of its own. */
Test(cmdline, refuses_values_that_no_option_holds)
{
	static const struct {
		const char *key, *value;
		int rc;
	} cases[] = {
		{"spark.a", "x\ny", -1}, {"spark.a", "x\x7f", -1}, {"spark.a", "\x1f", -1}, {"spark.a", " ~", 0},
		{"spark.a", "", 0},	 {"spark.master", "", -1},  {"spark.executor.cores", "", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const command[] = {START, NULL};
		const struct json *pod = make_pod(command, NULL);
		struct cmdlines lines = find(pod);
		struct changes changes = {0};
		struct err err = {""};
		size_t ops;

		cr_expect_eq(cmdline_set(cmdlines_at(&lines, 0), slice_of(cases[i].key), slice_of(cases[i].value), "r", &changes, &err),
			     cases[i].rc, "%zu: %s", i, err.text);
		cr_expect(cases[i].rc == 0 || strcmp(err.text, "an option cannot hold this value") == 0, "%zu: %s", i, err.text);
		apply(pod, &lines, &ops);
		cr_expect_eq(ops > 0, cases[i].rc == 0, "%zu", i);
	}
}

/* Pods with more words than are read are refused with the field's name, and with neither field cut. */
Test(cmdline, bounds_the_words)
{
	for (size_t i = 0; i < 4; i++) {
		const char **words = ARENA_ARRAY(&arena, LIMIT_WORDS + 2, const char *);
		const char *const start[] = {START, NULL};
		bool args = i & 1, over = i & 2;
		struct cmdlines lines = {.words = 77};
		struct err err = {""};

		for (size_t k = 0; k < LIMIT_WORDS + (size_t)over; k++)
			words[k] = "x";
		const struct json *pod = make_pod(args ? start : words, args ? words : start);
		cr_expect_eq(cmdlines_find(&policy, &arena, container_of(pod), "/containers/0", &lines, &err), over ? -1 : 0, "%s", err.text);
		cr_expect_str_eq(err.text, !over ? "" : arena_printf(&arena, "%s has more than %u elements", args ? "args" : "command", LIMIT_WORDS));
	}
}

/* What is only filled in stands before "$EXTRA_OPTS", as --conf: whatever that holds wins. */
Test(cmdline, a_default_yields_to_expansions)
{
	static const struct {
		const char *text, *then;
	} cases[] = {
		{START " $X", START " --conf spark.executor.cores=2 $X"},
		{START " --wait $X --name n", START " --wait --conf spark.executor.cores=2 $X --name n"},
		{START " --executor-cores 7 $X", START " --executor-cores 2 $X"},
		{START " --name n", START " --conf spark.executor.cores=2 --name n"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *const command[] = {"sh", "-c", cases[i].text, NULL};
		const char *const then[] = {"sh", "-c", cases[i].then, NULL};
		const struct json *pod = make_pod(command, NULL);
		struct cmdlines lines = find(pod);
		struct changes changes = {0};
		struct err err = {""};
		size_t ops;

		cr_assert_eq(lines.count, 1);
		for (int again = 0; again < 2; again++)
			cr_expect_eq(cmdline_default(cmdlines_at(&lines, 0), SLICE_LIT("spark.executor.cores"), SLICE_LIT("2"), "r",
						     &changes, &err), 0, "%s", err.text);
		cr_expect_eq(changes.count, 1);
		expect_list(json_get(container_of(apply(pod, &lines, &ops)), "command"), then, i);
	}
}

Test(cmdline, knows_classes)
{
	static const struct {
		const char *args[6];
		enum program program;
		enum class_state class;
	} cases[] = {
		{{START}, PROGRAM_START_CONNECT_SERVER, CLASS_CONNECT_SERVER},
		{{"spark-submit", "--class", SERVER}, PROGRAM_SPARK_SUBMIT, CLASS_CONNECT_SERVER},
		{{"spark-submit", "--class", "$(EXTRA)"}, PROGRAM_SPARK_SUBMIT, CLASS_UNKNOWN},
		{{"connect-server"}, PROGRAM_ENTRYPOINT, CLASS_CONNECT_SERVER},
		{{"java", "-cp", "x", SERVER}, PROGRAM_SPARK_CLASS, CLASS_CONNECT_SERVER},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct cmdlines lines = find(make_pod(NULL, cases[i].args));

		cr_assert_eq(lines.count, 1, "%zu", i);
		cr_expect_eq(cmdline_program(cmdlines_at(&lines, 0)), cases[i].program, "%zu", i);
		cr_expect_eq(cmdline_class(cmdlines_at(&lines, 0)), cases[i].class, "%zu", i);
	}
}

/* ---- the other verbs and getters ---- */

Test(cmdline, disables_and_renames)
{
	static const char text[] = START " --conf spark.app.id=a \\\n  --conf \"spark.old=$X y\" --conf=spark.app.id=b --conf spark.old=z";
	const char *const command[] = {"sh", "-c", text, NULL};
	const struct json *pod = make_pod(command, NULL);
	struct cmdlines lines = find(pod);
	struct changes changes = {0};
	size_t ops;

	cmdline_disable(cmdlines_at(&lines, 0), SLICE_LIT("spark.app.id"), "r", &changes);
	cmdline_rename(cmdlines_at(&lines, 0), SLICE_LIT("spark.old"), SLICE_LIT("spark.new"), "r", &changes);
	cr_expect_eq(changes.count, 4);
	cr_expect_null(settings_last(cmdline_settings(cmdlines_at(&lines, 0)), SOURCE_CONF, SLICE_LIT("spark.app.id")));
	cr_expect_not_null(settings_last(cmdline_settings(cmdlines_at(&lines, 0)), SOURCE_CONF, SLICE_LIT("spark.new")));
	pod = apply(pod, &lines, &ops);
	cr_expect_str_eq(json_text(json_at(json_get(container_of(pod), "command"), 2), ""),
			 START " \\\n  --conf \"spark.new=$X y\" --conf spark.new=z");
}

Test(cmdline, notes_where_and_never_a_secret)
{
	const char *const command[] = {"sh", "-c", "true\n" START " --conf spark.authenticate.secret=abc", NULL};
	struct cmdlines lines = find(make_pod(command, NULL));
	struct changes changes = {0};
	struct err err;

	cr_assert_eq(cmdline_set(cmdlines_at(&lines, 0), SLICE_LIT("spark.authenticate.secret"), SLICE_LIT("def"), "r", &changes,
				 &err), 0);
	cr_assert_eq(changes.count, 1);
	cr_expect_str_eq(changes.items[0].carrier, "shell");
	cr_expect_str_eq(changes.items[0].place.pointer, "/containers/0/command/2");
	cr_expect_str_eq(changes.items[0].place.container, "spark");
	cr_expect_eq(changes.items[0].place.line, 2);
	cr_expect_str_eq(changes.items[0].from, "(redacted)");
	cr_expect_str_eq(changes.items[0].to, "(redacted)");
}

Test(cmdline, finds_the_properties_file)
{
	const char *const literal[] = {START, "--properties-file", "/a", "--properties-file=/b", "--load-spark-defaults", NULL};
	const char *const shell[] = {"sh", "-c", START " --properties-file \"$F\"", NULL};
	struct cmdlines lines = find(make_pod(literal, NULL));
	bool known;

	cr_expect(slice_is(cmdline_properties_file(cmdlines_at(&lines, 0), &known), "/b"));
	cr_expect(known && cmdline_load_defaults(cmdlines_at(&lines, 0)));
	lines = find(make_pod(shell, NULL));
	cr_expect(slice_is(cmdline_properties_file(cmdlines_at(&lines, 0), &known), "$F"));
	cr_expect(!known && !cmdline_load_defaults(cmdlines_at(&lines, 0)));
}

/* Each takes minutes, or all memory, where an edit costs more than one pass. */
Test(cmdline, takes_hostile_texts)
{
	static const struct {
		const char *head, *unit;
		size_t times;
	} cases[] = {
		{START, " --conf spark.a=b", 9000},
		{START, " $X", 19000},
		{"", START ";", 19000},
		{"java", " java", 19000},
		{"a", " su", 19000},
		{"a", " sh", 19000},
		{"", "$C;", 19000},
		{"", "C=(a);${C[@]};" START ";", 4000},
		{"", START " \"$@\";", 9000},
		{"sh -c '", "sh -c ", 19000},
		{START " ", "''", 1000000},
		{"spark-submit ", "--class $X ", 9000},
		{"", "spark-submit --class " SERVER " $X;", 4000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = buf_in(&arena);
		struct changes changes = {0};
		struct cmdlines lines;
		struct err err;

		buf_adds(&text, cases[i].head);
		for (size_t j = 0; j < cases[i].times; j++)
			buf_adds(&text, cases[i].unit);
		buf_adds(&text, "''");
		const char *const command[] = {"sh", "-c", buf_slice(&text).ptr, "a", "b", "c", NULL};
		lines = find(make_pod(command, NULL));
		for (size_t j = 0; j < lines.count; j++)
			for (size_t k = 0; k < 20; k++) {
				const char *key = arena_printf(&arena, "spark.key%zu", k % 10);

				(void)!cmdline_set(cmdlines_at(&lines, j), slice_of(key), SLICE_LIT("v"), "r", &changes, &err);
			}
		size_t ops;
		apply(make_pod(command, NULL), &lines, &ops);
		arena_release(&arena);
	}
}
