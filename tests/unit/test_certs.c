/* certs/: a directory of certificates through its life. The oracle of what a TLS client accepts is OpenSSL's own
 * chain and host check (X509_verify_cert), not our code. */
#include "certs/certs.h"
#include "certs/inspect.h"
#include "certs/issue.h"
#include "certs/store.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOW INT64_C(1760000000) /* any moment: certs/ reads no clock */
#define DAY ((int64_t)DAY_SECONDS)

static char top[] = "/tmp/sparkgate-certs-XXXXXX";
static char dir[64];

static void setup(void)
{
	cr_assert(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/certs", top);
}

static void teardown(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", top);
	cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c): a path of our own making */
}

TestSuite(certs, .init = setup, .fini = teardown);

static const char *in_dir(const char *name)
{
	static char path[2][128];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static void read_file(const char *name, char text[STORE_FILE_MAX])
{
	FILE *f = fopen(in_dir(name), "re");

	cr_assert(f, "%s", name);
	text[fread(text, 1, STORE_FILE_MAX - 1, f)] = '\0';
	fclose(f);
}

static void write_file(const char *name, const char *text, mode_t mode)
{
	FILE *f = fopen(in_dir(name), "we");

	cr_assert(f, "%s", name);
	fputs(text, f);
	fclose(f);
	cr_assert_eq(chmod(in_dir(name), mode), 0);
}

static void ensure(const char *const *names, size_t count, int64_t now, enum certs_outcome expected)
{
	enum certs_outcome outcome = CERTS_KEPT;
	struct err err = {""};

	cr_assert_eq(certs_ensure(dir, names, count, now, &outcome, &err), 0, "%s", err.text);
	cr_assert_eq(outcome, expected, "outcome %d, not %d", (int)outcome, (int)expected);
}

static void ensure_fails(int64_t now, const char *complaint)
{
	enum certs_outcome outcome = (enum certs_outcome)77;
	struct err err = {""};

	cr_assert_eq(certs_ensure(dir, NULL, 0, now, &outcome, &err), -1, "no complaint '%s'", complaint);
	cr_expect(strstr(err.text, complaint), "'%s' lacks '%s'", err.text, complaint);
	cr_expect_eq((int)outcome, 77, "*ret was touched");
}

/* What a client that trusts ca.crt says of tls.crt under this name: X509_V_OK or why not. */
static int client_says(const char *name, int64_t at)
{
	char ca[STORE_FILE_MAX], tls[STORE_FILE_MAX];
	STACK_OF(X509) *cas = NULL, *leaves = NULL;
	struct err err = {""};
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();

	read_file("ca.crt", ca);
	read_file("tls.crt", tls);
	cr_assert_eq(chain_parse(slice_of(ca), &cas, &err), 0, "%s", err.text);
	cr_assert_eq(chain_parse(slice_of(tls), &leaves, &err), 0, "%s", err.text);
	for (int i = 0; i < sk_X509_num(cas); i++)
		X509_STORE_add_cert(store, sk_X509_value(cas, i));
	X509_STORE_CTX_init(ctx, store, sk_X509_value(leaves, 0), NULL);

	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)at);
	X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
	X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT);
	if (X509_VERIFY_PARAM_set1_ip_asc(param, name) != 1)
		X509_VERIFY_PARAM_set1_host(param, name, 0);
	X509_verify_cert(ctx);

	int said = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	sk_X509_pop_free(cas, X509_free);
	sk_X509_pop_free(leaves, X509_free);
	return said;
}

static void expect_accepted(const char *name, int64_t at)
{
	int said = client_says(name, at);

	cr_expect_eq(said, X509_V_OK, "%s: %s", name, X509_verify_cert_error_string(said));
}

Test(certs, makes_what_a_strict_client_accepts)
{
	const char *names[] = {"Webhook.Example.org", "192.0.2.7", "2001:DB8:0::7"};

	ensure(names, 3, NOW, CERTS_MADE);
	for (size_t i = 0; i < certs_default_name_count; i++)
		expect_accepted(certs_default_names[i], NOW);
	expect_accepted("webhook.example.org", NOW);
	expect_accepted("192.0.2.7", NOW);
	expect_accepted("2001:db8::7", NOW);
	expect_accepted("localhost", NOW + 364 * DAY);
	cr_expect_eq(client_says("example.org", NOW), X509_V_ERR_HOSTNAME_MISMATCH);
	cr_expect_eq(client_says("192.0.2.8", NOW), X509_V_ERR_IP_ADDRESS_MISMATCH);
	cr_expect_eq(client_says("localhost", NOW + 366 * DAY), X509_V_ERR_CERT_HAS_EXPIRED);
}

