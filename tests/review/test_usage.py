"""Inputs, modes, errors and exit codes."""

import json
import os
import re
import subprocess

import pytest

from review import FIXTURES, lines, namespace, run, stream


def server(name="connect", ns=None, **spec):
    metadata = {"name": name, "labels": {"app": "spark-connect"}}
    if ns is not None:
        metadata["namespace"] = ns
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**spec, "containers": [
        {"name": "spark", "image": "docker.io/apache/spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh", "--master", "local[*]"]}]}}


REFUSED = server(hostNetwork=True)
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}

CONNECT = {"apiVersion": "sparkoperator.k8s.io/v1alpha1", "kind": "SparkConnect", "metadata": {"name": "sales"}}
APPLICATION = {"apiVersion": "spark.apache.org/v1", "kind": "SparkApplication", "metadata": {"name": "pi\u001b[31m"}}
LATER = "not judged, it is for a Spark operator: the pods are, when the operator creates them\n"

TEMPLATE = {"template": {"spec": server()["spec"]}}
ROLLOUT = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "canary"}, "spec": TEMPLATE}
DEPLOYMENT_IN_LOWER_CASE = {"apiVersion": "apps/v1", "kind": "deployment", "metadata": {"name": "typo"}, "spec": TEMPLATE}
ELSEWHERE = "not judged, sparkgate is not asked about this kind of its apiVersion: its pods are judged when they are created\n"

EXITS = [
    ("for an operator", [CONNECT], 0, "-: line 1: SparkConnect 'sales': " + LATER),
    ("for operators, said once", [SERVICE, APPLICATION, CONNECT], 0, "-: line 2: SparkApplication 'pi [31m' (and 1 more): " + LATER),
    ("for an operator, beside what is refused", [namespace("default"), REFUSED, CONNECT], 1, "-: line 3: SparkConnect 'sales': " + LATER),
    ("pods of a kind that is not ours", [SERVICE, ROLLOUT, DEPLOYMENT_IN_LOWER_CASE], 0, "-: line 2: Rollout 'canary' (and 1 more): " + ELSEWHERE),
    ("nothing of ours", [SERVICE], 0, ""),
    ("allowed", [namespace("default"), server()], 0, ""),
    ("refused", [namespace("default"), REFUSED], 1, ""),
    ("warn refuses nothing", [namespace("default", mode="warn"), REFUSED], 0, ""),
    ("audit refuses nothing", [namespace("default", mode="audit"), REFUSED], 0, ""),
    ("unknown mode acts as enforce", [namespace("default", mode="enfroce"), REFUSED], 1, ""),
    ("not opted in", [namespace("default", mode=None), REFUSED], 0, "namespace 'default' has not opted in"),
    ("namespace unknown", [server(ns="team")], 2, "line 1: Pod 'connect': nothing is known of its namespace 'team': give --namespaces"),
    ("no namespace is named, others are known", [namespace("a"), namespace("b"), server()], 2,
     "line 3: Pod 'connect': it names no namespace, so 'default' counts: say -n NAMESPACE (the input has a, b)\n"),
    ("no namespace is named, none is known", [server()], 2, "'default' counts: say -n NAMESPACE, and give that Namespace by --namespaces FILE\n"),
    ("namespaces of a list", [{"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": f"n{i}"}} for i in range(9)]}, server()], 2,
     "(the input has n0, n1, n2, n3, n4, n5, n6, n7, ...)\n"),
    ("a hostile namespace is in no command", [server(ns="a; rm -rf ~")], 2, "namespace 'a; rm -rf ~': give --namespaces FILE, or put the Namespace into"),
    ("2 beats 1", [namespace("default"), REFUSED, server(ns="other")], 2, "its namespace 'other'"),
    ("no kind", [{"apiVersion": "v1"}], 2, "-: line 1: an object without apiVersion or kind"),
    ("nothing at all", [], 2, "nothing to review: the input holds no object"),
    ("no object", ["text"], 2, "-: line 1: expected a Kubernetes object, got string"),
]


