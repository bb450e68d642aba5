/*
 * bundle.h - caBundle of the webhook configurations: what API servers trust when they call us.
 *
 *	struct bundle_view view;
 *	bundle_read(arena, configuration, &view);
 *	if (!bundle_is(&view, bundle64))
 *		patch = bundle_patch(arena, &view, bundle64);      // JSON Patch
 *
 * A patch writes clientConfig.caBundle and nothing else, of those webhooks alone that lack it; each is preceded by a
 * `test` of the webhook's name, so that a configuration that was reordered meanwhile refuses it (422) instead of being
 * written in the wrong place. https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 *
 * Ownership: the arena. Threads: no state.
 */
#ifndef CERTS_BUNDLE_H
#define CERTS_BUNDLE_H

#include "base/json.h"
#include "certs/ossl.h"

/* Webhooks of one configuration that are looked at: ours have two and five. */
#define BUNDLE_WEBHOOKS_MAX 32

struct bundle_webhook {
	const char *name;
	bool has_client_config; /* else the object is not ours, and is left alone */
	struct slice bundle;    /* base64 as it is there; ptr NULL = none */
};

struct bundle_view {
	struct bundle_webhook webhooks[BUNDLE_WEBHOOKS_MAX];
	size_t count;
};

/* Of a Mutating- or ValidatingWebhookConfiguration; texts are copied. */
void bundle_read(struct arena *a, const struct json *configuration, struct bundle_view *ret);

/* Does every webhook have exactly this caBundle (base64)? No for one without webhooks. */
bool bundle_is(const struct bundle_view *view, struct slice bundle64);

/* Would every webhook's caBundle accept a server that shows leaf? */
bool bundle_accepts(const struct bundle_view *view, X509 *leaf);

/* The JSON Patch that makes bundle_is() true. */
struct slice bundle_patch(struct arena *a, const struct bundle_view *view, struct slice bundle64);

#endif
