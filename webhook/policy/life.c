#include "policy/life.h"

#include "base/plural.h"

#define DAY 86400

enum exemption_life exemption_life(const struct exemption *e, int64_t now)
{
	if (e->expires_unix == 0)
		return EXEMPTION_HOLDS;
	if (now >= e->expires_unix)
		return EXEMPTION_EXPIRED;
	return e->expires_unix - now <= EXEMPTION_SOON_DAYS * DAY ? EXEMPTION_EXPIRES_SOON : EXEMPTION_HOLDS;
}

/* On the last day itself: today. */
static const char *days_left(struct arena *a, int64_t seconds)
{
	int64_t days = (seconds - 1) / DAY;

	return days == 0 ? "today" : arena_printf(a, "in %lld day%s", (long long)days, plural((size_t)days));
}

const char *exemption_life_text(struct arena *a, const struct exemption *e, int64_t now)
{
	switch (exemption_life(e, now)) {
	case EXEMPTION_EXPIRED:
		return arena_printf(a, "exemption '%s' expired on %s, ask %s", e->id, e->expires, e->owner);
	case EXEMPTION_EXPIRES_SOON:
		return arena_printf(a, "exemption '%s' expires on %s, %s, ask %s", e->id, e->expires,
				    days_left(a, e->expires_unix - now), e->owner);
	case EXEMPTION_HOLDS:
		break;
	}
	return NULL;
}
