/* The objects in which the certificates of a cluster live: the Secret, caBundle, Leases; and who we are. */
#include "base/digest.h"
#include "certs/bundle.h"
#include "certs/replicas.h"
#include "certs/secret.h"
#include "change_testing.h"

#include <stdlib.h>

static void setup(void)
{
	json_setup();
}

TestSuite(change_objects, .init = setup);

/* ---- the Secret ---- */

static const struct json *secret_object(struct arena *a, const struct material *m)
{
	const struct json *object;
	struct slice text;
	struct err err = {""};

	cr_assert_eq(secret_print(a, "ns", "certs", "7", m, &text, &err), 0, "%s", err.text);
	cr_assert_eq(json_parse(a, text, &object, &err), 0, "%s", err.text);
	return object;
}

Test(change_objects, is_read_off_the_secret)
{
	static const enum material_step expected[] = {STEP_STEADY, STEP_ANNOUNCED, STEP_MOVED};

	for (enum stage stage = STEADY; stage <= MOVED; stage++) {
		MATERIAL m = MATERIAL_NONE, back = MATERIAL_NONE;
		struct arena a = ARENA_INIT;
		struct err err = {""};
		bring_to(&m, stage, NOW);
		const struct json *object = secret_object(&a, &m);
		cr_assert_eq(secret_read(object, &back, &err), SECRET_GOOD, "%s", err.text);
		cr_expect_eq(material_step(&back), expected[stage]);
		cr_expect_eq(X509_cmp(back.leaf, m.leaf), 0);
		cr_expect_eq(EVP_PKEY_eq(back.ca_key, m.ca_key), 1);
		cr_expect_str_eq(json_text(json_get(object, "type"), ""), "kubernetes.io/tls");
		cr_expect_str_eq(json_text(json_get(json_get(object, "metadata"), "resourceVersion"), ""), "7");
		arena_release(&a);
	}
}

#define OURS "'metadata':{'labels':{'app.kubernetes.io/managed-by':'sparkgate'}}"

static const struct {
	const char *name, *text;
	enum secret_state state;
	const char *complaint;
} secrets[] = {
	{"of somebody else", "{'metadata':{},'data':{}}", SECRET_FOREIGN, "not made by sparkgate"},
	{"Helm's", "{'metadata':{'labels':{'app.kubernetes.io/managed-by':'Helm'}}}", SECRET_FOREIGN, "not made by sparkgate"},
	{"a list of labels", "{'metadata':{'labels':['app.kubernetes.io/managed-by']}}", SECRET_FOREIGN, "not made by sparkgate"},
	{"a number", "7", SECRET_FOREIGN, "not made by sparkgate"},
	{"without data", "{" OURS "}", SECRET_BAD, "no 'ca.crt'"},
	{"data no object", "{" OURS ",'data':[1]}", SECRET_BAD, "no 'ca.crt'"},
	{"no base64", "{" OURS ",'data':{'ca.crt':'%'}}", SECRET_BAD, "'ca.crt' is not base64"},
	{"no PEM", "{" OURS ",'data':{'ca.crt':'QUJD','ca.key':'QUJD','tls.crt':'QUJD','tls.key':'QUJD'}}", SECRET_BAD, "'ca.crt'"},
	{"a CA alone", "{" OURS ",'data':{'ca.crt':'QUJD'}}", SECRET_BAD, "no 'tls.crt'"},
};

Test(change_objects, of_a_secret_that_is_none_says_why)
{
	for (size_t i = 0; i < COUNT(secrets); i++) {
		struct arena a = ARENA_INIT;
		MATERIAL m = MATERIAL_NONE;
		const struct json *object;
		struct err err = {""};
		cr_assert_eq(json_parse(&a, quoted(&a, secrets[i].text), &object, &err), 0, "%s", err.text);
		cr_expect_eq(secret_read(object, &m, &err), secrets[i].state, "%s", secrets[i].name);
		cr_expect(strstr(err.text, secrets[i].complaint), "%s: %s", secrets[i].name, err.text);
		cr_expect_null(m.leaf, "%s", secrets[i].name);
		arena_release(&a);
	}
}

