"""Audit logs as they are kept: rotated, cut, with lines that are no events; and what asks for a replay in a wrong way."""

import gzip
import json
import os
import subprocess

import pytest

from replay import BAD, GOOD, PLAIN, event, facts, replay, table  # noqa: F401 its fixtures too
from review import namespace, run, stream


def test_since_and_until(facts):
    events = [event(BAD, requestReceivedTimestamp=f"2025-01-{day}T12:00:00.000000Z") for day in ("28", "29", "30")]
    lines, _ = replay(events, facts, "--since", "2025-01-29T00:00:00Z", "--until", "2025-01-30T12:00:00Z")
    assert [o["document"] for o in lines] == [2]
    named = [event(namespace("team-n"), requestReceivedTimestamp="2025-01-01T00:00:00Z"), event(BAD, "team-n")]
    lines, _ = replay(named, None, "--since", "2025-01-29T00:00:00Z")
    assert [o["kind"] for o in lines] == ["Pod"], "what was written before is known"


def test_rotated_logs_are_read_in_the_order_of_time(tmp_path):
    first, second = tmp_path / "audit-2025-01-30.log", tmp_path / "audit.log"
    first.write_text(stream([event(namespace("team-n"))]))
    second.write_text(stream([event(BAD, "team-n")]))
    for flags in (["-f", second, "-f", first], ["-f", tmp_path]):
        done = run(*flags, "-o", "json")
        assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(first), str(second)], done.stderr
        assert done.returncode == 1


LINES = [
    ("crlf", lambda text: text.replace("\n", "\r\n"), 2, ""),
    ("empty lines", lambda text: "\n\n \n".replace(" ", "") + text.replace("\n", "\n\n"), 2, ""),
    ("no end of the last line", lambda text: text[:-1], 2, ""),
    ("a last line that is cut short", lambda text: text[:-40], 1, "-:2: the last line is cut short"),
    ("no JSON in between", lambda text: text.replace("\n", "\nnonsense {\n", 1), 2, "-:2: "),
    ("half a first line", lambda text: '"},"x":1}}\n' + text, 2, "-:1: "),
    ("half a first line with a field", lambda text: '"apiVersion":"v1","kind":"Pod"}}\r\n' + text, 2, "-:1: "),
    ("many lines of others first", lambda text: "klog: x\n" * 63 + text, 2, "-:5: "),
    ("no event in between", lambda text: text.replace("\n", '\n{"kind":"Pod"}\n', 1), 2, "-:2: expected an Event of audit.k8s.io"),
    ("a line that is too long", lambda text: text.replace("\n", "\n" + "x" * (17 << 20) + "\n", 1), 2, "-:2: longer than 16 MiB"),
    ("a line without end", lambda text: text + '{"a": "' + "x" * (17 << 20), 2, "-:3: longer than 16 MiB"),
]


@pytest.mark.parametrize("spoil, judged, said", [i[1:] for i in LINES], ids=[i[0] for i in LINES])
def test_lines(spoil, judged, said, facts, tmp_path):
    text = spoil(stream([event(GOOD), event(GOOD)]))
    path = tmp_path / "log"
    path.write_text(text, newline="")
    for flags, stdin in ((["-f", "-"], text), (["-f", path], "")):
        done = subprocess.run([os.environ["SPARKGATE"], "review", *map(str, flags), "-o", "json", "--namespaces", str(facts)], input=stdin.encode(),
                              capture_output=True, timeout=60)  # fmt: skip
        assert len(done.stdout.splitlines()) == judged
        assert done.returncode == (2 if said else 0)
        assert said.replace("-:", f"{flags[1]}:") in done.stderr.decode(), done.stderr


def test_items_of_a_list_that_are_no_events_are_bad_lines(facts):
    listed = {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "items": [event(BAD), {"kind": "Pod"}, "x", {"stage": "ResponseComplete", "kind": "Event"}]}
    lines, done = replay([listed, {**listed, "items": {}}], facts, codes=(2,))
    assert len(lines) == 1 and "-:1: items[1]: expected an Event" in done.stderr and "-:2: items of an EventList are not a list" in done.stderr
    assert "  4 lines are not audit events" in table([listed, {**listed, "items": {}}], facts).stdout


# what stands before the first event, and whether it is seen to be a log nonetheless
FIRST = [
    ("a half line of a MiB", '"' + "x" * (1 << 20) + "}\n", False),
    ("a half line of a little less", '"' + "x" * 1000000 + "}\n", True),
    ("63 lines", "x\n" * 63, True),
    ("64 lines", "x\n" * 64, False),
    ("blanks", "\n" * 3000, True),
    ("a manifest", json.dumps(GOOD) + "\n", False),
    ("YAML", "apiVersion: v1\n", False),
    ("JSON over several lines", '{"items":[\n', False),
]  # fmt: skip


