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
