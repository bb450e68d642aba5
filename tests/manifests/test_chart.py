"""The chart: what each value does to the objects, and which values it refuses."""

import base64
import os
import re
import subprocess

import pytest
import yaml

from chart import CHART, GIVEN, PEM, POLICY, ROOT, VARIANTS, Objects, helm, rendered, template

CERT_MANAGER = {"certificates": {"source": "cert-manager"}}


def decoded(text):
    run = subprocess.run([os.environ["DECODE"]], input=text, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in run.stdout.splitlines()]


@pytest.mark.parametrize("name", VARIANTS)
def test_lint(name):
    run = helm("lint", "--strict", "--kube-version", "1.35.0", CHART, values=VARIANTS[name])
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("name", VARIANTS)
def test_the_newest_kubernetes_takes_every_object(name):
    """Strictly decoded: no field that it does not know; and our pods are restricted."""
    verdicts = decoded(rendered(VARIANTS[name], "--include-crds"))
    assert len(verdicts) >= 10
    if name == "host-network":  # hostNetwork is what restricted forbids: the only thing that it may say
        verdicts = [[k, n, "ok" if re.match(r"host namespaces \(hostNetwork=true\), hostPort|host namespaces \(hostNetwork=true\)$", v) else v]
                    for k, n, v in verdicts]  # fmt: skip
    foreign = {"Issuer", "Certificate", "ServiceMonitor", "PrometheusRule"}
    assert [v for v in verdicts if v[2] != ("foreign" if v[0] in foreign else "ok")] == []


def test_the_decoder_can_say_no():
    text = rendered()
    assert any("unknown field" in v for _, _, v in decoded(text.replace("maxSurge:", "maxSurges:")))
    assert any("runAsNonRoot" in v for _, _, v in decoded(text.replace("runAsNonRoot: true", "runAsNonRoot: false")))


@pytest.mark.parametrize("name", VARIANTS)
def test_serve_takes_the_arguments(name):
    """Every flag is one of the program's: with --help behind them it prints its help, or names the bad one."""
    args = Objects(VARIANTS[name]).container["args"]
    run = subprocess.run([os.environ["SPARKGATE"], *args, "--help"], capture_output=True, text=True, timeout=20)
    assert run.returncode == 0 and run.stdout.startswith("usage: sparkgate serve"), run.stderr


def test_notes_lead_through_the_modes():
    text = (CHART / "templates" / "NOTES.txt").read_text()
    assert re.findall(r"kubectl label .* sparkgate\.io/mode=(\w+)", text) == ["audit", "warn", "enforce"]


def test_names_follow_the_full_name():
    o = Objects({"fullnameOverride": "gate-2"}, namespace="platform")
    assert {o["metadata"]["name"] for o in o.all.values()} == {"gate-2", "gate-2-test"}
    assert {o["metadata"].get("namespace") for o in o.all.values()} == {"platform", None}
    assert (o.flags["--service"], o.flags["--webhook-configurations"], o.flags["--policies-configmap"]) == ("gate-2", "gate-2", "gate-2-policies")
    assert all(w["clientConfig"]["service"]["name"] == "gate-2" for w in o.webhooks.values())
    assert o.rights("ClusterRole")[("mutatingwebhookconfigurations", "named")][1] == ["gate-2"]
    assert o.rights("Role")[("configmaps", "named")][1] == ["gate-2-policies"]
    assert "--webhook-configurations=gate-2" in o.of("Pod")["spec"]["containers"][0]["args"]


def test_names_follow_the_release():
    assert Objects(release="a").has("Deployment") and Objects(release="a").of("Deployment")["metadata"]["name"] == "a-sparkgate"


