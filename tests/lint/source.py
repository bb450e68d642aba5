#!/usr/bin/env python3
"""What a compiler does not check: who includes whom, banned functions, lengths, white space, words.

    tests/lint/source.py              look at the repository
    tests/lint/source.py --self-test  each check finds what it is there for

One complaint a line, "file:line: text". The last line is "N passed, N failed, N skipped", a check each.
"""
import ast
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# ---- who may include whom (docs/HACKING.md has the picture) ----

MAY_INCLUDE = {
    "base": set(),
    "policy": {"base"},
    "spark": {"policy", "base"},
    "pss": {"policy", "base"},
    "admission": {"spark", "pss", "policy", "base"},
    "explain": {"admission", "spark", "pss", "policy", "base"},
    "kube": {"base"},
    "certs": {"kube", "base"},
    "status": {"kube", "spark", "policy", "base"},
    "facts": {"kube", "admission", "spark", "policy", "base"},
    "audit": {"report", "facts", "kube", "admission", "spark", "pss", "policy", "base"},
    "switch": {"audit", "report", "facts", "kube", "admission", "spark", "pss", "policy", "base"},
    "report": {"explain", "status", "admission", "spark", "pss", "policy", "base"},
    "http": {"facts", "admission", "spark", "pss", "policy", "base"},
    "command": {"audit", "switch", "status", "http", "report", "explain", "facts", "certs", "kube", "admission", "spark", "pss", "policy", "base"},
    "main.c": {"command", "policy", "base"},
}

# A library has one place that knows it, so that it can be replaced there.
LIBRARY_BELONGS_TO = {
    r"cjson/|json-c/|jansson\.h": "(nowhere)",  # base/json.h says why
    r"yaml\.h": r"webhook/base/yaml[a-z_]*\.[ch]",
    r"openssl/": r"certs/|webhook/base/digest\.c|webhook/kube/cleanse\.c",
    r"microhttpd\.h|gnutls/": r"webhook/http/",
    r"curl/": r"webhook/kube/",
}

# ---- functions with a better one beside them ----

BANNED = {
    "strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets": "no bound: buf_add, arena_printf or snprintf",
    "strtok": "hidden state: slice_cut",
    "atoi|atol|atoll|atof|strtol|strtoul|strtoll|strtoull|strtod|sscanf": "silent nonsense: number_parse",
    "gmtime|localtime|ctime|asctime|mktime": "static buffer or time zone: clock_print",
    "alloca": "the size comes from outside: arena_alloc",
    "setlocale": "numbers and case must not depend on the place",
    "system|popen|fork|vfork": "the webhook starts no process",
    "rand|srand|random|tmpnam|tempnam|mktemp": "predictable",
    "pthread_cancel": "a flag and a join",
}
EXCEPTIONS = {
    ("webhook/base/json.c", "strtod"),  # a number that the reader took
    ("webhook/base/json_parse.c", "strtod"),  # the same, for its size alone
    ("webhook/base/yaml_scalar.c", "strtod"),  # YAML's floats: looked at before, the locale is always C
    ("webhook/base/yaml_scalar.c", "atoi"),  # the exponent that snprintf wrote on the line before
    ("webhook/http/exchange.c", "strtoull"),  # Content-Length, which libmicrohttpd has checked; a hint
}
PRINTS = "printf|puts|putchar|perror|vprintf"
LIBRARY_MAY_PRINT = r"webhook/main\.c|webhook/command/"
EXITS = "exit|_exit|quick_exit"

FUNCTION_MAX, FUNCTION_WARN, FILE_MAX, LINE_MAX, LINE_WARN = 70, 50, 800, 160, 120

# Words that have no place in a product: unfinished work, and the machine it was written on.
WORDS = re.compile(r"\b(T[O]DO|F[I]XME|X[X]X|not [i]mplemented)\b|/(work|root)/[a-z]|\b(deb\.debian|pypi|proxy\.golang|"
                   r"registry\.npmjs|files\.pythonhosted|repo1\.maven)\.org\b")
