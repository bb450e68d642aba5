/*
 * client.h - requests to one API server, any number at once, driven by one thread.
 *
 *	struct kube_client *client = kube_client_new(&config, "sparkgate/1.0");
 *	struct kube_call call = {.path = "/api/v1/namespaces/a", .deadline = now + CLOCK_SECOND,
 *				 .max = LIMIT_BODY_BYTES, .done = done, .closure = me};
 *	kube_client_start(client, &call);
 *	for (;;)
 *		kube_client_poll(client, until);     // calls done() when one has ended
 *
 * The API server is verified, redirects are not followed, connections are kept, environment proxies are not used. A
 * call ends when its answer is there, at its deadline, or when nothing was heard for its silence.
 *
 * An answer that is not JSON, or too large, is an error like a connection that broke; an HTTP status other than 2xx
 * is an error that carries the API server's own message (kube/status.h), with call->status set: 404 not found, 409 a
 * write that lost against another (or the object is there already), 422 a JSON Patch whose test failed.
 *
 * Bounds: the bodies of all calls together hold KUBE_HELD_MAX; beyond, a call fails.
 * Ownership: a call, its path and what it sends belong to the caller until done() was called; its body is freed by
 * kube_call_release(), on any thread. Threads: all functions from one thread, but kube_client_wake() and
 * kube_call_release().
 */
#ifndef KUBE_CLIENT_H
#define KUBE_CLIENT_H

#include "base/clock.h"
#include "kube/config.h"

#include <stdint.h>

#define KUBE_HELD_MAX (64u << 20)

/* Connections at once; further calls wait for one. */
#define KUBE_CONNECTIONS 16

/* KUBE_NAME_MAX is Kubernetes' own for names of objects. */
#define KUBE_NAME_MAX 253

struct kube_client;

/* https://kubernetes.io/docs/reference/using-api/api-concepts/; a PATCH is always a JSON Patch (RFC 6902). */
enum kube_method { KUBE_GET, KUBE_POST, KUBE_PUT, KUBE_PATCH, KUBE_DELETE };

struct kube_call {
	enum kube_method method;
	const char *path;  /* with its query */
	struct slice send; /* JSON; none for GET; of a DELETE its DeleteOptions, where there are some */
	int64_t deadline; /* monotonic */
	int64_t silence;  /* ns without a byte that end it; 0 = any */
	bool any_type;    /* an answer need not be JSON: it comes through the API server from a pod */
	size_t max;       /* bytes of body; with take: of an error's text alone */
	/* A piece of a stream; false ends the call with err. NULL: collected into body. */
	bool (*take)(struct kube_call *call, struct slice piece);
	void (*done)(struct kube_call *call); /* may start calls and free this one */
	void *closure;

	/* The answer: */
	int status;  /* HTTP; 0 = none */
	bool late;   /* ended at its deadline or by silence */
	bool failed; /* err says why: everything but a 2xx that came whole */
	char *body;
	size_t len;
	int64_t retry_after; /* ns that the API server asks to wait; 0 = says nothing */
	struct err err;

	/* Private. */
	struct kube_client *client;
	void *easy, *headers;
	size_t cap;
	int64_t heard;
	struct kube_call *prev, *next;
};

struct kube_client *kube_client_new(const struct kube_config *config, const char *user_agent);
void kube_client_free(struct kube_client *client); /* ends calls without done(); NULL is fine */

/* Start a call. Where that is not possible, done() is called by the next poll. */
void kube_client_start(struct kube_client *client, struct kube_call *call);

/* End a call without done(). */
void kube_client_cancel(struct kube_client *client, struct kube_call *call);

/* Wait for something to happen, at most until (monotonic), and deal with it. */
void kube_client_poll(struct kube_client *client, int64_t until);

/* The API server's clock, in seconds since 1970: what it said last and what has passed since; 0 = it has said nothing
 * yet. */
int64_t kube_client_now(const struct kube_client *client);

/* Make a poll that waits, or the next one, return at once. Any thread. */
void kube_client_wake(struct kube_client *client);

void kube_call_release(struct kube_call *call);

/* What was collected so far. */
static inline struct slice kube_call_text(const struct kube_call *call)
{
	return (struct slice){call->body ? call->body : "", call->len};
}

/* Start a call and wait for its end, which its deadline bounds; others go on meanwhile. Its done and closure are not the caller's.
 * Whether it failed stands in it; it is the caller's to release. */
void kube_call_wait(struct kube_client *client, struct kube_call *call);

/* Make sure of valid credentials, which may mean waiting for a plugin: before a call that is waited for. -1 with err. */
MUST_CHECK int kube_client_authenticate(struct kube_client *client, struct err *err);

/* A GET that is waited for, tried again up to three times where that may help. *ret is the body, text in arena, also
 * of an HTTP error (a Status may say how to go on; "" where nothing came). On failure -1, and *status is the HTTP status or 0. */
MUST_CHECK int kube_get(struct kube_client *client, struct arena *a, const char *path, int *status, struct slice *ret,
			struct err *err);

/* The same with a body of at most max bytes; what is larger is an error with status 200. */
MUST_CHECK int kube_get_up_to(struct kube_client *client, struct arena *a, const char *path, size_t max, int *status,
			      struct slice *ret, struct err *err);

/* A request that is sent once and waited for, at most KUBE_ONCE_NS; other calls go on meanwhile. A caller that does not know whether
 * a write arrived should read again. *ret, the object as it is now, may be NULL. */
#define KUBE_ONCE_NS (5 * CLOCK_SECOND)
MUST_CHECK int kube_once(struct kube_client *client, struct arena *a, enum kube_method method, const char *path,
			 struct slice send, int *status, struct slice *ret, struct err *err);

/* The same, and how long the API server asks to wait before the next one (ns; 0 = it says nothing). */
MUST_CHECK int kube_once_told(struct kube_client *client, struct arena *a, enum kube_method method, const char *path,
			      struct slice send, int *status, struct slice *ret, int64_t *retry_after, struct err *err);

/* Can name be used in a path as the name of an object (RFC 1123 subdomain, as Kubernetes has it)? */
bool kube_name_ok(const char *name);

/* ns, more or less: between half of it and one and a half, so that replicas do not come all at once. */
int64_t kube_jitter(int64_t ns);

#endif
