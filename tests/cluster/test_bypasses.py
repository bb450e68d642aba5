"""Ways past an admission webhook that are known of others, tried on the real API server. docs/threat-model.md lists them all, those that
other modules try too. What a way leads to is judged as it is; what no webhook sees is shown to be so, and named there."""

import json
import re

import pytest
from bed.api import warning_texts
from bed.controlplane import SERVER
from bed.objects import changed, load_one, servers, settings, words
from bed.process import patiently, wait_until
from bed.stub import lets_through
from conftest import make_usable
from test_live_facts import fresh, live  # noqa: F401

POD, _ = servers()["argv"]
PROBE = load_one("probe.yaml")
EXECUTOR = load_one("executor.yaml")
VALIDATE = "servers.validate.sparkgate.io"
NS = "enforce-standalone"
MASTER = f"spark://spark-master.{NS}.svc:7077"
START = "/opt/spark/sbin/start-connect-server.sh"
BOTH = {"pods.mutate.sparkgate.io": 1, VALIDATE: 1}


class Raw:
    """What the API server said to bytes that no client library would write."""

    def __init__(self, api, text, content_type="application/json", namespace=NS, **query):
        answer = api.session.post(
            f"{SERVER}/{api.path('Pod', namespace)}",
            params={"dryRun": "All", **query},
            data=text if isinstance(text, bytes) else text.encode(),
            headers={"Authorization": f"Bearer {api.token}", "Content-Type": content_type, "Accept": "application/json"},
            verify=str(api.plane.ca),
            timeout=patiently(60),
        )
        self.status, self.body = answer.status_code, answer.json()
        self.message = self.body.get("message", "")
        self.warnings = warning_texts(answer.raw.headers.getlist("Warning"))


def pod_text(spec="", container="", metadata=""):
    return (
        f'{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"raw"{metadata}}},"spec":{{"containers":[{{"name":"spark",'
        f'"image":"example.com/spark:4.1.1"{container}}}]{spec}}}}}'
    )


SERVER_WORDS = f',"command":["{START}"]'


# ---- bytes that two readers may read differently ----


@pytest.mark.parametrize("order", ["bad last", "bad first"])
def test_keys_that_stand_twice(api, order):
    """The API server takes the last of two and sends us what it took: there is no second reader to differ."""
    args = ['"args":["--master","local[1]"]', '"args":["--name","x"]']
    twice = ",".join(args if order == "bad first" else reversed(args))
    raw = Raw(api, pod_text(container=f"{SERVER_WORDS},{twice}"))
    assert raw.status == 201, raw.message
    assert MASTER in words(raw.body) and "local[1]" not in words(raw.body)
    assert any("duplicate field" in w for w in raw.warnings)


def test_a_host_namespace_behind_a_key_that_stands_twice(api):
    raw = Raw(api, pod_text(container=SERVER_WORDS, spec=',"hostPID":false,"hostPID":true'))
    assert raw.status == 403 and "hostPID=true" in raw.message


@pytest.mark.parametrize("key", ["hostpid", "HostPID", "HOSTPID"])
def test_keys_of_another_case_are_no_keys(api, key):
    """Go's decoder would take them; the API server's does not, so that what we did not see is not there either."""
    raw = Raw(api, pod_text(container=SERVER_WORDS, spec=f',"{key}":true'))
    assert raw.status == 201, raw.message
    assert "hostPID" not in raw.body["spec"] and key not in raw.body["spec"]


def test_containers_under_a_key_of_another_case(api):
    """A list that we would not look into, if it were taken for one."""
    hidden = f',"Containers":[{{"name":"b","image":"x","command":["{START}"],"securityContext":{{"privileged":true}}}}]'
    raw = Raw(api, pod_text(container=SERVER_WORDS, spec=hidden))
    assert raw.status == 201, raw.message
    assert [c["name"] for c in raw.body["spec"]["containers"]] == ["spark"]


@pytest.mark.parametrize("number", ["0", "-0", "0e5", "0.0"])
def test_numbers_written_oddly(api, number):
    """runAsUser 0 is root however it is written: what reaches us is Go's number, or the API server refuses."""
    raw = Raw(api, pod_text(container=f'{SERVER_WORDS},"securityContext":{{"runAsUser":{number}}}'))
    assert raw.status in (400, 403), raw.message
    assert raw.status == 400 or "runAsUser=0" in raw.message


def test_a_byte_order_mark_is_refused_by_the_api_server(api):
    assert Raw(api, b"\xef\xbb\xbf" + pod_text(container=SERVER_WORDS).encode()).status == 400


