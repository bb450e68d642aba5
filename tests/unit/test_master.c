/* Which master is that of a namespace: one line a case. */
#include "policy_testing.h"
#include "spark/master.h"

#define OWN "spark://m:7077"

static const struct {
	enum backend backend;
	const char *own; /* the namespace's; NULL: it names none */
	const char *value;
	bool fits;
} cases[] = {
	{BACKEND_STANDALONE, OWN, OWN, true},
	{BACKEND_STANDALONE, OWN, OWN ",", true},
	{BACKEND_STANDALONE, OWN ",,", OWN, true},
	{BACKEND_STANDALONE, OWN, "spark://m:7078", false},
	{BACKEND_STANDALONE, OWN, OWN ",n:7077", false},
	{BACKEND_STANDALONE, OWN, "", false},
	{BACKEND_STANDALONE, OWN, "k8s://https://kubernetes.default.svc", false},
	{BACKEND_STANDALONE, NULL, OWN, true},
	{BACKEND_STANDALONE, NULL, "spark://m", false},
	{BACKEND_STANDALONE, NULL, "local[*]", false},
	{BACKEND_K8S, NULL, "k8s://https://kubernetes.default.svc", true},
	{BACKEND_K8S, NULL, "k8s://https://kubernetes.default.svc:443", true}, /* an alias */
	{BACKEND_K8S, NULL, "k8s://https://kubernetes.default.svc,", false},
	{BACKEND_K8S, NULL, "k8s://https://elsewhere:6443", false},
	{BACKEND_K8S, NULL, "k8s://https://$(KUBERNETES_SERVICE_HOST)", false},
	{BACKEND_K8S, OWN, OWN, false},
	{BACKEND_NONE, NULL, "local[*]", true},
};

Test(master, fits_or_not)
{
	struct policy *p = shipped();

	for (size_t i = 0; i < COUNT(cases); i++) {
		const struct namespace ns = {.name = "n", .backend = cases[i].backend, .standalone_master = cases[i].own};
		cr_expect_eq(master_fits(p, &ns, slice_of(cases[i].value)), cases[i].fits, "%zu: %s", i, cases[i].value);
	}
	policy_unref(p);
}
