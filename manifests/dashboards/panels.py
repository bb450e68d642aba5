"""What the dashboard shows: rows of panels, each a few queries. dashboard.py makes sparkgate.json of it.

`{F}` in a query is the choice of namespace, job and replica. Series of API servers have jobs of their own, hence `{API}`.
A rate is taken over $__rate_interval, which is never shorter than four scrapes; a stat counts over what is on the screen.
"""

from dashboard import Panel, Query, Row, stat, table

ASKED = 'endpoint=~"mutate|validate"'
RATE = "[$__rate_interval]"
DAYS = "(min by ({by}) ({metric}{{F}}) - time()) / 86400"
QUANTILE = "histogram_quantile({q}, sum by (le, endpoint) (rate(sparkgate_request_duration_seconds_bucket{F}" + RATE + ")))"
SLOWEST = (
    "histogram_quantile(0.99, sum by (le, name) (rate(apiserver_admission_webhook_admission_duration_seconds_bucket{API}" + RATE + ")))"
)
SOON = [("red", None), ("orange", 14), ("green", 45)]  # days; alerts come at 14
NONE_IS_GOOD = [("green", None), ("red", 1)]
SOME_IS_GOOD = [("red", None), ("green", 1)]
MANY_IS_BAD = [("green", None), ("red", 2)]
IN_STEP = {"0": ("out of step", "red"), "1": ("in step", "green")}


def rate(metric, by, more=""):
    """By these labels, a second; more: further matchers."""
    return f"sum by ({by}) (rate({metric}{{F{',' + more if more else ''}}}{RATE}))"


def top(metric, by, more=""):
    return f"topk(10, {rate(metric, by, more)} > 0)"


def by_pod(metric):
    return f"max by (pod) ({metric}{{F}})"


WORKING = Row("Is it working?", [
    stat("Replicas ready", "sum(sparkgate_ready{F})", SOME_IS_GOOD,
         "Replicas whose /readyz says yes. At 0, Connect servers of opted-in namespaces cannot be created."),
    stat("Answers that are errors", f"(sum(rate(sparkgate_requests_total{{F,{ASKED},code!=\"200\"}}{RATE})) or vector(0))"
         f" / sum(rate(sparkgate_requests_total{{F,{ASKED}}}{RATE}))", [("green", None), ("orange", 0.001), ("red", 0.01)],
         "Share of /mutate and /validate that got no 200: nothing that an API server can use. A refusal is a 200.", unit="percentunit"),
    stat("Calls that failed", 'sum(increase(apiserver_admission_webhook_rejection_count{API,error_type="calling_webhook_error"}[$__range]))'
         " or vector(0)", NONE_IS_GOOD,
         "What API servers say: objects refused since sparkgate could not be reached. 0 also where API servers are not scraped."),
    stat("Passed over", "sum(increase(apiserver_admission_webhook_fail_open_count{API}[$__range])) or vector(0)", NONE_IS_GOOD,
         "What API servers say: objects let through unasked, since an entry with failurePolicy Ignore was not reached."),
    stat("Certificate, days left", "(min(sparkgate_certificate_expiry_timestamp_seconds{F}) - time()) / 86400", SOON,
         "Days that the certificate of any replica has left. A self-managed one is renewed with 121 of 365 left."),
    stat("Alerts", 'count(ALERTS{alertname=~"Sparkgate.*",alertstate="firing"}) or vector(0)', NONE_IS_GOOD,
         "Alerts of manifests/alerts that fire in this Prometheus; docs/alerts.md has a runbook for each."),
    Panel("Answers by code", [Query(rate("sparkgate_requests_total", "endpoint, code", ASKED), "{{endpoint}} {{code}}")],
          "Verdicts are 200, refusals as well. 403: no acceptable client certificate; 400 to 415: no API server asks; 503: not read.",
          unit="reqps"),
    Panel("Time to answer", [Query(QUANTILE.replace("{q}", "0.5"), "{{endpoint}} half"),
                             Query(QUANTILE.replace("{q}", "0.99"), "{{endpoint}} 99 %"),
                             Query("vector($timeout)", "API server's timeout")],
          "From a request's last byte to its answer. The dashed line is the timeout of the webhook configurations (variable `timeout`).",
          unit="s", log=True, dashed="API server's timeout"),
    Panel("Time to answer, as API servers see it", [Query(SLOWEST, "{{name}}"), Query("vector($timeout)", "API server's timeout")],
          "99 % of calls: with network, TLS and the API server's own wait. Much more than the panel beside it: look at the network.",
          unit="s", log=True, dashed="API server's timeout"),
    Panel("Refused before it was judged", [
        Query(rate("sparkgate_bodies_refused_total", "reason"), "body {{reason}}"),
        Query(rate("sparkgate_deadlines_exceeded_total", "job"), "too slow to arrive"),
        Query(rate("sparkgate_clients_refused_total", "job"), "no acceptable client certificate")],
          "over-budget: bodies in flight had all of --max-inflight-bytes, so this one was not read. Mode enforce refuses it.",
          unit="reqps", width=12),
    Panel("Failed calls, as API servers see it", [
        Query(f"sum by (name, error_type) (rate(apiserver_admission_webhook_rejection_count{{API,error_type!=\"no_error\"}}{RATE}))",
              "{{name}} {{error_type}}"),
        Query(f"sum by (name) (rate(apiserver_admission_webhook_fail_open_count{{API}}{RATE}))", "{{name}} passed over")],
          "Needs a Prometheus that scrapes the API servers. Empty is good.", unit="reqps", width=12),
])