def test_a_nul_in_a_word_is_refused(api):
    """C would end the word there, Go would not."""
    text = pod_text(container=f'{SERVER_WORDS},"args":["--name\\u0000","--master","local[1]"]')
    raw = Raw(api, text)
    assert raw.status == 400 and "denied the request: sparkgate" in raw.message, raw.message


def test_yaml_is_judged_as_json_is(api):
    container = f"{{name: s, image: x, command: [{START}], args: [--master, 'local[1]']}}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: raw}}\nspec: {{containers: [{container}]}}\n"
    raw = Raw(api, text, "application/yaml")
    assert raw.status == 201, raw.message
    assert MASTER in words(raw.body)


# ---- names that look like others ----

LOOKALIKES = {
    "a Cyrillic letter": START.replace("a", "\u0430"),
    "an invisible letter": START.replace("start", "st\u200bart"),
    "upper case": START.replace("start-connect-server", "Start-Connect-Server"),
}


@pytest.mark.parametrize("name", LOOKALIKES)
def test_a_program_of_a_name_that_only_looks_like_it_is_another_program(api, calls, name):
    """Linux would not find Spark's under it. Whoever has put one there has an image of his own: not a boundary."""
    with calls() as counted:
        stored = api.create(changed(PROBE, spec__containers__0__command=[LOOKALIKES[name]]), NS, dry_run=True).allowed()
    assert counted == {} and stored["spec"]["containers"][0]["command"] == [LOOKALIKES[name]]


def test_unicode_around_the_words_hides_nothing(api):
    args = ["--name", "\u202eattack\u202c", "--conf", "spark.\u043caster=local[1]", "--master", "local[1]\u200b"]
    line = words(api.create(changed(PROBE, spec__containers__0__args=args), NS, dry_run=True).allowed())
    assert MASTER in line and "local[1]\u200b" not in line


@pytest.mark.parametrize("label", ["App", "APP", "app.kubernetes.io/Name"])
def test_labels_of_another_case_name_no_role_and_words_do(api, label):
    pod = changed(PROBE, metadata__labels={label: "spark-connect", "spark-role": "Executor"})
    assert MASTER in words(api.create(pod, NS, dry_run=True).allowed())


# ---- forged metadata ----

