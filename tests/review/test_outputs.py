"""What review prints, in every format."""

import json
import re
import xml.etree.ElementTree

import jsonpatch
import pytest
import yaml

from review import FIXTURES, ROOT, KubernetesLoader, lines, load, namespace, namespaces_of, run, stream

PATHS = [pytest.param(path, id=path.stem) for path in FIXTURES]


@pytest.fixture
def facts(tmp_path):
    path = tmp_path / "namespaces.json"
    path.write_text(stream([namespace("default", hardening="force")]))
    return path


@pytest.mark.parametrize("path", PATHS)
def test_yaml_is_what_the_patches_make(path, facts):
    objects = load(path.read_text())
    patched = [jsonpatch.apply_patch(obj, line["patch"]) for obj, line in zip(objects, lines("-f", path, "--namespaces", facts))]
    done = run("-f", path, "--namespaces", facts, "-o", "yaml")
    assert load(done.stdout) == patched
    again = run("-f", "-", "--namespaces", facts, "-o", "yaml", stdin=done.stdout)
    assert again.stdout == done.stdout
    assert again.returncode == done.returncode


@pytest.mark.parametrize("path", PATHS)
def test_yaml_passes_what_stays_byte_for_byte(path, tmp_path):
    facts = tmp_path / "audit.json"
    facts.write_text(stream([namespace("default", mode="audit")]))
    done = run("-f", path, "--namespaces", facts, "-o", "yaml")
    assert done.returncode == 0
    assert done.stdout == path.read_text()


def test_yaml_keeps_separators_and_leading_comments(facts):
    path = next(p for p in FIXTURES if p.stem == "chart-shell")
    out = run("-f", path, "--namespaces", facts, "-o", "yaml").stdout
    assert re.findall(r"^---$|^# Source: .*$", out, re.M) == re.findall(r"^---$|^# Source: .*$", path.read_text(), re.M)
    for unchanged in ("kind: Service\n", "kind: ServiceAccount\n"):
        start = path.read_text().index(unchanged)
        assert path.read_text()[start:start + 60] in out


ODD_STREAMS = {
    "directives": "%YAML 1.1\n---\n{pod}\n",
    "document ends": "{pod}\n...\n---\n{pod2}\n...\n",
    "content behind the separator": "--- {pod}\n--- # c\n{pod2}\n",
    "json": "{pod}{pod2}\n",
    "json and separators": "{pod}\n---\n{pod2}",
    "comments at the end": "---\n# head\n{pod}\n---\n{pod2}\n# tail\n---\n# only a comment\n",
    "crlf": "---\r\n{pod}\r\n---\r\n{pod2}\r\n",
    "byte order mark": "\ufeff---\n{pod}\n",
}


@pytest.mark.parametrize("text", ODD_STREAMS.values(), ids=ODD_STREAMS.keys())
def test_yaml_of_odd_streams_reads_back(text, facts):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [
        {"name": "c", "image": "spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh"]}]}}
    pod2 = json.loads(json.dumps(pod).replace('"a"', '"b"'))
    text = text.replace("{pod}", json.dumps(pod)).replace("{pod2}", json.dumps(pod2))
    done = run("-f", "-", "--namespaces", facts, "-o", "yaml", stdin=text)
    assert done.returncode == 0, done.stderr
    again = lines("-f", "-", "--namespaces", facts, stdin=done.stdout)
    assert [o["name"] for o in again] == [o["name"] for o in lines("-f", "-", "--namespaces", facts, stdin=text)]
    assert all(o["patch"] == [] and o["role"] == "connect-server" for o in again)


def test_yaml_of_several_files_is_one_stream(facts):
    paths = [a for path in FIXTURES for a in ("-f", path)]
    out = run(*paths, "--namespaces", facts, "-o", "yaml").stdout
    assert len(load(out)) == sum(len(load(path.read_text())) for path in FIXTURES)


