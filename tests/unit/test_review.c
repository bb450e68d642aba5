/* AdmissionReviews in and out. Cases are data; single quotes stand for double ones. */
#include "admission/review.h"
#include "base/field_path.h"
#include "testing.h"

#define UID "'uid':'705ab4f5-6393-11e8-b7cc-42010a800002'"
#define ENVELOPE "'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1'"
#define POD "'kind':{'group':'','version':'v1','kind':'Pod'},'resource':{'group':'','version':'v1','resource':'pods'}"

static const struct {
	const char *name, *body, *complaint;
	bool uid_read;
} bad[] = {
	{"empty", "", "empty", false},
	{"no JSON", "hello", "not valid JSON", false},
	{"cut off", "{'kind':", "not valid JSON", false},
	{"no request", "{" ENVELOPE "}", "request is missing", false},
	{"request is text", "{" ENVELOPE ",'request':'x'}", "request is missing", false},
	{"no uid", "{" ENVELOPE ",'request':{" POD "}}", "request.uid", false},
	{"empty uid", "{" ENVELOPE ",'request':{'uid':''}}", "request.uid", false},
	{"uid with a newline", "{" ENVELOPE ",'request':{'uid':'a\\nb'}}", "request.uid", false},
	{"uid twice", "{" ENVELOPE ",'request':{'uid':'a','uid':'b'}}", "twice", false},
	{"another kind", "{'kind':'Pod','apiVersion':'v1','request':{" UID "}}", "expected AdmissionReview", true},
	{"v1beta1", "{'kind':'AdmissionReview','apiVersion':'admission.k8s.io/v1beta1','request':{" UID "}}",
	 "expected admission.k8s.io/v1", true},
	{"no kind", "{" ENVELOPE ",'request':{" UID "}}", "request.kind.kind", true},
	{"unknown operation", "{" ENVELOPE ",'request':{" UID "," POD ",'operation':'PATCH'}}", "operation", true},
	{"no object", "{" ENVELOPE ",'request':{" UID "," POD ",'operation':'CREATE'}}", "object is missing", true},
	{"object is a list", "{" ENVELOPE ",'request':{" UID "," POD ",'operation':'CREATE','object':[]}}",
	 "expected an object", true},
	{"another namespace",
	 "{" ENVELOPE ",'request':{" UID "," POD
	 ",'operation':'CREATE','namespace':'a','object':{'metadata':{'namespace':'b'}}}}",
	 "metadata.namespace", true},
};

Test(review, refuses_what_is_malformed_and_says_why)
{
	json_setup();
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct arena a = ARENA_INIT;
		struct review r;
		struct err err = {""};
		int code = 0;

		cr_expect_eq(review_parse(&a, quoted(&a, bad[i].body), &r, &code, &err), -1, "%s", bad[i].name);
		cr_expect_eq(code, 400, "%s", bad[i].name);
		cr_expect(strstr(err.text, bad[i].complaint), "%s: %s", bad[i].name, err.text);
		cr_expect_eq(r.uid != NULL, bad[i].uid_read, "%s: uid", bad[i].name);
		arena_release(&a);
	}
}

Test(review, reads_who_asks_for_what)
{
	struct arena a = ARENA_INIT;
	struct review r;
	struct err err = {""};
	int code;

	json_setup();
	struct slice body = quoted(&a, "{" ENVELOPE ",'request':{" UID "," POD
				       ",'operation':'UPDATE','subResource':'ephemeralcontainers','namespace':'team',"
				       "'dryRun':true,'userInfo':{'username':'eve','groups':['g1','g2']},"
				       "'object':{'metadata':{'generateName':'web-'}},'oldObject':{'spec':{}}}}");
	cr_assert_eq(review_parse(&a, body, &r, &code, &err), 0, "%s", err.text);
	cr_expect_str_eq(r.uid, "705ab4f5-6393-11e8-b7cc-42010a800002");
	cr_expect_eq(r.operation, OP_UPDATE);
	cr_expect_str_eq(r.kind, "Pod");
	cr_expect_str_eq(r.subresource, "ephemeralcontainers");
	cr_expect_str_eq(r.namespace, "team");
	cr_expect_str_eq(r.name, "web-", "generateName stands in for a name that is not there yet");
	cr_expect(r.dry_run);
	cr_expect_str_eq(r.user, "eve");
	cr_expect_eq(json_count(r.groups), 2);
	cr_expect(r.old_object);
	arena_release(&a);
}

