/*
 * life.h - how long an exemption still holds, for code that tells its owner: lint, show and a running server.
 *
 * Threads: no state, no clock: now is an argument.
 */
#ifndef POLICY_LIFE_H
#define POLICY_LIFE_H

#include "policy/policy.h"

/* Time enough to mend what is exempt, or to ask for longer. */
#define EXEMPTION_SOON_DAYS 14

enum exemption_life { EXEMPTION_HOLDS, EXEMPTION_EXPIRES_SOON, EXEMPTION_EXPIRED };

enum exemption_life exemption_life(const struct exemption *e, int64_t now);

/* "exemption 'x' expires on 2027-03-31, in 3 days, ask ops@example.com" or "... expired on ..."; NULL if it
 * holds for longer. */
const char *exemption_life_text(struct arena *a, const struct exemption *e, int64_t now);

#endif
