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

/* One to three bytes as four characters. */
static void encode_group(char *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);

	out[0] = digits[bits >> 18];
	out[1] = digits[bits >> 12 & 63];
	out[2] = n > 1 ? digits[bits >> 6 & 63] : '=';
	out[3] = n > 2 ? digits[bits & 63] : '=';
}

void base64_encode(struct buf *out, struct slice data)
{
	const unsigned char *p = (const unsigned char *)data.ptr;
	size_t groups = (data.len + 2) / 3;
	char *at = buf_reserve(out, groups * 4);

	for (size_t i = 0; i < data.len; i += 3, at += 4)
		encode_group(at, p + i, data.len - i);
	buf_added(out, groups * 4);
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