Test(change_objects, of_a_value_that_is_too_large_is_bad)
{
	struct arena a = ARENA_INIT;
	struct buf text = buf_in(&a);
	MATERIAL m = MATERIAL_NONE;
	const struct json *object;
	struct err err = {""};

	buf_printf(&text, "{\"metadata\":{\"labels\":{\"app.kubernetes.io/managed-by\":\"sparkgate\"}},\"data\":{\"ca.crt\":\"");
	for (int i = 0; i < 100000; i++)
		buf_printf(&text, "QUJD");
	buf_printf(&text, "\"}}");
	cr_assert_eq(json_parse(&a, buf_slice(&text), &object, &err), 0, "%s", err.text);
	cr_expect_eq(secret_read(object, &m, &err), SECRET_BAD);
	cr_expect(strstr(err.text, "larger than"), "%s", err.text);
	arena_release(&a);
}

/* ---- caBundle ---- */

#define HOOK(name, bundle) "{'name':'" name "','clientConfig':{'url':'https://a/'" bundle "}}"

static const struct {
	const char *name, *text;
	bool is;
	const char *patch;
} bundles[] = {
	{"none", "{'webhooks':[" HOOK("a", "") "]}", false,
	 "[{'op':'test','path':'/webhooks/0/name','value':'a'},{'op':'add','path':'/webhooks/0/clientConfig/caBundle','value':'Q0E='}]"},
	{"another", "{'webhooks':[" HOOK("a", ",'caBundle':'WA=='") "]}", false,
	 "[{'op':'test','path':'/webhooks/0/name','value':'a'},{'op':'add','path':'/webhooks/0/clientConfig/caBundle','value':'Q0E='}]"},
	{"ours", "{'webhooks':[" HOOK("a", ",'caBundle':'Q0E='") "]}", true, "[]"},
	{"the second alone", "{'webhooks':[" HOOK("a", ",'caBundle':'Q0E='") "," HOOK("b/~c", "") "]}", false,
	 "[{'op':'test','path':'/webhooks/1/name','value':'b/~c'},{'op':'add','path':'/webhooks/1/clientConfig/caBundle','value':'Q0E='}]"},
	{"one without clientConfig", "{'webhooks':[{'name':'x'}," HOOK("a", ",'caBundle':'Q0E='") "]}", true, "[]"},
	{"no webhooks", "{'webhooks':[]}", false, "[]"},
	{"no list", "{'webhooks':{'a':1}}", false, "[]"},
	{"no object", "[]", false, "[]"},
	{"not a text", "{'webhooks':[" HOOK("a", ",'caBundle':7") "]}", false,
	 "[{'op':'test','path':'/webhooks/0/name','value':'a'},{'op':'add','path':'/webhooks/0/clientConfig/caBundle','value':'Q0E='}]"},
};

Test(change_objects, of_a_bundle_is_that_field_of_those_that_lack_it)
{
	for (size_t i = 0; i < COUNT(bundles); i++) {
		struct arena a = ARENA_INIT;
		const struct json *object;
		struct bundle_view view;
		struct err err = {""};
		cr_assert_eq(json_parse(&a, quoted(&a, bundles[i].text), &object, &err), 0, "%s", err.text);
		bundle_read(&a, object, &view);
		cr_expect_eq(bundle_is(&view, slice_of("Q0E=")), bundles[i].is, "%s", bundles[i].name);
		struct slice patch = bundle_patch(&a, &view, slice_of("Q0E=")), wanted = quoted(&a, bundles[i].patch);
		cr_expect(slice_eq(patch, wanted), "%s: %.*s", bundles[i].name, (int)patch.len, patch.ptr);
		arena_release(&a);
	}
}

Test(change_objects, of_a_bundle_with_too_many_webhooks_is_bounded)
{
	struct arena a = ARENA_INIT;
	struct buf text = buf_in(&a);
	const struct json *object;
	struct bundle_view view;
	struct err err = {""};

	buf_printf(&text, "{\"webhooks\":[{}");
	for (int i = 0; i < 1000; i++)
		buf_printf(&text, ",{\"name\":\"a\",\"clientConfig\":{}}");
	buf_printf(&text, "]}");
	cr_assert_eq(json_parse(&a, buf_slice(&text), &object, &err), 0, "%s", err.text);
	bundle_read(&a, object, &view);
	cr_expect_eq(view.count, BUNDLE_WEBHOOKS_MAX);
	arena_release(&a);
}

