/* What is due of the certificates of a cluster: material, and the steps of a CA change. The oracle of what an API server would
 * accept is OpenSSL's own chain check. */
#include "certs/change.h"
#include "change_testing.h"

static void setup(void)
{
	json_setup();
}

TestSuite(change, .init = setup);

/* ---- the steps ---- */

static const struct {
	const char *name;
	enum stage stage;
	int64_t days; /* since it was made; the CA lives 3650, the leaf 365 */
	bool names_missing, bundles, replicas;
	int64_t settled; /* ns */
	enum change expected;
} steps[] = {
	{"new", STEADY, 0, false, true, true, PAUSE, CHANGE_NONE},
	{"bundles out of step are no reason", STEADY, 0, false, false, false, -1, CHANGE_NONE},
	{"just before a third is left", STEADY, 243, false, true, true, PAUSE, CHANGE_NONE},
	{"a third is left", STEADY, 244, false, true, true, PAUSE, CHANGE_RENEW},
	{"the API server is away, a third is left", STEADY, 244, false, false, false, -1, CHANGE_RENEW},
	{"the leaf has expired", STEADY, 366, false, true, true, PAUSE, CHANGE_RENEW},
	{"a name is missing", STEADY, 0, true, true, true, PAUSE, CHANGE_RENEW},
	{"dated a few minutes ahead", STEADY, 0, false, true, true, PAUSE, CHANGE_NONE},
	{"all is dated in the future", STEADY, -365, false, true, true, PAUSE, CHANGE_ALL},
	{"the machine slept for 100 years", STEADY, 36500, false, true, true, PAUSE, CHANGE_ALL},
	{"the CA has expired", STEADY, 3651, false, true, true, PAUSE, CHANGE_ALL},

	{"announced, bundles do not have it", ANNOUNCED, 0, false, false, true, -1, CHANGE_NONE},
	{"announced, bundles have it, too early", ANNOUNCED, 0, false, true, false, PAUSE - 1, CHANGE_NONE},
	{"announced, bundles have it, not settled", ANNOUNCED, 0, false, true, false, -1, CHANGE_NONE},
	{"announced, bundles have it, long enough", ANNOUNCED, 0, false, true, false, PAUSE, CHANGE_MOVE},
	{"announced, settled but out of step again", ANNOUNCED, 0, false, false, true, PAUSE, CHANGE_NONE},
	{"announced, a name is missing", ANNOUNCED, 0, true, false, true, -1, CHANGE_NONE},
	{"announced, the leaf has expired meanwhile", ANNOUNCED, 366, false, false, true, -1, CHANGE_RENEW},

	{"moved, replicas are not there", MOVED, 0, false, true, false, PAUSE, CHANGE_NONE},
	{"moved, replicas serve it, too early", MOVED, 0, false, true, true, PAUSE - 1, CHANGE_NONE},
	{"moved, replicas serve it, bundles out of step", MOVED, 0, false, false, true, PAUSE, CHANGE_NONE},
	{"moved, all agree, long enough", MOVED, 0, false, true, true, PAUSE, CHANGE_DROP},
	{"moved, waiting, a third of the leaf is left", MOVED, 244, false, true, false, PAUSE, CHANGE_RENEW},
	{"moved, a name is missing", MOVED, 0, true, true, false, PAUSE, CHANGE_RENEW},
};

/* By a replica whose clock was wrong, of a CA that is right. */
Test(change, a_leaf_from_the_future_is_made_again)
{
	MATERIAL m = MATERIAL_NONE;
	struct arena a = ARENA_INIT;
	struct err err = {""};

	make(&m, NOW);
	cr_assert_eq(material_rotate(&m, &a, NOW + 100 * DAY, &err), 0, "%s", err.text);
	struct change_view view = {.material = &m, .now = NOW, .bundles_agree = true, .replicas_agree = true, .settled = PAUSE,
				   .pause = PAUSE};
	cr_expect_eq(change_due(&view), CHANGE_REDATE);
	view.now = NOW + 100 * DAY;
	cr_expect_eq(change_due(&view), CHANGE_NONE);
	arena_release(&a);
}

