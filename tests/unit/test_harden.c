/*
 * Hardening, a table: a pod spec, what may be done, and the spec that comes of it. Every case is also held to the
 * laws: the result passes or nothing was changed, a second time changes nothing.
 */
#include "pss/pss.h"
#include "testing.h"

#define GOOD "'securityContext':{'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}}"
#define SAFE "'allowPrivilegeEscalation':false,'capabilities':{'drop':['ALL']}"
#define FILL HARDENING_FILL
#define FORCE HARDENING_FORCE
#define OFF HARDENING_OFF

/* SPARK: containers "s" and "t" run Spark; USER: as 185 and as 7 */
enum { OPENSHIFT = 1, SPARK = 2, BASELINE = 4, USER = 8 };

static const struct {
	const char *name;
	enum hardening hardening;
	unsigned flags;
	const char *spec;
	const char *becomes; /* NULL = stays, and does not pass; "" = stays, and passes */
	const char *warns;   /* containers with pss.mayNotStart, in order */
} cases[] = {
	{"all absent", FILL, SPARK | USER, "{'containers':[{'name':'s'}]}",
	 "{'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':185}}]," GOOD "}", ""},
	{"null is absent", FILL, SPARK | USER, "{'securityContext':null,'containers':[{'name':'s','securityContext':null}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':185}}]}", ""},
	{"null fields are absent", FILL, SPARK,
	 "{'securityContext':{'runAsNonRoot':null,'runAsUser':1},'containers':[{'name':'s','securityContext':{'capabilities':null,'allowPrivilegeEscalation':null}}]}",
	 "{'securityContext':{'runAsNonRoot':true,'runAsUser':1,'seccompProfile':{'type':'RuntimeDefault'}},'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['ALL']},'allowPrivilegeEscalation':false}}]}",
	 ""},
	{"good already", FILL, SPARK, "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE "}}]}", "", ""},
	{"containers set it themselves", FILL, 0,
	 "{'containers':[{'name':'a','securityContext':{" SAFE ",'runAsNonRoot':true,'seccompProfile':{'type':'Localhost','localhostProfile':'x'}}}]}", "", ""},
	{"every kind of container", FILL, SPARK | USER,
	 "{" GOOD ",'initContainers':[{'name':'i'}],'containers':[{'name':'s'}],'ephemeralContainers':[{'name':'e'}]}",
	 "{" GOOD ",'initContainers':[{'name':'i','securityContext':{" SAFE "}}],'containers':[{'name':'s','securityContext':{" SAFE
	 ",'runAsUser':185}}],'ephemeralContainers':[{'name':'e','securityContext':{" SAFE "}}]}",
	 ""},
	{"a drop list grows", FILL, SPARK,
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['KILL'],'add':['NET_BIND_SERVICE']}}}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['KILL','ALL'],'add':['NET_BIND_SERVICE']},'allowPrivilegeEscalation':false}}]}",
	 ""},
	{"an empty drop list is filled", FILL, SPARK, "{" GOOD ",'containers':[{'name':'s','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'drop':[]}}}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE "}}]}", ""},

	/* users */
	{"a user is set already", FILL, SPARK | USER, "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['ALL']},'runAsUser':1}}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['ALL']},'runAsUser':1,'allowPrivilegeEscalation':false}}]}", ""},
	{"no user without runAsNonRoot", FILL, SPARK | USER,
	 "{'hostUsers':false,'securityContext':{'seccompProfile':{'type':'RuntimeDefault'}},'containers':[{'name':'s','securityContext':{" SAFE "}}]}", "", ""},
	{"a pod that passes gets no user either", FILL, SPARK | USER, "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE "}}]}", "", ""},
	{"the kubelet could not tell the user", FILL, SPARK | USER, "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['ALL']}}}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{'capabilities':{'drop':['ALL']},'allowPrivilegeEscalation':false,'runAsUser':185}}]}", ""},
	{"OpenShift gives users", FILL, SPARK | USER | OPENSHIFT, "{'containers':[{'name':'s'}]}",
	 "{'containers':[{'name':'s','securityContext':{" SAFE "}}]," GOOD "}", ""},
	{"OpenShift's root stays", FORCE, SPARK | USER | OPENSHIFT, "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':0}}]}", NULL, ""},
	{"who said so before starts as before", FILL, 0, "{'containers':[{'name':'a','securityContext':{'runAsNonRoot':true}},{'name':'b'}]}",
	 "{'containers':[{'name':'a','securityContext':{'runAsNonRoot':true," SAFE "}},{'name':'b','securityContext':{" SAFE "}}]," GOOD "}", "b"},
	{"others may not start", FILL, SPARK | USER, "{'containers':[{'name':'s'},{'name':'a','image':'x'}],'initContainers':[{'name':'b'}]}",
	 "{'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':185}},{'name':'a','image':'x','securityContext':{" SAFE
	 "}}],'initContainers':[{'name':'b','securityContext':{" SAFE "}}]," GOOD "}",
	 "b a"},
	{"each that runs Spark by its own user", FILL, SPARK | USER, "{'initContainers':[{'name':'t'}],'containers':[{'name':'a'},{'name':'s'}]}",
	 "{'initContainers':[{'name':'t','securityContext':{" SAFE ",'runAsUser':7}}],'containers':[{'name':'a','securityContext':{" SAFE
	 "}},{'name':'s','securityContext':{" SAFE ",'runAsUser':185}}]," GOOD "}",
	 "a"},
	{"its own number is no root", FILL, 0, "{'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':7}}]}",
	 "{'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':7}}]," GOOD "}", ""},
	{"nor is the pod's", FILL, 0, "{'securityContext':{'runAsUser':1001},'containers':[{'name':'a','image':'busybox'}]}",
	 "{'securityContext':{'runAsUser':1001,'runAsNonRoot':true,'seccompProfile':{'type':'RuntimeDefault'}},'containers':[{'name':'a','image':'busybox','securityContext':{" SAFE "}}]}", ""},
	{"on OpenShift too", FILL, OPENSHIFT, "{'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':7}},{'name':'b','securityContext':{" SAFE "}}]}",
	 "{'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':7}},{'name':'b','securityContext':{" SAFE "}}]," GOOD "}", "b"},
	{"Spark by an unknown user", FILL, SPARK, "{'containers':[{'name':'s','securityContext':{" SAFE "}}]}",
	 "{'containers':[{'name':'s','securityContext':{" SAFE "}}]," GOOD "}", "s"},
	{"no warning where it was set", FILL, 0, "{" GOOD ",'containers':[{'name':'a'}]}",
	 "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE "}}]}", ""},

	/* explicit bad values: not under fill */
	{"pod runAsNonRoot false", FILL, 0, "{'securityContext':{'runAsNonRoot':false},'containers':[{'name':'a','securityContext':{'runAsNonRoot':true}}]}", NULL, ""},
	{"container runAsNonRoot false", FILL, 0, "{'containers':[{'name':'a','securityContext':{'runAsNonRoot':false}}]}", NULL, ""},
	{"escalation true", FILL, 0, "{'containers':[{'name':'a','securityContext':{'allowPrivilegeEscalation':true}}]}", NULL, ""},
	{"seccomp Unconfined", FILL, 0, "{'securityContext':{'seccompProfile':{'type':'Unconfined'}},'containers':[{'name':'a'}]}", NULL, ""},
	{"privileged is not filled half", FILL, 0, "{'containers':[{'name':'a','securityContext':{'privileged':true}},{'name':'b'}]}", NULL, ""},
	{"nor is CAP_SYS_ADMIN", FILL, 0, "{'containers':[{'name':'a','securityContext':{'capabilities':{'add':['CAP_SYS_ADMIN']}}}]}", NULL, ""},
	{"what nothing can mend", FORCE, 0, "{'hostNetwork':true,'containers':[{'name':'a'}]}", NULL, ""},
	{"nor hostPath", FORCE, 0, "{'volumes':[{'name':'v','hostPath':{'path':'/'}}],'containers':[{'name':'a'}]}", NULL, ""},

	/* and under force */
	{"force: runAsNonRoot", FORCE, 0,
	 "{'securityContext':{'runAsNonRoot':false," "'seccompProfile':{'type':'Unconfined'}},'containers':[{'name':'a','securityContext':{" SAFE ",'runAsNonRoot':false}}]}",
	 "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'runAsNonRoot':true}}]}", "a"},
	{"force: privileged", FORCE, 0,
	 "{" GOOD ",'containers':[{'name':'a','securityContext':{'privileged':true,'allowPrivilegeEscalation':true,'capabilities':{'add':['CAP_SYS_ADMIN','NET_BIND_SERVICE']}}},"
	 "{'name':'b','securityContext':{'allowPrivilegeEscalation':false,'capabilities':{'add':['KILL'],'drop':['ALL']}}}]}",
	 "{" GOOD ",'containers':[{'name':'a','securityContext':{'privileged':false,'allowPrivilegeEscalation':false,'capabilities':{'add':['NET_BIND_SERVICE'],'drop':['ALL']}}},"
	 "{'name':'b','securityContext':{" SAFE "}}]}",
	 ""},
	{"force: root", FORCE, SPARK | USER,
	 "{'securityContext':{'runAsUser':0},'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':0}},{'name':'a','securityContext':{" SAFE ",'runAsUser':0}}]}",
	 "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE ",'runAsUser':185}},{'name':'a','securityContext':{" SAFE "}}]}", "a"},
	{"force: seccomp of a container", FORCE, 0, "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'seccompProfile':{'type':'x','localhostProfile':'y'}}}]}",
	 "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'seccompProfile':{'type':'RuntimeDefault'}}}]}", ""},

	{"baseline fills nothing", FILL, BASELINE | SPARK | USER, "{'containers':[{'name':'s'}]}", "", ""},
	{"baseline needs force", FILL, BASELINE, "{'containers':[{'name':'a','securityContext':{'privileged':true}}]}", NULL, ""},
	{"baseline by force", FORCE, BASELINE,
	 "{'containers':[{'name':'a','securityContext':{'privileged':true,'capabilities':{'add':['CHOWN','SYS_ADMIN']}}}]}",
	 "{'containers':[{'name':'a','securityContext':{'privileged':false,'capabilities':{'add':['CHOWN']}}}]}", ""},
	{"off", OFF, SPARK | USER, "{'containers':[{'name':'s'}]}", NULL, ""},
	{"off, and passes", OFF, SPARK | USER, "{" GOOD ",'containers':[{'name':'s','securityContext':{" SAFE "}}]}", "", ""},
	{"Windows is left alone", FORCE, SPARK, "{'os':{'name':'windows'},'containers':[{'name':'s'}]}", NULL, ""},
	{"malformed is left alone", FORCE, SPARK, "{'securityContext':7,'containers':[{'name':'s'}]}", NULL, ""},
	{"an empty element too", FORCE, 0, "{'containers':[null]}", NULL, ""},
};