Test(certs, keeps_keys_to_itself)
{
	static const struct {
		const char *name;
		mode_t mode;
	} files[] = {{".", 0700}, {"ca.key", 0600}, {"tls.key", 0600}, {"ca.crt", 0644}, {"tls.crt", 0644}};

	umask(0);
	ensure(NULL, 0, NOW, CERTS_MADE);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		struct stat st;

		cr_assert_eq(stat(in_dir(files[i].name), &st), 0);
		cr_expect_eq(st.st_mode & 07777, files[i].mode, "%s: %o", files[i].name, st.st_mode & 07777);
	}
}

/* Seconds of life left of the new leaf and what is to happen then. */
static const struct {
	int64_t days;
	enum certs_outcome outcome;
} ages[] = {{0, CERTS_KEPT}, {240, CERTS_KEPT}, {245, CERTS_LEAF_RENEWED}, {364, CERTS_LEAF_RENEWED}, {400, CERTS_LEAF_RENEWED}};

Test(certs, renews_in_the_last_third_only)
{
	for (size_t i = 0; i < sizeof(ages) / sizeof(*ages); i++) {
		char before[STORE_FILE_MAX], after[STORE_FILE_MAX], key[STORE_FILE_MAX], key_after[STORE_FILE_MAX];

		ensure(NULL, 0, NOW, CERTS_MADE);
		read_file("tls.crt", before);
		read_file("tls.key", key);
		ensure(NULL, 0, NOW + ages[i].days * DAY, ages[i].outcome);
		read_file("tls.crt", after);
		read_file("tls.key", key_after);
		cr_expect_eq(strcmp(before, after) == 0, ages[i].outcome == CERTS_KEPT, "after %d days", (int)ages[i].days);
		cr_expect_str_eq(key, key_after, "a renewal changes one file");
		expect_accepted("localhost", NOW + ages[i].days * DAY);
		teardown();
		snprintf(top, sizeof(top), "/tmp/sparkgate-certs-XXXXXX");
		setup();
	}
}

Test(certs, renews_for_a_new_name_and_keeps_the_old_ones)
{
	const char *first[] = {"a.example.org"}, *second[] = {"b.example.org"};

	ensure(first, 1, NOW, CERTS_MADE);
	ensure(second, 1, NOW, CERTS_LEAF_RENEWED);
	expect_accepted("a.example.org", NOW);
	expect_accepted("b.example.org", NOW);
	ensure(first, 1, NOW, CERTS_KEPT);
	ensure(NULL, 0, NOW, CERTS_KEPT);
}

Test(certs, signs_a_leaf_for_a_ca_that_stands_alone)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	unlink(in_dir("tls.crt"));
	unlink(in_dir("tls.key"));
	ensure(NULL, 0, NOW, CERTS_MADE);
	expect_accepted("localhost", NOW);
}

Test(certs, refuses_half_of_a_pair_and_names_both_files)
{
	static const struct {
		const char *gone, *complaint;
	} halves[] = {
		{"ca.crt", "'ca.key' is there but 'ca.crt' is not"},
		{"ca.key", "'ca.crt' is there but 'ca.key' is not"},
		{"tls.crt", "'tls.key' is there but 'tls.crt' is not"},
		{"tls.key", "'tls.crt' is there but 'tls.key' is not"},
	};

	ensure(NULL, 0, NOW, CERTS_MADE);
	for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++) {
		rename(in_dir(halves[i].gone), in_dir("aside"));
		ensure_fails(NOW, halves[i].complaint);
		cr_expect_eq(access(in_dir(halves[i].gone), F_OK), -1, "%s was made anew", halves[i].gone);
		rename(in_dir("aside"), in_dir(halves[i].gone));
	}
	ensure(NULL, 0, NOW, CERTS_KEPT);
}

