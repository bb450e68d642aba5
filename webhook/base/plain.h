/*
 * plain.h - which bytes of a text need a look: '"', '\\', control bytes, DEL and those of UTF-8 sequences. Readers
 * and writers of JSON, of properties and of log lines skip all others many at a time, since most of a manifest is plain.
 *
 *	n += plain_length(rest);       // the next byte, if there is one, needs a look
 */
#ifndef BASE_PLAIN_H
#define BASE_PLAIN_H

#include "base/slice.h"

#include <endian.h>

/* How many of the eight bytes in w, the first in memory lowest, come before the first that needs a look. In each test
 * the lowest byte that matches is right; those above it may match wrongly, because of the borrow. That is why only the
 * lowest counts. */
static inline size_t plain_word(uint64_t w)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\'), del = w ^ (ones * 0x7F);
	uint64_t stop = (quote - ones) & ~quote;

	stop |= (slash - ones) & ~slash;
	stop |= (del - ones) & ~del;
	stop |= (w - ones * 0x20) & ~w;
	stop = (stop | w) & highs;
	return stop ? (size_t)__builtin_ctzll(stop) / 8 : sizeof(w);
}

#ifdef __SSE2__ /* on every x86-64 */

#include <emmintrin.h>

#define PLAIN_STEP sizeof(__m128i)

/* The highest bit of each byte that ends a run of plain ones inside a JSON string, where DEL is ordinary text. With
 * its second bit flipped, '"' is 0x20, while 0x20 and 0x21 are above it: so one subtraction makes it negative with
 * the control bytes. Those from 0x80 on are, and stay so, since it saturates. */
static inline __m128i plain_stops(__m128i bytes)
{
	const __m128i low = _mm_subs_epi8(_mm_xor_si128(bytes, _mm_set1_epi8('"' ^ 0x20)), _mm_set1_epi8(0x21));

	return _mm_or_si128(low, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
}

/* How many of the PLAIN_STEP bytes at p come before the first that needs a look; all if none does. */
static inline size_t plain_step(const void *p)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)p);
	const __m128i del = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
	unsigned mask = (unsigned)_mm_movemask_epi8(_mm_or_si128(plain_stops(bytes), del));

	return mask ? (unsigned)__builtin_ctz(mask) : PLAIN_STEP;
}

/* Which of the bytes at p end a run of plain ones inside a JSON string: a bit each. */
static inline unsigned plain_string_stops(const void *p)
{
	return (unsigned)_mm_movemask_epi8(plain_stops(_mm_loadu_si128((const __m128i *)p)));
}

#else

#define PLAIN_STEP sizeof(uint64_t)

static inline size_t plain_step(const void *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	return plain_word(le64toh(w));
}

/* The same, but only the lowest bit. It may be that of a DEL, which is then looked at in vain. */
static inline unsigned plain_string_stops(const void *p)
{
	size_t plain = plain_step(p);

	return plain < PLAIN_STEP ? 1u << plain : 0;
}

#endif

/* From 0x80 on, a char is below 0x20 if signed and above 0x7F if not. */
static inline bool plain_byte(char c)
{
	return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
}

/* The four to eight bytes at p as one word: its halves may overlap, which does not matter to plain_step(), as long as
 * all are plain. */
static inline uint64_t plain_short(const char *p, size_t len)
{
	uint32_t low, high;

	memcpy(&low, p, sizeof(low));
	memcpy(&high, p + len - sizeof(high), sizeof(high));
	return (uint64_t)high << 32 | low;
}

/* Are all len bytes at p plain? They are fewer than PLAIN_STEP and follow `before` plain ones, some of which are
 * looked at again with them. false also where only byte by byte could tell. */
static inline bool plain_tail(const char *p, size_t before, size_t len)
{
	if (before + len >= PLAIN_STEP)
		return plain_step(p + len - PLAIN_STEP) == PLAIN_STEP;
	if (len < 4)
		return false;
	const size_t half = len < 8 ? len : 8;
	const uint64_t words[] = {plain_short(p, half), plain_short(p + len - half, half)};
	for (size_t i = 0; i < sizeof(words); i += PLAIN_STEP)
		if (plain_step((const char *)words + i) < PLAIN_STEP)
			return false;
	return true;
}

/* How many leading bytes of text, taken PLAIN_STEP at a time, cannot end a key of java.util.Properties: none of them is
 * a control byte, a blank, '=', ':' or '\\'. The byte after them need not end one, either. */
static inline size_t plain_key_length(struct slice text)
{
	size_t n = 0;

#ifdef __SSE2__
	for (; text.len - n >= PLAIN_STEP; n += PLAIN_STEP) {
		const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(text.ptr + n));
		__m128i stop = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x21));

		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('=')));
		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(':')));
		stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
		unsigned mask = (unsigned)_mm_movemask_epi8(stop);
		if (mask)
			return n + (size_t)__builtin_ctz(mask);
	}
#endif
	return n;
}

/* How many leading bytes of text need no look. */
static inline size_t plain_length(struct slice text)
{
	size_t n = 0;

	while (text.len - n >= PLAIN_STEP) {
		size_t plain = plain_step(text.ptr + n);
		n += plain;
		if (plain < PLAIN_STEP)
			return n;
	}
	if (n < text.len && plain_tail(text.ptr + n, n, text.len - n))
		return text.len;
	while (n < text.len && plain_byte(text.ptr[n]))
		n++;
	return n;
}

#endif
