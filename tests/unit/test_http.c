/* The parts of http/ that need no connection: bodies, uids, routes, deadlines, health. */
#include "base/clock.h"
#include "base/limits.h"
#include "http/arrivals.h"
#include "http/body.h"
#include "http/exchange.h"
#include "http/health.h"
#include "http/listen.h"
#include "http/route.h"
#include "http/peek.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char filler[64 * 1024];

static void add(struct body *b, struct budget *budget, size_t bytes, uint64_t expected)
{
	while (bytes > 0) {
		size_t n = bytes < sizeof(filler) ? bytes : sizeof(filler);
		body_add(b, budget, (struct slice){filler, n}, expected);
		bytes -= n;
	}
}

Test(budget, takes_what_is_there)
{
	struct budget b = {.limit = 100};

	cr_assert(budget_take(&b, 60));
	cr_assert_not(budget_take(&b, 41));
	cr_assert(budget_take(&b, 40));
	cr_assert_not(budget_take(&b, 1));
	budget_give(&b, 60);
	cr_assert(budget_take(&b, 1));
	cr_assert_not(budget_take(&b, (size_t)-1));
	cr_assert_eq(b.used, 41);
}

Test(body, keeps_what_arrives)
{
	struct budget budget = {.limit = 1 << 20};
	struct body_pool pool = {.count = 0};
	struct body b;

	for (int round = 0; round < 3; round++) {
		body_begin(&b, &pool);
		body_add(&b, &budget, SLICE_LIT("{\"a\":"), 0);
		body_add(&b, &budget, SLICE_LIT("1}"), 0);
		cr_assert_eq(b.state, BODY_WHOLE);
		cr_assert_str_eq(body_text(&b).ptr, "{\"a\":1}");
		cr_assert_eq(budget.used, BODY_KEPT);
		body_end(&b, &budget);
		cr_assert_eq(budget.used, 0);
	}
	body_pool_release(&pool);
}

Test(body, empty)
{
	struct body_pool pool = {.count = 0};
	struct body b;

	body_begin(&b, &pool);
	cr_assert_str_eq(body_text(&b).ptr, "");
}

Test(body, grows_by_what_arrived)
{
	struct budget budget = {.limit = 48 << 20};
	struct body_pool pool = {.count = 0};
	struct body b;

	body_begin(&b, &pool);
	add(&b, &budget, 100, LIMIT_BODY_BYTES); /* promises much, sends little */
	cr_assert_eq(budget.used, BODY_KEPT);
	add(&b, &budget, 20000, 30000);
	cr_assert_eq(b.buffer.cap, 30000);
	body_end(&b, &budget);
	cr_assert_null(b.buffer.ptr, "an idle connection keeps none");
	body_pool_release(&pool);
}

Test(body, limits)
{
	struct budget budget = {.limit = 48 << 20};
	struct body_pool pool = {.count = 0};
	struct body b;

	body_begin(&b, &pool);
	add(&b, &budget, LIMIT_BODY_BYTES, 0);
	cr_assert_eq(b.state, BODY_WHOLE);
	cr_assert_eq(b.len, LIMIT_BODY_BYTES);
	cr_assert_leq(budget.used, LIMIT_BODY_BYTES);
	add(&b, &budget, 1, 0);
	cr_assert_eq(b.state, BODY_TOO_LARGE);
	cr_assert_eq(b.len, BODY_KEPT);
	cr_assert_eq(budget.used, 0, "what is thrown away is not paid for");
	add(&b, &budget, 100000, 0);
	cr_assert_eq(b.len, BODY_KEPT);
	cr_assert_eq(b.arrived, LIMIT_BODY_BYTES + 100001);
	body_end(&b, &budget);
	body_pool_release(&pool);
}

Test(body, without_budget_the_beginning_stays)
{
	struct budget budget = {.limit = 20000};
	struct body_pool pool = {.count = 0};
	struct body b;

	body_begin(&b, &pool);
	body_add(&b, &budget, SLICE_LIT("begin"), 0);
	add(&b, &budget, 30000, 0);
	cr_assert_eq(b.state, BODY_NO_BUDGET);
	cr_assert_eq(budget.used, 0);
	cr_assert_eq(b.len, BODY_KEPT);
	cr_assert(slice_starts(body_text(&b), "begin"));
	body_end(&b, &budget);

	budget.limit = 10; /* not even for the first bytes */
	body_begin(&b, &pool);
	body_add(&b, &budget, SLICE_LIT("begin"), 0);
	cr_assert_eq(b.state, BODY_NO_BUDGET);
	cr_assert_str_eq(body_text(&b).ptr, "begin");
	body_end(&b, &budget);
	body_pool_release(&pool);
}

