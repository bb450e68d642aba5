/* What an audit sees and admission does not: one line a case. Quotas and limit ranges: test_hygiene_limits.c. */
#include "hygiene_testing.h"

#define ENFORCE "'sparkgate.io/mode':'enforce'"
#define WARN "'sparkgate.io/mode':'warn'"
#define STANDALONE "'sparkgate.io/backendMode':'standalone','sparkgate.io/standaloneMaster':'spark://spark-master:7077'"
#define K8S "'sparkgate.io/backendMode':'k8s'"
#define NATIVE(level) "'pod-security.kubernetes.io/enforce':'" level "'"

#define SECURE \
	"'securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']},'runAsNonRoot':true,'runAsUser':185,'seccompProfile':{'type':'RuntimeDefault'}}"
#define CONTAINER(rest, ...)                                                                                   \
	"{'name':'spark','image':'apache/spark:4.1.0','env':[{'name':'SPARK_NO_DAEMONIZE','value':'1'}],'command':['/opt/spark/sbin/start-connect-server.sh'" __VA_ARGS__ "]" rest "}"
#define POD(metadata, spec, container) \
	"{'apiVersion':'v1','kind':'Pod','metadata':{'name':'spark-connect-abc'" metadata "},'spec':{'containers':[" container "]" spec "}}"
#define DEPLOYMENT(metadata, template_metadata, spec, container)                                                                         \
	"{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'spark-connect'" metadata "},'spec':{'replicas':2,'template':{'metadata':{" template_metadata \
	"},'spec':{'containers':[" container "]" spec "}}}}"
#define LOCAL ",'--master','local[*]'"
#define CONNECT_LABEL "'labels':{'sparkgate.io/role':'connect-server'}"
#define OWNER "Deployment spark-connect"
#define ON_STANDALONE CONTAINER("," SECURE, ",'--master','spark://spark-master:7077'")
#define CONF_MAP(text) "[{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'" text "'}}]"
#define MOUNTS(name) ",'volumes':[{'name':'v','configMap':{'name':'" name "'}}]"
#define CONF_DIR ",'volumeMounts':[{'name':'v','mountPath':'/opt/spark/conf'}]"
#define OTHER(spec) "{'kind':'Deployment','metadata':{'name':'history'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'i'}]" spec "}}}}"

#define SCRIPT_MAP(text) "[{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'scripts'},'data':{'start.sh':'" text "'}}]"
#define SCRIPTED                                                                                                                       \
	"{'kind':'Deployment','metadata':{'name':'d'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'spark','command':['/scripts/start.sh']}]," \
	"'volumes':[{'name':'s','configMap':{'name':'scripts'}},{'name':'v','configMap':{'name':'conf'}}]}}}}"

