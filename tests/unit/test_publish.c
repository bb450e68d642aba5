/* When a Report is the same as the one that is there, and which were made. The writing: tests/cluster/test_openreports.py. */
#include "audit/publish.h"
#include "audit/publish_set.h"
#include "testing.h"

static const struct json *parsed(struct arena *a, const char *text)
{
	const struct json *value = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &value, &err), 0, "%s: %s", err.text, text);
	return value;
}

#define MADE                                                                                                  \
	"{'kind':'Report','metadata':{'name':'n','labels':{'l':'sparkgate'},'ownerReferences':[{'uid':'u'}]}," \
	"'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"                                              \
	"'results':[{'rule':'r','message':'m','timestamp':{'seconds':1,'nanos':0}}],'summary':{'fail':1,'warn':0}}"

Test(publish, what_differs_is_written)
{
	static const struct {
		const char *name, *found;
		bool same;
	} cases[] = {
		{"equal", MADE, true},
		{"members in another order, and what the API server adds",
		 "{'summary':{'warn':0,'fail':1},'results':[{'timestamp':{'nanos':0,'seconds':1},'message':'m','rule':'r'}],"
		 "'scope':{'name':'p','kind':'Pod'},'source':'sparkgate','metadata':{'uid':'x','resourceVersion':'7','name':'n',"
		 "'labels':{'l':'sparkgate','mine':'y'},'ownerReferences':[{'uid':'u'}],'managedFields':[]},'kind':'Report'}",
		 true},
		{"another time",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m','timestamp':{'seconds':99,'nanos':5}}],'summary':{'fail':1,'warn':0}}",
		 true},
		{"no time",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m'}],'summary':{'fail':1,'warn':0}}",
		 true},
		{"another message",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'M','timestamp':{'seconds':1,'nanos':0}}],'summary':{'fail':1,'warn':0}}",
		 false},
		{"another owner, of the same name",
		 "{'metadata':{'ownerReferences':[{'uid':'v'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m'}],'summary':{'fail':1,'warn':0}}",
		 false},
		{"no owner",
		 "{'metadata':{},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m'}],'summary':{'fail':1,'warn':0}}",
		 false},
		{"one result more",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m'},{'rule':'s'}],'summary':{'fail':1,'warn':0}}",
		 false},
		{"one property more",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m','category':'c'}],'summary':{'fail':1,'warn':0}}",
		 false},
		{"another number",
		 "{'metadata':{'ownerReferences':[{'uid':'u'}]},'source':'sparkgate','scope':{'kind':'Pod','name':'p'},"
		 "'results':[{'rule':'r','message':'m'}],'summary':{'fail':2,'warn':0}}",
		 false},
		{"nonsense", "{'metadata':7,'results':'m','summary':[]}", false},
		{"nothing", "{}", false},
	};
	struct arena a = ARENA_INIT;

	json_setup();
	const struct json *made = parsed(&a, MADE);
	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct json *found = parsed(&a, cases[i].found);
		cr_expect_eq(publish_same(made, found), cases[i].same, "%s", cases[i].name);
		cr_expect_eq(publish_same(found, made), cases[i].same, "%s, the other way round", cases[i].name);
	}
	arena_release(&a);
}

Test(publish, the_set_has_what_was_added)
{
	struct publish_set set = {.count = 0};
	struct arena a = ARENA_INIT;

	cr_expect_not(publish_set_has(&set, "a", "b"));
	for (int i = 0; i < 5000; i++)
		publish_set_add(&set, i % 2 ? "odd" : "even", arena_printf(&a, "n-%d", i));
	publish_set_sort(&set);
	for (int i = 0; i < 5000; i++) {
		cr_assert(publish_set_has(&set, i % 2 ? "odd" : "even", arena_printf(&a, "n-%d", i)), "%d", i);
		cr_assert_not(publish_set_has(&set, i % 2 ? "even" : "odd", arena_printf(&a, "n-%d", i)), "%d", i);
	}
	cr_expect_not(publish_set_has(&set, "odd", "n-5001"));
	publish_set_release(&set);
	publish_set_release(&set);
	arena_release(&a);
}
