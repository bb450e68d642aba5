#include "spark/setting.h"
#include "testing.h"

#include <stdio.h>

static const struct {
	const char *key;
	bool secret;
} keys[] = {
	{"spark.authenticate.secret", true},
	{"spark.connect.authenticate.token", true},
	{"spark.hadoop.fs.s3a.secret.key", true},
	{"spark.hadoop.fs.s3a.access.key", true},
	{"spark.hadoop.fs.s3a.AccessKey", true},
	{"spark.ssl.keyPASSWORD", true},
	{"access_key", true},
	{"spark.master", false},
	{"spark.hadoop.fs.s3a.endpoint", false},
	{"spark.access..key", false}, /* .? is one character at most */
	{"access", false},
	{"toke", false},
	{"", false},
};

Test(setting, knows_secrets_by_sparks_own_pattern)
{
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		cr_expect_eq(setting_is_secret(slice_of(keys[i].key)), keys[i].secret, "%s", keys[i].key);
}

Test(setting, shows_no_secret_of_key_or_value)
{
	struct arena a = ARENA_INIT;

	cr_expect_str_eq(setting_show(&a, SLICE_LIT("spark.master"), SLICE_LIT("local[*]")), "local[*]");
	cr_expect_str_eq(setting_show(&a, SLICE_LIT("a.secret"), SLICE_LIT("hush")), "(redacted)");
	cr_expect_str_eq(setting_show(&a, SLICE_LIT("spark.driver.extraJavaOptions"),
				      SLICE_LIT("-Djavax.net.ssl.keyStorePassword=hush")), "(redacted)");
	cr_expect_str_eq(setting_show(&a, SLICE_LIT("spark.master"), SLICE_LIT("k8s://https://u:hush@api:6443")),
			 "k8s://https://u:(redacted)@api:6443");
	arena_release(&a);
}

/* value, and what it is to Spark; -1: no number. */
static const struct {
	const char *value;
	int64_t number;
} numbers[] = {
	{"4", 4}, {" 4", 4}, {"4 ", 4}, {"+4", 4}, {"\t+4\r", 4}, {"0", 0}, {"100", 100},
	{"", -1}, {"+", -1}, {"++4", -1}, {"-4", -1}, {"4.0", -1}, {"101", -1}, {"+ 4", -1},
};

Test(setting, reads_numbers_as_spark_does)
{
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		int64_t number = -1;

		cr_expect_eq(setting_number(slice_of(numbers[i].value), 100, &number), numbers[i].number < 0 ? -1 : 0, "%s", numbers[i].value);
		cr_expect_eq(number, numbers[i].number, "%s", numbers[i].value);
	}
}

Test(setting, of_two_spellings_of_a_boolean_is_one)
{
	cr_expect(setting_value_same(SLICE_LIT("False"), SLICE_LIT("false")) && setting_value_same(SLICE_LIT(" TRUE "), SLICE_LIT("true")));
	cr_expect(setting_value_same(SLICE_LIT("a"), SLICE_LIT("a")) && !setting_value_same(SLICE_LIT("A"), SLICE_LIT("a")));
	cr_expect(!setting_value_same(SLICE_LIT("true"), SLICE_LIT("false")) && !setting_value_same(SLICE_LIT(""), SLICE_LIT("false")));
}

Test(setting, last_one_of_a_source_wins)
{
	struct arena a = ARENA_INIT;
	struct settings list = {0};
	struct slice key = SLICE_LIT("spark.master");

	settings_add(&list, &a, (struct setting){.key = key, .value = SLICE_LIT("1"), .source = SOURCE_CONF});
	settings_add(&list, &a, (struct setting){.key = key, .value = SLICE_LIT("2"), .source = SOURCE_CONF});
	settings_add(&list, &a, (struct setting){.key = key, .value = SLICE_LIT("3"), .source = SOURCE_OPTION});
	cr_expect(slice_is(settings_last(&list, SOURCE_CONF, key)->value, "2"));
	cr_expect_null(settings_last(&list, SOURCE_ENVIRONMENT, key));
	cr_expect_null(settings_last(&list, SOURCE_CONF, SLICE_LIT("spark.maste")));
	arena_release(&a);
}

/* What is there is never taken for absent, however many there are. */
Test(setting, is_found_among_many)
{
	struct arena arena = ARENA_INIT;
	struct settings list = {0};
	char key[48];

	cr_expect_not(settings_may_have(&list, slice_mark(SLICE_LIT("spark.master"))));
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof(key), "spark.%.*s%d", i % 20, "aaaaaaaaaaaaaaaaaaaa", i);
		settings_add(&list, &arena, (struct setting){.key = arena_copy(&arena, slice_of(key)), .source = SOURCE_CONF});
		cr_expect_eq(settings_last(&list, SOURCE_CONF, slice_of(key)), &list.items[i], "%s", key);
	}
	cr_expect_null(settings_last(&list, SOURCE_CONF, SLICE_LIT("spark.master")));
	arena_release(&arena);
}

Test(setting, has_a_place_with_its_key)
{
	struct arena arena = ARENA_INIT;
	struct setting s = {.key = SLICE_LIT("spark.master"), .place = {.pointer = "/data/x", .line = 3}};

	cr_expect_str_eq(setting_place(&arena, &s).key, "spark.master");
	cr_expect_eq(setting_place(&arena, &s).line, 3);
	s.place.key = "spark.remote"; /* where it is known, it stays */
	cr_expect_str_eq(setting_place(&arena, &s).key, "spark.remote");
	arena_release(&arena);
}

static const struct {
	const char *value, *word;
	bool says;
} words[] = {
	{"true", "true", true},   {"True", "true", true},      {" TRUE\t", "true", true}, {"truer", "true", false}, {"tru", "true", false},
	{"", "true", false},      {"false", "true", false},    {"t rue", "true", false},  {"FALSE", "false", true}, {"\ntrue", "true", true},
};

Test(setting, says_a_word_as_spark_reads_it)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const struct setting s = {.value = slice_of(words[i].value)};
		cr_expect_eq(setting_value_says(s.value, words[i].word), words[i].says, "'%s'", words[i].value);
		cr_expect_eq(setting_says(&s, words[i].word), words[i].says, "'%s'", words[i].value);
	}
}