@pytest.mark.parametrize("path", PATHS)
def test_table_fits_a_terminal(path, facts):
    out = run("-f", path, "--namespaces", facts).stdout
    assert "\033" not in out
    for line in out.splitlines():
        # a word that is longer than a line stays whole
        assert len(line) <= 80 or max(map(len, line.split())) > 60 or line.startswith("  "), line
    assert re.search(r"^\d+ objects?, (none of Spark Connect|\d+ of Spark: \d+ refused, \d+ changed, \d+ warnings?)$", out, re.M)


def test_table_counts_what_could_not_be_judged():
    done = run("-f", ROOT / "docs/examples/connect.yaml")
    assert (done.returncode, done.stdout) == (2, "1 object could not be judged\n")


def test_table_names_the_line_of_a_field(facts):
    path = next(p for p in FIXTURES if p.stem == "separators")
    text = path.read_text().splitlines()
    out = run("-f", path, "--namespaces", facts).stdout
    number = int(re.search(r"change backend\.master, line (\d+)\n +spark\.master: yarn", out)[1])
    assert text[number - 1].strip() == "spark.master=yarn"


def counted(out):
    number = len(re.findall(r"^  warn\b", out, re.M))
    return f"{number} warning{'' if number == 1 else 's'}"


def test_table_says_what_enforce_would_do(tmp_path):
    path = next(p for p in FIXTURES if p.stem == "argv")
    facts = tmp_path / "warn.json"
    facts.write_text(stream([namespace("default", mode="warn", pssLevel="baseline")]))
    host = path.read_text().replace("spec:\n  containers:", "spec:\n  hostNetwork: true\n  containers:", 1)
    out = run("-f", "-", "--namespaces", facts, stdin=host).stdout
    assert re.search(r"^allowed  Pod default/argv-submit .*\n +connect-server on standalone, warn, Spark 4.0; enforce would refuse\n? +it\n", out, re.M), out
    assert "  would change backend.master, line" in out and "  change " not in out
    assert "  would deny pss.hostNamespaces, line" in out and "  deny " not in out
    assert out.splitlines()[-1] == f"3 objects, 3 of Spark: 0 refused (enforce: 1), 0 changed (enforce: 3), {counted(out)}"


@pytest.mark.parametrize("mode", ["enforce", "warn", "audit"])
@pytest.mark.parametrize("path", PATHS)
def test_table_counts_what_it_shows(path, mode, tmp_path):
    facts = tmp_path / "namespaces.json"
    facts.write_text(stream([namespace("default", mode=mode)]))
    out = run("-f", path, "--namespaces", facts).stdout
    enforced = lines("-f", path, "--namespaces", facts, "--as", "enforce")
    last = out.splitlines()[-1]
    if "none of Spark" in last:
        return
    assert last.endswith(", " + counted(out))
    refused, changed = sum(not o["allowed"] for o in enforced), sum(bool(o["patch"]) for o in enforced)
    if mode != "enforce":
        assert (f" 0 refused (enforce: {refused}), " if refused else " 0 refused, ") in last
        assert (f" 0 changed (enforce: {changed}), " if changed else " 0 changed, ") in last
    else:
        assert f" {refused} refused, {changed} changed, " in last


def test_color_only_where_it_is_wanted(facts):
    path = FIXTURES[0]
    assert "\033[" in run("-f", path, "--namespaces", facts, "--color", "always").stdout
    assert "\033" not in run("-f", path, "--namespaces", facts, "--color", "never").stdout


def test_a_manifest_cannot_write_to_the_terminal():
    evil = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x\u001b[2Jy\u009b"}, "spec": {"containers": [
        {"name": "c\u001b]0;t\u0007", "image": "i", "command": ["start-connect-server.sh", "--conf", "spark.master=\u001b[31m"]}]}}
    for output in ("table", "diff", "junit", "yaml"):
        done = run("-f", "-", "-o", output, stdin=stream([namespace("default"), evil]))
        if output == "yaml":
            continue  # the user's own bytes
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", done.stdout + done.stderr), output
    for world in ([], [namespace("default", mode=None)]):
        evil["metadata"]["namespace"] = "default" if world else "n\u001b[2J"
        done = run("-f", "-", stdin=stream([*world, evil]))
        assert done.stderr and not re.search("[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", done.stderr)