/* The next body, of whatever connection, is read into what the last one left; what is large is given back. */
Test(body, buffers_are_used_again)
{
	struct budget budget = {.limit = 48 << 20};
	struct body_pool pool = {.count = 0};
	struct body b;

	body_begin(&b, &pool);
	add(&b, &budget, 40000, 40000);
	const char *first = body_text(&b).ptr;
	body_end(&b, &budget);
	cr_assert_eq(pool.count, 1);

	body_begin(&b, &pool);
	cr_assert_str_eq(body_text(&b).ptr, "", "taken with the first byte");
	add(&b, &budget, 20000, 20000);
	cr_assert_eq(body_text(&b).ptr, first);
	cr_assert_eq(budget.used, 40000, "what is held is paid for");
	add(&b, &budget, BODY_SPARE_MAX, 0);
	body_end(&b, &budget);
	cr_assert_eq(pool.count, 0, "too large to be kept");
	cr_assert_eq(budget.used, 0);
}

static void add_each(struct body bodies[4], struct body_pool *pool, struct budget *budget, size_t size)
{
	for (int i = 0; i < 4; i++) {
		body_begin(&bodies[i], pool);
		add(&bodies[i], budget, size, size);
	}
}

static void end_each(struct body bodies[4], struct budget *budget)
{
	for (int i = 0; i < 4; i++)
		body_end(&bodies[i], budget);
}

/* A spare buffer is paid for as it is; one that is larger than what is left of the budget is made smaller. */
Test(body, buffers_cost_what_they_hold)
{
	static const size_t caps[] = {40000, 40000, BODY_KEPT, BODY_KEPT};
	struct budget budget = {.limit = 200000};
	struct body_pool pool = {.count = 0};
	struct body bodies[4];

	add_each(bodies, &pool, &budget, 40000);
	end_each(bodies, &budget);
	budget.limit = 100000;
	add_each(bodies, &pool, &budget, 100);
	for (int i = 0; i < 4; i++) {
		cr_expect_eq(bodies[i].buffer.cap, caps[i], "%d: %zu", i, bodies[i].buffer.cap);
		cr_expect_eq(bodies[i].state, i < 3 ? BODY_WHOLE : BODY_NO_BUDGET, "%d", i);
	}
	cr_expect_eq(budget.used, 80000 + BODY_KEPT);
	end_each(bodies, &budget);
	cr_expect_eq(budget.used, 0);
	body_pool_release(&pool);
}

Test(body, so_many_buffers_are_kept)
{
	struct budget budget = {.limit = 48 << 20};
	struct body_pool pool = {.count = 0};
	struct body bodies[BODIES_SPARE + 2];

	for (unsigned i = 0; i < BODIES_SPARE + 2; i++) {
		body_begin(&bodies[i], &pool);
		add(&bodies[i], &budget, 10, 0);
	}
	for (unsigned i = 0; i < BODIES_SPARE + 2; i++)
		body_end(&bodies[i], &budget);
	cr_assert_eq(pool.count, BODIES_SPARE);
	body_pool_release(&pool);
	cr_assert_eq(pool.count, 0);
}

/* Without IPv6 a listener of all addresses is reached by IPv4 alone. */
Test(listen, all_addresses_are_reached_by_either_family)
{
	char address[LISTEN_TEXT], all[LISTEN_TEXT];
	struct err err = {""};
	int fd = listen_tcp("127.0.0.1:0", address, &err);

	cr_assert_geq(fd, 0, "%s", err.text);
	snprintf(all, sizeof(all), "[::]:%s", strrchr(address, ':') + 1);
	int connected = listen_connect(all, CLOCK_SECOND, &err);
	cr_expect_geq(connected, 0, "%s", err.text);
	close(connected);
	close(fd);
	cr_expect_eq(listen_connect(all, CLOCK_SECOND, &err), -1);
	cr_expect(strstr(err.text, "cannot connect to '[::]:"), "%s", err.text);
	cr_expect(strstr(err.text, "refused"), "%s", err.text);
}

