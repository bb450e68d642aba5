/* Command lines that are not ours or cannot be told, and several keys at once. */
#include "base/limits.h"
#include "cmdline_testing.h"

TestSuite(cmdline, .init = setup, .fini = release);

/* ---- what is not ours, and what cannot be told ---- */

#define SUBMIT "org.apache.spark.deploy.SparkSubmit --class " SERVER " spark-internal"

static const struct {
	const char *text;
	bool unlocated;
} others[] = {
	{"spark-submit --master x app.py", false},
	{"spark-submit --class org.apache.spark.sql.hive.thriftserver.HiveThriftServer2 --master k8s://x", false},
	{"spark-submit --class org.apache.spark.deploy.SparkSubmit x.jar --master local --class " SERVER, true},
	{"env -u spark-submit " START " --master local", true},
	{"exec -a spark-submit " START " --master local", true},
	{"env -u start-connect-server.sh ls --master local", true},
	{"exec -a start-connect-server.sh ls --master local", true},
	{"java -cp x org.example.Main " START, true},
	{"spark-class org.example.Main " START, true},
	{"$RUNNER " SUBMIT " --master local", true}, {"/opt/run.sh " SUBMIT " $OPTS", true}, {"java -cp {/x,org.example.Main} " SUBMIT, true},
	{"java -jar evil.jar " SUBMIT, true}, {"java -cp x org.example.Main " SUBMIT, true}, {"java -cp x -m a/b " SUBMIT, true},
	{"spark-class org.example.Main " SUBMIT, true}, {"java --class-path org.apache.spark.deploy.SparkSubmit org.example.Main --class " SERVER, true},
	{"spark-class com.acme.MySparkConnectServer", true}, {"spark-submit --class com.acme.Main a.jar SparkConnectServer", true},
	{"perl -e 'exec shift' " START, true},
	{"bash -s " START " <<<'\"$1\" --master local'", true},
	{"spark-submit --version", false},
	{"for c in " START "; do $c --master local; done", true},
	{"S=$X; $S --master x SparkConnectServer", true},
	{"S=${X:-$Y/start-connect-server.sh}; $S --name n", true},
	{"for i in 1 2 3; do pgrep -f SparkConnectServer; done", false},
	{"sh -c 'shift; \"$@\" --master local' x z " START, true},
	{"export CMD='" START " --master local'; eval \"$CMD\"", true},
	{"alias q='" START " --master local'; q", true},
	{"find /tmp -maxdepth 0 -exec " START " --master local ';'", true},
	{"find / -name start-connect-server.sh", false},
	{"flock /tmp/l -c '" START "'", true},
	{"script -c '" START " --master local' /dev/null", true},
	{"awk 'BEGIN{system(\"" START " --master local\")}'", true},
	{"tar cf x --checkpoint-action=exec='" START "' y", true},
	{"spark-class org.apache.spark.deploy.master.Master", false},
	{"spark-class org.apache.spark.deploy.worker.Worker spark://m:7077", false},
	{"until nc -z rel-connect 15002; do echo waiting for SparkConnectServer; sleep 2; done", false},
	{"pgrep -f " SERVER, false},
	{"# " START "\nsleep 1", false},
	{"test -x " START " && cp " START " /tmp", false},
	{"start-thriftserver.sh --master local --hiveconf hive.server2.thrift.port=1", false},
	{"pyspark --remote sc://h", false}, {"spark-submit --kill 1 --class " SERVER, false},
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
	{"command -v start-connect-server.sh", false},
	{"'$(' eval '" START " $(POD_IP)'", true},
};

/* ---- a server that is found, and what stands beside it ---- */