struct result {
	bool passes;
	struct json_patch patch;
	struct changes changes;
	struct findings warnings;
};

static const struct json *parse(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &v, &err), 0, "%s: %s", text, err.text);
	return v;
}

static struct harden_options options_of(enum hardening hardening, unsigned flags)
{
	static const struct spark_user with_user[] = {{"s", 185}, {"t", 7}}, no_user[] = {{"s", 0}, {"t", 0}};

	return (struct harden_options){
		.level = flags & BASELINE ? PSS_BASELINE : PSS_RESTRICTED,
		.version = "latest",
		.hardening = hardening,
		.openshift = flags & OPENSHIFT,
		.spark = flags & USER ? with_user : no_user,
		.spark_count = flags & SPARK ? 2 : 0,
	};
}

static struct result run(struct arena *a, const struct harden_options *options, const struct json *spec)
{
	struct result r = {.patch = json_patch_in(a)};

	r.passes = pss_harden(a, options, NULL, spec, "", &r.patch, &r.changes, &r.warnings);
	return r;
}

/* spec after the patch, whose pointers begin with /spec. */
static const struct json *patched(struct arena *a, const struct json *spec, const struct json_patch *patch, const char *name)
{
	struct json *pod = json_copy(a, parse(a, "{}"));
	struct json *after = NULL;
	struct err err = {""};

	json_put(a, pod, "spec", json_copy(a, spec));
	cr_assert_eq(json_patch_apply(a, pod, patch, &after, &err), 0, "%s: %s", name, err.text);
	return json_get(after, "spec");
}