/* Lost ones do not add up, though others come all the time and begin. */
Test(arrivals, who_never_begins_is_forgotten)
{
	struct arrivals a = {.recent = 0};

	for (int second = 0; second < 100; second++) {
		arrivals_add(&a); /* lost */
		arrivals_add(&a);
		arrivals_end(&a);
		arrivals_forget(&a);
		cr_assert_leq(a.waiting, 2, "second %d: %u", second, a.waiting);
	}
	arrivals_forget(&a);
	cr_assert_eq(a.waiting, 0);
}

Test(arrivals, who_has_just_come_is_not)
{
	struct arrivals a = {.recent = 0};

	for (int i = 0; i < 3; i++)
		arrivals_add(&a);
	arrivals_forget(&a);
	cr_expect_eq(a.waiting, 3, "a whole round is given to each");
	arrivals_add(&a);
	arrivals_end(&a);
	arrivals_forget(&a);
	cr_expect_eq(a.waiting, 1, "the youngest");
	arrivals_forget(&a);
	cr_expect_eq(a.waiting, 0);
	arrivals_end(&a); /* one that begins after all */
	cr_expect_eq(a.waiting, 0);
}

struct uid_case {
	const char *text, *uid; /* NULL = none */
};

static const struct uid_case uids[] = {
	{"{\"kind\":\"AdmissionReview\",\"request\":{\"uid\":\"a-1\",\"kind\":{", "a-1"},
	{"{\"request\":{\"uid\":\"a\"", "a"},
	{" {\n\t\"request\" :\r{ \"uid\" : \"a\" }", "a"},
	{"{\"request\":{\"object\":{\"uid\":\"no\",\"x\":[{\"uid\":\"no\"}]},\"uid\":\"a\"}}", "a"},
	{"{\"uid\":\"no\",\"other\":{\"uid\":\"no\"},\"request\":{\"uid\":\"a\"}}", "a"},
	{"{\"x\":\"\\\"request\\\":{\\\"uid\\\":\\\"no\\\"\",\"request\":{\"uid\":\"a\"}}", "a"},
	{"{\"request\":{\"x\":\"uid\",\"uid\":\"a\"}}", "a"},
	{"{\"request\":{\"x\":\"\xff\x01\",\"uid\":\"a\"", "a"},
	{"{\"request\":{\"uid\":\"a", NULL},
	{"{\"request\":{\"uid\":", NULL},
	{"{\"request\":{\"uid\":7}}", NULL},
	{"{\"request\":{\"uid\":\"\"}}", NULL},
	{"{\"request\":{\"uid\":\"a b\"}}", NULL},
	{"{\"request\":{\"uid\":\"a\\u0062\"}}", NULL},
	{"{\"request\":{\"uid\":\"\xc3\xa4\"}}", NULL},
	{"{\"request\":[{\"uid\":\"no\"}]}", NULL},
	{"{\"request\":[\"uid\",\"no\"]}", NULL},
	{"{\"request\":{\"x\":{\"uid\":\"no\"}}}", NULL},
	{"{\"request\":\"uid\"}{\"uid\":\"no\"}", NULL},
	{"[{\"request\":{\"uid\":\"no\"}}]", NULL},
	{"{\"a\":{\"request\":{\"uid\":\"no\"}}}", NULL},
	{"{\"response\":{\"uid\":\"no\"}}", NULL},
	{"", NULL}, {"{", NULL}, {"\"", NULL}, {"\"\\", NULL}, {"}}}}{", NULL}, {"nonsense", NULL},
};

Test(uid, peek)
{
	for (size_t i = 0; i < sizeof(uids) / sizeof(*uids); i++) {
		/* An exact copy, so that the sanitizer sees a read behind its end. */
		size_t len = strlen(uids[i].text);
		char *copy = malloc(len ? len : 1);
		struct peeked got;

		memcpy(copy, uids[i].text, len);
		cr_expect_eq(peek((struct slice){copy, len}, &got), uids[i].uid != NULL, "%s", uids[i].text);
		if (uids[i].uid)
			cr_expect_str_eq(got.uid, uids[i].uid, "%s", uids[i].text);
		free(copy);
	}
}

