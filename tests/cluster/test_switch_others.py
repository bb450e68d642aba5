"""A switch among others who write: edits that are made while it is under way, and another process that takes it over."""

import json
import time

import pytest
from test_switch import END, LAST, MASTER, MODE, OWN_MASTER, RESTART, THERE, WORKLOADS, Proxy, bed, live  # noqa: F401 (fixtures)

CONFIG = next(o["metadata"]["name"] for o in WORKLOADS if o["kind"] == "ConfigMap")
RECORD = "sparkgate-switch"


def text_of(bed, name=CONFIG):
    return bed.api.get("ConfigMap", bed.name, name).body["data"]


def edit(bed, line):
    key, text = next((k, t) for k, t in text_of(bed).items() if "spark" in t)
    bed.api.patch("ConfigMap", bed.name, CONFIG, {"data": {key: f"{text.rstrip()}\n{line}\n"}}).allowed()


def test_an_edit_in_between_stays(bed):
    """The undo gives back the backend, and not the text of before."""
    before = bed.state()
    assert bed.dies_at(LAST, behind=True), "all is done, the record is there"
    edit(bed, "spark.app.name of-somebody")
    text = bed.switch("--undo", "--yes", code=1)
    assert f"ConfigMap {CONFIG}: somebody has edited it since; the edit stays" in text and "put back, except 1 object" in text
    after = bed.state()
    assert after[0] == before[0] and after[3] == before[3] and RECORD not in after[2]
    (now,), (then,) = ([t for t in maps[CONFIG][0].values() if "spark" in t] for maps in (after[2], before[2]))
    assert now == then.rstrip() + "\nspark.app.name of-somebody\n", "byte for byte but for the edit"


def test_an_edit_of_something_else_is_no_matter(bed):
    """A label and an annotation are not what a switch writes: the text is put back, and they stay."""
    before = bed.state()
    assert bed.dies_at(LAST, behind=True)
    bed.api.patch("ConfigMap", bed.name, CONFIG, {"metadata": {"labels": {"team": "reports"}, "annotations": {"note": "x"}}}).allowed()
    assert "as it was before" in bed.switch("--undo", "--yes")
    meta = bed.api.get("ConfigMap", bed.name, CONFIG).body["metadata"]
    assert meta["labels"]["team"] == "reports" and meta["annotations"]["note"] == "x" and text_of(bed) == before[2][CONFIG][0]


class Acting(Proxy):
    """Somebody else writes at that moment."""

    def act(self):
        self.does()
        return True


@pytest.mark.parametrize("at", [1, 3, 4])
def test_an_edit_between_plan_and_writing_ends_it(bed, at):
    before = bed.state()
    proxy = bed.proxy(at, kind=Acting)
    proxy.does = lambda: edit(bed, "spark.app.name of-somebody")
    text = bed.through(proxy)
    assert proxy.process.returncode == 1 and f"ConfigMap {CONFIG}: somebody has changed its text since the plan" in text
    after = bed.state()
    assert after[0] == before[0] and after[3] == before[3] and RECORD not in after[2]
    assert any(t.endswith("spark.app.name of-somebody\n") and MASTER not in t for t in after[2][CONFIG][0].values())


@pytest.mark.parametrize("when", ["between plan and restart", "before the undo"])
def test_a_restart_of_somebody_else_stays(bed, when):
    name, stamp = bed.deployment()["metadata"]["name"], "2001-01-01T00:00:00Z"
    restart = lambda: bed.api.patch(  # noqa: E731
        "Deployment", bed.name, name, {"spec": {"template": {"metadata": {"annotations": {RESTART: stamp}}}}}
    ).allowed()
    if when == "before the undo":
        assert bed.dies_at(LAST, behind=True)
        restart()
        text = bed.switch("--undo", "--yes", code=1)
    else:
        proxy = bed.proxy(3, kind=Acting)
        proxy.does = restart
        text = bed.through(proxy)
        assert "somebody else has restarted it since the plan" in text and proxy.process.returncode == 1
    assert f"kubectl rollout restart Deployment/{name} -n {bed.name}" in text and "put back, except 1 object" in text
    assert bed.deployment()["spec"]["template"]["metadata"]["annotations"][RESTART] == stamp
    assert bed.state()[0][MODE] == "k8s" and RECORD not in bed.state()[2]