static const char *warned(struct arena *a, const struct findings *warnings)
{
	struct buf names = buf_in(a);

	for (size_t i = 0; i < warnings->count; i++) {
		cr_expect_str_eq(warnings->items[i].rule, "pss.mayNotStart");
		buf_printf(&names, "%s%s", i > 0 ? " " : "", warnings->items[i].place.container);
	}
	return buf_slice(&names).ptr;
}

Test(harden, makes_pods_pass_or_leaves_them, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		const char *name = cases[i].name, *becomes = cases[i].becomes;
		struct harden_options options = options_of(cases[i].hardening, cases[i].flags);
		const struct json *spec = parse(&a, cases[i].spec);
		struct result r = run(&a, &options, spec);
		const struct json *after = patched(&a, spec, &r.patch, name);
		const struct json *want = becomes && *becomes ? parse(&a, becomes) : spec;

		cr_expect_eq(r.passes, becomes != NULL, "%s", name);
		cr_expect_str_eq(json_print(&a, after).ptr, json_print(&a, want).ptr, "%s\n  want %s\n  got  %s", name,
				 json_print(&a, want).ptr, json_print(&a, after).ptr);
		cr_expect_str_eq(warned(&a, &r.warnings), cases[i].warns, "%s: %s", name, warned(&a, &r.warnings));
		cr_expect_eq(r.changes.count > 0, r.patch.count > 0, "%s", name);
	}
	arena_release(&a);
}

