/*
 * digest.h - SHA-256 (OpenSSL) and base64 (RFC 4648), for short texts.
 * Threads: no state.
 */
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/buf.h"

#define SHA256_BYTES 32
#define SHA256_HEX   (2 * SHA256_BYTES + 1)

/* SHA-256 of data, and the same as 64 lower-case hex digits and a NUL. */
void sha256(struct slice data, unsigned char ret[SHA256_BYTES]);
void sha256_hex(struct slice data, char hex[SHA256_HEX]);

/* Bytes as two lower-case hex digits each, and a NUL. */
void hex_print(const unsigned char *bytes, size_t count, char *hex);

/* data in base64 with padding, appended to out. */
void base64_encode(struct buf *out, struct slice data);

/* Decode base64 text and append the bytes to out; line breaks are skipped. -1 if it is not base64 (out may then
 * hold a part). */
MUST_CHECK int base64_decode(struct buf *out, struct slice text);

#endif
