/*
 * metrics_print.h - the metrics in Prometheus' text format (version 0.0.4).
 *
 *	sparkgate_requests_total{endpoint,code}
 *	sparkgate_request_duration_seconds{endpoint}      histogram from 10 us, last byte in to answer out
 *	sparkgate_decisions_total{webhook,role,backend,mode,decision}
 *	sparkgate_rewrites_total{rule}                    what /mutate changed
 *	sparkgate_would_rewrite_total{rule,mode}          what it would have, but for warn or audit
 *	sparkgate_violations_total{rule,action,mode}      action is that of enforce; mode that of the rule's half: with a pssMode, its own
 *	sparkgate_servers_on_wrong_backend_total{backend} Connect servers that reached /validate unrewritten
 *	pod_security_evaluations_total{...}               upstream's name, labels and folding
 *	sparkgate_facts_*                                 of the facts source (facts/live_metrics.c)
 *	sparkgate_exemption_*{exemption}                  those of the policy in force (http/metrics_exemptions.h)
 *	sparkgate_policy_info{hash}, sparkgate_reloads_total{what,result}
 *	sparkgate_certificate_expiry_timestamp_seconds
 *	sparkgate_connections, sparkgate_requests_in_flight, sparkgate_inflight_bytes, ..._limit_bytes
 *	sparkgate_body_bytes_total, sparkgate_bodies_refused_total{reason}, sparkgate_deadlines_exceeded_total,
 *	sparkgate_clients_refused_total, sparkgate_build_info{version}, process_*
 *
 * Label values are fixed words, and ids of rules and exemptions of the policy; no name of a namespace or
 * an object is ever a label. Series appear with their first count, so that the
 * product of all labels is never written out.
 */
#ifndef HTTP_METRICS_PRINT_H
#define HTTP_METRICS_PRINT_H

#include "base/buf.h"
#include "http/server.h"
#include "http/service.h"

void metrics_print(struct buf *out, const struct server *server, struct service *service);

#endif
