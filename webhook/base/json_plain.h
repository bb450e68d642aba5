/*
 * json_plain.h - which bytes of a JSON string need a look: '"', '\\', control bytes, DEL and those of UTF-8
 * sequences. Private to base/json: the reader and the writer pass over all others many at a time, since most
 * of a manifest is such text.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__ /* on every x86-64 */

#include <emmintrin.h>

#define JSON_PLAIN_STEP sizeof(__m128i)

/* How many of the JSON_PLAIN_STEP bytes at p come before the first that needs a look; all where none does. Compared
 * signed, the bytes from 0x80 on are below 0x20 too. */
static inline size_t json_plain(const unsigned char *p)
{
	const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
	__m128i stop = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));

	stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
	stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
	stop = _mm_or_si128(stop, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F)));
	unsigned mask = (unsigned)_mm_movemask_epi8(stop);
	return mask ? (size_t)__builtin_ctz(mask) : JSON_PLAIN_STEP;
}

#else

#define JSON_PLAIN_STEP sizeof(uint64_t)

/* The same. In each test below the lowest byte that answers is right; those above it may be wrong, because of the
 * borrow. That is why only the lowest counts. */
static inline size_t json_plain(const unsigned char *p)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	w = le64toh(w);
	uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\'), del = w ^ (ones * 0x7F);
	uint64_t stop = (quote - ones) & ~quote;
	stop |= (slash - ones) & ~slash;
	stop |= (del - ones) & ~del;
	stop |= (w - ones * 0x20) & ~w;
	stop = (stop | w) & highs;
	return stop ? (size_t)__builtin_ctzll(stop) / 8 : JSON_PLAIN_STEP;
}

#endif

#endif