@pytest.mark.parametrize("objects, code, said", [e[1:] for e in EXITS], ids=[e[0] for e in EXITS])
def test_exit_code(objects, code, said):
    done = run("-f", "-", stdin=stream(objects))
    assert done.returncode == code, done.stdout + done.stderr
    assert said in done.stderr
    assert done.stderr == "" or said, done.stderr


BAD_USAGE = [
    ([], "Give -f FILE"),
    (["-f"], "--filename needs a value"),
    (["-f", "/nonexistent.yaml"], "cannot read '/nonexistent.yaml': No such file"),
    (["-f", "-", "-f", "-"], "standard input can be read once only"),
    (["-f", "-", "--outptu", "json"], "there is no option '--outptu'; did you mean '--output'?"),
    (["-f", "-", "--as"], "--as needs a value: namespace or enforce\n"),
    (["-f", "-", "-o=jsno"], "--output does not take 'jsno'; did you mean 'json'?"),
    (["-f", "-", "-n="], "--namespace: is empty"),
    (["-f", "-", "-n", "A B"], "--namespace: 'A B' is not a valid namespace name"),
    (["-h=yes"], "--help takes no value"),
    (["-f", "-", "-o", "jsno"], "--output does not take 'jsno'; did you mean 'json'?"),
    (["-f", "-", "-o", "xyzzy"], "--output does not take 'xyzzy', only table, yaml, diff, json, junit or sarif"),
    (["-f", "-", "--as", "warn"], "--as does not take 'warn'"),
    (["-f", "-", "extra"], "unexpected argument 'extra'"),
    (["-x"], "there is no option '-x'"),
    (["--help=yes"], "--help takes no value"),
    (["-f", "-", "--namespaces", "/nonexistent.yaml"], "cannot read '/nonexistent.yaml'"),
    (["-f", "-", "--policies", "/nonexistent"], "/nonexistent"),
]


@pytest.mark.parametrize("args, said", BAD_USAGE, ids=[" ".join(a) or "nothing" for a, _ in BAD_USAGE])
def test_bad_usage(args, said):
    done = run(*args)
    assert done.returncode == 2
    assert done.stdout == ""
    assert said in done.stderr


