/*
 * Pod Security, a table of pods: each check at fault once, the versions where a form changes, and what no API server
 * would have let through. The texts were taken from upstream's evaluator; tests/conformance/pss compares thousands more.
 */
#include "pss/pss.h"
#include "testing.h"

#define BASE PSS_BASELINE
#define REST PSS_RESTRICTED

/* A container that restricted:latest is content with, given the pod's own context GOOD. */
#define GOOD "'securityContext':{'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}}"
#define SAFE "'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']}"
#define A "{'name':'a','securityContext':{" SAFE "}}"
#define AND(more) "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE "," more "}}]}"
#define POD(more) "{" GOOD ",'containers':[" A "]," more "}"
#define POD_CONTEXT(more) "{'securityContext':{'runAsNonRoot':true," more "},'containers':[" A "]}"
#define RUNTIME "'seccompProfile':{'type':'RuntimeDefault'}"

static const struct {
	enum pss_level level;
	const char *version, *spec, *detail; /* detail "" = passes */
	const char *pointer;                 /* of the first violation's first field */
} cases[] = {
	{REST, "latest", POD("'hostUsers':true"), "", NULL},
	{PSS_PRIVILEGED, "latest", "{'hostPID':true}", "", NULL},
	{REST, "latest", "{'containers':[{'name':'x'}]}",
	 "allowPrivilegeEscalation != false (container \"x\" must set securityContext.allowPrivilegeEscalation=false), "
	 "unrestricted capabilities (container \"x\" must set securityContext.capabilities.drop=[\"ALL\"]), "
	 "runAsNonRoot != true (pod or container \"x\" must set securityContext.runAsNonRoot=true), "
	 "seccompProfile (pod or container \"x\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
	 "/spec/containers/0/securityContext/allowPrivilegeEscalation"},
	{BASE, "latest", "{'containers':[{'name':'x'}]}", "", NULL},

	/* init containers come first, ephemeral ones last, as upstream visits them */
	{BASE, "latest",
	 "{'containers':[{'name':'b','securityContext':{'privileged':true}}],'initContainers':[{'name':'a','securityContext':{'privileged':true}}],"
	 "'ephemeralContainers':[{'name':'c','securityContext':{'privileged':true}}]}",
	 "privileged (containers \"a\", \"b\", \"c\" must not set securityContext.privileged=true)",
	 "/spec/initContainers/0/securityContext/privileged"},

	/* baseline, check by check */
	{BASE, "latest", "{'hostNetwork':true,'hostIPC':true,'hostPID':false}", "host namespaces (hostNetwork=true, hostIPC=true)",
	 "/spec/hostNetwork"},
	{BASE, "latest", "{'hostNetwork':true}", "host namespaces (hostNetwork=true)", "/spec/hostNetwork"},
	{BASE, "latest", "{'hostPID':true}", "host namespaces (hostPID=true)", "/spec/hostPID"},
	{BASE, "latest", "{'hostIPC':true}", "host namespaces (hostIPC=true)", "/spec/hostIPC"},
	{BASE, "latest", "{'volumes':[{'name':'v','hostPath':{'path':'/'}}]}", "hostPath volumes (volume \"v\")",
	 "/spec/volumes/0/hostPath"},
	{BASE, "latest", "{'containers':[{'name':'a','ports':[{'hostPort':0},{'hostPort':90},{'hostPort':100}]}]}",
	 "hostPort (container \"a\" uses hostPorts 100, 90)", "/spec/containers/0/ports/1/hostPort"},
	{BASE, "latest", "{'containers':[{'name':'a','livenessProbe':{'tcpSocket':{'host':'h'}}}]}",
	 "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"h\")",
	 "/spec/containers/0/livenessProbe/tcpSocket/host"},
	{BASE, "latest", "{'ephemeralContainers':[{'name':'a','lifecycle':{'preStop':{'httpGet':{'host':'h'}}}}]}",
	 "probe or lifecycle host (container \"a\" uses probe or lifecycle host \"h\")",
	 "/spec/ephemeralContainers/0/lifecycle/preStop/httpGet/host"},
	{BASE, "v1.33", "{'containers':[{'name':'a','livenessProbe':{'tcpSocket':{'host':'h'}}}]}", "", NULL},
	{BASE, "latest", "{'containers':[{'name':'a','securityContext':{'capabilities':{'add':['SYS_ADMIN','CHOWN']}}}]}",
	 "non-default capabilities (container \"a\" must not include \"SYS_ADMIN\" in securityContext.capabilities.add)",
	 "/spec/containers/0/securityContext/capabilities/add"},
	{BASE, "latest", "{'securityContext':{'appArmorProfile':{'type':'Unconfined'}}}",
	 "forbidden AppArmor profile (pod must not set AppArmor profile type to \"Unconfined\")",
	 "/spec/securityContext/appArmorProfile/type"},
	{BASE, "latest", "{'securityContext':{'seLinuxOptions':{'type':'t','user':'u','role':'r'}}}",
	 "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"t\"; user may not be set; role may not be set)",
	 "/spec/securityContext/seLinuxOptions"},
	{BASE, "latest", "{'containers':[{'name':'a','securityContext':{'appArmorProfile':{'type':'Unconfined'}}}]}",
	 "forbidden AppArmor profile (container \"a\" must not set AppArmor profile type to \"Unconfined\")",
	 "/spec/containers/0/securityContext/appArmorProfile/type"},
	{BASE, "latest", "{'containers':[{'name':'a','securityContext':{'seLinuxOptions':{'user':'u'}}}]}",
	 "seLinuxOptions (container \"a\" set forbidden securityContext.seLinuxOptions: user may not be set)",
	 "/spec/containers/0/securityContext/seLinuxOptions"},
	{BASE, "latest", "{'initContainers':[{'name':'a','securityContext':{'seccompProfile':{'type':'Unconfined'}}}]}",
	 "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
	 "/spec/initContainers/0/securityContext/seccompProfile/type"},
	{BASE, "v1.30", "{'securityContext':{'seLinuxOptions':{'type':'container_engine_t'}}}",
	 "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"container_engine_t\")", NULL},
	{BASE, "v1.31", "{'securityContext':{'seLinuxOptions':{'type':'container_engine_t'}}}", "", NULL},
	{BASE, "latest", "{'securityContext':{'sysctls':[{'name':'kernel.msgmax'},{'name':'net.ipv4.tcp_rmem'}]}}",
	 "forbidden sysctls (kernel.msgmax)", "/spec/securityContext/sysctls/0/name"},
	{BASE, "v1.31", "{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_rmem'}]}}", "forbidden sysctls (net.ipv4.tcp_rmem)", NULL},
	{BASE, "v1.36", "{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_notsent_lowat'}]}}",
	 "forbidden sysctls (net.ipv4.tcp_notsent_lowat)", NULL},
	{BASE, "v1.37", "{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_notsent_lowat'}]}}", "", NULL},
	{BASE, "v1.99", "{'securityContext':{'sysctls':[{'name':'net.ipv4.tcp_notsent_lowat'}]}}", "", NULL},
	{BASE, "latest", "{'securityContext':{'windowsOptions':{'hostProcess':true}}}",
	 "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)", NULL},
	{BASE, "latest", "{'securityContext':{'seccompProfile':{'type':'Unconfined'}}}",
	 "seccompProfile (pod must not set securityContext.seccompProfile.type to \"Unconfined\")", NULL},
	{BASE, "v1.18", "{'securityContext':{'seccompProfile':{'type':'Unconfined'}}}", "", NULL},

	/* restricted, each alone, and what replaces a baseline check */
	{REST, "latest", AND("'privileged':true"), "privileged (container \"a\" must not set securityContext.privileged=true)", NULL},
	{REST, "latest", AND("'runAsUser':0"), "runAsUser=0 (container \"a\" must not set runAsUser=0)",
	 "/spec/containers/0/securityContext/runAsUser"},
	{REST, "v1.22", AND("'runAsUser':0"), "", NULL},
	{REST, "latest", AND("'runAsNonRoot':false"),
	 "runAsNonRoot != true (container \"a\" must not set securityContext.runAsNonRoot=false)",
	 "/spec/containers/0/securityContext/runAsNonRoot"},
	{REST, "latest", POD("'volumes':[{'name':'v','hostPath':{}},{'name':'w','emptyDir':{},'nfs':{}},{'name':'x'}]"),
	 "restricted volume types (volumes \"v\", \"x\" use restricted volume types \"hostPath\", \"unknown\")", "/spec/volumes/0/hostPath"},
	{REST, "latest", POD("'volumes':[{'name':'v','emptyDir':{}},null]"),
	 "restricted volume types (volume \"\" uses restricted volume type \"unknown\")", "/spec/volumes/1"},
	{REST, "latest", POD("'volumes':[{'name':'v','emptyDir':null,'secret':{}},{'name':'w','secret':null}]"),
	 "restricted volume types (volume \"w\" uses restricted volume type \"unknown\")", "/spec/volumes/1"},
	{REST, "latest", AND("'seccompProfile':{'type':'Unconfined'}"),
	 "seccompProfile (container \"a\" must not set securityContext.seccompProfile.type to \"Unconfined\")", NULL},
	{REST, "latest", "{" GOOD ",'containers':[{'name':'a','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL'],'add':['CHOWN']}}}]}",
	 "unrestricted capabilities (container \"a\" must not include \"CHOWN\" in securityContext.capabilities.add)",
	 "/spec/containers/0/securityContext/capabilities/add"},
	{REST, "latest", "{" GOOD ",'containers':[{'name':'a','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':['all'],'add':['CHOWN']}}}]}",
	 "unrestricted capabilities (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"a\" must not include "
	 "\"CHOWN\" in securityContext.capabilities.add)",
	 "/spec/containers/0/securityContext/capabilities/drop"},

	/* user namespaces, from v1.35 */
	{REST, "latest", "{'hostUsers':false,'securityContext':{'runAsUser':0," RUNTIME "},'containers':[" A "]}", "", NULL},
	{REST, "v1.35", "{'hostUsers':false,'securityContext':{'runAsUser':0," RUNTIME "},'containers':[" A "]}", "", NULL},
	{REST, "v1.34", "{'hostUsers':false,'securityContext':{'runAsUser':0," RUNTIME "},'containers':[" A "]}",
	 "runAsNonRoot != true (pod or container \"a\" must set securityContext.runAsNonRoot=true), runAsUser=0 (pod must not set runAsUser=0)", NULL},
	{BASE, "latest", "{'hostUsers':false,'containers':[{'name':'a','securityContext':{'procMount':'Unmasked'}}]}", "", NULL},
	{REST, "latest", "{'hostUsers':false," GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'procMount':'Unmasked'}}]}",
	 "procMount (container \"a\" must not set securityContext.procMount to \"Unmasked\")", NULL},

	/* Windows pods are exempt from what Windows does not have, from v1.25 */
	{REST, "latest", "{'os':{'name':'windows'},'securityContext':{'runAsNonRoot':true},'containers':[{'name':'a'}]}", "", NULL},

	/* null is absent; null in a list is an empty element */
	{REST, "latest", POD_CONTEXT(RUNTIME ",'runAsUser':null,'sysctls':null"), "", NULL},
	{BASE, "latest", "{'securityContext':{'sysctls':[null]}}", "forbidden sysctls", NULL},
	{BASE, "latest", "{'containers':null,'volumes':null}", "", NULL},

	/* nothing that cannot be decoded passes */
	{BASE, "latest", "{'containers':'none'}", "malformed pod (spec.containers must be an array, got string)", "/spec/containers"},
	{BASE, "latest", "[]", "malformed pod (spec must be an object, got array)", "/spec"},
	{BASE, "latest", "{'containers':[7]}", "malformed pod (spec.containers[0] must be an object, got number)", "/spec/containers/0"},
	{BASE, "latest", "{'containers':[{'securityContext':true}]}",
	 "malformed pod (spec.containers[0].securityContext must be an object, got boolean)", NULL},
	{BASE, "latest", "{'hostNetwork':'true'}", "malformed pod (spec.hostNetwork must be a boolean, got string)", NULL},
	{BASE, "latest", "{'hostPID':1,'hostIPC':[],'hostUsers':'no','os':'linux'}",
	 "malformed pod (spec.hostPID must be a boolean, got number, spec.hostIPC must be a boolean, got array, "
	 "spec.hostUsers must be a boolean, got string, spec.os must be an object, got string)",
	 "/spec/hostPID"},
	{REST, "latest", AND("'runAsNonRoot':'true'"),
	 "malformed pod (spec.containers[0].securityContext.runAsNonRoot must be a boolean, got string)", NULL},
	{BASE, "latest", "{'containers':[{'ports':[{'hostPort':1.5}]}]}",
	 "malformed pod (spec.containers[0].ports[0].hostPort must be a whole number of 32 bits, got number)", NULL},
	{BASE, "latest", "{'containers':[1,2,3,4,5,6,7]}",
	 "malformed pod (spec.containers[0] must be an object, got number, spec.containers[1] must be an object, got number, "
	 "spec.containers[2] must be an object, got number, spec.containers[3] must be an object, got number, "
	 "spec.containers[4] must be an object, got number, and 2 more)",
	 NULL},
};

