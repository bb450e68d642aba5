/* SHA256() and everything else that is not deprecated look the algorithm up on each call, with eighty calls
 * of malloc(). */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "base/digest.h"

#include <endian.h>
#include <openssl/sha.h>

void sha256(struct slice data, unsigned char ret[SHA256_BYTES])
{
	SHA256_CTX context;

	SHA256_Init(&context);
	SHA256_Update(&context, data.ptr, data.len);
	SHA256_Final(ret, &context);
}

void hex_print(const unsigned char *bytes, size_t count, char *hex)
{
	for (size_t i = 0; i < count; i++) {
		hex[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	hex[2 * count] = '\0';
}

void sha256_hex(struct slice data, char hex[SHA256_HEX])
{
	unsigned char digest[SHA256_BYTES];

	sha256(data, digest);
	hex_print(digest, sizeof(digest), hex);
}

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Three bytes as four characters. */
static void encode_group(char *out, const unsigned char *p)
{
	unsigned bits = (unsigned)p[0] << 16 | (unsigned)p[1] << 8 | p[2];

	out[0] = digits[bits >> 18];
	out[1] = digits[bits >> 12 & 63];
	out[2] = digits[bits >> 6 & 63];
	out[3] = digits[bits & 63];
}

/* Patches are kilobytes: most of one is encoded twelve bytes at a time, as sixteen numbers of six bits in a vector. */
#define WIDE_BYTES 12
#define WIDE_READ 14 /* bytes that are read for them */
#define WIDE_CHARS 16

typedef signed char digits16 __attribute__((vector_size(WIDE_CHARS)));

/* The first six of the eight bytes at p as eight numbers, a byte each. */
static uint64_t sixes(const unsigned char *p)
{
	uint64_t w;

	memcpy(&w, p, sizeof(w));
	w = be64toh(w) >> 16;
	w = (w & 0xFFFFFF000000u) << 8 | (w & 0xFFFFFFu);
	w = (w & 0x00FFF00000FFF000u) << 4 | (w & 0x00000FFF00000FFFu);
	w = (w & 0x0FC00FC00FC00FC0u) << 2 | (w & 0x003F003F003F003Fu);
	return htobe64(w);
}

/* digits[] without a table: each range adds how far its characters are off those of the range before. */
static void encode_wide(char *out, const unsigned char *p)
{
	const uint64_t words[2] = {sixes(p), sixes(p + WIDE_BYTES / 2)};
	digits16 n;

	memcpy(&n, words, sizeof(n));
	n += 'A' + ((n > 25) & ('a' - 'A' - 26)) + ((n > 51) & ('0' - 'a' - 26)) + ((n > 61) & ('+' - '0' - 10)) +
	     ((n > 62) & ('/' - '+' - 1));
	memcpy(out, &n, sizeof(n));
}

#ifdef __x86_64__

#include <tmmintrin.h>

#define SHUFFLED_READ 16

/* The same with a shuffle of bytes, in a third of the instructions: every processor of the last fifteen years has
 * SSSE3, but this program may run on others. (The method is W. Mula's, 0x80.pl.) */
static __attribute__((target("ssse3"))) void encode_shuffled(char *out, const unsigned char *p)
{
	/* Every three bytes abc become the four bacb: two words of sixteen bits that have the digits' bits side by
	 * side. */
	const __m128i spread = _mm_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	/* What to add to a digit to get its character, by its distance from 51 for 52 to 63, at 13 for 0 to 25, at 0
	 * for 26 to 51. */
	const __m128i distances = _mm_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
						'0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
	const __m128i in = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p), spread);
	/* Multiplying by a power of two shifts each word by a count of its own. */
	const __m128i odd = _mm_mulhi_epu16(_mm_and_si128(in, _mm_set1_epi32(0x0FC0FC00)), _mm_set1_epi32(0x04000040));
	const __m128i even = _mm_mullo_epi16(_mm_and_si128(in, _mm_set1_epi32(0x003F03F0)), _mm_set1_epi32(0x01000010));
	const __m128i n = _mm_or_si128(odd, even);
	const __m128i capital = _mm_and_si128(_mm_cmpgt_epi8(_mm_set1_epi8(26), n), _mm_set1_epi8(13));
	const __m128i range = _mm_or_si128(_mm_subs_epu8(n, _mm_set1_epi8(51)), capital);

	_mm_storeu_si128((__m128i *)out, _mm_add_epi8(n, _mm_shuffle_epi8(distances, range)));
}

/* Encode as many groups of twelve as can be read this way; returns their bytes. */
static __attribute__((target("ssse3"))) size_t encode_most(char *out, const unsigned char *p, size_t len)
{
	size_t done = 0;

	for (; len - done >= SHUFFLED_READ; done += WIDE_BYTES, out += WIDE_CHARS)
		encode_shuffled(out, p + done);
	return done;
}

static bool has_shuffle(void)
{
	return __builtin_cpu_supports("ssse3");
}

#else

static size_t encode_most(char *out, const unsigned char *p, size_t len)
{
	(void)out, (void)p, (void)len;
	return 0;
}

static bool has_shuffle(void)
{
	return false;
}

#endif

void base64_encode(struct buf *out, struct slice data)
{
	const unsigned char *p = (const unsigned char *)data.ptr;
	size_t left = data.len, chars = (left + 2) / 3 * 4;
	char *at = buf_reserve(out, chars);
	size_t done = has_shuffle() ? encode_most(at, p, left) : 0;

	at += done / 3 * 4;
	p += done;
	left -= done;
	for (; left >= WIDE_READ; left -= WIDE_BYTES, p += WIDE_BYTES, at += WIDE_CHARS)
		encode_wide(at, p);
	for (; left >= 3; left -= 3, p += 3, at += 4)
		encode_group(at, p);
	if (left > 0) {
		encode_group(at, (const unsigned char[]){p[0], left == 2 ? p[1] : 0, 0});
		memset(at + left + 1, '=', 3 - left);
	}
	buf_added(out, chars);
}

static int digit_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

int base64_decode(struct buf *out, struct slice text)
{
	unsigned bits = 0, count = 0, padding = 0;

	for (size_t i = 0; i < text.len; i++) {
		int digit = digit_of(text.ptr[i]);
		if (text.ptr[i] == '\n' || text.ptr[i] == '\r')
			continue;
		padding += text.ptr[i] == '=';
		if (text.ptr[i] == '=' ? padding > 2 : digit < 0 || padding > 0)
			return -1;
		if (digit < 0)
			continue;
		bits = bits << 6 | (unsigned)digit;
		if (++count % 4 != 1)
			buf_addc(out, (char)(bits >> (6 - 2 * ((count - 1) % 4)) & 255));
	}
	return (count + padding) % 4 == 0 && count % 4 != 1 ? 0 : -1;
}
