#include "command/audit_event.h"
#include "command/replay_seen.h"
#include "facts/history.h"
#include "testing.h"

static const struct json *parsed(struct arena *a, const char *text)
{
	const struct json *root;
	struct err err = {""};

	json_setup();
	cr_assert_eq(json_parse(a, quoted(a, text), &root, &err), 0, "%s: %s", text, err.text);
	return root;
}

#define EVENT(fields) "{'kind':'Event','apiVersion':'audit.k8s.io/v1','stage':'ResponseComplete'," fields "}"
#define PODS "'objectRef':{'resource':'pods','namespace':'a','apiVersion':'v1'}"
#define OBJECT "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'p'},'spec':{}}"
#define CODE(n) "'responseStatus':{'code':" #n "}"
#define OURS "admission webhook \\\"servers.validate.sparkgate.io\\\" denied the request: sparkgate: no"

static const struct {
	const char *text;
	enum audit_state state;
} states[] = {
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':" OBJECT), AUDIT_REQUEST},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'responseObject':" OBJECT), AUDIT_REQUEST},
	{EVENT("'verb':'create'," PODS "," CODE(201)), AUDIT_NO_OBJECT},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':null"), AUDIT_NO_OBJECT},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':'x'"), AUDIT_NO_OBJECT},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':[]"), AUDIT_NO_OBJECT},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':{'metadata':3}"), AUDIT_NO_OBJECT},
	{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':{'kind':'Status','metadata':{}}"), AUDIT_NO_OBJECT},
	{EVENT("'verb':'patch'," PODS "," CODE(200) ",'requestObject':" OBJECT), AUDIT_NO_OBJECT},
	{EVENT("'verb':'patch'," PODS "," CODE(200) ",'requestObject':{},'responseObject':" OBJECT), AUDIT_REQUEST},
	{EVENT("'verb':'create'," PODS "," CODE(409) ",'requestObject':" OBJECT), AUDIT_FAILED},
	{EVENT("'verb':'create'," PODS ",'requestObject':" OBJECT), AUDIT_FAILED},
	{EVENT("'verb':'create'," PODS ",'responseStatus':{'code':'201'},'requestObject':" OBJECT), AUDIT_FAILED},
	{EVENT("'verb':'create'," PODS ",'responseStatus':{'code':403,'message':'" OURS "'},'requestObject':" OBJECT), AUDIT_REQUEST},
	{EVENT("'verb':'create'," PODS ",'responseStatus':{'code':403,'message':'x" OURS "'},'requestObject':" OBJECT), AUDIT_FAILED},
	{EVENT("'verb':'create'," PODS ",'responseStatus':{'code':403,'message':'sparkgate: no'},'requestObject':" OBJECT), AUDIT_FAILED},
	{EVENT("'verb':'delete'," PODS "," CODE(200)), AUDIT_OTHER},
	{EVENT("'verb':'delete','objectRef':{'resource':'configmaps','namespace':'a','name':'c'}," CODE(200)), AUDIT_FACT},
	{EVENT("'verb':'delete','objectRef':{'resource':'configmaps','namespace':'a','name':'c'}," CODE(404)), AUDIT_OTHER},
	{EVENT("'verb':'delete','requestURI':'/x?dryRun=All','objectRef':{'resource':'configmaps','name':'c'}," CODE(200)), AUDIT_OTHER},
	{EVENT("'verb':'get'," PODS "," CODE(200)), AUDIT_OTHER},
	{EVENT("'verb':'create'"), AUDIT_OTHER},
	{EVENT("'verb':'create','objectRef':[]"), AUDIT_OTHER},
	{EVENT("'verb':'create','objectRef':{'resource':'pods','subresource':'eviction'}"), AUDIT_OTHER},
	{EVENT("'verb':'create','objectRef':{'resource':'pods','apiGroup':'apps'}"), AUDIT_OTHER},
	{EVENT("'verb':'update','objectRef':{'resource':'deployments','apiGroup':'apps','subresource':'scale'}"), AUDIT_OTHER},
	{"{'kind':'Event','apiVersion':'audit.k8s.io/v1','stage':'RequestReceived','verb':'create'," PODS "}", AUDIT_STAGE},
	{"{'kind':'Event','apiVersion':'audit.k8s.io/v1'}", AUDIT_STAGE},
};

