"""What the program tells of itself: its commands, and what their help says, taken apart."""

import os
import re
import subprocess

PROGRAM = os.environ["SPARKGATE"]


def tell(*words, program=PROGRAM, env=None, codes=(0,)):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL, env=env)
    assert done.returncode in codes, done.stderr
    return done.stdout


COMMANDS = re.findall(r"^\.BR sparkgate\\-(\w+) \(1\)", tell("help", "--man"), re.M)


def section(text, title):
    """The lines behind "Title:", to the next line that does not begin with a blank."""
    found = re.search(rf"^{title}:\n((?: .*\n|\n(?= ))*)", text, re.M)
    return found[1] if found else ""


def options(command):
    """{"--output": (letter or None, value or None)} of a command's help."""
    rows = re.findall(r"^  (?:-(\w), |    )(--[\w-]+)(?: (\S+))?(?:  |$)", tell("help", command).split("\nExamples:")[0], re.M)
    return {name: (letter or None, value or None) for letter, name, value in rows}


def actions(command):
    return [re.match(r"  (\w+(?: \w+)?)(?:  |$)", line)[1] for line in section(tell("help", command), "Actions").splitlines()
            if re.match(r"  \w", line)]


def examples(text):
    """(what, command lines) of the section "Examples"."""
    what, lines = "", []
    for line in section(text, "Examples").splitlines() + ["  end"]:
        if line.startswith("    "):
            lines.append(line[4:])
            continue
        if lines:
            yield what, "\n".join(lines)
        what, lines = ("" if lines else what) + line.strip(), []
