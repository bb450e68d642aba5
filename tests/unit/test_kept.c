/*
 * Commands that a text keeps and runs later, and servers that are named beside the one that was found: a refusal where one is run that
 * was not read, none where a name is only a name. Texts are as a shell reads them, single quotes and all.
 */
#include "engine_testing.h"

#include "base/json_write.h"

#define S "/opt/spark/sbin/start-connect-server.sh"
#define CLASS_NAME "org.apache.spark.sql.connect.service.SparkConnectServer"

/* said: a part of backend.cannotTell; NULL: there is none. */
static const struct {
	const char *name, *text, *said;
} texts[] = {
	{"set, then \"$@\"", "set -- " S " --conf spark.ui.port=4040\nexec \"$@\"", NULL},
	{"more is set", "set -- " S "\nif [ -n \"$M\" ]; then set -- \"$@\" --master \"$M\"; fi\nexec \"$@\"", "'set' keeps its command"},
	{"more comes behind it", "set -- " S "; exec \"$@\" --master local", "'set' keeps its command"},
	{"more is shifted", "set -- x " S "; shift; exec \"$@\"", "'set' keeps its command"},
	{"one of its words alone", "set -- " S " x --master local; $1 \"$@\"", "'set' keeps its command"},
	{"a branch of an entrypoint", "case \"$1\" in connect) shift; set -- " S " \"$@\";; worker) shift; set -- /x/spark-class Worker \"$@\";; esac; exec \"$@\"", NULL},
	{"what is waited for before", "check() { nc -z \"$1\" \"$2\"; }; check \"$1\" 7077; set -- " S "; exec \"$@\"", NULL},
	{"a function tells of it", "log() { echo \"$1\"; }; set -- " S "; log \"starting: $*\"; exec \"$@\"", NULL},
	{"put into a variable", "set -- " S "; x=\"$*\"; $x --master local", "'set' keeps its command"},
	{"in a shell", "set -- " S "; sh -c '\"$@\" --master local' x \"$@\"", "'set' keeps its command"},
	{"behind builtin", "builtin set -- " S "; \"$@\" --master local", "'set' keeps its command"},
	{"a log line has it, too", "set -- " S "; echo \"starting $*\"; exec \"$@\"", NULL},
	{"options of the shell", "set -eu; " S, NULL},
	{"a loop runs it, beside another", "if false; then " S "; fi; for c in " S "; do $c --master local; done", "a variable that names it is run"},
	{"a loop looks at it", "for f in " S " " S ".old; do ls -l $f; done; exec " S, NULL},
	{"eval of a variable, beside another", S " & export CMD='" S " --master local'; eval \"$CMD\"", "a variable that names it is run"},
	{"a shell for a variable", S " & CMD='" S " --master local'; sh -c \"$CMD\"", "a variable that names it is run"},
	{"one that is another", "CMD=\"" S " --master $M\"; [ -z \"$X\" ] || CMD=\"nice $CMD $X\"; case $1 in fg) exec " S ";; *) exec $CMD;; esac", "a variable that names it is run"},
	{"one that grows", "CMD=\"" S " --master $M\"; [ -z \"$X\" ] || CMD=\"$CMD --name $X\"; exec $CMD", NULL},
	{"one that is added to", "CMD=" S "; CMD+=\" --name x\"; CMD=\"${CMD} --verbose\"; exec $CMD", NULL},
	{"one that grows behind its blank", "CMD=\"" S " \"; CMD+=\"--conf a=b \"; CMD=\"${CMD}--name x\"; exec $CMD", NULL},
	{"one that grows behind no blank", "CMD=\"" S " \"; [ -z \"$X\" ] || CMD+=\"--conf a=b\"; CMD+=\"--name x\"; exec $CMD", "a variable that names it is run"},
	{"one that gets a longer name", "CMD=" S "; CMD+=.old; " S "; exec $CMD", "a variable that names it is run"},
	{"one that can be told", "CMD=" S "; exec $CMD --conf a.b=c", NULL},
	{"a default", "CMD=\"${CMD:-" S " --wait}\"; exec $CMD", NULL},
	{"a default of another", "CMD=${START-" S "}; exec \"$CMD\" --wait", NULL},
	{"a default that is assigned", ": ${CMD:=" S " --wait}\nexec $CMD", NULL},
	{"a default as the program", "exec \"${START:-" S "}\" --wait", NULL},
	{"a default of what is set before", "CMD=/x/y; CMD=\"${CMD:-" S "}\"; exec $CMD", "a variable that names it is run"},
	{"a default of another that is set", "START=/x/y; CMD=\"${START:-" S "}\"; exec $CMD", "a variable that names it is run"},
	{"a default beside a server", S " & : \"${CMD:=$D/start-connect-server.sh}\"; $CMD --master local", "a variable that names it is run"},
	{"what the container has instead", S " & CMD=\"${KNOWN:-" S "}\"; $CMD --master local", "a variable that names it is run"},
	{"what the container may have instead", S " & CMD=\"${UNKNOWN:-" S "}\"; $CMD --master local", "a variable that names it is run"},
	{"what the first argument may be instead", "exec ${1:-" S "} --master local", "no start of Spark could be made out"},
	{"what a function is given instead", "run() { ${1:-" S "} --master local; }; run a", "no start of Spark could be made out"},
	{"what env gives instead", "env CMD=x bash -c 'exec ${CMD:-" S "}'", "no start of Spark could be made out"},
	{"what an outer text gives instead", "export CMD=x; sh -c 'exec ${CMD:-" S "}'", "no start of Spark could be made out"},
	{"another default before", ": \"${CMD:=env A=1 x}\"; exec ${CMD:-" S "}", "no start of Spark could be made out"},
	{"what a loop gives instead", "for CMD in a b; do ${CMD:-" S "}; done", "no start of Spark could be made out"},
	{"what is printed instead", "printf -v CMD %s x; exec ${CMD:-" S "}", "no start of Spark could be made out"},
	{"what is read instead", "read -r CMD </etc/cmd; exec ${CMD:-" S "} --master local", "no start of Spark could be made out"},
	{"what is read instead of another", "read A </x; CMD=${A:-" S "}; exec $CMD", "a variable that names it is run"},
	{"a default that is only written", "echo '${CMD:=foo}'; CMD=" S "; exec $CMD", NULL},
	{"by gosu, another", S " & CMD=\"env A=1 " S " --master local\"; gosu spark $CMD", "a variable that names it is run"},
	{"printed into a variable", S " & printf -v CMD '%s' " S "; $CMD --master local", "a variable that names it is run"},
	{"by tini", "CMD=\"" S " --wait\"; exec tini -g -- $CMD", NULL},
	{"by gosu", "CMD=\"" S " --wait\"; exec gosu spark $CMD", NULL},
	{"by an option of tini", "if false; then " S "; fi; CMD=" S "; tini -p $CMD --master local", "a variable that names it is run"},
	{"behind nohup", "CMD=" S "; nohup $CMD --conf a.b=c & wait", NULL},
	{"behind blanks", "if false; then " S "; fi; CMD=\" " S " --master local\"; $CMD", "a variable that names it is run"},
	{"behind env", "if false; then " S "; fi; CMD=\"env " S " --master local\"; $CMD", "a variable that names it is run"},
	{"by env", "if false; then " S "; fi; CMD=\"" S " --master local\"; env A=1 nice -n 10 $CMD", "a variable that names it is run"},
	{"by a shell", "if false; then " S "; fi; CMD=\"" S " --master local\"; bash $CMD", "a variable that names it is run"},
	{"an application's options", "CMD=\"spark-submit --conf spark.plugins=org.apache.spark.sql.connect.SparkConnectPlugin\"; CMD=\"$CMD --master local app.py\"; exec $CMD",
	 "a variable that names it is run"},
	{"a log that is waited for", "LOG=/logs/spark-" CLASS_NAME "-1.out; " S "; timeout 60 bash -c \"until grep -q started $LOG; do sleep 1; done\"", NULL},
	{"a log that is followed", "LOG=/logs/spark-" CLASS_NAME "-1.out; " S "; eval \"tail -f $LOG &\"", NULL},
	{"a name that is given", "APP=SparkConnectServer; bash -c \"" S " --name $APP\"", NULL},
	{"an array", "# args of the server\nn=0; until nc -z m 7077; do n=$((n+1)); done; args=(" S " --conf a=b); echo \"args: ${args[*]}\"; exec \"${args[@]}\"", NULL},
	{"an array that grows", "cmd=(" S " --master \"$M\"); cmd+=(--name x); exec \"${cmd[@]}\"", NULL},
	{"an array of another program", "cmd=(env " S "); cmd+=(--master local); exec \"${cmd[@]}\"", "a variable that names it is run"},
	{"one that is looked for", "P=SparkConnectServer; (sleep 5; pgrep -f \"$P\") & exec " S, NULL},
	{"a shell's lone -", "if false; then " S "; fi; bash -c - '" S " --master local $X'", NULL},
	{"xargs for a shell", "echo --master local | xargs sh -c '" S " \"$@\"' x", "xargs or parallel"},
	{"in a subscript", "Q='a[$(" S " --master local)]'; " S "; test -v Q", "the subscript of an array"},
	{"in a subscript, in backquotes", "Q='a[`" S " --master local`]'; read Q <f", "the subscript of an array"},
	{"in a sum", "X='a[0+$(" S " --master local)]'; " S " & test -v \"$X\"", "the subscript of an array"},
	{"in a subscript of a subscript", "Q='a[b[0]+$(" S " --master local)]'; " S "; test -v Q", "the subscript of an array"},
	{"in a subscript behind a bracket", "Q='a[$(: []; " S " --master local)]'; " S "; test -v Q", "the subscript of an array"},
	{"in a subscript behind a quoted bracket", "Q='a[$(: \")]\"; " S " --master local)]'; " S "; test -v Q", "the subscript of an array"},
	{"behind a subscript", "echo a[0] \"b[1] $(date)\" SparkConnectServer; " S, NULL},
	{"another subscript", "Q=a[$(date)]; " S, NULL},
	{"a line of a log", "echo \"[$(date)] starting " S "\"; exec " S, NULL},
	{"a pattern", "sed \"s/x[$(echo y)]/SparkConnectServer/\" f; exec " S, NULL},
	{"tar's program", "tar -I '" S " --master local' -cf x f", "run by one"},
	{"install's program", "install -s --strip-program=" S " /bin/true f", "run by one"},
	{"kept within a substitution", "echo \"$(X=" S "; nohup $Z$X --master local)\"", "no start of Spark could be made out"},
	{"not made out within one", "true \"$(unknown --run=" S ")\"", "no start of Spark could be made out"},
	{"a process is looked for within one", "PID=$(nice -n 10 pgrep -f SparkConnectServer); " S, NULL},
	{"exec with a name", "exec -a tail " S " --master spark://m:7077", NULL},
	{"in tests in one another", "[[ a && $([[ b && $([[ c && $([[ d && $(" S ") ]]) ]]) ]]) ]]", "is started within"},
};