static const struct json *parse(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &v, &err), 0, "%s: %s", text, err.text);
	return v;
}

Test(pss, judges_as_upstream, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pss_verdict v;

		pss_evaluate(&a, cases[i].level, cases[i].version, NULL, parse(&a, cases[i].spec), "", &v);
		cr_expect_str_eq(v.detail, cases[i].detail, "%s %s\n  want %s\n  got  %s", cases[i].version, cases[i].spec,
				 cases[i].detail, v.detail);
		cr_expect_eq(v.count == 0, *cases[i].detail == '\0', "%s", cases[i].spec);
		if (cases[i].pointer && v.count > 0)
			cr_expect_str_eq(v.items[0].pointers[0], cases[i].pointer, "%s: %s", cases[i].spec, v.items[0].pointers[0]);
	}
	arena_release(&a);
}

/* The spec of a case, and something that no API server would have decoded. */
static const char *malformed(struct arena *a, const char *spec)
{
	return arena_printf(a, "%.*s%s'nodeName':7}", (int)strlen(spec) - 1, spec, strlen(spec) > 2 ? "," : "");
}

/* Which checks are asked depends on the fields that were seen. In a malformed pod all are, and they must find the same. */
Test(pss, asks_every_check_that_could_fail, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct pss_verdict some, all;

		if (*cases[i].spec != '{' || strstr(cases[i].detail, "malformed") || cases[i].level == PSS_PRIVILEGED)
			continue;
		pss_evaluate(&a, cases[i].level, cases[i].version, NULL, parse(&a, cases[i].spec), "", &some);
		pss_evaluate(&a, cases[i].level, cases[i].version, NULL, parse(&a, malformed(&a, cases[i].spec)), "", &all);
		cr_assert_eq(all.count, some.count + 1, "%s: %s", cases[i].spec, all.detail);
		for (size_t v = 0; v < some.count; v++)
			cr_expect_str_eq(all.items[v + 1].detail, some.items[v].detail);
	}
	arena_release(&a);
}

