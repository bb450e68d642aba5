"""Random texts, valid and broken, to our reader and to Python's json: both accept the same, but for the differences
listed in STRICTER, and what both accept means the same: types, order, keys, texts, and numbers to the digit.

oracle.py DRIVER SEED COUNT
"""
import json
import random
import re
import subprocess
import sys

DEPTH = 64  # LIMIT_JSON_DEPTH
DIGITS = 1100  # NUMBER_CHARS_MAX

# What Python takes and we refuse, and what our error then says.
STRICTER = {
    "nul": "\\u0000 is not accepted",
    "surrogate": "surrogate",
    "twice": "appears twice",
    "constant": "expected a value",
    "minus constant": "not a number",
    "range": "beyond the range of a double",
    "long": "longer than sparkgate reads",
    "depth": "nested deeper",
}

WORDS = ["", "a", "name", "spark.master", "kind", "a/b~c", "\u00e9", "\u20ac uro", "\U0001f600", "tab\t", "line\nend", 'quo"te', "back\\slash",
         "\x7f", "\x01", "x" * 7, "y" * 8, "z" * 9, "exactly sixteen!", "a longer text, of which most are, with a \u00fc in it"]
NUMBERS = ["0", "-0", "7", "-12", "1.5", "-0.0", "1e5", "1E+5", "2.50e-3", "9007199254740993", "-9223372036854775808", "18446744073709551616",
           "123456789012345678901234567890", "1e308", "1e309", "-1e400", "1e-400", "0." + "0" * 40 + "1", "1" * 308, "9" * 309, "1" * 1100, "1" * 1101]
TOKENS = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u", b"\\u0000", b"\\ud800", b"\\udc00", b"\\ud83d\\ude00", b"\\u0041", b"\\n", b"\\x",
          b"true", b"false", b"null", b"NaN", b"Infinity", b"-Infinity", b"-", b"+", b".", b"e", b"E", b"0", b"1", b"01", b" ", b"\n", b"\t", b"\r",
          b"\0", b"\x01", b"\x1f", b"\x7f", b"\x80", b"\xc0\xaf", b"\xc3\xa9", b"\xe2\x82", b"\xe2\x82\xac", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80",
          b"\xf4\x90\x80\x80", b"\xff", b"\xef\xbb\xbf", b"/", b"//", b"'", b"a"]


def spell(r, text):
    """A JSON string of text: each character as it is or escaped in one of the ways there are."""
    out = []
    for c in text:
        short = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(c)
        units = c.encode("utf-16-be")
        long = "".join(f"\\u{units[i] << 8 | units[i + 1]:04{r.choice('xX')}}" for i in range(0, len(units), 2))
        if short and (c != "/" or r.random() < 0.3):
            out.append(short if r.random() < 0.7 else long)
        else:
            out.append(long if ord(c) < 0x20 or r.random() < 0.05 else c)
    return '"' + "".join(out) + '"'


def blank(r):
    return "".join(r.choice(" \t\r\n") for _ in range(r.randrange(3))) if r.random() < 0.1 else ""


def value(r, depth):
    kind = r.randrange(9 if depth < 4 else 6)
    if kind < 2:
        return spell(r, r.choice(WORDS))
    if kind == 2:
        return spell(r, "".join(chr(r.choice((r.randrange(1, 128), r.randrange(1, 0xD800), r.randrange(0xE000, 0x110000))))
                                for _ in range(r.randrange(20))))
    if kind == 3:
        return r.choice(NUMBERS) if r.random() < 0.7 else repr(r.uniform(-1e6, 1e6))
    if kind < 6:
        return r.choice(["true", "false", "null", str(r.randrange(-100, 100000))])
    items = [blank(r) + value(r, depth + 1) + blank(r) for _ in range(r.randrange(r.choice((3, 6, 6, 40) if depth < 2 else (3, 4))))]
    if kind == 6:
        return "[" + blank(r) + ",".join(items) + "]"
    keys = [r.choice(WORDS) + (str(i) if r.random() < 0.93 else "") for i in range(len(items))]
    return "{" + blank(r) + ",".join(blank(r) + spell(r, k) + blank(r) + ":" + v for k, v in zip(keys, items)) + "}"


