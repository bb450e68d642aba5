/* Which masters Spark takes: the verdicts are java.net.URI's (Java 17), by the condition of
 * Utils.extractHostPortFromSparkUrl. */
#include "policy/master_url.h"
#include "policy/namespace.h"

#include "policy_testing.h"

static const char *const good[] = {
	"spark://m:7077",
	"spark://M.Team.svc.cluster.local:7077",
	"spark://m.team.svc.cluster.local.:7077",
	"spark://a--b:7077",
	"spark://9a.b:7077",
	"spark://1:7077",
	"spark://1a:7077",
	"spark://m:07077",
	"spark://m:0",
	"spark://m:65535",
	"spark://1.2.3.4:7077",
	"spark://01.2.3.4:7077",
	"spark://255.255.255.255:7077",
	"spark://[fd00::1]:7077",
	"spark://[::]:7077",
	"spark://[::ffff:1.2.3.4]:7077",
	"spark://[1:2:3:4:5:6:7:8]:7077",
	"spark://[1:2:3:4:5:6:1.2.3.4]:7077",
	"spark://[fe80::1%eth0]:7077",
	"spark://[fe80::1%a_b.c]:7077",
	"spark://a:1,b:2",
	"spark://a:1,[fd00::1]:2,10.0.0.1:3",
	"spark://a:1,",
	"spark://a:1,,",
};

static const struct {
	const char *text;
	const char *says; /* how to write it */
} bad[] = {
	{"", "empty"},
	{"spark://", "write spark://host:7077"},
	{"spark://,", "write spark://host:7077"},
	{"spark://:7077", "write spark://host:7077"},
	{"spark://,a:1", "write spark://host:7077"},
	{"spark://a:1,,b:2", "write spark://host:7077"},
	{"spark://m", "needs a port, write m:7077"},
	{"spark://m:", "needs a port, write m:7077"},
	{"spark://m:-7", "needs a port"},
	{"spark://m:+7077", "needs a port"},
	{"spark://[fd00::1]", "needs a port, write [fd00::1]:7077"},
	{"spark://m:65536", "above 65535"},
	{"spark://m:99999999999999999999", "above 65535"},
	{"spark://m:7077/", "has '/' after its port, write m:7077"},
	{"spark://m:7077?x", "has '?x' after its port, write m:7077"},
	{"spark://m:7077#", "has '#' after its port"},
	{"spark://a:7077:1", "has ':1' after its port"},
	{"spark://[fd00::1]:7077/", "has '/' after its port, write [fd00::1]:7077"},
	{"spark://m:7077 ", "'m:7077 ' has a blank at its start or end, write m:7077"},
	{"spark://m:7077\n", "has a blank at its start or end"},
	{"spark:// m:7077", "write m:7077"},
	{"spark://a:7077, b:7077", "' b:7077' has a blank at its start or end, write b:7077"},
	{"spark://a:7077 ,b:7077", "write a:7077"},
	{"spark://a:7077, ", "a master is blank, write spark://a:7077,b:7077"},
	{"spark://a b:7077", "has a blank inside"},
	{"spark://a\tb:7077", "has a blank inside"},
	{"spark://a:1,spark://b:2", "'spark://' is written once"},
	{"spark://m_n:7077", "underscore"},
	{"spark://a.b_c:7077", "underscore"},
	{"spark://${X}:7077", "holds a variable"},
	{"spark://$(X):7077", "holds a variable"},
	{"spark://a;b:7077", "'a;b' is not one that Spark accepts"},
	{"spark://a'b:7077", "is not one that Spark accepts"},
	{"spark://a%41:7077", "is not one that Spark accepts"},
	{"spark://a\\b:7077", "is not one that Spark accepts"},
	{"spark://a/b:7077", "is not one that Spark accepts"},
	{"spark://\303\251:7077", "is not one that Spark accepts"},
	{"spark://*:7077", "is not one that Spark accepts"},
	{"spark://-m:7077", "is not one that Spark accepts"},
	{"spark://m-:7077", "is not one that Spark accepts"},
	{"spark://a.-b:7077", "is not one that Spark accepts"},
	{"spark://a.b-:7077", "is not one that Spark accepts"},
	{"spark://.:7077", "is not one that Spark accepts"},
	{"spark://.m:7077", "is not one that Spark accepts"},
	{"spark://m..n:7077", "is not one that Spark accepts"},
	{"spark://m..:7077", "is not one that Spark accepts"},
	{"spark://a.1:7077", "is not one that Spark accepts"},
	{"spark://a.1b:7077", "is not one that Spark accepts"},
	{"spark://a.1.:7077", "is not one that Spark accepts"},
	{"spark://1.2.3:7077", "is not one that Spark accepts"},
	{"spark://1.2.3.456:7077", "is not one that Spark accepts"},
	{"spark://1.2.3.4.:7077", "is not one that Spark accepts"},
	{"spark://1.2.3.4.5:7077", "is not one that Spark accepts"},
	{"spark://[]:7077", "is not one that Spark accepts"},
	{"spark://[fd00]:7077", "is not one that Spark accepts"},
	{"spark://[g::1]:7077", "is not one that Spark accepts"},
	{"spark://[1.2.3.4]:7077", "is not one that Spark accepts"},
	{"spark://[12345::]:7077", "is not one that Spark accepts"},
	{"spark://[fd00::1::2]:7077", "is not one that Spark accepts"},
	{"spark://[::1:2:3:4:5:6:7:8]:7077", "is not one that Spark accepts"},
	{"spark://[fe80::1%]:7077", "is not one that Spark accepts"},
	{"spark://[fe80::1%a-b]:7077", "is not one that Spark accepts"},
	{"spark://[fd00::1]7077", "is not one that Spark accepts"},
	{"spark://[fd00::1:7077", "is not one that Spark accepts"},
	{"spark://fd00::1:7077", "needs brackets"},
	{"spark://u@m:7077", "has a user ('@')"},
	{"spark://u:hunter2@m:7077", "has a user ('@')"},
	{"spark://u:hun,ter2@m:7077", "has a user ('@')"},
	{"spark://1.2.3.256:7077", "a whole IPv4 address"},
	{"spark://u:hunter2@m:7077 ", "has a user ('@')"},
	{"spark://a:1,b:1,c:1,d:1,e:1,f:1,g:1,h:1,i:1", "more than 8"},
	{"k8s://", "no API server"},
	{"k8s://https://", "no API server"},
};

