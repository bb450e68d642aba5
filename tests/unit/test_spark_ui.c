/* What a driver says, and what somebody says in its place; a replica's metrics. */
#include "status/metrics_text.h"
#include "status/spark_ui.h"
#include "testing.h"

static const struct {
	const char *text;
	const char *id; /* NULL = refused */
} applications[] = {
	{"[{'id':'app-20250101000000-0001','name':'n','attempts':[{'appSparkVersion':'4.1.0'}]}]", "app-20250101000000-0001"},
	{"[{'id':'spark-0123456789abcdef'},{'id':'local-1'}]", "spark-0123456789abcdef"},
	{"[]", NULL},
	{"{}", NULL},
	{"null", NULL},
	{"[null]", NULL},
	{"[[]]", NULL},
	{"[{'id':''}]", NULL},
	{"[{'id':1}]", NULL},
	{"[{'id':'../../namespaces'}]", NULL},
	{"[{'id':'..'}]", NULL},
	{"[{'id':'a/b'}]", NULL},
	{"[{'id':'a?b'}]", NULL},
	{"[{'id':'a%2fb'}]", NULL},
	{"[{'id':'a b'}]", NULL},
	{"[{'id':'a'}", NULL},
	{"[{'id':'a','id':'b'}]", NULL},
};

Test(spark_ui, applications)
{
	json_setup();
	for (size_t i = 0; i < COUNT(applications); i++) {
		struct arena a = ARENA_INIT;
		struct spark_ui_application app = {"", "", ""};
		struct err err = {""};
		int rc = spark_ui_application(&a, quoted(&a, applications[i].text), &app, &err);

		cr_expect_eq(rc, applications[i].id ? 0 : -1, "%s", applications[i].text);
		cr_expect_str_eq(app.id, applications[i].id ? applications[i].id : "", "%s", applications[i].text);
		cr_expect_eq(err.text[0] != '\0', applications[i].id == NULL, "%s", applications[i].text);
		arena_release(&a);
	}
}

static const struct {
	const char *text;
	const char *master; /* NULL = refused */
} environments[] = {
	{"{'sparkProperties':[['spark.app.name','x'],['spark.master','spark://m:7077']]}", "spark://m:7077"},
	{"{'runtime':{},'sparkProperties':[['spark.master','local[*]'],['spark.master','yarn']]}", "local[*]"},
	{"{'sparkProperties':[['spark.master','k8s://https://u:hush@api']]}", "k8s://https://u:(redacted)@api"},
	{"{'sparkProperties':[['spark.master']]}", NULL},
	{"{'sparkProperties':[['spark.master','']]}", NULL},
	{"{'sparkProperties':[['spark.master',7]]}", NULL},
	{"{'sparkProperties':['spark.master','x']}", NULL},
	{"{'sparkProperties':{'spark.master':'x'}}", NULL},
	{"{'systemProperties':[['spark.master','x']]}", NULL},
	{"[]", NULL},
	{"", NULL},
};

Test(spark_ui, environments)
{
	json_setup();
	for (size_t i = 0; i < COUNT(environments); i++) {
		struct arena a = ARENA_INIT;
		const char *master = "";
		struct err err = {""};
		int rc = spark_ui_master(&a, quoted(&a, environments[i].text), &master, &err);

		cr_expect_eq(rc, environments[i].master ? 0 : -1, "%s", environments[i].text);
		cr_expect_str_eq(master, environments[i].master ? environments[i].master : "", "%s", environments[i].text);
		arena_release(&a);
	}
}

static const struct {
	const char *text;
	int count; /* -1 = refused */
} executors[] = {
	{"[]", 0},
	{"[{'id':'driver','isActive':true}]", 0},
	{"[{'id':'driver'},{'id':'1','isActive':true},{'id':'2','isActive':false},{'id':'3'}]", 2},
	{"[1,null,'x']", 3},
	{"{}", -1},
};

Test(spark_ui, executors)
{
	json_setup();
	for (size_t i = 0; i < COUNT(executors); i++) {
		struct arena a = ARENA_INIT;
		size_t count = 99;
		struct err err = {""};
		int rc = spark_ui_executors(&a, quoted(&a, executors[i].text), &count, &err);

		cr_expect_eq(rc, executors[i].count < 0 ? -1 : 0, "%s", executors[i].text);
		cr_expect_eq(count, executors[i].count < 0 ? 99 : (size_t)executors[i].count, "%s", executors[i].text);
		arena_release(&a);
	}
}

static const char METRICS[] = "# HELP sparkgate_policy_info x\n"
			      "sparkgate_policy_info_other{hash=\"wrong\"} 1\n"
			      "sparkgate_policy_info{a=\"b\",hash=\"0123\"} 1\n"
			      "sparkgate_policy_info{hash=\"second\"} 1\n"
			      "number 42\n"
			      "float 1.5\n"
			      "open{hash=\"x";

Test(metrics_text, labels_and_values)
{
	struct arena a = ARENA_INIT;
	struct slice text = SLICE_LIT(METRICS);

	cr_expect_str_eq(metrics_text_label(&a, text, "sparkgate_policy_info", "hash"), "0123");
	cr_expect_str_eq(metrics_text_label(&a, text, "sparkgate_policy_info", "none"), "");
	cr_expect_str_eq(metrics_text_label(&a, text, "number", "hash"), "");
	cr_expect_str_eq(metrics_text_label(&a, text, "absent", "hash"), "");
	cr_expect_eq(metrics_text_value(text, "number", -1), 42);
	cr_expect_eq(metrics_text_value(text, "float", -1), -1);
	cr_expect_eq(metrics_text_value(text, "numb", -1), -1);
	cr_expect_eq(metrics_text_value((struct slice){"", 0}, "number", -1), -1);
	arena_release(&a);
}
