/* Kubernetes' resource quantities. What Go's own code says of them: tests/conformance/quantity. */
#include "base/quantity.h"
#include "spark/ask.h"
#include "testing.h"

#define MORE INT64_MAX
#define NONE (-1)

/* whole and milli: the value; NONE = refused. */
static const struct {
	const char *text;
	int64_t whole, milli;
} cases[] = {
	{"0", 0, 0},
	{"2", 2, 2000},
	{"500m", 1, 500},
	{"1500m", 2, 1500},
	{"0.5", 1, 500},
	{".5", 1, 500},
	{"5.", 5, 5000},
	{"1Ki", 1024, 1024000},
	{"1Gi", 1073741824, 1073741824000},
	{"1.5Gi", 1610612736, 1610612736000},
	{"1k", 1000, 1000000},
	{"1E", 1000000000000000000, MORE},
	{"1E3", 1000, 1000000},
	{"1e3", 1000, 1000000},
	{"1e-3", 1, 1},
	{"1e-4", 1, 1},
	{"1e+2", 100, 100000},
	{"100n", 1, 1},
	{"7u", 1, 1},
	{"+3", 3, 3000},
	{"-0", 0, 0},
	{"7Ei", 8070450532247928832, MORE},
	{"8Ei", MORE, MORE},
	{"1e400", MORE, MORE},
	{"0e400", 0, 0},
	{"1e-400", 1, 1},
	{"1e99999999999999999999", MORE, MORE},
	{"9223372036854775807", MORE, MORE},
	{"9223372036854775806", MORE - 1, MORE},
	{"18446744073709551616", MORE, MORE},
	{"99999999999999999999999999999999999999999", MORE, MORE},
	{"0.00000000000000000000000000000000000001Ei", 1, 1},
	{"1.00000000000000000000000000000000000001", 2, 1001},
	{"", NONE, NONE},
	{"2516035997088199.99532Ki", 2576420861018316796, MORE},
	{"-1", NONE, NONE},
	{"m", NONE, NONE},
	{".", NONE, NONE},
	{"1..5", NONE, NONE},
	{"1 Gi", NONE, NONE},
	{"1gi", NONE, NONE},
	{"1K", NONE, NONE},
	{"1e", NONE, NONE},
	{"1e3m", NONE, NONE},
	{"1e3.5", NONE, NONE},
	{"+-1", NONE, NONE},
	{"0x10", NONE, NONE},
	{"Inf", NONE, NONE},
	{"00000000000000000000000000000000000000000000000000000000000000001", NONE, NONE}, /* 65 bytes */
};

Test(quantity, values)
{
	for (size_t i = 0; i < COUNT(cases); i++) {
		int64_t whole = NONE, milli = NONE;
		int w = quantity_parse(slice_of(cases[i].text), QUANTITY_WHOLE, &whole);
		int m = quantity_parse(slice_of(cases[i].text), QUANTITY_MILLI, &milli);

		cr_expect_eq(whole, cases[i].whole, "'%s' whole: %lld", cases[i].text, (long long)whole);
		cr_expect_eq(milli, cases[i].milli, "'%s' milli: %lld", cases[i].text, (long long)milli);
		cr_expect(w == (cases[i].whole == NONE ? -1 : 0) && m == w, "'%s'", cases[i].text);
	}
}

Test(quantity, of_json)
{
	static const struct {
		const char *json;
		int64_t milli;
	} values[] = {{"2", 2000}, {"0.5", 500}, {"1e2", 100000}, {"'250m'", 250}, {"null", NONE}, {"[1]", NONE}, {"true", NONE},
		      {"-2", NONE}, {"{}", NONE}};
	struct arena a = ARENA_INIT;
	const struct json *v;
	struct err err = {""};
	json_setup();

	for (size_t i = 0; i < COUNT(values); i++) {
		int64_t milli = NONE;
		cr_assert_eq(json_parse(&a, quoted(&a, values[i].json), &v, &err), 0, "%s", err.text);
		int rc = quantity_of(&a, v, QUANTITY_MILLI, &milli);
		cr_expect_eq(milli, values[i].milli, "%s: %lld", values[i].json, (long long)milli);
		cr_expect_eq(rc, milli == NONE ? -1 : 0, "%s", values[i].json);
	}
	int64_t untouched = 7;
	cr_expect(quantity_of(&a, NULL, QUANTITY_WHOLE, &untouched) == -1 && untouched == 7);
	arena_release(&a);
}

Test(quantity, sums_and_products_stop_at_the_end)
{
	cr_expect_eq(quantity_add(2, 3), 5);
	cr_expect_eq(quantity_add(MORE, 1), MORE);
	cr_expect_eq(quantity_add(MORE, MORE), MORE);
	cr_expect_eq(quantity_times(2, 3), 6);
	cr_expect_eq(quantity_times(MORE, 0), 0);
	cr_expect_eq(quantity_times(0, MORE), 0);
	cr_expect_eq(quantity_times(MORE / 2, 3), MORE);
}

Test(quantity, shown_as_written)
{
	struct arena a = ARENA_INIT;

	cr_expect_str_eq(quantity_show_cpu(&a, 2000), "2");
	cr_expect_str_eq(quantity_show_cpu(&a, 1500), "1500m");
	cr_expect_str_eq(quantity_show_cpu(&a, 0), "0");
	cr_expect_str_eq(quantity_show_bytes(&a, 1408ll << 20), "1408Mi");
	cr_expect_str_eq(quantity_show_bytes(&a, 2ll << 30), "2Gi");
	cr_expect_str_eq(quantity_show_bytes(&a, 1000), "1000");
	cr_expect_str_eq(quantity_show_bytes(&a, 0), "0");
	cr_expect_str_eq(quantity_show_bytes(&a, 1ll << 60), "1Ei");
	arena_release(&a);
}

/* Spark's own sizes: JavaUtils.byteStringAs. unit 1048576: what has no suffix is MiB. */
Test(quantity, sizes_of_spark)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = {{"1g", 1ll << 30}, {"1G", 1ll << 30}, {"512m", 512ll << 20}, {"512", 512ll << 20}, {"2048k", 2ll << 20}, {"1gb", 1ll << 30},
		     {"100b", 100}, {" 1g ", 1ll << 30}, {"1t", 1ll << 40}, {"1p", 1ll << 50}, {"99999p", MORE}, {"9223372036854775807", MORE},
		     {"", NONE}, {"g", NONE}, {"1.5g", NONE}, {"-1g", NONE}, {"1 g", NONE}, {"1gi", NONE}, {"1bb", NONE}, {"1x", NONE},
		     {"9223372036854775808", NONE}, {"   ", NONE}};

	for (size_t i = 0; i < COUNT(sizes); i++) {
		int64_t bytes = NONE;
		int rc = spark_bytes_parse(slice_of(sizes[i].text), 1 << 20, &bytes);
		cr_expect_eq(bytes, sizes[i].bytes, "'%s': %lld", sizes[i].text, (long long)bytes);
		cr_expect_eq(rc, bytes == NONE ? -1 : 0, "'%s'", sizes[i].text);
	}
}