/* has: a part of "rule: message\n..."; NULL = no finding of rule; rule NULL = none at all. */
static const struct {
	const char *name;
	struct hygiene_world world;
	struct hygiene_judged object;
	const char *rule, *has;
} cases[] = {
	/* ---- backend.drift ---- */
	{"runs on another backend", {.labels = ENFORCE, STANDALONE}, {POD("", "", CONTAINER("," SECURE, LOCAL)), true, OWNER}, "backend.drift",
	 "backend.drift: runs with spark.master=local[*] (--master), its namespace's backend is standalone: "
	 "kubectl rollout restart deployment/spark-connect -n team\n"},
	{"of a StatefulSet", {.labels = ENFORCE, K8S}, {POD("", "", ON_STANDALONE), true, "StatefulSet sc"}, "backend.drift",
	 "its namespace's backend is k8s: kubectl rollout restart statefulset/sc -n team\n"},
	{"of something that nobody restarts", {.labels = ENFORCE, K8S}, {POD("", "", ON_STANDALONE), true, "Job sc"}, "backend.drift",
	 ": kubectl delete pod spark-connect-abc -n team (Job sc makes it anew)\n"},
	{"of nobody", {.labels = ENFORCE, K8S}, {POD("", "", ON_STANDALONE), true, NULL}, "backend.drift", ": delete the pod and create it anew"},
	{"a ConfigMap's value is not shown", {.labels = ENFORCE, STANDALONE, CONF_MAP("# first\\nspark.master k8s://https://secret-host\\n")},
	 {POD("", MOUNTS("conf"), CONTAINER("," SECURE CONF_DIR, "")), true, OWNER}, "backend.drift",
	 "backend.drift: runs with the spark.master of ConfigMap 'conf' line 2, its namespace's backend is standalone: "},
	{"nobody knows what a ConfigMap says that was not read", {.labels = ENFORCE, STANDALONE, .unread = true},
	 {POD("", MOUNTS("conf"), CONTAINER("," SECURE CONF_DIR, "")), true, OWNER}, "backend.drift", NULL},
	{"but what one lacks that is not there", {.labels = ENFORCE, STANDALONE},
	 {POD("", MOUNTS("conf"), CONTAINER("," SECURE CONF_DIR, "")), true, OWNER}, "backend.drift", "(backend.cannotTell: cannot tell: "},
	{"a rule that is not of the master", {.labels = ENFORCE, K8S},
	 {POD("", "", CONTAINER("," SECURE, ",'--master','k8s://https://kubernetes.default.svc','--conf','spark.shuffle.service.enabled=true'")), true, OWNER},
	 "backend.drift", "backend.drift: runs in a way that its namespace's backend k8s does not allow (backend."},
	{"what it would meet anew is the engine's to say", {.labels = ENFORCE, STANDALONE},
	 {POD("," CONNECT_LABEL, "", "{'name':'spark','image':'i'," SECURE ",'command':['/opt/run.sh']}"), true, OWNER}, "backend.drift", NULL},
	{"on its backend", {.labels = ENFORCE, STANDALONE}, {POD("", "", ON_STANDALONE), true, OWNER}, "backend.drift", NULL},
	{"in warn nothing drifts", {.labels = WARN, STANDALONE}, {POD("", "", CONTAINER("," SECURE, LOCAL)), true, OWNER}, "backend.drift", NULL},
	{"nor without a namespace's word", {.labels = "", STANDALONE}, {POD("", "", CONTAINER("," SECURE, LOCAL)), true, OWNER}, "backend.drift", NULL},
	{"a manifest does not run", {.labels = ENFORCE, STANDALONE}, {POD("", "", CONTAINER("," SECURE, LOCAL)), false, NULL}, "backend.drift", NULL},
	{"two servers", {.labels = ENFORCE, STANDALONE}, {POD("", "", CONTAINER("," SECURE, LOCAL) "," CONTAINER("," SECURE, LOCAL)), true, OWNER}, "backend.drift",
	 "backend.drift: runs with spark.master=local[*] (--master), its namespace's backend is standalone: "},
	{"one that is over does not run", {.labels = ENFORCE, STANDALONE},
	 {"{'kind':'Pod','metadata':{'name':'p'},'status':{'phase':'Failed'},'spec':{'containers':[" CONTAINER("," SECURE, LOCAL) "]}}", true, OWNER},
	 NULL, NULL},
	{"nor one that goes", {.labels = ENFORCE, STANDALONE},
	 {POD(",'deletionTimestamp':'2026-01-01T00:00:00Z'", "", CONTAINER("," SECURE, LOCAL)), true, OWNER}, NULL, NULL},
	{"a ConfigMap that was not admitted again", {.labels = ENFORCE, STANDALONE},
	 {"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'spark.master k8s://x\\nspark.connect.grpc.binding.port 15002\\n'}}",
	  true, NULL},
	 "backend.drift", "its text is not what the namespace's backend standalone asks for (spark."},
	{"and how it is", {.labels = ENFORCE, STANDALONE},
	 {"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'spark.master k8s://x\\nspark.connect.grpc.binding.port 15002\\n'}}",
	  true, NULL},
	 "backend.drift", ": kubectl patch cm conf -n team --type merge -p '{}'\n"},
	{"that is only checked", {.labels = ENFORCE, STANDALONE ",'sparkgate.io/configMaps':'check'"},
	 {"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'spark.master k8s://x\\n'}}", true, NULL}, "backend.drift", NULL},
	{"that is a manifest", {.labels = ENFORCE, STANDALONE},
	 {"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'spark.master k8s://x\\nspark.connect.grpc.binding.port 15002\\n'}}",
	  false, NULL},
	 "backend.drift", NULL},

	/* ---- scope.drift ---- */
	{"a pod from before hardening", {.labels = ENFORCE, STANDALONE}, {POD("", "", CONTAINER("", ",'--master','spark://spark-master:7077'")), true, OWNER},
	 "scope.drift",
	 "scope.drift: runs in violation of Pod Security restricted:latest (allowPrivilegeEscalation != false, unrestricted capabilities, "
	 "runAsNonRoot != true, seccompProfile), and would not if it were created anew: kubectl rollout restart deployment/spark-connect -n team\n"},
	{"that would be refused anew, too", {.labels = ENFORCE, STANDALONE},
	 {POD("", ",'hostPID':true", CONTAINER("", ",'--master','spark://spark-master:7077'")), true, OWNER}, "scope.drift", NULL},
	{"that passes", {.labels = ENFORCE, STANDALONE}, {POD("", "", ON_STANDALONE), true, OWNER}, "scope.drift", NULL},
	{"where nothing is hardened", {.labels = ENFORCE, STANDALONE ",'sparkgate.io/pssMode':'audit'"},
	 {POD("", "", CONTAINER("", ",'--master','spark://spark-master:7077'")), true, OWNER}, "scope.drift", NULL},

	/* ---- opting in ---- */
	{"not opted in", {.labels = ""}, {DEPLOYMENT("", "", "", CONTAINER("", LOCAL)), true, NULL}, "scope.notOptedIn",
	 "its namespace has not opted in: kubectl label namespace team sparkgate.io/mode=audit"},
	{"its pods are not told again", {.labels = ""}, {POD("", "", CONTAINER("", LOCAL)), true, OWNER}, NULL, NULL},
	{"a helm test is no server", {.labels = ""}, {POD(",'labels':{'app.kubernetes.io/name':'spark-connect'}", "", "{'name':'c','command':['curl']}"), true, NULL},
	 "scope.notOptedIn", NULL},
	{"opted in", {.labels = ENFORCE, STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, NULL, NULL},
	{"a key that does nothing", {.labels = ""}, {DEPLOYMENT(",'annotations':{'sparkgate.io/backendMode':'k8s'}", "", "", "{'name':'c'}"), true, NULL},
	 "scope.notInForce", "scope.notInForce: sparkgate.io/backendMode does nothing here, the namespace has not opted in: "},
	{"of a pod template", {.labels = ""}, {DEPLOYMENT("", "'labels':{'sparkgate.io/role':'connect-server'}", "", "{'name':'c'}"), true, NULL},
	 "scope.notInForce", "sparkgate.io/role does nothing"},
	{"what we left behind is no key of theirs", {.labels = ""}, {POD(",'annotations':{'sparkgate.io/decision':'{}'}", "", "{'name':'c'}"), true, NULL},
	 "scope.notInForce", NULL},
	{"opted in it is in force", {.labels = ENFORCE, STANDALONE}, {DEPLOYMENT(",'annotations':{'sparkgate.io/backendMode':'k8s'}", "", "", "{'name':'c'}"), true, NULL},
	 "scope.notInForce", NULL},
	{"no label", {.labels = ENFORCE, STANDALONE}, {DEPLOYMENT("", "", "", ON_STANDALONE), true, NULL}, "scope.noLabel",
	 "scope.noLabel: only its command line shows that it is a Connect server (container spark: start-connect-server.sh): label its pod template "
	 "sparkgate.io/role=connect-server\n"},
	{"a label", {.labels = ENFORCE, STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, "scope.noLabel", NULL},

	/* ---- native Pod Security ---- */
	{"native labels, and nothing hardened", {.labels = WARN "," NATIVE("restricted"), STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("", LOCAL)), true, NULL},
	 "scope.podSecurity",
	 "scope.podSecurity: native Pod Security (enforce restricted:latest) will refuse its pods: allowPrivilegeEscalation != false, "},
	{"hardened", {.labels = ENFORCE "," NATIVE("restricted"), STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("", LOCAL)), true, NULL},
	 "scope.podSecurity", NULL},
	{"baseline is another", {.labels = WARN "," NATIVE("baseline"), STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("", LOCAL)), true, NULL},
	 "scope.podSecurity", NULL},
	{"an older version", {.labels = WARN "," NATIVE("restricted") ",'pod-security.kubernetes.io/enforce-version':'v1.20'", STANDALONE},
	 {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("", LOCAL)), true, NULL}, "scope.podSecurity", "(enforce restricted:v1.20)"},
	{"whom we refuse hears it from us", {.labels = ENFORCE "," NATIVE("restricted"), STANDALONE},
	 {DEPLOYMENT("", CONNECT_LABEL, ",'hostPID':true", CONTAINER("", LOCAL)), true, NULL}, "scope.podSecurity", NULL},
	{"not opted in: the way out", {.labels = NATIVE("restricted")}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("", LOCAL)), true, NULL}, "scope.podSecurity",
	 "let sparkgate: kubectl label namespace team sparkgate.io/mode=enforce"},
	{"a standalone server has no executors", {.labels = WARN "," NATIVE("restricted"), STANDALONE},
	 {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, "scope.podSecurity", NULL},
	{"a k8s one has", {.labels = WARN "," NATIVE("restricted"), K8S}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("," SECURE, ",'--master','k8s://x'")), true, NULL},
	 "scope.podSecurity", "will refuse its executors, which its driver asks for without end: allowPrivilegeEscalation"},
	{"that are hardened", {.labels = ENFORCE "," NATIVE("restricted"), K8S}, {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("," SECURE, "")), true, NULL},
	 "scope.podSecurity", NULL},
	{"that mount a node's folder", {.labels = ENFORCE "," NATIVE("baseline"), K8S},
	 {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("," SECURE, ",'--conf','spark.kubernetes.executor.volumes.hostPath.x.mount.path=/x'")), true, NULL},
	 "scope.podSecurity", "will refuse its executors, which its driver asks for without end: hostPath volumes"},
	{"a template that is seen",
	 {.labels = ENFORCE "," NATIVE("baseline"), K8S,
	  "[{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'pod.yaml':'spec:\\n  hostNetwork: true\\n  containers: [{name: e}]\\n'}}]"},
	 {DEPLOYMENT("", CONNECT_LABEL, MOUNTS("conf"), CONTAINER("," SECURE, ",'--conf','spark.kubernetes.executor.podTemplateFile=/opt/pod.yaml'")), true, NULL},
	 "scope.podSecurity", "its executors, which its driver asks for without end: host namespaces"},
	{"and one that is not", {.labels = WARN "," NATIVE("restricted"), K8S},
	 {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("," SECURE, ",'--master','k8s://x','--conf','spark.kubernetes.executor.podTemplateFile=/opt/pod.yaml'")), true, NULL},
	 "scope.podSecurity", NULL},

	/* ---- scope.noService ---- */
	{"no Service", {.labels = ENFORCE, STANDALONE, .service = ""}, {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, "scope.noService",
	 "scope.noService: its master has no Service spark-master in namespace team, the name resolves to nothing: create it, or correct "
	 "sparkgate.io/standaloneMaster\n"},
	{"a Service", {.labels = ENFORCE, STANDALONE, .service = "spark-master"}, {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, "scope.noService", NULL},
	{"Services not known", {.labels = ENFORCE, STANDALONE}, {DEPLOYMENT("", CONNECT_LABEL, "", ON_STANDALONE), true, NULL}, "scope.noService", NULL},
#define WITH_MASTER(master) {DEPLOYMENT("", CONNECT_LABEL, "", CONTAINER("," SECURE, ",'--master','" master "'")), true, NULL}
	{"NAME.NS", {.labels = ENFORCE, .service = ""}, WITH_MASTER("spark://m.team:7077"), "scope.noService", "no Service m in namespace team"},
	{"NAME.NS.svc", {.labels = ENFORCE, .service = "x"}, WITH_MASTER("spark://m.team.svc:7077"), "scope.noService", "no Service m in"},
	{"the whole name", {.labels = ENFORCE, .service = "x"}, WITH_MASTER("spark://m.team.svc.cluster.local.:7077"), "scope.noService", "no Service m in"},
	{"a pod behind it", {.labels = ENFORCE, .service = "x"}, WITH_MASTER("spark://p-0.m.team.svc:7077"), "scope.noService", "no Service m in"},
	{"a pod behind one that is there", {.labels = ENFORCE, .service = "team"}, WITH_MASTER("spark://p-0.team:7077"), "scope.noService", NULL},
	{"two masters", {.labels = ENFORCE, .service = "a"}, WITH_MASTER("spark://a:7077,b:7077,c:7077"), "scope.noService", "no Service b, c in namespace"},
	{"another namespace", {.labels = ENFORCE, .service = ""}, WITH_MASTER("spark://m.other.svc:7077"), "scope.noService", NULL},
	{"another domain", {.labels = ENFORCE, .service = ""}, WITH_MASTER("spark://m.example.org:7077"), "scope.noService", NULL},
	{"an address", {.labels = ENFORCE, .service = ""}, WITH_MASTER("spark://10.0.0.1:7077"), "scope.noService", NULL},
	{"itself", {.labels = ENFORCE, .service = ""}, WITH_MASTER("spark://localhost:7077"), "scope.noService", NULL},
	{"a name of the pod's own", {.labels = ENFORCE, .service = ""},
	 {DEPLOYMENT("", CONNECT_LABEL, ",'hostAliases':[{'ip':'10.0.0.1','hostnames':['m']}]", CONTAINER("", ",'--master','spark://m:7077'")), true, NULL},
	 "scope.noService", NULL},
	{"a name that a ConfigMap holds is not shown", {.labels = ENFORCE, .config_maps = CONF_MAP("spark.master spark://hidden:7077"), .service = ""},
	 {DEPLOYMENT("", CONNECT_LABEL, MOUNTS("conf"), CONTAINER(CONF_DIR, "")), true, NULL}, "scope.noService",
	 "its master has no Service that the spark.master of ConfigMap 'conf' line 1 names in namespace team"},

	/* ---- config.shared ---- */
	{"another reads it", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"}, {OTHER(MOUNTS("conf")), true, NULL}, "config.shared",
	 "config.shared: is not known as a Connect server and reads ConfigMap conf, which is rewritten for one: give it a copy, or label the ConfigMap "
	 "sparkgate.io/role=none; if it is one, label its pod template sparkgate.io/role=connect-server\n"},
	{"another that cannot be one", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {"{'kind':'Deployment','metadata':{'name':'n'},'spec':{'template':{'spec':{'containers':[{'name':'c','image':'nginx','command':['nginx']}]" MOUNTS("conf") "}}}}", true, NULL},
	 "config.shared", "label the ConfigMap sparkgate.io/role=none\n"},
	{"or says that it is none", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {"{'kind':'Deployment','metadata':{'name':'n'},'spec':{'template':{'metadata':{'labels':{'sparkgate.io/role':'none'}},'spec':{'containers':[{'name':'c','image':'spark'}]" MOUNTS("conf") "}}}}",
	  true, NULL}, "config.shared", "label the ConfigMap sparkgate.io/role=none\n"},
	{"a script that starts one", {.labels = ENFORCE, STANDALONE, SCRIPT_MAP("#!/bin/sh\\nexec start-connect-server.sh\\n"), .connect_configs = "conf"}, {SCRIPTED, true, NULL},
	 "config.shared", "which is rewritten for one: it seems to be one itself (ConfigMap scripts, start.sh: start-connect-server.sh): label its pod template "
	 "sparkgate.io/role=connect-server; else give it a copy, or"},
	{"a script that only speaks of one", {.labels = ENFORCE, STANDALONE, SCRIPT_MAP("#!/bin/sh\\n  # not start-connect-server.sh\\n"), .connect_configs = "conf"},
	 {SCRIPTED, true, NULL}, "config.shared", "role=none; if it is one, label its pod template"},
	{"in a projected volume", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {OTHER(",'volumes':[{'name':'v','projected':{'sources':[{'configMap':{'name':'conf'}}]}}]"), true, NULL}, "config.shared", "ConfigMap conf,"},
	{"in the environment", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {OTHER(",'initContainers':[{'name':'i','envFrom':[{'configMapRef':{'name':'conf'}}]}]"), true, NULL}, "config.shared", "ConfigMap conf,"},
	{"one variable", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {OTHER(",'initContainers':[{'name':'i','env':[{'name':'A','valueFrom':{'configMapKeyRef':{'name':'conf','key':'k'}}}]}]"), true, NULL},
	 "config.shared", "ConfigMap conf,"},
	{"a worker too", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"},
	 {"{'kind':'Deployment','metadata':{'name':'w'},'spec':{'template':{'metadata':{'labels':{'sparkgate.io/role':'standalone-worker'}},"
	  "'spec':{'containers':[{'name':'c'}]" MOUNTS("conf") "}}}}", true, NULL}, "config.shared", "ConfigMap conf,"},
	{"its pods are not told again", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"}, {POD("", MOUNTS("conf"), "{'name':'c'}"), true, OWNER}, NULL, NULL},
	{"another ConfigMap", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf2"}, {OTHER(MOUNTS("conf")), true, NULL}, NULL, NULL},
	{"the server itself", {.labels = ENFORCE, STANDALONE, .connect_configs = "conf"}, {DEPLOYMENT("", CONNECT_LABEL, MOUNTS("conf"), ON_STANDALONE), true, NULL},
	 "config.shared", NULL},
	{"not rewritten: checked", {.labels = ENFORCE, STANDALONE ",'sparkgate.io/configMaps':'check'", .connect_configs = "conf"}, {OTHER(MOUNTS("conf")), true, NULL},
	 NULL, NULL},
	{"not rewritten: immutable", {.labels = ENFORCE, STANDALONE, "[{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'immutable':true}]", "conf"},
	 {OTHER(MOUNTS("conf")), true, NULL}, NULL, NULL},
	{"not rewritten: no backend", {.labels = ENFORCE, .connect_configs = "conf"}, {OTHER(MOUNTS("conf")), true, NULL}, NULL, NULL},
};

Test(hygiene, objects)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct hygiene_run r;

		hygiene_open(&r, &cases[i].world);
		hygiene_judge(&r, &cases[i].object);
		const char *text = findings_text(&r.a, &r.findings);
		if (cases[i].has)
			cr_expect(strstr(text, cases[i].has), "%s: '%s'", cases[i].name, text);
		if (cases[i].rule)
			cr_expect(!!strstr(text, cases[i].rule) == !!cases[i].has, "%s: '%s'", cases[i].name, text);
		else
			cr_expect_str_eq(text, "", "%s", cases[i].name);
		for (size_t f = 0; f < r.findings.count; f++)
			cr_expect_neq(r.findings.items[f].action, ACTION_DENY, "%s", cases[i].name);
		hygiene_close(&r);
	}
}

/* ---- the Namespace itself ---- */

static const struct {
	const char *name;
	struct hygiene_world world;
	const char *has; /* NULL = no finding */
} namespaces[] = {
	{"nothing of ours", {.labels = ""}, NULL},
	{"keys without the label", {.labels = "", STANDALONE}, "scope.notInForce: sparkgate.io/backendMode does nothing, the namespace has no label sparkgate.io/mode: "
						     "kubectl label namespace team sparkgate.io/mode=audit\n"},
	{"the label as an annotation", {.labels = "", "'sparkgate.io/mode':'enforce'," STANDALONE},
	 "sparkgate.io/mode is an annotation here and does nothing, it must be a label"},
	{"no backend", {.labels = ENFORCE}, "scope.noBackend: opted in (mode enforce) without a backend, nothing is rewritten: kubectl annotate namespace team "
				  "sparkgate.io/backendMode=k8s (or standalone)\n"},
	{"a bad backend is another matter", {.labels = ENFORCE, "'sparkgate.io/backendMode':'k8'"}, NULL},
	{"all well", {.labels = ENFORCE, K8S}, NULL},
	{"native: hardening not in force", {.labels = WARN "," NATIVE("restricted"), K8S},
	 "scope.podSecurity: pod-security.kubernetes.io/enforce is restricted:latest, and sparkgate hardens nothing here (sparkgate.io/mode is warn): "},
	{"native: pssMode", {.labels = ENFORCE "," NATIVE("baseline"), K8S ",'sparkgate.io/pssMode':'audit'"}, "hardens nothing here (sparkgate.io/pssMode is audit)"},
	{"native: a lower level", {.labels = ENFORCE "," NATIVE("restricted"), K8S ",'sparkgate.io/pssLevel':'baseline'"},
	 "and sparkgate hardens to baseline:latest only: the API server refuses pods between the two; set sparkgate.io/pssLevel=restricted\n"},
	{"native: an older version of ours", {.labels = ENFORCE "," NATIVE("restricted"), K8S ",'sparkgate.io/pssVersion':'v1.7'"}, "set sparkgate.io/pssVersion=latest\n"},
	{"native: the same", {.labels = ENFORCE "," NATIVE("restricted"), K8S}, NULL},
	{"native: a higher level of ours", {.labels = ENFORCE "," NATIVE("baseline"), K8S ",'sparkgate.io/pssVersion':'v1.24'"}, NULL},
	{"native: privileged", {.labels = ENFORCE "," NATIVE("privileged"), K8S ",'sparkgate.io/pssLevel':'baseline'"}, NULL},
	{"native: what cannot be read is restricted", {.labels = ENFORCE "," NATIVE("x"), K8S ",'sparkgate.io/pssLevel':'baseline'"}, "is restricted:latest"},
	{"native: not opted in", {.labels = NATIVE("restricted")}, NULL},
	{"no Service, and no server to be told", {.labels = ENFORCE, STANDALONE, .service = ""},
	 "scope.noService: the master spark://spark-master:7077 has no Service spark-master in namespace team, "},
	{"a Service", {.labels = ENFORCE, STANDALONE, .service = "spark-master"}, NULL},
};

Test(hygiene, namespaces)
{
	for (size_t i = 0; i < COUNT(namespaces); i++) {
		struct hygiene_run r;

		hygiene_open(&r, &namespaces[i].world);
		hygiene_namespace(&r.h, &r.a, &r.findings);
		const char *text = findings_text(&r.a, &r.findings);
		if (namespaces[i].has)
			cr_expect(r.findings.count == 1 && strstr(text, namespaces[i].has), "%s: '%s'", namespaces[i].name, text);
		else
			cr_expect_str_eq(text, "", "%s", namespaces[i].name);
		hygiene_close(&r);
	}
}

/* What admission made is no drift: neither the pod nor the ConfigMap. */
Test(hygiene, what_was_admitted_does_not_drift)
{
	static const char *const objects[] = {
		POD("", "", CONTAINER("", LOCAL)),
		"{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'conf'},'data':{'spark-defaults.conf':'spark.master k8s://x\\nspark.connect.grpc.binding.port 15002\\n'}}"};

	for (size_t i = 0; i < COUNT(objects); i++) {
		struct hygiene_run r;

		hygiene_open(&r, &(struct hygiene_world){.labels = ENFORCE, STANDALONE});
		const struct json *object = parsed(&r.a, objects[i]);
		struct review review = {.uid = "u", .operation = OP_CREATE, .group = "", .version = "v1", .resource = "things", .subresource = "",
					.kind = json_text(json_get(object, "kind"), ""), .namespace = "team", .name = "x", .user = "u", .object = object};
		struct facts facts = {.namespace_state = NAMESPACE_KNOWN, .namespace = r.ns.object};
		struct simulation s;
		struct err err = {""};
		cr_assert_eq(simulate(&review, &facts, r.policy, &r.a, &s, &err), 0, "%s", err.text);
		cr_assert_gt(s.mutate.patch.count, 0);
		hygiene_judge(&r, &(struct hygiene_judged){json_print(&r.a, s.result).ptr, true, OWNER});
		cr_expect_str_eq(findings_text(&r.a, &r.findings), "", "%zu", i);
		hygiene_close(&r);
	}
}
