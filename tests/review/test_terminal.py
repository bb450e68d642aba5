"""Tables are as wide as the terminal, and what is to be copied from them is whole."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

import pytest

from review import ROOT, load, namespace, run, stream

PATH = "spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation:"


@pytest.fixture
def world(tmp_path):
    (deployment,) = (o for o in load((ROOT / "docs/examples/connect.yaml").read_text()) if o["kind"] == "Deployment")
    name = deployment["metadata"]["namespace"] = "reports-of-the-finance-department-in-europe"
    deployment["spec"]["template"]["spec"]["securityContext"] = {"runAsNonRoot": False}
    path = tmp_path / "all.json"
    path.write_text(stream([namespace(name), deployment]))
    return path


def on_terminal(columns, *args):
    """What the program prints on a terminal of so many columns."""
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen([os.environ["SPARKGATE"], *map(str, args), "--color", "never"], stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal):
        os.close(terminal)
        text = b""
        try:
            while more := os.read(main, 65536):
                text += more
        except OSError:  # the other end is closed
            pass
    os.close(main)
    return text.decode().replace("\r\n", "\n")


def widest(text):
    """Of lines that could be broken."""
    return max(len(line) for line in text.splitlines() if len(line.split()) > 4 and max(map(len, line.split())) < 40)


@pytest.mark.parametrize("command", ["review", "explain", "audit"])
def test_lines_are_as_wide_as_the_terminal(world, command):
    widths = {columns: widest(on_terminal(columns, command, "-f", world)) for columns in (0, 10, 80, 120, 1000)}
    assert 70 < widths[80] <= 80 and widths[0] == widths[80]
    assert 105 < widths[120] <= 120
    assert 120 < widths[1000] <= 160


@pytest.mark.parametrize("told, most", [(None, 80), ("", 80), ("-5", 80), ("12x", 80), ("120", 120), ("9999", 160)])
def test_without_a_terminal_columns_counts(world, told, most):
    env = {"COLUMNS": told} if told is not None else {}
    wide = widest(run("-f", world, env=env).stdout)
    assert most - 15 < wide <= most


@pytest.mark.parametrize("command", ["review", "explain"])
def test_a_command_is_one_line(world, command):
    out = on_terminal(80, command, "-f", world)
    (line,) = (line for line in out.splitlines() if "--overwrite namespace" in line)
    assert line.strip() == "kubectl annotate --overwrite namespace reports-of-the-finance-department-in-europe sparkgate.io/hardening=force"
    assert not [line for line in out.splitlines() if line.endswith("\\")]


def test_a_field_path_is_never_broken(tmp_path):
    done = run("-f", ROOT / "docs/examples/connect.yaml", "--namespaces", ROOT / "docs/examples/namespaces.yaml")
    assert PATH in done.stdout.split()
