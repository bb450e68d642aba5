/* Words into lines of 80 columns. */
#include "base/plural.h"
#include "base/wrap.h"
#include "testing.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN
#define PATH "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation:"
#define E "\xc3\xa9"
#define E10 E E E E E E E E E E

static const struct {
	const char *name, *text;
	size_t column, at;
	const char *lines;
} cases[] = {
	{"nothing", "", 4, 0, "\n"},
	{"a word", "a", 4, 0, "    a\n"},
	{"behind a label", "a b", 4, 2, "  a b\n"},
	{"a label that is too long", "a", 4, 9, "\n    a\n"},
	{"a label that ends where the text begins", "a", 4, 4, "\n    a\n"},
	{"runs of blanks", " a  b ", 0, 0, "a b\n"},
	{"80 fit", SEVENTY " 012345678", 0, 0, SEVENTY " 012345678\n"},
	{"81 do not", SEVENTY " " TEN, 0, 0, SEVENTY "\n" TEN "\n"},
	{"nor with an indent", SEVENTY " 01234567", 2, 0, "  " SEVENTY "\n  01234567\n"},
	{"characters, not bytes", E10 E10 E10 E10 E10 E10 E10 " " E E E E E E E E E, 0, 0,
	 E10 E10 E10 E10 E10 E10 E10 " " E E E E E E E E E "\n"},
	{"a path that fits alone", "a " PATH " b", 6, 0, "      a\n      " PATH "\n      b\n"},
	{"a path that does not", "a " PATH " true -> false", 9, 0, "         a\n         " PATH "\n         true -> false\n"},
	{"its label stays before it", PATH, 9, 4, "     " PATH "\n"},
	{"a list", SEVENTY "," SEVENTY ",a b", 0, 0, SEVENTY "," SEVENTY ",a\nb\n"},
	{"what has no dot stays whole", "a " SEVENTY TEN TEN " b", 2, 0, "  a\n  " SEVENTY TEN TEN "\n  b\n"},
	{"characters before the end", E10 E10 E10 E10 E10 E10 E10 E E E E E E E E E ".a", 0, 0, E10 E10 E10 E10 E10 E10 E10 E E E E E E E E E ".a\n"},
};

Test(wrap, cases)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct arena a = ARENA_INIT;
		struct buf out = buf_in(&a);

		wrap_add(&out, slice_of(cases[i].text), cases[i].column, cases[i].at);
		cr_expect_str_eq(buf_slice(&out).ptr, cases[i].lines, "%s: got\n%s", cases[i].name, buf_slice(&out).ptr);
		arena_release(&a);
	}
}

Test(wrap, lines_of_another_width)
{
	struct arena a = ARENA_INIT;
	struct buf out = buf_in(&a);

	wrap_add_in(&out, SLICE_LIT(SEVENTY " " TEN), 81, 0, 0);
	wrap_add_in(&out, SLICE_LIT(SEVENTY " " TEN), 80, 0, 0);
	cr_expect_str_eq(buf_slice(&out).ptr, SEVENTY " " TEN "\n" SEVENTY "\n" TEN "\n");
	arena_release(&a);
}

/* Where there is no terminal. */
Test(wrap, columns_of_the_environment)
{
	static const struct {
		const char *told;
		size_t columns;
	} told[] = {{NULL, 80}, {"", 80}, {"wide", 80}, {"100 or so", 80}, {"0", 80}, {"-1", 80}, {"100", 100}, {"1", 60}, {"9999", 160}, {"99999999999999999999", 80}};
	int fd = open("/dev/null", O_WRONLY);

	for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++) {
		unsetenv("COLUMNS");
		if (told[i].told)
			setenv("COLUMNS", told[i].told, 1);
		cr_expect_eq(wrap_columns(fd), told[i].columns, "%s", told[i].told ? told[i].told : "unset");
	}
	close(fd);
}

/* A column beyond the last one: a word a line, and an end. */
Test(wrap, no_room)
{
	struct arena a = ARENA_INIT;
	struct buf out = buf_in(&a);
	char indent[91] = "";

	memset(indent, ' ', 90);
	wrap_add(&out, SLICE_LIT("a.b c"), 90, 0);
	cr_expect_str_eq(buf_slice(&out).ptr, arena_printf(&a, "%sa.b\n%sc\n", indent, indent));
	arena_release(&a);
}

Test(wrap, plural)
{
	cr_expect_str_eq(plural(0), "s");
	cr_expect_str_eq(plural(1), "");
	cr_expect_str_eq(plural(2), "s");
}
