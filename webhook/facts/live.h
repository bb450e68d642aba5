/*
 * live.h - facts from a cluster: Namespaces by list and watch, ConfigMaps by a GET when they are asked for.
 *
 *	struct facts_live *live = facts_live_new(&config, &log, "sparkgate/1.0", LIVE_STALE_NS);
 *	facts_live_add(live, tick, me);      // other work that talks to the API server on that thread
 *	if (facts_live_start(live, err) < 0) ...
 *	struct facts_source *source = facts_live_source(live);
 *	...
 *	facts_live_stop(live);       // wakes all that wait; call before server_stop()
 *	server_stop(server);
 *	facts_live_close(live);
 *
 * Namespaces: facts/namespaces.h holds all of them, as fresh as the watch; while the API server is away, as last
 * seen. One that is not known, or known without the mode label (the API server would not have called us then: our
 * watch is behind), is fetched live, once however many requests wait for it.
 *
 * ConfigMaps are never kept: who may read one is none of our business, and a copy would be a second truth. Each one
 * that a request names is fetched by its name only (verb get), all of them within LIVE_LOOKUP_NS.
 *
 * Live requests are limited in rate (LIVE_RATE a second for each of the two, LIVE_BURST at once), since anybody who
 * reaches the webhook's port can name objects; beyond that, and if no answer came in time, a Namespace is what the
 * watch last said (or unknown), a ConfigMap is unseen.
 *
 * Threads: one of its own, which alone talks to the API server. get and put from any; no request waits for
 * another's answer, and one that needs no live answer never waits.
 */
#ifndef FACTS_LIVE_H
#define FACTS_LIVE_H

#include "base/clock.h"
#include "base/log.h"
#include "facts/source.h"
#include "kube/config.h"

#define LIVE_LOOKUP_NS (500 * CLOCK_MS)

/* Bounds on the pods of a namespace, upstream's Pod Security's: how many, and how long
 * (k8s.io/pod-security-admission/admission: defaultNamespaceMaxPodsToCheck, defaultNamespacePodCheckTimeout). What is
 * kept of them takes at most LIVE_PODS_BYTES. */
#define LIVE_PODS_MAX 3000
#define LIVE_PODS_NS CLOCK_SECOND
#define LIVE_PODS_BYTES (8u << 20)
/* Nobody changes namespaces that often except by mistake; a list costs more than an object. */
#define LIVE_PODS_AT_ONCE 2
#define LIVE_PODS_RATE 5
#define LIVE_PODS_BURST 20
#define LIVE_RATE 100
#define LIVE_BURST 200

/* The facts are called stale this long after the API server was last heard, unless configured otherwise: a watch that
 * is alive has a bookmark every minute, one that is silent is noticed after two. */
#define LIVE_STALE_NS (180 * CLOCK_SECOND)

struct facts_live;

/* Not started yet. config, log and user_agent must outlive it. */
struct facts_live *facts_live_new(const struct kube_config *config, const struct log *log, const char *user_agent,
				  int64_t stale_after);

/* Add other work that talks to the API server on the same thread, such as another watch: tick() does what is due
 * and returns when to be called again (monotonic); it may be called earlier. Call before facts_live_start(), at
 * most LIVE_WORK_MAX times. Give back what the work holds of the client between facts_live_stop() and
 * facts_live_close(). */
#define LIVE_WORK_MAX 8
void facts_live_add(struct facts_live *live, int64_t (*tick)(void *closure), void *closure);
struct kube_client *facts_live_client(struct facts_live *live);

/* The API server need not be up yet: facts_ready() says when the first list is in. -1: no thread could be started. */
MUST_CHECK int facts_live_start(struct facts_live *live, struct err *err);

/* End the thread and wake everybody. The source goes on answering with what it has. NULL is fine. */
void facts_live_stop(struct facts_live *live);

/* Call when no lease is out. NULL is fine. */
void facts_live_close(struct facts_live *live);

struct facts_source *facts_live_source(struct facts_live *live);

struct facts_live_state {
	bool listed;       /* the first list is in */
	size_t namespaces;
	int64_t age;       /* ns since the API server was last heard; -1 = never */
	bool stale;
};

struct facts_live_state facts_live_state(struct facts_live *live);

#endif
