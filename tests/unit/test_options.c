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
		buf_printf(&out, "%.*s ", SLICE_ARG(o->name));
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
		options_read(&list, &a, words, count, MIXED_BY_CLASS);
		cr_expect_str_eq(show(&a, &list, count), cases[i].options, "%zu: %s", i, show(&a, &list, count));
	}
	arena_release(&a);
}

static void expect_same(struct arena *a, const struct options *got, const struct options *want, size_t count, const char *what)
{
	cr_expect_str_eq(show(a, got, count), show(a, want, count), "%s: %s", what, show(a, got, count));
	cr_expect_eq(got->mixed, want->mixed, "%s", what);
	for (size_t i = 0; i < want->count && i < got->count; i++) {
		const struct option *x = &got->items[i], *y = &want->items[i];
		cr_expect(x->word == y->word && x->holder == y->holder && x->offset == y->offset, "%s: %zu", what, i);
	}
}

/* Put a pair in at index at of the case's words; list, read before, is mended where that can be, and then as read anew. */
static bool insert(struct arena *a, const char *const *texts, size_t at, const char *const pair[2], bool removed)
{
	struct argument words[10] = {{NULL, NULL, false}};
	struct options mended = {.count = 0}, anew = {.count = 0};
	size_t count = 0;

	for (; count < 8 && texts[count]; count++)
		words[count].word = make(a, texts[count]);
	if (removed && at < count)
		words[at].word->state = WORD_REMOVED;
	options_read(&mended, a, words, count, MIXED_BY_CLASS);
	memmove(words + at + 2, words + at, (count - at) * sizeof(*words));
	words[at].word = make(a, pair[0]);
	words[at + 1].word = make(a, pair[1]);
	if (!options_insert(&mended, a, words, count + 2, at))
		return false;
	options_read(&anew, a, words, count + 2, MIXED_BY_CLASS);
	expect_same(a, &mended, &anew, count + 2, texts[0] ? texts[0] : "");
	return true;
}

Test(options, a_pair_put_in_is_as_if_all_were_read_anew)
{
	static const char *const pairs[][2] = {{"--conf", "spark.z=1"}, {"--master", "y"}, {"--conf", "spark.z=~$Z"}};
	struct arena a = ARENA_INIT;
	size_t mended = 0, not_mended = 0;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t at = 0; at < 8 && (at == 0 || cases[i].words[at - 1]); at++)
			for (size_t k = 0; k < 6; k++)
				++*(insert(&a, cases[i].words, at, pairs[k % 3], k >= 3) ? &mended : &not_mended);
	cr_expect_gt(mended, 400);
	cr_expect_gt(not_mended, 50);
	arena_release(&a);
}

Test(options, passes_over_removed_words)
{
	struct arena a = ARENA_INIT;
	struct argument words[4] = {{make(&a, "--master"), NULL, false}, {make(&a, "x"), NULL, false},
				    {make(&a, "--conf"), NULL, false}, {make(&a, "k=v"), NULL, false}};
	struct options list = {.count = 0};

	words[0].word->state = words[1].word->state = WORD_REMOVED;
	options_read(&list, &a, words, 4, MIXED_BY_CLASS);
	cr_expect_str_eq(show(&a, &list, 4), "--conf k=v;");
	arena_release(&a);
}

Test(options, knows_the_option_of_a_key)
{
	cr_expect_str_eq(option_for_key(SLICE_LIT("spark.master")), "--master");
	cr_expect_str_eq(option_for_key(SLICE_LIT("spark.cores.max")), "--total-executor-cores");
	cr_expect_null(option_for_key(SLICE_LIT("spark.master.rest.enabled")));
}
