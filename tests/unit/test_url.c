/* What of URLs is not printed. */
#include "base/url.h"

#include "testing.h"

static const struct {
	const char *text, *shown; /* shown NULL: as it is */
} cases[] = {
	{"", NULL},
	{"local[*]", NULL},
	{"k8s://https://api:6443", NULL},
	{"k8s://https://u@api:6443", NULL},
	{"spark://a:7077,b:7077", NULL},
	{"s3a://bucket/a:b@c", NULL},
	{"https://api:6443?x=a@b", NULL},
	{"https://api:6443#a@b", NULL},
	{"://", NULL},
	{"https://", NULL},
	{"u:hush@api", NULL}, /* no URL */
	{"https://a:1 u@x", NULL},
	{"k8s://https://u:hush@api:6443", "k8s://https://u:(redacted)@api:6443"},
	{"k8s://u:hush@api:6443/path", "k8s://u:(redacted)@api:6443/path"},
	{"https://u:@api", "https://u:(redacted)@api"},
	{"https://:hush@api", "https://:(redacted)@api"},
	{"https://u:hu:s@h@api", "https://u:(redacted)@api"},
	{"-Dhttp.proxy=http://u:hush@a -Dhttps.proxy='https://v:hush@b'", "-Dhttp.proxy=http://u:(redacted)@a -Dhttps.proxy='https://v:(redacted)@b'"},
	{"https://u:hush@a,https://v:hush@b", "https://u:(redacted)@a,https://v:(redacted)@b"},
};

Test(url, shows_no_password)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_str_eq(url_redact(&a, slice_of(cases[i].text)), cases[i].shown ? cases[i].shown : cases[i].text, "%s", cases[i].text);
	arena_release(&a);
}