OWNER = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "trusted", "uid": "00000000-0000-0000-0000-000000000001"}
MANAGER = {"manager": "sparkgate", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": {}}
FORGED = {
    "an owner": {"metadata__ownerReferences": [{**OWNER, "controller": True}]},
    "markers of ours": {
        "metadata__annotations": {
            "sparkgate.io/decision": '{"v":1,"backend":"standalone","role":"connect-server"}',
            "sparkgate.io/mode": "audit",
            "sparkgate.io/pssMode": "audit",
            "sparkgate.io/hardening": "off",
            "sparkgate.io/allowOverride": "true",
            "sparkgate.io/exempt": "true",
        }
    },
    "the label of a namespace": {"metadata__labels": {"sparkgate.io/mode": "audit", "sparkgate.io/role": "none"}},
    "a controller's manager": {"metadata__managedFields": [MANAGER]},
    "the name of a namespace that is exempt": {"metadata__labels": {"kubernetes.io/metadata.name": "kube-system"}},
    "a backend of its own": {
        "metadata__annotations": {"sparkgate.io/backendMode": "k8s", "sparkgate.io/standaloneMaster": "spark://mine:7077"}
    },
}


@pytest.mark.parametrize("what", FORGED)
def test_forged_metadata_decides_nothing(api, what):
    pod = changed(PROBE, spec__containers__0__args=["--master", "local[1]"], **FORGED[what])
    stored = api.create(pod, NS, dry_run=True).allowed()
    assert MASTER in words(stored) and stored["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] is False
    assert "hostPID=true" in api.create(changed(pod, spec__hostPID=True), NS, dry_run=True).refused(VALIDATE)


# ---- other doors to the same pod ----


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_dry_run_is_refused_as_the_real_thing_is(api, calls, dry_run):
    with calls() as counted:
        api.create(changed(POD, spec__hostPID=True, metadata__name="wet"), NS, dry_run=dry_run).refused(VALIDATE)
    assert counted == BOTH
    assert api.get("Pod", NS, "wet").status == 404


def swap_image(api, namespace, name, image="example.com/other:2"):
    return api.patch("Pod", namespace, name, [{"op": "replace", "path": "/spec/containers/0/image", "value": image}], "json")


def test_a_pod_that_becomes_a_server_by_a_label(api, calls):
    """Created as nobody's business, labelled afterwards: as upstream's Pod Security, a label alone refuses nothing, since the pod runs
    already. Not a boundary: native Pod Security is. From then on its images and ephemeral containers are judged."""
    bare = changed(PROBE, metadata__name="later", spec__containers__0={"name": "c", "image": "busybox:1.36", "command": ["sleep", "inf"]})
    with calls() as counted:
        api.create(bare, NS).allowed()
    assert counted == {}
    api.at_rest("Pod", NS, "later")
    with calls() as counted:
        api.patch("Pod", NS, "later", {"metadata": {"labels": {"app": "spark-connect"}}}).allowed()
    assert counted == {VALIDATE: 1}
    assert "allowPrivilegeEscalation" in swap_image(api, NS, "later").refused(VALIDATE)


@pytest.mark.parametrize("how", ["merge", "strategic", "json"])
def test_an_executor_that_drops_its_label_is_judged_as_what_it_is_then(api, calls, how):
    """Executors are warned about; whoever takes the label off afterwards is none when next something of it changes."""
    name = f"dropped-{how}"
    api.create(changed(EXECUTOR, metadata__name=name, spec__hostNetwork=True), "enforce-k8s").allowed()
    ops = [{"op": "remove", "path": "/metadata/labels/spark-role"}, {"op": "add", "path": "/metadata/labels/app", "value": "spark-connect"}]
    patch = ops if how == "json" else {"metadata": {"labels": {"spark-role": None, "app": "spark-connect"}}}
    api.at_rest("Pod", "enforce-k8s", name)
    with calls() as counted:
        api.patch("Pod", "enforce-k8s", name, patch, how).allowed()
    assert counted == {VALIDATE: 1}
    assert "hostNetwork=true" in swap_image(api, "enforce-k8s", name).refused(VALIDATE)


def test_an_image_that_is_changed_afterwards_is_not_a_boundary(api, calls):
    """The one thing of a running container that may change. We are asked, and have nothing against an image: a policy of images has."""
    name = "swapped"
    api.create(changed(POD, metadata__name=name), NS).allowed()
    api.at_rest("Pod", NS, name)
    with calls() as counted:
        swap_image(api, NS, name, "evil.example.com/opaque:1").allowed()
    assert counted == {VALIDATE: 1}


def test_words_cannot_be_changed_afterwards(api):
    """Why backend rules are asked at creation alone."""
    api.create(changed(POD, metadata__name="fixed"), NS).allowed()
    for field, value in {"args": ["--master", "local[1]"], "command": ["sleep"], "env": [{"name": "MASTER", "value": "local[1]"}]}.items():
        answer = api.patch("Pod", NS, "fixed", [{"op": "add", "path": f"/spec/containers/0/{field}", "value": value}], "json")
        assert answer.status == 422, f"{field}: {answer.status} {answer.message}"


@pytest.fixture
def witness(api, stub, door):
    """A webhook of somebody else's that asks to be told who enters a pod: what can be seen there, and is not by us. One of its own for each
    door: that of the one before may still be in force."""
    name = f"witness-{door}"
    stub.handlers[name] = lets_through
    webhook = stub.webhook(name, NS, ["CONNECT"], ["pods/exec", "pods/attach", "pods/portforward"])
    kind = "ValidatingWebhookConfiguration"
    meta = {"name": name}
    api.create({"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": meta, "webhooks": [webhook]}).allowed()
    return webhook["name"]


@pytest.mark.parametrize("door", ["exec", "attach", "portforward"])
def test_who_enters_a_running_server_is_not_seen(api, calls, witness, door):
    """No rule of ours names these subresources, so nobody is told: not a boundary. No kubelet is here: the API server comes as far as to
    look for one, behind admission."""
    name = f"entered-{door}"
    api.create(changed(PROBE, metadata__name=name), NS).allowed()

    def enter():
        return api.request("POST", api.path("Pod", NS, name, door), container="spark", command=START, stdout="true", ports="15002")

    def is_told():
        with calls() as counted:
            enter()
        return witness in counted

    wait_until(is_told, "the witness is in force", 20)
    with calls() as counted:
        answer = enter()
    assert counted == {witness: 1}
    assert answer.status == 400 and "does not have a host assigned" in answer.message, answer.message


def test_who_may_not_enter_is_turned_away_by_rbac(api):
    """What is a boundary there: all of pods is not pods/exec."""
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["*"]}
    role = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "tenant", "namespace": NS}, "rules": [rule]}
    ref = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tenant"}
    who = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "tenant"}]
    api.create(changed(PROBE, metadata__name="closed"), NS).allowed()
    for obj in (role, {**role, "kind": "RoleBinding", "rules": None, "roleRef": ref, "subjects": who}):
        api.kubectl("apply", "-f", "-", stdin={key: value for key, value in obj.items() if value}, check=True)
    try:
        wait_until(lambda: api.kubectl("get", "pod", "closed", "-n", NS, "--as=tenant").returncode == 0, "the tenant sees his pod", 20)
        said = api.kubectl("exec", "closed", "-n", NS, "--as=tenant", "--", START, check=False).stderr
    finally:
        api.kubectl("delete", "role,rolebinding", "tenant", "-n", NS, check=True)
    assert re.search(r'User "tenant" cannot \w+ resource "pods/exec"', said), said