@pytest.mark.parametrize("words", ["audit -f -", "review -f -", "explain -f -", "policy diff . . -f -"])
def test_standard_input_is_for_one(words):
    """The second reader would see nothing, and report on nothing."""
    done = subprocess.run([os.environ["SPARKGATE"], *words.split(), "--namespaces", "-"], input="{}", capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert "standard input can be read once only: '-' is given more than once" in done.stderr


@pytest.mark.parametrize("output", ["table", "json", "diff", "junit", "sarif"])
def test_a_bad_file_hides_no_other(tmp_path, output):
    (tmp_path / "a.yaml").write_text("a: [1,\n")
    (tmp_path / "b.yaml").write_text(stream([namespace("default"), server()]))
    (tmp_path / "c.yaml").write_text("{}\n")
    done = run("-f", tmp_path, "-o", output)
    assert done.returncode == 2 and "connect" in done.stdout
    assert [line.split(": ")[1].rsplit("/")[-1] for line in done.stderr.splitlines()] == ["a.yaml", "c.yaml"], done.stderr
    assert output in ("json", "diff") or "2 objects could not be judged" in done.stdout


def test_yaml_is_all_of_the_input_or_nothing(tmp_path):
    (tmp_path / "a.yaml").write_text(stream([namespace("default"), server()]))
    (tmp_path / "b.yaml").write_text("a: [1,\n")
    done = run("-f", tmp_path, "-o", "yaml")
    assert (done.returncode, done.stdout) == (2, "") and f"{tmp_path}/b.yaml: line 2: " in done.stderr


def test_empty_directory(tmp_path):
    done = run("-f", tmp_path)
    assert done.returncode == 2 and "holds no .yaml, .yml or .json file" in done.stderr


@pytest.mark.parametrize("text, said", [
    ("a: 1\na: 2\n", "-: line 2: key 'a' appears twice in one mapping (first on line 1)"),
    ("apiVersion: v1\nkind: {{ .Values.kind }}\n", "-: line 2: a key must be a string"),
    ("apiVersion: v1\nkind: Pod\nmetadata:\n\tname: x\n", "-: line 4:"),
    ("apiVersion: v1\nkind: Pod\n---\n- a\n", "-: line 4: expected a Kubernetes object, got array"),
    ("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  namespace: no\n", "-: line 5: metadata.namespace: expected a string, got boolean (in YAML, quote it)"),
    ("apiVersion: v1\nkind: ConfigMap\nmetadata: {namespace: 5}\n", "-: line 3: metadata.namespace: expected a string, got number"),
    ("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: 0x1f\n", "-: line 4: metadata.name: expected a string, got number"),
    ("apiVersion: v1\nkind: Pod\nmetadata: {generateName: [a]}\n", "-: line 3: metadata.generateName: expected a string, got array"),
    ("apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    namespace: on\n", "-: line 7: metadata.namespace: "),
    ('{"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": true}}', "-: line 1: metadata.namespace: expected a string, got boolean"),
    ('{"apiVersion": "v1", "kind": "Pod"', "-: line 1: the JSON value that begins here: not valid JSON"),
    ("[" * 50000, "-: line 1: "),
    ("\xff\xfe", "-: line 1: "),
])
def test_bad_input_is_named_by_file_and_line(text, said):
    done = run("-f", "-", stdin=text)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_namespace_that_is_null_is_none():
    assert one_server(lines("-f", "-", stdin=stream([namespace("default"), server()]).replace('"name": "connect"', '"name": "connect", "namespace": null')))["allowed"]


def test_help_and_version():
    program = os.environ["SPARKGATE"]
    assert "usage: sparkgate review" in run("--help").stdout
    version = subprocess.run([program, "--version"], capture_output=True, text=True)
    assert re.fullmatch(r"sparkgate \d+\.\d+\.\S+\n", version.stdout)
    listing = subprocess.run([program, "--help"], capture_output=True, text=True)
    assert listing.returncode == 0 and all(f"\n  {word} " in listing.stdout for word in ("serve", "review", "explain", "certs", "policy"))
    told = subprocess.run([program, "version"], capture_output=True, text=True)
    known = json.loads(subprocess.run([program, "version", "-o", "json"], capture_output=True, text=True).stdout)
    shipped = json.loads(subprocess.run([program, "policy", "show", "-o", "json"], capture_output=True, text=True).stdout)
    assert told.stdout.startswith(version.stdout) and all(len(line) <= 80 for line in told.stdout.splitlines())
    assert version.stdout == f"sparkgate {known['version']}\n" and known["policy"] == shipped["hash"] and known["spark"] == shipped["bounds"]["sparkVersions"]
    assert f"v{known['kubernetes'][1:]}\n" in told.stdout and known["policy"] in told.stdout
    typo = subprocess.run([program, "reviwe"], capture_output=True, text=True)
    assert typo.returncode == 2 and "did you mean 'review'?" in typo.stderr
    assert subprocess.run([program], capture_output=True).returncode == 2


def test_what_the_cluster_did_not_say_is_said_of_each(tmp_path):
    """Nothing listens there: the file that --namespaces wants is not what is missing."""
    subprocess.run([os.environ["SPARKGATE"], "certs", "init", tmp_path / "certs"], check=True, capture_output=True)
    (tmp_path / "config").write_text(f"""apiVersion: v1
kind: Config
clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1', certificate-authority: {tmp_path}/certs/ca.crt}}}}]
users: [{{name: u, user: {{}}}}]
contexts: [{{name: x, context: {{cluster: c, user: u}}}}]
current-context: x
""")
    done = run("-f", "-", "--kubeconfig", tmp_path / "config", stdin=stream([server("a", ns="s"), server("b", ns="s")]))
    assert done.returncode == 2 and "nothing is known" not in done.stderr, done.stderr
    assert done.stderr.count("GET /api/v1/namespaces/s: ") == 2


def test_a_switch_takes_no_week():
    done = subprocess.run([os.environ["SPARKGATE"], "switch", "a", "--to", "k8s", "--timeout", "25h"], capture_output=True, text=True)
    assert done.returncode == 2 and "--timeout: at most 24h, got '25h'" in done.stderr


def test_a_full_disk_is_no_success():
    with open("/dev/full", "w") as full:
        done = subprocess.run([os.environ["SPARKGATE"], "review", "-f", "-"], input=stream([SERVICE]), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 2 and done.stderr.endswith("sparkgate review: cannot write to standard output: No space left on device\n")


def test_as_kubectl_plugin(tmp_path):
    plugin = tmp_path / "kubectl-sparkgate"
    plugin.symlink_to(os.environ["SPARKGATE"])
    assert subprocess.run([plugin, "--help"], capture_output=True, text=True).stdout.startswith("usage: kubectl sparkgate ")


# ---- inputs ----

def one_server(found):
    [line] = [o for o in found if o["role"] == "connect-server"]
    return line


def test_namespaces_from_a_file_and_from_the_input(tmp_path):
    facts = tmp_path / "facts.yaml"
    facts.write_text(stream([namespace("default", backend="k8s")]))
    assert one_server(lines("-f", "-", "--namespaces", facts, stdin=stream([server()])))["backend"] == "k8s"
    # what is in the input will be applied, so it counts more
    assert one_server(lines("-f", "-", "--namespaces", facts, stdin=stream([namespace("default"), server()])))["backend"] == "standalone"


def test_namespace_of_objects_that_name_none():
    line = one_server(lines("-f", "-", "--namespace", "team-a", stdin=stream([namespace("team-a"), server()])))
    assert line["namespace"] == "team-a"
    line = one_server(lines("-f", "-", "-nteam-b", stdin=stream([namespace("team-a"), namespace("team-b", mode=None), server(ns="team-a")])))
    assert line["namespace"] == "team-a" and line["mode"] == "enforce"
    line = one_server(lines("-f", "-", "-n", "team-a", stdin=stream([namespace("team-a"), server(ns="")])))
    assert line["namespace"] == "team-a" and line["mode"] == "enforce", "an empty one is none, as to kubectl"


def test_short_options_as_kubectl_takes_them():
    text = stream([namespace("team-a"), server()])
    done = run("-f=-", "-n=team-a", "-o=json", stdin=text)
    assert done.returncode == 0 and done.stdout == run("-f-", "-nteam-a", "-ojson", stdin=text).stdout
    assert "'=x'" in run("-f==x").stderr


@pytest.mark.parametrize("wrap", [
    lambda o: {"apiVersion": "v1", "kind": "List", "items": o},
    lambda o: {"apiVersion": "v1", "kind": "PodList", "items": [{k: v for k, v in x.items() if k not in ("kind", "apiVersion")} for x in o]},
], ids=["List", "PodList"])
def test_lists(wrap):
    listed = wrap([server("a"), server("b")])
    found = lines("-f", "-", stdin=stream([namespace("default"), listed]))
    assert [(o["kind"], o["name"], o["document"], o["role"]) for o in found[1:]] == [("Pod", "a", 2, "connect-server"), ("Pod", "b", 3, "connect-server")]
    out = run("-f", "-", "-o", "yaml", stdin=stream([namespace("default"), listed])).stdout
    assert all(o["patch"] == [] for o in lines("-f", "-", stdin=out))


def admission_review(operation, obj, old=None, **request):
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "1", "kind": {"group": "", "version": "v1", "kind": obj["kind"]}, "resource": {"group": "", "version": "v1", "resource": obj["kind"].lower() + "s"},
        "name": obj["metadata"]["name"], "namespace": "default", "operation": operation, "userInfo": {"username": "me"}, "object": obj, "oldObject": old,
        "dryRun": False, **request}}