Test(change, is_due_when_all_is_so)
{
	for (size_t i = 0; i < COUNT(steps); i++) {
		MATERIAL m = MATERIAL_NONE;
		bring_to(&m, steps[i].stage, NOW);
		struct change_view view = {.material = &m,
					   .names_missing = steps[i].names_missing,
					   .now = NOW + steps[i].days * DAY,
					   .bundles_agree = steps[i].bundles,
					   .replicas_agree = steps[i].replicas,
					   .settled = steps[i].settled,
					   .pause = PAUSE};
		enum change change = change_due(&view);
		cr_expect_eq(change, steps[i].expected, "%s: %s, not %s", steps[i].name, change_name(change),
			     change_name(steps[i].expected));
	}
}

Test(change, of_a_ca_in_its_last_third_begins_by_itself)
{
	MATERIAL m = MATERIAL_NONE;

	make(&m, NOW);
	move(&m, NOW + 2400 * DAY); /* a fresh leaf */
	struct change_view view = {.material = &m, .now = NOW + 2433 * DAY, .pause = PAUSE};
	cr_expect_eq(change_due(&view), CHANGE_NONE);
	view.now = NOW + 2434 * DAY;
	cr_expect_eq(change_due(&view), CHANGE_ANNOUNCE);
}

Test(change, of_nothing_is_all)
{
	MATERIAL m = MATERIAL_NONE;
	struct change_view view = {.material = &m, .now = NOW};

	cr_expect_eq(change_due(&view), CHANGE_ALL);
}

/* ---- the material through a change ---- */

static void step_is(const struct material *m, enum material_step step, int cas, const char *when)
{
	cr_expect_eq(material_step(m), step, "%s", when);
	cr_expect_eq(sk_X509_num(m->cas), cas, "%s: %d CAs", when, sk_X509_num(m->cas));
	cr_expect(trusted(m->cas, m->leaf, NOW), "%s: who trusts ca.crt accepts tls.crt", when);
}

Test(change, has_a_leaf_at_each_step_that_old_and_new_trust_accept)
{
	MATERIAL m = MATERIAL_NONE, before = MATERIAL_NONE, during = MATERIAL_NONE;
	struct err err = {""};

	make(&m, NOW);
	step_is(&m, STEP_STEADY, 1, "made");
	cr_assert_eq(material_copy(&m, &before, &err), 0);
	announce(&m, NOW);
	step_is(&m, STEP_ANNOUNCED, 2, "announced");
	cr_expect(trusted(before.cas, m.leaf, NOW), "who has the old caBundle yet");
	cr_expect_eq(X509_cmp(m.leaf, before.leaf), 0);
	cr_expect_eq(material_rotate_ca(&m, NOW, &err), -1, "twice would forget the CA that is served");
	cr_assert_eq(material_copy(&m, &during, &err), 0);
	move(&m, NOW);
	step_is(&m, STEP_MOVED, 2, "moved");
	cr_expect_not(trusted(before.cas, m.leaf, NOW), "this is why bundles come first");
	cr_expect(trusted(m.cas, before.leaf, NOW), "a replica that is late");
	drop(&m);
	step_is(&m, STEP_STEADY, 1, "dropped");
	cr_expect_not(trusted(m.cas, before.leaf, NOW), "this is why replicas are waited for");
	cr_expect(trusted(during.cas, m.leaf, NOW), "who has the caBundle of the change yet");
}

Test(change, keeps_the_names)
{
	MATERIAL m = MATERIAL_NONE;
	struct arena a = ARENA_INIT;
	struct names had = {.arena = &a}, wanted = {.arena = &a};
	struct err err = {""};

	make(&m, NOW);
	announce(&m, NOW);
	move(&m, NOW);
	cr_assert_eq(names_add(&wanted, "sparkgate.ns.svc", &err), 0);
	cr_assert_eq(names_add(&wanted, "127.0.0.1", &err), 0);
	cr_assert_eq(names_add_of(&had, m.leaf, &err), 0);
	cr_expect(names_cover(&had, &wanted));
	arena_release(&a);
}
