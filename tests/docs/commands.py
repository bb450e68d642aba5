"""Commands that stand in a document: run, or, where they need what is not here, looked up word by word."""

import os
import re
import shlex
import signal
import socket
import subprocess

import yaml

OUTWARD = re.compile(r"^\s*(make|sudo|apt-get|kubectl|helm|install|rm -r)\b", re.M)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def shell(script, tree, cwd=None):
    """(exit, what was said), of a shell of its own that leaves nothing behind."""
    environment = {"HOME": str(tree.root), "PATH": f"{tree.program.parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(["bash", "-c", script], cwd=cwd or tree.root, env=environment, text=True, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)  # fmt: skip
    try:
        output, _ = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        output = "did not end within 60 s"
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    return process.returncode, output


def run(fence, tree):
    outward = OUTWARD.search(fence.text)
    tree.check(not outward, f"{fence.place}: '{outward and outward[1]}' may change the machine: mark the block as console")
    if outward:
        return
    # A port of our own: others may be serving on the one that people are told.
    code, output = shell("set -euo pipefail\n" + fence.text.replace("8443", str(free_port())), tree)
    tree.check(code == 0, f"{fence.place}: exit {code}:\n{output[-1500:]}")


def run_rendered(fence, tree):
    """Each line, where `helm template` and `kustomize build` give a file of ours. 1 is a finding, and no failure."""
    work = tree.root / "build" / "typed"
    (work / "rendered").mkdir(parents=True, exist_ok=True)
    (work / "namespaces.yaml").write_text((tree.root / "docs/examples/namespaces.yaml").read_text())
    renders = f"helm() {{ cat {shlex.quote(str(tree.root / fence.what))}; }}\nkustomize() {{ helm; }}\nset -o pipefail\n"
    for line in filter(None, fence.text.splitlines()):
        code, output = shell(renders + line, tree, work)
        tree.check(code in (0, 1), f"{fence.place}: exit {code} of {line}:\n{output[-600:]}")


def words(fence):
    """The simple commands of a block, as lists of words."""
    joined = fence.text.replace("\\\n", " ")
    for line in filter(None, joined.splitlines()):
        try:
            lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="|&;<>")
            lexer.whitespace_split, lexer.commenters = True, "#"
            found = [[]]
            for word in lexer:
                if set(word) <= set("|&;"):
                    found.append([])
                else:
                    found[-1].append(word)
        except ValueError:
            found = [["(not a command)", line]]
        yield from filter(None, found)


def ours(argv, tree, place):
    """Words behind `sparkgate`: a command that there is, with options that its own help names."""
    command = argv[0] if argv else ""
    told = tree.help(command)
    tree.check(told, f"{place}: sparkgate {command}: no such command")
    for word in argv[1:]:
        if told and word.startswith("--") and len(word) > 2:
            flag = word.split("=")[0]
            tree.check(re.search(rf"{re.escape(flag)}\b", told), f"{place}: sparkgate {command} has no {flag}")


def values(argv, tree, place):
    """Keys of `helm … --set` are in the values of that chart. Where a value is an empty map, any key may come."""
    charts = [word for word in argv if word.startswith("manifests/charts/")]
    if not charts:
        return
    given = yaml.safe_load((tree.root / charts[0] / "values.yaml").read_text())
    for option, word in zip(argv, argv[1:]):
        for pair in word.split(",") if option in ("--set", "--set-string", "--set-file") else ():
            node = given
            for part in re.split(r"(?<!\\)\.", pair.split("=")[0]):
                if node == {} or not isinstance(node, dict):
                    break
                tree.check(part.replace("\\", "") in node, f"{place}: {charts[0]} has no value {pair.split('=')[0]}")
                node = node.get(part.replace("\\", ""), {})


def look_up(fence, tree):
    code, said = shell(f"bash -n <<'END'\n{fence.text}END\n", tree)
    tree.check(code == 0 or fence.text.startswith("$ "), f"{fence.place}: no shell reads this: {said}")
    for argv in words(fence):
        tree.check(argv[0] != "(not a command)", f"{fence.place}: {argv[1:]} is no command")
        if argv[0].split("/")[-1] == "sparkgate":
            ours(argv[1:], tree, fence.place)
        elif argv[:2] == ["kubectl", "sparkgate"]:
            ours(argv[2:], tree, fence.place)
        elif argv[0] == "helm":
            values(argv, tree, fence.place)
