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

Test(digest, sha256_is_fips_180)
{
	char hex[65];

	sha256_hex(SLICE_LIT("abc"), hex);
	cr_expect_str_eq(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	sha256_hex(SLICE_LIT(""), hex);
	cr_expect_str_eq(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}
