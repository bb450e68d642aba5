/*
 * The server with a facts source that is slow, wakes at odd moments, or never knows: what live facts will do to it.
 * A real TLS client (libcurl) on the loopback.
 */
#include "base/clock.h"
#include "base/file.h"
#include "certs/certs.h"
#include "http/handshake.h"
#include "http/server.h"
#include "policy/store.h"
#include "policy_testing.h"

#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum habit {
	READY,       /* facts are there at once */
	WAKES_LATER, /* another thread wakes the request after a while */
	WAKES_FIRST, /* ... before facts_get() has even returned */
	PENDING_TWICE
};

struct slow_source {
	struct facts_source base;
	enum habit habit;
	_Atomic int pending, leases, wakes;
	_Atomic int asked_late; /* times it was asked after the deadline */
	const struct json *namespace;
};

struct sleeper {
	struct slow_source *source;
	struct facts_wait wait;
	useconds_t us;
};

static void *sleep_and_wake(void *cls)
{
	struct sleeper *s = cls;

	usleep(s->us);
	atomic_fetch_add(&s->source->wakes, 1);
	s->wait.wake(s->wait.closure);
	free(s);
	return NULL;
}

static void wake_in(struct slow_source *source, const struct facts_wait *wait, useconds_t us)
{
	struct sleeper *s = malloc(sizeof(*s));
	pthread_t thread;

	*s = (struct sleeper){source, *wait, us};
	cr_assert_eq(pthread_create(&thread, NULL, sleep_and_wake, s), 0);
	pthread_detach(thread);
}

/* The number of times that a request is told to wait. */
static int rounds(enum habit habit)
{
	return habit == READY ? 0 : habit == PENDING_TWICE ? 2 : 1;
}

static enum facts_outcome slow_get(struct facts_source *source, const struct needs *needs, struct facts_wait *wait,
				   struct facts *ret, struct facts_lease *lease)
{
	struct slow_source *s = (struct slow_source *)(void *)source;

	(void)needs;
	if (clock_mono_ns() > wait->deadline)
		atomic_fetch_add(&s->asked_late, 1);
	else if (atomic_fetch_add(&s->pending, 1) < rounds(s->habit)) {
		if (s->habit == WAKES_FIRST)
			wait->wake(wait->closure);
		else
			wake_in(s, wait, 50000);
		return FACTS_PENDING;
	}
	bool late = clock_mono_ns() > wait->deadline;
	*ret = (struct facts){.namespace = late ? NULL : s->namespace, .now = 1};
	ret->namespace_state = late ? NAMESPACE_UNKNOWN : NAMESPACE_KNOWN;
	lease->snapshot = s;
	atomic_fetch_add(&s->leases, 1);
	return FACTS_READY;
}

static void slow_put(struct facts_source *source, struct facts_lease *lease)
{
	struct slow_source *s = (struct slow_source *)(void *)source;

	cr_assert_eq(lease->snapshot, s);
	atomic_fetch_sub(&s->leases, 1);
}

static bool slow_ready(struct facts_source *source, char *why, size_t size)
{
	(void)source;
	(void)why;
	(void)size;
	return true;
}

static const struct facts_source_class slow_class = {.get = slow_get, .put = slow_put, .ready = slow_ready};

struct bench {
	char dir[64];
	struct arena arena;
	struct log log;
	struct slow_source source;
	struct service service;
	struct server *server;
	struct policy_store *policies;
};

static void must(int rc, const struct err *err)
{
	cr_assert_eq(rc, 0, "%s", err->text);
}

static struct slice read_file(struct bench *b, const char *name)
{
	struct slice text = {NULL, 0};
	struct err err = {""};

	must(file_read(&b->arena, arena_printf(&b->arena, "%s/%s", b->dir, name), 1 << 20, &text, &err), &err);
	return text;
}

static void set_up(struct bench *b, enum habit habit)
{
	struct server_options options = {.listen = "127.0.0.1:0", .threads = 2};
	enum certs_outcome outcome;
	struct err err = {""};

	*b = (struct bench){.dir = "/tmp/sparkgate-test-XXXXXX", .log = {-1, LOG_JSON, LOG_ERROR}};
	json_setup();
	cr_assert(mkdtemp(b->dir));
	must(certs_ensure(b->dir, NULL, 0, clock_unix(), &outcome, &err), &err);
	must(policy_store_open(NULL, 0, &b->policies, &err), &err);
	b->source.base.class = &slow_class;
	b->source.habit = habit;
	b->source.namespace = parsed(&b->arena, "{'metadata':{'name':'a','labels':{'sparkgate.io/mode':'enforce'},"
						 "'annotations':{'sparkgate.io/backendMode':'k8s'}}}");
	b->service.policies = b->policies;
	b->service.facts = &b->source.base;
	b->service.certificates = tls_store_new();
	b->service.log = &b->log;
	b->service.budget.limit = 48 << 20;
	must(tls_store_load(b->service.certificates, read_file(b, "tls.crt"), read_file(b, "tls.key"), &err), &err);
	must(server_start(&options, &b->service, &b->server, &err), &err);
}

