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
	{"-Da\r'-Db\rc\\\r\r'", JAVA_LAUNCHER, "-Da|-Dbc\\"}, /* spark-class takes them away */
	{"-Da\r'-Db\rc'", JAVA_MACHINE, "-Da|-Db\rc"},
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

/* Tried with java 17 in front of `-Xmx1g SomeClass`. */
static const struct {
	const char *text;
	enum java_words_of of;
	bool names;
} classes[] = {
	{"", JAVA_WORDS_PLAIN, false},
	{"  -Xmx1g\n\t-XX:+UseG1GC -Da=b  ", JAVA_WORDS_PLAIN, false},
	{"-Da='b c' -Db=\"c d\" -Dc=d\\ e", JAVA_WORDS_PLAIN, false},
	{"a.B", JAVA_WORDS_PLAIN, true},
	{"-Xmx1g a.B --c", JAVA_WORDS_PLAIN, true},
	{"-Da=b c", JAVA_WORDS_PLAIN, true},
	{"-cp /x -classpath /y --class-path /z -p /m --module-path /n --upgrade-module-path /o", JAVA_WORDS_PLAIN, false},
	{"--add-modules a.b --limit-modules a --patch-module a=b --enable-native-access a", JAVA_WORDS_PLAIN, false},
	{"--add-opens java.base/java.lang=ALL-UNNAMED --add-exports a/b=c --add-reads a=b", JAVA_WORDS_PLAIN, false},
	{"--add-opens=java.base/java.lang=ALL-UNNAMED a.B", JAVA_WORDS_PLAIN, true},
	{"-cp /x a.B", JAVA_WORDS_PLAIN, true},
	{"--add-opens org.apache.spark.deploy.SparkSubmit", JAVA_WORDS_PLAIN, true}, /* java 8 */
	{"-p org/apache/spark/deploy/SparkSubmit", JAVA_WORDS_PLAIN, true},
	{"-jar /x.jar", JAVA_WORDS_PLAIN, true},
	{"-m a/b", JAVA_WORDS_PLAIN, true},
	{"--module a/b", JAVA_WORDS_PLAIN, true},
	{"--module=a/b", JAVA_WORDS_PLAIN, true},
	{"--source 17", JAVA_WORDS_PLAIN, true},
	{"-javaagent:/x.jar=y -agentlib:jdwp=a -Djar=-jar -Xlog:gc*:file=/x", JAVA_WORDS_PLAIN, false},
	{"@/x $(NOBODY)", JAVA_WORDS_PLAIN, false},
	{"$(X)org.apache.spark.deploy.SparkSubmit", JAVA_WORDS_PLAIN, true},
	{"-Da=$(cat /f /g) -Db=`cat /f` ${X:-a b} $X", JAVA_WORDS_SHELL, false},
	{"-Da=$(cat $(ls /f) /g) a.B", JAVA_WORDS_SHELL, true},
	{"-Da=`cat f` a.B", JAVA_WORDS_SHELL, true},
	{"-Da=(b {c", JAVA_WORDS_SHELL, true},
	{"-Da=${ org.apache.spark.deploy.SparkSubmit }", JAVA_WORDS_SHELL, true}, /* quoted there, or not */
	{"OPTIONS_OF_JAVA -Da=b c", JAVA_WORDS_FILE, false},
	{"OPTIONS_OF_JAVA org.apache.spark.deploy.SparkSubmit", JAVA_WORDS_FILE, true},
};

Test(java_options, may_name_the_class_that_is_run)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(classes); i++)
		cr_expect(java_names_class(java_words(&a, slice_of(classes[i].text), JAVA_LAUNCHER), classes[i].of) == classes[i].names, "%s",
			  classes[i].text);
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
