/* Which role is decided for pods that name a Connect server: it is read whether they start one. */
#include "engine_testing.h"

#define NAMED "org.apache.spark.sql.connect.service.SparkConnectServer"
#define POD_OF(labels, containers) "{'kind':'Pod','metadata':{'name':'p','labels':{" labels "}},'spec':{'containers':[" containers "]}}"
#define RUNS(argv) "{'name':'c','image':'alpine','command':[" argv "]}"
#define TEXT_IN(text) RUNS("'sh','-c','" text "'")
#define BARE ",{'name':'dbt','image':'dbt-labs/dbt-spark','args':['run']}"
#define NO_ROLE "'sparkgate.io/role':'none'"

/* docs/contract.md 2: words that were read and start nothing say nothing; refused: a part of why. */
static const struct {
	const char *name, *object;
	enum role role;
	const char *refused;
} named[] = {
	{"an echo, beside what its image starts", POD_OF("", TEXT_IN("echo waiting for start-connect-server.sh") BARE), ROLE_NONE, ""},
	{"a comment", POD_OF("", TEXT_IN("# see start-connect-server.sh\\napk add curl")), ROLE_NONE, ""},
	{"a wrapper around nothing", POD_OF("", TEXT_IN("echo start-connect-server.sh; timeout 5")), ROLE_NONE, ""},
	{"beside a batch driver", POD_OF("", TEXT_IN("# start-connect-server.sh is run elsewhere\\nexec /opt/spark/bin/spark-submit --master yarn /app/etl.py")),
	 ROLE_NONE, ""},
	{"not one of which not all is known", POD_OF("", TEXT_IN("# start-connect-server.sh\\nspark-submit $X /app/etl.py")), ROLE_CONNECT_SERVER, NULL},
	{"nor one that a pattern tells", POD_OF("", TEXT_IN("# start-connect-server.sh\\nspark-submit --class *Server a.jar")), ROLE_CONNECT_SERVER, NULL},
	{"nor one that runs more", POD_OF("", TEXT_IN("# start-connect-server.sh\\nspark-submit run.py bash")), ROLE_CONNECT_SERVER, NULL},
	{"but not beside a program of another language, of which is told", POD_OF("", TEXT_IN("until nc -z c 1; do echo waiting for SparkConnectServer; done; python /job.py")),
	 ROLE_CONNECT_SERVER, "connect.suspected: taken for a Connect server: label the pod sparkgate.io/role: none if it is none (container c: Spark"},
	{"nor what goes to another program, of which is told", POD_OF("", TEXT_IN("kubectl logs x | grep -q SparkConnectServer && python /run.py")), ROLE_CONNECT_SERVER,
	 "connect.suspected"},
	{"but for its label, of a client", POD_OF(NO_ROLE, TEXT_IN("kubectl logs x | grep -q SparkConnectServer && python /run.py")), ROLE_NONE, ""},
	{"a count of processes", POD_OF("", RUNS("'pgrep','-f','SparkConnectServer'")), ROLE_NONE, ""},
	{"not what it is copied by", POD_OF("", TEXT_IN("cp /a/start-connect-server.sh /tmp/x; /tmp/x --master x")), ROLE_CONNECT_SERVER, NULL},
	{"nor what a pipe gives to a shell", POD_OF("", TEXT_IN("echo start-connect-server.sh | sh")), ROLE_CONNECT_SERVER, NULL},
	{"nor beside a script that nobody sees", POD_OF("", TEXT_IN("echo starting start-connect-server.sh; exec /a/b.sh")), ROLE_CONNECT_SERVER, NULL},
	{"nor beside a variable that is run", POD_OF("", TEXT_IN("test -x start-connect-server.sh && exec $_")), ROLE_CONNECT_SERVER, NULL},
	{"nor in what $( ) gives to one", POD_OF("", TEXT_IN("bash -c \\\"$(echo start-connect-server.sh)\\\"")), ROLE_CONNECT_SERVER, NULL},
	{"nor what is written for another", POD_OF("", TEXT_IN("printf start-connect-server.sh > /etc/x.conf; exec supervisord")), ROLE_CONNECT_SERVER, NULL},
	{"nor beside a pattern", POD_OF("", TEXT_IN("ls start-connect-server.sh && exec ./start-con?ect-server.s?")), ROLE_CONNECT_SERVER, NULL},
	{"nor beside a script of another language", POD_OF("", TEXT_IN("test -x start-connect-server.sh && exec /opt/run.py")), ROLE_CONNECT_SERVER, NULL},
	{"nor what a program reads", POD_OF("", TEXT_IN("echo a; mysh < start-connect-server.sh")), ROLE_CONNECT_SERVER, NULL},
	{"nor what an unknown image is given", POD_OF("", "{'name':'c','image':'x','args':['echo','SparkConnectServer']}"), ROLE_CONNECT_SERVER, NULL},
	{"nor beside an image of that name", POD_OF("", "{'name':'m','image':'corp/spark-connect:1'}," RUNS("'pgrep','SparkConnectServer'")), ROLE_CONNECT_SERVER,
	 "cannot tell"},
	{"nor beside a script", POD_OF("", "{'name':'m','image':'x','command':['/opt/start.sh']}," RUNS("'pgrep','SparkConnectServer'")), ROLE_CONNECT_SERVER, NULL},
	{"what goes to a filter does", POD_OF("", TEXT_IN("until kubectl get pods | grep -q Running; do echo start-connect-server.sh >&2; sleep 1; done")), ROLE_NONE,
	 ""},
	{"a label, and nothing that serves", POD_OF("'app':'spark-connect'", TEXT_IN("echo start-connect-server.sh; exec envoy")), ROLE_CONNECT_SERVER, NULL},
	{"a container that was added to one that is none", "{'kind':'Pod','metadata':{'name':'p','labels':{" NO_ROLE "}},'spec':{'containers':["
	 TEXT_IN("cp start-connect-server.sh x") "],'ephemeralContainers':[" RUNS("'sh'") "]}}", ROLE_NONE, ""},
	{"a test, then a start", POD_OF("", TEXT_IN("test -x /a/start-connect-server.sh && /a/start-connect-server.sh")), ROLE_CONNECT_SERVER,
	 "connect.foreground"},
	{"another server of Spark's is one", POD_OF("", RUNS("'pgrep','SparkConnectServer'") "," RUNS("'start-master.sh'")), ROLE_STANDALONE_MASTER, ""},
	{"an executor is one", "{'kind':'Pod','metadata':{'name':'p','labels':{'spark-role':'executor'}},'spec':{'containers':[{'name':'e',"
	 "'args':['executor']}," TEXT_IN("pgrep SparkConnectServer") "]}}", ROLE_EXECUTOR, ""},
	{"a label says so", POD_OF("'app':'spark-connect'", TEXT_IN("echo start-connect-server.sh; /a/b.sh")), ROLE_CONNECT_SERVER, "cannot tell"},
	{"an entrypoint's role says so", POD_OF("", "{'name':'s','image':'x','args':['connect-server']}," TEXT_IN("pgrep SparkConnectServer")),
	 ROLE_CONNECT_SERVER, NULL},
	{"what is not known may start it", POD_OF("", RUNS("'fluent-bit','path=/logs/" NAMED ".out'")), ROLE_CONNECT_SERVER, "or label the pod"},
	{"but for its label", POD_OF(NO_ROLE, RUNS("'fluent-bit','path=/logs/" NAMED ".out'")), ROLE_NONE, ""},
	{"which is not believed of a start", POD_OF(NO_ROLE, RUNS("'spark-submit','--master','local','--class','" NAMED "','x'")),
	 ROLE_CONNECT_SERVER, "backend.master"},
	{"nor of one that cannot be read", POD_OF(NO_ROLE, TEXT_IN("echo --name x | xargs start-connect-server.sh")), ROLE_CONNECT_SERVER, "cannot tell"},
	{"nor where a container was added", "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'a','command':['sleep']}],"
	 "'ephemeralContainers':[" RUNS("'start-connect-server.sh'") "]}}", ROLE_CONNECT_SERVER, NULL},
};

Test(engine_named, pods_that_start_none_are_none)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(named); i++) {
		struct review review = review_of(&w.a, named[i].object);

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", STANDALONE)};
		struct decision d = decide(&w, ENDPOINT_VALIDATE, &review);
		cr_expect_eq(d.role, named[i].role, "%s: %s", named[i].name, d.role_reason);
		cr_expect(!named[i].refused || *named[i].refused || d.role != ROLE_NONE || (d.allowed && !d.judged), "%s", named[i].name);
		const char *text = answer_text(&w.a, &d);
		cr_expect(!named[i].refused || strstr(text, named[i].refused), "%s: %s", named[i].name, text);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