/* A side-car beside a server that was found. */
static const struct {
	const char *name, *container, *said;
} beside[] = {
	{"its log, shipped", "{'name':'x','image':'i','command':['sh','-c','exec tail -n+1 -F /logs/spark--" CLASS_NAME "-1-*.out']}", NULL},
	{"nicely", "{'name':'x','image':'i','command':['sh','-c','nice -n 10 timeout 5s tail -F /logs/SparkConnectServer.out']}", NULL},
	{"by an option", "{'name':'x','image':'i','args':['-i','tail','-p','path=/logs/*SparkConnectServer*.out']}", NULL},
	{"by a program of Java", "{'name':'x','image':'i','command':['java','-jar','/x.jar','--match','SparkConnectServer']}", NULL},
	{"its threads", "{'name':'x','image':'i','command':['sh','-c','jcmd " CLASS_NAME " Thread.print']}", NULL},
	{"another server", "{'name':'x','image':'i','command':['sh','-c','for c in " S "; do $c --master local; done']}", "container 'x'"},
};

static const struct json *pod_of(struct arena *a, const char *text, const char *more)
{
	struct buf out = buf_in(a);
	struct json_writer w = json_writer(&out);
	const struct json *pod;
	struct err err = {""};

	json_write_string(&w, slice_of(text));
	struct slice body = slice_of(arena_printf(a,
		"{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"apache/spark:4.1.0\","
		"\"env\":[{\"name\":\"KNOWN\",\"value\":\"env A=1 x\"},{\"name\":\"UNKNOWN\",\"valueFrom\":{}}],"
		"\"command\":[\"bash\",\"-c\",%.*s]}%s]}}", SLICE_ARG(buf_slice(&out)), more));
	cr_assert_eq(json_parse(a, body, &pod, &err), 0, "%s", err.text);
	return pod;
}