DOES = Row("What it does", [
    Panel("Decisions", [Query(rate("sparkgate_decisions_total", "mode, decision"), "{{mode}}: {{decision}}")],
          "By the mode in force. would-deny: passed, but mode enforce would refuse it; skip: nothing to judge.", unit="reqps"),
    Panel("Connect servers by backend", [
        Query(rate("sparkgate_decisions_total", "backend, decision", 'webhook="servers.validate.sparkgate.io"'), "{{backend}}: {{decision}}")],
          "Servers that arrived at /validate, by the backend that their namespace asks for.", unit="reqps"),
    Panel("Calls by webhook", [Query(rate("sparkgate_decisions_total", "webhook"), "{{webhook}}")],
          "Which entries of the webhook configurations ask.", unit="reqps"),
    Panel("Refused, by rule", [Query(top("sparkgate_violations_total", "rule", 'action="deny",mode="enforce"'), "{{rule}}")],
          "The ten that refuse most; `sparkgate explain` says what one wants of an object.", unit="reqps"),
    Panel("Rewritten, by rule", [Query(top("sparkgate_rewrites_total", "rule"), "{{rule}}")],
          "The ten that change most. Nothing for long? Then /mutate is not called.", unit="reqps"),
    Panel("Warnings, by rule", [Query(top("sparkgate_violations_total", "rule", 'action="warn",mode=~"enforce|warn"'), "{{rule}}")],
          "What users see as warnings of kubectl.", unit="reqps"),
    Panel("Would be refused", [Query(rate("sparkgate_decisions_total", "mode, backend", 'decision="would-deny"'), "{{mode}}, {{backend}}")],
          "Objects of namespaces in mode warn or audit that enforce would refuse: nil for a week, and enforce hurts nobody.", unit="reqps"),
    Panel("Would be refused, by rule", [
        Query(top("sparkgate_violations_total", "rule, mode", 'action="deny",mode=~"warn|audit"'), "{{rule}} ({{mode}})")],
          "What to mend before enforce.", unit="reqps"),
    Panel("Would be rewritten, by rule", [Query(top("sparkgate_would_rewrite_total", "rule, mode"), "{{rule}} ({{mode}})")],
          "What enforce would change in namespaces in mode warn or audit.", unit="reqps"),
    Panel("Servers on the wrong backend", [Query(rate("sparkgate_servers_on_wrong_backend_total", "backend"), "should be on {{backend}}")],
          "Arrived at /validate as if /mutate had not been asked, so they were refused.", unit="reqps"),
    Panel("Pod Security", [
        Query(rate("pod_security_evaluations_total", "mode, policy_level, decision"), "{{mode}}, {{policy_level}}: {{decision}}")],
          "Evaluations against the level that the policy asks for, counted as Kubernetes' own admission counts them.", unit="reqps"),
    Panel("Kubernetes Events", [Query(rate("sparkgate_workload_events_total", "result"), "workloads: {{result}}"),
                                Query(rate("sparkgate_events_total", "result"), "itself: {{result}}")],
          "About what it refused and rewrote, as kubectl describe shows them (repeated: counted into one that is there), and about itself.",
          unit="cps"),
])

FACTS = Row("What it knows of the cluster", [
    Panel("Silence of the API server", [Query(by_pod("sparkgate_facts_age_seconds"), "{{pod}}")],
          "Since the watch last said something; a quiet one is heard once a minute. The alert comes at 300 s.", unit="s"),
    Panel("Namespaces known", [Query(by_pod("sparkgate_facts_namespaces"), "{{pod}}")],
          "The same on all replicas, but for a moment."),
    Panel("Facts are stale", [Query(by_pod("sparkgate_facts_stale"), "{{pod}}")],
          "1: the silence is longer than --facts-stale-after. It decides by what it knew then."),
    Panel("Watches and lists", [Query(rate("sparkgate_facts_watch_restarts_total", "pod"), "{{pod}} watch ended"),
                                Query(rate("sparkgate_facts_lists_total", "pod"), "{{pod}} listed anew")],
          "A watch ends every few minutes and goes on where it was; a list each time is trouble.", unit="cps"),
    Panel("Asked while a request waited", [Query(rate("sparkgate_facts_live_gets_total", "resource, result"), "{{resource}} {{result}}")],
          "Objects that were not known yet. late and failed: the API server answered too late, or not.", unit="reqps"),
    Panel("Requests that wait for facts", [Query(by_pod("sparkgate_facts_waiting"), "{{pod}}")],
          "They wait within the API server's timeout, and hold no thread."),
])