def test_a_namespace_that_was_annotated_otherwise(bed):
    assert bed.dies_at(LAST, behind=True)
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"annotations": {OWN_MASTER: "spark://10.0.0.9:7077"}}}).allowed()
    text = bed.switch("--undo", "--yes", code=1)
    assert "somebody else has set" in text and "or delete ConfigMap sparkgate-switch" in text
    assert bed.state()[0][OWN_MASTER] == "spark://10.0.0.9:7077" and RECORD in bed.state()[2]


@pytest.mark.parametrize("mode, master", [("standalone", MASTER), ("k8s", None)], ids=["where it was", "where it goes"])
def test_an_annotation_that_was_taken_away(bed, mode, master):
    """Both backends are named, and either lets the undo go on."""
    before = bed.state()
    assert bed.dies_at(LAST, behind=True)
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"annotations": {MODE: None}}}).allowed()
    text = bed.switch("--undo", "--yes", code=1)
    assert f"{MODE} to none, master {MASTER} meanwhile; set it to k8s, where this goes, or to standalone, master {MASTER}, where it was" in text
    bed.api.patch("Namespace", None, bed.name, {"metadata": {"annotations": {MODE: mode, OWN_MASTER: master}}}).allowed()
    assert "put back: the namespace is as it was before" in bed.switch("--undo", "--yes")
    assert bed.state()[0] == before[0] and RECORD not in bed.state()[2]


# ---- the lock ----


def take_over(bed):
    """As another process would: the record is its own from then on."""
    record = bed.api.get("ConfigMap", bed.name, RECORD).body
    held = json.loads(record["data"]["record.json"]) | {"host": "elsewhere", "pid": 1}
    bed.api.patch("ConfigMap", bed.name, RECORD, {"data": {"record.json": json.dumps(held)}}).allowed()


def test_the_end_is_of_our_own_record(bed):
    """Another one has it, and goes on: the first touches nothing more."""
    proxy = bed.proxy(END, kind=Acting)
    proxy.does = lambda: take_over(bed)
    text = bed.through(proxy)
    assert proxy.process.returncode == 1 and "another process has taken this switch over" in text and "putting" not in text
    assert json.loads(text_of(bed, RECORD)["record.json"])["host"] == "elsewhere"
    assert bed.state()[0][MODE] == "standalone"


class Slow(Proxy):
    """The lists of the audit take long; notes who writes the record meanwhile."""

    renewals, lists, does = 0, 0, None

    def wait(self, request):
        if self.writes >= LAST and "limit=" in request.path:
            self.lists += 1
            if self.lists == 6 and self.does:
                self.does()
            time.sleep(2.5)
        self.renewals += self.lists > 0 and request.command == "PUT" and request.path.endswith(RECORD)
        return False


def test_a_long_audit_keeps_the_lock(bed):
    proxy = bed.proxy(kind=Slow)
    assert "verified by audit" in bed.through(proxy)
    assert proxy.process.returncode == 0 and proxy.renewals >= 2, (proxy.renewals, proxy.lists)


def test_a_long_audit_that_lost_it_stops(bed):
    proxy = bed.proxy(kind=Slow)
    proxy.does = lambda: take_over(bed)
    text = bed.through(proxy)
    assert proxy.process.returncode == 1 and "another process has taken this switch over" in text and "putting" not in text
    assert json.loads(text_of(bed, RECORD)["record.json"])["host"] == "elsewhere" and bed.state()[0][MODE] == "standalone"


def test_a_clock_that_is_ahead_takes_nothing_over(bed):
    """What is compared is the API server's clock; and a moment in the future holds nobody up."""
    assert bed.dies_at(3, behind=True)
    record = bed.api.get("ConfigMap", bed.name, RECORD).body
    held = json.loads(record["data"]["record.json"]) | {"host": "elsewhere"}
    bed.api.patch("ConfigMap", bed.name, RECORD, {"data": {"record.json": json.dumps(held)}}).allowed()
    assert "is under way, by process" in bed.switch(*THERE, code=1)
    held["renewed"] += 1000
    bed.api.patch("ConfigMap", bed.name, RECORD, {"data": {"record.json": json.dumps(held)}}).allowed()
    assert "verified by audit" in bed.switch(*THERE)
    bed.is_switched()


# ---- a record that somebody else has written ----


