#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <unistd.h>

/* What one line looks like, from its message on. */
static const char *written(struct log *log, struct log_line *line, char *text, size_t size)
{
	int fds[2];

	cr_assert_eq(pipe(fds), 0);
	log->fd = fds[1];
	log_close(line);
	close(fds[1]);
	ssize_t n = read(fds[0], text, size - 1);
	close(fds[0]);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

struct text_case {
	const char *what;
	struct slice value;
	const char *json; /* what stands behind "k": */
	const char *people;
};

#define CASE(what, value, json, people) {what, {value, sizeof(value) - 1}, json, people}

static const struct text_case texts[] = {
	CASE("a word", "abc-1.2/x", "\"abc-1.2/x\"", "abc-1.2/x"),
	CASE("empty", "", "\"\"", "\"\""),
	CASE("a blank", "a b", "\"a b\"", "\"a b\""),
	CASE("quotes", "a\"b\\c", "\"a\\\"b\\\\c\"", "\"a\\\"b\\\\c\""),
	CASE("an equals sign would look like a field", "a=b", "\"a=b\"", "\"a=b\""),
	CASE("line feed", "a\nb\r", "\"a\\u000ab\\u000d\"", "\"a\\u000ab\\u000d\""),
	CASE("escape sequence", "\x1b[31m", "\"\\u001b[31m\"", "\"\\u001b[31m\""),
	CASE("NUL", "a\0b", "\"a\\u0000b\"", "\"a\\u0000b\""),
	CASE("delete", "\x7f", "\"\\u007f\"", "\"\\u007f\""),
	CASE("UTF-8 of 2, 3, 4 bytes", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"",
	     "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\""),
	CASE("C1 control", "\xc2\x9b", "\"\\ufffd\"", "\"\\ufffd\""),
	CASE("line separator", "\xe2\x80\xa8", "\"\\ufffd\"", "\"\\ufffd\""),
	CASE("right to left", "\xe2\x80\xae\xe2\x81\xa6", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""),
	CASE("lone byte", "a\xff z", "\"a\\ufffd z\"", "\"a\\ufffd z\""),
	CASE("overlong", "\xc0\xaf", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""),
	CASE("surrogate", "\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\\ufffd\""),
	CASE("cut sequence", "\xe2\x82", "\"\\ufffd\\ufffd\"", "\"\\ufffd\\ufffd\""),
};

Test(log, text)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		for (enum log_format format = LOG_JSON; format <= LOG_PEOPLE; format++) {
			struct log log = {-1, format, LOG_INFO, NULL};
			struct log_line line;
			char got[LOG_LINE_MAX + 1];

			log_open(&line, &log, LOG_INFO, "m");
			log_slice(&line, "k", texts[i].value);
			const char *value = strstr(written(&log, &line, got, sizeof(got)), format == LOG_JSON ? "\"k\":" : "k=");
			cr_assert(value, "%s", texts[i].what);
			value += format == LOG_JSON ? 4 : 2;
			const char *want = format == LOG_JSON ? texts[i].json : texts[i].people;
			cr_expect_eq(strncmp(value, want, strlen(want)), 0, "%s: %s", texts[i].what, value);
			cr_expect_str_eq(value + strlen(want), format == LOG_JSON ? "}\n" : "\n", "%s", texts[i].what);
		}
}

Test(log, fields)
{
	struct log log = {-1, LOG_JSON, LOG_INFO, NULL};
	struct log_line line;
	char got[LOG_LINE_MAX + 1];

	log_open(&line, &log, LOG_WARN, "policy reloaded");
	log_text(&line, "hash", "abc");
	log_text(&line, "absent", NULL);
	log_int(&line, "n", -7);
	log_bool(&line, "yes", true);
	written(&log, &line, got, sizeof(got));
	cr_assert_eq(strncmp(got, "{\"ts\":\"20", 9), 0);
	cr_assert_str_eq(strstr(got, ",\"level\""),
			 ",\"level\":\"warn\",\"msg\":\"policy reloaded\",\"hash\":\"abc\",\"n\":-7,\"yes\":true}\n");
}

Test(log, below_the_level_nothing_is_written)
{
	struct log log = {-1, LOG_JSON, LOG_WARN, NULL};
	struct log_line line;
	char got[LOG_LINE_MAX + 1];

	log_open(&line, &log, LOG_INFO, "m");
	log_text(&line, "k", "v");
	cr_assert_str_eq(written(&log, &line, got, sizeof(got)), "");
	log_open(&line, NULL, LOG_ERROR, "m");
	log_text(&line, "k", "v");
	log_close(&line);
}

Test(log, too_much_is_cut_between_fields)
{
	struct arena arena = ARENA_INIT;
	const struct json *parsed;
	struct err err;
	struct log log = {-1, LOG_JSON, LOG_INFO, NULL};
	struct log_line line;
	char got[LOG_LINE_MAX + 1], value[2000], key[16];

	json_setup();
	memset(value, '\x01', sizeof(value)); /* six bytes each */
	log_open(&line, &log, LOG_INFO, "m");
	for (int i = 0; i < 30; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		log_slice(&line, key, (struct slice){value, 200});
	}
	written(&log, &line, got, sizeof(got));
	cr_assert_leq(strlen(got), LOG_LINE_MAX);
	cr_assert_eq(json_parse(&arena, slice_of(got), &parsed, &err), 0, "%s", err.text);
	cr_assert(json_bool(json_get(parsed, "truncated"), false));
	cr_assert(json_get(parsed, "k1"));
	cr_assert_not(json_get(parsed, "k29"));
	arena_release(&arena);
}