@pytest.mark.parametrize("output", ["yaml", "diff"])
def test_what_is_refused_is_told_beside_what_is_printed(output, facts):
    """In a pipe, as Helm's post-renderer, nobody sees more than that: an exit code alone says nothing."""
    refused = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x\u001b[2J"}, "spec": {"hostNetwork": True, "containers": [
        {"name": "c", "image": "spark:4.1.0", "command": ["/opt/spark/sbin/start-connect-server.sh"]}]}}
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    text = stream([service, refused])
    done = run("-f", "-", "--namespaces", facts, "-o", output, stdin=text)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert re.match(r'sparkgate review: -: line \d+: refused: sparkgate: Pod "x', line) and "host namespaces (hostNetwork=true)" in line
    assert "\033" not in line and "way out: spec.hostNetwork: remove it" in line
    assert "-o" not in line and not run("-f", "-", "--namespaces", facts, "-o", "json", stdin=text).stderr


@pytest.mark.parametrize("path", PATHS)
def test_diff_holds_what_changes(path, facts):
    out = run("-f", path, "--namespaces", facts, "-o", "diff").stdout
    changed = [o for o in lines("-f", path, "--namespaces", facts) if o["patch"]]
    assert len(re.findall(r"^--- a/", out, re.M)) == len(changed)
    for hunk in re.finditer(r"^@@ -(\d+),(\d+) \+(\d+),(\d+) @@\n((?:[ +-].*\n)*)", out, re.M):
        body = hunk[5].splitlines()
        body = [line for line in body if not re.match(r"--- a/|\+\+\+ b/", line)]
        assert sum(line[0] != "+" for line in body) == int(hunk[2])
        assert sum(line[0] != "-" for line in body) == int(hunk[4])


@pytest.mark.parametrize("path", PATHS)
def test_junit_counts(path, facts):
    done = run("-f", path, "--namespaces", facts, "-o", "junit")
    root = xml.etree.ElementTree.fromstring(done.stdout)
    concerned = [o for o in lines("-f", path, "--namespaces", facts) if o["role"]]
    assert sum(int(s.get("tests")) for s in root.iter("testsuite")) == len(root.findall(".//testcase")) == len(concerned)
    assert sum(int(s.get("failures")) for s in root.iter("testsuite")) == len(root.findall(".//failure")) == sum(not o["allowed"] for o in concerned)


@pytest.mark.parametrize("path", PATHS)
def test_sarif_results_are_the_violations(path, facts):
    sarif = json.loads(run("-f", path, "--namespaces", facts, "-o", "sarif").stdout)
    violations = [v for o in lines("-f", path, "--namespaces", facts) for v in o["violations"]]
    results = sarif["runs"][0]["results"]
    assert sarif["version"] == "2.1.0"
    assert sorted(r["ruleId"] for r in results) == sorted(v["rule"] for v in violations)
    rules = [rule["id"] for rule in sarif["runs"][0]["tool"]["driver"]["rules"]]
    assert len(set(rules)) == len(rules) and set(rules) == {r["ruleId"] for r in results}
    assert {r["level"] for r in results} <= {"error", "warning", "note"}
    length = len(path.read_text().splitlines())
    assert all(1 <= r["locations"][0]["physicalLocation"]["region"]["startLine"] <= length for r in results)


def test_json_numbers_documents_and_list_items(facts):
    text = "---\na: &none {}\napiVersion: v1\nkind: Service\nmetadata: {name: one}\n---\n---\n" \
           "{apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Service, metadata: {name: three}}, {apiVersion: v1, kind: Service, metadata: {name: four}}]}\n"
    assert [(o["document"], o["name"]) for o in lines("-f", "-", stdin=text)] == [(1, "one"), (3, "three"), (4, "four")]