static const struct {
	const char *version, *metadata, *detail;
} annotations[] = {
	{"latest", "{'annotations':{'container.apparmor.security.beta.kubernetes.io/a':'unconfined'}}",
	 "forbidden AppArmor profile (annotation must not set AppArmor profile type to "
	 "\"container.apparmor.security.beta.kubernetes.io/a=\"unconfined\"\")"},
	{"latest", "{'annotations':{'container.apparmor.security.beta.kubernetes.io/a':'localhost/x'}}", ""},
	{"v1.18", "{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'x\\n\\u00a0\\u00fc'}}",
	 "seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod=\"x\\n\\u00a0\u00fc\")"},
	{"v1.18", "{'annotations':{'container.seccomp.security.alpha.kubernetes.io/c':'unconfined'}}",
	 "seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/c=\"unconfined\")"},
	{"v1.18", "{'annotations':{'container.seccomp.security.alpha.kubernetes.io/nobody':'unconfined'}}", ""},
	{"v1.18", "{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'runtime/default'}}", ""},
	{"v1.18", "{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'docker/default'}}", ""},
	{"v1.18", "{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'localhost/x'}}", ""},
	{"v1.19", "{'annotations':{'seccomp.security.alpha.kubernetes.io/pod':'unconfined'}}", ""},
	{"latest", "{'annotations':['x']}", "malformed pod (metadata.annotations must be an object, got array)"},
	{"latest", "{'annotations':{'x/y':1}}", "malformed pod (metadata.annotations.x/y must be a string, got number)"},
};