def test_admission_review_keeps_its_operation_and_old_object():
    created = one_server(lines("-f", "-", stdin=stream([namespace("default"), admission_review("CREATE", server())])))
    assert created["operation"] == "CREATE" and created["patch"]
    idle = one_server(lines("-f", "-", stdin=stream([namespace("default"), admission_review("UPDATE", server(), server())])))
    assert idle["operation"] == "UPDATE" and idle["patch"] == [] and idle["allowed"]
    deletion = admission_review("DELETE", server(), server())
    deletion["request"]["object"] = None
    [_, gone] = lines("-f", "-", stdin=stream([namespace("default"), deletion]))
    assert (gone["operation"], gone["apiVersion"], gone["kind"], gone["name"], gone["allowed"]) == ("DELETE", "v1", "Pod", "connect", True)
    done = run("-f", "-", stdin=stream([{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {}}]))
    assert done.returncode == 2 and "line 1: AdmissionReview" in done.stderr


def test_directories_are_read_in_order(tmp_path):
    (tmp_path / "b.yaml").write_text(stream([server("b")]))
    (tmp_path / "a.json").write_text(stream([namespace("default"), server("a")]))
    (tmp_path / "c.txt").write_text("not: read")
    found = lines("-f", tmp_path)
    assert [o["name"] for o in found] == ["default", "a", "b"]
    assert [o["file"] for o in found] == [str(tmp_path / n) for n in ("a.json", "a.json", "b.yaml")]