CERTIFICATES = Row("Certificates", [
    Panel("Days left", [Query(DAYS.format(by="pod", metric="sparkgate_certificate_expiry_timestamp_seconds"), "{{pod}}")],
          "Of the certificate that each replica serves."),
    Panel("caBundle", [Query("min by (configuration) (sparkgate_ca_bundle_in_step{F})", "{{configuration}}")],
          "Does it accept what is served? 0: every call of the API server fails.", mappings=IN_STEP),
    stat("Certificates served", "count(count by (sha256) (sparkgate_certificate_info{F}))", MANY_IS_BAD,
         "More than one for long: replicas do not share their Secret. During a change of the CA it is no harm.", height=8),
    stat("CA change", "max(sparkgate_ca_change_step{F})", [("green", None), ("orange", 1)],
         "0: none, 1: the new CA is announced, 2: the leaf has moved. A step takes --rotation-pause.", height=8),
    Panel("Put right and written", [Query(rate("sparkgate_certificate_repairs_total", "reason"), "put right: {{reason}}"),
                                    Query(rate("sparkgate_certificate_writes_total", "result"), "written: {{result}}")],
          "Steadily: something else writes the Secret or caBundle, a GitOps tool mostly.", unit="cps", width=24, height=6),
])

POLICY = Row("Policy", [
    stat("Policies in force", "count(count by (hash) (sparkgate_policy_info{F}))", MANY_IS_BAD,
         "1: all replicas decide by the same.", height=8),
    stat("Reloads refused", 'sum(increase(sparkgate_reloads_total{F,result="failed"}[$__range]))', NONE_IS_GOOD,
         "Changes of policy, facts, certificate or CA of clients that were not taken; the old one stays in force. The log names file and line.", height=8),
    table("Policy of each replica", [Query("max by (pod, hash) (sparkgate_policy_info{F})", "")], ["pod", "hash"],
          "`sparkgate policy show` prints the hash of a file."),
    table("Version of each replica", [Query("max by (pod, version) (sparkgate_build_info{F})", "")], ["pod", "version"],
          "Two versions have two shipped policies, so hashes differ during an upgrade."),
    Panel("Reloads", [Query(rate("sparkgate_reloads_total", "what, result"), "{{what}} {{result}}")],
          "Files and ConfigMaps that changed.", unit="cps", width=12),
    Panel("Match conditions", [Query("min by (configuration) (sparkgate_match_conditions_in_step{F})", "{{configuration}}")],
          "Do the webhook configurations call for all that the policy selects? 0: some Spark pods are never sent.",
          mappings=IN_STEP, width=12),
])

EXEMPTIONS = Row("Exemptions", [
    table("Exemptions of the policy in force", [
        Query(DAYS.format(by="exemption", metric="sparkgate_exemption_expires_timestamp_seconds"), ""),
        Query("sum by (exemption) (increase(sparkgate_exemption_uses_total{F}[$__range]))", "")],
          ["exemption"], "Days until each ends, and how often it was needed in the time on the screen.",
          values=[("Days left", SOON), ("Needed", None)], width=12),
    Panel("Needed", [Query(rate("sparkgate_exemption_uses_total", "exemption"), "{{exemption}}")],
          "Decisions that an exemption made milder. Nil for months: take it out.", unit="cps", width=12),
])

RESOURCES = Row("Resources", [
    Panel("CPU", [Query(rate("process_cpu_seconds_total", "pod"), "{{pod}}")], "Cores in use; a thread has one at most.", unit="none"),
    Panel("Memory", [Query(by_pod("process_resident_memory_bytes"), "{{pod}}")],
          "Resident. The limit that the chart sets is what an attack can cost.", unit="bytes"),
    Panel("Memory of bodies in flight", [Query(by_pod("sparkgate_inflight_bytes"), "{{pod}}"),
                                         Query("min(sparkgate_inflight_limit_bytes{F})", "limit")],
          "Bodies beyond the limit are not read, and mode enforce refuses them.", unit="bytes", dashed="limit"),
    Panel("Connections and requests", [Query(by_pod("sparkgate_connections"), "{{pod}} connections"),
                                       Query(by_pod("sparkgate_requests_in_flight"), "{{pod}} in flight")],
          "An API server keeps a connection or two a replica.", width=6),
    Panel("Bytes received", [Query(rate("sparkgate_body_bytes_total", "pod"), "{{pod}}")], "Of request bodies.", unit="Bps", width=6),
    Panel("File descriptors", [Query(by_pod("process_open_fds"), "{{pod}}"), Query("min(process_max_fds{F})", "limit")],
          "Connections are refused at the limit.", dashed="limit", log=True, width=6),
    Panel("Log lines lost", [Query(rate("sparkgate_log_lines_lost_total", "pod"), "{{pod}}")],
          "Nobody read them: the container's runtime hangs, or its disk is full. Admissions went on.", unit="cps", width=6),
])

ROWS = [WORKING, DOES, FACTS, CERTIFICATES, POLICY, EXEMPTIONS, RESOURCES]
