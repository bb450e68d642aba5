/*
 * serve_exemptions.h - exemptions of the policy in force that have expired or soon will: a warning in the log when a
 * policy comes into force, and once a day after that. Private to command/.
 *
 * Threads: one, which calls it every second or so.
 */
#ifndef COMMAND_SERVE_EXEMPTIONS_H
#define COMMAND_SERVE_EXEMPTIONS_H

#include "base/log.h"
#include "policy/store.h"

struct serve_exemptions {
	char hash[13]; /* of the policy that was looked at last; "" = none */
	int64_t day;   /* and on which, since 1970 */
};

/* now: seconds since 1970. */
void serve_exemptions_tell(struct serve_exemptions *e, struct policy_store *policies, const struct log *log, int64_t now);

#endif
