/*
 * decision_log.h - the log line of a decision, and of a request that came to none.
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