static struct slice bundle_of(struct arena *a, STACK_OF(X509) *cas)
{
	struct buf out = buf_in(a);
	struct slice pem;
	struct err err = {""};

	cr_assert_eq(chain_print(a, cas, &pem, &err), 0, "%s", err.text);
	base64_encode(&out, pem);
	return buf_slice(&out);
}

Test(change_objects, is_seen_by_what_a_bundle_accepts)
{
	struct arena a = ARENA_INIT;
	MATERIAL old = MATERIAL_NONE, m = MATERIAL_NONE;
	struct err err = {""};
	struct bundle_view view = {.count = 2};

	make(&m, NOW);
	cr_assert_eq(material_copy(&m, &old, &err), 0);
	announce(&m, NOW);
	move(&m, NOW);
	for (size_t i = 0; i < 2; i++)
		view.webhooks[i] = (struct bundle_webhook){.name = "a", .has_client_config = true, .bundle = bundle_of(&a, old.cas)};
	cr_expect(bundle_accepts(&view, old.leaf));
	cr_expect_not(bundle_accepts(&view, m.leaf));
	view.webhooks[1].bundle = bundle_of(&a, m.cas);
	cr_expect(bundle_accepts(&view, old.leaf));
	cr_expect_not(bundle_accepts(&view, m.leaf), "both must");
	view.webhooks[0].bundle = slice_of("%%%");
	cr_expect_not(bundle_accepts(&view, old.leaf));
	view.webhooks[0].bundle = (struct slice){NULL, 0};
	cr_expect_not(bundle_accepts(&view, old.leaf));
	view.count = 0;
	cr_expect_not(bundle_accepts(&view, old.leaf), "nobody trusts");
	arena_release(&a);
}

/* ---- Leases ---- */

#define LEASE(pod, leaf, time, seconds)                                                                                \
	"{'metadata':{'annotations':{'sparkgate.io/certificate':'" leaf "','sparkgate.io/policy':'p'}},"                \
	"'spec':{'holderIdentity':'" pod "','renewTime':" time ",'leaseDurationSeconds':" seconds "}}"
#define FRESH "'2025-10-09T08:53:20.000000Z'" /* NOW */
#define OLD   "'2025-10-09T08:52:19.000000Z'" /* 61 s before */

static const struct {
	const char *name, *items;
	bool serve;
	size_t live;
} leases[] = {
	{"nobody", "", false, 0},
	{"one", LEASE("a", "new", FRESH, "60"), true, 1},
	{"one is late", LEASE("a", "new", FRESH, "60") "," LEASE("b", "old", FRESH, "60"), false, 2},
	{"one is late and dead", LEASE("a", "new", FRESH, "60") "," LEASE("b", "old", OLD, "60"), true, 1},
	{"one serves nothing yet", LEASE("a", "new", FRESH, "60") "," LEASE("b", "", FRESH, "60"), false, 2},
	{"all are dead", LEASE("a", "new", OLD, "60"), false, 0},
	{"a longer one lives", LEASE("a", "old", OLD, "61"), false, 1},
	{"a year is no duration", LEASE("a", "old", OLD, "31536000"), false, 0},
	{"no time", LEASE("a", "new", "7", "60"), false, 0},
	{"nonsense", "7,null,[],{},{'spec':[]}", false, 0},
	{"from a clock that is ahead", LEASE("a", "old", "'2025-10-09T09:53:20Z'", "60"), false, 1},
};

Test(change_objects, waits_for_leases_that_live)
{
	for (size_t i = 0; i < COUNT(leases); i++) {
		struct arena a = ARENA_INIT;
		const struct json *list;
		struct err err = {""};
		size_t count, live = 0;
		cr_assert_eq(json_parse(&a, quoted(&a, arena_join(&a, "{'items':[", leases[i].items, "]}")), &list, &err), 0,
			     "%s", err.text);
		struct replica *replicas = replicas_read(&a, list, NOW, &count);
		for (size_t n = 0; n < count; n++)
			live += replicas[n].live;
		cr_expect_eq(live, leases[i].live, "%s: %zu live", leases[i].name, live);
		cr_expect_eq(replicas_serve(replicas, count, "new"), leases[i].serve, "%s", leases[i].name);
		arena_release(&a);
	}
}

