"""The API server's audit log while it is written: whole lines alone. Who reads the file itself may see the half of one."""

import json


def size(path):
    """Where the log ends now, to read on from there later."""
    return path.stat().st_size if path.exists() else 0


def whole_lines(path, begin=0):
    """Its lines as bytes: those that began at byte `begin` or later, and have ended."""
    with path.open("rb") as file:
        file.seek(max(begin - 1, 0))
        text = file.read()
    start = text.find(b"\n") + 1 if begin else 0
    return text[start : text.rfind(b"\n") + 1]


def events(path, begin=0, word=""):
    """Those whose line has that word."""
    return [json.loads(line) for line in whole_lines(path, begin).split(b"\n") if line and word.encode() in line]
