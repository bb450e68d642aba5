#include "spark/environment.h"

#include <criterion/criterion.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct arena arena;

static void setup(void)
{
	json_setup();
}

static void release(void)
{
	arena_release(&arena);
}

TestSuite(environment, .init = setup, .fini = release);

/* Single quotes read as double ones. */
static const struct json *json_of(const char *text)
{
	char *copy = arena_dup(&arena, slice_of(text));
	const struct json *v = NULL;
	struct err err = {""};

	for (char *c = copy; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	cr_assert_eq(json_parse(&arena, slice_of(copy), &v, &err), 0, "%s: %s", text, err.text);
	return v;
}

static struct lookups known_config_maps(void)
{
	struct lookups l = {.count = 3};

	l.items[0] = (struct lookup){"cm", LOOKUP_FOUND, json_of("{'data':{'MASTER':'yarn','m':'local[2]','A':'1'}}")};
	l.items[1] = (struct lookup){"gone", LOOKUP_MISSING, NULL};
	l.items[2] = (struct lookup){"late", LOOKUP_UNSEEN, NULL};
	return l;
}

#define CM(more) "{'configMapKeyRef':{'name':'cm'," more "}}"

/* What spark.master is, taken from MASTER. */
static const struct {
	const char *container;
	const char *master; /* NULL: not there */
	bool literal;
	const char *pointer, *config_map;
} masters[] = {
	{"{}", NULL, false, NULL, NULL},
	{"{'env':null,'envFrom':null}", NULL, false, NULL, NULL},
	{"{'env':[{'name':'master','value':'x'}]}", NULL, false, NULL, NULL},
	{"{'env':[{'name':'A'},{'name':'MASTER','value':'local'}]}", "local", true, "/c/env/1", NULL},
	{"{'env':[{'name':'MASTER'}]}", "", true, "/c/env/0", NULL},
	{"{'env':[{'name':'MASTER','value':'a'},{'name':'MASTER','value':'b'}]}", "b", true, "/c/env/1", NULL},
	{"{'env':[{'name':'MASTER','value':'spark://$(H):7077'}]}", "spark://$(H):7077", false, "/c/env/0", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':" CM("'key':'m'") "}]}", "local[2]", true, "/c/env/0", "cm"},
	{"{'env':[{'name':'MASTER','valueFrom':" CM("'key':'none','optional':true") "}]}", NULL, false, NULL, NULL},
	{"{'env':[{'name':'MASTER','valueFrom':" CM("'key':'none'") "}]}", "(ConfigMap 'cm' key 'none')", false,
	 "/c/env/0", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}]}", "(Secret 's', not readable)",
	 false, "/c/env/0", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':{'fieldRef':{'fieldPath':'status.podIP'}}}]}", "(field status.podIP)",
	 false, "/c/env/0", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':{'resourceFieldRef':{'resource':'limits.cpu'}}}]}", "(known at run time)",
	 false, "/c/env/0", NULL},
	{"{'envFrom':[{'configMapRef':{'name':'cm'}}]}", "yarn", true, "/c/envFrom", "cm"},
	{"{'envFrom':[{'prefix':'M','configMapRef':{'name':'cm'}}]}", NULL, false, NULL, NULL},
	{"{'envFrom':[{'configMapRef':{'name':'cm'}}],'env':[{'name':'MASTER','value':'b'}]}", "b", true, "/c/env/0", NULL},
	{"{'env':'no array','envFrom':7}", NULL, false, NULL, NULL},
	{"{'env':[7,{'name':8,'value':9},null]}", NULL, false, NULL, NULL},
};

Test(environment, takes_the_master_as_kubernetes_and_spark_do)
{
	struct lookups lookups = known_config_maps();
	struct slice key = SLICE_LIT("spark.master");

	for (size_t i = 0; i < COUNT(masters); i++) {
		struct settings list = {0};
		struct environment env;

		environment_read(&arena, json_of(masters[i].container), "/c", &lookups, &env);
		environment_settings(&arena, &env, &list);
		const struct setting *s = settings_last(&list, SOURCE_ENVIRONMENT, key);
		cr_assert_eq(s != NULL, masters[i].master != NULL, "%s", masters[i].container);
		if (!s)
			continue;
		cr_expect(slice_is(s->value, masters[i].master), "%s: %.*s", masters[i].container, SLICE_ARG(s->value));
		cr_expect_eq(s->literal, masters[i].literal, "%s", masters[i].container);
		cr_expect_str_eq(s->place.pointer, masters[i].pointer, "%s", masters[i].container);
		cr_expect_str_eq(s->config_map ? s->config_map : "", masters[i].config_map ? masters[i].config_map : "");
	}
}

