/* Options of a JVM as Spark's launcher and as the JVM itself cut them into words. */
#include "testing.h"

#include "base/arena.h"
#include "spark/java_options.h"

/* words: with a '|' behind each but the last. */
static const struct {
	const char *text;
	enum java_reader reader;
	const char *words;
} cases[] = {
	{"", JAVA_LAUNCHER, ""},
	{"-Da=b", JAVA_LAUNCHER, "-Da=b"},
	{"-Da=b\t-Dc=d\n-De", JAVA_LAUNCHER, "-Da=b|-Dc=d|-De"},
	{"-Da='b c' -Dd", JAVA_LAUNCHER, "-Da=b c|-Dd"},
	{"-D\"a\"=b\\ c", JAVA_LAUNCHER, "-Da=b c"},
	{"-D\"a\"=b\\ c", JAVA_MACHINE, "-Da=b\\|c"},
	{"-Da='\\' -Db", JAVA_LAUNCHER, "-Da=\\|-Db"},
	{"\"-Da=\\\" -Db\"", JAVA_LAUNCHER, "-Da=\" -Db"},
	{"\"-Da=\\\" -Db\"", JAVA_MACHINE, "-Da=\\|-Db"},
	{"'\"' \"'\"", JAVA_MACHINE, "\"|'"},
	{"-Da\\", JAVA_LAUNCHER, "-Da\\"},
	{"-Da\x1c-Db", JAVA_LAUNCHER, "-Da|-Db"},
	{"-Da\x1c-Db", JAVA_MACHINE, "-Da\x1c-Db"},
	{"-Da\xe3\x80\x80-Db\xe2\x80\x87-Dc", JAVA_LAUNCHER, "-Da|-Db\xe2\x80\x87-Dc"}, /* U+2007 does not break */
	{"-Da\xe3\x80\x80-Db", JAVA_MACHINE, "-Da\xe3\x80\x80-Db"},
	{"-Da\xe3\x80", JAVA_LAUNCHER, "-Da\xe3\x80"},
	{"-Da='b c'\t-D\"x", JAVA_SHELL, "-Da='b|c'|-D\"x"}, /* a shell that has put it in looks at no quotes */
};

Test(java_options, are_cut_into_words)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct slice words = java_words(&a, slice_of(cases[i].text), cases[i].reader);
		char *shown = arena_dup(&a, words);

		for (size_t k = 0; k < words.len; k++)
			shown[k] = shown[k] ? shown[k] : '|';
		cr_expect_str_eq(shown, cases[i].words, "%s: %s", cases[i].text, shown);
	}
	arena_release(&a);
}

Test(java_options, name_properties)
{
	struct slice key, value;

	cr_expect(java_property(SLICE_LIT("-Da=b=c"), &key, &value) && slice_is(key, "a") && slice_is(value, "b=c"));
	cr_expect(java_property(SLICE_LIT("-Da"), &key, &value) && slice_is(key, "a") && slice_is(value, ""));
	cr_expect(!java_property(SLICE_LIT("a=b"), &key, &value));
	cr_expect(!java_property(SLICE_LIT("-Xa=b"), &key, &value));
}

/* values: of the properties `k`, a '|' behind each. */
static const struct {
	const char *text, *values;
} texts[] = {
	{"", ""},
	{"k=v D k -k=v", ""},
	{"A=-Dk=v;x", "v|"},
	{"A=-Dk", "|"},
	{"A=-Dk -Dk=`x`", "|`x`|"}, {"A=-Dk$'='v -Dk${X-=v} -Dk{=v,x} -Dk`x`", "$'='v|${X-=v}|{=v,x}|`x`|"},
	{"A=-Dkk=v -Dx.k=v -Dk=", "|"},
	{"A=-Dk=a -Dk=b=c)", "a|b=c|"},
	{"A=-Dk=-Dk=a", "-Dk=a|"},
};

Test(java_options, are_found_in_a_shell_text)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct slice text = slice_of(texts[i].text), value;
		const char *all = "";

		while (java_property_next(&text, SLICE_LIT("k"), &value))
			all = arena_printf(&a, "%s%.*s|", all, SLICE_ARG(value));
		cr_expect_str_eq(all, texts[i].values, "%s: %s", texts[i].text, all);
	}
	arena_release(&a);
}
