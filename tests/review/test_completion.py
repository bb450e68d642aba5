"""Completion in a real bash, a real zsh, and as kubectl asks for it."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from manual import COMMANDS, PROGRAM, actions, options, tell

NAMESPACES = "case \"$*\" in *'get namespaces'*) printf 'namespace/%s\\n' reports analytics ;; *get-contexts*) echo prod ;; esac"


@pytest.fixture
def place(tmp_path):
    """A folder with files, and a PATH with the program and a kubectl that the test writes."""
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).touch()
    for name in ("bin", "dir one", "home"):
        (tmp_path / name).mkdir()
    (tmp_path / "bin/sparkgate").symlink_to(PROGRAM)
    (tmp_path / "bin/kubectl_complete-sparkgate").write_text(tell("completion", "kubectl"))
    (tmp_path / "bin/kubectl_complete-sparkgate").chmod(0o755)
    kubectl(tmp_path, NAMESPACES)
    return tmp_path


def kubectl(place, script):
    path = place / "bin/kubectl"
    path.write_text(f'#!/bin/bash\necho "$*" >>{place}/asked\n{script}\n')
    path.chmod(0o755)


def environment(place, path=None):
    return {"PATH": path or f"{place}/bin:/usr/bin:/bin", "HOME": str(place / "home"), "TERM": "xterm"}


def bash(place, *words, path=None):
    """What bash would offer for the last of words."""
    script = 'source <("$0" completion bash); COMP_WORDS=(sparkgate "$@"); COMP_CWORD=$#; _sparkgate; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(["/bin/bash", "-u", "-c", script, PROGRAM, *words], cwd=place, capture_output=True, text=True, timeout=20,
                          env=environment(place, path))
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return sorted(done.stdout.split("\n")[:-1]) if done.stdout != "\n" else []


CASES = [
    ([""], sorted(COMMANDS)),
    (["re"], ["review"]),
    (["nonsense", ""], []),
    (["--v"], ["--version"]),
    (["help", "pol"], ["policy"]),
    (["completion", ""], ["bash", "kubectl", "zsh"]),
    (["certs", ""], ["init", "patch", "rotate", "show"]),
    (["certs", "init", ""], ["bin", "dir one", "home"]),
    (["certs", "rotate", "dir", "--c"], ["--ca", "--context"]),
    (["policy", "s"], ["show"]),
    (["policy", "show", ""], ["pss"]),
    (["policy", "--output", "json", "show", "p"], ["pss"]),
    (["policy", "lint", "o"], ["one.yaml"]),
    (["policy", "lint", "one.yaml", "two"], ["two.yaml"]),
    (["review", "-o", "j"], ["json", "junit"]),
    (["review", "--output", "=", "j"], ["json", "junit"]),
    (["review", "--output", "="], ["diff", "json", "junit", "sarif", "table", "yaml"]),
    (["review", "--output=s"], ["--output=sarif"]),
    (["review", "--color", "al"], ["always"]),
    (["review", "-f", "o"], ["one.yaml"]),
    (["review", "-f", "one.yaml", "--namesp"], ["--namespace", "--namespaces"]),
    (["review", "-n", ""], ["analytics", "reports"]),
    (["review", "--namespace", "=", "re"], ["reports"]),
    (["review", "--kubeconfig", "k", "--context", ""], ["prod"]),
    (["serve", "--log-level", "w"], ["warn"]),
    (["serve", "--listen", ""], []),
]


@pytest.mark.parametrize("words, offered", CASES, ids=[" ".join(c[0]) for c in CASES])
def test_bash(place, words, offered):
    assert bash(place, *words) == offered


def test_bash_offers_all_of_every_table(place):
    for command in COMMANDS:
        known = options(command)
        assert bash(place, command, "-") == sorted([*known, *(f"-{letter}" for letter, _ in known.values() if letter)])
        for option, (_, value) in known.items():
            if value and re.fullmatch(r"[a-z]+(\|[a-z]+)+", value):
                assert bash(place, command, option, "") == sorted(value.split("|")), option
        if actions(command):
            assert bash(place, command, "") == sorted({a.split()[0] for a in actions(command)})


def test_bash_is_installed_for_the_program(place):
    script = 'source <("$0" completion bash); complete -p sparkgate kubectl-sparkgate'
    done = subprocess.run(["bash", "-c", script, PROGRAM], capture_output=True, text=True)
    assert done.stdout == "complete -F _sparkgate sparkgate\ncomplete -F _sparkgate kubectl-sparkgate\n"


def test_scripts_are_clean_for_shellcheck():
    for shell in ("bash", "kubectl"):
        done = subprocess.run(["shellcheck", "-"], input=tell("completion", shell), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


# ---- kubectl is asked ----

def test_kubectl_is_asked_about_the_same_cluster(place):
    bash(place, "certs", "show", "--kubeconfig", "~/k", "--context=prod", "--namespace", "")
    assert (place / "asked").read_text() == f"--request-timeout=2s --kubeconfig={place}/home/k --context=prod get namespaces -o name\n"


@pytest.mark.parametrize("script", ["exit 1", "echo 'Unable to connect' >&2; exit 1", "cat; echo; exit"],
                         ids=["fails", "complains", "reads"])  # fmt: skip
def test_a_kubectl_that_cannot_is_silent(place, script):
    kubectl(place, script)
    assert bash(place, "review", "-n", "x") == []


def test_a_kubectl_that_hangs_is_left(place):
    kubectl(place, "exec sleep 60")
    start = time.monotonic()
    assert bash(place, "review", "-n", "") == []
    assert time.monotonic() - start < 10


def test_without_kubectl(place):
    tools = place / "tools"
    tools.mkdir()
    for tool in ("bash", "sed", "printf"):
        (tools / tool).symlink_to(shutil.which(tool))
    assert bash(place, "review", "-n", "", path=str(tools)) == []


@pytest.mark.parametrize("words, said", [
    (["review", "-o", "j"], "json\njunit\n:4\n"),
    (["review", "--output=s"], "sarif\n:4\n"),
    (["certs", ""], "init\nshow\nrotate\npatch\n:4\n"),
    ([""], "".join(f"{c}\n" for c in COMMANDS) + ":4\n"),
    ([], "".join(f"{c}\n" for c in COMMANDS) + ":4\n"),
    (["review", "-f", ""], ":0\n"),
    (["review", "-n", "re"], "reports\n:4\n"),
    (["serve", "--listen", ""], ":4\n"),
])
def test_as_kubectl_asks(place, words, said):
    done = subprocess.run([place / "bin/kubectl_complete-sparkgate", *words], cwd=place, capture_output=True, text=True,
                          env=environment(place))
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


# ---- zsh ----

class Zsh:
    """A zsh on a terminal: what stands there after Tab is what people see."""

    def __init__(self, place, load):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(place)
            os.execve(shutil.which("zsh"), ["zsh", "-f", "-i"], environment(place))
        self.write(f"stty -echo cols 250; PS1='> '; autoload -U compinit; compinit -u -D; {load}; LISTMAX=1000; print rea''dy\n")
        self.begin = self.until("ready\r")

    def write(self, text):
        os.write(self.fd, text.encode())

    def until(self, *patterns, quiet=10.0):
        """What comes, until all patterns are in it, or nothing more comes."""
        text = ""
        while not patterns or not all(re.search(p, text) for p in patterns):
            if not select.select([self.fd], [], [], quiet)[0]:
                break
            text += re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07", "", os.read(self.fd, 65536).decode())
        return text

    def complete(self, line, *patterns):
        self.write(f"{line}\t")
        seen = self.until(*patterns)
        self.write("\x15")
        return seen + self.until(quiet=0.1)

    def close(self):
        os.close(self.fd)  # its terminal goes: it ends
        os.waitpid(self.pid, 0)


ZSH_CASES = {
    "sparkgate ": [r"review +-- say offline what", r"certs +-- make, show"],
    "sparkgate rev": [r"sparkgate review "],
    "sparkgate certs ": [r"init +-- make what is missing", r"rotate +-- a new server"],
    "sparkgate certs init di": [r"dir\\ one/"],
    "sparkgate certs rotate --": [r"--ca +-- for rotate", r"--kubeconfig +-- the cluster"],
    "sparkgate policy show ": [r"show pss"],
    "sparkgate policy lint ": [r"one\.yaml +two\.yaml|one\.yaml"],
    "sparkgate review -o ": [r"diff +json +junit +sarif +table +yaml"],
    "sparkgate review --output=": [r"diff +json +junit +sarif +table +yaml"],
    "sparkgate review -n ": [r"analytics +reports"],
    "sparkgate review --kubeconfig k --context ": [r"--context prod"],
    "sparkgate help ": [r"certs +completion"],
}


@pytest.mark.parametrize("load", ["sourced", "autoloaded"])
def test_zsh(place, load):
    if load == "autoloaded":
        (place / "functions").mkdir()
        (place / "functions/_sparkgate").write_text(tell("completion", "zsh"))
        load = f"fpath=({place}/functions $fpath); compinit -u -D"
    else:
        load = "source <(sparkgate completion zsh)"
    shell = Zsh(place, load)
    assert not re.search(r"not found|error|bad ", shell.begin), shell.begin
    screens = {line: shell.complete(line, *wanted) for line, wanted in ZSH_CASES.items()}
    shell.close()
    for line, wanted in ZSH_CASES.items():
        for pattern in wanted:
            assert re.search(pattern, screens[line]), (line, pattern, screens[line])
        assert not re.search(r"_arguments|_sparkgate|not found|bad (pattern|set)", screens[line]), screens[line]


def test_zsh_knows_every_option():
    script = tell("completion", "zsh")
    subprocess.run(["zsh", "-n", "/dev/stdin"], input=script, text=True, check=True)
    for command in COMMANDS:
        body = re.search(rf"^\t\t{command}\)\n(.*?);;\n", script, re.M | re.S)[1]
        for option, (letter, value) in options(command).items():
            assert re.search(rf"{option}{'=' if value else ''}[\[}}]", body), (command, option)
            assert not letter or f"{{-{letter}{'+' if value else ''},{option}" in body, (command, option)