static const struct {
	const char *file;
	mode_t mode;
	const char *text, *complaint;
} damaged[] = {
	{"tls.crt", 0644, "", "no PEM certificate"},
	{"tls.crt", 0644, "hello\n", "no PEM certificate"},
	{"tls.crt", 0644, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a PEM certificate"},
	{"tls.crt", 0644, "-----BEGIN CERTIFICATE-----\n", "not a PEM certificate"},
	{"tls.key", 0600, "", "not a PEM private key"},
	{"tls.key", 0600, "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
	 "not a PEM private key"},
	{"ca.key", 0600, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a PEM private key"},
	{"ca.crt", 0644, "x", "no PEM certificate"},
};

Test(certs, refuses_damaged_files_and_leaves_them)
{
	char good[STORE_FILE_MAX], text[STORE_FILE_MAX];

	ensure(NULL, 0, NOW, CERTS_MADE);
	for (size_t i = 0; i < sizeof(damaged) / sizeof(*damaged); i++) {
		read_file(damaged[i].file, good);
		write_file(damaged[i].file, damaged[i].text, damaged[i].mode);
		ensure_fails(NOW, damaged[i].complaint);
		read_file(damaged[i].file, text);
		cr_expect_str_eq(text, damaged[i].text);
		write_file(damaged[i].file, good, damaged[i].mode);
	}
}

Test(certs, refuses_keys_that_others_can_read)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	chmod(in_dir("tls.key"), 0640);
	ensure_fails(NOW, "'tls.key' is open to others (mode 0640)");
	chmod(in_dir("tls.key"), 0600);
	chmod(in_dir("ca.key"), 0604);
	ensure_fails(NOW, "'ca.key' is open to others (mode 0604)");
	chmod(in_dir("ca.key"), 0600);
	chmod(dir, 0755);
	ensure_fails(NOW, "chmod 700");
}

Test(certs, follows_no_symbolic_link_and_waits_for_no_fifo)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	rename(in_dir("tls.key"), in_dir("elsewhere"));
	cr_assert_eq(symlink("elsewhere", in_dir("tls.key")), 0);
	ensure_fails(NOW, "'tls.key' is a symbolic link");
	unlink(in_dir("tls.key"));
	cr_assert_eq(mkfifo(in_dir("tls.key"), 0600), 0);
	ensure_fails(NOW, "not a regular file");
}

Test(certs, refuses_files_that_do_not_belong_together)
{
	char key[STORE_FILE_MAX], other[STORE_FILE_MAX];

	ensure(NULL, 0, NOW, CERTS_MADE);
	read_file("tls.key", key);
	read_file("ca.key", other);
	write_file("tls.key", other, 0600);
	ensure_fails(NOW, "'tls.key' does not belong to 'tls.crt'");
	write_file("tls.key", key, 0600);
	write_file("ca.key", key, 0600);
	ensure_fails(NOW, "'ca.key' does not belong to any certificate in 'ca.crt'");
	unlink(in_dir("ca.key"));
	unlink(in_dir("ca.crt"));
	ensure_fails(NOW, "no CA");
}

Test(certs, refuses_a_leaf_of_a_stranger)
{
	char leaf[STORE_FILE_MAX], key[STORE_FILE_MAX];

	ensure(NULL, 0, NOW, CERTS_MADE);
	read_file("tls.crt", leaf);
	read_file("tls.key", key);
	teardown();
	snprintf(top, sizeof(top), "/tmp/sparkgate-certs-XXXXXX");
	setup();
	ensure(NULL, 0, NOW, CERTS_MADE);
	write_file("tls.crt", leaf, 0644);
	write_file("tls.key", key, 0600);
	ensure_fails(NOW, "not signed by any CA");
}

Test(certs, doubts_the_clock_rather_than_the_certificate)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	ensure_fails(NOW - DAY, "clock");
}

Test(certs, says_that_the_ca_has_expired)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	ensure_fails(NOW + 3651 * DAY, "rotate DIR --ca");
}

Test(certs, never_lets_a_leaf_outlive_its_ca)
{
	ensure(NULL, 0, NOW, CERTS_MADE);
	ensure(NULL, 0, NOW + 3600 * DAY, CERTS_LEAF_RENEWED);
	expect_accepted("localhost", NOW + 3649 * DAY);
	cr_expect_eq(client_says("localhost", NOW + 3651 * DAY), X509_V_ERR_CERT_HAS_EXPIRED);
}

Test(certs, rotates_the_key_but_not_the_names)
{
	const char *names[] = {"a.example.org"};
	char before[STORE_FILE_MAX], after[STORE_FILE_MAX];
	struct err err = {""};

	ensure(names, 1, NOW, CERTS_MADE);
	read_file("tls.key", before);
	cr_assert_eq(certs_rotate(dir, NOW, &err), 0, "%s", err.text);
	read_file("tls.key", after);
	cr_expect_str_neq(before, after);
	expect_accepted("a.example.org", NOW);
	ensure(NULL, 0, NOW, CERTS_KEPT);
}

