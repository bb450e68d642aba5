/*
 * decision_log.h - the log line of a decision, and of a request that came to none.
 *
 * rules: what is violated, in any mode (allowed says what became of it, verdict what enforce would say). changes: how many were
 * made; wouldChange: the rules of those that were not made because of warn or audit.
 *
 * Holds names, rule ids and counts, never a value of the object: nothing in it can
 * be a secret.
 */
#ifndef HTTP_DECISION_LOG_H
#define HTTP_DECISION_LOG_H

#include "base/log.h"
#include "http/admit.h"

/* adm was answered; ns: how long it took. Decided or not. */
void decision_log(const struct log *log, const struct admission *adm, int64_t ns);

#endif