Test(audit_event, knows_what_is_a_request)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(states); i++) {
		struct audit_event event;
		audit_event_read(parsed(&a, states[i].text), &event);
		cr_expect_eq(event.state, states[i].state, "%s: %d", states[i].text, event.state);
		cr_expect_eq(event.state == AUDIT_REQUEST && !event.review.object, false);
	}
	arena_release(&a);
}

Test(audit_event, is_the_request_that_the_webhooks_heard)
{
	struct arena a = ARENA_INIT;
	struct audit_event e;

	audit_event_read(parsed(&a, EVENT("'verb':'patch','auditID':'1','user':{'username':'u','groups':['g']},"
					  "'impersonatedUser':{'username':'i','groups':['h']},'requestURI':'/x?a=b&dryRun=All',"
					  "'requestReceivedTimestamp':'t','stageTimestamp':'s'," CODE(201) ",'objectRef':{'resource':"
					  "'deployments','apiGroup':'apps','apiVersion':'v1','namespace':'a'},'requestObject':{'x':1},"
					  "'responseObject':{'kind':'Deployment','metadata':{'name':'d'}}")),
			 &e);
	cr_assert_eq(e.state, AUDIT_REQUEST);
	cr_expect_eq(e.review.operation, OP_CREATE, "an apply that created");
	cr_expect_str_eq(e.review.kind, "Deployment");
	cr_expect_str_eq(e.review.group, "apps");
	cr_expect_str_eq(e.review.name, "d");
	cr_expect_str_eq(e.review.namespace, "a");
	cr_expect_str_eq(e.review.user, "i");
	cr_expect_str_eq(json_text(json_first(e.review.groups), ""), "h");
	cr_expect_str_eq(e.recorded.time, "t");
	cr_expect(e.recorded.dry_run && e.review.dry_run);
	cr_expect_null(e.stored, "a dry run stores nothing");
	arena_release(&a);
}

Test(audit_event, finds_a_name_wherever_there_is_one)
{
	static const struct {
		const char *text, *name;
	} names[] = {
		{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':{'metadata':{'generateName':'g-'}},"
		       "'responseObject':{'metadata':{'name':'g-1','generateName':'g-'}}"), "g-1"},
		{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':{'metadata':{'generateName':'g-'}}"), "g-"},
		{EVENT("'verb':'create','objectRef':{'resource':'pods','name':'r'}," CODE(201) ",'requestObject':{'metadata':{}}"), "r"},
		{EVENT("'verb':'create'," PODS "," CODE(201) ",'requestObject':{'metadata':{}}"), ""},
	};
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(names); i++) {
		struct audit_event event;
		audit_event_read(parsed(&a, names[i].text), &event);
		cr_expect_eq(event.state, AUDIT_REQUEST, "%s", names[i].text);
		cr_expect_str_eq(event.review.name, names[i].name);
	}
	arena_release(&a);
}

Test(audit_event, reads_annotations_of_ours_alone)
{
	struct arena a = ARENA_INIT;
	struct audit_event e;

	audit_event_read(parsed(&a, EVENT("'annotations':{'other.io/changes':'1','sparkgate.io/changes':'2','x.sparkgate.io':'3',"
					  "'pods.mutate.sparkgate.io/changes':'4','servers.validate.sparkgate.io/policy':'5',"
					  "'pods.mutate.sparkgate.io/role':6}")),
			 &e);
	cr_expect(e.recorded.asked);
	cr_expect_str_eq(audit_annotation(&e.recorded, "", "changes"), "4");
	cr_expect_str_eq(audit_annotation(&e.recorded, ".validate", "policy"), "5");
	cr_expect_null(audit_annotation(&e.recorded, ".validate", "changes"));
	cr_expect_null(audit_annotation(&e.recorded, "", "role"));
	audit_event_read(parsed(&a, EVENT("'annotations':{'other.io/changes':'1'}")), &e);
	cr_expect_not(e.recorded.asked);
	arena_release(&a);
}

