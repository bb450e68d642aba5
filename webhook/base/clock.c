#include "base/clock.h"

#include "base/number.h"

#include <stdio.h>
#include <time.h>

int64_t clock_mono_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * CLOCK_SECOND + t.tv_nsec;
}

int64_t clock_unix_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / CLOCK_MS;
}

int64_t clock_unix(void)
{
	return clock_unix_ms() / 1000;
}

void clock_print_ms(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
	unsigned ms = (unsigned)(unix_ms % 1000);
	const char tail[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10), (char)('0' + ms % 10), 'Z', '\0'};

	clock_print(unix_ms / 1000, text);
	memcpy(text + sizeof("0000-00-00T00:00:00") - 1, tail, sizeof(tail));
}

void clock_print_micro(int64_t unix_ms, char text[CLOCK_TEXT_SIZE])
{
	clock_print_ms(unix_ms, text);
	memcpy(text + sizeof("0000-00-00T00:00:00.000") - 1, "000Z", sizeof("000Z"));
}

static void put_two(char *at, int number)
{
	at[0] = (char)('0' + number / 10);
	at[1] = (char)('0' + number % 10);
}

/* Digit by digit: strftime() consults the locale for each, and every line of the log has a time. */
void clock_print(int64_t unix_seconds, char text[CLOCK_TEXT_SIZE])
{
	time_t at = (time_t)unix_seconds;
	struct tm tm = {0};

	memcpy(text, "0000-00-00T00:00:00Z", sizeof("0000-00-00T00:00:00Z"));
	if (!gmtime_r(&at, &tm) || tm.tm_year < -1900 || tm.tm_year > 9999 - 1900)
		return;
	put_two(text, (tm.tm_year + 1900) / 100);
	put_two(text + 2, (tm.tm_year + 1900) % 100);
	put_two(text + 5, tm.tm_mon + 1);
	put_two(text + 8, tm.tm_mday);
	put_two(text + 11, tm.tm_hour);
	put_two(text + 14, tm.tm_min);
	put_two(text + 17, tm.tm_sec);
}

struct unit {
	const char *name;
	int64_t ns;
};

/* "ms" comes before "m", or it would be read as that. Go takes either micro sign. */
static const struct unit units[] = {
	{"ns", 1},          {"us", 1000},           {"\xc2\xb5s", 1000},       {"\xce\xbcs", 1000},
	{"ms", CLOCK_MS},   {"s", CLOCK_SECOND},    {"m", 60 * CLOCK_SECOND},  {"h", 3600 * CLOCK_SECOND},
};

static const struct unit *take_unit(struct slice *text)
{
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (slice_skip(text, slice_of(units[i].name)))
			return &units[i];
	return NULL;
}

/* Read digits; returns how many there were, -1 where the value overflows. Digits of a fraction
 * beyond the ninth are ignored: even of an hour they are less than 4 microseconds. */
static int take_digits(struct slice *text, int64_t *value, int64_t *scale, bool fraction)
{
	int count = 0;

	*value = 0;
	*scale = 1;
	for (; text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9'; text->ptr++, text->len--, count++) {
		if (fraction && count >= 9)
			continue;
		if (__builtin_mul_overflow(*value, 10, value) || __builtin_add_overflow(*value, text->ptr[0] - '0', value))
			return -1;
		*scale *= fraction ? 10 : 1;
	}
	return count;
}

/* One number with its unit, added to *sum. */
static int take_part(struct slice *text, int64_t *sum)
{
	int64_t whole, part = 0, scale = 1, one, ns;
	int digits = take_digits(text, &whole, &one, false), more = 0;

	if (digits >= 0 && slice_skip(text, SLICE_LIT(".")))
		more = take_digits(text, &part, &scale, true);
	const struct unit *unit = take_unit(text);
	if (digits < 0 || digits + more == 0 || !unit)
		return -1;
	if (__builtin_mul_overflow(whole, unit->ns, &ns) || __builtin_add_overflow(*sum, ns, sum))
		return -1;
	ns = (int64_t)((double)part / (double)scale * (double)unit->ns);
	return __builtin_add_overflow(*sum, ns, sum) ? -1 : 0;
}

