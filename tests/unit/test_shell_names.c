/* Looks at a shell text without its grammar. */
#include "testing.h"

#include "base/arena.h"
#include "spark/shell_names.h"

static const struct {
	const char *text, *without;
} cases[] = {
	{"", ""}, {"a b", "a b"}, {"A\"B\"'C'\\D", "ABCD"}, {"A\\\nB \\\n C", "AB  C"}, {"''\"", ""}, {"$'a'", "$a"},
};

Test(shell_names, a_text_is_read_without_its_quotes)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect(slice_is(shell_without_quotes(&a, slice_of(cases[i].text)), cases[i].without), "%s", cases[i].text);
	arena_release(&a);
}

static const struct {
	const char *text, *name, *rest;
} variables[] = {
	{"$A_1-x", "A_1", "-x"}, {"${a}b", "a", "b"}, {"$(A)", "A", ""}, {"${A:-b}", NULL, NULL}, {"$(A b)", NULL, NULL},
	{"$", NULL, NULL},       {"$$", NULL, NULL},  {"A", NULL, NULL}, {"", NULL, NULL},        {"${A", NULL, NULL},
};

Test(shell_names, are_taken_off_where_they_are_used)
{
	for (size_t i = 0; i < COUNT(variables); i++) {
		struct slice s = slice_of(variables[i].text), name;
		bool taken = shell_skip_variable(&s, &name);

		cr_expect_eq(taken, variables[i].name != NULL, "%s", variables[i].text);
		cr_expect(!taken || slice_is(name, variables[i].name), "%s", variables[i].text);
		cr_expect(slice_is(s, taken ? variables[i].rest : variables[i].text), "%s", variables[i].text);
	}
}

static const struct {
	const char *word, *name, *value;
	bool appends;
} assignments[] = {
	{"A=b", "A", "b", false}, {"A+=b=c", "A", "b=c", true}, {"A=", "A", "", false}, {"=b", "", "b", false}, {"A+", NULL, NULL, false},
	{"BASH_FUNC_x%%=() {", "BASH_FUNC_x%%", "() {", false}, {"A++=b", "A+", "b", true}, {"", NULL, NULL, false},
};

Test(shell_names, are_told_from_what_they_are_given)
{
	for (size_t i = 0; i < COUNT(assignments); i++) {
		struct slice name, value;
		bool appends;
		bool assigns = shell_assignment(slice_of(assignments[i].word), &name, &value, &appends);

		cr_expect_eq(assigns, assignments[i].name != NULL, "%s", assignments[i].word);
		cr_expect(!assigns || (slice_is(name, assignments[i].name) && slice_is(value, assignments[i].value)), "%s", assignments[i].word);
		cr_expect(!assigns || appends == assignments[i].appends, "%s", assignments[i].word);
	}
}
