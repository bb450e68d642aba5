"""What sparkgate says of pods and their ConfigMaps, in namespaces of either backend."""
import json
import re
import subprocess
import tempfile

import jsonpatch

STANDALONE = "spark://spark-master.shared.svc:7077"


def namespace_of(subject):
    return re.sub(r"[^a-z0-9-]", "-", subject.name.lower())[:60].strip("-")


def namespace_object(name, backend, version):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {
        "name": name, "labels": {"sparkgate.io/mode": "enforce"},
        "annotations": {"sparkgate.io/backendMode": backend, "sparkgate.io/standaloneMaster": STANDALONE, "sparkgate.io/sparkVersion": version[:3],
                        "sparkgate.io/pssLevel": "privileged", "sparkgate.io/hardening": "off"}}}


def as_list(items):
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": items})


def reviewed(program, items, facts):
    """What sparkgate says of items, by (namespace, kind, name); facts are what the cluster holds."""
    if not items:
        return {}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(as_list(facts))
        file.flush()
        done = subprocess.run([program, "review", "-f", "-", "-o", "json", "--namespaces", file.name], input=as_list(items), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(f"sparkgate review: exit {done.returncode}: {done.stderr[:2000]}")
    lines = map(json.loads, done.stdout.splitlines())
    return {(line["namespace"], line["kind"], line["name"]): line for line in lines}


def review(program, subjects, backend, version):
    """Pods are judged by their ConfigMaps as they are, for the pod alone has to be right: they may be older than the namespace's label."""
    namespaces = [namespace_object(namespace_of(subject), backend, version) for subject in subjects]
    for subject in subjects:
        for thing in subject.objects:
            thing["metadata"]["namespace"] = namespace_of(subject)
    objects = [thing for subject in subjects for thing in subject.objects]
    config_maps = [thing for thing in objects if thing["kind"] == "ConfigMap"]
    pods = [thing for thing in objects if thing["kind"] != "ConfigMap"]
    return reviewed(program, pods, namespaces + config_maps) | reviewed(program, config_maps, namespaces)


def patched(thing, decision):
    return jsonpatch.apply_patch(thing, decision["patch"]) if decision["patch"] else thing