def test_containers_that_see_each_others_processes_are_not_a_boundary(api, calls):
    """shareProcessNamespace: restricted has nothing against it, the API server's own no more than ours, and nobody turns it on or off."""
    side = {"name": "side", "image": "example.com/side:1", "command": ["sleep", "inf"]}
    pod = changed(PROBE, spec__shareProcessNamespace=True, spec__containers=[*PROBE["spec"]["containers"], side])
    with calls() as counted:
        stored = api.create(pod, "both", dry_run=True).allowed()
    assert counted == BOTH and stored["spec"]["shareProcessNamespace"] is True
    assert "shareProcessNamespace" not in api.create(PROBE, "both", dry_run=True).allowed()["spec"]


def test_generated_names_do_not_make_another_object(api):
    """Neither role nor verdict is asked of a name, so that none can be made to fit."""
    for name in ({"generateName": "spark-exec-"}, {"generateName": "kube-system-"}, {"name": "sparkgate"}):
        pod = changed(POD, metadata={**name, "labels": POD["metadata"].get("labels", {})})
        assert settings(api.create(pod, NS, dry_run=True).allowed())["spark.master"] == MASTER


def test_a_configmap_that_says_it_is_not_ours_is_left_alone_and_the_pod_decides(api):
    """role=none, immutable: whoever edits ConfigMaps keeps his text. The command line of the pod beats it."""
    text = "spark.master local[1]\nspark.connect.grpc.binding.port 15002\n"
    meta = {"name": "mine", "labels": {"sparkgate.io/role": "none"}}
    conf = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"spark-defaults.conf": text}}
    assert api.create(conf, NS, dry_run=True).allowed()["data"]["spark-defaults.conf"] == text
    pod = changed(PROBE, spec__volumes=[{"name": "c", "configMap": {"name": "mine"}}])
    pod = changed(pod, spec__containers__0__volumeMounts=[{"name": "c", "mountPath": "/opt/spark/conf"}])
    assert MASTER in words(api.create(pod, NS, dry_run=True).allowed())


# ---- a namespace that is not the one that was known ----


def test_a_namespace_made_anew_under_the_name_of_another(api, live, fresh):  # noqa: F811
    """What was known of the old one, by its name, counts for nothing: audit before, enforce now, and the other way round."""
    first = fresh("k8s", pssMode="audit")
    name = first["metadata"]["name"]
    make_usable(api, first)
    api.create(changed(PROBE, spec__hostPID=True), name, dry_run=True).allowed()
    old = api.get("Namespace", None, name).body["metadata"]["uid"]

    api.delete("Namespace", None, name)
    wait_until(lambda: api.get("Namespace", None, name).status == 404, "the namespace is gone", 60)
    notes = {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://anew:7077"}
    second = changed(first, metadata__annotations=notes)
    assert api.create(second).allowed()["metadata"]["uid"] != old
    make_usable(api, second)
    wait_until(lambda: "spark://anew:7077" in live.patch_of(name), "the watch has brought the new one", 20)
    assert "hostPID=true" in api.create(changed(PROBE, spec__hostPID=True), name, dry_run=True).refused(VALIDATE)
    assert "spark://anew:7077" in words(api.create(PROBE, name, dry_run=True).allowed())


def test_who_opts_out_is_seen_and_may_unless_policy_names_editors(api, calls, namespace):
    """The label is the namespace's own word. That somebody takes it away is an audit annotation, or a refusal: scope.editor."""
    name = namespace(labels={"sparkgate.io/mode": "enforce"})
    with calls() as counted:
        answer = api.patch("Namespace", None, name, {"metadata": {"labels": {"sparkgate.io/mode": None}}}, dry_run=True)
    answer.allowed()
    assert counted == {"namespaces.validate.sparkgate.io": 1}
    assert "namespaces.validate.sparkgate.io/policy" in json.dumps(api.audit_annotations(answer))
