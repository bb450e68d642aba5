/* What objects say of themselves: one line a case. */
#include "base/kubernetes.h"
#include "policy_testing.h"

#define OWNED(kind, name, rest) "{'ownerReferences':[{'kind':'" kind "','name':'" name "','controller':true}]" rest "}"
#define HASH(hash) ",'labels':{'pod-template-hash':'" hash "'}"

static const struct {
	const char *metadata, *owner; /* "-": nobody */
} owners[] = {
	{OWNED("StatefulSet", "connect", ""), "StatefulSet connect"},
	{OWNED("StatefulSet", "connect-7d4", HASH("7d4")), "StatefulSet connect-7d4"},
	{OWNED("ReplicaSet", "connect-7d4", HASH("7d4")), "Deployment connect"},
	{OWNED("ReplicaSet", "connect-7d4", HASH("7d5")), "ReplicaSet connect-7d4"},
	{OWNED("ReplicaSet", "connect7d4", HASH("7d4")), "ReplicaSet connect7d4"},
	{OWNED("ReplicaSet", "-7d4", HASH("7d4")), "ReplicaSet -7d4"},
	{OWNED("ReplicaSet", "7d4", HASH("7d4")), "ReplicaSet 7d4"},
	{OWNED("ReplicaSet", "connect-", HASH("")), "ReplicaSet connect-"},
	{OWNED("ReplicaSet", "connect-7d4", ""), "ReplicaSet connect-7d4"},
	{"{'ownerReferences':[{'kind':'Pod','name':'driver'},{'kind':'Job','name':'j','controller':true}]}", "Job j"},
	{"{'ownerReferences':[{'kind':'Pod','name':'driver'}]}", "-"}, /* that owns, and manages nothing */
	{"{'ownerReferences':[{'kind':'Pod','name':'driver','controller':'true'}]}", "-"},
	{"{'ownerReferences':[]}", "-"},
	{"{'ownerReferences':'x'}", "-"},
	{"{}", "-"},
	{"7", "-"},
};

Test(kubernetes, owner)
{
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(owners); i++) {
		const struct json *metadata = parsed(&a, owners[i].metadata);
		const char *owner = kubernetes_owner(&a, metadata);
		cr_expect_str_eq(owner ? owner : "-", owners[i].owner, "%s", owners[i].metadata);
		cr_expect_eq(kubernetes_controller(metadata) != NULL, owner != NULL, "%s", owners[i].metadata);
	}
	cr_expect_null(kubernetes_owner(&a, NULL));
	arena_release(&a);
}

#define STATUS(text) "{'status':{" text "}}"
#define CONDITION(type, status) "{'type':'" type "','status':'" status "'}"

static const struct {
	const char *pod;
	bool ready, over, leaving;
} states[] = {
	{STATUS("'phase':'Running','conditions':[" CONDITION("Ready", "True") "]"), true, false, false},
	{STATUS("'phase':'Running','conditions':[" CONDITION("Initialized", "True") "," CONDITION("Ready", "False") "]"), false, false, false},
	{STATUS("'conditions':[" CONDITION("ContainersReady", "True") "]"), false, false, false},
	{STATUS("'conditions':[" CONDITION("Ready", "Unknown") "]"), false, false, false},
	{STATUS("'conditions':{'type':7}"), false, false, false},
	{STATUS("'phase':'Pending'"), false, false, false},
	{STATUS("'phase':'Succeeded'"), false, true, false},
	{STATUS("'phase':'Failed'"), false, true, false},
	{"{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'status':{'phase':'Running','conditions':[" CONDITION("Ready", "True") "]}}", true, true, true},
	{"{}", false, false, false},
	{"[]", false, false, false},
};

Test(kubernetes, state_of_a_pod)
{
	struct arena a = ARENA_INIT;

	json_setup();
	for (size_t i = 0; i < COUNT(states); i++) {
		const struct json *pod = parsed(&a, states[i].pod);
		cr_expect_eq(kubernetes_pod_is_ready(pod), states[i].ready, "ready: %s", states[i].pod);
		cr_expect_eq(kubernetes_pod_is_over(pod), states[i].over, "over: %s", states[i].pod);
		cr_expect_eq(kubernetes_is_leaving(pod), states[i].leaving, "leaving: %s", states[i].pod);
	}
	arena_release(&a);
}
