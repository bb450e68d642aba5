"""Read the documents, prove their blocks, and look for what is named. The argument is a scratch copy."""

import re
import subprocess
import sys
from pathlib import Path

import blocks
import built
import canary
import pictures

ROOT = Path(sys.argv[1])
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PROGRAM = ROOT / "build" / "sparkgate"
# Other programs' flags that our documents mention, and words that only look like one of ours.
FOREIGN_FLAGS = {"--filter", "--args", "--cacert", "--data", "--conf", "--master", "--class", "--name", "--properties-file",
                 "--tsan", "--driver-default-class-path", "--shutdown-watch-termination-grace-period", "--deploy-mode", "--remote", "--wait",
                 "--sort-by", "--tail", "--dry-run", "--create-namespace", "--reuse-values", "--reset-then-reuse-values", "--set",
                 "--set-file", "--set-string", "--overwrite", "--pdb", "--ignore-not-found", "--raw", "--driver-url", "--post-renderer", "--pre-invoke",
                 "--server-side", "--field-manager", "--force-conflicts"}  # fmt: skip
passed, failures = 0, []


def check(good, message):
    global passed
    if good:
        passed += 1
    else:
        failures.append(message)
        print("FAILED " + message)


def help_text():
    def told(*words):
        return subprocess.run([PROGRAM, *words, "--help"], capture_output=True, text=True).stdout

    top = told()
    return "\n".join([top, *(told(word) for word in re.findall(r"^  ([a-z]+) +\w", top.split("\n`")[0], re.M))])


def source_text(*patterns):
    return "\n".join(p.read_text(errors="replace") for pattern in patterns for p in sorted(ROOT.glob(pattern)) if p.is_file())


def anchors(text):
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", text, re.M)}


def figures():
    """What the README says of a request and of memory is in the page that `make bench` made."""
    readme, page = (ROOT / "README.md").read_text(), (ROOT / "docs/performance.md").read_text()
    cpu = re.search(r"^\| `pod7k` \| (\d+) \|", page, re.M)
    rss = re.search(r"^\| resident, after the load \| ([\d.]+) MiB", page, re.M)
    check(cpu and f"about {cpu[1]} µs of CPU a request" in readme, f"README.md: a request takes {cpu and cpu[1]} µs, says docs/performance.md")
    check(rss and f"and {float(rss[1]):.0f} MiB" in readme, f"README.md: the process takes {rss and rss[1]} MiB, says docs/performance.md")


def rule_reference():
    """docs/policies.md ends with what the program says of its rules."""
    shown = subprocess.run([PROGRAM, "policy", "show", "-o", "markdown"], capture_output=True, text=True).stdout
    check(shown and (ROOT / "docs/policies.md").read_text().endswith(shown),
          "docs/policies.md: its rule reference is not what `sparkgate policy show -o markdown` prints: put that in its place")  # fmt: skip


def rule_ids():
    """All that policies ship, and all that Pod Security has a way out for."""
    ids = re.findall(r"^- (?:\{id: |id: )([a-zA-Z.]+)", source_text("policies/*.yaml"), re.M)
    return ids + ["pss." + name for name in re.findall(r'^\t\{"(\w+)", "', source_text("webhook/pss/way_out.c"), re.M)]


def literals(sources):
    """What the sources can print: strings as the compiler joins them."""
    return re.sub(r'"\s*"', "", sources.replace('\\"', "\0")).replace("\0", '"').replace("\\\\", "\\")


