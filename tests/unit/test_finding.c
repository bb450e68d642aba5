#include "policy/finding.h"

#include <criterion/criterion.h>

static struct finding finding(const char *rule, const char *message, const char *pointer, enum action action)
{
	return (struct finding){.rule = rule, .action = action, .message = message, .place = {.pointer = pointer}};
}

/* Which additions make the list longer. */
static const struct {
	const char *rule, *message, *pointer;
	bool added;
} additions[] = {
	{"backend.master", "m", "/spec", true},
	{"backend.master", "m", "/spec", false},
	{"backend.master", "m", "/spec/x", true},
	{"backend.master", "n", "/spec", true},
	{"connect.remote", "m", "/spec", true},
	{"connect.remote", "m", NULL, true},
	{"connect.remote", "m", NULL, false},
};

Test(finding, equal_ones_are_said_once)
{
	struct arena a = ARENA_INIT;
	struct findings list = {0};
	size_t expected = 0;

	for (size_t i = 0; i < sizeof(additions) / sizeof(*additions); i++) {
		findings_add(&list, &a, finding(additions[i].rule, additions[i].message, additions[i].pointer, ACTION_WARN));
		expected += additions[i].added;
		cr_expect_eq(list.count, expected, "addition %zu", i);
	}
	arena_release(&a);
}

/* A long list is not searched for what is new. */
Test(finding, equal_ones_are_said_once_in_a_long_list)
{
	struct arena a = ARENA_INIT;
	struct findings list = {0};

	for (int round = 0; round < 3; round++)
		for (int i = 0; i < 500; i++)
			findings_add(&list, &a, finding("rule", arena_printf(&a, "message %d", i % 250), i < 250 ? "/spec" : NULL, ACTION_WARN));
	cr_expect_eq(list.count, 500, "%zu", list.count);
	cr_expect_str_eq(list.items[499].message, "message 249");
	arena_release(&a);
}

Test(finding, only_deny_denies)
{
	struct arena a = ARENA_INIT;
	struct findings list = {0};

	cr_expect_not(findings_deny(&list));
	findings_add(&list, &a, finding("a", "m", NULL, ACTION_WARN));
	findings_add(&list, &a, finding("b", "m", NULL, ACTION_AUDIT));
	findings_add(&list, &a, finding("c", "m", NULL, ACTION_OFF));
	cr_expect_not(findings_deny(&list));
	findings_add(&list, &a, finding("d", "m", NULL, ACTION_DENY));
	cr_expect(findings_deny(&list));
	arena_release(&a);
}

Test(finding, changes_keep_their_order)
{
	struct arena a = ARENA_INIT;
	struct changes list = {0};

	for (int i = 0; i < 100; i++)
		changes_add(&list, &a, (struct change){.rule = arena_printf(&a, "r%d", i)});
	cr_assert_eq(list.count, 100);
	cr_expect_str_eq(list.items[0].rule, "r0");
	cr_expect_str_eq(list.items[99].rule, "r99");
	arena_release(&a);
}

Test(finding, actions_have_the_words_of_policy_files)
{
	cr_expect_str_eq(action_name(ACTION_DENY), "deny");
	cr_expect_str_eq(action_name(ACTION_WARN), "warn");
	cr_expect_str_eq(action_name(ACTION_AUDIT), "audit");
	cr_expect_str_eq(action_name(ACTION_OFF), "off");
}

/* Twenty thousand findings: bounded, and the one refusal among them is not lost. */
Test(findings, are_bounded_and_keep_the_refusal)
{
	struct arena a = ARENA_INIT;
	struct findings list = {0};

	for (int i = 0; i < 20000; i++) {
		enum action action = i == 15000 ? ACTION_DENY : ACTION_WARN;
		findings_add(&list, &a, (struct finding){.rule = "rule", .action = action, .message = arena_printf(&a, "message %d", i)});
	}
	cr_expect_eq(list.count, FINDINGS_MAX);
	cr_expect(findings_deny(&list));
	arena_release(&a);
}
