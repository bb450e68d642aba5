"""Each fenced block is put to the proof of its kind; fences.py has the kinds and their marks."""

import json
import re
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import commands
import yaml
from fences import fences

OURS = "policy.sparkgate.io/"


@dataclass
class Tree:
    """The scratch copy, its program, and where findings go: check(good, message)."""

    root: Path
    program: Path
    sources: str
    check: object
    helps: dict = field(default_factory=dict)

    def help(self, command):
        """What `sparkgate COMMAND --help` says; empty of what is no command. What flags stand before a command is the program's own."""
        if command not in self.helps:
            argv = [self.program, *([] if command.startswith("-") else [command]), "--help"]
            out = subprocess.run(argv, capture_output=True, text=True)
            self.helps[command] = out.stdout if out.returncode == 0 else ""
        return self.helps[command]

    def prints(self, command):
        out = subprocess.run([self.program, *shlex.split(command)[1:]], cwd=self.root, capture_output=True, text=True)
        return out.stdout.splitlines() if out.returncode < 2 else [f"(exit {out.returncode}: {out.stderr})"]


def read_by(fence, tree):
    """A suite that is said to run or judge a block takes it from the document: it names that, and the heading (or takes all)."""
    path = tree.root / fence.what.split()[0]
    good = path.is_file() and fence.what.startswith("tests/")
    text = path.read_text() if good else ""
    tree.check(fence.document.name in text, f"{fence.place}: {fence.what} does not read {fence.document.name}")
    tree.check("every console block" in text or fence.heading in text or fence.verb == "output of",
               f"{fence.place}: {fence.what} does not read what is below '{fence.heading}'")  # fmt: skip


def why(fence, tree):
    tree.check(len(fence.what.split()) >= 4, f"{fence.place}: not run, and '{fence.what}' is no reason")
    for path in re.findall(r"\b(?:tests|docs|manifests)/[\w./-]*\w", fence.what):
        tree.check((tree.root / path).exists(), f"{fence.place}: {path}: no such file")
    commands.look_up(fence, tree)


def pattern(line, language):
    """A line as it is shown: `…` for anything; in a diff a remark of ours may stand behind it."""
    line = re.sub(r" {3,}# .*", "", line) if language == "diff" else line
    return re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))


def output(fence, tree):
    if fence.what.startswith("tests/"):
        return read_by(fence, tree)
    command, _, shortened = fence.what.partition(", ")
    tree.check(command.startswith("sparkgate ") and shortened in ("", "shortened"), f"{fence.place}: output of what? {fence.what}")
    shown = re.sub(r"<!--.*?-->", "", fence.document.read_text(), flags=re.S)
    tree.check(command in shown, f"{fence.place}: a reader is not told the command: {command}")
    real = iter(tree.prints(command))
    for line in fence.text.splitlines():
        wanted = pattern(line, fence.language)
        found = any(wanted.fullmatch(r.rstrip()) for r in real) if shortened else wanted.fullmatch(next(real, "(no more)").rstrip())
        if not line and shortened:
            continue
        tree.check(found, f"{fence.place}: shows {line!r}, the program does not, or not there")
        if not found:
            return
    tree.check(shortened or not list(real), f"{fence.place}: the program prints more; say ', shortened'")


def labels(fence, tree):
    """The begin of each line, up to two spaces, a colon, a comma or a number, is in a string of these sources; its last word may be a name."""
    text = "\n".join(p.read_text() for glob in fence.what.split() for p in sorted(tree.root.glob(glob)))
    printed = "\n".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', text))
    for line in filter(str.strip, fence.text.splitlines()):
        if line.startswith("$ ") or re.match(r" {8,}", line):
            continue
        label = re.split(r" {2,}|[:,(]| [\d/]", line.strip())[0].strip()
        first = label.rpartition(" ")[0]
        tree.check(label in printed or first and first in printed, f"{fence.place}: {fence.what} prints no {label!r}")


def all_words(fence, tree):
    path = tree.root / fence.what
    text = path.read_text() if path.is_file() else ""
    for word in sorted(set(re.findall(r"[A-Za-z_]\w+", fence.text))):
        tree.check(f'"{word}"' in text, f"{fence.place}: {word} is not in {fence.what}")