def forge(bed, **changes):
    """Who may write ConfigMaps, and nothing else: as the record of a switch that was interrupted, with words of another's choice."""
    words = {"mode": "k8s", "master": "spark://evil.example:7077"}
    held = {"version": 1, "undoing": False, "host": "h", "pid": 1, "renewed": 1, "stamp": "2001-01-01T00:00:00Z", "before": words,
            "after": {"mode": "standalone", "master": MASTER}, "restarts": [], "configMaps": [], **changes}  # fmt: skip
    record = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": RECORD, "namespace": bed.name}, "data": {"record.json": json.dumps(held)}}
    bed.api.kubectl("apply", "-f", "-", stdin=record, check=True)


def test_a_forged_record_is_not_put_back(bed):
    forge(bed)
    before = bed.state()
    for args in (("--undo",), ("--undo", "--yes")):
        text = bed.switch(*args, code=1)
        assert "is of a switch that is over, or a forgery" in text and "evil" not in text and bed.state() == before


def test_a_forged_record_is_not_finished(bed):
    """A switch goes on with its own master, over the record of another."""
    forge(bed, after={"mode": "standalone", "master": "spark://evil.example:7077"})
    assert "verified by audit" in bed.switch(*THERE)
    bed.is_switched()


def test_a_record_that_was_changed_under_way(bed):
    """Genuine once: who changes what it says breaks what the Namespace says of it."""
    assert bed.dies_at(LAST, behind=True)
    record = bed.api.get("ConfigMap", bed.name, RECORD).body
    held = json.loads(record["data"]["record.json"])
    for change in ({"before": {"mode": "k8s", "master": "spark://evil.example:7077"}}, {"configMaps": [held["configMaps"][0] | {"data": {"x": "y"}}]}):
        bed.api.patch("ConfigMap", bed.name, RECORD, {"data": {"record.json": json.dumps(held | change)}}).allowed()
        assert "is of a switch that is over, or a forgery" in bed.switch("--undo", "--yes", code=1)
    bed.api.patch("ConfigMap", bed.name, RECORD, {"data": {"record.json": json.dumps(held)}}).allowed()
    assert "as it was before" in bed.switch("--undo", "--yes")


# ---- an API server in trouble ----


class Busy(Proxy):
    """Behind the write of that number it answers 503 for a while, and says when to come again."""

    refused = 0

    def wait(self, request):
        if self.writes < self.at or self.refused == 6:
            return False
        self.refused += 1
        body = json.dumps({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 503, "message": "etcd is away"}).encode()
        request.send_response(503)
        request.send_header("Content-Type", "application/json")
        request.send_header("Retry-After", "1")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)
        return True

    def act(self):
        return True


@pytest.mark.parametrize("at", [1, 6])
def test_an_api_server_that_is_away_for_a_while(bed, at):
    """Waited for, and not taken for a failure."""
    proxy = bed.proxy(at, kind=Busy)
    text = bed.through(proxy)
    assert proxy.process.returncode == 0 and proxy.refused == 6
    assert "503: etcd is away; trying again" in text and "verified by audit" in text
    bed.is_switched()


# ---- the policy that the webhook has ----

LAYER = "apiVersion: policy.sparkgate.io/v1\nkind: Checks\nbounds: {defaultStandaloneMaster: spark://of-the-site:7077}\n"


def test_the_policy_of_the_cluster(bed):
    """A layer that the webhook reads from a ConfigMap is the plan's too."""
    name = f"{bed.name}/site"
    assert "configmaps/site: the API server answered 404" in bed.switch("--to=standalone", f"--policies-configmap={name}", code=2)
    assert "standalone needs a master" in bed.switch("--to=standalone", code=1)
    layer = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "site", "namespace": bed.name}, "data": {"site.yaml": LAYER}}
    bed.api.create(layer).allowed()
    text = bed.switch("--to=standalone", f"--policies-configmap={name}", code=1)
    assert "has no Service of-the-site, which the master spark://of-the-site:7077 names" in text
    for wrong in ("a/b/c", "A/b", "../x"):
        assert "is not NAMESPACE/NAME of a ConfigMap" in bed.switch("--to=standalone", f"--policies-configmap={wrong}", code=2)
    assert "outside of a pod its namespace must be given, NAMESPACE/site" in bed.switch("--to=standalone", "--policies-configmap=site", code=2)