Test(pss, reads_annotations, .init = json_setup)
{
	struct arena a = ARENA_INIT;
	const struct json *spec = parse(&a, "{'containers':[{'name':'c'}]}");

	for (size_t i = 0; i < COUNT(annotations); i++) {
		struct pss_verdict v;

		pss_evaluate(&a, PSS_BASELINE, annotations[i].version, parse(&a, annotations[i].metadata), spec, "", &v);
		cr_expect_str_eq(v.detail, annotations[i].detail, "%s: %s", annotations[i].metadata, v.detail);
	}
	arena_release(&a);
}

Test(pss, points_into_the_object, .init = json_setup)
{
	struct arena a = ARENA_INIT;
	struct pss_verdict v;

	pss_evaluate(&a, PSS_BASELINE, "latest", parse(&a, "{'annotations':{'container.apparmor.security.beta.kubernetes.io/a':'b'}}"),
		     parse(&a, "{'hostPID':true}"), "/spec/template", &v);
	cr_assert_eq(v.count, 2);
	cr_expect_str_eq(v.items[0].pointers[0], "/spec/template/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a");
	cr_expect_str_eq(v.items[0].rule, "pss.appArmorProfile");
	cr_expect_str_eq(v.items[1].pointers[0], "/spec/template/spec/hostPID");
	cr_expect_str_eq(v.reason, "forbidden AppArmor profile, host namespaces");
	arena_release(&a);
}