/* ---- what updates change ---- */

static const struct {
	const char *patch;
	bool matters;
} patches[] = {
	{"{'metadata':{'labels':{}}}", false}, {"{'status':{}}", false},
	{"{'spec':null}", true},               {"{'template':{}}", true},
	{"[]", false},                         {"[{'op':'add','path':'/metadata/labels/x','value':1}]", false},
	{"[{'path':'/spec/x'}]", true},        {"[{'path':'/metadata'},{'path':''}]", true},
	{"[{'path':'/specx'}]", false},        {"'text'", true},
};

Test(replay_seen, knows_which_patches_can_matter)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(patches); i++)
		cr_expect_eq(replay_patch_matters(parsed(&a, patches[i].patch)), patches[i].matters, "%s", patches[i].patch);
	arena_release(&a);
}

Test(replay_seen, compares_what_is_judged)
{
	static const struct {
		const char *kind, *object;
		enum seen wanted;
	} steps[] = {
		{"Pod", "{'spec':{'containers':[{'name':'c','image':'1'}]}}", SEEN_NEVER},
		{"Pod", "{'metadata':{'labels':{'x':'y'}},'spec':{'nodeName':'n','containers':[{'name':'c','image':'1'}]}}", SEEN_SAME},
		{"Pod", "{'spec':{'containers':[{'name':'c','image':'2'}]}}", SEEN_CHANGED},
		{"Pod", "{'spec':{'containers':[{'name':'c','image':'2'}],'ephemeralContainers':[{'name':'e'}]}}", SEEN_CHANGED},
		{"Deployment", "{'spec':{'template':{'spec':{'x':1}}}}", SEEN_NEVER},
		{"Deployment", "{'status':{},'spec':{'replicas':3,'template':{'spec':{'x':1}}}}", SEEN_SAME},
		{"Deployment", "{'spec':{'template':{'spec':{'x':2}}}}", SEEN_CHANGED},
		{"Deployment", "{'spec':{'template':{'metadata':{},'spec':{'x':2}}}}", SEEN_CHANGED},
	};
	struct replay_seen *seen = replay_seen_new();
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(steps); i++) {
		struct review review = {.group = "", .resource = steps[i].kind, .kind = steps[i].kind, .namespace = "a", .name = "x"};
		const struct json *object = parsed(&a, steps[i].object);
		cr_expect_eq(replay_seen_compare(seen, &a, &review, object), steps[i].wanted, "%s", steps[i].object);
		replay_seen_put(seen, &a, &review, object);
		review.name = "y";
		cr_expect_eq(replay_seen_compare(seen, &a, &review, object), SEEN_NEVER);
	}
	replay_seen_free(seen);
	arena_release(&a);
}

/* ---- facts that come and go ---- */

static const char *text_of(const struct lookup *lookup)
{
	static const char *const words[] = {[LOOKUP_FOUND] = "found", [LOOKUP_MISSING] = "missing", [LOOKUP_UNSEEN] = "unseen"};

	return lookup->object ? json_text(json_get(json_get(lookup->object, "data"), "x"), "?") : words[lookup->state];
}

/* What a decision hears of ConfigMap name of namespace a. */
static const char *heard(const struct facts_history *history, struct arena *a, const char *name)
{
	struct needs needs = {.namespace = "a", .lookups = {.items = {{.name = name}}, .count = 1}};
	struct facts facts = {.now = 0};

	facts_history_fill(history, a, &needs, LOOKUP_UNSEEN, &facts);
	return text_of(&facts.lookups.items[0]);
}

