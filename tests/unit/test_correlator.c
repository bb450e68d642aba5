/* Many happenings become few Events. The clock is the test's. */
#include "kube/correlator.h"
#include "testing.h"

#include <stdio.h>

#define START (1000 * CLOCK_SECOND)

struct bench {
	struct correlator c;
	int64_t now;
	int64_t again;
};

static struct happening about(const char *name, const char *note)
{
	return (struct happening){.warning = true, .reason = "Refused", .action = "Validate",
				  .object = {"apps/v1", "Deployment", "team", name, "uid"}, .note = note};
}

static enum correlated add(struct bench *b, const char *name, const char *note)
{
	struct happening h = about(name, note);

	return correlator_add(&b->c, &h, b->now, b->now / CLOCK_MS);
}

static int next(struct bench *b)
{
	return correlator_next(&b->c, b->now, &b->again);
}

/* Send what may be sent; how many. */
static unsigned drain(struct bench *b, enum correlator_outcome outcome)
{
	unsigned sent = 0;

	for (int i; (i = next(b)) >= 0; sent++)
		correlator_sent(&b->c, i, outcome, b->now);
	return sent;
}

static struct bench *bench(void)
{
	static struct bench b;

	b = (struct bench){.now = START};
	return &b;
}

Test(correlator, equal_ones_are_one_that_counts)
{
	struct bench *b = bench();

	cr_expect_eq(add(b, "a", "x"), CORRELATED_NEW);
	for (unsigned i = 1; i < 200; i++)
		cr_expect_eq(add(b, "a", "x"), CORRELATED_REPEATED);
	int i = next(b);
	cr_assert_geq(i, 0);
	cr_expect_eq(b->c.series[i].count, 200u);
	cr_expect_not(b->c.series[i].created);
	cr_expect_eq(next(b), -1, "one at a time");
	correlator_sent(&b->c, i, CORRELATOR_TAKEN, b->now);
	cr_expect_eq(next(b), -1, "nothing new");
	cr_expect_eq(b->again, INT64_MAX);
}

Test(correlator, the_count_follows_ever_more_rarely)
{
	struct bench *b = bench();
	int64_t pause = CORRELATOR_UPDATE_NS;

	add(b, "a", "x");
	cr_expect_eq(drain(b, CORRELATOR_TAKEN), 1u);
	for (unsigned n = 0; n < 10; n++) {
		add(b, "a", "x");
		cr_expect_eq(next(b), -1, "update %u is early", n);
		cr_expect_eq(b->again - b->now, pause, "update %u", n);
		b->now += pause - 1;
		add(b, "a", "x"); /* it goes on, or it would be another series */
		cr_expect_eq(next(b), -1, "update %u is early", n);
		b->now++;
		int i = next(b);
		cr_assert_geq(i, 0);
		cr_expect(b->c.series[i].created);
		correlator_sent(&b->c, i, CORRELATOR_TAKEN, b->now);
		pause = 2 * pause < CORRELATOR_UPDATE_MAX_NS ? 2 * pause : CORRELATOR_UPDATE_MAX_NS;
	}
}

static const struct {
	struct happening_object object;
	const char *reason, *note;
	enum correlated expected;
} differences[] = {
	{{"apps/v1", "Deployment", "team", "a", "uid"}, "Refused", "x", CORRELATED_NEW},
	{{"apps/v1", "Deployment", "team", "a", "uid"}, "Refused", "x", CORRELATED_REPEATED},
	{{"apps/v1", "Deployment", "team", "a", "uid"}, "Refused", "y", CORRELATED_NEW},
	{{"apps/v1", "Deployment", "team", "a", "uid"}, "Rewritten", "x", CORRELATED_NEW},
	{{"apps/v1", "Deployment", "team", "a", "other"}, "Refused", "x", CORRELATED_NEW},
	{{"apps/v1", "Deployment", "team", "b", "uid"}, "Refused", "x", CORRELATED_NEW},
	{{"apps/v1", "Deployment", "other", "a", "uid"}, "Refused", "x", CORRELATED_NEW},
	{{"apps/v1", "ReplicaSet", "team", "a", "uid"}, "Refused", "x", CORRELATED_NEW},
	{{"v1", "Namespace", "", "team", ""}, "Refused", "x", CORRELATED_NEW},
	/* Names that go into paths. */
	{{"v1", "Pod", "team", "../secrets", ""}, "Refused", "x", CORRELATED_DROPPED},
	{{"v1", "Pod", "team/pods", "a", ""}, "Refused", "x", CORRELATED_DROPPED},
	{{"v1", "Pod", "team", "", ""}, "Refused", "x", CORRELATED_DROPPED},
	{{"v1", "", "team", "a", ""}, "Refused", "x", CORRELATED_DROPPED},
	{{"v1", "AKindWhoseNameIsLongerThanAnyBodyWouldEverCallAKindOfHisInAnyCluster", "team", "a", ""}, "Refused", "x", CORRELATED_DROPPED},
	{{"v1", "Pod", "team", "a", "a-uid-that-is-longer-than-the-36-letters-that-those-of-an-API-server-have-ever-had"}, "Refused", "x", CORRELATED_DROPPED},
};