def test_folders_in_folders_are_read(tmp_path):
    """`-f apps` in CI is all of apps/; what cannot be read is no reason to go on without it."""
    (tmp_path / "team-a/reports").mkdir(parents=True)
    (tmp_path / "team-a/reports/server.yaml").write_text(stream([REFUSED]))
    (tmp_path / "team-a/facts.yml").write_text(stream([namespace("default")]))
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/old.yaml").write_text("not: an object")
    (tmp_path / "again").symlink_to("team-a")
    [found, pod] = lines("-f", tmp_path, codes=(1,))
    assert [found["file"], pod["file"]] == [str(tmp_path / "team-a" / n) for n in ("facts.yml", "reports/server.yaml")]
    for command in (["audit", "-o", "json"], ["explain"]):
        done = subprocess.run([os.environ["SPARKGATE"], *command, "-f", tmp_path], capture_output=True, text=True)
        assert done.returncode == 1 and "connect" in done.stdout, done.stderr
    (tmp_path / "team-a/reports/half.yaml").write_text("apiVersion: v1\n")
    done = run("-f", tmp_path)
    assert done.returncode == 2 and "reports/half.yaml: line 1: an object without apiVersion or kind" in done.stderr


def test_logs_in_folders(tmp_path):
    (tmp_path / "node-1").mkdir()
    (tmp_path / "node-1/audit.log").write_text("")
    done = run("-f", tmp_path)
    assert "holds no .yaml" not in done.stderr


def test_config_maps_of_the_input_are_read():
    text = "spark.master=spark://elsewhere:7077\nspark.executor.cores=3\nspark.connect.grpc.binding.port=15002\n"
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf"}, "data": {"spark-defaults.conf": text}}
    pod = server(volumes=[{"name": "conf", "configMap": {"name": "conf"}}])
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "conf", "mountPath": "/opt/spark/conf"}]
    seen = one_server(lines("-f", "-", stdin=stream([namespace("default"), config, pod])))
    unseen = one_server(lines("-f", "-", stdin=stream([namespace("default"), pod])))
    keys = lambda line: {c["key"] for c in line["changes"]}
    assert "spark.executor.cores" not in keys(seen)
    assert "spark.executor.cores" in keys(unseen)
    assert any("conf" in w for w in unseen["warnings"])


