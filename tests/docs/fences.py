"""The fenced blocks of a document, and the mark before each: an HTML comment, seen by who edits and not by who reads.

    sh       run as it stands, in the scratch copy                          no mark
    console  <!-- run by tests/… -->                                        by a suite that reads the commands from the document
             <!-- run here, helm renders FILE -->                           line by line, by this suite; FILE is what a chart gives
             <!-- not run here: why -->                                     then words and flags alone are looked up
    text     <!-- output of sparkgate … -->, <!-- output of tests/… -->     what the program prints; of a suite that compares it itself
    diff     <!-- output of sparkgate …, shortened -->                      lines are left out, none is made up
    text     <!-- labels of GLOB -->                                        begins of lines are strings of these sources
    text     <!-- words of FILE -->                                         all words are in it
    yaml     policies and Namespaces of sparkgate                           no mark: the program judges
             <!-- judged by tests/… -->, <!-- as in docs/… -->              by a suite that reads it; the same lines stand there
             <!-- not judged here: why -->                                  then it is parsed
    json     parsed                                                         no mark
    c        compiled, <!-- goes into FILE -->: at its end                  no mark where it is a whole file

`…` in an output stands for what differs from run to run. All else fails: a block of which nobody knows whether it is true."""

import re
import textwrap
from dataclasses import dataclass

MARK = re.compile(r"^\s*<!-- (?P<verb>run by|run here, helm renders|not run here:|not judged here:|output of|labels of|words of|judged by|as in|goes into) (?P<what>.+?) -->$")


@dataclass
class Fence:
    document: object
    line: int
    language: str
    text: str
    heading: str
    verb: str = ""
    what: str = ""

    @property
    def place(self):
        return f"{self.document.name}:{self.line}"


def fences(document):
    """All of them, those that nothing ends too: line by line, so that no form is overlooked."""
    lines, heading, opened = document.read_text().splitlines(), "", None
    for number, line in enumerate(lines, 1):
        if opened:
            if line.strip() == opened[1]:
                yield made(document, lines, opened, lines[opened[0] : number - 1], heading)
                opened = None
        elif match := re.match(r"\s*(`{3,}|~{3,})(.*)$", line):
            opened = (number, match[1], match[2].strip())
        elif match := re.match(r"#+ (.*)$", line):
            heading = match[1]
    if opened:
        yield made(document, lines, (opened[0], opened[1], "(not ended)"), [], heading)


def made(document, lines, opened, inside, heading):
    number, _, language = opened
    mark = MARK.match(lines[number - 2]) if number > 1 else None
    text = textwrap.dedent("\n".join(inside)) + "\n"
    return Fence(document, number, language, text, heading, *(mark.group("verb", "what") if mark else ()))