static void tear_down(struct bench *b)
{
	for (int i = 0; i < 500 && server_in_flight(b->server) > 0; i++)
		usleep(10000);
	cr_expect_eq(server_in_flight(b->server), 0);
	server_stop(b->server);
	cr_expect_eq(b->source.leases, 0, "every lease was given back");
	tls_store_free(b->service.certificates);
	policy_store_close(b->policies);
	cr_expect_eq(system(arena_printf(&b->arena, "rm -rf %s", b->dir)), 0);
	arena_release(&b->arena);
}

static const char question[] =
	"{\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\",\"request\":{\"uid\":\"u-1\","
	"\"kind\":{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"},"
	"\"resource\":{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"},"
	"\"namespace\":\"a\",\"name\":\"p\",\"operation\":\"CREATE\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\","
	"\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"spark\",\"image\":\"apache/spark:4.0.1\","
	"\"command\":[\"/opt/spark/sbin/start-connect-server.sh\"]}]}}}}";

static size_t keep(char *bytes, size_t size, size_t count, void *cls)
{
	buf_add(cls, (struct slice){bytes, size * count});
	return size * count;
}

/* POST the question, giving up after ms; the answer's text. */
static const char *ask_for(struct bench *b, CURL *curl, const char *path, long ms, CURLcode expected)
{
	struct buf answer = buf_in(&b->arena);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

	curl_easy_setopt(curl, CURLOPT_URL, arena_printf(&b->arena, "https://%s%s", server_address(b->server), path));
	curl_easy_setopt(curl, CURLOPT_CAINFO, arena_printf(&b->arena, "%s/ca.crt", b->dir));
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, ms);
	CURLcode code = curl_easy_perform(curl);
	cr_assert_eq(code, expected, "%s", curl_easy_strerror(code));
	curl_slist_free_all(headers);
	return buf_slice(&answer).ptr;
}

static const char *ask(struct bench *b, CURL *curl, const char *path)
{
	return ask_for(b, curl, path, 20000, CURLE_OK);
}

static void ask_with(enum habit habit)
{
	struct bench b;
	CURL *curl = curl_easy_init();

	set_up(&b, habit);
	for (int i = 0; i < 3; i++) { /* one connection: each sleep ends and leaves it good */
		b.source.pending = 0;
		const char *answer = ask(&b, curl, "/mutate");
		cr_expect(strstr(answer, "\"uid\":\"u-1\",\"allowed\":true,\"patchType\""), "%s", answer);
		cr_expect_eq(b.source.pending, rounds(habit) + 1);
	}
	cr_expect_eq(b.source.asked_late, 0);
	curl_easy_cleanup(curl);
	tear_down(&b);
}

Test(server, facts_at_once)
{
	ask_with(READY);
}

Test(server, facts_later)
{
	ask_with(WAKES_LATER);
}

Test(server, facts_before_the_sleep_began)
{
	ask_with(WAKES_FIRST);
}

Test(server, facts_after_two_sleeps)
{
	ask_with(PENDING_TWICE);
}

/* Woken, but its time is over: decided with what there is, so a server in an unknown namespace is refused. */
Test(server, out_of_time)
{
	struct bench b;
	CURL *curl = curl_easy_init();

	set_up(&b, WAKES_LATER);
	const char *answer = ask(&b, curl, "/validate?timeout=40ms");
	cr_expect(strstr(answer, "\"allowed\":false"), "%s", answer);
	cr_expect_eq(b.source.asked_late, 1);
	curl_easy_cleanup(curl);
	tear_down(&b);
}

/* The client gives up while its request sleeps; the request is still ended and nothing is lost. */
Test(server, client_leaves_while_it_sleeps)
{
	struct bench b;
	CURL *curl = curl_easy_init();

	set_up(&b, WAKES_LATER);
	ask(&b, curl, "/mutate");
	b.source.pending = 0;
	ask_for(&b, curl, "/mutate", 10, CURLE_OPERATION_TIMEDOUT);
	curl_easy_cleanup(curl);
	for (int i = 0; i < 500 && b.source.wakes < 2; i++)
		usleep(10000);
	tear_down(&b);
}

/* ---- a handshake with ourselves ---- */

Test(server, shakes_hands_with_itself)
{
	struct bench b;
	struct err err = {""};
	struct tls_store *other = tls_store_new();

	set_up(&b, READY);
	cr_expect_eq(handshake_check(server_address(b.server), b.service.certificates, &err), 0, "%s", err.text);
	cr_expect_eq(handshake_check(server_address(b.server), other, &err), -1);
	cr_expect(strstr(err.text, "another certificate"), "%s", err.text);
	cr_expect_eq(handshake_check("127.0.0.1:1", b.service.certificates, &err), -1);
	cr_expect(strstr(err.text, "Connection refused"), "%s", err.text);
	tls_store_free(other);
	tear_down(&b);
}