int clock_parse_duration(struct slice text, int64_t *ret, struct err *err)
{
	struct slice left = text;
	int64_t sum = 0;

	slice_skip(&left, SLICE_LIT("+"));
	if (slice_is(left, "0")) {
		*ret = 0;
		return 0;
	}
	if (left.len == 0)
		return err_set(err, "expected a duration such as 5s or 1m30s, got '%.*s'", SLICE_ARG(text));
	while (left.len > 0)
		if (take_part(&left, &sum) < 0)
			return err_set(err, "expected a duration such as 5s or 1m30s, got '%.*s'", SLICE_ARG(text));
	*ret = sum;
	return 0;
}

int clock_parse_duration_within(struct slice text, unsigned hours, int64_t *ret, struct err *err)
{
	int64_t ns;

	if (clock_parse_duration(text, &ns, err) < 0)
		return -1;
	if (ns > (int64_t)hours * 3600 * CLOCK_SECOND)
		return err_set(err, "at most %uh, got '%.*s'", hours, SLICE_ARG(text));
	*ret = ns;
	return 0;
}

#define TIME_SECONDS (sizeof("2025-01-31T23:59:59") - 1)

/* "Z", or how far the time before it is ahead of UTC: "+05:30", "-08:00", seconds. */
static int read_zone(struct slice zone, int64_t *ret)
{
	int64_t hours, minutes;

	if (slice_is(zone, "Z")) {
		*ret = 0;
		return 0;
	}
	if (zone.len != 6 || (zone.ptr[0] != '+' && zone.ptr[0] != '-') || zone.ptr[3] != ':' ||
	    number_parse((struct slice){zone.ptr + 1, 2}, 23, &hours) < 0 ||
	    number_parse((struct slice){zone.ptr + 4, 2}, 59, &minutes) < 0)
		return -1;
	*ret = (hours * 60 + minutes) * (zone.ptr[0] == '-' ? -60 : 60);
	return 0;
}

/* What may follow the seconds: a fraction, and the zone. */
static int end_time(struct slice rest, int64_t *ahead)
{
	size_t digits = 0;

	if (slice_skip(&rest, SLICE_LIT("."))) {
		while (digits < rest.len && rest.ptr[digits] >= '0' && rest.ptr[digits] <= '9')
			digits++;
		if (digits == 0)
			return -1;
	}
	return read_zone((struct slice){rest.ptr + digits, rest.len - digits}, ahead);
}

int clock_parse_time(struct slice text, int64_t *ret)
{
	static const struct {
		size_t at, len;
		char before;
		int min, max;
	} parts[] = {{0, 4, '\0', 0, 9999}, {5, 2, '-', 1, 12}, {8, 2, '-', 1, 31}, {11, 2, 'T', 0, 23}, {14, 2, ':', 0, 59}, {17, 2, ':', 0, 59}};
	int64_t n[6], ahead;

	if (text.len < TIME_SECONDS || end_time((struct slice){text.ptr + TIME_SECONDS, text.len - TIME_SECONDS}, &ahead) < 0)
		return -1;
	for (size_t i = 0; i < 6; i++)
		if (number_parse((struct slice){text.ptr + parts[i].at, parts[i].len}, parts[i].max, &n[i]) < 0 || n[i] < parts[i].min ||
		    (parts[i].before && text.ptr[parts[i].at - 1] != parts[i].before))
			return -1;
	struct tm tm = {.tm_year = (int)n[0] - 1900, .tm_mon = (int)n[1] - 1, .tm_mday = (int)n[2],
			.tm_hour = (int)n[3], .tm_min = (int)n[4], .tm_sec = (int)n[5]};
	int64_t at = timegm(&tm);
	if (tm.tm_mday != n[2]) /* the 31st of February carries over */
		return -1;
	*ret = at - ahead;
	return 0;
}
