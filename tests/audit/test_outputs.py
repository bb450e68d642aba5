"""Every output, read by parsers and held against schemas that are not ours."""

import json
import os
import pathlib
import re

import jsonschema
import lxml.html
import pytest
from audit import FIXTURES, ROOT, controller, executor, lines, namespace, other, run, server, stream, config_map
from lxml import etree

SCHEMAS = pathlib.Path(os.environ["SCHEMAS"])
REVIEW = jsonschema.Draft202012Validator(json.loads((ROOT / "docs/review.schema.json").read_text()))

HOSTILE = ["x\u001b[2Jy", "<&\"'>]]>", "\u202eabc", "\ufffe\uffff", "a\nb", "é" * 100, "%s%n", "\\u0000"]


def a_cluster():
    objects = [namespace("a"), namespace("b", mode="warn"), namespace("c", mode="audit"), namespace("d", mode=None), namespace("e", backend="k8s")]
    for name in "abcde":
        objects += [controller("Deployment", "d", name), config_map("conf", name), server("bad", name, hostPID=True), executor("e", name), other("web", name)]
    for i, text in enumerate(HOSTILE):
        pod = server(f"hostile-{i}", "a", hostPID=True)
        pod["spec"]["containers"][0]["name"] = text
        pod["spec"]["containers"][0]["command"] += ["--conf", f"spark.app.name={text}", "--conf", f"spark.cores.max={text}"]
        pod["metadata"]["name"] = f"hostile-{i}{text}"
        objects.append(pod)
    return objects


@pytest.fixture(params=["cluster", "files"])
def report(request, api, tmp_path):
    """A function: what an audit of that cluster prints in a format."""
    path = tmp_path / "all.json"
    path.write_text(stream(a_cluster()))
    api.has(a_cluster())
    source = ("--kubeconfig", api.kubeconfig) if request.param == "cluster" else ("-f", path)

    def printed(output, *more):
        done = run(*source, "-o", output, *more)
        assert done.returncode in (0, 1), done.stderr
        return done.stdout

    printed.live = request.param == "cluster"
    return printed


def test_json(report):
    found = [json.loads(line) for line in report("json").splitlines()]
    for line in found:
        REVIEW.validate(line)
        assert (line["file"] is None) == report.live and (line["document"] is None) == report.live
    assert len(found) > 25


@pytest.mark.parametrize("mode", ["namespace", "enforce"])
def test_sarif(report, mode):
    schema = json.loads((SCHEMAS / "sarif.json").read_text())
    log = json.loads(report("sarif", "--as", mode))
    jsonschema.Draft7Validator(schema).validate(log)
    (the_run,) = log["runs"]
    rules = [rule["id"] for rule in the_run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules)) and {result["ruleId"] for result in the_run["results"]} == set(rules)
    found = [json.loads(line) for line in report("json", "--as", mode).splitlines()]
    assert sorted(v["rule"] for o in found for v in o["violations"]) == sorted(result["ruleId"] for result in the_run["results"])


def test_junit(report):
    root = etree.fromstring(report("junit").encode())
    if report.live:  # files have attributes "file" and "line", which this schema does not know
        etree.XMLSchema(etree.parse(SCHEMAS / "junit.xsd")).assertValid(root)
    found = [json.loads(line) for line in report("json").splitlines()]
    cases, failures = root.findall(".//testcase"), root.findall(".//failure")
    assert len(cases) == sum(o["role"] is not None or o["kind"] == "Namespace" and o["mode"] is not None for o in found)
    assert len(failures) == sum(not o["allowed"] for o in found)
    for suite in root.iter("testsuite"):
        assert int(suite.get("tests")) == len(suite.findall("testcase")) and int(suite.get("failures")) == len(suite.findall(".//failure"))
    assert [s.get("name") for s in root.iter("testsuite")] == ["a", "b", "c", "d", "e"]


def test_a_large_group_is_several_suites(api):
    api.has([namespace("a"), *(server(f"s{i:04}", "a", hostPID=True) for i in range(1500))])
    done = run("--kubeconfig", api.kubeconfig, "-o", "junit")
    suites = list(etree.fromstring(done.stdout.encode()).iter("testsuite"))
    assert len(suites) > 1 and {s.get("name") for s in suites} == {"a"}
    assert sum(int(s.get("tests")) for s in suites) == 1501
    for suite in suites:
        assert int(suite.get("tests")) == len(suite.findall("testcase")) and int(suite.get("failures")) == len(suite.findall(".//failure"))


def test_what_could_not_be_judged_is_in_formats_for_machines(api):
    """As what it is: neither passed nor failed."""
    needy = server("needy", "a", volumes=[{"name": "c", "configMap": {"name": "own"}}])
    api.has([namespace("a"), needy, server("s", "a")])
    api.tricks["configmaps/own"] = lambda handler, _q, _n: handler.reply(403, {})
    junit = etree.fromstring(run("--kubeconfig", api.kubeconfig, "-o", "junit").stdout.encode())
    etree.XMLSchema(etree.parse(SCHEMAS / "junit.xsd")).assertValid(junit)
    assert [e.get("message") for e in junit.findall(".//error")] == ["1 object could not be judged: standard error said why"]
    sarif = json.loads(run("--kubeconfig", api.kubeconfig, "-o", "sarif").stdout)
    jsonschema.Draft7Validator(json.loads((SCHEMAS / "sarif.json").read_text())).validate(sarif)
    (invocation,) = sarif["runs"][0]["invocations"]
    assert not invocation["executionSuccessful"] and "1 object could not" in invocation["toolExecutionNotifications"][0]["message"]["text"]