SHARED = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "labels": {"app": "spark-connect"}},
          "data": {"spark-defaults.conf": "spark.master k8s://https://kubernetes.default.svc\nspark.authenticate.secret.file /x\n"}}


def reader():
    pod = server(volumes=[{"name": "conf", "configMap": {"name": "conf"}}])
    pod["spec"]["containers"][0]["volumeMounts"] = [{"name": "conf", "mountPath": "/opt/spark/conf"}]
    return pod


STORED = [
    ("enforce", {}, True), ("rewrite", {"configMaps": "rewrite"}, True), ("check", {"configMaps": "check"}, False), ("off", {"configMaps": "off"}, False),
]


@pytest.mark.parametrize("keys, allowed", [s[1:] for s in STORED], ids=[s[0] for s in STORED])
def test_a_pod_is_judged_by_its_config_map_as_it_is_stored(keys, allowed, tmp_path):
    """The API server gets ConfigMaps first, and keeps them as /mutate left them; wherever they stand in the input."""
    world = namespace("default", **keys)
    both = [one_server(lines("-f", "-", stdin=stream(order))) for order in ([world, SHARED, reader()], [reader(), SHARED, world])]
    assert [line["allowed"] for line in both] == [allowed, allowed], both[0]["message"]
    out = run("-f", "-", "-o", "yaml", stdin=stream([world, SHARED])).stdout
    (tmp_path / "stored.yaml").write_text(out)
    cluster = one_server(lines("-f", "-", "--namespaces", tmp_path / "stored.yaml", stdin=stream([reader()])))
    for line in both:
        assert all(line[key] == cluster[key] for key in ("allowed", "message", "patch", "warnings", "violations"))


def test_a_config_map_of_the_cluster_is_what_it_is(tmp_path):
    (tmp_path / "facts.yaml").write_text(stream([namespace("default"), SHARED]))
    there = one_server(lines("-f", "-", "--namespaces", tmp_path / "facts.yaml", stdin=stream([reader()]), codes=(1,)))
    assert "backend.authSecretFile" in there["message"] and "ConfigMap 'conf' line 2" in there["message"]
    again = one_server(lines("-f", "-", "--namespaces", tmp_path / "facts.yaml", stdin=stream([reader(), SHARED])))
    assert again["allowed"], again["message"]


def test_stored_as_enforce_would():
    """In warn nothing is rewritten, so the server is warned of; as enforce both are."""
    world = [namespace("default", mode="warn"), SHARED, reader()]
    as_is = one_server(lines("-f", "-", stdin=stream(world)))
    assert as_is["allowed"] and any(v["rule"] == "backend.authSecretFile" for v in as_is["violations"])
    enforced = one_server(lines("-f", "-", "--as", "enforce", stdin=stream(world)))
    assert enforced["allowed"] and not any(v["rule"] == "backend.authSecretFile" for v in enforced["violations"])


def test_a_volume_without_a_source_is_an_empty_dir():
    for volume in ({"name": "work"}, {"name": "work", "emptyDir": None}):
        line = one_server(lines("-f", "-", stdin=stream([namespace("default"), server(volumes=[volume])])))
        assert line["allowed"], line["message"]
        assert not any("emptyDir" in op["path"] for op in line["patch"])


# ---- modes ----