Test(correlator, what_makes_another_event)
{
	struct bench *b = bench();

	for (size_t i = 0; i < COUNT(differences); i++) {
		struct happening h = about("a", differences[i].note);
		h.reason = differences[i].reason;
		h.object = differences[i].object;
		cr_expect_eq(correlator_add(&b->c, &h, b->now, 1), differences[i].expected, "difference %zu", i);
	}
}

Test(correlator, one_object_and_one_namespace_have_their_bounds)
{
	struct bench *b = bench();
	unsigned taken = 0;

	for (unsigned i = 0; i < 100; i++) {
		char note[16];
		snprintf(note, sizeof(note), "%u", i);
		taken += add(b, "a", note) == CORRELATED_NEW;
	}
	cr_expect_eq(taken, (unsigned)CORRELATOR_OF_OBJECT);
	for (unsigned i = 0; i < 100; i++) {
		char name[16];
		snprintf(name, sizeof(name), "n-%u", i);
		taken += add(b, name, "x") == CORRELATED_NEW;
	}
	cr_expect_eq(taken, (unsigned)CORRELATOR_OF_NAMESPACE);
	struct happening other = about("a", "x");
	other.object.namespace = "other";
	cr_expect_eq(correlator_add(&b->c, &other, b->now, 1), CORRELATED_NEW, "others have room");
	b->now += CORRELATOR_QUIET_NS;
	cr_expect_eq(add(b, "a", "new"), CORRELATED_NEW, "later there is room again");
}

Test(correlator, nothing_is_lost_that_was_not_sent)
{
	struct bench *b = bench();
	unsigned taken = 0;

	for (unsigned i = 0; i < 2 * CORRELATOR_SERIES; i++) {
		char namespace[16];
		struct happening h = about("a", "x");
		snprintf(namespace, sizeof(namespace), "ns-%u", i);
		h.object.namespace = namespace;
		taken += correlator_add(&b->c, &h, b->now, 1) == CORRELATED_NEW;
	}
	cr_expect_eq(taken, (unsigned)CORRELATOR_SERIES, "those that wait keep their places");
	cr_expect_eq(drain(b, CORRELATOR_TAKEN), (unsigned)CORRELATOR_BURST, "a burst");
	cr_expect_eq(b->again - b->now, CORRELATOR_EVERY_NS, "then one by one");
	b->now += CORRELATOR_EVERY_NS;
	cr_expect_eq(drain(b, CORRELATOR_TAKEN), 1u);
	cr_expect_eq(add(b, "b", "x"), CORRELATED_NEW, "what was sent makes room");
}

Test(correlator, an_hour_of_equal_ones_is_a_handful_of_requests)
{
	struct bench *b = bench();
	unsigned requests = 0;

	for (unsigned second = 0; second < 3600; second++, b->now += CLOCK_SECOND) {
		add(b, "a", "x");
		requests += drain(b, CORRELATOR_TAKEN);
	}
	cr_expect_leq(requests, 13u, "%u", requests);
	cr_expect_geq(requests, 8u, "%u", requests);
}

Test(correlator, a_series_ends_when_it_was_quiet)
{
	struct bench *b = bench();

	add(b, "a", "x");
	drain(b, CORRELATOR_TAKEN);
	b->now += CORRELATOR_QUIET_NS;
	cr_expect_eq(add(b, "a", "x"), CORRELATED_NEW);
	int i = next(b);
	cr_assert_geq(i, 0);
	cr_expect_eq(b->c.series[i].count, 1u);
	cr_expect_not(b->c.series[i].created);
}

Test(correlator, an_event_that_is_gone_is_made_anew)
{
	struct bench *b = bench();

	add(b, "a", "x");
	drain(b, CORRELATOR_TAKEN);
	add(b, "a", "x");
	b->now += CORRELATOR_UPDATE_NS;
	int i = next(b);
	cr_assert_geq(i, 0);
	uint64_t number = b->c.series[i].number;
	correlator_sent(&b->c, i, CORRELATOR_GONE, b->now);
	i = next(b);
	cr_assert_geq(i, 0);
	cr_expect_not(b->c.series[i].created);
	cr_expect_neq(b->c.series[i].number, number, "under another name");
}

Test(correlator, what_is_refused_is_tried_again_when_it_happens_again)
{
	struct bench *b = bench();

	add(b, "a", "x");
	cr_expect_eq(drain(b, CORRELATOR_REFUSED), 1u);
	b->now += 2 * CORRELATOR_UPDATE_NS;
	cr_expect_eq(next(b), -1, "not by itself");
	add(b, "a", "x");
	int i = next(b);
	cr_assert_geq(i, 0);
	cr_expect_not(b->c.series[i].created);
	cr_expect_eq(b->c.series[i].count, 2u);
}