Test(answer, escapes_and_leaves_out_what_is_not_there)
{
	struct arena a = ARENA_INIT;
	struct json_patch patch = json_patch_in(&a);
	struct answer answer = {.allowed = true, .patch = &patch};

	json_setup();
	cr_expect_str_eq(answer_print(&a, "u-1", &answer).ptr,
			 "{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\","
			 "\"response\":{\"uid\":\"u-1\",\"allowed\":true}}");
	json_patch_add(&patch, "add", "/spec/x", SLICE_LIT("1"));
	struct slice with_patch = answer_print(&a, "u", &answer);
	cr_expect(strstr(with_patch.ptr, "\"patchType\":\"JSONPatch\",\"patch\":\"W3sib3AiOiJhZGQiLCJwYXRoIjoiL3NwZWMveCIsInZhbHVlIjoxfV0=\""),
		  "%s", with_patch.ptr);

	struct cause cause = {"backend.master: a \"b\"", "spec.containers[0].args[2]"};
	struct answer refusal = {.code = 403, .reason = "Forbidden", .message = "line\nbreak \xff\xed\xa0\x80", .kind = "pods",
				 .name = "p", .causes = &cause, .cause_count = 1, .patch = &patch};
	struct slice text = answer_print(&a, "u", &refusal);
	cr_expect(!strstr(text.ptr, "\"patch\""), "a refusal has no patch");
	cr_expect(strstr(text.ptr, "line\\nbreak \\ufffd\\ufffd\\ufffd\\ufffd"), "%s", text.ptr);
	const struct json *back;
	struct err err = {""};
	cr_assert_eq(json_parse(&a, text, &back, &err), 0, "%s", err.text);
	const struct json *status = json_get(json_get(back, "response"), "status"), *details = json_get(status, "details");
	cr_expect_str_eq(json_text(json_get(status, "reason"), ""), "Forbidden");
	cr_expect_str_eq(json_text(json_get(details, "name"), ""), "p");
	cr_expect_str_eq(json_text(json_get(details, "kind"), ""), "pods");
	cr_expect_str_eq(json_text(json_get(json_at(json_get(details, "causes"), 0), "field"), ""), "spec.containers[0].args[2]");
	cr_expect_str_eq(json_text(json_get(json_at(json_get(details, "causes"), 0), "message"), ""), "backend.master: a \"b\"");

	/* Without an object and causes there is nothing to say about them. */
	refusal.name = refusal.kind = "";
	refusal.cause_count = 0;
	cr_expect(!strstr(answer_print(&a, "u", &refusal).ptr, "\"name\"") && !strstr(answer_print(&a, "u", &refusal).ptr, "causes"));
	arena_release(&a);
}

static const struct {
	const char *pointer, *path;
} paths[] = {
	{"", ""},
	{"/spec/containers/0/args/12", "spec.containers[0].args[12]"},
	{"/spec/template/spec/securityContext", "spec.template.spec.securityContext"},
	{"/data/spark-defaults.conf", "data[spark-defaults.conf]"},
	{"/metadata/annotations/sparkgate.io~1mode", "metadata.annotations[sparkgate.io/mode]"},
};

Test(answer, field_paths_read_as_kubernetes_writes_them)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(paths); i++)
		cr_expect_str_eq(field_path(&a, paths[i].pointer), paths[i].path);
	arena_release(&a);
}
