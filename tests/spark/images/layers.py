"""What the layers are made of, each in a directory that is packed afterwards.

A layer is a function of (root, log). Its key, and so when it is made anew, comes from what it declares as its inputs
and from the text of the function itself; whoever changes a helper that it calls raises FORMAT."""

import compileall
import hashlib
import inspect
import os
import py_compile
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import bundle

HERE = Path(__file__).parent
FORMAT = "1"
JDK = Path("/usr/lib/jvm/java-17-openjdk-amd64")
PACKAGES = "usr/local/lib/python3.11/dist-packages"
# Spark runs as 185; a UID of OpenShift's has group 0. Root's is what is not named.
SPARK_USER = (185, 0, 0o775)
OWNERS = {"opt/spark": SPARK_USER, "opt/spark/work-dir": SPARK_USER}

SUITE = "bookworm"
# ps, nohup and hostname are called by Spark's scripts, getent and nss_wrapper by the entrypoint.
DEBIAN = "bash ca-certificates hostname libnss-wrapper procps python3 tini"
NOT_PACKED = ("dev", "boot", "home", "media", "mnt", "srv", "var/cache", "var/log", "var/lib/apt", "var/lib/dpkg", "usr/share/doc",
              "usr/share/man", "usr/share/locale", "usr/share/zoneinfo/posix", "usr/share/zoneinfo/right")
MODULES = ("java.se jdk.unsupported jdk.incubator.vector jdk.crypto.ec jdk.management jdk.security.jgss jdk.security.auth jdk.zipfs "
           "jdk.naming.dns")