Test(environment, knows_every_variable_of_spark_submit)
{
	struct settings list = {0};
	struct environment env;
	const struct json *container = json_of(
		"{'env':[{'name':'SPARK_EXECUTOR_CORES','value':'3'},{'name':'SPARK_EXECUTOR_MEMORY','value':'2g'},"
		"{'name':'SPARK_DRIVER_MEMORY','value':'1g'},{'name':'DEPLOY_MODE','value':'cluster'},"
		"{'name':'SPARK_REMOTE','value':'sc://h'},{'name':'SPARK_MASTER','value':'x'}]}");
	static const char *const pairs[][2] = {
		{"spark.executor.cores", "3"}, {"spark.executor.memory", "2g"}, {"spark.driver.memory", "1g"},
		{"spark.submit.deployMode", "cluster"}, {"spark.remote", "sc://h"},
	};

	environment_read(&arena, container, "/c", NULL, &env);
	environment_settings(&arena, &env, &list);
	cr_expect_eq(list.count, COUNT(pairs));
	for (size_t i = 0; i < COUNT(pairs); i++) {
		const struct setting *s = settings_last(&list, SOURCE_ENVIRONMENT, slice_of(pairs[i][0]));
		cr_expect(s && slice_is(s->value, pairs[i][1]), "%s", pairs[i][0]);
	}
}

static const struct {
	const char *container, *unseen;
} sources[] = {
	{"{'envFrom':[{'configMapRef':{'name':'cm'}}]}", NULL},
	{"{'envFrom':[{'configMapRef':{'name':'late'}}]}", "ConfigMap 'late'"},
	{"{'envFrom':[{'configMapRef':{'name':'never asked for'}}]}", "ConfigMap 'never asked for'"},
	{"{'envFrom':[{'configMapRef':{'name':'gone'}}]}", "ConfigMap 'gone'"},
	{"{'envFrom':[{'configMapRef':{'name':'gone','optional':true}}]}", "ConfigMap 'gone'"}, /* it may be there when the pod starts */
	{"{'envFrom':[{'secretRef':{'name':'s'}},{'configMapRef':{'name':'late'}}]}", "Secret 's'"},
};

Test(environment, names_what_it_could_not_read)
{
	struct lookups lookups = known_config_maps();

	for (size_t i = 0; i < COUNT(sources); i++) {
		struct environment env;

		environment_read(&arena, json_of(sources[i].container), "/c", &lookups, &env);
		cr_expect_str_eq(env.unseen ? env.unseen : "", sources[i].unseen ? sources[i].unseen : "", "%s",
				 sources[i].container);
	}
}

/* ---- editing: the patch applied, and read again ---- */

#define FIELD(name, path) "{'name':'" name "','valueFrom':{'fieldRef':{'apiVersion':'v1','fieldPath':'" path "'}}}"
#define IP(name) FIELD(name, "status.podIP")
#define NAME(name) FIELD(name, "metadata.name")

static const struct {
	const char *before, *after;
	const char *ip, *name;
} fields[] = {
	{"{}", "{'env':[" IP("POD_IP") "," NAME("POD_NAME") "]}", "POD_IP", "POD_NAME"},
	{"{'env':null}", "{'env':[" IP("POD_IP") "," NAME("POD_NAME") "]}", "POD_IP", "POD_NAME"},
	{"{'env':[]}", "{'env':[" IP("POD_IP") "," NAME("POD_NAME") "]}", "POD_IP", "POD_NAME"},
	{"{'env':[" NAME("ME") "," IP("X") "," IP("A") "]}", "{'env':[" NAME("ME") "," IP("X") "," IP("A") "]}", "X", "ME"},
	{"{'env':[{'name':'POD_IP','value':'10.0.0.1'}]}",
	 "{'env':[{'name':'POD_IP','value':'10.0.0.1'}," IP("SPARKGATE_POD_IP") "," NAME("POD_NAME") "]}",
	 "SPARKGATE_POD_IP", "POD_NAME"},
	/* no name that a shell's text could not hold as it is */
	{"{'env':[" IP("podIp") "," NAME("pod.name") "]}", "{'env':[" IP("podIp") "," NAME("pod.name") "," IP("POD_IP") "," NAME("POD_NAME") "]}",
	 "POD_IP", "POD_NAME"},
	{"{'env':[" IP("POD_IP") ",{'name':'POD_IP','value':'x'},{'name':'SPARKGATE_POD_IP'}," NAME("N") "]}",
	 "{'env':[" IP("POD_IP") ",{'name':'POD_IP','value':'x'},{'name':'SPARKGATE_POD_IP'}," NAME("N") ","
	 IP("SPARKGATE_POD_IP_2") "]}",
	 "SPARKGATE_POD_IP_2", "N"},
	{"{'args':['$(POD_IP)$(SPARKGATE_POD_IP_2)'],'env':[" NAME("N") "]}",
	 "{'args':['$(POD_IP)$(SPARKGATE_POD_IP_2)'],'env':[" NAME("N") "," IP("SPARKGATE_POD_IP") "]}", "SPARKGATE_POD_IP", "N"},
	{"{'command':['$(SPARKGATE_POD_IP_2)$(SPARKGATE_POD_IP)$(SPARKGATE_POD_IP_5)$(SPARKGATE_POD_IP_99999999999)'],'args':['$(POD_IP)'],"
	 "'env':[" NAME("N") ",{'name':'SPARKGATE_POD_IP_3','value':'$(SPARKGATE_POD_IP_x) $(SPARKGATE_POD_IP_'}]}",
	 "{'command':['$(SPARKGATE_POD_IP_2)$(SPARKGATE_POD_IP)$(SPARKGATE_POD_IP_5)$(SPARKGATE_POD_IP_99999999999)'],'args':['$(POD_IP)'],"
	 "'env':[" NAME("N") ",{'name':'SPARKGATE_POD_IP_3','value':'$(SPARKGATE_POD_IP_x) $(SPARKGATE_POD_IP_'}," IP("SPARKGATE_POD_IP_4") "]}",
	 "SPARKGATE_POD_IP_4", "N"},
	{"{'env':[" FIELD("POD_IP", "status.hostIP") "," NAME("N") "]}",
	 "{'env':[" FIELD("POD_IP", "status.hostIP") "," NAME("N") "," IP("SPARKGATE_POD_IP") "]}", "SPARKGATE_POD_IP", "N"},
};