Test(uid, longest)
{
	char text[REVIEW_UID_MAX + 64];
	struct peeked got;

	for (int more = 1; more >= 0; more--) {
		int n = snprintf(text, sizeof(text), "{\"request\":{\"uid\":\"%0*d\"}}", REVIEW_UID_MAX + more, 0);
		cr_expect_eq(peek((struct slice){text, (size_t)n}, &got), more == 0);
	}
	cr_expect_eq(strlen(got.uid), REVIEW_UID_MAX);
}

/* uid namespace operation group kind name, as the API server writes them and as somebody else might. */
static const struct {
	const char *text, *found;
} peeks[] = {
	{"{'kind':'AdmissionReview','request':{'uid':'u','kind':{'group':'apps','version':'v1','kind':'Deployment'},'resource':{'kind':'no'},"
	 "'requestKind':{'kind':'no','group':'no'},'name':'d','namespace':'team','operation':'UPDATE','object':{'kind':'no','a",
	 "u team UPDATE apps Deployment d"},
	{"{'request':{'object':{'uid':'no','namespace':'no','kind':{'kind':'no'},'request':{'namespace':'no'}},'uid':'u','namespace':'a'",
	 "u a    "},
	{"{'request':{'name':'x\\',\\'namespace\\':\\'no','namespace':'a','uid':'u'}}", "u a    "},
	{"{'request':{'namespace':'a','namespace':'no','uid':'u'}}", "u a    "},
	{"{'request':{'namespace':'a b','uid':'u','kind':['kind','no'],'operation':7}}", "u     "},
	{"{'request':{'kind':[{'kind':'no'}],'uid':'u'},'namespace':'no','other':{'namespace':'no','kind':{'kind':'no'}}}", "u     "},
	{"{'request':{'uid':'u','namespace':'0123456789012345678901234567890123456789012345678901234567890123'}}", "u     "},
};

Test(peek, finds_what_stands_in_front_of_the_object)
{
	for (size_t i = 0; i < sizeof(peeks) / sizeof(*peeks); i++) {
		char *text = strdup(peeks[i].text), found[1024];
		struct peeked got;

		for (char *p = text; *p; p++)
			*p = *p == '\'' ? '"' : *p;
		cr_expect(peek((struct slice){text, strlen(text)}, &got), "%s", text);
		snprintf(found, sizeof(found), "%s %s %s %s %s %s", got.uid, got.namespace, got.operation, got.group, got.kind, got.name);
		cr_expect_str_eq(found, peeks[i].found, "%s", text);
		free(text);
	}
}

struct route_case {
	enum listener listener;
	const char *method, *path, *type;
	enum route route;
	unsigned status;
};

static const struct route_case routes[] = {
	{LISTENER_HTTPS, "POST", "/mutate", "application/json", ROUTE_MUTATE, 0},
	{LISTENER_HTTPS, "POST", "/validate", "application/json;charset=utf-8", ROUTE_VALIDATE, 0},
	{LISTENER_HTTPS, "POST", "/mutate", "APPLICATION/JSON\t", ROUTE_MUTATE, 0},
	{LISTENER_HTTPS, "POST", "/mutate", NULL, ROUTE_MUTATE, 415},
	{LISTENER_HTTPS, "POST", "/mutate", "application/json2", ROUTE_MUTATE, 415},
	{LISTENER_HTTPS, "POST", "/mutate", "application/jso", ROUTE_MUTATE, 415},
	{LISTENER_HTTPS, "GET", "/mutate", "application/json", ROUTE_MUTATE, 405},
	{LISTENER_HTTPS, "post", "/mutate", "application/json", ROUTE_MUTATE, 405},
	{LISTENER_HTTPS, "GET", "/livez", NULL, ROUTE_LIVEZ, 0},
	{LISTENER_HTTPS, "HEAD", "/readyz", NULL, ROUTE_READYZ, 0},
	{LISTENER_HTTPS, "POST", "/readyz", "application/json", ROUTE_READYZ, 405},
	{LISTENER_HTTPS, "GET", "/metrics", NULL, ROUTE_NONE, 404},
	{LISTENER_HTTPS, "POST", "/mutatex", "application/json", ROUTE_NONE, 404},
	{LISTENER_HTTPS, "POST", "", "application/json", ROUTE_NONE, 404},
	{LISTENER_METRICS, "GET", "/metrics", NULL, ROUTE_METRICS, 0},
	{LISTENER_METRICS, "GET", "/livez", NULL, ROUTE_LIVEZ, 0},
	{LISTENER_METRICS, "GET", "/readyz", NULL, ROUTE_READYZ, 0},
	{LISTENER_METRICS, "POST", "/metrics", NULL, ROUTE_METRICS, 405},
	{LISTENER_METRICS, "POST", "/mutate", "application/json", ROUTE_NONE, 404},
};

