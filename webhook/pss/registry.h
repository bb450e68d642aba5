/*
 * registry.h - which form of which check counts at a level and version.
 *
 * Private to pss/; pss_form_at() in pss.h shows the table to others.
 */
#ifndef PSS_REGISTRY_H
#define PSS_REGISTRY_H

#include "pss/check.h"
#include "pss/pss.h"

/* The checks that count at a level and version: one bit per row of the table. */
uint64_t pss_rows_asked(enum pss_level level, const char *version);

/* Judge a pod that was read already. */
void pss_judge(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret);

/* The same, if only which checks fail is of interest: pointers and texts are not to be used. */
void pss_judge_briefly(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret);

/* Rewrite v's reason and detail after violations were removed. */
void pss_summarise(struct arena *a, struct pss_verdict *v);

#endif
