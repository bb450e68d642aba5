#include "base/hash.h"

#include <sys/random.h>

__extension__ typedef unsigned __int128 wide;

/* Written once before threads start, then only read. */
static uint64_t secret[2] = {0x9E3779B97F4A7C15u, 0x9FB21C651E98DF25u};

void hash_setup(void)
{
	uint64_t drawn[2];

	if (getrandom(drawn, sizeof(drawn), 0) != (ssize_t)sizeof(drawn))
		return;
	secret[0] = drawn[0];
	secret[1] = drawn[1] | 1;
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	wide product = (wide)(h ^ word) * secret[1];

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t hash(struct slice text)
{
	uint64_t h = secret[0] ^ text.len, word = 0;

	if (text.len < sizeof(word)) {
		for (size_t i = 0; i < text.len; i++)
			word = word << 8 | (unsigned char)text.ptr[i];
		return mix(mix(h, word), secret[0]);
	}
	const char *last = text.ptr + text.len - sizeof(word);
	for (const char *at = text.ptr; at < last; at += sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		h = mix(h, word);
	}
	memcpy(&word, last, sizeof(word)); /* some bytes twice, rather than a copy of just those left */
	return mix(mix(h, word), secret[0]);
}