Test(facts_history, has_what_was_written_last)
{
	struct facts_index *index = facts_index_new();
	struct arena a = ARENA_INIT;
	struct err err = {""};

	json_setup();
	cr_assert_eq(facts_index_add_text(index, SLICE_LIT("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: a}, data: {x: given}}"), YAML_MANIFEST, &err), 0);
	struct facts_history *history = facts_history_new(index);
	cr_expect_str_eq(heard(history, &a, "c"), "given");
	cr_expect_str_eq(heard(history, &a, "d"), "unseen");
	facts_history_put(history, &a, "ConfigMap", "a", "c", parsed(&a, "{'metadata':{'managedFields':[1]},'data':{'x':'new'},'status':{}}"));
	facts_history_put(history, &a, "ConfigMap", "b", "d", parsed(&a, "{'data':{'x':'of another'}}"));
	cr_expect_str_eq(heard(history, &a, "c"), "new");
	cr_expect_str_eq(heard(history, &a, "d"), "unseen");
	facts_history_remove(history, "ConfigMap", "a", "c");
	cr_expect_str_eq(heard(history, &a, "c"), "missing");
	facts_history_put(history, &a, "ConfigMap", "a", "c", parsed(&a, "{'data':{'x':'again'}}"));
	cr_expect_str_eq(heard(history, &a, "c"), "again");
	facts_history_free(history);
	facts_index_unref(index);
	arena_release(&a);
}

Test(facts_history, keeps_namespaces_and_no_more_than_they_need)
{
	struct facts_index *index = facts_index_new();
	struct facts_history *history = facts_history_new(index);
	struct arena a = ARENA_INIT;

	cr_expect_null(facts_history_namespace(history, &a, "n"));
	facts_history_put(history, &a, "Namespace", "n", "n",
			  parsed(&a, "{'metadata':{'labels':{'l':'v'},'managedFields':[1],'status':'x'},'status':{}}"));
	facts_history_remove(history, "Namespace", "n", "n");
	const struct json *ns = facts_history_namespace(history, &a, "n");
	cr_expect_str_eq(json_print(&a, ns).ptr, "{\"metadata\":{\"labels\":{\"l\":\"v\"},\"status\":\"x\"}}");
	facts_history_free(history);
	facts_index_unref(index);
	arena_release(&a);
}

/* Past the limit nothing grows: an object that was given is not known any more, since it is another one now. */
Test(facts_history, is_bounded)
{
	struct facts_index *index = facts_index_new();
	struct facts_history *history = facts_history_new(index);
	struct arena a = ARENA_INIT, scratch = ARENA_INIT;
	struct err err = {""};
	size_t size = 1 << 20, count = FACTS_HISTORY_BYTES / size;
	char *big = arena_alloc(&a, size + 1);

	json_setup();
	cr_assert_eq(facts_index_add_text(index, SLICE_LIT("{apiVersion: v1, kind: ConfigMap, metadata: {name: c, namespace: a}, data: {x: given}}"), YAML_MANIFEST, &err), 0);
	memset(big, 'x', size);
	const struct json *object = parsed(&a, arena_printf(&a, "{'data':{'x':'%s'}}", big));
	for (size_t i = 0; i < count * 2; i++) {
		facts_history_put(history, &scratch, "ConfigMap", "a", "same", object);
		arena_reset(&scratch);
	}
	cr_expect_eq(facts_history_forgotten(history), 0, "one object, written often");
	for (size_t i = 0; i < count + 3; i++) {
		facts_history_put(history, &scratch, "ConfigMap", "a", arena_printf(&a, "n%zu", i), object);
		arena_reset(&scratch);
	}
	cr_expect_eq(facts_history_forgotten(history), 5);
	facts_history_put(history, &scratch, "ConfigMap", "a", "c", object);
	cr_expect_str_eq(heard(history, &a, "c"), "unseen");
	cr_expect_neq(strcmp(heard(history, &a, "n0"), "unseen"), 0);
	facts_history_free(history);
	facts_index_unref(index);
	arena_release(&scratch);
	arena_release(&a);
}