Test(change_objects, is_published_as_it_is_read)
{
	struct arena a = ARENA_INIT;
	const struct kube_identity me = {.namespace = "ns", .pod = "sparkgate-7d4b9-xyz", .uid = "u-1"};
	const struct replica_word word = {.me = &me, .certificate = "new", .policy = "p", .now = NOW * 1000};
	const struct json *lease, *list;
	struct err err = {""};
	size_t count;

	struct slice text = replica_print(&a, &word);
	cr_assert_eq(json_parse(&a, text, &lease, &err), 0, "%s", err.text);
	cr_expect_str_eq(json_text(json_get(json_get(lease, "metadata"), "name"), ""), "sparkgate-sparkgate-7d4b9-xyz");
	cr_expect_str_eq(json_text(json_get(json_get(lease, "spec"), "renewTime"), ""), "2025-10-09T08:53:20.000000Z");
	const char *items = arena_join(&a, "{\"items\":[", arena_dup(&a, text), "]}");
	cr_assert_eq(json_parse(&a, slice_of(items), &list, &err), 0, "%s", err.text);
	struct replica *replicas = replicas_read(&a, list, NOW, &count);
	cr_assert_eq(count, 1);
	cr_expect(replicas[0].live && replicas_serve(replicas, 1, "new"));
	cr_expect_str_eq(replicas[0].pod, me.pod);
	cr_expect_str_eq(replicas[0].policy, "p");
	arena_release(&a);
}

Test(change_objects, has_leases_with_names_that_are_names)
{
	struct arena a = ARENA_INIT;
	char pod[254];

	memset(pod, 'a', sizeof(pod) - 1);
	pod[sizeof(pod) - 1] = '\0';
	pod[242] = '-';
	const char *path = replica_path(&a, &(struct kube_identity){.namespace = "ns", .pod = pod});
	const char *name = strrchr(path, '/') + 1;
	cr_expect_leq(strlen(name), 253);
	cr_expect_neq(name[strlen(name) - 1], '-');
	arena_release(&a);
}

/* ---- who we are ---- */

static const struct {
	const char *namespace, *pod, *host, *uid, *complaint, *is;
} identities[] = {
	{"ns", "pod-1", NULL, "u", NULL, "pod-1"},
	{"ns", NULL, "host-1", NULL, NULL, "host-1"},
	{"ns", "", "host-1", "", NULL, "host-1"},
	{"ns", NULL, NULL, NULL, "our own name is not known", NULL},
	{NULL, "pod-1", NULL, NULL, "our own namespace is not known", NULL},
	{"../x", "pod-1", NULL, NULL, "is not a valid namespace name", NULL},
	{"ns", "../x", NULL, NULL, "is not a valid pod name", NULL},
	{"ns", NULL, "Upper", NULL, "is not a valid pod name", NULL},
};

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

Test(change_objects, is_made_by_a_pod_that_knows_its_name)
{
	for (size_t i = 0; i < COUNT(identities); i++) {
		struct arena a = ARENA_INIT;
		struct kube_identity me = {.pod = NULL};
		struct err err = {""};
		set("POD_NAMESPACE", identities[i].namespace);
		set("POD_NAME", identities[i].pod);
		set("HOSTNAME", identities[i].host);
		set("POD_UID", identities[i].uid);
		int rc = kube_identity_read(&a, "/nowhere", &me, &err);
		cr_expect_eq(rc, identities[i].complaint ? -1 : 0, "%zu: %s", i, err.text);
		if (identities[i].complaint)
			cr_expect(strstr(err.text, identities[i].complaint), "%zu: %s", i, err.text);
		else
			cr_expect_str_eq(me.pod, identities[i].is, "%zu", i);
		arena_release(&a);
	}
}