Test(route, table)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
		const struct route_case *c = &routes[i];
		struct routed got = route_find(c->listener, c->method, c->path, c->type);

		cr_expect_eq(got.route, c->route, "%s %s", c->method, c->path);
		cr_expect_eq(got.status, c->status, "%s %s: %u", c->method, c->path, got.status);
		cr_expect_eq(got.allow != NULL, c->status == 405, "%s %s", c->method, c->path);
		cr_expect_eq(got.message != NULL, c->status != 0, "%s %s", c->method, c->path);
	}
}

struct deadline_case {
	const char *timeout;
	int64_t ns;
};

static const struct deadline_case deadlines[] = {
	{NULL, 10 * CLOCK_SECOND}, {"", 10 * CLOCK_SECOND}, {"x", 10 * CLOCK_SECOND}, {"-5s", 10 * CLOCK_SECOND},
	{"5s", 4800 * CLOCK_MS}, {"10s", 9800 * CLOCK_MS}, {"30s", 29800 * CLOCK_MS}, {"1h", 29800 * CLOCK_MS},
	{"400ms", 200 * CLOCK_MS}, {"401ms", 201 * CLOCK_MS}, {"100ms", 50 * CLOCK_MS}, {"0s", 0}, {"0", 0},
};

Test(exchange, deadlines)
{
	for (size_t i = 0; i < sizeof(deadlines) / sizeof(*deadlines); i++)
		cr_expect_eq(exchange_deadline(deadlines[i].timeout), deadlines[i].ns, "%s", deadlines[i].timeout);
}

static bool good(void *context, char note[HEALTH_NOTE])
{
	snprintf(note, HEALTH_NOTE, "%s", (const char *)context);
	return true;
}

static bool bad(void *context, char note[HEALTH_NOTE])
{
	snprintf(note, HEALTH_NOTE, "%s", (const char *)context);
	return false;
}

Test(health, what_has_passed_stays_passed)
{
	struct arena arena = ARENA_INIT;
	static char well[] = "abc", why[] = "the API server is away";
	struct health h = {0};
	struct buf text = buf_in(&arena);

	health_add(&h, (struct health_check){"facts", bad, why});
	cr_assert_not(health_ready(&h, &text), "not before it has passed once");
	h.checks[0] = (struct health_check){"facts", good, well};
	cr_assert(health_ready(&h, &text));
	h.checks[0] = (struct health_check){"facts", bad, why};
	text = buf_in(&arena);
	cr_assert(health_ready(&h, &text));
	cr_assert_str_eq(buf_slice(&text).ptr, "[+]facts ok, but now: the API server is away\n[+]shutdown ok\nreadyz check passed\n");
	h.draining = true;
	cr_assert_not(health_ready(&h, &text), "draining is no check that passes once");
	arena_release(&arena);
}

Test(health, listing)
{
	struct arena arena = ARENA_INIT;
	static char hash[] = "abc", none[] = "", why[] = "not loaded";
	struct health h = {0};
	struct buf text = buf_in(&arena);

	health_add(&h, (struct health_check){"policy", good, hash});
	health_add(&h, (struct health_check){"plain", good, none});
	cr_assert(health_ready(&h, &text));
	cr_assert_str_eq(buf_slice(&text).ptr, "[+]policy ok (abc)\n[+]plain ok\n[+]shutdown ok\nreadyz check passed\n");

	health_add(&h, (struct health_check){"facts", bad, why});
	text = buf_in(&arena);
	cr_assert_not(health_ready(&h, &text));
	cr_assert(strstr(buf_slice(&text).ptr, "[-]facts failed: not loaded\n"));
	cr_assert(strstr(buf_slice(&text).ptr, "readyz check failed\n"));

	h.count = 2;
	h.draining = true;
	text = buf_in(&arena);
	cr_assert_not(health_ready(&h, &text));
	arena_release(&arena);
}
