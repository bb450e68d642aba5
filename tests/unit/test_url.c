/* What of URLs is not printed. */
#include "base/url.h"

#include "testing.h"

static const struct {
	const char *text, *shown; /* shown NULL: as it is */
} cases[] = {
	{"", NULL},
	{"local[*]", NULL},
	{"k8s://https://api:6443", NULL},
	{"k8s://https://token@api:6443", "k8s://https://(redacted)@api:6443"},
	{"https://@api", NULL},
	{"https://api:/x@y", "https://api:(redacted)@y"},
	{"https://api/x@y:z", NULL},
	{"https://u:PW7/x@m", "https://u:(redacted)@m"},
	{"https://u:a?b#c@d@m:1", "https://u:(redacted)@m:1"},
	{"https://u:p@m/x@y", "https://u:(redacted)@y"},
	{"https://t@m:1/x@y", "https://(redacted)@y"},
	{"https://u@x:p@m", "https://(redacted)@m"},
	{"docker.io/spark@sha256:0a", NULL},
	{"spark://a:7077,b:7077", NULL},
	{"s3a://bucket/a:b@c", NULL},
	{"https://api:6443?x=a@b", "https://api:(redacted)@b"},
	{"https://api:6443#a@b", "https://api:(redacted)@b"},
	{"://", NULL},
	{"https://", NULL},
	{"u:hush@api", NULL}, /* no URL */
	{"https://a:1 u@x", NULL},
	{"k8s://https://u:hush@api:6443", "k8s://https://u:(redacted)@api:6443"},
	{"k8s://u:hush@api:6443/path", "k8s://u:(redacted)@api:6443/path"},
	{"https://u:@api", NULL},
	{"https://:hush@api", "https://:(redacted)@api"},
	{"https://u:hu:s@h@api", "https://u:(redacted)@api"},
	{"-Dhttp.proxy=http://u:hush@a -Dhttps.proxy='https://v:hush@b'",
	 "-Dhttp.proxy=http://u:(redacted)@a -Dhttps.proxy='https://v:(redacted)@b'"},
	{"https://u:hush@a,https://v:hush@b", "https://u:(redacted)@a,https://v:(redacted)@b"},
};

Test(url, shows_no_secret)
{
	struct arena a = ARENA_INIT;

	for (size_t i = 0; i < COUNT(cases); i++)
		cr_expect_str_eq(url_redact(&a, slice_of(cases[i].text)),
				 cases[i].shown ? cases[i].shown : cases[i].text, "%s", cases[i].text);
	arena_release(&a);
}
