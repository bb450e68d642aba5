/*
 * keeper_state.h - private to certs/keeper*.c: what the keeper's thread knows and does.
 *
 * Everything belongs to that thread except what is under lock or atomic.
 */
#ifndef CERTS_KEEPER_STATE_H
#define CERTS_KEEPER_STATE_H

#include "certs/bundle.h"
#include "certs/change.h"
#include "certs/keeper.h"
#include "kube/client.h"
#include "kube/watch.h"

#include <pthread.h>
#include <stdatomic.h>

/* One thing that is done again and again: when next, and what went wrong last. */
struct pace {
	const char *what; /* "the Secret", ...: for the log */
	int64_t due;      /* monotonic; 0 = now */
	unsigned failures;
	struct err wrong; /* "" = nothing */
};

/* How often replicas are asked what they serve, while that is waited for. */
#define KEEPER_ASK_NS (2 * CLOCK_SECOND)

enum keeper_kind { KEEPER_MUTATING, KEEPER_VALIDATING, KEEPER_CONFIGURATIONS };

struct keeper_configuration {
	struct certs_keeper *keeper;
	const char *kind; /* "mutating", "validating" */
	const char *path; /* of the object */
	struct kube_watch *watch;
	struct arena arena; /* of view */
	struct bundle_view view;
	bool listed, there, seen; /* seen: since the list began */
	bool changed;             /* it, or what we serve: look again */
	bool refused;             /* what we serve, when we looked last */
	bool was_right;
	struct pace pace;
};

enum keeper_repair { REPAIR_MADE, REPAIR_DELETED, REPAIR_DAMAGED, REPAIR_EXPIRED, REPAIR_BUNDLE, REPAIR_COUNT };

struct certs_keeper {
	const struct certs_keeper_options *options;
	struct certs_keeper_options own; /* options leads here */
	struct arena arena;              /* of paths */
	struct kube_client *client;
	pthread_t thread;
	_Atomic bool stopping;
	_Atomic bool serves_another; /* certs_keeper_serves() was called */
	bool never_ran;
	bool news; /* a watch brought something since the round began */

	/* The Secret. */
	const char *secret_path, *secret_collection;
	struct kube_watch *secret_watch;
	bool secret_listed, secret_there, secret_seen, secret_foreign;
	struct err secret_wrong;   /* why what is there is not usable; "" = it is */
	bool names_missing;        /* its leaf lacks a name */
	char version[128];         /* resourceVersion of what is there */
	struct material material;  /* what it holds; MATERIAL_NONE = nothing good */
	struct material served;    /* what was handed to serve() last */
	struct arena bundle_arena; /* of bundle64 */
	struct slice bundle64;     /* ca.crt of material; ptr NULL = none */
	int64_t settled_since;     /* monotonic: since when the current step's condition holds; 0 = it does not */
	int64_t renewed;           /* monotonic: when we changed it last; 0 = never */
	unsigned turn;             /* grows with all that is heard of the Secret */
	bool waited;               /* for the replicas that made the Secret before us */
	bool replicas_agree;
	struct pace secret_pace, lease_pace, ask_pace;
	bool lease_made;

	struct keeper_configuration configurations[KEEPER_CONFIGURATIONS];

	_Atomic unsigned troubles; /* paces whose `wrong` is set */
	_Atomic uint64_t repairs[REPAIR_COUNT], writes[2]; /* ok, failed */
	pthread_mutex_t lock;
	struct certs_keeper_state state; /* under lock */
	X509 *leaf;                      /* under lock: what is served; NULL = nothing */
};

/* ---- keeper_round.c: what the others share ---- */

/* The API server's clock, since it is the one that looks at certificates: ours may be set to anything. */
int64_t keeper_now(const struct certs_keeper *k);

bool keeper_is_due(const struct pace *pace);
/* It went right: again in ns. It went wrong: again after a pause that grows; logged where err is news. */
void keeper_right(struct certs_keeper *k, struct pace *pace, int64_t ns);
void keeper_wrong(struct certs_keeper *k, struct pace *pace, const struct err *err);

/* What was put right, or changed: into the log, and as an Event. */
void keeper_tell(struct certs_keeper *k, enum log_level level, const char *reason, const char *note);
void keeper_repaired(struct certs_keeper *k, enum keeper_repair repair, const char *note);

/* A write by the keeper's client, counted. */
MUST_CHECK int keeper_write(struct certs_keeper *k, struct arena *a, enum kube_method method, const char *path,
			    struct slice send, int *status, struct slice *ret, struct err *err);

/* A certificate is served from now on. Takes a reference. sha256: its own. */
void keeper_serves(struct certs_keeper *k, X509 *leaf, const char sha256[SHA256_HEX]);

/* ---- keeper_secret.c ---- */
void keeper_watch_secret(struct certs_keeper *k);
void keeper_look_after_secret(struct certs_keeper *k);

/* ---- keeper_bundle.c ---- */
void keeper_watch_configurations(struct certs_keeper *k);
void keeper_look_after_bundles(struct certs_keeper *k);
bool keeper_has_been_trusted(const struct certs_keeper *k); /* has a configuration a caBundle, whosever? */
bool keeper_bundles_agree(const struct certs_keeper *k); /* every configuration there is has ca.crt */

/* ---- keeper_lease.c ---- */
void keeper_look_after_lease(struct certs_keeper *k);
void keeper_ask_replicas(struct certs_keeper *k);
void keeper_leave(struct certs_keeper *k);

#endif