@pytest.mark.parametrize("as_mode", ["namespace", "enforce"])
def test_html(report, as_mode):
    """A row an object, in whose fold is its line of JSON; the numbers in front are the table's. What a browser makes of it: tests/browser."""
    page = lxml.html.document_fromstring(report("html", "--as", as_mode))
    rows = page.findall(".//tbody")
    found = [json.loads(line) for line in report("json", "--as", as_mode).splitlines()]
    assert [json.loads(row.findtext(".//details/pre")) for row in rows] == found
    sums = re.search(r"enforce refuses (\d+) and\nchanges (\d+); (\d+) with drift, (\d+) with warnings, (\d+) with notes", report("table", "--as", as_mode))
    classes = [row.get("data-c").split() for row in rows]
    for number, word in zip(sums.groups(), ("refused", "rewritten", "drift", "warning", "note")):
        assert sum(word in c for c in classes) == int(number), word
        assert page.findtext(f".//section[@id='totals']//li/a[@href='#show={word}']/b") == number
    assert page.findtext(".//header//dd").startswith("context " if report.live else "manifests")
    asked = [p.findtext("code") for p in page.findall(".//p[@class='ask']")]
    assert ("sparkgate explain Deployment/d -n a" in asked) == report.live
    assert not [text for text in asked if not re.fullmatch(r"sparkgate explain \w+/[a-z0-9.-]+ -n [a-z]", text)], "safe to paste, or not there"


@pytest.mark.parametrize("as_mode", ["namespace", "enforce"])
def test_the_table_fits_80_columns(report, as_mode):
    out = report("table", "--as", as_mode)
    assert not {c for c in out if ord(c) < 32 and c != "\n" or 127 <= ord(c) < 160 or 0x202A <= ord(c) <= 0x202E}
    for line in out.splitlines():
        # a word that is longer than a line stays whole, and so does the line that names an object
        assert len(line) <= 80 or max(map(len, line.split())) > 60 or "\u00e9" * 100 in line, line


def test_wide_names_stay_whole(api):
    wide = "n" * 63
    api.has([namespace(wide), server("s" * 200, wide, hostPID=True)])
    out = run("--kubeconfig", api.kubeconfig).stdout
    row = next(line for line in out.splitlines() if line.startswith(wide))
    assert row.split()[:3] == [wide, "enforce", "standalone"]


def test_color_only_where_it_is_wanted(report):
    assert "\033[" not in report("table") and "\033[" in report("table", "--color", "always")
    for output in ("json", "junit", "sarif", "html"):
        assert "\033[" not in report(output, "--color", "always")


# ---- files: what review says, and more ----

# What only an audit looks for (webhook/audit/hygiene.h).
HYGIENE = {"backend.drift", "scope.drift", "scope.notOptedIn", "scope.notInForce", "scope.noLabel", "scope.noBackend", "scope.podSecurity", "scope.quota",
           "scope.limitRange", "scope.noService", "config.shared"}  # fmt: skip


def without_hygiene(found):
    for line in found:
        line["violations"] = [v for v in line["violations"] if v["rule"] not in HYGIENE]
        line["warnings"] = [w for w in line["warnings"] if w.partition(":")[0] not in HYGIENE]
    return found


def key(line):
    return (line["namespace"] or "", line["kind"], line["name"] or "", line["document"])


@pytest.mark.parametrize("mode", ["enforce", "warn", "audit", None])
@pytest.mark.parametrize("path", [pytest.param(p, id=p.stem) for p in FIXTURES])
def test_files_are_judged_as_review_judges_them(tmp_path, path, mode):
    facts = tmp_path / "namespaces.json"
    facts.write_text(stream([namespace("default", mode=mode, hardening="force")]))
    review = run("-f", path, "--namespaces", facts, "-o", "json", command="review")
    assert review.returncode in (0, 1), review.stderr
    wanted = [o for o in map(json.loads, review.stdout.splitlines()) if o["role"]]
    found = [o for o in without_hygiene(lines("-f", path, "--namespaces", facts)) if o["role"]]
    assert sorted(found, key=key) == sorted(wanted, key=key)


def test_exit_code_2_as_review_has_it():
    """An object whose Namespace nobody knows."""
    path = ROOT / "docs/examples/connect.yaml"
    done = run("-f", path)
    assert done.returncode == 2 and "nothing is known of its namespace" in done.stderr and "1 object could not be judged" in done.stdout


@pytest.mark.parametrize("args, words", [
    (("-f", "x", "--kubeconfig", "y"), "for a cluster"), (("-f", "x", "--by-namespace"), "for a cluster"), (("--namespaces", "x"), "belongs to -f"),
    (("-o", "yaml"), "yaml"), (("--fail-on", "x"), "--fail-on"), (("--kubeconfig", "/no/such"), "/no/such"), (("x",), "x"),
    (("-f", "/no/such"), "/no/such"),
])  # fmt: skip
def test_usage(args, words):
    done = run(*args)
    assert done.returncode == 2 and done.stdout == "" and words in done.stderr and len(done.stderr.splitlines()) <= 2


def test_help_fits_80_columns():
    out = run("--help").stdout
    assert max(map(len, out.splitlines())) <= 80
    for word in ("--since-last", "--fail-on", "--by-namespace", "Exit:"):
        assert word in out
