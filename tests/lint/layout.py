#!/usr/bin/env python3
"""Is C laid out as .clang-format says?

    tests/lint/layout.py              look at the repository
    tests/lint/layout.py --fix        indent as it says
    tests/lint/layout.py --self-test  faults are found, and what is no fault is not

Where a line ends is its author's: a table, or a condition in two lines that say a thing each, clang-format would take apart.
What is held against it is where blanks stand between words, and how far a line is indented that both begin with the same
word. Not looked at are preprocessor lines, whose braces it does not understand, and how far a text in quotes is indented that
goes on from the line above: in a table that would be behind the right edge.

One complaint a line, "file:line: text". The last line is "N passed, N failed, N skipped", a file each.
"""

import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FORMAT = "clang-format-14"


def words_of(text):
    """Of the text but preprocessor lines: [(word, line, indentation or None inside a line)]."""
    found, directive = [], False
    for number, line in enumerate(text.splitlines(), 1):
        body = line.lstrip()
        directive = directive or body.startswith("#")
        if not directive:
            words = body.split()
            found += [(word, number, None if n else line[: len(line) - len(body)]) for n, word in enumerate(words)]
        directive = directive and line.endswith("\\")
    return found


def formatted(texts):
    """{name: text} as clang-format lays them out: copies, many at once, since a start of it takes longer than a file."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / name).write_text(text)
        command = ["xargs", "-P2", "-n100", FORMAT, f"--style=file:{ROOT}/.clang-format", "-i"]
        subprocess.run(command, cwd=folder, input="\n".join(texts), text=True, check=True)
        return {name: (Path(folder) / name).read_text() for name in texts}


def differences(text, wanted):
    """[(line, what, indentation that it should have or None)]"""
    found = []
    for is_, should in zip_longest(words_of(text), words_of(wanted), fillvalue=("", 0, None)):
        if is_[0] != should[0]:
            # Behind it all words are others.
            return [*found, (is_[1] or should[1], f"'{is_[0]}' is to be '{should[0]}' (blanks)", None)]
        if None not in (is_[2], should[2]) and is_[2] != should[2] and not is_[0].startswith('"'):
            found.append((is_[1], f"indented by {is_[2]!r}, is to be {should[2]!r}", should[2]))
    return found


def files():
    command = ["git", "ls-files", "-co", "--exclude-standard", "webhook/*.[ch]", "certs/*.[ch]", "tests/*.[ch]"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    return {name: (ROOT / name).read_text() for name in listed if (ROOT / name).exists()}


def indent(name, text, found):
    lines = text.split("\n")
    for line, _, indentation in found:
        if indentation is not None:
            lines[line - 1] = indentation + lines[line - 1].lstrip()
    (ROOT / name).write_text("\n".join(lines))


def look(fix):
    """How many files there are, and in how many something was found."""
    texts, failed = files(), 0
    for name, wanted in formatted(texts).items():
        found = differences(texts[name], wanted)
        failed += bool(found)
        for line, what, _ in found:
            print(f"{name}:{line}: {what}")
        if fix and found:
            indent(name, texts[name], found)
    return len(texts), failed


FAULTS = [
    "int f(void)\n{\n\tif(a)\n\t\treturn 1;\n\treturn 0;\n}\n",
    "int f(void)\n{\n\tif (a)\n\treturn 1;\n\treturn 0;\n}\n",
    "int f(void)\n{\n\treturn a=b;\n}\n",
    "int f(void)\n{\n        return 1;\n}\n",
    "int f(void) {\n\treturn  a ?b : c;\n}\n",
    "int* f(void);\n",
]
INNOCENT = [
    "int f(void)\n{\n\treturn a +\n\t       b;\n}\n",
    "static const int t[] = {1, 2,\n\t\t\t3};\n",
    "#define F(a) {a, \\\n  1}\nint a;      /* far away */\n",
    "void f(void)\n{\n\tJSON_EACH(i, l)\n\t\tg(i);\n}\n",
]


def self_test():
    texts = {f"{n}.c": text for n, text in enumerate(FAULTS + INNOCENT)}
    wrong = 0
    for name, wanted in formatted(texts).items():
        found = differences(texts[name], wanted)
        if bool(found) != (texts[name] in FAULTS):
            print(f"FAILED: {found or 'nothing'} is said of {texts[name]!r}")
            wrong += 1
    return len(texts), wrong


def main():
    count, failed = self_test() if sys.argv[1:] == ["--self-test"] else look(sys.argv[1:] == ["--fix"])
    print(f"{count - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
