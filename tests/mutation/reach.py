"""Which test executes which line of the code that decides: each test runs once with counters of its own (GCOV_PREFIX), and what it reached is kept
below the build directory until sources or test change."""
import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# Those measure time and memory, and this program is slow.
REVIEW_OPTIONS = ["-x", "-q", "-k", "not size and not linear and not memory"]


@dataclasses.dataclass
class Test:
    name: str  # test_shell, or review/test_outputs.py
    seconds: float = 0.0
    lines: dict = dataclasses.field(default_factory=dict)  # file: set of lines

    @property
    def is_unit(self):
        return not self.name.startswith("review/")

    def command(self, program):
        if self.is_unit:
            return [program, "--color=never", "--fail-fast", "-j1"]
        return ["tests/review/run", self.name.removeprefix("review/"), *REVIEW_OPTIONS]


def all_tests():
    units = sorted(Path("tests/unit").glob("test_*.c"))
    return [Test(path.stem) for path in units] + [Test(f"review/{path.name}") for path in sorted(Path("tests/review").glob("test_*.py"))]


def run(command, seconds, **env):
    """The exit status; None after `seconds`. All that it started ends with it."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                             env={**os.environ, **env})
    try:
        return child.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return None
    finally:
        end_session(child.pid)
        child.wait()


def end_session(session):
    """Criterion's workers have process groups of their own."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rsplit(")", 1)[1].split()
            if int(fields[3]) == session:
                os.kill(int(entry.parent.name), signal.SIGKILL)
        except (OSError, IndexError):
            pass


def digest(paths):
    sums = hashlib.sha256()
    for path in sorted(map(str, paths)):
        sums.update(str(path).encode() + b"\0" + Path(path).read_bytes())
    return sums.hexdigest()[:16]


def inputs_of(test):
    shared = [*Path("webhook").rglob("*.[ch]"), *Path("policies").rglob("*.yaml")]
    if test.is_unit:
        return [*shared, f"tests/unit/{test.name}.c", *Path("tests/unit").glob("*.h")]
    return [*shared, *Path("tests/review").glob("*.py"), *Path("tests/fixtures").glob("*.yaml"), *Path("docs/examples").glob("*.*")]


def counted(folder, build):
    """What gcov says of the counters in `folder`: file -> executed lines."""
    found = [path.relative_to(folder) for path in Path(folder).rglob("*.gcda") if path.relative_to(folder).parts[0] == "webhook"]
    for path in found:
        Path(folder, path.with_suffix(".gcno")).symlink_to((build / "cov" / path.with_suffix(".gcno")).resolve())
    if not found:
        return {}
    done = subprocess.run(["gcov", "--json-format", "--stdout", *map(str, found)], cwd=folder, capture_output=True, text=True, check=True)
    lines = {}
    for document in map(json.loads, filter(None, done.stdout.splitlines())):
        for file in document["files"]:
            lines.setdefault(file["file"], set()).update(line["line_number"] for line in file["lines"] if line["count"])
    return lines


def measure(test, build):
    kept = build / "mutation/reach" / f"{test.name.replace('/', '-')}-{digest(inputs_of(test))}.json"
    if not kept.exists():
        program = str(build / "cov/unit" / test.name)
        with tempfile.TemporaryDirectory() as folder:
            start = time.monotonic()
            status = run(test.command(program), 300, GCOV_PREFIX=folder, GCOV_PREFIX_STRIP=str(len((build / "cov").resolve().parts) - 1),
                         SPARKGATE=str(build / "cov/sparkgate"))
            if status not in (0, 5):  # 5: pytest had nothing to run
                raise SystemExit(f"{test.name} fails without any mutation (exit {status}): mend that first")
            lines = counted(folder, build) if status == 0 else {}
            kept.parent.mkdir(parents=True, exist_ok=True)
            for old in kept.parent.glob(f"{test.name.replace('/', '-')}-????????????????.json"):
                old.unlink()
            kept.write_text(json.dumps({"seconds": time.monotonic() - start, "lines": {file: sorted(n) for file, n in lines.items()}}))
    read = json.loads(kept.read_text())
    test.seconds, test.lines = read["seconds"], {file: set(n) for file, n in read["lines"].items()}
    return test