def troubleshooting(sources):
    """docs/troubleshooting.md has every rule, and quotes messages as the program prints them: each piece between two
    ellipses occurs in the sources. Tables whose first column is called otherwise quote others."""
    text, printed = (ROOT / "docs/troubleshooting.md").read_text(), literals(sources)
    for rule in rule_ids():
        check(re.search(rf"`{re.escape(rule)}[`:]", text), f"troubleshooting.md: says nothing of {rule}")
    for table in re.findall(r"^\| message \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.M):
        for message in re.findall(r"^\| `([^`]*)`", table.replace("\\|", "|"), re.M):
            words = re.sub(r"^(?:backend|connect|scope|config|pss)\.\w+: ", "", message)
            for piece in [p for p in words.split("…") if re.search(r"\w{3}", p)]:
                check(piece.strip(" :('") in printed, f"troubleshooting.md: quotes {piece!r} of {message!r}: the program does not say so")


def links(doc, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        where = (doc.parent / path).resolve() if path else doc
        check(where.exists(), f"{doc.name}: link to {target}: no such file")
        if anchor and where.exists():
            check(anchor in anchors(where.read_text()), f"{doc.name}: link to {target}: no such heading")


def named_files(doc, text, planned):
    """Paths below our folders, wherever they stand; `tests/` may be left out in the threat model's table."""
    for name in sorted(set(re.findall(r"(?<![\w/.<-])(?:webhook|certs|policies|manifests(?!/test_)|tests|docs)/[\w./*-]*[\w*/]", text))):
        if name in planned or name.startswith("docs/") and "<" in name:
            continue
        check(any(ROOT.glob(name.rstrip("/"))), f"{doc.name}: names {name}: no such file")


def named_tests(doc, text):
    """http/test_x.py::test_y and unit/test_x.c: name, name of the threat model."""
    for row in [line for line in text.splitlines() if line.startswith("|")]:
        last = None
        for path, name in re.findall(r"((?:http|cluster|review|audit|e2e|manifests|faults)/test_\w+\.py)?::(test_\w+)", row):
            last = path or last
            found = last and (ROOT / "tests" / last).is_file() and f"def {name}(" in (ROOT / "tests" / last).read_text()
            check(found, f"{doc.name}: names {last}::{name}: no such test")
        for path, names in re.findall(r"(unit/test_\w+\.c): ([\w, ]+)", row):
            for name in names.split(", "):
                found = (ROOT / "tests" / path).is_file() and re.search(rf"Test\(\w+, {name.strip()}\b", (ROOT / "tests" / path).read_text())
                check(found, f"{doc.name}: names {path}: {name}: no such test")
        for path in re.findall(r"(?:fuzz/fuzz_\w+|http/\w+|cluster/\w+|audit/test_\w+|e2e/\w+|(?<!tests/)manifests/test_\w+)\.(?:c|py)", row):
            check((ROOT / "tests" / path).is_file(), f"{doc.name}: names {path}: no such file")


FLAG = r"(?<![\w-])--[a-z][a-z-]+"


def promised_flags(doc, text, help_words):
    """The contract says at its end what this release does not offer yet: those flags, and those of commands that are not there."""
    if doc.name != "contract.md":
        return set()
    promised = set(re.findall(FLAG, text[text.index("\n", text.lower().rindex("not offer")):]))
    for row in re.findall(r"^\| `(\w+)`.*$", text, re.M):
        if not re.search(rf"^  {row} ", help_words, re.M):
            promised |= set(re.findall(FLAG, re.search(rf"^\| `{row}`.*$", text, re.M)[0]))
    return promised


def named_words(doc, text, help_words, sources, policies, targets):
    for flag in sorted(set(re.findall(FLAG, text)) - FOREIGN_FLAGS - promised_flags(doc, text, help_words)):
        check(flag in help_words or re.search(rf'"{flag[2:]}"', sources), f"{doc.name}: names {flag}: no such flag")
    for target in sorted(set(re.findall(r"(?:`|^)make ([a-z][a-z-]*)(?=[\s`])", text, re.M))):
        check(re.search(rf"^(?:[\w-]+ )*{target}(?: [\w-]+)*:", targets, re.M), f"{doc.name}: names make {target}: no such target")
    for rule in sorted(set(re.findall(r"`((?:backend|connect|scope|config|pss)\.[A-Za-z_]+)\b", text))):
        known = rule in policies or f'"{rule}"' in sources or re.search(rf'(?:ROW|HEIR)\(\w+, "{rule[4:]}"', sources)
        check(known or rule == "connect.grpcPort", f"{doc.name}: names {rule}: no such rule")
    for metric in sorted(set(re.findall(r"\bsparkgate_[a-z_]+", text))):
        check(metric in sources, f"{doc.name}: names {metric}: no such metric")
    for macro in sorted(set(re.findall(r"`(LIMIT_[A-Z_]+|[A-Z]+_(?:KEPT|CONNECTIONS))`", text))):
        check(f"#define {macro} " in sources, f"{doc.name}: names {macro}: no such limit")


def main():
    help_words, policies = help_text(), source_text("policies/*.yaml")
    sources = source_text("webhook/**/*.[ch]", "certs/*.[ch]")
    targets = (ROOT / "Makefile").read_text()
    # What a recipe tells its reader to make.
    planned = {"webhook/command/hello.c", "tests/unit/test_number.c", "tests/fuzz/fuzz_number.c", "tests/fuzz/corpus/number/",
               "tests/fuzz/number.dict", "tests/conformance/NAME", "certs/ca.crt",
               # Spark's own, where rules are from
               "docs/configuration.md", "docs/job-scheduling.md", "docs/running-on-kubernetes.md"}  # fmt: skip
    tree = blocks.Tree(ROOT, PROGRAM, sources, check)
    for doc in DOCS:
        text = doc.read_text()
        blocks.look(doc, tree)
        links(doc, text)
        named_files(doc, text, planned)
        named_tests(doc, text)
        named_words(doc, text, help_words, sources, policies, targets)
    figures()
    rule_reference()
    troubleshooting(sources)
    canary.look(tree)
    pictures.look(ROOT, sources, check)
    built.look(ROOT, check)
    print(f"{passed} passed, {len(failures)} failed, 0 skipped")
    return 1 if failures else 0


sys.exit(main())