def judge_yaml(fence, tree, number=0):
    try:
        objects = [obj for obj in yaml.safe_load_all(fence.text) if obj is not None]
    except yaml.YAMLError as error:
        return tree.check(False, f"{fence.place}: no YAML: {error}")
    tree.check(objects, f"{fence.place}: an empty block")
    if fence.verb == "judged by":
        return read_by(fence, tree)
    if fence.verb == "as in":
        return same(fence, tree)
    if fence.verb:
        return tree.check(len(fence.what.split()) >= 4, f"{fence.place}: not judged, and '{fence.what}' is no reason")
    for obj in objects:
        kind = f"{obj.get('apiVersion')} {obj.get('kind')}" if isinstance(obj, dict) else "a list"
        known = kind == "v1 Namespace" or kind.startswith(OURS)
        tree.check(known, f"{fence.place}: {kind}: who judges that? Mark it (tests/docs/fences.py)")
    path = tree.root / "build" / "block.yaml"
    path.write_text(fence.text)
    if any(str(obj.get("apiVersion")).startswith(OURS) for obj in objects if isinstance(obj, dict)):
        out = subprocess.run([tree.program, "policy", "lint", path], capture_output=True, text=True)
        tree.check(out.returncode == 0, f"{fence.place}: policy lint: {out.stdout}{out.stderr}")
    for obj in objects:
        if isinstance(obj, dict) and obj.get("kind") == "Namespace":
            judge_namespace(fence, tree, obj, path)


def judge_namespace(fence, tree, obj, path):
    """As the webhook judges it when it is written: nothing refused, no warning about a key or a value."""
    path.write_text(yaml.safe_dump(obj))
    out = subprocess.run([tree.program, "review", "-f", path, "--namespaces", path, "-o", "json"], capture_output=True, text=True)
    tree.check(out.returncode == 0, f"{fence.place}: review: {out.stdout}{out.stderr}")
    tree.check("scope." not in out.stdout, f"{fence.place}: review has something to say: {out.stdout[:800]}")
    for key in {**obj["metadata"].get("labels", {}), **obj["metadata"].get("annotations", {})}:
        tree.check(key.split("/")[-1] in tree.sources, f"{fence.place}: {key} is no key of ours")


def same(fence, tree):
    """The lines stand in a block of another document, one after the other, whatever they are indented by."""
    path = tree.root / fence.what
    wanted = "\n".join(line.strip() for line in fence.text.strip().splitlines())
    stripped = "\n".join(line.strip() for line in path.read_text().splitlines()) if path.is_file() else ""
    tree.check(wanted in stripped, f"{fence.place}: not as in {fence.what}")


def compile_c(fence, tree):
    """Alone, or at the end of the file that it goes into: the compiler has nothing to say of it."""
    host = tree.root / fence.what if fence.verb == "goes into" else None
    tree.check(not host or host.is_file(), f"{fence.place}: {fence.what}: no such file")
    text = (host.read_text() if host and host.is_file() else "") + fence.text
    made = tree.root / "build" / "gen"
    made.mkdir(exist_ok=True)
    (made / "version.h").write_text('#define SPARKGATE_VERSION "0"\n')
    argv = ["gcc", "-std=c11", "-D_GNU_SOURCE", "-Iwebhook", "-I.", f"-I{made}", "-Wall", "-Wextra", "-Werror",
            "-Wno-unused-function", "-fsyntax-only", "-xc", "-"]  # fmt: skip
    out = subprocess.run(argv, input=text, cwd=tree.root, capture_output=True, text=True)
    tree.check(out.returncode == 0, f"{fence.place}: the compiler: {out.stderr[:800]}")


def judge_json(fence, tree):
    try:
        json.loads(fence.text)
        tree.check(True, "")
    except ValueError as error:
        tree.check(False, f"{fence.place}: no JSON: {error}")


KINDS = {
    ("sh", ""): commands.run, ("console", "run by"): read_by, ("console", "run here, helm renders"): commands.run_rendered,
    ("console", "not run here:"): why, ("text", "output of"): output, ("diff", "output of"): output, ("text", "labels of"): labels,
    ("text", "words of"): all_words, ("yaml", ""): judge_yaml, ("yaml", "judged by"): judge_yaml, ("yaml", "as in"): judge_yaml,
    ("yaml", "not judged here:"): judge_yaml, ("json", ""): judge_json, ("c", ""): compile_c, ("c", "goes into"): compile_c,
}  # fmt: skip


def look(document, tree):
    for fence in fences(document):
        proof = KINDS.get((fence.language, fence.verb))
        what = f"a block of kind '{fence.language}' with the mark '{fence.verb}'" if fence.verb else f"a block of kind '{fence.language}' without a mark"
        tree.check(proof, f"{fence.place}: {what}: say how one knows that it is true (tests/docs/fences.py)")
        if proof:
            proof(fence, tree)
