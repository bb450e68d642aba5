"""The JSON Schema and `sparkgate policy lint` beside each other, on what is shipped, on good files, and on
every small damage to those: a member gone, null, of another type, empty, misspelt, or one too many.

The schema's judge is the independent jsonschema package. What the schema refuses, lint must refuse; what lint refuses
alone must be for a reason that no schema can know, and those are listed here.
"""
import copy
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import yaml

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
POLICIES = ROOT / "policies"

# Reasons of lint's that need more than one document, or more than a grammar.
BEYOND_SCHEMA = re.compile(
    "never call for it|appears twice|unknown check|which does not exist|is not a date|there is no rule|not among sparkVersions"
    "|the object is in namespace|must ascend|what sparkgate is for|is not a range of versions|is the id of a check|needs a port|placeholder"
    "|nothing is judged"
)

# Below these everything is the user's own (a manifest, names of labels, Spark keys).
FREE = {"object", "oldObject", "labels", "settings"}


def documents(folder):
    for path in sorted(folder.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path.name, document


def places(value, path=()):
    """All members and elements: (container, key, path)."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in list(items):
        yield path + (key,)
        if key not in FREE:
            yield from places(member, path + (key,))


def at(document, path):
    for key in path:
        document = document[key]
    return document


def damaged(document, path):
    """Each small damage to the member at path, with a name."""
    *outer, key = path
    old = at(document, path)
    for name, new in (("null", None), ("number", 7), ("list", [[]]), ("mapping", {"x": {}}), ("empty", ""), ("true", True)):
        if type(new) is type(old) and new == old:
            continue
        broken = copy.deepcopy(document)
        at(broken, outer)[key] = new
        yield name, broken
    broken = copy.deepcopy(document)
    del at(broken, outer)[key]
    yield "gone", broken
    if isinstance(key, str):
        broken = copy.deepcopy(document)
        parent = at(broken, outer)
        parent[key + "x"] = parent.pop(key)
        yield "misspelt", broken
    if isinstance(old, dict) and key not in FREE:
        broken = copy.deepcopy(document)
        at(broken, path)["surplus"] = "x"
        yield "surplus", broken


class Judge:
    def __init__(self, program, scratch):
        schema = json.loads((ROOT / "docs/policy.schema.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)
        self.program, self.scratch = program, scratch
        self.passed = self.failed = 0

    def lint(self, document):
        path = self.scratch / "policy.json"
        path.write_text(json.dumps(document))
        done = subprocess.run([self.program, "policy", "lint", path], capture_output=True, text=True)
        if done.returncode not in (0, 1) or done.stderr:
            return None, f"exit {done.returncode}: {done.stderr}"
        problems = [line for line in done.stdout.splitlines() if not line.startswith(("ok:", "warning:"))]
        return done.returncode == 0, problems

    def check(self, what, holds, detail):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}: {detail}")

    def compare(self, what, document, expected=None):
        schema = self.validator.is_valid(document)
        lint, problems = self.lint(document)
        if lint is None:
            return self.check(what, False, problems)
        beyond = not lint and all(BEYOND_SCHEMA.search(problem) for problem in problems)
        agree = schema == lint or (schema and beyond)
        detail = f"schema says {schema}, lint says {lint} {problems}"
        return self.check(what, agree and expected in (None, lint), detail)


def main():
    with tempfile.TemporaryDirectory() as scratch:
        judge = Judge(sys.argv[1], Path(scratch))
        for name, document in documents(POLICIES):
            judge.check(f"shipped {name}", judge.validator.is_valid(document), "the schema refuses it")
        for name, document in documents(POLICIES / "tests"):
            judge.compare(f"tests of the shipped {name}", document, expected=True)
        for name, document in documents(HERE / "good"):
            judge.compare(f"good {name}", document, expected=True)
            for path in places(document):
                for damage, broken in damaged(document, path):
                    judge.compare(f"{name} {'/'.join(map(str, path))} {damage}", broken)
    print(f"{judge.passed} passed, {judge.failed} failed, 0 skipped")
    return judge.failed > 0


if __name__ == "__main__":
    sys.exit(main())