static const char *cannot_tell(struct arena *a, const struct policy *policy, const struct json *pod)
{
	const struct facts facts = {.namespace_state = NAMESPACE_KNOWN,
				    .namespace = parsed(a, "{'metadata':{'labels':{'sparkgate.io/mode':'enforce'},'annotations':{" STANDALONE "}}}")};
	const struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .kind = "Pod", .resource = "pods",
				      .subresource = "", .namespace = "team", .name = "p", .user = "u", .object = pod};
	struct simulation sim;
	struct err err = {""};

	cr_assert_eq(simulate(&review, &facts, policy, a, &sim, &err), 0, "%s", err.text);
	for (size_t i = 0; i < sim.findings.count; i++)
		if (strcmp(sim.findings.items[i].rule, "backend.cannotTell") == 0)
			return sim.findings.items[i].message;
	return NULL;
}

static void expect(const char *name, const char *message, const char *said)
{
	if (said)
		cr_expect(message && strstr(message, said), "%s: %s", name, message ? message : "no refusal");
	else
		cr_expect_null(message, "%s: %s", name, message);
}

Test(kept, what_is_run_later_is_not_missed)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(texts); i++) {
		expect(texts[i].name, cannot_tell(&a, policy, pod_of(&a, texts[i].text, "")), texts[i].said);
		arena_reset(&a);
	}
	arena_release(&a);
	policy_unref(policy);
}

Test(kept, a_name_beside_a_server_is_a_name)
{
	struct policy *policy = shipped();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(beside); i++) {
		char *more = arena_join(&a, ",", beside[i].container);
		for (char *at = more; *at; at++)
			*at = *at == '\'' ? '"' : *at;
		expect(beside[i].name, cannot_tell(&a, policy, pod_of(&a, "exec " S, more)), beside[i].said);
		arena_reset(&a);
	}
	arena_release(&a);
	policy_unref(policy);
}
