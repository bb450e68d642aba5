/*
 * exemptions.h - which exemptions of the policy an audit met: those that are no longer needed, and those that end
 * soon.
 *
 *	struct exemptions_met met = exemptions_met_of(policy, arena);
 *	exemptions_met_add(&met, line->report.simulation);      // for every line
 *	exemptions_met_print(&met, now, color, stdout);
 *
 * An exemption for users or groups holds for what a person creates by hand (admission/exemption.h), and
 * no existing object tells who made it: its uses are counted only by the server (sparkgate_exemption_uses_total).
 *
 * Ownership: the arena. Threads: one.
 */
#ifndef AUDIT_EXEMPTIONS_H
#define AUDIT_EXEMPTIONS_H

#include "admission/simulate.h"

#include <stdio.h>

struct exemptions_met {
	const struct policy *policy;
	size_t *objects; /* that need it, in the order of policy->exemptions */
	struct arena *arena;
};

struct exemptions_met exemptions_met_of(const struct policy *policy, struct arena *a);
void exemptions_met_add(struct exemptions_met *met, const struct simulation *simulation);

/* A table, and below it what to do about each that is unused, has ended or ends soon; nothing where the policy has
 * none. now: seconds since 1970. */
void exemptions_met_print(const struct exemptions_met *met, int64_t now, bool color, FILE *out);

#endif