def nested(r):
    depth = r.choice((1, DEPTH - 1, DEPTH, DEPTH + 1, DEPTH + 2))
    opens = [r.choice(("[", '{"a":')) for _ in range(depth)]
    return "".join(opens) + "1" + "".join("]" if o == "[" else "}" for o in reversed(opens))


def broken(r, text):
    data = bytearray(text)
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(data) + 1)
        how = r.randrange(5)
        if how == 0:
            data[at:at + r.randrange(1, 4)] = b""
        elif how == 1:
            data[at:at] = r.choice(TOKENS)
        elif how == 2:
            data[at:at + 1] = r.choice(TOKENS)
        elif how == 3:
            data = data[:at]
        elif at < len(data):
            data[at] ^= 1 << r.randrange(8)
    return bytes(data)


class Reasons(set):
    """Why we are to refuse what Python's parser, which this listens to, has taken."""

    def pairs(self, pairs):
        if len({key for key, _ in pairs}) < len(pairs):
            self.add("twice")
        return "object", pairs

    def number(self, text):
        if len(text) > DIGITS:
            self.add("long")
        elif abs(float(text)) == float("inf"):
            self.add("range")
        return "number", text

    def constant(self, text):
        self.add("minus constant" if text[0] == "-" else "constant")

    def text(self, text):
        if "\0" in text:
            self.add("nul")
        if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
            self.add("surrogate")

    def texts(self, v):
        if isinstance(v, str):
            self.text(v)
        elif isinstance(v, list):
            for item in v:
                self.texts(item)
        elif isinstance(v, tuple) and v[0] == "object":
            for key, item in v[1]:
                self.text(key)
                self.texts(item)


def levels(text):
    """How deep the brackets of a valid text go."""
    depth = deepest = 0
    for c in re.sub(r'"(\\.|[^"\\])*"|[^]["{}]+', "", text):
        depth += 1 if c in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def python(data):
    """(the value, why we refuse it); (None, {"invalid"}) where Python refuses."""
    reasons = Reasons()
    try:
        text = data.decode()
        parsed = json.loads(text, object_pairs_hook=reasons.pairs, parse_int=reasons.number, parse_float=reasons.number,
                            parse_constant=reasons.constant)
    except (ValueError, RecursionError):
        return None, {"invalid"}
    reasons.texts(parsed)
    if levels(text) > DEPTH:
        reasons.add("depth")
    return parsed, reasons


def judge(expected, reasons, answer):
    """What is wrong with our answer; None where nothing is."""
    if not reasons:
        if answer[:1] != b"=":
            return "valid, and refused"
        return None if python(answer[1:]) == (expected, set()) else "another value"
    if answer[:1] != b"!":
        return f"accepted, though {sorted(reasons)}"
    if reasons != {"invalid"} and not any(STRICTER[reason] in answer.decode() for reason in reasons):
        return f"refused for another reason than {sorted(reasons)}"
    return None


def main():
    driver, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    r = random.Random(seed)
    texts = [t for t in TOKENS] + [n.encode() for n in NUMBERS]
    while len(texts) < count:
        text = (nested(r) if r.random() < 0.02 else blank(r) + value(r, 0) + blank(r)).encode()
        texts.append(text)
        texts += [broken(r, text[:400] if r.random() < 0.5 else text) for _ in range(2)]
    given = b"".join(b"%d\n%s" % (len(t), t) for t in texts)
    answers = subprocess.run([driver], input=given, stdout=subprocess.PIPE, check=True).stdout.split(b"\n")[:-1]
    failed, seen = 0, {}
    for text, answer in zip(texts, answers):
        expected, reasons = python(text)
        wrong = judge(expected, reasons, answer)
        for reason in reasons or {"valid"}:
            seen[reason] = seen.get(reason, 0) + 1
        if wrong:
            failed += 1
            if failed <= 10:
                print(f"FAILED: {wrong}\n  text   {text[:300]!r}\n  answer {answer[:300]!r}")
    missing = (set(STRICTER) | {"valid", "invalid"}) - set(seen)
    if len(answers) != len(texts) or missing:
        failed += 1
        print(f"FAILED: {len(answers)} answers to {len(texts)} texts; none of the texts was {sorted(missing)}")
    print(", ".join(f"{n} {reason}" for reason, n in sorted(seen.items())))
    print(f"{len(texts) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
