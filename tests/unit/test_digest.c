/* SHA-256 by FIPS 180-4's examples, base64 by RFC 4648 section 10. */
#include "base/digest.h"
#include "testing.h"

static const struct {
	const char *plain, *encoded;
} codes[] = {
	{"", ""},          {"f", "Zg=="},          {"fo", "Zm8="},         {"foo", "Zm9v"},
	{"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb\xef", "//777w=="},
};

Test(digest, base64_is_rfc_4648)
{
	for (size_t i = 0; i < COUNT(codes); i++) {
		struct arena a = ARENA_INIT;
		struct buf b = buf_in(&a);

		buf_adds(&b, "=");
		base64_encode(&b, slice_of(codes[i].plain));
		cr_expect_str_eq(buf_slice(&b).ptr + 1, codes[i].encoded, "%s", codes[i].plain);
		cr_expect_eq(buf_slice(&b).len, strlen(codes[i].encoded) + 1);
		arena_release(&a);
	}
}

/* Twelve bytes at a time, three, or what is left: each the same characters, of every byte and at every length. */
Test(digest, base64_of_pieces_is_that_of_the_whole)
{
	unsigned char bytes[600];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + i / 256);
	for (size_t len = 0; len < sizeof(bytes); len++) {
		struct arena a = ARENA_INIT;
		struct buf whole = buf_in(&a), pieces = buf_in(&a), back = buf_in(&a);
		char *copy = arena_dup(&a, (struct slice){(const char *)bytes, len}); /* its end is watched */

		base64_encode(&whole, (struct slice){copy, len});
		for (size_t at = 0; at < len; at += 3)
			base64_encode(&pieces, (struct slice){copy + at, len - at < 3 ? len - at : 3});
		cr_expect(slice_eq(buf_slice(&whole), buf_slice(&pieces)), "%zu bytes", len);
		cr_expect_eq(base64_decode(&back, buf_slice(&whole)), 0);
		cr_expect(slice_eq(buf_slice(&back), (struct slice){copy, len}), "%zu bytes", len);
		arena_release(&a);
	}
}

Test(digest, sha256_is_fips_180)
{
	char hex[65];

	sha256_hex(SLICE_LIT("abc"), hex);
	cr_expect_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(SLICE_LIT(""), hex);
	cr_expect_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
