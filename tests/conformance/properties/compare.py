"""Compare sparkgate's properties reader and editor with java.util.Properties.

    compare.py DRIVER ORACLE_COMMAND...

Every text goes through both readers; every text that our editor makes of it goes through Java again, which must see
exactly the user's settings with the edits on top. The last line is "N passed, N failed, N skipped".
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys

TEXTS = 6000

PIECES = [
    "spark.master", "spark.app.id", "spark.x", "a", "b", "=", ":", " ", "\t", "\f", "\\", "\\\\", "\n", "\n", "\n", "\r",
    "\r\n", "\\\n", "\\\r\n", "\\\r", "#", "!", "\\u0041", "\\uD83D", "\\ude00", "\\u00e4", "\\u0020", "\\u0000", "\\u12",
    "\\n", "\\r", "\\t", "\\f", "\\:", "\\=", "\\ ", "\\#", "k8s://https://h:443", "local[*]", "${X}", "$(Y)", "\0", "\v",
    "\x1c", "\x85", "\u2028", "\ufeff", "\u00a0", "\u00e9", "\U0001f600", "#sparkgate:off ", "#sparkgate:begin k8s 12345678",
    "#sparkgate:end", "'", '"', "\\\n#", "\\\n\n", "  \\\n", "=\\\n",
]

# The sets of driver.c: what apply sets, what it disables.
EDITS = [
    ({}, []),
    ({"spark.master": "spark://h:7077"}, ["spark.app.id"]),
    ({"# k=:\t\f\\": "\\ \n\t=\r x\\", "": ":"}, ["a"]),
]


def generated():
    rng = random.Random(20)
    for i in range(TEXTS):
        text = "".join(rng.choice(PIECES) for _ in range(rng.randrange(28))).encode()
        if i % 5 == 0:  # bytes that are not UTF-8
            text = bytearray(text)
            for _ in range(3):
                text.insert(rng.randrange(len(text) + 1), rng.choice(b"\x80\xbf\xc3\xe2\xed\xf0\xf4\xff"))
        yield bytes(text)
    # Properties reads 8,192 characters at a time: line ends at the seam.
    for pad in range(8185, 8195):
        for end in ("\\\r\n  b", "\r\nb=c", "\\\n", "\\", "\r", "#x\r\nb"):
            yield ("k=" + "x" * pad + end).encode()


def samples():
    folder = os.environ.get("SPARKGATE_SAMPLES")
    folder = pathlib.Path(folder, "properties") if folder else None
    if not folder or not folder.is_dir():
        return
    for path in sorted(p for p in folder.iterdir() if p.suffix not in (".csv", ".json") and p.is_file()):
        expected = folder / "expected" / (path.name + ".json")
        yield path.name, path.read_bytes(), json.loads(expected.read_text()) if expected.exists() else None


def lines_of(command, texts):
    done = subprocess.run(command, input="".join(t.hex() + "\n" for t in texts), stdout=subprocess.PIPE, check=True, text=True,
                          encoding="utf-8", errors="replace")
    lines = [json.loads(line) for line in done.stdout.split("\n")[:-1]]
    assert len(lines) == len(texts), (command, len(lines), len(texts))
    return lines


def is_utf8(text):
    try:
        text.decode()
        return True
    except UnicodeDecodeError:
        return False


def comparable(read, text):
    """Java and we agree on where bytes are not UTF-8, not on how many U+FFFD they are."""
    if read is None or is_utf8(text):
        return read
    return {k: re.sub("\ufffd+", "\ufffd", v) for k, v in read.items() if "\ufffd" not in k}


def spark_trim(value):
    return value.strip("".join(chr(c) for c in range(33) if chr(c) not in "\r\n"))


def with_edits(read, edits):
    sets, disabled = edits
    kept = {k: v for k, v in read.items() if k not in disabled and k not in sets}
    return kept | {k: spark_trim(v) for k, v in sets.items()}


class Count:
    passed = failed = 0

    def check(self, holds, what, text, *more):
        if holds:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= 20:
            print(f"FAILED {what}: {text!r}", *(f"\n    {m!r}" for m in more))


def main():
    driver, oracle = sys.argv[1], sys.argv[2:]
    known = list(samples())
    texts = list(generated()) + [text for _, text, _ in known]
    ours, java = lines_of([driver], texts), lines_of(oracle, texts)
    applied = [bytes.fromhex(h) for line in ours for h in line["applied"]]
    java_applied = lines_of(oracle, applied)
    count = Count()

    for i, text in enumerate(texts):
        count.check(comparable(ours[i]["read"], text) == comparable(java[i], text), "reads as Java", text, ours[i]["read"], java[i])
        count.check(ours[i]["undone"], "undo(apply(X, U)) == U", text)
        for j, edits in enumerate(EDITS):
            if java[i] is None:
                continue  # Spark does not start with it; admission leaves such a text alone
            seen = java_applied[i * len(EDITS) + j]
            count.check(seen is not None and comparable(seen, text) == comparable(with_edits(java[i], edits), text),
                        f"edits {j} as Java sees them", text, applied[i * len(EDITS) + j], seen)
    for (name, _, expected), line in zip(known, ours[len(texts) - len(known):]):
        if expected is not None:
            count.check(line["read"] == expected, "sample", name, line["read"])
    print(f"{count.passed} passed, {count.failed} failed, 0 skipped")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