def test_as_enforce_judges_as_if_the_namespace_were_in_enforce():
    for mode in ("warn", "audit", None):
        worlds = [namespace("default", mode=mode, pssMode="audit")]
        as_is = one_server(lines("-f", "-", stdin=stream(worlds + [REFUSED])))
        enforced = one_server(lines("-f", "-", "--as", "enforce", stdin=stream(worlds + [REFUSED]), codes=(1,)))
        assert as_is["allowed"] and as_is["mode"] == mode
        assert not enforced["allowed"] and enforced["mode"] == "enforce" and enforced["pss"]["mode"] == "enforce"
        if mode:  # what enforce would do is told in every mode
            assert as_is["verdict"] == enforced["verdict"] == "deny"
            assert [c["key"] for c in as_is["changes"] if c["rule"].startswith("backend.")] == \
                [c["key"] for c in enforced["changes"] if c["rule"].startswith("backend.")]


@pytest.mark.parametrize("leaving", [False, True])
def test_what_is_let_by_unjudged_is_not_told_as_not_opted_in(leaving):
    new = server()
    new["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z"} if leaving else {"labels": {"app": "spark-connect", "a": "b"}}
    why = "it is being deleted: nothing is asked of it any more" if leaving else "nothing changes in it that sparkgate judges"
    asked = stream([namespace("default"), admission_review("UPDATE", new, server())])
    done = run("-f", "-", stdin=asked)
    assert f"connect-server: {why}" in " ".join(done.stdout.split()) and "opted in" not in done.stdout + done.stderr
    both = run("-f", "-", stdin=stream([namespace("default"), *[admission_review("UPDATE", new, server())] * 2]))
    assert "2 that change nothing that is judged" in both.stdout


def test_a_mode_that_is_an_annotation_is_told():
    """Of the Namespace alone, once with its pods; and why a pod is let alone."""
    wrong = namespace("default", mode=None)
    wrong["metadata"]["annotations"]["sparkgate.io/mode"] = "enforce"
    said = "namespace 'default' has not opted in (sparkgate.io/mode is an annotation there, it must be a label): its objects stay as they are\n"
    for objects in [wrong], [wrong, server()], [server(), wrong]:
        done = run("-f", "-", stdin=stream(objects))
        assert done.returncode == 0 and done.stderr == "sparkgate review: " + said, done.stderr
    assert not run("-f", "-", stdin=stream([namespace("default", mode=None)])).stderr
    why = subprocess.run([os.environ["SPARKGATE"], "explain", "-f", "-", "pod/connect"], input=stream([wrong, server()]), capture_output=True, text=True).stdout
    assert "its namespace has not opted in (sparkgate.io/mode is an annotation there, it must be a label)" in " ".join(why.split()), why


def test_not_opted_in_is_told_once_and_says_nothing_else():
    done = run("-f", "-", "-o", "json", stdin=stream([namespace("default", mode=None), server("a"), server("b")]))
    assert done.stderr.count("has not opted in") == 1
    for line in map(json.loads, done.stdout.splitlines()):
        if line["role"]:
            assert line["mode"] is line["backend"] is line["sparkVersion"] is line["pss"] is None
            assert line["warnings"] == line["changes"] == line["violations"] == line["patch"] == [] and line["auditAnnotations"] == {}


def test_every_fixture_is_about_something():
    assert len(FIXTURES) >= 8


