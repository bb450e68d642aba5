/*
 * exemption.h - findings that somebody answers for: a policy's Exemptions turn a
 * refusal or warning into a note for the audit log, until they expire.
 */
#ifndef ADMISSION_EXEMPTION_H
#define ADMISSION_EXEMPTION_H

#include "admission/review.h"
#include "policy/policy.h"

/* Set the action of every exempted finding to ACTION_AUDIT. now: seconds since 1970. */
void exempt(const struct policy *p, const struct review *r, int64_t now, struct findings *findings);

/* The exemption that covers rule for this request; NULL where none does. For whoever explains. */
const struct exemption *exemption_of(const struct policy *p, const struct review *r, int64_t now, const char *rule);

/* Is who asks one of these users or in one of these groups (words, or prefixes that end in '*')? */
bool asked_by(const struct texts *users, const struct texts *groups, const struct review *r);

#endif