Test(log, long_text_is_trimmed)
{
	struct log log = {-1, LOG_JSON, LOG_INFO, NULL};
	struct log_line line;
	char got[LOG_LINE_MAX + 1], value[LOG_TEXT_MAX + 2];

	memset(value, 'x', sizeof(value));
	log_open(&line, &log, LOG_INFO, "m");
	log_slice(&line, "k", (struct slice){value, sizeof(value)});
	cr_assert(strstr(written(&log, &line, got, sizeof(got)), "xxx...\"}\n"));
}

struct duration_case {
	const char *text;
	int64_t ns; /* -1 = an error */
};

/* As Go's time.ParseDuration has them (time/time_test.go). */
static const struct duration_case durations[] = {
	{"0", 0}, {"5s", 5 * CLOCK_SECOND}, {"30s", 30 * CLOCK_SECOND}, {"1478s", 1478 * CLOCK_SECOND},
	{"+5s", 5 * CLOCK_SECOND}, {"+0", 0}, {"5.0s", 5 * CLOCK_SECOND}, {"5.6s", 5600 * CLOCK_MS}, {"5.s", 5 * CLOCK_SECOND},
	{".5s", 500 * CLOCK_MS}, {"1.0s", CLOCK_SECOND}, {"1.004s", 1004 * CLOCK_MS}, {"100.00100s", 100001 * CLOCK_MS},
	{"10ns", 10}, {"11us", 11000}, {"12\xc2\xb5s", 12000}, {"12\xce\xbcs", 12000}, {"13ms", 13 * CLOCK_MS},
	{"15m", 900 * CLOCK_SECOND}, {"16h", 57600 * CLOCK_SECOND}, {"3h30m", 12600 * CLOCK_SECOND},
	{"10.5s4m", 250500 * CLOCK_MS}, {"1h2m3s4ms5us6ns", 3723004005006}, {"9223372036854775807ns", INT64_MAX},
	{"0.3333333333333333333h", 1199999998800}, /* nine digits are enough for us */
	{"", -1}, {"3", -1}, {"-", -1}, {"s", -1}, {".", -1}, {"-.", -1}, {".s", -1}, {"+.s", -1}, {"-5s", -1},
	{"1d", -1}, {"5 s", -1}, {" 5s", -1}, {"5s ", -1}, {"5S", -1}, {"1e3s", -1}, {"\x85\x85", -1},
	{"9223372036854775808ns", -1}, {"9223372036854775.808us", -1}, {"2562048h", -1}, {"99999999999999999999s", -1},
};

Test(clock, durations)
{
	for (size_t i = 0; i < sizeof(durations) / sizeof(*durations); i++) {
		int64_t got = -1;
		struct err err;
		int rc = clock_parse_duration(slice_of(durations[i].text), &got, &err);

		cr_expect_eq(rc, durations[i].ns < 0 ? -1 : 0, "%s", durations[i].text);
		cr_expect_eq(got, durations[i].ns, "%s: %lld", durations[i].text, (long long)got);
	}
}

struct moment_case {
	const char *text;
	int64_t unix; /* -1 = an error */
};

/* As Go's time.Parse(time.RFC3339Nano, ...) takes them, offsets excepted. */
static const struct moment_case times[] = {
	{"1970-01-01T00:00:00Z", 0},
	{"2024-02-29T23:59:59Z", 1709251199},
	{"2024-02-29T23:59:59.042Z", 1709251199},
	{"2024-02-29T23:59:59.000000042Z", 1709251199},
	{"2023-02-29T23:59:59Z", -1},
	{"2024-04-31T00:00:00Z", -1},
	{"2024-00-01T00:00:00Z", -1},
	{"2024-13-01T00:00:00Z", -1},
	{"2024-01-00T00:00:00Z", -1},
	{"2024-01-01T24:00:00Z", -1},
	{"2024-01-01T00:60:00Z", -1},
	{"2024-01-01T00:00:60Z", -1},
	{"2024-01-01T00:00:00.Z", -1},
	{"2024-01-01T00:00:00 whateverZ", -1},
	{"2024-01-01T00:00:00+00:00", 1704067200},
	{"2024-01-01T00:00:00+05:30", 1704047400},
	{"2024-01-01T00:00:00.042-08:00", 1704096000},
	{"2024-01-01T00:00:00+24:00", -1},
	{"2024-01-01T00:00:00+01:60", -1},
	{"2024-01-01T00:00:00+0100", -1},
	{"2024-01-01T00:00:00+01", -1},
	{"2024-01-01T00:00:00 01:00", -1},
	{"2024-01-01T00:00:00+01:00Z", -1},
	{"2024-01-01 00:00:00Z", -1},
	{"2024-01-01T00:00:00", -1},
	{"Z", -1},
	{"", -1},
};

Test(clock, times_that_are_read)
{
	for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++) {
		int64_t got = -1; /* as it stays where there is none */

		cr_expect_eq(clock_parse_time(slice_of(times[i].text), &got), times[i].unix < 0 ? -1 : 0, "%s", times[i].text);
		cr_expect_eq(got, times[i].unix, "%s: %lld", times[i].text, (long long)got);
	}
}

Test(clock, moments)
{
	char text[CLOCK_TEXT_SIZE];

	clock_print(0, text);
	cr_expect_str_eq(text, "1970-01-01T00:00:00Z");
	clock_print(1709251199, text);
	cr_expect_str_eq(text, "2024-02-29T23:59:59Z");
	clock_print_ms(1709251199042, text);
	cr_expect_str_eq(text, "2024-02-29T23:59:59.042Z");
	clock_print(INT64_MAX, text); /* no year has so many digits */
	cr_expect_str_eq(text, "0000-00-00T00:00:00Z");
	cr_expect_leq(clock_mono_ns(), clock_mono_ns());
	cr_expect_gt(clock_unix(), 1700000000);
}