static const struct {
	const char *text;
	bool hidden; /* another one is started where no word can be edited */
} beside[] = {
	{"false && " START "; python3 -c 'os.system(\"" START " --master local\")'", true},
	{"false && " START "; flock /tmp/x -c '" START " --master local'", true},
	{START "; spark-submit --class x.Y a.jar " SERVER, true},
	{"log 'starting " START "'; exec " START, false},
	{"python3 /opt/wait_for.py SparkConnectServer & exec " START, false},
	{"kubectl get node -l app=SparkConnectServer; exec " START, false},
	{"watch -n 5 \"jps | grep SparkConnectServer\" & exec " START, false},
	{"bash <<< '" START " --master local' & " START, true},
	{"x=$(" START " --master y); " START, true},
	{START " --name $(" START " --master y)", true},
	{START " --name \"${X:-$(" START ")}\"", true},
	{"x=`" START "`; " START, true},
	{"x=`echo \\`" START "\\``; " START, true},
	{"x=$(echo $(echo $(" START "))); " START, true},
	{"x=$(a $(b $(c $(d $(" START "))))); " START, true},
	{"cat <(" START "); " START, true},
	{"A=($(" START ")); " START, true},
	{"bash <<E\n" START "\nE\n" START, true},
	{START "; bash -c 'bash -c \"bash -c \\\"bash -c \\\\\\\"" START "\\\\\\\"\\\"\"'", true},
	{START "; echo --master y | xargs " START, true},
	{START "; sh -c \"" START " \\\"$X\\\"\"", true},
	{START "; run-it " SERVER, false},
	{"x=$( (" START "); true); " START, true},
	{"[[ a || " START " ]]; " START, true}, /* a command to dash */
	{"[[ a && (" START ") ]]; " START, true},
	{"[[ a\n" START "\n) ]]; " START, true},
	{"[[ a || b\n" START " ]]; " START, true},
	{"[[ $1 == start-connect-server.sh && -n $X ]]; " START, false},
	{"[[ -n $X ||\n -n $Y ]] && A=1; " START, false},
	{"sh <<'E'\n" START "\n'\nE\n" START, true},
	{"cat <<E\nDon't\n$(" START ")\nE\n" START, true},
	{"cat <<E\n'`" START "`'\nE\n" START, true},
	{"cat <<'E'\n$(" START ")\nE\n" START, false},
	{"cat <<E\nDo not run " START " by hand\nE\n" START, false},
	{"cat >/tmp/again.sh <<'E'\nexec " START "\nE\n" START, false},
	{"cd $(dirname $(dirname $(readlink -f $(command -v start-connect-server.sh)))) && " START, false},
	{START " && tail -f $(ls /opt/spark/logs/*" SERVER "*.out)", false},
	{START "; while [ -n \"$(pgrep -f " SERVER ")\" ]; do sleep 5; done", false},
	{"cd \"$(dirname \"$(readlink -f " START ")\")\" && " START, false},
	{"x=$(command -v start-connect-server.sh); " START, false},
};

static void expect_found(const char *text, size_t count, bool unlocated)
{
	const char *const command[] = {"sh", "-c", text, NULL};
	struct cmdlines lines = find(make_pod(command, NULL));

	cr_expect_eq(lines.count, count, "%s", text);
	cr_expect_eq(lines.why_unlocated != NULL, unlocated, "%s: %s", text, lines.why_unlocated ? lines.why_unlocated : "-");
}

Test(cmdline, tells_of_a_server_that_is_started_beside_it)
{
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++)
		expect_found(beside[i].text, 1, beside[i].hidden);
}

Test(cmdline, leaves_others_alone)
{
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		expect_found(others[i].text, 0, others[i].unlocated);
}