Test(harden, keeps_its_laws, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct harden_options options = options_of(cases[i].hardening, cases[i].flags);
		const struct json *spec = parse(&a, cases[i].spec);
		struct result r = run(&a, &options, spec);
		const struct json *after = patched(&a, spec, &r.patch, cases[i].name);
		struct pss_verdict verdict, obstacles;

		pss_evaluate(&a, options.level, options.version, NULL, after, "", &verdict);
		cr_expect_eq(verdict.count == 0, r.passes, "%s: %s", cases[i].name, verdict.detail);
		cr_expect(r.passes || r.patch.count == 0, "%s: changed in vain", cases[i].name);
		cr_expect_eq(run(&a, &options, after).patch.count, 0, "%s: changed again", cases[i].name);
		pss_obstacles(&a, &options, NULL, spec, "", &obstacles);
		cr_expect_eq(obstacles.count == 0, r.passes, "%s: %s", cases[i].name, obstacles.detail);
	}
	arena_release(&a);
}

Test(harden, tells_changes_and_places, .init = json_setup)
{
	struct arena a = ARENA_INIT;
	struct harden_options options = options_of(FORCE, 0);
	const struct json *spec = parse(&a, "{" GOOD ",'containers':[{'name':'a','image':'i:1','securityContext':{'allowPrivilegeEscalation':true}}]}");
	struct result r = {.patch = json_patch_in(&a)};

	cr_assert(pss_harden(&a, &options, NULL, spec, "/spec/template", &r.patch, &r.changes, &r.warnings));
	cr_assert_eq(r.changes.count, 2);
	cr_expect_str_eq(r.changes.items[0].rule, "pss.allowPrivilegeEscalation");
	cr_expect_str_eq(r.changes.items[0].carrier, "spec");
	cr_expect_str_eq(r.changes.items[0].from, "true");
	cr_expect_str_eq(r.changes.items[0].to, "false");
	cr_expect_str_eq(r.changes.items[0].place.container, "a");
	cr_expect_str_eq(r.changes.items[0].place.pointer, "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation");
	cr_expect_str_eq(r.patch.ops[0].pointer, r.changes.items[0].place.pointer);
	cr_expect_str_eq(r.changes.items[1].rule, "pss.capabilities_restricted");
	cr_expect_null(r.changes.items[1].from);
	arena_release(&a);
}

#define FORCES "; or let sparkgate override what is set: kubectl annotate --overwrite namespace team sparkgate.io/hardening=force"

