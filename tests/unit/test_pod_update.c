/*
 * Which updates of a pod are judged again, a table: isSignificantPodUpdate of upstream's admission.go, each of its
 * comparisons with an update that it sees and one that it does not. tests/conformance/pss asks upstream itself.
 */
#include "admission/judge.h"
#include "testing.h"

#define A "{'name':'a','image':'i'}"
#define B "{'name':'b','image':'j'}"

static const struct {
	const char *name, *old, *now;
	bool matters;
} cases[] = {
	{"nothing changed", "{'containers':[" A "]}", "{'containers':[" A "]}", false},
	{"an image", "{'containers':[" A "]}", "{'containers':[{'name':'a','image':'k'}]}", true},
	{"an image that goes", "{'containers':[" A "]}", "{'containers':[{'name':'a'}]}", true},
	{"null is no image, as before", "{'containers':[{'name':'a'}]}", "{'containers':[{'name':'a','image':null}]}", false},
	{"only a name", "{'containers':[" A "]}", "{'containers':[{'name':'z','image':'i'}]}", false},
	{"a securityContext, which cannot change", "{'containers':[" A "]}",
	 "{'containers':[{'name':'a','image':'i','securityContext':{'privileged':true}}]}", false},
	{"host namespaces, which cannot change", "{'containers':[" A "]}", "{'hostPID':true,'containers':[" A "]}", false},
	{"tolerations, which can", "{'containers':[" A "]}", "{'tolerations':[{'key':'x'}],'containers':[" A "]}", false},
	{"resources, which can", "{'containers':[" A "]}",
	 "{'containers':[{'name':'a','image':'i','resources':{'limits':{'cpu':1}}}]}", false},
	{"a container more", "{'containers':[" A "]}", "{'containers':[" A "," B "]}", true},
	{"a container less", "{'containers':[" A "," B "]}", "{'containers':[" A "]}", true},
	{"the order of containers", "{'containers':[" A "," B "]}", "{'containers':[" B "," A "]}", true},
	{"no containers at all", "{'containers':[" A "]}", "{}", true},
	{"neither had any", "{'containers':null}", "{'containers':[]}", false},
	{"an image of an init container", "{'initContainers':[" A "]}", "{'initContainers':[{'name':'a','image':'k'}]}", true},
	{"an init container more", "{}", "{'initContainers':[" A "]}", true},
	{"an init container less", "{'initContainers':[" A "]}", "{'initContainers':[]}", true},
	{"an init container as it was", "{'initContainers':[" A "]}", "{'initContainers':[" A "]}", false},
	{"an ephemeral container", "{'containers':[" A "]}", "{'containers':[" A "],'ephemeralContainers':[" B "]}", true},
	{"a second one", "{'ephemeralContainers':[" A "]}", "{'ephemeralContainers':[" A "," B "]}", true},
	{"one in the place of another", "{'ephemeralContainers':[" A "]}", "{'ephemeralContainers':[" B "]}", true},
	{"its image", "{'ephemeralContainers':[" A "]}", "{'ephemeralContainers':[{'name':'a','image':'k'}]}", true},
	{"the order of ephemeral ones", "{'ephemeralContainers':[" A "," B "]}", "{'ephemeralContainers':[" B "," A "]}", false},
	{"one that is gone", "{'ephemeralContainers':[" A "," B "]}", "{'ephemeralContainers':[" B "]}", false},
	{"all that are gone", "{'ephemeralContainers':[" A "]}", "{}", false},
	{"of two with the name the first counts", "{'ephemeralContainers':[" A ",{'name':'a','image':'k'}]}",
	 "{'ephemeralContainers':[{'name':'a','image':'k'}]}", true},
	{"and as it was", "{'ephemeralContainers':[" A ",{'name':'a','image':'k'}]}", "{'ephemeralContainers':[" A "]}", false},
	{"an empty element is a container without a name", "{'ephemeralContainers':[null]}", "{'ephemeralContainers':[{}]}", false},
};

static const struct json *parse(struct arena *a, const char *text)
{
	const struct json *v = NULL;
	struct err err = {""};

	cr_assert_eq(json_parse(a, quoted(a, text), &v, &err), 0, "%s: %s", text, err.text);
	return v;
}

static bool matters(struct arena *a, const char *subresource, const char *old, const char *now)
{
	struct review review = {.subresource = subresource,
				.object = parse(a, arena_printf(a, "{'spec':%s}", now)),
				.old_object = parse(a, arena_printf(a, "{'spec':%s}", old))};
	struct judge j = {.review = &review, .a = a};

	return judge_pod_update_matters(&j);
}

Test(pod_update, is_judged_where_upstream_looks_again, .init = json_setup)
{
	static const char *const subresources[] = {"", "ephemeralcontainers"};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++)
		for (size_t k = 0; k < COUNT(subresources); k++)
			cr_expect_eq(matters(&a, subresources[k], cases[i].old, cases[i].now), cases[i].matters, "%s (%s)",
				     cases[i].name, subresources[k]);
	arena_release(&a);
}

Test(pod_update, an_old_pod_without_a_spec_is_all_new, .init = json_setup)
{
	struct arena a = ARENA_INIT;

	cr_expect(matters(&a, "", "null", "{'containers':[" A "]}"));
	arena_release(&a);
}

/* Thousands of ephemeral containers in the opposite order: n log n, so this ends at once or never. */
Test(pod_update, many_ephemeral_containers_stay_cheap, .init = json_setup, .timeout = 60)
{
	struct arena a = ARENA_INIT;
	struct buf old = buf_in(&a), now = buf_in(&a);

	for (int i = 0; i < 60000; i++) {
		buf_printf(&old, "%s{'name':'%d'}", i > 0 ? "," : "{'ephemeralContainers':[", i);
		buf_printf(&now, "%s{'name':'%d'}", i > 0 ? "," : "{'ephemeralContainers':[", 59999 - i);
	}
	buf_adds(&old, "]}");
	buf_adds(&now, "]}");
	cr_expect_not(matters(&a, "", buf_slice(&old).ptr, buf_slice(&now).ptr));
	arena_release(&a);
}
