/* json_read(): what is read otherwise than json_parse() does. */
#include "base/json.h"
#include "base/limits.h"
#include "testing.h"

#include <criterion/criterion.h>

struct left_out_case {
	const char *text, *left; /* left: NULL = it is refused */
};

static const struct left_out_case left_out[] = {
	{"{'a':1,'m':{'x':[1,{'y':'}'}],'z':-1.5e3},'b':2}", "{'a':1,'b':2}"},
	{"{'m':[]}", "{}"},
	{" { 'm' : [ { } , [ null , true ] ] , 'a' : [ ] } ", "{'a':[]}"},
	{"{'a':{'m':[[]]},'c':[{'m':{}},{'b':{'m':[1]}}]}", "{'a':{},'c':[{},{'b':{}}]}"},
	{"{'m':{'\\'':'\\\\','{\\\\':'\\u007d]'},'a':'m'}", "{'a':'m'}"},
	{"{'m':'text','n':{'m':1,'o':{'m':null}}}", "{'m':'text','n':{'m':1,'o':{'m':null}}}"},
	{"{'mm':{'x':1},'a':['m',{'x':[]}]}", "{'mm':{'x':1},'a':['m',{'x':[]}]}"},
	{"{'m':{'x':1}", NULL},
	{"{'m':[", NULL},
	{"{'m':{'x", NULL},
	{"{'m':{'x\\", NULL},
	{"{'m':{'x\\'", NULL},
	{"{'m':{}}}", NULL},
	{"{'m':{}'a':1}", NULL},
	{"{'m':{'\x01':1}}", NULL},
	{"{'m':{'\xff':1}}", NULL},
	{"{'m':[],'m':{}}", NULL},
	{"{'m':[],'m':1}", NULL},
};

Test(json, leaves_out_what_nobody_reads)
{
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++) {
		const struct left_out_case *t = &left_out[i];
		const struct json *v;
		struct err err = {""};

		int failed = json_read(&a, quoted(&a, t->text), &(struct json_reading){.without = SLICE_LIT("m")}, &v, &err);
		cr_expect_eq(failed, t->left ? 0 : -1, "%s: %s", t->text, err.text);
		if (failed == 0 && t->left)
			cr_expect(slice_eq(json_print(&a, v), quoted(&a, t->left)), "%s: %.*s", t->text, SLICE_ARG(json_print(&a, v)));
	}
	arena_release(&a);
}

/* A NUL is what Kubernetes takes and judging must not: read as U+FFFD of what an API server serves, refused otherwise. */
Test(json, reads_what_an_api_server_serves)
{
	struct arena a = ARENA_INIT;
	struct slice text = quoted(&a, "{'a':'x\\u0000y','managedFields':[{'f':{'\\u0000':{}}}],'\\u0000':1}");
	const struct json *v;
	struct err err = {""};

	json_setup();
	cr_expect_eq(json_parse(&a, text, &v, &err), -1);
	cr_expect(strstr(err.text, "\\u0000 is not accepted"), "%s", err.text);
	cr_assert_eq(json_parse_served(&a, text, LIMIT_JSON_NODES, &v, &err), 0, "%s", err.text);
	cr_expect_str_eq(json_text(json_get(v, "a"), ""), "x\xef\xbf\xbdy");
	cr_expect_eq(json_count(v), 2);
	cr_expect_eq(json_parse_served(&a, SLICE_LIT("[1,2,3]"), 3, &v, &err), -1);
	cr_expect_eq(json_parse_served(&a, SLICE_LIT("[1,2]"), 3, &v, &err), 0);
	arena_release(&a);
}