WORDS_NOT_IN = re.compile(r"^(LICENSE|tests/lint/source\.py|tests/.*go\.sum)$")
TEXT = re.compile(r"(\.([ch]|py|sh|go|md|ya?ml|json|txt|toml|cfg|ini|dict|tpl|css|html|js)|/[^./]+|Makefile|LICENSE)$")
BINARY_FOLDERS = re.compile(r"^tests/fuzz/corpus/|/fixtures/|^tests/conformance/.*\.(jsonl|csv)$")


class Source:
    """One C file, also without its comments and texts."""

    def __init__(self, root, path):
        self.path = str(path)
        self.text = (root / path).read_text(errors="replace")
        self.code = strip(self.text)

    def lines(self):
        return enumerate(self.code.split("\n"), 1)


def strip(text):
    """Comments, strings and characters blanked out, lines kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)

    def blank(match):
        body = match.group(0)
        if body[0] in "\"'":
            return body[0] + " " * (len(body) - 2) + body[0]
        return re.sub(r"[^\n]", " ", body)

    return pattern.sub(blank, text)


def module(path):
    parts = Path(path).parts
    if parts[0] == "certs":
        return "certs"
    return parts[1] if parts[0] == "webhook" else None


def check_includes(sources, _root):
    """includes go one way; a library is known in one place"""
    for source in sources:
        here = module(source.path)
        if here is None:
            continue
        for number, line in enumerate(source.text.split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)', line)
            if not match:
                continue
            quote, name = match.groups()
            there = name.split("/")[0] if "/" in name else None
            if quote == '"' and there != here and there not in MAY_INCLUDE.get(here, set()) and there is not None:
                yield source.path, number, f"{here} must not include {name}"
            if quote == '"' and there is None and name != "version.h":
                yield source.path, number, f"write {name} with its folder"
            for library, owner in LIBRARY_BELONGS_TO.items():
                if quote == "<" and re.match(library, name) and not re.match(owner, source.path):
                    yield source.path, number, f"<{name}> belongs to {owner}"


def drawn(text):
    """module -> the modules that its arrows lead to"""
    block = re.search(r"<!-- words of tests/lint/source\.py -->\n```text\n(.*?)```", text, re.S)
    found = {}
    for line in block.group(1).splitlines() if block else ():
        left, _, right = line.partition("─>")
        for here in left.split(","):
            found[here.strip()] = {there.strip() for there in right.split(",")}
    return found


def reached(arrows, here):
    found, todo = set(), [here]
    while todo:
        new = arrows.get(todo.pop(), set()) - found
        found |= new
        todo += new
    return found


def check_picture(_sources, root):
    """what docs/HACKING.md draws of the includes is what is allowed"""
    page = root / "docs/HACKING.md"
    if not page.is_file():
        return
    arrows = drawn(page.read_text())
    for here in sorted(set(arrows) | set(MAY_INCLUDE) - {"main.c"}):
        allowed = MAY_INCLUDE.get(here, set())
        for there in sorted(arrows.get(here, set()) - allowed):
            yield "docs/HACKING.md", 1, f"{here} ─> {there} is drawn, and not allowed"
        for there in sorted(allowed - reached(arrows, here)):
            yield "docs/HACKING.md", 1, f"{here} may include {there}, where no arrow leads"


def check_banned(sources, _root):
    """no function that has a better one beside it"""
    for source in sources:
        if module(source.path) is None:
            continue
        for number, line in source.lines():
            if re.search(r"SLICE_ARG\(\w+\(", line) and "define" not in line:
                yield source.path, number, "SLICE_ARG: evaluates its argument twice: give it a name"
            for names, why in BANNED.items():
                for match in re.finditer(rf"(?<![\w.>])({names})\s*\(", line):
                    if (source.path, match.group(1)) in EXCEPTIONS:
                        continue
                    yield source.path, number, f"{match.group(1)}: {why}"
            if not re.match(LIBRARY_MAY_PRINT, source.path):
                for match in re.finditer(rf"(?<![\w.>])({PRINTS}|{EXITS})\s*\(", line):
                    yield source.path, number, f"{match.group(1)}: a library neither prints nor exits"


# A token or a key leaves its type where it is checked, sent or parsed, nowhere else (base/secret.h).
REVEALS = {"webhook/base/secret.h", "webhook/kube/credentials.c", "webhook/kube/client.c", "certs/material.c"}


def check_secrets(sources, _root):
    """secrets are revealed in few places"""
    for source in sources:
        if module(source.path) is None or source.path in REVEALS:
            continue
        for number, line in source.lines():
            if re.search(r"\bsecret_reveal\s*\(|\.hidden\b", line):
                yield source.path, number, "secret_reveal: only in " + ", ".join(sorted(REVEALS))


def check_lengths(sources, root):
    """no long function, file or line"""
    for source in sources:
        lines = source.text.count("\n")
        if lines > FILE_MAX:
            yield source.path, lines, f"{lines} lines, more than {FILE_MAX}"
        for number, line in enumerate(source.text.split("\n"), 1):
            width = len(line.expandtabs(8))
            # A table of cases may be wider: a case is a line.
            if width > LINE_MAX and module(source.path):
                yield source.path, number, f"{width} columns, more than {LINE_WARN} is rare here, {LINE_MAX} the end"
    for path, name, start, end in functions(sources, root):
        length = end - start + 1
        if length > FUNCTION_MAX:
            yield path, start, f"{name} has {length} lines, more than {FUNCTION_MAX}"
        elif length > FUNCTION_WARN:
            print(f"{path}:{start}: note: {name} has {length} lines, more than {FUNCTION_WARN} is rare here")


def functions(sources, root):
    listing = "\n".join(source.path for source in sources)
    found = subprocess.run(
        ["ctags", "-L", "-", "-f", "-", "--output-format=json", "--fields=+ne", "--kinds-C=f", "--languages=C"],
        input=listing, text=True, capture_output=True, check=True, cwd=root)
    for line in found.stdout.splitlines():
        tag = json.loads(line)
        if "end" in tag:
            yield tag["path"], tag["name"], tag["line"], tag["end"]


def check_headers(sources, _root):
    """a header has its guard, named after its path, and begins with what it is"""
    for source in sources:
        if not source.path.endswith(".h") or module(source.path) is None:
            continue
        short = re.sub(r"^webhook/", "", source.path)
        guard = re.sub(r"[^A-Za-z0-9]", "_", short).upper()
        if f"#ifndef {guard}\n#define {guard}\n" not in source.text:
            yield source.path, 1, f"no include guard {guard}"
        if not re.match(rf"/\*\s[\s*]*{re.escape(Path(source.path).name)} - ", source.text):
            yield source.path, 1, f"does not begin with '/* {Path(source.path).name} - what it is'"


def arguments(text, start):
    """Those of the call, or the parameters of the prototype, whose "(" is at start; None where it does not end."""
    depth, found, begin = 0, [], start + 1
    for at in range(start, len(text)):
        if text[at] in "([{":
            depth += 1
        elif text[at] in ")]}":
            depth -= 1
        if depth == 0 or (depth == 1 and text[at] == ","):
            found.append(text[begin:at].strip())
            begin = at + 1
        if depth == 0:
            return [] if found in ([""], ["void"]) else found
    return None


def prototypes(sources):
    """Of the functions that headers declare: how many parameters."""
    found = {}
    for source in sources:
        code = re.sub(r"^[ \t]*#(?:.*\\\n)*.*", "", source.code, flags=re.M) if source.path.endswith(".h") else ""
        for match in re.finditer(r"^(?:\w[\w \t]*[ \t*]|\w+\([^()]*\) )*\**(\w+)(\()[^;{]*?\)[^;{()]*[;{]", code, re.M):
            found.setdefault(match.group(1), arguments(code, match.start(2)))
    return found


def check_examples(sources, _root):
    """what a header shows at its top fits what it declares"""
    declared = prototypes(sources)
    for source in sources:
        top = re.match(r"/\*.*?\*/", source.text, re.S)
        if not source.path.endswith(".h") or module(source.path) is None or not top:
            continue
        for number, line in enumerate(top.group(0).split("\n"), 1):
            shown = re.sub(r"//.*", "", line)
            for match in re.finditer(r"\b([a-z]\w*)(\()", shown) if line.startswith(" *\t") else ():
                wanted, given = declared.get(match.group(1)), arguments(shown, match.start(2))
                if wanted and given and "..." not in wanted + given and len(wanted) != len(given):
                    yield source.path, number, f"{match.group(1)}() takes {len(wanted)} arguments, not {len(given)}"


def check_texts(_sources, root):
    """no trailing white space, no carriage return, a newline at the end, no word of unfinished work"""
    for path in tracked(root):
        if not TEXT.search("/" + path) or BINARY_FOLDERS.search(path) or (root / path).is_symlink():
            continue
        text = (root / path).read_text(errors="replace")
        if text and not text.endswith("\n"):
            yield path, text.count("\n") + 1, "no newline at the end"
        for number, line in enumerate(text.split("\n"), 1):
            if line.rstrip(" \t\r") != line and path != "LICENSE" and not path.endswith(".md"):
                yield path, number, "white space at the end"
            if WORDS.search(line) and not WORDS_NOT_IN.search(path):
                yield path, number, f"'{WORDS.search(line).group(0)}' has no place here"


def defined_twice(tree):
    """Functions and classes of a file or a class of which a later one takes the name, so that the earlier is never called. Not those with a
    decorator (a property's setter)."""
    for scope in [tree, *(node for node in tree.body if isinstance(node, ast.ClassDef))]:
        seen = set()
        for node in scope.body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.decorator_list:
                if node.name in seen:
                    yield node
                seen.add(node.name)


def check_scripts(_sources, root):
    """python files parse, and no name is defined twice"""
    for path in tracked(root):
        if path.endswith(".py"):
            try:
                tree = ast.parse((root / path).read_text(), path)
            except SyntaxError as error:
                yield path, error.lineno or 0, str(error)
                continue
            for node in defined_twice(tree):
                yield path, node.lineno, f"'{node.name}' is defined above already"


TOP_LEVEL = {"webhook", "certs", "manifests", "policies", "tests", "docs", "Makefile", "README.md", "LICENSE"}


def check_top_level(_sources, root):
    """nothing strays into the top level"""
    for name in sorted({path.split("/")[0] for path in tracked(root)}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield name, 1, "has no place in the top level"


CHECKS = [check_top_level, check_includes, check_picture, check_banned, check_secrets, check_lengths, check_headers, check_examples, check_texts, check_scripts]


def tracked(root):
    found = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root, capture_output=True, check=True)
    return [path for path in found.stdout.decode().split("\0") if path and (root / path).is_file()]


def sources_of(root):
    return [Source(root, path) for path in tracked(root)
            if re.match(r"(webhook|certs|tests)/.*\.[ch]$", path)]


def look(root):
    failed = 0
    sources = sources_of(root)
    for check in CHECKS:
        complaints = list(check(sources, root))
        for path, number, text in complaints:
            print(f"{path}:{number}: {text}")
        if complaints:
            print(f"FAILED: {check.__doc__} ({len(complaints)})")
            failed += 1
    return failed


# ---- every check must be able to fail ----

GUARD = "/*\n * x.h - a header.\n */\n#ifndef BASE_X_H\n#define BASE_X_H\n#endif\n"
PICTURE = "<!-- words of tests/lint/source.py -->\n```text\nspark ─> {}, kube\n```\n"
FAULTS = [
    (check_includes, "webhook/base/a.c", '#include "policy/policy.h"\n', "base must not include policy"),
    (check_includes, "webhook/spark/a.c", '#include "pss/pss.h"\n', "spark must not include pss"),
    (check_includes, "webhook/pss/a.c", '#include "admission/engine.h"\n', "pss must not include admission"),
    (check_includes, "webhook/facts/a.c", '#include "http/tls.h"\n', "facts must not include http"),
    (check_includes, "certs/a.c", '#include "policy/policy.h"\n', "certs must not include policy"),
    (check_includes, "webhook/pss/a.c", "#include <yaml.h>\n", "belongs to"),
    (check_includes, "webhook/base/json.c", "#include <cjson/cJSON.h>\n", "belongs to (nowhere)"),
    (check_includes, "webhook/base/json_b.c", '#include "json.h"\n', "with its folder"),
    (check_picture, "docs/HACKING.md", PICTURE.format("policy, base"), "spark ─> kube is drawn, and not allowed"),
    (check_picture, "docs/HACKING.md", PICTURE.format("policy"), "admission may include base, where no arrow leads"),
    (check_banned, "webhook/base/a.c", "void f(void) { strcpy(a, b); }\n", "no bound"),
    (check_banned, "webhook/base/a.c", "int f(void) { return atoi(a); }\n", "silent nonsense"),
    (check_banned, "webhook/spark/a.c", 'void f(void) { printf("x"); }\n', "neither prints"),
    (check_banned, "certs/a.c", "void f(void) { exit(1); }\n", "neither prints"),
    (check_secrets, "webhook/kube/a.c", "void f(void) { log_slice(l, k, secret_reveal(s)); }\n", "only in"),
    (check_secrets, "certs/a.c", "void f(void) { g(s.hidden); }\n", "only in"),
    (check_lengths, "webhook/base/a.c", "int f(void)\n{\n" + "\tg();\n" * 80 + "}\n", "f has 83 lines"),
    (check_lengths, "webhook/base/a.c", "int a;\n" * 801, "801 lines"),
    (check_lengths, "webhook/base/a.c", "int " + "a" * 170 + ";\n", "columns"),
    (check_headers, "webhook/base/x.h", GUARD.replace("BASE_X_H", "X_H"), "no include guard BASE_X_H"),
    (check_headers, "webhook/base/x.h", GUARD.replace("x.h -", "y.h -"), "does not begin"),
    (check_examples, "webhook/base/x.h", GUARD.replace(" */", " *\tx_read(a, f(b, c), 2);\n */").replace("#endif", "int x_read(struct x *x, int n);\n#endif"), "takes 2 arguments, not 3"),
    (check_texts, "docs/a.yaml", "a: 1 \n", "white space"),
    (check_texts, "docs/a.yaml", "a: 1", "no newline"),
    (check_texts, "webhook/base/a.c", "/* TO" + "DO */\n", "has no place"),
    (check_texts, "docs/a.md", "see /wo" + "rk/main\n", "has no place"),
    (check_top_level, "notes/a.txt", "x\n", "top level"),
    (check_scripts, "tests/a.py", "def f(:\n", "invalid syntax"),
    (check_scripts, "tests/a.py", "def f(a):\n    pass\n\n\ndef f(a, b):\n    pass\n", "defined above already"),
]
INNOCENT = [
    ("webhook/base/x.h", GUARD.replace(" */", " *\tx_read(a, f(b, c)); // x_read(a)\n */").replace("#endif", "int x_read(struct x *x, int n);\n#endif")),
    ("webhook/spark/a.c", '#include "policy/policy.h"\n/* strcpy(a, b) */\nconst char *f(void)\n{\n\treturn "atoi(x)";\n}\n'),
    ("webhook/command/a.c", 'void f(void)\n{\n\tprintf("x");\n}\n'),
    ("webhook/base/a.c", "void f(void)\n{\n\tsnprintf(a, 1, b);\n\tbuf_printf(a);\n\tx->signal(1);\n}\n"),
]


def in_tree(files, check):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run(["git", "init", "-q", folder], check=True)
        for path, text in files:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        return list(check(sources_of(root), root))


def self_test():
    failed = 0
    for check, path, text, expected in FAULTS:
        if not any(expected in complaint[2] for complaint in in_tree([(path, text)], check)):
            print(f"FAILED: {check.__name__} does not see '{expected}' in {text[:60]!r}")
            failed += 1
    for check in CHECKS:
        for complaint in in_tree(INNOCENT, check):
            print(f"FAILED: {check.__name__} complains about an innocent: {complaint}")
            failed += 1
    return failed


def main():
    if sys.argv[1:] == ["--self-test"]:
        count, failed = len(FAULTS) + len(CHECKS), self_test()
    else:
        count, failed = len(CHECKS), look(Path(__file__).resolve().parents[2])
    print(f"{count - min(failed, count)} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