@pytest.mark.parametrize("values", [{}, {"fullnameOverride": "other"}, CERT_MANAGER, GIVEN])
def test_the_accounts_and_selectors_fit(values):
    o = Objects(values, namespace="platform")
    account = o.of("ServiceAccount")["metadata"]
    for binding in ("ClusterRoleBinding", "RoleBinding"):
        subject = o.of(binding)["subjects"][0]
        assert (subject["name"], subject["namespace"]) == (account["name"], "platform")
    assert o.pod["serviceAccountName"] == account["name"]
    labels = o.of("Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [o.of("Service")["spec"]["selector"]]
    selectors += [o.of(k)["spec"][f]["matchLabels"] for k, f in (("Deployment", "selector"), ("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"))]
    assert all(s.items() <= labels.items() and s for s in selectors)
    test = o.of("Pod")["metadata"]["labels"] if o.has("Pod") else {}
    assert not any(s.items() <= test.items() for s in selectors), "the pod of `helm test` is no replica"


def test_only_the_pod_gets_a_token():
    o = Objects()
    assert o.of("ServiceAccount")["automountServiceAccountToken"] is False and o.pod["automountServiceAccountToken"] is True


def test_self_managed():
    o = Objects({"certificates": {"selfManaged": {"secretName": "tls", "rotationPause": "5s"}}})
    assert (o.flags["--certs-secret"], o.flags["--rotation-pause"]) == ("tls", "5s")
    assert not o.has("Secret") and "volumes" not in o.pod, "the Secret is the program's, and no upgrade resets it"
    assert not any("caBundle" in w["clientConfig"] for w in o.webhooks.values())
    assert "patch" in o.rights("ClusterRole")[("validatingwebhookconfigurations", "named")][0]
    assert o.rights("Role")[("secrets", "named")] == (["list", "watch", "update"], ["tls"])
    assert o.rights("Role")[("secrets", "any")] == (["create"], None)


@pytest.mark.parametrize("values", [CERT_MANAGER, GIVEN])
def test_who_does_not_make_certificates_may_not(values):
    o = Objects(values)
    assert "--certs-secret" not in o.flags and o.flags["--tls-cert"] == "/etc/sparkgate/certs/tls.crt"
    assert "patch" not in o.rights("ClusterRole")[("validatingwebhookconfigurations", "named")][0]
    assert not {"secrets", "leases"} & {r for r, _ in o.rights("Role")}
    (mount,) = o.container["volumeMounts"]
    assert mount["readOnly"] and o.flags["--tls-key"].startswith(mount["mountPath"] + "/")


def test_given():
    o = Objects(GIVEN)
    assert o.pod["volumes"][0]["secret"]["secretName"] == "mine"
    assert {base64.b64decode(w["clientConfig"]["caBundle"]).decode() for w in o.webhooks.values()} == {PEM}


def test_cert_manager():
    o = Objects(CERT_MANAGER, namespace="platform")
    certificates = {name: c["spec"] for (kind, name), c in o.all.items() if kind == "Certificate"}
    issuers = {name: i["spec"] for (kind, name), i in o.all.items() if kind == "Issuer"}
    certificate, ca = certificates["sparkgate"], certificates["sparkgate-ca"]
    # A renewal must leave caBundle as it is: the certificate is signed by a CA, and only that by itself.
    assert issuers[certificate["issuerRef"]["name"]] == {"ca": {"secretName": ca["secretName"]}} and ca["isCA"]
    assert issuers[ca["issuerRef"]["name"]] == {"selfSigned": {}}
    assert certificate["secretName"] == o.pod["volumes"][0]["secret"]["secretName"]
    assert "sparkgate.platform.svc" in certificate["dnsNames"]
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        assert o.of(kind)["metadata"]["annotations"]["cert-manager.io/inject-ca-from"] == "platform/sparkgate"
    own = Objects(VARIANTS["own-issuer"])
    assert not own.has("Issuer") and own.of("Certificate")["spec"]["issuerRef"] == {"name": "corp", "kind": "ClusterIssuer"}


def test_no_right_is_wider_than_its_verbs():
    """Nothing is written but caBundle, the Secret, Leases and Events; no wildcard; no list of Secrets without a name."""
    for values in ({}, CERT_MANAGER, GIVEN):
        o = Objects(values)
        rules = o.of("ClusterRole")["rules"] + o.of("Role")["rules"]
        assert "*" not in str(rules)
        written = {(r, v) for rule in rules for r in rule["resources"] for v in rule["verbs"] if v not in ("get", "list", "watch")}
        allowed = {("mutatingwebhookconfigurations", "patch"), ("validatingwebhookconfigurations", "patch"), ("events", "create"), ("events", "patch"),
                   ("secrets", "create"), ("secrets", "update"), *(("leases", v) for v in ("create", "update", "patch", "delete"))}  # fmt: skip
        assert written <= allowed


def test_what_helm_test_may_is_to_read():
    o = Objects()
    rules = o.of("ClusterRole", "sparkgate-test")["rules"] + o.of("Role", "sparkgate-test")["rules"]
    assert {v for rule in rules for v in rule["verbs"]} <= {"get", "list"} and all("configmaps" not in rule["resources"] for rule in rules)
    hooks = [x for (_, name), x in o.all.items() if name == "sparkgate-test"]
    assert len(hooks) == 6 and all("helm.sh/hook" in x["metadata"]["annotations"] for x in hooks), "nothing of it stays"
    assert o.of("Pod")["spec"]["serviceAccountName"] == "sparkgate-test"


def test_each_right_says_why():
    """A comment stands above every rule."""
    for part in rendered({}, "--show-only", "templates/rbac.yaml").split("rules:")[1:]:
        lines = part.split("\n---")[0].splitlines()
        rules = [i for i, line in enumerate(lines) if line.startswith("- apiGroups")]
        bare = [i for i in rules if not lines[i - 1].startswith("#") and "create" not in lines[i + 2]]
        assert rules and not bare


# ---- life of a replica ----


@pytest.mark.parametrize(("delay", "grace"), [("10s", 30), ("0s", 20), ("1m30s", 110), ("1500ms", 21), ("2.5s", 23)])
def test_grace_is_longer_than_delay_and_drain(delay, grace):
    o = Objects({"shutdownDelay": delay})
    assert (o.pod["terminationGracePeriodSeconds"], o.flags["--shutdown-delay"]) == (grace, delay)


@pytest.mark.parametrize(
    ("values", "limit"),
    [({}, "400Mi"), ({"threads": 4}, "1168Mi"), ({"maxInflightBytes": "1Gi"}, "1376Mi"), ({"maxInflightBytes": "5000Ki"}, "357Mi")],
)
def test_the_memory_limit_covers_an_attack(values, limit):
    o = Objects(values)
    assert o.container["resources"]["limits"] == {"memory": limit}
    assert (o.flags["--threads"], o.flags["--max-inflight-bytes"]) == (str(values.get("threads", 1)), values.get("maxInflightBytes", "48Mi"))


def test_limits_of_ones_own():
    assert Objects({"resources": {"limits": {"memory": "1Gi"}}}).container["resources"]["limits"] == {"memory": "1Gi"}
    other = Objects({"threads": 2, "resources": {"limits": {"cpu": "2"}}}).container["resources"]["limits"]
    assert other == {"memory": "656Mi", "cpu": "2"}, "a limit of something else does not take that of memory away"


def test_a_user_of_ones_own():
    text = rendered({"podSecurityContext": {"runAsUser": 1000, "seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}})
    assert text.count("runAsUser: 65532") == 1, "helm test's pod alone; a key that stands twice is refused by strict readers"
    context = Objects({"podSecurityContext": {"runAsUser": 1000}}).pod["securityContext"]
    assert context["runAsUser"] == 1000 and context["runAsGroup"] == 65532 and context["runAsNonRoot"] is True


def test_openshift_chooses_users():
    named = ("runAsUser", "runAsGroup", "fsGroup")
    assert all(Objects().pod["securityContext"][f] == 65532 for f in named)
    found_out = Objects({}, "--api-versions", "security.openshift.io/v1")
    for o in (Objects({"openshift": True}), found_out):
        pods = [o.pod, o.of("Pod")["spec"]]
        assert all(p["securityContext"]["runAsNonRoot"] and not set(named) & set(p["securityContext"]) for p in pods)
    assert Objects({"openshift": False}, "--api-versions", "security.openshift.io/v1").pod["securityContext"]["runAsUser"] == 65532


def test_the_port_is_one_everywhere():
    o = Objects({"containerPort": 10250})
    assert o.flags["--listen"] == ":10250"
    assert {p["name"]: p["containerPort"] for p in o.container["ports"]}["https"] == 10250
    assert [p["targetPort"] for p in o.of("Service")["spec"]["ports"]] == ["https", "metrics"]
    assert o.of("NetworkPolicy")["spec"]["ingress"][0]["ports"] == [{"port": "https", "protocol": "TCP"}]


def test_a_budget_only_where_somebody_is_left():
    assert Objects().of("PodDisruptionBudget")["spec"]["maxUnavailable"] == 1
    assert not Objects({"replicas": 1}).has("PodDisruptionBudget"), "it would block every drain, or protect nothing"


def test_replicas_come_before_others_go():
    o = Objects()
    assert o.of("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert [c["topologyKey"] for c in o.pod["topologySpreadConstraints"]] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    env = {e["name"]: e["valueFrom"]["fieldRef"]["fieldPath"] for e in o.container["env"]}
    assert env == {"POD_NAME": "metadata.name", "POD_NAMESPACE": "metadata.namespace", "POD_UID": "metadata.uid"}
    assert o.container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "https", "scheme": "HTTPS"}


def test_on_the_hosts_network_one_goes_before_one_comes():
    """Its ports are taken: with maxSurge the roll-out would wait for ever where there are as many replicas as nodes."""
    o = Objects({"hostNetwork": True})
    assert o.of("Deployment")["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 1, "maxSurge": 0}
    run = template({"hostNetwork": True, "containerPort": 10250})
    assert run.returncode != 0 and "the kubelet's" in run.stderr


def test_the_priority_class_has_its_quota():
    (scope,) = Objects().of("ResourceQuota")["spec"]["scopeSelector"]["matchExpressions"]
    assert scope["values"] == [Objects().pod["priorityClassName"]] == ["system-cluster-critical"]
    for values in ({"priorityClassName": ""}, {"priorityClassName": "mine"}, {"resourceQuota": False}):
        assert not Objects(values).has("ResourceQuota")


def test_network_policy():
    o = Objects({"networkPolicy": {"webhookFrom": [{"ipBlock": {"cidr": "10.0.0.0/28"}}], "apiServerPorts": [16443]}})
    spec = o.of("NetworkPolicy")["spec"]
    assert spec["ingress"][0]["from"] == [{"ipBlock": {"cidr": "10.0.0.0/28"}}]
    assert spec["egress"] == [{"ports": [{"port": 16443, "protocol": "TCP"}]}]
    assert "from" not in Objects().of("NetworkPolicy")["spec"]["ingress"][0]
    assert not Objects({"hostNetwork": True}).has("NetworkPolicy"), "it would not bind a pod of the host's network"


# ---- the webhook configurations ----


def shipped():
    objects = [o for o in yaml.safe_load_all((ROOT / "manifests" / "webhook-configurations.yaml").read_text()) if o]
    return {w["name"]: w for o in objects for w in o["webhooks"]}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_entries_are_the_shipped_ones(name):
    """What may differ is where sparkgate is, whom it leaves alone, how long it may take; failurePolicy only by failOpen,
    matchConditions only by selectors."""
    ours, theirs = Objects(VARIANTS[name], namespace="platform").webhooks, shipped()
    by_value = {"fail-open": {"failurePolicy", "timeoutSeconds"}, "selectors": {"matchConditions"}}.get(name, set())
    assert list(ours) == list(theirs) and len(ours) == 7
    for entry, webhook in ours.items():
        differs = {k for k in webhook.keys() | theirs[entry].keys() if webhook.get(k) != theirs[entry].get(k)}
        assert differs <= {"clientConfig", "namespaceSelector"} | by_value
        keys = [e["key"] for e in webhook["namespaceSelector"]["matchExpressions"]]
        assert keys == [e["key"] for e in theirs[entry]["namespaceSelector"]["matchExpressions"]]
        assert webhook["clientConfig"]["service"]["path"] == theirs[entry]["clientConfig"]["service"]["path"]


@pytest.mark.parametrize("name", VARIANTS)
def test_our_own_namespace_is_left_alone(name):
    for webhook in Objects(VARIANTS[name], namespace="platform").webhooks.values():
        (left,) = [e["values"] for e in webhook["namespaceSelector"]["matchExpressions"] if e["operator"] == "NotIn"]
        assert left[:3] == ["platform", "kube-system", "kube-node-lease"]
        assert ("gatekeeper-system" in left) == (name == "fail-open")


def test_fail_open():
    policies = {n: w["failurePolicy"] for n, w in Objects().webhooks.items()}
    assert {n for n, p in policies.items() if p == "Fail"} == {"servers.validate.sparkgate.io", "namespaces.validate.sparkgate.io"}
    assert {w["failurePolicy"] for w in Objects({"webhooks": {"failOpen": True}}).webhooks.values()} == {"Ignore"}


def test_before_it_is_uninstalled_nothing_is_called_any_more():
    """Hooks of the configurations' names, without an entry: Helm deletes what has that name first, then the rest."""
    hooks = [o for o in yaml.safe_load_all(rendered({}, "--show-only", "templates/uninstall.yaml")) if o]
    assert {o["kind"] for o in hooks} == {"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"}
    for o in hooks:
        assert o["metadata"]["name"] == "sparkgate" and o["webhooks"] == []
        assert o["metadata"]["annotations"]["helm.sh/hook"] == "pre-delete"
        assert o["metadata"]["annotations"]["helm.sh/hook-delete-policy"] == "before-hook-creation,hook-succeeded"


# ---- policies ----


def test_policies_arrive_letter_for_letter():
    o = Objects({"policies": {"checks.yaml": POLICY, "b.yml": "a: 1\n"}})
    config_map = o.of("ConfigMap")
    assert config_map["data"] == {"checks.yaml": POLICY, "b.yml": "a: 1\n"}
    assert config_map["metadata"]["name"] == o.flags["--policies-configmap"]
    assert not Objects().has("ConfigMap")


@pytest.mark.parametrize("text", ["  a: 1\nb: 2\n", "\n\n  # a comment\na: 1\n", "a: 1", "", "{{ .Values.image }}\n", "\ta\r\n", "---\na: 1\n---\n"])
def test_whatever_is_in_them(text):
    assert Objects({"policies": {"a.yaml": text}}).of("ConfigMap")["data"] == {"a.yaml": text}


def conditions(webhooks, entry):
    return {c["name"]: c["expression"] for c in webhooks[entry + ".sparkgate.io"]["matchConditions"]}


def test_selectors_widen_the_conditions():
    """The shipped expression stays, whole, as one side of an `or` (an `and not` for executors)."""
    ours, theirs = Objects(VARIANTS["selectors"]).webhooks, shipped()
    changed = {}
    for entry in ours:
        for name, text in conditions(ours, entry.removesuffix(".sparkgate.io")).items():
            was = conditions(theirs, entry.removesuffix(".sparkgate.io"))[name]
            if text != was:
                changed.setdefault(name, set()).add(entry.split(".")[0] + "." + entry.split(".")[1])
                assert f"({was})\n{'&& !' if name == 'is-an-executor' else '|| '}" in text
    assert changed == {
        "is-spark": {"pods.mutate", "servers.validate"},
        "not-an-executor": {"servers.validate"},
        "is-an-executor": {"executors.validate"},
        "is-spark-template": {"workloads.validate"},
        "is-connect-config": {"configmaps.mutate", "configmaps.validate"},
    }


def test_selectors_are_a_policy_too(tmp_path):
    """The shipped lists and the new ones; a list of a later layer replaces the earlier one."""
    text = Objects(VARIANTS["selectors"]).of("ConfigMap")["data"]["chart-selectors.yaml"]
    policy = yaml.safe_load(text)
    known = {r["role"]: r for r in yaml.safe_load((ROOT / "policies" / "selectors.yaml").read_text())["roles"]}
    roles = {r["role"]: r for r in policy["roles"]}
    assert set(roles) == {"connect-server", "standalone-worker"}
    assert roles["connect-server"]["words"] == [*known["connect-server"]["words"], "corp-connect-launcher"]
    assert roles["connect-server"]["labels"][: len(known["connect-server"]["labels"])] == known["connect-server"]["labels"]
    assert roles["standalone-worker"]["labels"][-1] == {"tier": "worker"} and policy["configMaps"]["labels"][-1] == "corp.example/any"


# ---- what is refused ----


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"replica": 3}, "replica"),
        ({"replicas": 0}, "replicas"),
        ({"replicas": -1}, "replicas"),
        ({"replicas": "3"}, "replicas"),
        ({"image": {"digest": "latest"}}, "image"),
        ({"image": {"pullpolicy": "Always"}}, "pullpolicy"),
        ({"certificates": {"source": "selfmanaged"}}, "source"),
        ({"certificates": {"source": "given"}}, "given"),
        ({"certificates": {"source": "given", "given": {"secretName": "mine", "caBundle": "no PEM"}}}, "caBundle"),
        ({"certificates": {"selfManaged": {"rotationPause": "30"}}}, "rotationPause"),
        ({"policies": {"checks": "a: 1"}}, "checks"),
        ({"policies": ["a"]}, "policies"),
        ({"selectors": {"connectServer": {"words": ["it's"]}}}, "words"),
        ({"selectors": {"connectServer": {"labels": [{"a": "b' || true"}]}}}, "labels"),
        ({"selectors": {"connectServer": {"labels": [{"a'": "b"}]}}}, "labels"),
        ({"selectors": {"configMapLabels": ["a='"]}}, "configMapLabels"),
        ({"selectors": {"executor": {}}}, "executor"),
        ({"containerPort": 70000}, "containerPort"),
        ({"maxInflightBytes": "48M"}, "maxInflightBytes"),
        ({"maxInflightBytes": 50331648}, "maxInflightBytes"),
        ({"maxInflightBytes": "16385Mi"}, "maxInflightBytes"),
        ({"maxInflightBytes": "17Gi"}, "maxInflightBytes"),
        ({"threads": 0}, "threads"),
        ({"shutdownDelay": "soon"}, "shutdownDelay"),
        ({"shutdownDelay": "100h"}, "shutdownDelay"),
        ({"shutdownDelay": "3601s"}, "shutdownDelay"),
        ({"shutdownDelay": "61m"}, "shutdownDelay"),
        ({"shutdownDelay": ""}, "shutdownDelay"),
        ({"certificates": {"selfManaged": {"rotationPause": "2h"}}}, "rotationPause"),
        ({"certificates": {"certManager": {"duration": "87601h"}}}, "duration"),
        ({"certificates": {"certManager": {"renewBefore": "999999h"}}}, "renewBefore"),
        ({"metrics": {"serviceMonitor": {"interval": "100h"}}}, "interval"),
        ({"image": {"tag": "1.0@x"}}, "tag"),
        ({"audit": {"schedule": "nonsense"}}, "schedule"),
        ({"audit": {"schedule": "17 3 * *"}}, "schedule"),
        ({"audit": {"schedule": "CRON_TZ=UTC 17 3 * * *"}}, "schedule"),
        ({"audit": {"activeDeadlineSeconds": 86401}}, "activeDeadlineSeconds"),
        ({"logLevel": "verbose"}, "logLevel"),
        ({"fullnameOverride": "Not_A_Name"}, "fullnameOverride"),
        ({"extraArgs": "--x"}, "extraArgs"),
        ({"openshift": "yes"}, "openshift"),
        ({"webhooks": {"timeoutSeconds": 31}}, "timeoutSeconds"),
        ({"webhooks": {"failurePolicy": "Ignore"}}, "failurePolicy"),
        ({"webhooks": {"excludedNamespaces": "kube-system"}}, "excludedNamespaces"),
        ({"networkPolicy": {"apiServerPorts": [0]}}, "apiServerPorts"),
        ({"metrics": {"serviceMonitor": {"enabled": "true"}}}, "serviceMonitor"),
        ({"podLabels": {"a": 1}}, "podLabels"),
        # What selects the replicas is not to be said twice.
        ({"podLabels": {"app.kubernetes.io/instance": "x"}}, "podLabels"),
        ({"podLabels": {"app.kubernetes.io/component": "x"}}, "podLabels"),
        ({"commonLabels": {"app.kubernetes.io/name": "x"}}, "commonLabels"),
        ({"policies": {"chart-selectors.yaml": "a: 1"}}, "chart-selectors.yaml"),
        # What has a value of its own: limits, ports and times follow the value.
        ({"extraArgs": ["--threads=4"]}, "extraArgs"),
        ({"extraArgs": ["--shutdown-delay", "60s"]}, "extraArgs"),
        ({"extraArgs": ["--listen=:9443"]}, "extraArgs"),
    ],
)
def test_refused_by_name(values, named):
    run = template(values)
    assert run.returncode != 0 and "values don't meet the specifications of the schema" in run.stderr and named in run.stderr


@pytest.mark.parametrize("values", [
    {"shutdownDelay": "1h"}, {"shutdownDelay": "3600s"}, {"shutdownDelay": "0s"}, {"shutdownDelay": "59m59.5s"}, {"shutdownDelay": "0.5m"}, {"shutdownDelay": "5m"},
    {"maxInflightBytes": "16Gi"}, {"maxInflightBytes": "16384Mi"}, {"certificates": {"certManager": {"duration": "2160h0m0s", "renewBefore": "90m"}}},
    {"audit": {"schedule": "@daily"}}, {"audit": {"schedule": "@every 1h30m"}}, {"audit": {"schedule": "*/15 0-6,12 1 JAN-mar mon,5"}}, {"image": {"tag": "v1.0_rc.1-x"}},
])  # fmt: skip
def test_taken(values):
    assert template(values).returncode == 0, template(values).stderr


def test_a_pod_listens_on_a_port_once():
    run = template({"metricsPort": 8443})
    assert run.returncode != 0 and "containerPort and metricsPort are both 8443" in run.stderr


def test_an_older_kubernetes_is_refused():
    run = template(version="1.29.9")
    assert run.returncode != 0 and ">=1.30.0-0" in run.stderr
    assert template(version="1.30.0").returncode == 0 and template(version="1.31.4-gke.100").returncode == 0


# ---- values.yaml and the schema ----


def leaves(node, path=()):
    for key, value in node.items():
        yield (*path, key)
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


def test_every_value_is_in_the_schema_and_no_other():
    import json

    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = json.loads((CHART / "values.schema.json").read_text())

    def walk(node, s):
        assert s.get("additionalProperties") is False or "$ref" in s or "type" in s
        for key, value in node.items():
            assert key in s["properties"], f"{key} is not in the schema"
            if isinstance(value, dict) and "properties" in s["properties"][key]:
                walk(value, s["properties"][key])
        assert set(s["properties"]) - set(node) <= {"global"}, "the schema has what values.yaml does not show"

    walk(values, schema)
    assert len(list(leaves(values))) > 40
