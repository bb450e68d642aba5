"""Who vouches for a block of a document that is not run here: a test that runs, reads or compares it, or the reason why nobody does.

(document, a text of the block, who). An entry that fits no block, and a block that fits no entry, are failures: so a new
block has to say where it is proven."""

import re
import subprocess

import yaml

ALL = ""  # every block of that kind
NOT_RUN = "not run: "

CONSOLE = [
    ("guide.md", ALL, "tests/spark/test_guide.py"),
    ("rollout.md", ALL, "tests/cluster/test_rollout.py"),
    ("switch.md", ALL, "tests/cluster/test_switch.py"),
    ("README.md", "sudo make deps && make", "tests/install/run"),
    ("README.md", "# what will run", "tests/review/test_examples.py"),
    ("README.md", "sparkgate audit --as enforce", "tests/review/test_examples.py"),
    ("README.md", "helm install sparkgate", "tests/e2e/test_install.py"),
    ("README.md", "make install PREFIX", "tests/install/run"),
    ("README.md", "helm install spark-connect", "tests/spark/test_guide.py"),
    ("HACKING.md", "make check", NOT_RUN + "names targets, which are looked up in the Makefile"),
    ("HACKING.md", "--filter 'shell/*linear*'", NOT_RUN + "builds with sanitizers, as make test-unit does"),
    ("HACKING.md", "tests/cluster/cluster up", "tests/e2e/run"),
    ("HACKING.md", "get_spark 4.1.4", "tests/spark/run"),
    ("HACKING.md", "gdb --args", NOT_RUN + "for a person at a terminal"),
    ("alerts.md", "kubectl -n sparkgate get pods", NOT_RUN + "what to look at when an alert fires"),
    ("certificates.md", "certs show --secret", "tests/http/test_keeper_api.py"),
    ("gitops.md", "kustomize build", "tests/review/test_ci.py"),
    ("install.md", "rollout status deployment/sparkgate", "tests/e2e/test_install.py"),
    ("install.md", "make image", "tests/image/run"),
    ("install.md", "skopeo copy", NOT_RUN + "needs a registry"),
    ("install.md", "--set-file 'policies", "tests/manifests/chart.py"),
    ("install.md", "--reset-then-reuse-values", "tests/manifests/chart.py"),
    ("install.md", "upgrade --install sparkgate", "tests/manifests/chart.py"),
    ("install.md", "helm uninstall sparkgate", "tests/e2e/test_life.py"),
    ("install.md", "kubectl delete mutatingwebhookconfiguration", "tests/cluster/test_webhook_down.py"),
    ("install.md", "kubectl delete validatingwebhookconfiguration", "tests/cluster/test_webhook_down.py"),
    ("performance.md", "make bench", NOT_RUN + "this page is made of what it measured"),
    ("troubleshooting.md", "sparkgate status NAMESPACE", "tests/review/test_examples.py"),
]
TEXT = [
    ("README.md", "NAMESPACE  MODE", "tests/docs/check.py"),
    ("switch.md", "namespace team-a", "tests/cluster/test_switch.py"),
    ("HACKING.md", "command ─┬─>", "tests/lint/source.py"),
]
DIFF = [("README.md", "start-connect-server.sh", "tests/docs/check.py")]
C = [
    ("HACKING.md", "Port 0 is a random one", NOT_RUN + "the middle of a function"),
    ("HACKING.md", "int command_version", NOT_RUN + "a recipe: its parts are looked up one by one"),
]
YAML = [
    ("gitops.md", "compare-options", "tests/cluster/test_gitops.py"),
    ("gitops.md", "ignoreDifferences", "tests/cluster/test_gitops.py"),
    ("gitops.md", "sparkgate.io/configMaps: check", "tests/cluster/test_gitops.py"),
    ("gitops.md", "driftDetection", NOT_RUN + "an addition that Flux does not need"),
    ("gitops.md", "ConfigManagementPlugin", NOT_RUN + "needs Argo CD; its command is the render step that tests/review/test_ci.py runs"),
    ("gitops.md", "sparkgate-review", "tests/review/test_ci.py"),
    ("certificates.md", "ignoreDifferences", "gitops.md"),
    ("policies.md", "policy.sparkgate.io/v1", "sparkgate policy lint"),
    ("README.md", "kind: Namespace", "sparkgate review"),
]
KINDS = {"console": CONSOLE, "text": TEXT, "": TEXT, "diff": DIFF, "c": C, "yaml": YAML}


def judged_by_us(program, who, block, scratch):
    """A policy that lint takes, a Namespace that review takes; None where all is well."""
    path = scratch / "build" / "block.yaml"
    path.write_text(block)
    words = ["policy", "lint", path] if "policy" in who else ["review", "-f", path, "--namespaces", path]
    done = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    return None if done.returncode == 0 else done.stdout + done.stderr


def vouched(root, program, docs, blocks, check):
    used = set()
    for doc in docs:
        for language, line, block in blocks(doc.read_text()):
            if language == "sh":
                continue
            where = f"{doc.name}:{line}"
            entries = [e for e in KINDS.get(language, []) if e[0] == doc.name and e[1] in block]
            check(entries, f"{where}: nobody vouches for this block: tests/docs/blocks.py")
            if language == "yaml":
                try:
                    list(yaml.safe_load_all(block))
                except yaml.YAMLError as error:
                    check(False, f"{where}: {error}")
            for entry in entries[:1]:
                used.add(entry)
                who = entry[2]
                if who.startswith("tests/"):
                    check((root / who).is_file(), f"{where}: {who} is not there")
                elif who.startswith("sparkgate "):
                    said = judged_by_us(program, who, block, root)
                    check(said is None, f"{where}: {said}")
                elif who.endswith(".md"):
                    same = [b for _, _, b in blocks((root / "docs" / who).read_text())]
                    lines = [text.strip() for text in block.splitlines()]
                    check(any(all(text in b for text in lines) for b in same), f"{where}: is not in {who}")
                elif language == "text" or not who.startswith(NOT_RUN):
                    check(False, f"{where}: {who!r} is no voucher")
    for entries in {id(e): e for e in KINDS.values()}.values():
        for entry in entries:
            check(entry in used, f"tests/docs/blocks.py: {entry[0]}, {entry[1]!r}: there is no such block")


def pictures(root, docs, check):
    """SVG that a screen reader can tell, that needs nothing from elsewhere, and that some document shows."""
    shown = "".join(doc.read_text() for doc in docs)
    for path in sorted((root / "docs" / "pictures").iterdir()):
        check(f"pictures/{path.name})" in shown, f"docs/pictures/{path.name}: no document shows it")
        if path.suffix != ".svg":
            continue
        text = path.read_text()
        check("<title" in text and "<desc" in text, f"{path.name}: has no title or desc")
        check(not re.search(r"(?:href|src|url)\s*[=(]\s*[\"']?(?!#)\w+:", text), f"{path.name}: asks for something from elsewhere")