static const struct {
	const char *name;
	enum hardening hardening;
	unsigned flags;
	const char *spec, *ways; /* NULL = hardening mends it all */
} ways[] = {
	{"hardening mends it", FILL, 0, "{'containers':[{'name':'a'}]}", NULL},
	{"the one bad value of the charts", FILL, 0, "{'securityContext':{'runAsNonRoot':false},'containers':[{'name':'a'}]}",
	 "spec.securityContext.runAsNonRoot: remove it or set true; sparkgate fills in the rest" FORCES},
	{"nothing else to fill in", FILL, 0, "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'runAsNonRoot':false}}]}",
	 "spec.containers[0].securityContext.runAsNonRoot: remove it or set true" FORCES},
	{"no advice that would not help", FILL, 0, "{'hostPID':true,'securityContext':{'runAsNonRoot':false},'containers':[{'name':'a'}]}",
	 "spec.hostPID: remove it; spec.securityContext.runAsNonRoot: remove it or set true; sparkgate fills in the rest"},
	{"force is there already", FORCE, 0, "{'volumes':[{'name':'v','hostPath':{}},{'name':'w','nfs':{}}],'containers':[{'name':'a'}]}",
	 "spec.volumes[0].hostPath, spec.volumes[1].nfs: use a configMap, secret, emptyDir, persistentVolumeClaim or projected volume; "
	 "sparkgate fills in the rest"},
	{"many fields", FILL, BASELINE, "{'containers':[{'ports':[{'hostPort':1},{'hostPort':2},{'hostPort':3},{'hostPort':4},{'hostPort':5}]}]}",
	 "spec.containers[0].ports[0].hostPort, spec.containers[0].ports[1].hostPort, spec.containers[0].ports[2].hostPort and 2 more: "
	 "remove hostPort; a Service reaches the pod"},
	{"hardening is off", OFF, 0, "{" GOOD ",'containers':[{'name':'a','securityContext':{'capabilities':{'drop':['ALL']}}}]}",
	 "spec.containers[0].securityContext.allowPrivilegeEscalation: set false; or let sparkgate fill in what is absent: "
	 "kubectl annotate --overwrite namespace team sparkgate.io/hardening=fill (it is off)"},
	{"off, and fill would not do", OFF, 0, "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':0}}]}",
	 "spec.containers[0].securityContext.runAsUser: remove it or set a user other than 0" FORCES},
	{"OpenShift's users are nobody's to change", FILL, OPENSHIFT, "{" GOOD ",'containers':[{'name':'a','securityContext':{" SAFE ",'runAsUser':0}}]}",
	 "spec.containers[0].securityContext.runAsUser: remove it, OpenShift gives one"},
	{"malformed", FORCE, 0, "{'containers':'none'}",
	 "spec.containers: give the field the type that the Kubernetes API has for it"},
};

Test(harden, names_the_way_out, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(ways); i++) {
		struct harden_options options = options_of(ways[i].hardening, ways[i].flags);
		struct pss_way_out_of of = {&a, "team", NULL, parse(&a, ways[i].spec), ""};
		struct pss_verdict v;

		pss_evaluate(&a, options.level, options.version, NULL, of.spec, "", &v);
		const char *said = pss_ways_out(&of, &options, v.count);
		cr_expect_str_eq(said ? said : "NULL", ways[i].ways ? ways[i].ways : "NULL", "%s\n  want %s\n  got  %s", ways[i].name,
				 ways[i].ways ? ways[i].ways : "NULL", said ? said : "NULL");
	}
	arena_release(&a);
}

/* Every check has a way out of its own: a new one without is noticed here. */
Test(harden, every_check_has_a_way_out)
{
	struct arena a = ARENA_INIT;
	struct harden_options options = options_of(FORCE, 0);

	for (size_t i = 0; pss_form_at(i); i++)
		cr_expect_str_neq(pss_way_out(&a, &options, &(struct pss_violation){.id = pss_form_at(i)->id}), ": ", "%s",
				  pss_form_at(i)->id);
	arena_release(&a);
}

Test(harden, many_containers_stay_cheap, .init = json_setup, .timeout = 60)
{
	struct arena a = ARENA_INIT;
	struct harden_options options = options_of(FILL, 0);
	struct buf spec = buf_in(&a);
	struct result r;

	buf_adds(&spec, "{'containers':[");
	for (int i = 0; i < 60000; i++)
		buf_printf(&spec, "%s{'name':'%d'}", i > 0 ? "," : "", i);
	buf_adds(&spec, "]}");
	r = run(&a, &options, parse(&a, buf_slice(&spec).ptr));
	cr_expect(r.passes);
	cr_expect_eq(r.patch.count, 60001);
	cr_expect(r.warnings.count < 100 && strstr(r.warnings.items[r.warnings.count - 1].message, " more containers"));
	arena_release(&a);
}