Test(certs, rotates_the_ca_with_an_overlap)
{
	struct err err = {""};
	struct arena arena = ARENA_INIT;
	struct certs_info info;

	ensure(NULL, 0, NOW, CERTS_MADE);
	cr_assert_eq(certs_rotate_ca(dir, NOW, &err), 0, "%s", err.text);
	expect_accepted("localhost", NOW); /* the old leaf, by the old CA in the bundle */
	ensure(NULL, 0, NOW, CERTS_KEPT);
	cr_expect_eq(certs_rotate_ca(dir, NOW, &err), -1, "a second one would drop the CA of the leaf in use");
	cr_assert_eq(certs_rotate(dir, NOW, &err), 0, "%s", err.text);
	expect_accepted("localhost", NOW); /* the new leaf, by the new CA */

	cr_assert_eq(certs_describe(&arena, dir, &info, &err), 0, "%s", err.text);
	cr_assert_eq(info.count, 3);
	cr_expect_str_eq(info.items[2].issuer, info.items[0].subject);
	cr_expect_str_neq(info.items[0].subject, info.items[1].subject);
	arena_release(&arena);
}

/* A crash between the two writes of rotate_ca: ca.crt is new, ca.key still the old one. */
Test(certs, survives_a_crash_in_the_middle_of_a_ca_rotation)
{
	char old_key[STORE_FILE_MAX];
	struct err err = {""};

	ensure(NULL, 0, NOW, CERTS_MADE);
	read_file("ca.key", old_key);
	cr_assert_eq(certs_rotate_ca(dir, NOW, &err), 0, "%s", err.text);
	write_file("ca.key", old_key, 0600);
	ensure(NULL, 0, NOW, CERTS_KEPT);
	ensure(NULL, 0, NOW + 300 * DAY, CERTS_LEAF_RENEWED);
	expect_accepted("localhost", NOW + 300 * DAY);
}

Test(certs, clears_a_temporary_file_that_a_crash_left)
{
	cr_assert_eq(mkdir(dir, 0700), 0);
	write_file(".tls.key.new", "half a k", 0600);
	ensure(NULL, 0, NOW, CERTS_MADE);
	cr_expect_eq(access(in_dir(".tls.key.new"), F_OK), -1);
}

static const char *const bad_names[] = {
	"", ".", "a.", ".a", "a..b", "*.example.org", "-a", "a-", "a b", "a_b", "10.0.0.300", "1.2.3", "::g", "a/b", "x\n",
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.org",
};

Test(certs, refuses_names_that_are_none_before_it_touches_the_disk)
{
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++) {
		enum certs_outcome outcome;
		struct err err = {""};

		cr_expect_eq(certs_ensure(dir, &bad_names[i], 1, NOW, &outcome, &err), -1, "'%s' passed", bad_names[i]);
	}
	cr_expect_eq(access(dir, F_OK), -1);
}

Test(certs, describes_what_is_there)
{
	struct arena arena = ARENA_INIT;
	struct certs_info info;
	struct err err = {""};

	cr_expect_eq(certs_describe(&arena, dir, &info, &err), -1);
	cr_expect(strstr(err.text, "No such file"), "%s", err.text);
	ensure(NULL, 0, NOW, CERTS_MADE);
	cr_assert_eq(certs_describe(&arena, dir, &info, &err), 0, "%s", err.text);
	cr_assert_eq(info.count, 2);
	cr_expect_str_eq(info.items[0].file, "ca.crt");
	cr_expect_str_eq(info.items[1].file, "tls.crt");
	cr_expect_str_eq(info.items[1].subject, "CN=sparkgate");
	cr_expect_str_eq(info.items[1].key_type, "EC P-256");
	cr_expect_eq(info.items[1].not_after, NOW + 365 * DAY);
	cr_expect_eq(info.items[0].not_after, NOW + 3650 * DAY);
	cr_expect_eq(info.items[1].name_count, certs_default_name_count);
	cr_expect_eq(strlen(info.items[1].sha256), 32 * 3 - 1);
	arena_release(&arena);
}

Test(certs, two_runs_make_two_different_cas)
{
	char first[STORE_FILE_MAX], second[STORE_FILE_MAX];

	ensure(NULL, 0, NOW, CERTS_MADE);
	read_file("ca.key", first);
	teardown();
	snprintf(top, sizeof(top), "/tmp/sparkgate-certs-XXXXXX");
	setup();
	ensure(NULL, 0, NOW, CERTS_MADE);
	read_file("ca.key", second);
	cr_expect_str_neq(first, second);
}
