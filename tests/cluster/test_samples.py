"""Other people's manifests (SPARKGATE_SAMPLES), through a real API server: stored as review says, on the right backend."""

import os
from pathlib import Path

import pytest
import yaml
from bed.api import KINDS
from bed.objects import in_namespace, pod_of, substance

BACKENDS = ("k8s", "standalone")


def sample_documents():
    folder = Path(os.environ.get("SPARKGATE_SAMPLES", "/nowhere")) / "manifests"
    for path in sorted(folder.glob("*.yaml")):
        found = [d for d in yaml.safe_load_all(path.read_text()) if isinstance(d, dict) and d.get("kind") in KINDS]
        yield path.name, [d for d in found if d["kind"] in ("ConfigMap", "Pod", "PodTemplate", "CronJob") or "template" in d.get("spec", {})]


def mend(pod):
    """A pod that no API server takes tests nothing here: null names of ConfigMaps, mounts of volume claim templates."""
    spec = pod["spec"]
    for volume in spec.get("volumes") or []:
        if "configMap" in volume and not volume["configMap"].get("name"):
            volume["configMap"] = {"name": "unnamed", "optional": True}
    volumes = {v["name"] for v in spec.get("volumes") or []}
    for c in spec["containers"] + (spec.get("initContainers") or []):
        missing = [m for m in c.get("volumeMounts") or [] if m["name"] not in volumes]
        spec.setdefault("volumes", []).extend({"name": m["name"], "emptyDir": {}} for m in missing)
        volumes |= {m["name"] for m in missing}
    return pod


def pods_and_maps(documents):
    """What the API server would be sent, with what only the sample's own cluster has taken out."""
    for d in documents:
        obj = d if d["kind"] == "ConfigMap" else pod_of(d)
        obj["metadata"].pop("ownerReferences", None)
        if obj["kind"] == "Pod":
            for key in ("serviceAccountName", "serviceAccount"):
                obj["spec"].pop(key, None)
            mend(obj)
        yield obj


SAMPLES = {name: list(pods_and_maps(documents)) for name, documents in sample_documents()}

if SAMPLES:  # without the folder there is nothing here, not even a skip

    @pytest.mark.parametrize("backend", BACKENDS)
    @pytest.mark.parametrize("name", SAMPLES)
    def test_stored_as_review_says(api, sparkgate, name, backend):
        objects = [in_namespace(o, f"enforce-{backend}") for o in SAMPLES[name]]
        maps = [o for o in objects if o["kind"] == "ConfigMap"]
        sparkgate.know(*maps)
        try:
            for obj in objects:
                check(api, sparkgate, obj, backend)
        finally:
            sparkgate.forget(*maps)

    def check(api, sparkgate, obj, backend):
        what = f"{obj['kind']} {obj['metadata']['name']}"
        answer = api.create(obj, dry_run=True)
        (line,) = sparkgate.review(obj)
        assert line["allowed"] == answer.ok, (what, line["message"], answer.message)
        if not answer.ok:
            assert line["message"] == answer.refused(), what
            return
        (printed,) = sparkgate.review(obj, output="yaml")
        offline = substance(api.create(printed, "plain", dry_run=True).allowed())
        assert offline == substance(answer.body), what
        if line["role"] == "connect-server":
            text = " ".join(w for c in answer.body["spec"]["containers"] for w in c.get("command", []) + c.get("args", []))
            assert ("spark://spark-master.enforce-standalone.svc:7077" in text) == (backend == "standalone"), what
