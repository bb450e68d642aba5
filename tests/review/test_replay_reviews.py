"""AdmissionReviews that were kept, replayed as a log is."""

import json
import os
import re
import subprocess

import pytest

from replay import BAD, CM, DENIED, GOOD, PLAIN, event, facts, replay  # noqa: F401 its fixtures too
from review import namespace, run, stream
from test_usage import admission_review, server


def reviewed(obj, *answer, ns="team-a", uid="u", **response):
    """An AdmissionReview as somebody kept it; answer: allowed, message."""
    found = admission_review("CREATE", obj, uid=uid, namespace="" if obj["kind"] == "Namespace" else ns)
    if answer:
        status = {"status": {"code": 403, "message": answer[1]}} if answer[1:] else {}
        found["response"] = {"uid": uid, "allowed": answer[0], **status, **response}
    return found


REVIEWS = [reviewed(BAD, True, uid="1", warnings=["w"], auditAnnotations={"policy": "0" * 12, "changes": "x"}), reviewed(server("g"), False, "sparkgate: no", uid="2"),
           reviewed(server("b", hostNetwork=True), uid="3"), reviewed(server("c", hostNetwork=True), False, "sparkgate: no", uid="4"), reviewed(PLAIN, True)]  # fmt: skip


def kept(tmp_path, reviews):
    """As a folder, as several files, one a line in a file, on standard input."""
    folder = tmp_path / "ar"
    folder.mkdir()
    for n, one in enumerate(reviews):
        (folder / f"{n}.json").write_text(json.dumps(one, indent=1))
    lined = tmp_path / "reviews.jsonl"
    lined.write_text(stream(reviews))
    files = [part for path in sorted(folder.iterdir()) for part in ("-f", path)]
    return [(["-f", folder], ""), (files, ""), (["-f", lined], ""), (["-f", "-"], lined.read_text())]


def test_several_admission_reviews_are_replayed(facts, tmp_path):
    for flags, stdin in kept(tmp_path, REVIEWS):
        done = run(*flags, "--namespaces", facts, stdin=stdin)
        out = done.stdout
        assert done.returncode == 1 and done.stderr == "", done.stderr
        assert out.startswith("5 reviews, 4 judged: 3 refused, 4 changed, 1 warned\n"), out
        assert re.search(r"^ +2  newly refused \(1 of them without a response\)\n +1  no longer refused\n +1  the same\n +1  changed differently than then\n", out, re.M), out
        assert re.search(r"^Newly refused: 2\n  by .*pss\.hostNamespaces", out, re.M) and "uid 1\n" in out
        why = re.search(r"^  why: sparkgate (explain .*)$", out, re.M)[1]
        assert why.endswith(" Pod/connect -n team-a")
        if stdin == "":
            told = subprocess.run([os.environ["SPARKGATE"], *why.split(), "--namespaces", str(facts)], capture_output=True, text=True, timeout=60)
            assert told.returncode == 1 and "hostNetwork" in told.stdout, told


def test_lines_of_admission_reviews(facts, tmp_path):
    lines, _ = replay(REVIEWS, facts, codes=(1,))
    assert [(o["name"], o["document"], o["allowed"], o["recorded"]["comparison"]) for o in lines] == [
        ("connect", 1, False, "newlyRefused"), ("g", 2, True, "noLongerRefused"), ("b", 3, False, "newlyRefused"), ("c", 4, False, "same")]  # fmt: skip
    assert lines[0]["recorded"] == {
        "auditID": "1", "time": None, "user": "me", "verb": "create", "code": 200, "dryRun": False, "refused": False, "comparison": "newlyRefused", "message": None,
        "warnings": ["w"], "auditAnnotations": {"policy": "0" * 12, "changes": "x"}}  # fmt: skip
    then = [(o["recorded"]["code"], o["recorded"]["refused"], o["recorded"]["message"], o["recorded"]["warnings"]) for o in lines[1:]]
    assert then == [(403, True, "sparkgate: no", None), (None, False, None, None), (403, True, "sparkgate: no", None)]


def test_a_log_tells_the_message_of_a_refusal(facts):
    lines, _ = replay([event(BAD, message=DENIED), event(GOOD)], facts)
    assert [(o["recorded"]["message"], o["recorded"]["warnings"]) for o in lines] == [(DENIED, None), (None, None)]


def test_what_reviews_write_is_known_to_those_that_follow():
    events = [reviewed(namespace("team-n", mode="warn"), True), reviewed(BAD, True, ns="team-n"), reviewed(namespace("team-n"), True), reviewed(BAD, True, ns="team-n")]
    lines, _ = replay(events, None)
    assert [(o["kind"], o["allowed"]) for o in lines] == [("Namespace", True), ("Pod", True), ("Namespace", True), ("Pod", False)]


# what else the input holds, and whether it is replayed
BESIDE = [("nothing", [], True), ("a namespace", [namespace("team-b")], True), ("a config map", [CM], True), ("a pod", [PLAIN], False)]


@pytest.mark.parametrize("beside, replayed", [i[1:] for i in BESIDE], ids=[i[0] for i in BESIDE])
def test_which_reviews_are_replayed(beside, replayed, facts):
    run_of = lambda reviews, *flags: run("-f", "-", "--namespaces", facts, *flags, stdin=stream(beside + reviews))  # noqa: E731
    assert run_of(REVIEWS[:2]).stdout.startswith("2 reviews, ") == replayed
    assert "reviews, " not in run_of(REVIEWS[:1]).stdout, "one alone is reported as ever"
    assert "recorded" not in run_of(REVIEWS[:1], "-o", "json").stdout
    assert "reviews, " not in run_of(REVIEWS[:2], "-o", "diff").stdout