@dataclass
class Recipe:
    """One layer to be made."""

    name: str
    make: object  # (root, log)
    inputs: list
    mbytes: int  # about, for those who wait

    @property
    def key(self):
        text = "\n".join([FORMAT, str(OWNERS), inspect.getsource(self.make), *map(str, self.inputs)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def text_of(*paths):
    """The files below, as an input: names, modes and contents."""
    found = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file()]
    return [f"{file.relative_to(HERE)} {os.access(file, os.X_OK)} {file.read_text()}" for file in found]


def pins(version, kind):
    rows = [line.split() for line in (HERE / "pins").read_text().splitlines() if line and not line.startswith("#")]
    return [f"{artifact} {digest}" for v, k, artifact, digest in rows if (v, k) == (version, kind)]


def run(log, *argv, **more):
    subprocess.run(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, check=True, **more)


def link_tree(source: Path, target: Path, keep=lambda path: True):
    """Hard links where that goes: jars are big, and the tree is gone as soon as it is packed."""

    def link(a, b):
        try:
            os.link(a, b)
        except OSError:
            shutil.copy(a, b)

    def dropped(folder, names):
        return [name for name in names if not keep(Path(folder) / name)]

    shutil.copytree(source, target, copy_function=link, ignore=dropped, dirs_exist_ok=True)


def compile_python(root: Path):
    """Nobody can write caches in a read-only root. By hash: times of a layer are 0, which no cache by time survives."""
    compileall.compile_dir(root, quiet=2, force=True, stripdir=str(root), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)


def mirrors():
    """Debian's own, and then what this machine itself uses."""
    own = [path for path in map(Path, ("/etc/apt/sources.list.d/debian.sources", "/etc/apt/sources.list")) if path.exists()]
    return [[], *([str(path)] for path in own)]


# ---- the layers that all images have ----

def debian(root, log):
    for mirror in mirrors():
        try:
            run(log, "mmdebstrap", "--variant=minbase", "--mode=root", "--include=" + DEBIAN.replace(" ", ","),
                "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
                "--dpkgopt=path-exclude=/usr/share/locale/*", SUITE, str(root), *mirror)
            break
        except subprocess.CalledProcessError:
            shutil.rmtree(root)
    else:
        raise RuntimeError("mmdebstrap reached no mirror")
    for path in NOT_PACKED:
        shutil.rmtree(root / path, ignore_errors=True)
    for path in ("dev", "var/log", "var/cache", "opt"):
        (root / path).mkdir(exist_ok=True)
    with open(root / "etc/passwd", "a") as file:
        file.write("spark:x:185:185::/home/spark:/bin/sh\n")
    with open(root / "etc/group", "a") as file:
        file.write("spark:x:185:\n")
    compile_python(root / "usr/lib/python3")
    compile_python(root / "usr/lib/python3.11")


# ---- Java and Python ----

def jre(root, log):
    home = root / "opt/java/openjdk"
    home.parent.mkdir(parents=True)
    run(log, str(JDK / "bin/jlink"), "--add-modules", MODULES.replace(" ", ","), "--output", str(home),
        "--strip-java-debug-attributes", "--no-header-files", "--no-man-pages", "--compress=1")
    # Shared classes make each start faster. They are refused where the time of the modules is another than at the dump.
    os.utime(home / "lib/modules", (0, 0))
    run(log, str(home / "bin/java"), "-Xshare:dump")


def python_packages(requirements):
    """Wheels for the image's Python, whatever this machine's is."""

    def install(root, log):
        target = root / PACKAGES
        platforms = [word for tag in ("manylinux_2_34", "manylinux_2_28", "manylinux2014") for word in ("--platform", f"{tag}_x86_64")]
        run(log, sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir", "--no-deps",
            "--no-compile", "--only-binary=:all:", "--implementation=cp", "--python-version=3.11", *platforms,
            "--target", str(target), "-r", str(HERE / requirements))
        for path in sorted(target.rglob("*"), reverse=True):
            if path.name in ("tests", "include") and path.is_dir():
                shutil.rmtree(path)
            elif path.suffix in (".a", ".h", ".hpp", ".pxd", ".pxi", ".pyx", ".pyi") and path.is_file():
                path.unlink()
        compile_python(target)

    return install


# ---- Spark, by version ----

def spark(home: Path):
    def scripts(root, log):
        target = root / "opt/spark"
        for part in ("bin", "sbin", "python"):
            link_tree(home / part, target / part, lambda path: path.suffix != ".cmd")
        for empty in ("conf", "work-dir"):
            (target / empty).mkdir()

    return scripts


def jars(home: Path):
    # connect-repl is the Scala client's shell, 58 MB: no server looks there.
    def all_jars(root, log):
        link_tree(home / "jars", root / "opt/spark/jars", lambda path: path.name != "connect-repl")

    return all_jars


def s3(version):
    def s3_jars(root, log):
        target = root / "opt/spark/jars"
        run(log, str(HERE / "maven"), str(target), version, "s3")
        for jar in target.glob("*.jar"):
            bundle.shrink(jar)

    return s3_jars


# ---- what is ours ----

def files(name):
    def own(root, log):
        shutil.copytree(HERE / "rootfs" / name, root, dirs_exist_ok=True)

    return own


# Maven coordinates that resolve without a network, to an empty jar: Spark warns of the classes that it does not find.
PACKAGES_KNOWN = ["io.delta:delta-spark_2.13:4.0.0"]


def packages(root, log):
    """A local Maven repository in Spark's home directory, where Ivy looks first, and which Ivy may write to."""
    home = root / "home/spark"
    home.mkdir(parents=True)
    home.chmod(0o1777)
    for group, artifact, version in (known.split(":") for known in PACKAGES_KNOWN):
        folder = home / ".m2/repository" / group.replace(".", "/") / artifact / version
        folder.mkdir(parents=True)
        with zipfile.ZipFile(folder / f"{artifact}-{version}.jar", "w") as jar:
            jar.writestr(zipfile.ZipInfo("META-INF/MANIFEST.MF"), "Manifest-Version: 1.0\n")
        (folder / f"{artifact}-{version}.pom").write_text(
            "<project><modelVersion>4.0.0</modelVersion>"
            f"<groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></project>\n"
        )


def init(root, log):
    shutil.copytree(HERE / "rootfs/init", root, dirs_exist_ok=True)
    (root / "usr/bin").mkdir()
    shutil.copy("/usr/bin/envsubst", root / "usr/bin/envsubst")  # gettext's; it needs libc alone
