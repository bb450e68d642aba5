#include "base/digest.h"

#include <openssl/sha.h>

void sha256_hex(struct slice data, char hex[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)data.ptr, data.len, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		hex[2 * i] = "0123456789abcdef"[digest[i] >> 4];
		hex[2 * i + 1] = "0123456789abcdef"[digest[i] & 15];
	}
	hex[2 * sizeof(digest)] = '\0';
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

void base64_encode(struct buf *out, struct slice data)
{
	const unsigned char *p = (const unsigned char *)data.ptr;
	size_t whole = data.len / 3, rest = data.len % 3;
	char *at = buf_reserve(out, (whole + 1) * 4);

	for (size_t i = 0; i < whole; i++)
		encode_group(at + 4 * i, p + 3 * i);
	if (rest > 0) {
		encode_group(at + 4 * whole, (const unsigned char[]){p[3 * whole], rest == 2 ? p[3 * whole + 1] : 0, 0});
		memset(at + 4 * whole + rest + 1, '=', 3 - rest);
	}
	buf_added(out, (whole + (rest > 0)) * 4);
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
