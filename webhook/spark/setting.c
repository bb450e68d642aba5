#include "spark/setting.h"

#include "base/number.h"
#include "base/url.h"
#include "spark/words.h"

#include <strings.h>

void settings_reserve(struct settings *list, struct arena *a, size_t count)
{
	list->items = arena_grow_dirty(a, list->items, &list->cap, list->count + count, sizeof(*list->items));
}

/* Nine bits mixed from those of the mark's 32 that differ most: length, first and last byte. */
static unsigned present_bit(uint32_t mark)
{
	return (mark * 0x9E3779B1u) >> 23;
}

_Static_assert(1u << (32 - 23) == SETTINGS_PRESENT_BITS, "present_bit() reaches every bit");

bool settings_may_have(const struct settings *list, uint32_t mark)
{
	unsigned bit = present_bit(mark);

	return list->present[bit / 64] >> bit % 64 & 1;
}

struct slice setting_trim(struct slice s)
{
	while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ')
		s = (struct slice){s.ptr + 1, s.len - 1};
	while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ')
		s.len--;
	return s;
}

bool setting_value_says(struct slice value, const char *word)
{
	value = setting_trim(value);

	return value.len == strlen(word) && strncasecmp(value.ptr, word, value.len) == 0;
}

bool setting_value_same(struct slice value, struct slice wanted)
{
	bool is_switch = slice_is(wanted, "true") || slice_is(wanted, "false");

	return slice_eq(value, wanted) || (is_switch && setting_value_says(value, slice_is(wanted, "true") ? "true" : "false"));
}

int setting_number(struct slice value, int64_t max, int64_t *ret)
{
	value = setting_trim(value);
	(void)slice_skip(&value, SLICE_LIT("+"));
	return number_parse(value, max, ret);
}

struct place setting_place(struct arena *a, const struct setting *setting)
{
	struct place place = setting->place;

	if (!place.key)
		place.key = arena_dup(a, setting->key);
	if (setting->element && setting->element->in)
		place.pointer = word_pointer(a, setting->element);
	return place;
}

const char *setting_line(struct arena *a, const struct setting *setting)
{
	if (setting->place.line == 0)
		return arena_printf(a, "sparkgate's own lines of ConfigMap '%s'", setting->config_map);
	return arena_printf(a, "ConfigMap '%s' line %u", setting->config_map, setting->place.line);
}

struct setting *settings_add_like(struct settings *list, struct arena *a, struct slice key, const struct setting *like)
{
	if (list->count == list->cap)
		settings_reserve(list, a, 1);
	struct setting *added = &list->items[list->count++];
	*added = *like;
	added->key = key;
	added->mark = slice_mark(key);
	unsigned bit = present_bit(added->mark);
	list->present[bit / 64] |= UINT64_C(1) << bit % 64;
	return added;
}

void settings_add(struct settings *list, struct arena *a, struct setting setting)
{
	settings_add_like(list, a, setting.key, &setting);
}

void settings_add_all(struct settings *list, struct arena *a, const struct settings *more)
{
	settings_reserve(list, a, more->count);
	for (size_t i = 0; i < more->count; i++)
		settings_add_like(list, a, more->items[i].key, &more->items[i]);
}

const struct setting *settings_last(const struct settings *list, enum setting_source source, struct slice key)
{
	uint32_t mark = slice_mark(key);

	if (!settings_may_have(list, mark))
		return NULL;
	for (size_t i = list->count; i-- > 0;)
		if (list->items[i].mark == mark && list->items[i].source == source && slice_eq(list->items[i].key, key))
			return &list->items[i];
	return NULL;
}

/* Does s start with word (lower case), whatever the case of s? */
static bool starts_any_case(struct slice s, const char *word)
{
	for (size_t i = 0; word[i]; i++)
		if (i == s.len || (s.ptr[i] | 0x20) != word[i])
			return false;
	return true;
}

static struct slice behind(struct slice s, size_t n)
{
	return (struct slice){s.ptr + n, s.len - n};
}

/* access.?key */
static bool starts_access_key(struct slice s)
{
	if (!starts_any_case(s, "access"))
		return false;
	s = behind(s, strlen("access"));
	return starts_any_case(s, "key") || (s.len > 0 && starts_any_case(behind(s, 1), "key"));
}

/* Does a word of the pattern begin here? */
static bool starts_secret(struct slice s)
{
	switch (s.ptr[0] | 0x20) { /* lower case, if it is a letter */
	case 's':
		return starts_any_case(s, "secret");
	case 'p':
		return starts_any_case(s, "password");
	case 't':
		return starts_any_case(s, "token");
	case 'a':
		return starts_access_key(s);
	default:
		return false;
	}
}

#ifdef __SSE2__

#include <emmintrin.h>

#define STEP sizeof(__m128i)

/* Where do `first` and `second` follow each other? here: STEP bytes in lower case; next: those one byte further on. */
static __m128i pairs(__m128i here, __m128i next, char first, char second)
{
	return _mm_and_si128(_mm_cmpeq_epi8(here, _mm_set1_epi8(first)), _mm_cmpeq_epi8(next, _mm_set1_epi8(second)));
}

/* Where in the STEP bytes at p may a word of the pattern begin? One bit per byte. Its second and third byte tell, so two more are
 * read: the first two are also in "spark". */
static unsigned candidates(const char *p)
{
	const __m128i lower = _mm_set1_epi8(0x20);
	const __m128i second = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)(p + 1)), lower);
	const __m128i third = _mm_or_si128(_mm_loadu_si128((const __m128i *)(const void *)(p + 2)), lower);
	const __m128i found = _mm_or_si128(_mm_or_si128(pairs(second, third, 'e', 'c'), pairs(second, third, 'a', 's')),
					   _mm_or_si128(pairs(second, third, 'o', 'k'), pairs(second, third, 'c', 'c')));

	return (unsigned)_mm_movemask_epi8(found);
}

/* Of a text that is too short for a step, which would read beyond its end. */
static size_t harmless_short(struct slice text)
{
	char room[STEP + 2] = "";

	memcpy(room, text.ptr, text.len);
	unsigned found = candidates(room);
	return found ? (size_t)__builtin_ctz(found) : text.len;
}

/* This sees every byte of every value shown: the number of leading bytes at which no word of the pattern begins. The last
 * step ends with the text, where none begins in the last two bytes. */
static size_t harmless_length(struct slice text)
{
	if (text.len <= STEP + 1)
		return harmless_short(text);
	for (size_t n = 0, last = text.len - STEP - 2;; n = n + STEP < last ? n + STEP : last) {
		unsigned found = candidates(text.ptr + n);

		if (found)
			return n + (size_t)__builtin_ctz(found);
		if (n == last)
			return text.len;
	}
}

#else

static size_t harmless_length(struct slice text)
{
	(void)text;
	return 0;
}

#endif

/* The shortest word of the pattern. */
#define SECRET_LEAST strlen("token")

/* spark.redaction.regex (core/internal/config/package.scala, SECRET_REDACTION_PATTERN). */
bool setting_is_secret(struct slice text)
{
	while (text.len >= SECRET_LEAST) {
		text = behind(text, harmless_length(text));
		if (text.len > 0 && starts_secret(text))
			return true;
		text = behind(text, text.len > 0);
	}
	return false;
}

/* Spark redacts a pair if either half matches (Utils.redact): think of -Djavax.net.ssl.keyStorePassword=... in
 * spark.driver.extraJavaOptions. */
const char *setting_show(struct arena *a, struct slice key, struct slice value)
{
	return setting_is_secret(key) || setting_is_secret(value) ? "(redacted)" : url_redact(a, value);
}
