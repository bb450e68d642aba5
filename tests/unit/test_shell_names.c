/* Names in a shell text, and whether it may set a variable. */
#include "testing.h"

#include "base/arena.h"
#include "spark/shell_names.h"

/* names: each with a '$' behind it where it is used, and a blank. */
static const struct {
	const char *text, *names;
} cases[] = {
	{"", ""},
	{"a", "a "},
	{"A=b; $C ${D:-e} $(F) `g`", "A b C$ D$ e F$ g "},
	{"A\"B\"'C'\\D", "ABCD "},
	{"A\\\nB \\\n C", "AB C "},
	{"$A\"B\" \"$C\"D \"$E\"", "AB CD E$ "},
	{"{A (B $$C", "A B C$ "},
	{"''", ""},
};

Test(shell_names, are_found_whatever_the_quotes)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct shell_names names = {.rest = slice_of(cases[i].text)};
		struct shell_name name;
		const char *all = "";

		while (shell_names_next(&names, &name))
			all = arena_printf(&a, "%s%.*s%s ", all, SLICE_ARG(name.text), shell_name_is_used(&name) ? "$" : "");
		cr_expect_str_eq(all, cases[i].names, "%s: %s", cases[i].text, all);
	}
	arena_release(&a);
}

Test(shell_names, are_cut_where_nobody_asks_further)
{
	const char *long_one = "0123456789012345678901234567890123456789012345678901234567890123456789 b";
	struct shell_names names = {.rest = slice_of(long_one)};
	struct shell_name name;

	cr_assert(shell_names_next(&names, &name));
	cr_expect_eq(name.text.len, SHELL_NAME_BYTES);
	cr_assert(shell_names_next(&names, &name) && slice_is(name.text, "b"));
	cr_expect(!shell_names_next(&names, &name));
}

static const struct {
	const char *text;
	bool sets;
} texts[] = {
	{"A=b", true},
	{"exec x; A+=b", true},
	{"${n}_A=b", true},
	{"A == b", false},
	{"x --a=b -c=d e.f=g h/i=j", false},
	{"export A", true},
	{"{export,A=b};x", true}, /* brace expansion of bash */
	{"ex\"po\"rt $A", true},
	{"/usr/bin/env $A x", true},
	{"x|read A", true},
	{"(set -a)", true},
	{"x --env --set-x exports environment $set ${env} $(local) a.env", false},
	{"printf -v A x", true},
	{"printf '-vA' x", true},
	{"printf %s -x; y -v", false},
	{". ./x", true},
	{"x;. ./y", true},
	{"cd .. && ./x . ", true},
	{"cd ../x && ./y.sh . y", true},
	{"cd .. ./x a.b. c", false},
	{"x .", false},
	{"", false},
};

Test(shell_names, tell_whether_a_text_may_set_a_variable)
{
	for (size_t i = 0; i < COUNT(texts); i++)
		cr_expect_eq(shell_may_set(slice_of(texts[i].text)), texts[i].sets, "%s", texts[i].text);
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
