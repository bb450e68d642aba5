/* Words beside the options that Spark reads from them (SparkSubmitOptionParser). */
#include "spark/options.h"

#include "base/buf.h"

#include <criterion/criterion.h>
#include <stdint.h>

#define SERVER "org.apache.spark.sql.connect.service.SparkConnectServer"

/* A word that begins with ~ is an expansion as a whole; ~ inside begins one. */
static const struct {
	const char *words[8];
	const char *options; /* name key=value, ~ where not literal; [n] options end at word n */
} cases[] = {
	{{NULL}, ""},
	{{"--master", "x"}, "--master spark.master=x;"},
	{{"--master=x"}, "--master spark.master=x;"},
	{{"--master=k8s://https://h?a=b"}, "--master spark.master=k8s://https://h?a=b;"},
	{{"--conf", "spark.a=b=c"}, "--conf spark.a=b=c;"},
	{{"--conf=spark.a=b"}, "--conf spark.a=b;"},
	{{"-c", "spark.a=b"}, "--conf spark.a=b;"},
	{{"--conf", "spark.a = b"}, "--conf spark.a = b;"},
	{{"--conf", "spark.a="}, "--conf spark.a=;"},
	{{"--conf", "spark.a"}, "--conf -=spark.a;"},
	{{"--master", ""}, "--master spark.master=;"},
	{{"--master", "--conf"}, "--master spark.master=--conf;"},
	{{"--verbose", "-v", "--supervise"}, "--verbose -=;--verbose -=;--supervise -=;"},
	/* not options */
	{{"-c=spark.a=b", "--master", "x"}, "[0]"},
	{{"--master=", "--master", "x"}, "[0]"},
	{{"--master=a\nb", "--master", "x"}, "[0]"},
	{{"--Master", "x"}, "[0]"},
	{{"app.jar", "--master", "x"}, "[0]"},
	{{"--verbose", "app.jar", "--master", "x"}, "--verbose -=;[1]"},
	{{""}, "[0]"},
	/* the server's class takes options anywhere behind it */
	{{"--class", SERVER, "app.jar", "--bogus", "--master", "x"}, "--class -=" SERVER ";--master spark.master=x;"},
	{{"--class=" SERVER, "-c=k=v", "--master", "x"}, "--class -=" SERVER ";--master spark.master=x;"},
	{{"app.jar", "--class", SERVER, "--master", "x"}, "[0]"},
	{{"--class", "other", "app.jar", "--master", "x"}, "--class -=other;[2]"},
	/* a last option without its value */
	{{"--master"}, "!0;"},
	{{"--verbose", "--conf"}, "--verbose -=;!1;"},
	/* expansions */
	{{"--master", "~$X"}, "--master spark.master=~$X;"},
	{{"--master", "k8s://~$X"}, "--master spark.master=~k8s://$X;"},
	{{"--master=~$X"}, "--master spark.master=~$X;"},
	{{"--conf", "spark.driver.host=~$(hostname -i)"}, "--conf spark.driver.host=~$(hostname -i);"},
	{{"~$X", "--master", "x"}, "?;--master spark.master=x;"},
	{{"--~$X", "--master", "x"}, "?;--master spark.master=x;"},
	{{"--conf", "~$X", "--conf", "spark.~$X=a"}, "?;?;"},
	{{"local:///~$X", "--master", "x"}, "[0]"},
	/* dedicated options and their keys */
	{{"--deploy-mode=client", "--name", "n"}, "--deploy-mode spark.submit.deployMode=client;--name spark.app.name=n;"},
	{{"--num-executors", "3", "--total-executor-cores", "4"},
	 "--num-executors spark.executor.instances=3;--total-executor-cores spark.cores.max=4;"},
	{{"--executor-cores", "1", "--executor-memory", "1g"},
	 "--executor-cores spark.executor.cores=1;--executor-memory spark.executor.memory=1g;"},
	{{"--properties-file", "f", "--load-spark-defaults"}, "--properties-file -=f;--load-spark-defaults -=;"},
};

static struct word *make(struct arena *a, const char *text)
{
	struct word *word = ARENA_NEW(a, struct word);
	const char *mark = strchr(text, '~');
	struct buf value = buf_in(a);

	buf_add(&value, (struct slice){text, mark ? (size_t)(mark - text) : strlen(text)});
	*word = (struct word){.literal = !mark, .known = value.len};
	if (mark)
		buf_adds(&value, mark + 1);
	word->value = buf_slice(&value);
	word->tail = mark ? 0 : value.len;
	return word;
}

static const char *show(struct arena *a, const struct options *list, size_t count)
{
	struct buf out = buf_in(a);

	for (size_t i = 0; i < list->count; i++) {
		const struct option *o = &list->items[i];

		if (o->kind == OPTION_OPAQUE) {
			buf_adds(&out, "?;");
			continue;
		}
		buf_printf(&out, "%s ", o->name);
		if (o->key.ptr)
			buf_add(&out, o->key);
		else
			buf_addc(&out, '-');
		buf_addc(&out, '=');
		if (!o->literal && o->kind != OPTION_SWITCH)
			buf_addc(&out, '~');
		if (o->kind != OPTION_SWITCH)
			buf_add(&out, o->value);
		buf_addc(&out, ';');
	}
	if (list->missing != SIZE_MAX)
		buf_printf(&out, "!%zu;", list->missing);
	if (list->end != count)
		buf_printf(&out, "[%zu]", list->end);
	return arena_dup(a, buf_slice(&out));
}

Test(options, reads_as_spark_submit_does)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct argument words[8] = {{NULL, NULL, false}};
		struct options list = {.count = 0};
		size_t count = 0;

		for (; count < 8 && cases[i].words[count]; count++)
			words[count].word = make(&a, cases[i].words[count]);
		options_read(&list, &a, words, count, false);
		cr_expect_str_eq(show(&a, &list, count), cases[i].options, "%zu: %s", i, show(&a, &list, count));
	}
	arena_release(&a);
}

Test(options, passes_over_removed_words)
{
	struct arena a = ARENA_INIT;
	struct argument words[4] = {{make(&a, "--master"), NULL, false}, {make(&a, "x"), NULL, false},
				    {make(&a, "--conf"), NULL, false}, {make(&a, "k=v"), NULL, false}};
	struct options list = {.count = 0};

	words[0].word->state = words[1].word->state = WORD_REMOVED;
	options_read(&list, &a, words, 4, false);
	cr_expect_str_eq(show(&a, &list, 4), "--conf k=v;");
	arena_release(&a);
}

Test(options, knows_the_option_of_a_key)
{
	cr_expect_str_eq(option_for_key(SLICE_LIT("spark.master")), "--master");
	cr_expect_str_eq(option_for_key(SLICE_LIT("spark.cores.max")), "--total-executor-cores");
	cr_expect_null(option_for_key(SLICE_LIT("spark.master.rest.enabled")));
}
