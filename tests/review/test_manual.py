"""One table a command: help, man pages and completion say the same, fit a terminal, and have colours there only."""

import os
import pty
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from manual import COMMANDS, PROGRAM, actions, options, tell
from review import ROOT


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    link = tmp_path_factory.mktemp("plugin") / "kubectl-sparkgate"
    link.symlink_to(PROGRAM)
    return link


def test_every_command_has_a_manual():
    listed = re.findall(r"^  (\w+) +\w", tell("--help").split("--help, --version")[0], re.M)
    assert listed == COMMANDS and {"serve", "review", "certs", "policy", "completion", "help"} <= set(COMMANDS)
    for command in COMMANDS:
        assert tell(command, "--help").startswith(f"usage: sparkgate {command} "), command
        assert "--help" in options(command), command


@pytest.mark.parametrize("command", COMMANDS)
def test_help_and_man_page(command, plugin):
    text = tell("help", command)
    assert text == tell(command, "--help")
    for program in (PROGRAM, plugin):
        wide = [line for line in tell("help", command, program=program).splitlines() if len(line) > 80]
        assert not wide
    assert re.search(r"^Exit: 0 .*\.$", text, re.M | re.S), "no exit codes"
    assert "\nExamples:\n" in text
    page = tell("help", "--man", command)
    for option, (letter, value) in options(command).items():
        escaped = option.replace("-", "\\-")
        assert re.search(rf"^(?:\\fB\\-{letter}\\fR, )?\\fB{re.escape(escaped)}\\fR", page, re.M), option
        assert not value or "|" in value or f"\\fI{value}" in page, option
    for action in actions(command):
        assert f"\n\\fB{action}\\fR" in page


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_kubectl_plugin_speaks_as_kubectl(command, plugin):
    def own(text):
        return re.findall(rf"(?<!kubectl )\bsparkgate (?:{'|'.join(COMMANDS)}|COMMAND)\b.*", text)

    words = ["help", command] if command else ["--help"]
    text = tell(*words, program=plugin)
    assert text.startswith("usage: kubectl sparkgate ") and not own(text)
    wrong = subprocess.run([plugin, *filter(None, [command]), "--nonsense"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "Try `kubectl sparkgate" in wrong.stderr and not own(wrong.stderr)


def test_certificates_that_are_not_there_are_something_wrong_with_them():
    done = subprocess.run([PROGRAM, "certs", "show", "/nonexistent/x"], capture_output=True, text=True)
    assert done.returncode == 1 and "cannot open directory '/nonexistent/x'" in done.stderr
    assert "exit 1 if one has expired or there is none" in re.sub(r"\s+", " ", tell("certs", "--help"))


def test_help_says_what_audit_fails_on():
    assert re.search(r"--fail-on .*\(default: deny\)", tell("audit", "--help").replace("\n", " "))


@pytest.mark.parametrize("command, option, default", [
    ("review", "--as", "namespace"), ("review", "--output", "table"), ("audit", "--as", "namespace"), ("audit", "--output", "table"), ("explain", "--output", "table"),
    ("explain", "--kubeconfig", "none with -f, else as kubectl")])
def test_help_names_defaults(command, option, default):
    text = re.search(rf"^  .*{option}\b.*\n(?: {{10,}}.*\n)*", tell(command, "--help"), re.M)[0]
    assert f"(default: {default})" in " ".join(text.split())


def test_the_contract_names_the_commands_of_each_shared_option():
    rows = re.findall(r"^\| (`-.*`) \| (`.*`) \|$", (ROOT / "docs/contract.md").read_text(), re.M)
    of = {option: set(re.findall(r"`(\w+)`", commands)) for names, commands in rows for option in re.findall(r"--[\w-]+", names)}
    assert {"--policies", "--namespaces", "--namespace", "--kubeconfig", "--context", "--output", "--color", "--log-format"} <= set(of)
    assert of == {option: {command for command in COMMANDS if option in options(command)} for option in of}


@pytest.mark.parametrize("words, said", [
    (["reviwe"], "did you mean 'review'?"),
    (["help", "polcy"], "did you mean 'policy'?"),
    (["help", "--man", "polcy"], "did you mean 'policy'?"),
    (["certs", "rotat", "x"], "did you mean 'rotate'?"),
    (["certs", "show", "x", "--sceret", "y"], "did you mean '--secret'?"),
    (["policy", "lnit"], "did you mean 'lint'?"),
    (["completion", "fish"], "only bash, zsh and kubectl"),
    (["completion"], "bash, zsh or kubectl"),
    (["serve", "--log-level", "wran"], "did you mean 'warn'?"),
    (["certs", "init", "x", "--name"], "--name needs a value"),
    (["certs", "show", "--secret", ""], "--secret: is empty"),
    (["certs", "init", "/nonexistent/x", "--name", "bad name"], "--name: 'bad name' is neither a DNS name nor an IP address"),
    (["certs", "init", "/nonexistent/x", "--name", "*.example.org"], "--name: '*.example.org' is neither"),
    (["certs", "init", "/nonexistent/x", *[w for n in range(60) for w in ("--name", f"n{n}")]], "--name: more than 64 names"),
    (["certs", "show", "--secret", "No Name"], "--namespace, --secret and --webhook-configurations take object names"),
    (["certs", "patch", "x", "--webhook-configurations", "a/b"], "take object names"),
    (["certs", "init", "x", *[w for n in range(65) for w in ("--name", f"n{n}")]], "--name: more than 64"),
])
def test_what_was_meant(words, said):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == ""
    assert said in done.stderr and "Try `sparkgate" in done.stderr


# ---- man pages ----

def complaints(page):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-"], input=page, text=True, capture_output=True,
                          env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    assert done.returncode == 0 and "SPARKGATE" in done.stdout, done.stderr
    return done.stderr


def test_man_pages_are_clean():
    assert complaints(tell("help", "--man")) == ""
    for command in COMMANDS:
        page = tell("help", "--man", command)
        assert complaints(page) == "", command
        assert complaints(page + ".nonsense\n") != "", "man does not warn"


def test_man_pages_show_what_help_shows():
    """Through groff nothing is lost: each word of help is in the page."""
    for command in COMMANDS:
        page = subprocess.run(["man", "-E", "ascii", "-l", "-"], input=tell("help", "--man", command), text=True, capture_output=True,
                              env={**os.environ, "MANWIDTH": "400", "LC_ALL": "C", "MANPAGER": "cat", "MAN_KEEP_FORMATTING": ""}).stdout
        have = set(re.sub(r".\x08", "", page).split())
        text = re.sub(r"^(usage|Exit|Actions|Options|Examples|[A-Z][a-z ]+):", "", tell("help", command), flags=re.M).replace("`", "")
        exits = {word for line in re.findall(r"^Exit:.*", tell("help", command), re.M | re.S) for word in line.split()}
        missing = {w for w in text.split() if w not in exits and w not in have and w.rstrip(".,:;") not in {h.rstrip(".,:;") for h in have}}
        assert not missing - {"\\"}, command


# ---- colours ----

def on_terminal(words, **env):
    """What a program writes to a terminal."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(ROOT)
        os.execve(PROGRAM, [PROGRAM, *words], {"TERM": "xterm", "PATH": os.environ["PATH"], **env})
    out = b""
    while True:
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        out += piece
    os.waitpid(pid, 0)
    os.close(fd)
    return out.decode()


REVIEW = ["review", "-f", "docs/examples/connect.yaml", "--namespaces", "docs/examples/namespaces.yaml"]
# What shows colours on a terminal.
# A cluster that is away: what could not be read is said in a colour too.
AWAY = Path(tempfile.mkdtemp()) / "kubeconfig"
AWAY.write_text("""\
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
current-context: c
""")
COLOURED = {"status": ["status", "a", f"--kubeconfig={AWAY}"], "review": REVIEW, "audit": ["audit", *REVIEW[1:]], "explain": ["explain", *REVIEW[1:]],
            "policy": ["policy", "test", "policies/tests", "-v"]}  # fmt: skip
SHOWN = [["--help"], ["nonsense"], REVIEW, ["review", "-f", "/nonexistent"], ["policy", "show"], ["policy", "lint", "/nonexistent"],
         ["certs", "show", "/nonexistent"], ["serve"], ["completion", "bash"], *[["help", c] for c in COMMANDS]]  # fmt: skip


@pytest.mark.parametrize("words", SHOWN, ids=" ".join)
def test_colours_are_for_terminals_only(words):
    piped = subprocess.run([PROGRAM, *words], capture_output=True, text=True, cwd=ROOT, env={**os.environ, "TERM": "xterm"})
    assert "\x1b" not in piped.stdout + piped.stderr or words[0] == "completion"
    assert "\x1b" not in on_terminal(words, NO_COLOR="1")
    assert "\x1b" not in on_terminal(words, TERM="dumb")


# What it prints in colours needs a cluster that answers: tests/cluster/test_switch.py.
@pytest.mark.parametrize("command", [c for c in COMMANDS if "--color" in options(c) and c != "switch"])
def test_color_option(command):
    argv = COLOURED[command]
    assert "\x1b" in on_terminal(argv)
    assert "\x1b" not in on_terminal([*argv, "--color", "never"])
    assert "\x1b" in on_terminal([*argv, "--color", "always"], NO_COLOR="1")
    assert "\x1b" in subprocess.run([PROGRAM, *argv, "--color=always"], capture_output=True, text=True, cwd=ROOT).stdout