@pytest.mark.parametrize("before, is_log", [i[1:] for i in FIRST], ids=[i[0] for i in FIRST])
def test_the_first_event_may_stand_further_down(before, is_log, facts, tmp_path):
    path = tmp_path / "log"
    path.write_text(before + stream([event(GOOD)]))
    for flags, stdin in ((["-f", path], ""), (["-f", "-"], path.read_text())):
        done = run(*flags, "-o", "json", "--namespaces", facts, stdin=stdin)
        assert [bool("recorded" in json.loads(line)) for line in done.stdout.splitlines()] == ([True] if is_log else []), done.stderr
        assert done.returncode == (0 if is_log and not before.strip() else 2)


def test_beside_a_log_an_unclear_file_is_one_and_an_empty_one_is_neither(facts, tmp_path):
    log, empty, torn, manifest = (tmp_path / name for name in ("audit.log", "empty", "torn", "pod.json"))
    log.write_text(stream([event(GOOD)]))
    empty.write_text("")
    torn.write_text('"half"}\n')
    manifest.write_text(stream([namespace("default"), GOOD]))
    base = ["-o", "json", "--namespaces", facts]
    done = run("-f", log, "-f", empty, *base)
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")
    done = run("-f", torn, "-f", log, *base)
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1) and f"{torn}:1: " in done.stderr and "1 line is not an audit event" in done.stderr
    done = run("-f", "-", "-f", log, *base, stdin=torn.read_text())
    assert (done.returncode, len(done.stdout.splitlines())) == (2, 1) and "-:1: " in done.stderr
    done = run("-f", manifest, "-f", empty, "-o", "json")
    assert len(done.stdout.splitlines()) == 2
    done = run("-f", empty)
    assert done.returncode == 2 and "nothing to review" in done.stderr


def test_a_manifest_on_standard_input_loses_nothing():
    """The beginning was looked at; it is still there."""
    text = "# a comment\n\n" + "\n---\n".join(json.dumps(o, indent=1) for o in (namespace("default"), GOOD)) + "\n"
    text += "".join(f"---\n{json.dumps({**PLAIN, 'metadata': {'name': f'p{n}', 'annotations': {'x': 'y' * 1000}}})}\n" for n in range(500))
    done = run("-f", "-", "-o", "json", stdin=text)
    assert done.returncode == 0 and len(done.stdout.splitlines()) == 502
    assert run("-f", "-", "-o", "yaml", "--as", "namespace", stdin=text).stdout.startswith("# a comment\n")
    through = subprocess.run(["bash", "-c", '"$SPARKGATE" review -o json -f <(cat)'], input=text, capture_output=True, text=True)
    assert len(through.stdout.splitlines()) == 502, through.stderr


def test_many_complaints_are_not_all_said(facts):
    done = table([event(GOOD)] + ["x"] * 50, facts)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 6 and "50 lines are not audit events" in done.stdout


BAD_USAGE = [
    (["-o", "sarif"], "-o sarif is for manifests: for an audit log there are -o table and -o json"),
    (["-o", "yaml"], "-o yaml is for manifests"),
    (["--since", "yesterday"], "--since takes a moment in UTC as 2025-01-31T23:59:59Z, not 'yesterday'"),
    (["--until", "2025-01-31"], "--until takes a moment"),
]


@pytest.mark.parametrize("flags, said", BAD_USAGE)
def test_bad_usage(flags, said, facts):
    done = table([event(GOOD)], facts, *flags)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


def test_logs_and_manifests_do_not_mix(tmp_path):
    log, manifest, packed = tmp_path / "audit.log", tmp_path / "pod.json", tmp_path / "audit.log.gz"
    log.write_text(stream([event(GOOD)]))
    manifest.write_text(stream([GOOD]))
    packed.write_bytes(gzip.compress(log.read_bytes()))
    done = run("-f", log, "-f", manifest)
    assert done.returncode == 2 and f"'{log}' is an audit log, '{manifest}' is not" in done.stderr
    done = run("-f", packed)
    assert done.returncode == 2 and "zcat" in done.stderr
    done = run("-f", manifest, "--since", "2025-01-31T00:00:00Z")
    assert done.returncode == 2 and "--since and --until are for audit logs" in done.stderr
    done = run("-f", "-", stdin=json.dumps(event(GOOD), indent=1))
    assert done.returncode == 2 and "jq -c" in done.stderr
