#include "base/quantity.h"

/* Wide enough for 38 digits, and for twice 10^38. */
__extension__ typedef unsigned __int128 wide;

#define WIDE_MAX (~(wide)0)
#define TENS_MAX 38

/* The number before the suffix: mantissa x 10^exponent, and a little more if rest. */
struct number {
	wide mantissa;
	int64_t exponent;
	bool rest; /* a digit that did not fit into mantissa was not 0 */
};

static void take_digit(struct number *n, unsigned digit, bool fraction)
{
	if (n->mantissa > (WIDE_MAX - 9) / 10) {
		n->rest = n->rest || digit != 0;
		n->exponent += fraction ? 0 : 1;
		return;
	}
	n->mantissa = n->mantissa * 10 + digit;
	n->exponent -= fraction ? 1 : 0;
}

/* Digits with at most one point among them; at least one digit. */
static int take_number(struct slice *s, struct number *ret)
{
	struct number n = {.mantissa = 0};
	size_t digits = 0;
	bool fraction = false;

	for (; s->len > 0 && (char_is_digit(*s->ptr) || (*s->ptr == '.' && !fraction)); s->ptr++, s->len--) {
		if (*s->ptr == '.') {
			fraction = true;
			continue;
		}
		take_digit(&n, (unsigned)(*s->ptr - '0'), fraction);
		digits++;
	}
	if (digits == 0)
		return -1;
	*ret = n;
	return 0;
}

/* "e3", "E-3": text follows the letter. QUANTITY_BYTES keeps it short, the clamp keeps the value small. */
static int take_exponent(struct slice text, struct number *n)
{
	bool negative = slice_skip(&text, SLICE_LIT("-"));
	int64_t value = 0;

	if (!negative)
		(void)slice_skip(&text, SLICE_LIT("+"));
	if (text.len == 0)
		return -1;
	for (; text.len > 0; text.ptr++, text.len--) {
		if (!char_is_digit(*text.ptr))
			return -1;
		value = value < 100000 ? value * 10 + (*text.ptr - '0') : value;
	}
	n->exponent += negative ? -value : value;
	return 0;
}

/* What follows the number: adds to the power of ten, or gives a power of two. */
static int take_suffix(struct slice s, struct number *n, unsigned *twos)
{
	static const struct {
		const char *suffix;
		int tens;
		unsigned twos;
	} known[] = {{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0}, {"T", 12, 0},
		     {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20}, {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50},
		     {"Ei", 0, 60}};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (!slice_is(s, known[i].suffix))
			continue;
		n->exponent += known[i].tens;
		*twos = known[i].twos;
		return 0;
	}
	if (!slice_skip(&s, SLICE_LIT("e")) && !slice_skip(&s, SLICE_LIT("E")))
		return -1;
	return take_exponent(s, n);
}

static int64_t capped(wide value)
{
	return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* A whole number times 2^twos x 10^exponent. */
static int64_t larger_by(wide value, unsigned twos, int64_t exponent)
{
	for (; exponent > 0 && value > 0 && value <= INT64_MAX; exponent--)
		value *= 10;
	for (; twos > 0 && value <= INT64_MAX; twos--)
		value *= 2;
	return capped(value);
}

/* Mantissa x 2^twos / 10^tens, rounded up: a long division, bit by bit, so that nothing is lost. */
static int64_t smaller_by(const struct number *n, unsigned twos, int64_t tens)
{
	wide mantissa = n->mantissa, power = 1;
	bool rest = n->rest;

	for (; tens > TENS_MAX && mantissa > 0; tens--) {
		rest = rest || mantissa % 10 != 0;
		mantissa /= 10;
	}
	for (; tens > 0 && mantissa > 0; tens--)
		power *= 10;
	wide whole = mantissa / power, fraction = mantissa % power;
	for (; twos > 0 && whole <= INT64_MAX; twos--) {
		fraction *= 2;
		whole = whole * 2 + (fraction >= power);
		fraction -= fraction >= power ? power : 0;
	}
	return capped(whole + (fraction > 0 || rest));
}

static int64_t value_of(const struct number *n, unsigned twos)
{
	if (n->exponent < 0)
		return smaller_by(n, twos, -n->exponent);
	return larger_by(n->mantissa + n->rest, twos, n->exponent);
}

int quantity_parse(struct slice text, enum quantity_unit unit, int64_t *ret)
{
	struct number n;
	unsigned twos = 0;

	if (text.len == 0 || text.len > QUANTITY_BYTES)
		return -1;
	bool negative = slice_skip(&text, SLICE_LIT("-"));
	if (!negative)
		(void)slice_skip(&text, SLICE_LIT("+"));
	if (take_number(&text, &n) < 0 || take_suffix(text, &n, &twos) < 0 || (negative && (n.mantissa > 0 || n.rest)))
		return -1;
	n.exponent += unit == QUANTITY_MILLI ? 3 : 0;
	*ret = value_of(&n, twos);
	return 0;
}

int quantity_of(struct arena *a, const struct json *v, enum quantity_unit unit, int64_t *ret)
{
	if (json_type(v) == JSON_NUMBER)
		return quantity_parse(json_print(a, v), unit, ret);
	return json_type(v) == JSON_STRING ? quantity_parse(json_slice(v), unit, ret) : -1;
}

int64_t quantity_add(int64_t a, int64_t b)
{
	return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t quantity_times(int64_t a, int64_t b)
{
	return b > 0 && a > INT64_MAX / b ? INT64_MAX : a * b;
}

const char *quantity_show_cpu(struct arena *a, int64_t milli)
{
	return milli % 1000 == 0 ? arena_printf(a, "%lld", (long long)(milli / 1000)) : arena_printf(a, "%lldm", (long long)milli);
}

const char *quantity_show_bytes(struct arena *a, int64_t bytes)
{
	static const char *const units[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
	size_t unit = 0;

	while (bytes > 0 && bytes % 1024 == 0 && unit + 1 < COUNT_OF(units)) {
		bytes /= 1024;
		unit++;
	}
	return arena_printf(a, "%lld%s", (long long)bytes, units[unit]);
}
