#include "certs/change.h"

#include "certs/inspect.h"

static bool expired(const X509 *cert, int64_t now)
{
	return cert_not_after(cert) <= now;
}

/* More than clocks differ, and than certs/issue.c dates back. */
#define FUTURE_SECONDS (10 * 60)

static bool from_the_future(const X509 *cert, int64_t now)
{
	return cert_not_before(cert) > now + FUTURE_SECONDS;
}

static enum change renewal(const struct change_view *v)
{
	return material_is_due(v->material->leaf, v->now) || v->names_missing ? CHANGE_RENEW : CHANGE_NONE;
}

enum change change_due(const struct change_view *v)
{
	const struct material *m = v->material;
	bool settled = v->settled >= v->pause;

	if (!m->ca || !m->leaf || expired(m->ca, v->now) || from_the_future(m->ca, v->now))
		return CHANGE_ALL;
	if (from_the_future(m->leaf, v->now))
		return CHANGE_REDATE;
	if (expired(m->leaf, v->now))
		return CHANGE_RENEW;
	switch (material_step(m)) {
	case STEP_ANNOUNCED:
		return v->bundles_agree && settled ? CHANGE_MOVE : CHANGE_NONE;
	case STEP_MOVED:
		return v->bundles_agree && v->replicas_agree && settled ? CHANGE_DROP : renewal(v);
	default:
		return material_is_due(m->ca, v->now) ? CHANGE_ANNOUNCE : renewal(v);
	}
}

const char *change_name(enum change change)
{
	static const char *const names[] = {
		[CHANGE_NONE] = "none", [CHANGE_REDATE] = "redate",      [CHANGE_RENEW] = "renew",  [CHANGE_ANNOUNCE] = "announce-ca",
		[CHANGE_MOVE] = "move-leaf", [CHANGE_DROP] = "drop-ca", [CHANGE_ALL] = "make",
	};

	return names[change];
}