Test(master_url, takes_what_spark_takes)
{
	for (size_t i = 0; i < COUNT(good); i++) {
		struct master_url url;
		struct err err = {""};
		int rc = master_url_parse(slice_of(good[i]), &url, &err);
		cr_expect_eq(rc, 0, "%s: %s", good[i], err.text);
		cr_expect(rc < 0 || url.kind == MASTER_STANDALONE, "%s", good[i]);
	}
}

Test(master_url, refuses_what_spark_refuses_and_says_how_to_write_it)
{
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct master_url url = {.host_count = 42};
		struct err err = {""};
		cr_expect_lt(master_url_parse(slice_of(bad[i].text), &url, &err), 0, "%s", bad[i].text);
		cr_expect(strstr(err.text, bad[i].says), "%s: %s", bad[i].text, err.text);
		cr_expect_not(strstr(err.text, "hunter2"), "%s", err.text);
		cr_expect_eq(url.host_count, 42, "%s: untouched", bad[i].text);
	}
}

Test(master_url, tells_hosts_apart)
{
	struct master_url url;
	struct err err = {""};

	cr_assert_eq(master_url_parse(SLICE_LIT("spark://a:1,[fd00::1]:2,"), &url, &err), 0, "%s", err.text);
	cr_expect_eq(url.host_count, 2);
	cr_expect(slice_is(url.hosts[0], "a:1"));
	cr_expect(slice_is(url.hosts[1], "[fd00::1]:2"));
}

Test(master_url, knows_the_other_kinds)
{
	struct master_url url;
	struct err err = {""};

	cr_assert_eq(master_url_parse(SLICE_LIT("k8s://http://a:8001"), &url, &err), 0);
	cr_expect(url.kind == MASTER_K8S && !url.https);
	cr_assert_eq(master_url_parse(SLICE_LIT("k8s://a"), &url, &err), 0);
	cr_expect(url.kind == MASTER_K8S && url.https);
	cr_assert_eq(master_url_parse(SLICE_LIT("local[*]"), &url, &err), 0);
	cr_expect(url.kind == MASTER_OTHER);
}

/* An address is no Service: an object may name it only where policy lists it. */
Test(master_url, ipv6_is_for_policy_to_allow)
{
	struct policy *p = shipped();
	const struct slice master = SLICE_LIT("spark://[fd00::1]:7077");

	cr_expect_not(master_is_allowed(p, master, "team"));
	cr_expect_not(master_is_allowed(p, SLICE_LIT("spark://m:7077,[fd00::1]:7077"), "team"));
	cr_expect(master_is_allowed(p, SLICE_LIT("spark://m.team.svc:7077"), "team"));
	policy_unref(p);
}
