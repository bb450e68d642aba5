"""Small changes to a C file, one each: where clang's syntax tree says that a condition, a comparison or a call is.

A mutant replaces the bytes [begin, end) of a file by others. What macros write is left alone: its place is not in the file. A comparison that is the
whole condition is not negated as well, `==` for `!=` is that.
"""
import dataclasses
import json
import os
import subprocess

SWAPS = {"&&": "||", "||": "&&", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
CONDITION_AT = {"IfStmt": 0, "WhileStmt": 0, "DoStmt": 1, "ForStmt": 2, "ConditionalOperator": 0}


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    function: str
    line: int
    operator: str
    before: str  # the source line, without the white space around it
    after: str
    begin: int
    end: int
    text: str

    def key(self):
        """Lasts when lines move, and goes when the source line changes."""
        return self.file, self.function, self.before, self.after

    def __str__(self):
        return f"{self.file}:{self.line}: {self.function}: {self.operator}\n\t- {self.before}\n\t+ {self.after}"


def tree(file, flags, clang):
    """The functions that this file defines itself, as clang's tree."""
    done = subprocess.run([clang, *flags, "-w", "-fsyntax-only", "-Xclang", "-ast-dump=json", file], capture_output=True, check=True,
                          env={**os.environ, "CCACHE_DISABLE": "1"})  # it would keep an object and lose the tree
    for node in json.loads(done.stdout)["inner"]:
        if node["kind"] == "FunctionDecl" and "includedFrom" not in node["loc"] and "offset" in node["loc"]:
            yield node


def span(node):
    """The bytes of a node, or None where its first or last token is of a macro that could be more than `true` or `NULL`."""
    begin, end = node.get("range", {}).get("begin", {}), node.get("range", {}).get("end", {})
    if "offset" not in begin:
        return None
    if "expansionLoc" in end:
        end = end["expansionLoc"] if "isMacroArgExpansion" not in end["expansionLoc"] else {}
    if "includedFrom" in begin or "offset" not in end:
        return None
    return begin["offset"], end["offset"] + end["tokLen"]


def bare(node):
    while node.get("kind") in ("ImplicitCastExpr", "ParenExpr", "ConstantExpr") and node.get("inner"):
        node = node["inner"][0]
    return node


class Finder:
    def __init__(self, file, source):
        self.file, self.source, self.function, self.found = file, source, "", {}

    def add(self, operator, begin, end, text):
        start, stop = self.source.rfind(b"\n", 0, begin) + 1, self.source.find(b"\n", end)
        line = self.source[start:stop].decode()
        after = (self.source[start:begin] + text + self.source[end:stop]).decode()
        mutant = Mutant(self.file, self.function, self.source.count(b"\n", 0, begin) + 1, operator, " ".join(line.split()),
                        " ".join(after.split()), begin, end, text.decode())
        self.found.setdefault((begin, end, text), mutant)

    def negate(self, what, node):
        if span(node) and not (bare(node).get("kind") == "BinaryOperator" and bare(node)["opcode"] in ("==", "!=")):
            begin, end = span(node)
            self.add(f"{what} negated", begin, end, b"!(" + self.source[begin:end] + b")")

    def swap(self, node):
        left, right = map(span, node["inner"])
        if not left or not right or node["opcode"] not in SWAPS:
            return
        opcode = node["opcode"].encode()
        at = self.source.find(opcode, left[1], right[0])
        if at >= 0:
            self.add(f"{node['opcode']} is {SWAPS[node['opcode']]}", at, at + len(opcode), SWAPS[node["opcode"]].encode())
        if node["opcode"] in COMPARISONS:
            for side in map(bare, node["inner"]):
                if side.get("kind") == "IntegerLiteral" and span(side):
                    begin, end = span(side)
                    self.add("constant is one more", begin, end, b"(" + self.source[begin:end] + b" + 1)")

    def returned(self, node, is_bool):
        value = node.get("inner", [None])[0]
        begin = node["range"]["begin"].get("offset")
        if not is_bool or not value or begin is None:
            return
        start = begin + len(b"return ")
        end = self.source.find(b";", start)
        text = self.source[start:end]
        flipped = {b"true": b"false", b"false": b"true"}.get(text, b"!(" + text + b")")
        if self.source[begin:start] == b"return " and b"==" not in text and b"!=" not in text:
            self.add("return flipped", start, end, flipped)

    def drop(self, node):
        if node.get("kind") == "CallExpr" and span(node):
            self.add("call dropped", *span(node), b"(void)0")

    def walk(self, node, is_bool):
        kind, inner = node.get("kind"), node.get("inner", [])
        if kind in CONDITION_AT and len(inner) > CONDITION_AT[kind] and inner[CONDITION_AT[kind]].get("kind"):
            self.negate("condition", inner[CONDITION_AT[kind]])
        if kind == "BinaryOperator":
            self.swap(node)
        if kind == "ReturnStmt":
            self.returned(node, is_bool)
        if kind in ("CompoundStmt", "IfStmt", "ForStmt", "WhileStmt"):
            for child in inner if kind == "CompoundStmt" else inner[1:]:
                self.drop(child)
        for child in inner:
            self.walk(child, is_bool)


def mutants_of(file, flags, clang="clang-14"):
    with open(file, "rb") as stream:
        finder = Finder(file, stream.read())
    for function in tree(file, flags, clang):
        finder.function = function["name"]
        finder.walk(function, function["type"]["qualType"].startswith(("bool (", "_Bool (")))
    return sorted(finder.found.values(), key=lambda m: (m.begin, m.end, m.text))
