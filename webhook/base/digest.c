#include "base/digest.h"

#include <openssl/sha.h>
#include <stdio.h>

void sha256_hex(struct slice data, char hex[65])
{
	unsigned char digest[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)data.ptr, data.len, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
}

static void encode_group(struct buf *out, const unsigned char *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = (unsigned)p[0] << 16 | (n > 1 ? (unsigned)p[1] << 8 : 0) | (n > 2 ? p[2] : 0u);
	char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63], n > 1 ? digits[bits >> 6 & 63] : '=',
			 n > 2 ? digits[bits & 63] : '='};

	buf_add(out, (struct slice){group, sizeof(group)});
}

void base64_encode(struct buf *out, struct slice data)
{
	const unsigned char *p = (const unsigned char *)data.ptr;

	for (size_t i = 0; i < data.len; i += 3)
		encode_group(out, p + i, data.len - i);
}