@pytest.mark.parametrize("command", ["review", "audit", "explain"])
@pytest.mark.parametrize("args, obj, said", [
    ([], server(ns="team"), "nothing is known of its namespace 'team': give --namespaces FILE (kubectl get namespace team -o yaml >FILE)"),
    (["FILE"], server(ns="team"), "FILE has no Namespace 'team': (printf '\\n---\\n'; kubectl get namespace team -o yaml) >>FILE\n"),
    (["FILE"], server(ns="$(id)"), "FILE has no Namespace '$(id)'\n"),
    (["FILE"], server(), "it names no namespace, so 'default' counts: say -n NAMESPACE (FILE has a, b)\n"),
    (["FILE", "-n", "team"], server(), "FILE has no Namespace 'team': (printf '\\n---\\n'; kubectl get namespace team -o yaml) >>FILE\n"),
    (["FILE", "-n", "default"], server(), "FILE has no Namespace 'default': (printf '\\n---\\n'; kubectl get namespace default -o yaml) >>FILE\n"),
    (["FILE", "--namespaces", "FILE"], server(ns="team"),
     "none of the files of --namespaces has Namespace 'team': add it to one of them (kubectl get namespace team -o yaml)\n"),
    (["FILE", "--namespaces", "FILE"], server(ns="$(id)"), "none of the files of --namespaces has Namespace '$(id)': add it to one of them\n"),
])
def test_what_to_do_where_the_namespace_is_not_known(tmp_path, command, args, obj, said):
    """By case; and doing it helps."""
    facts = tmp_path / "n.yaml"
    facts.write_text("".join(f"---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: {n}, labels: {{sparkgate.io/mode: audit}}}}\n" for n in "ab").strip())  # without the end of the last line
    words = ["--namespaces", *args] if args else []
    argv = [os.environ["SPARKGATE"], command, "-f", "-", *(str(facts) if w == "FILE" else w for w in words)]
    done = subprocess.run(argv, input=stream([obj]), capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and said.replace("FILE", str(facts) if args else "FILE") in done.stderr, done.stderr
    if ">>" in done.stderr and len(argv) < 9:
        made = "kubectl() { echo 'apiVersion: v1'; echo 'kind: Namespace'; echo \"metadata: {name: $3}\"; }\n"
        subprocess.run(["bash", "-c", made + "(" + done.stderr.strip().partition("': (")[2]], check=True)
        assert subprocess.run(argv, input=stream([obj]), capture_output=True, text=True, timeout=60).returncode == 0


@pytest.mark.parametrize("command", ["review", "audit", "explain"])
def test_what_to_do_where_namespaces_come_from_standard_input(tmp_path, command):
    path = tmp_path / "server.yaml"
    path.write_text(stream([server(ns="team")]))
    argv = [os.environ["SPARKGATE"], command, "-f", str(path), "--namespaces", "-"]
    done = subprocess.run(argv, input=stream([namespace("a")]), capture_output=True, text=True, timeout=60)
    said = "standard input has no Namespace 'team': add it to that (kubectl get namespace team -o yaml)\n"
    assert done.returncode == 2 and said in done.stderr, done.stderr


@pytest.mark.parametrize("command", ["review", "audit", "explain"])
def test_what_no_command_reads(tmp_path, command):
    """A dump of a cluster may be long; one that is too long is to be split. What PowerShell writes."""
    path = tmp_path / "all.yaml"

    def said(*args):
        done = subprocess.run([os.environ["SPARKGATE"], command, *map(str, args)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        return done.stderr

    path.write_bytes(b"#" * ((64 << 20) + 1))
    assert f"cannot read '{path}': larger than 64 MiB: split it and give the parts one by one" in said("-f", path)
    path.write_bytes(json.dumps(namespace("a")).encode("utf-16"))
    assert f"{path}: is UTF-16: save it as UTF-8\n" in said("-f", path)
    if command != "explain":
        (tmp_path / "some.yaml").write_text(stream([namespace("b")]))
        assert f"{path}: is UTF-16: save it as UTF-8\n" in said("-f", tmp_path / "some.yaml", "--namespaces", path)


def test_a_dump_has_more_values_than_a_manifest():
    many = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "a"}, "data": {f"k{i}": "v" for i in range(600_000)}}
    assert run("-f", "-", stdin=stream([namespace("a"), many, server(ns="a")])).returncode == 0


def test_the_config_map_of_the_examples_stays_as_it_is():
    """As its comment says."""
    path = FIXTURES[0].parents[2] / "docs/examples/namespaces.yaml"
    (found,) = [o for o in lines("-f", path) if o["kind"] == "ConfigMap"]
    assert found["role"] is None and not found["patch"] and "so it stays as" in path.read_text()