Test(correlator, what_is_lost_is_tried_again_by_itself_a_few_times)
{
	struct bench *b = bench();
	int64_t pause = CORRELATOR_UPDATE_NS;

	add(b, "a", "x");
	cr_expect_eq(drain(b, CORRELATOR_LOST), 1u);
	for (unsigned n = 0; n < CORRELATOR_RETRIES; n++, pause *= 2) {
		cr_expect_eq(next(b), -1, "retry %u is early", n);
		cr_expect_eq(b->again - b->now, pause, "retry %u", n);
		b->now += pause;
		cr_expect_eq(drain(b, CORRELATOR_LOST), 1u, "retry %u", n);
	}
	b->now += CORRELATOR_UPDATE_MAX_NS;
	cr_expect_eq(next(b), -1, "that was the last one");
	cr_expect_eq(b->again, INT64_MAX);
}

Test(correlator, an_update_that_is_lost_waits_for_the_next)
{
	struct bench *b = bench();

	add(b, "a", "x");
	drain(b, CORRELATOR_TAKEN);
	add(b, "a", "x");
	b->now += CORRELATOR_UPDATE_NS;
	cr_expect_eq(drain(b, CORRELATOR_LOST), 1u);
	b->now += CORRELATOR_UPDATE_MAX_NS / 2;
	cr_expect_eq(next(b), -1);
}

static enum correlated add_normal(struct bench *b, const char *namespace, const char *name, const char *note)
{
	struct happening h = about(name, note);

	h.warning = false;
	h.object.namespace = namespace;
	return correlator_add(&b->c, &h, b->now, b->now / CLOCK_MS);
}

Test(correlator, warnings_have_room_behind_any_number_of_others)
{
	struct bench *b = bench();
	unsigned normals = 0, warnings = 0;
	char name[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n-%u", i);
		normals += add_normal(b, "team", "a", name) == CORRELATED_NEW;
	}
	cr_expect_eq(normals, CORRELATOR_OF_OBJECT / 2u, "one object");
	cr_expect_eq(add(b, "a", "x"), CORRELATED_NEW, "its warning");
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n-%u", i);
		normals += add_normal(b, "team", name, "x") == CORRELATED_NEW;
	}
	cr_expect_eq(normals, CORRELATOR_OF_NAMESPACE / 2u, "one namespace");
	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "w-%u", i);
		warnings += add(b, name, "x") == CORRELATED_NEW;
	}
	cr_expect_eq(warnings + normals + 1, (unsigned)CORRELATOR_OF_NAMESPACE, "warnings take all that is left: %u", warnings);
}

Test(correlator, warnings_may_take_all_of_a_namespace)
{
	struct bench *b = bench();
	unsigned warnings = 0;
	char name[16];

	for (unsigned i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "w-%u", i);
		warnings += add(b, name, "x") == CORRELATED_NEW;
	}
	cr_expect_eq(warnings, (unsigned)CORRELATOR_OF_NAMESPACE);
	cr_expect_eq(add_normal(b, "team", "n", "x"), CORRELATED_DROPPED);
}

Test(correlator, a_warning_overtakes_all_that_waits)
{
	struct bench *b = bench();
	unsigned normals = 0;
	char namespace[16];

	for (unsigned i = 0; i < 2 * CORRELATOR_SERIES; i++) {
		snprintf(namespace, sizeof(namespace), "ns-%u", i);
		normals += add_normal(b, namespace, "a", "x") == CORRELATED_NEW;
	}
	cr_expect_eq(normals, (unsigned)CORRELATOR_NORMALS_WAIT);
	cr_expect_eq(drain(b, CORRELATOR_TAKEN), (unsigned)CORRELATOR_BURST);
	cr_expect_eq(add(b, "late", "x"), CORRELATED_NEW);
	b->now += CORRELATOR_EVERY_NS;
	int i = next(b);
	cr_assert_geq(i, 0);
	cr_expect(b->c.series[i].warning, "it does not wait for the others");
}

Test(correlator, a_note_is_cut_between_characters)
{
	static char note[3000];
	struct bench *b = bench();

	for (size_t i = 0; i + 2 < sizeof(note) - 1; i += 2)
		memcpy(note + i, "\xc3\xa9", 2); /* e acute */
	struct happening h = about("a", note);
	correlator_add(&b->c, &h, b->now, 1);
	const char *got = b->c.series[next(b)].note;
	cr_expect_leq(strlen(got), (size_t)CORRELATOR_NOTE_MAX);
	cr_expect(slice_ends(slice_of(got), "\xa9..."));
	memset(note, 'x', CORRELATOR_NOTE_MAX);
	note[CORRELATOR_NOTE_MAX] = '\0';
	correlator_add(&b->c, &h, b->now, 1);
	cr_expect_str_eq(b->c.series[next(b)].note, note, "one that fits stays whole");
}