Test(pss, table_is_in_upstreams_order)
{
	const struct pss_form *last = pss_form_at(1); /* 0 is "malformed", ours */

	for (size_t i = 2; pss_form_at(i); i++) {
		const struct pss_form *form = pss_form_at(i);
		int order = strcmp(last->id, form->id);

		cr_expect(last->level < form->level || order < 0 || (order == 0 && last->since < form->since), "%s v1.%u", form->id,
			  form->since);
		last = form;
	}
}

/* 3 MiB of the smallest containers, with as many annotations: n log n, so this ends at once or never. */
Test(pss, many_containers_stay_cheap, .init = json_setup, .timeout = 60)
{
	struct arena a = ARENA_INIT;
	struct buf spec = buf_in(&a), metadata = buf_in(&a);
	struct pss_verdict v;

	buf_adds(&spec, "{'containers':[");
	buf_adds(&metadata, "{'annotations':{");
	for (int i = 0; i < 40000; i++) {
		buf_printf(&spec, "%s{'name':'%d'}", i > 0 ? "," : "", i);
		buf_printf(&metadata, "%s'container.seccomp.security.alpha.kubernetes.io/%d':'x'", i > 0 ? "," : "", i);
	}
	buf_adds(&spec, "]}");
	buf_adds(&metadata, "}}");
	pss_evaluate(&a, PSS_RESTRICTED, "v1.18", parse(&a, buf_slice(&metadata).ptr), parse(&a, buf_slice(&spec).ptr), "", &v);
	cr_expect_eq(v.count, 3);
	cr_expect_eq(v.items[0].pointer_count, 40000);
	arena_release(&a);
}
