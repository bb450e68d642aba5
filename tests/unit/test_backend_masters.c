/* What /mutate makes of a master that stands on a command line already: this cluster's own stays as it is written. */
#include "engine_testing.h"

#define SCRIPT "/opt/spark/sbin/start-connect-server.sh"
#define OURS   SCRIPT " --master k8s://https://$KUBERNETES_SERVICE_HOST:443"

static const struct {
	const char *text;
	bool stays;
} masters[] = {
	{SCRIPT " --master k8s://https://kubernetes.default.svc", true},
	{SCRIPT " --master k8s://https://kubernetes.default.svc:443", true},
	{OURS, false}, /* by then another one, perhaps */
	{SCRIPT " --master k8s://https://${KUBERNETES_SERVICE_HOST}", false},
	{SCRIPT " --master k8s://https://$(KUBERNETES_SERVICE_HOST)", false}, /* a command, perhaps */
	{"eval \\\"" SCRIPT " --master k8s://https://\\\\$\\\"\\\"(KUBERNETES_SERVICE_HOST)\\\"", false},
	{SCRIPT " --master k8s://https://$$(KUBERNETES_SERVICE_HOST)", false},
	{SCRIPT " --master yarn", false},
	{SCRIPT " --master $X", false},
	{SCRIPT " --master k8s://https://elsewhere:443", false},
	{SCRIPT " --master k8s://https://kubernetes.default.svc $EXTRA", false}, /* that may hold another one */
	{SCRIPT " --conf spark.master=yarn --master k8s://https://kubernetes.default.svc:443", false}, /* none may say another */
};

Test(backend_masters, leave_a_master_that_is_this_clusters_own)
{
	struct world w = {.a = ARENA_INIT, .policy = shipped()};

	for (size_t i = 0; i < COUNT(masters); i++) {
		struct review review = review_of(&w.a, arena_printf(&w.a, "{'kind':'Pod','metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':"
								    "'apache/spark:4.1.0','command':['sh','-c','%s']" FOREGROUND "}]}}", masters[i].text));
		bool touched = false;

		w.facts = (struct facts){.namespace_state = NAMESPACE_KNOWN, .namespace = namespace_of(&w.a, "enforce", K8S)};
		struct decision d = decide(&w, ENDPOINT_MUTATE, &review);
		for (size_t k = 0; k < d.changes.count; k++)
			touched |= strcmp(d.changes.items[k].rule, "backend.master") == 0;
		cr_expect_eq(touched, !masters[i].stays, "%s", masters[i].text);
	}
	arena_release(&w.a);
	policy_unref(w.policy);
}
