/*
 * registry.h - which form of which check counts at a level and version.
 *
 * Private to pss/; pss_form_at() in pss.h shows the table to others.
 */
#ifndef PSS_REGISTRY_H
#define PSS_REGISTRY_H

#include "pss/check.h"
#include "pss/pss.h"

/* What is asked at a level and version: a bit a row of the table. */
uint64_t pss_rows_asked(enum pss_level level, const char *version);

/* Judge a pod that is read already. */
void pss_judge(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret);

/* The same for who wants to know which checks fail only: pointers and texts are not for use. */
void pss_judge_briefly(const struct pss_pod *pod, uint64_t rows, struct pss_verdict *ret);

/* Write v's reason and detail anew: violations were taken out. */
void pss_summarise(struct arena *a, struct pss_verdict *v);

#endif
