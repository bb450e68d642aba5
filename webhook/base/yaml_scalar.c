#include "base/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A number longer than this is taken for a string; the longest double in full has 1,077 digits. */
#define NUMBER_CHARS_MAX 2000

/* go-yaml's resolveMap: the words that are not numbers. */
static bool lookup_word(struct slice text, struct yaml_scalar *ret)
{
	static const struct {
		const char *word;
		struct yaml_scalar value;
	} words[] = {
		{"y", {.type = YAML_BOOL, .truth = true}},     {"Y", {.type = YAML_BOOL, .truth = true}},
		{"yes", {.type = YAML_BOOL, .truth = true}},   {"Yes", {.type = YAML_BOOL, .truth = true}},
		{"YES", {.type = YAML_BOOL, .truth = true}},   {"true", {.type = YAML_BOOL, .truth = true}},
		{"True", {.type = YAML_BOOL, .truth = true}},  {"TRUE", {.type = YAML_BOOL, .truth = true}},
		{"on", {.type = YAML_BOOL, .truth = true}},    {"On", {.type = YAML_BOOL, .truth = true}},
		{"ON", {.type = YAML_BOOL, .truth = true}},    {"n", {.type = YAML_BOOL}},
		{"N", {.type = YAML_BOOL}},                    {"no", {.type = YAML_BOOL}},
		{"No", {.type = YAML_BOOL}},                   {"NO", {.type = YAML_BOOL}},
		{"false", {.type = YAML_BOOL}},                {"False", {.type = YAML_BOOL}},
		{"FALSE", {.type = YAML_BOOL}},                {"off", {.type = YAML_BOOL}},
		{"Off", {.type = YAML_BOOL}},                  {"OFF", {.type = YAML_BOOL}},
		{"", {.type = YAML_NULL}},                     {"~", {.type = YAML_NULL}},
		{"null", {.type = YAML_NULL}},                 {"Null", {.type = YAML_NULL}},
		{"NULL", {.type = YAML_NULL}},                 {".nan", {.type = YAML_FLOAT, .number = (double)NAN}},
		{".NaN", {.type = YAML_FLOAT, .number = (double)NAN}},
		{".NAN", {.type = YAML_FLOAT, .number = (double)NAN}},
		{".inf", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{".Inf", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{".INF", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{"+.inf", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{"+.Inf", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{"+.INF", {.type = YAML_FLOAT, .number = (double)INFINITY}},
		{"-.inf", {.type = YAML_FLOAT, .number = (double)-INFINITY}},
		{"-.Inf", {.type = YAML_FLOAT, .number = (double)-INFINITY}},
		{"-.INF", {.type = YAML_FLOAT, .number = (double)-INFINITY}},
	};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (slice_is(text, words[i].word)) {
			*ret = words[i].value;
			return true;
		}
	return false;
}

static int digit_value(char c)
{
	if (char_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

/* All of text as digits of base; false if one is not, or if 64 bits cannot hold the value. */
static bool read_digits(struct slice text, unsigned base, uint64_t *ret)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_value(text.ptr[i]);
		if (digit >= (int)base || __builtin_mul_overflow(sum, base, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)digit, &sum))
			return false;
	}
	*ret = sum;
	return true;
}

/* Take the base prefix off as Go's strconv does for base 0: 0b, 0o, 0x with something after it, else
 * a leading 0 is octal. */
static unsigned take_base(struct slice *text)
{
	if (text->ptr[0] != '0')
		return 10;

	unsigned base = 0;
	if (text->len >= 3) {
		char letter = (char)(text->ptr[1] | 0x20);
		base = letter == 'b' ? 2 : letter == 'o' ? 8 : letter == 'x' ? 16 : 0;
	}
	size_t prefix = base ? 2 : 1;
	text->ptr += prefix;
	text->len -= prefix;
	return base ? base : 8;
}

static bool in_range(bool negative, bool sign, uint64_t magnitude)
{
	if (negative)
		return magnitude <= (uint64_t)1 << 63;
	return !sign || magnitude <= INT64_MAX; /* strconv.ParseUint takes no "+" */
}

/* strconv.ParseInt(text, base, 64), then ParseUint; base 0: by prefix. */
static bool parse_int(struct slice text, unsigned base, struct yaml_scalar *ret)
{
	bool sign = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
	bool negative = sign && text.ptr[0] == '-';
	uint64_t magnitude;

	if (sign) {
		text.ptr++;
		text.len--;
	}
	if (text.len == 0)
		return false;
	if (base == 0)
		base = take_base(&text);
	if (!read_digits(text, base, &magnitude) || !in_range(negative, sign, magnitude))
		return false;
	*ret = (struct yaml_scalar){
		.type = YAML_INT, .truth = negative && magnitude > 0, .magnitude = magnitude};
	return true;
}

static size_t skip_digits(struct slice text, size_t at)
{
	while (at < text.len && char_is_digit(text.ptr[at]))
		at++;
	return at;
}

/* go-yaml's yamlStyleFloat: ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$ */
static bool looks_like_float(struct slice text)
{
	size_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
	size_t whole = skip_digits(text, at);
	size_t end = whole;

	if (whole < text.len && text.ptr[whole] == '.') {
		end = skip_digits(text, whole + 1);
		if (whole == at && end == whole + 1)
			return false;
	} else if (whole == at) {
		return false;
	}
	if (end < text.len && (text.ptr[end] == 'e' || text.ptr[end] == 'E')) {
		size_t exponent = end + 1;
		if (exponent < text.len && (text.ptr[exponent] == '-' || text.ptr[exponent] == '+'))
			exponent++;
		end = skip_digits(text, exponent);
		if (end == exponent)
			return false;
	}
	return end == text.len;
}

/* Too large is not a number (Go's ParseFloat fails), too small is 0. text is NUL-terminated. */
static bool parse_float(struct slice text, struct yaml_scalar *ret)
{
	if (!looks_like_float(text))
		return false;

	double number = strtod(text.ptr, NULL); /* the locale is always C: setlocale() is never called */
	if (isinf(number))
		return false;
	*ret = (struct yaml_scalar){.type = YAML_FLOAT, .number = number};
	return true;
}

/* go-yaml tries "0b" once more, after everything else, and allows a sign after it. */
static bool parse_binary(struct slice text, struct yaml_scalar *ret)
{
	return slice_skip(&text, SLICE_LIT("0b")) && parse_int(text, 2, ret);
}

static struct slice without_underscores(struct slice text, char *buf)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			buf[n++] = text.ptr[i];
	buf[n] = '\0';
	return (struct slice){buf, n};
}

/* Go's own literals take a '_' between two digits only; go-yaml leaves words that begin with a point to them. */
static bool underscores_separate_digits(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '_' &&
		    (i == 0 || !char_is_digit(text.ptr[i - 1]) || i + 1 == text.len || !char_is_digit(text.ptr[i + 1])))
			return false;
	return true;
}

struct yaml_scalar yaml_scalar_resolve(struct slice text)
{
	struct yaml_scalar ret = {.type = YAML_STRING};
	char copy[NUMBER_CHARS_MAX + 1];

	if (lookup_word(text, &ret) || text.len > NUMBER_CHARS_MAX)
		return ret;

	char first = text.ptr[0];
	struct slice plain = without_underscores(text, copy);
	if (first == '.' && underscores_separate_digits(text))
		(void)parse_float(plain, &ret); /* else a string */
	else if (char_is_digit(first) || first == '-' || first == '+')
		(void)(parse_int(plain, 0, &ret) || parse_float(plain, &ret) || parse_binary(plain, &ret));
	return ret;
}

/* The number grammar of RFC 8259. */
static bool is_json_number(struct slice text)
{
	size_t at = text.len > 0 && text.ptr[0] == '-';

	if (!looks_like_float(text) || text.ptr[0] == '+' || at == text.len || !char_is_digit(text.ptr[at]))
		return false;
	if (text.ptr[at] == '0' && at + 1 < text.len && char_is_digit(text.ptr[at + 1]))
		return false;
	size_t point = skip_digits(text, at);
	return point == text.len || text.ptr[point] != '.' || (point + 1 < text.len && char_is_digit(text.ptr[point + 1]));
}

/* YAML 1.1's base 60 ("8080:80", "1:30:00"): PyYAML and Ruby make a number of it. */
static bool is_base_60(struct slice text)
{
	size_t at = text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+');
	bool colon = false;

	if (at == text.len || !char_is_digit(text.ptr[at]))
		return false;
	for (; at < text.len; at++) {
		if (text.ptr[at] == ':')
			colon = true;
		else if (!char_is_digit(text.ptr[at]) && text.ptr[at] != '_' && text.ptr[at] != '.')
			return false;
	}
	return colon;
}

bool yaml_scalar_is_clear(struct slice text)
{
	if (text.len == 0 || slice_is(text, "null") || slice_is(text, "true") || slice_is(text, "false"))
		return true;
	if (is_json_number(text))
		return yaml_scalar_resolve(text).type != YAML_STRING;
	return yaml_scalar_resolve(text).type == YAML_STRING && !is_base_60(text) && !slice_is(text, "=") &&
	       !slice_is(text, "<<");
}

static bool reads_back(const char *text, double number, bool single)
{
	return single ? strtof(text, NULL) == (float)number : strtod(text, NULL) == number;
}

/* "-1.8e+03", count 2: "-1800". printf() would write digits that a float does not have. */
static void add_zeros(char *text, size_t count)
{
	char *end = strchr(text, 'e'), *point = strchr(text, '.');

	if (point) {
		memmove(point, point + 1, (size_t)(end - point - 1));
		end--;
	}
	memset(end, '0', count);
	end[count] = '\0';
}

/* Go's strconv.FormatFloat(f, -1, single ? 32 : 64): the fewest digits that read back as the same number; with an exponent where that
 * is below from or at least to. */
static void print_shortest(double number, bool single, int from, int to, char text[YAML_FLOAT_CHARS])
{
	int precision = 0, most = single ? 8 : 16;

	do
		snprintf(text, YAML_FLOAT_CHARS, "%.*e", precision, number);
	while (!reads_back(text, number, single) && ++precision <= most);

	int exponent = atoi(strchr(text, 'e') + 1);
	if (exponent < from || exponent >= to)
		return;
	if (precision >= exponent)
		snprintf(text, YAML_FLOAT_CHARS, "%.*f", precision - exponent, strtod(text, NULL));
	else
		add_zeros(text, (size_t)(exponent - precision));
}

/* encoding/json, floatEncoder: 1e-09 is written 1e-9. */
void yaml_scalar_print_float(double number, char text[YAML_FLOAT_CHARS])
{
	print_shortest(number, false, -6, 21, text);
	char *zero = strstr(text, "e-0");
	if (zero)
		memmove(zero + 2, zero + 3, strlen(zero + 3) + 1);
}

const char *yaml_scalar_key(struct arena *a, const struct yaml_scalar *scalar)
{
	char text[YAML_FLOAT_CHARS];

	switch (scalar->type) {
	case YAML_BOOL:
		return scalar->truth ? "true" : "false";
	case YAML_INT:
		if (!scalar->truth && scalar->magnitude > INT64_MAX)
			return NULL; /* sigs.k8s.io/yaml refuses a uint64 as a key */
		return arena_printf(a, "%s%llu", scalar->truth ? "-" : "",
				    (unsigned long long)scalar->magnitude);
	case YAML_FLOAT:
		if (isnan(scalar->number))
			return ".nan";
		if (isinf((float)scalar->number))
			return scalar->number > 0 ? ".inf" : "-.inf";
		print_shortest(scalar->number, true, -4, 6, text);
		return arena_dup(a, slice_of(text));
	default:
		return NULL;
	}
}