static struct json *patched(const struct json *container, const struct environment *env)
{
	struct json_patch patch = json_patch_in(&arena);
	struct json *after = NULL;
	struct err err = {""};

	environment_patch(env, &patch);
	cr_assert_eq(json_patch_apply(&arena, container, &patch, &after, &err), 0, "%s", err.text);
	return after;
}

Test(environment, adds_the_pods_own_address_and_name_once)
{
	for (size_t i = 0; i < COUNT(fields); i++) {
		const struct json *container = json_of(fields[i].before);
		struct environment env;

		environment_read(&arena, container, "", NULL, &env);
		cr_expect_str_eq(environment_pod_ip(&env), fields[i].ip, "%s", fields[i].before);
		cr_expect_str_eq(environment_pod_name(&env), fields[i].name, "%s", fields[i].before);
		cr_expect_str_eq(environment_pod_ip(&env), fields[i].ip, "%s: asked twice", fields[i].before);

		struct slice after = json_print(&arena, patched(container, &env));
		struct slice expected = json_print(&arena, json_of(fields[i].after));
		cr_expect(slice_eq(after, expected), "%s:\n%.*s", fields[i].before, SLICE_ARG(after));
	}
}

static const struct {
	const char *before, *after; /* after NULL: nothing changes */
} sets[] = {
	{"{}", NULL},
	{"{'env':[{'name':'MASTER','value':'new'}]}", "{'env':[{'name':'MASTER','value':'new'}]}"},
	{"{'env':[{'name':'A','value':'x'},{'name':'MASTER','value':'local'}]}",
	 "{'env':[{'name':'A','value':'x'},{'name':'MASTER','value':'new'}]}"},
	{"{'env':[{'name':'MASTER'}]}", "{'env':[{'name':'MASTER','value':'new'}]}"},
	{"{'env':[{'name':'MASTER','value':'$(X)'}]}", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':{'secretKeyRef':{'name':'s','key':'k'}}}]}", NULL},
	{"{'env':[{'name':'MASTER','valueFrom':" CM("'key':'m'") "}]}", NULL},
	{"{'envFrom':[{'configMapRef':{'name':'cm'}}]}", NULL},
};

Test(environment, replaces_a_literal_that_would_contradict)
{
	struct lookups lookups = known_config_maps();

	for (size_t i = 0; i < COUNT(sets); i++) {
		const struct json *container = json_of(sets[i].before);
		struct changes changes = {0};
		struct environment env;

		environment_read(&arena, container, "", &lookups, &env);
		environment_set(&env, SLICE_LIT("spark.master"), SLICE_LIT("old"), "r", &changes);
		changes.count = 0; /* the last word counts */
		environment_set(&env, SLICE_LIT("spark.master"), SLICE_LIT("new"), "backend.master", &changes);
		environment_set(&env, SLICE_LIT("spark.cores.max"), SLICE_LIT("1"), "r", &changes);

		struct slice after = json_print(&arena, patched(container, &env));
		struct slice expected = json_print(&arena, json_of(sets[i].after ? sets[i].after : sets[i].before));
		cr_expect(slice_eq(after, expected), "%s:\n%.*s", sets[i].before, SLICE_ARG(after));
		cr_expect_eq(changes.count, sets[i].after ? 1 : 0, "%s", sets[i].before);
		if (changes.count == 1) {
			cr_expect_str_eq(changes.items[0].carrier, "env");
			cr_expect_str_eq(changes.items[0].to, "new");
			cr_expect_str_eq(changes.items[0].place.key, "spark.master");
		}
	}
}
