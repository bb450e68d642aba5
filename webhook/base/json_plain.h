/*
 * json_plain.h - which bytes of a JSON string need a look: '"', '\\', control bytes, DEL and those of UTF-8
 * sequences. Private to base/json: the reader and the writer pass over all others eight at a time, since most
 * of a manifest is such text.
 */
#ifndef BASE_JSON_PLAIN_H
#define BASE_JSON_PLAIN_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define JSON_PLAIN_STEP sizeof(uint64_t)

/* How many of the eight bytes at p come before the first that needs a look; 8 where none does.
 *
 * In each test below the lowest byte that answers is right; those above it may be wrong, because of the
 * borrow. That is why only the lowest counts. */
static inline size_t json_plain_8(const unsigned char *p)
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