Test(cmdline, refuses_what_it_cannot_make_certain)
{
	static const struct {
		const char *args[6], *complaint;
	} cases[] = {
		{{"pinned-server", "--name", "n"}, "after the container's args"},
		{{"/opt/spark/bin/spark-class", SERVER}, "takes no options"},
		{{"start-connect-server.sh", "$(EXTRA)", "--conf"}, "lacks its value"},
		{{"spark-daemon.sh", "start", SERVER, "1"}, "takes no options"},
		{{"java", "-cp", "x", SERVER}, "takes no options"},
		{{"bash", "-c", "C=(spark-submit --class \"$X\" a.jar); \"${C[@]}\""}, "behind the application"},
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
		cr_expect_eq(cmdlines_find(&policy, &arena, container_of(pod), "/containers/0", NULL, &lines, &err), over ? -1 : 0, "%s", err.text);
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

/* ---- several keys, as admission writes them ---- */

#define HOST "--conf spark.driver.host=$(POD_IP)"
#define PORT "--conf spark.driver.port=7078"
#define CORES "--conf spark.executor.cores=2"
#define FILLED HOST " " PORT " " CORES

static const struct {
	const char *text, *then;
} several[] = {
	/* an array that holds the program: its own options, and what stands behind it, have the last word */
	{"C=(" START " \"$@\"); exec \"${C[@]}\"", "C=(" START " " FILLED " \"$@\"); exec \"${C[@]}\" --master=" M " --master " M " --conf spark.a=b"},
	{"C=(" START " --name n ${X}); exec \"${C[@]}\"", "C=(" START " " FILLED " --name n ${X}); exec \"${C[@]}\" --master " M " --conf spark.a=b"},
	{"C=(exec " START "\n # c\n --name n $X)\n\"${C[@]}\" -v", "C=(exec " START " " FILLED "\n # c\n --name n $X)\n\"${C[@]}\" -v --master " M " --conf spark.a=b"},
	{"C=(" START " --name n -v); ${C[@]} $X", "C=(" START " --name n -v); ${C[@]} " FILLED " $X --master " M " --conf spark.a=b"},
	{"C=(" START " --name n -v); \"${C[@]}\"", "C=(" START " --name n -v); \"${C[@]}\" --master " M " --conf spark.a=b " FILLED},
	{"A=(--master x \"$@\"); " START " \"${A[@]}\"", "A=(--master " M " \"$@\"); " START " " FILLED " \"${A[@]}\" --master=" M " --master " M " --conf spark.a=b"},
	{"C=(" START "); C+=(\"$@\"); \"${C[@]}\"", "C=(" START "); C+=(\"$@\"); \"${C[@]}\" --conf=spark.driver.host=$(POD_IP) " FILLED " --master=" M " --master " M " --conf spark.a=b"},
	/* what eval reads again: an address is one word then, too */
	{"eval " START " --master x", "eval " START " --conf spark.a=b " FILLED " --master " M},
	{"A=1 command eval exec " START " --conf \"spark.b=$(LABEL)\"", "A=1 command eval exec " START " --master " M " --conf spark.a=b " FILLED " --conf \"spark.b=$(LABEL)\""},
	{"eval " START " '--name n'", "eval " START " " FILLED " '--name n' --master=" M " --master " M " --conf spark.a=b"},
	{"eval " START " '--conf spark.b=c --master x'", "eval " START " " FILLED " '--conf spark.b=c --master x' --master=" M " --master " M " --conf spark.a=b"},
	{"eval " START " --conf 'spark.b=c --master x'", "eval " START " " FILLED " --conf 'spark.b=c --master x' --master=" M " --master " M " --conf spark.a=b"},
};

/* Nothing is written in front of an expansion that may begin with --wait, and nothing behind it that it may set: `left` of three. */
static const struct {
	const char *text, *then;
	size_t left;
} waiting[] = {
	{"O='--wait --master x'; " START " $O", "O='--wait --master x'; " START " $O " FILLED " --master " M " --conf spark.a=b", 0},
	{"O='--wait --executor-cores 4'; " START " $O", "O='--wait --executor-cores 4'; " START " $O " HOST " " PORT " --master " M " --conf spark.a=b", 1},
	{"O='--wait --conf spark.driver.host=h'; " START " $O", "O='--wait --conf spark.driver.host=h'; " START " $O " PORT " " CORES " --master " M " --conf spark.a=b", 1},
	{"O='--wait --conf spark.driver.hosts=h'; " START " $O", "O='--wait --conf spark.driver.hosts=h'; " START " $O " FILLED " --master " M " --conf spark.a=b", 0},
	{"W=--wait; " START " $W --master x", "W=--wait; " START " $W " FILLED " --master " M " --conf spark.a=b", 0},
	{"W=--wait; " START " $W $X", "W=--wait; " START " $W " FILLED " $X --master " M " --conf spark.a=b", 0},
	{"a && W=--wait; " START " ${W:-} -v", "a && W=--wait; " START " ${W:-} " FILLED " -v --master " M " --conf spark.a=b", 0},
	{START " ${W:---wait} -v", START " ${W:---wait} --conf=spark.driver.host=$(POD_IP) " FILLED " -v --master " M " --conf spark.a=b", 0},
	{START " $X --wait", START " $X --wait " FILLED " --master " M " --conf spark.a=b", 0},
	{START " `cat o | grep -- --wait`", START " `cat o | grep -- --wait` " FILLED " --master " M " --conf spark.a=b", 0},
	{"O='--master x'; O=\"--wait $O\"; " START " $O -v", "O='--master x'; O=\"--wait $O\"; " START " $O " FILLED " -v --master " M " --conf spark.a=b", 0},
	{"set -- --wait \"$@\"; " START " \"$@\"",
	 "set -- --wait \"$@\"; " START " \"$@\" --conf=spark.driver.host=$(POD_IP) " FILLED " --master=" M " --master " M " --conf spark.a=b", 0},
	{"C=(" START " \"$@\"); set -- --wait; \"${C[@]}\"",
	 "C=(" START " \"$@\"); set -- --wait; \"${C[@]}\" --conf=spark.driver.host=$(POD_IP) " FILLED " --master=" M " --master " M " --conf spark.a=b", 0},
	{"A=(--wait --name n); " START " \"${A[@]}\" $X", "A=(--wait " FILLED " --name n); " START " \"${A[@]}\" $X --master " M " --conf spark.a=b", 0},
	/* what cannot be seen may, too: only what is needed is written */
	{START " $EXTRA", START " $EXTRA --conf=spark.driver.host=$(POD_IP) " HOST " --master=" M " --master " M " --conf spark.a=b", 2},
	{START " \"$(cat /o)\"", START " \"$(cat /o)\" " HOST " --master " M " --conf spark.a=b", 2},
	{"E=$(cat o); O=\"${E:-}\"; " START " \"$O\" -v", "E=$(cat o); O=\"${E:-}\"; " START " \"$O\" " HOST " -v --master " M " --conf spark.a=b", 2},
	{"E=$(cat o); O=\"$E\"; O=\"$O -v\"; " START " \"$O\"", "E=$(cat o); O=\"$E\"; O=\"$O -v\"; " START " \"$O\" " HOST " --master " M " --conf spark.a=b", 2},
	{"E=$(cat o); set -- \"$E\" \"$@\"; " START " \"$1\"", "E=$(cat o); set -- \"$E\" \"$@\"; " START " \"$1\" " HOST " --master " M " --conf spark.a=b", 2},
	{"# no tail\n" START " \"$(cat /o)\" --name retail", "# no tail\n" START " \"$(cat /o)\" " HOST " --name retail --master " M " --conf spark.a=b", 2},
	/* certainly not, or there is no need for it */
	{"O='--name n'; : --wait; " START " $O", "O='--name n'; : --wait; " START " " FILLED " $O --master " M " --conf spark.a=b", 0},
	{START " --name n --wait $X", START " " FILLED " --name n --wait $X --master " M " --conf spark.a=b", 0},
	{"W=--wait; export SPARK_NO_DAEMONIZE=; " START " $W $X", "W=--wait; export SPARK_NO_DAEMONIZE=; " START " " FILLED " $W $X --master " M " --conf spark.a=b", 0},
	{START " $EXTRA; tail -f x", START " " FILLED " $EXTRA --master=" M " --master " M " --conf spark.a=b; tail -f x", 0},
	{"spark-submit $X --class " SERVER " --wait", "spark-submit " FILLED " $X --class " SERVER " --wait --master " M " --conf spark.a=b", 0},
};

/* Sets two keys and fills in three others; how many of those the line does not take. */
static size_t write_several(struct cmdline *line)
{
	static const struct pair {
		const char *key, *value;
	} sets[] = {{"spark.master", M}, {"spark.a", "b"}},
	  defaults[] = {{"spark.driver.host", "$(POD_IP)"}, {"spark.driver.port", "7078"}, {"spark.executor.cores", "2"}};
	struct changes changes = {0};
	struct err err = {""};
	size_t left = 0;

	for (size_t i = 0; i < 2; i++)
		cr_expect_eq(cmdline_set(line, slice_of(sets[i].key), slice_of(sets[i].value), "r", &changes, &err), 0, "%s", err.text);
	left += cmdline_need(line, slice_of(defaults[0].key), slice_of(defaults[0].value), "r", &changes, &err) < 0;
	for (size_t i = 1; i < 3; i++)
		left += cmdline_default(line, slice_of(defaults[i].key), slice_of(defaults[i].value), "r", &changes, &err) < 0;
	return left;
}

static const struct json *admit(const struct json *pod, size_t *left, size_t *ops)
{
	struct cmdlines lines = find(pod);

	cr_assert_eq(lines.count, 1);
	*left = write_several(cmdlines_at(&lines, 0));
	return apply(pod, &lines, ops);
}

static void expect_admitted(const char *text, const char *then, size_t expected)
{
	const char *const command[] = {"bash", "-c", text, NULL}, *const expect[] = {"bash", "-c", then, NULL};
	size_t left, ops;
	const struct json *pod = admit(make_pod(command, NULL), &left, &ops);

	cr_expect_eq(left, expected, "%s: %zu were left out", text, left);
	expect_list(json_get(container_of(pod), "command"), expect, 0);
	(void)admit(pod, &left, &ops);
	cr_expect_eq(left, expected, "%s: a second time %zu were left out", text, left);
	cr_expect_eq(ops, 0, "%s: a second admission changes something", text);
}

Test(cmdline, writes_all_keys_at_once_and_for_good)
{
	for (size_t i = 0; i < sizeof(several) / sizeof(*several); i++)
		expect_admitted(several[i].text, several[i].then, 0);
}

Test(cmdline, leaves_wait_in_front)
{
	for (size_t i = 0; i < sizeof(waiting) / sizeof(*waiting); i++)
		expect_admitted(waiting[i].text, waiting[i].then, waiting[i].left);
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
