#!/usr/bin/env python3
"""Images for tests on real Spark, out of package registries.

    build.py CACHE VERSION=SPARK_HOME ...

Prints the path of one archive with all images; `ctr images import` takes it. Layers and archive stay in CACHE under the
hash of what they are made of, so a second run only looks. Two runs at once wait for each other. What is made of something
else goes when it was not used for a day: other work trees may differ."""

import contextlib
import fcntl
import hashlib
import inspect
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import layers
from layers import HERE, Recipe, pins, text_of

sys.path.insert(0, str(HERE.parents[1] / "cluster"))
from bed import image  # noqa: E402

UNUSED = 24 * 3600
PYTHON_ENV = ("LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1")
# Much less CPU time of a JVM that lives for two minutes, also of those that nobody can give options to. No collector: a
# deployment may name its own, and a JVM with two does not start.
JAVA_ENV = ("JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1",)
SPARK_ENV = ("PATH=/opt/java/openjdk/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "JAVA_HOME=/opt/java/openjdk",
             "SPARK_HOME=/opt/spark", "SPARK_CONNECT_MODE=0", *JAVA_ENV, *PYTHON_ENV)


def say(text):
    print(f"tests/spark/images: {text}", file=sys.stderr, flush=True)


def mb(path):
    return f"{path.stat().st_size / 1e6:.0f} MB"


def requirements(name):
    return Recipe(name, layers.python_packages(f"requirements-{name}.txt"), text_of(HERE / f"requirements-{name}.txt"), 200)


def recipes(homes):
    """Images as (name, recipes of layers, the rest of image.Image)."""
    base = Recipe("debian", layers.debian, [layers.SUITE, layers.DEBIAN, layers.NOT_PACKED], 120)
    jre = Recipe("jre", layers.jre, [layers.MODULES, (layers.JDK / "release").read_text()], 80)
    python = requirements("python")
    own = Recipe("own", layers.files("spark"), ["spark", *text_of(HERE / "rootfs/spark")], 1)
    for version, home in homes.items():
        stack = [
            base, jre, python,
            Recipe(f"spark-{version}", layers.spark(home), [home.name], 5),
            Recipe(f"jars-{version}", layers.jars(home), [home.name], 400),
            Recipe(f"s3-{version}", layers.s3(version), [*pins(version, "s3"), *text_of(HERE / "maven", HERE / "bundle.py")], 20),
            own,
        ]
        settings = {"env": SPARK_ENV, "user": "185", "workdir": "/opt/spark/work-dir", "entrypoint": ["/opt/entrypoint.sh"]}
        yield f"bed.local/spark:{version}", stack, settings
        # With what deployments name in spark.jars.packages, which nothing is fetched for here.
        yield f"bed.local/spark-packages:{version}", [*stack, Recipe("packages", layers.packages, layers.PACKAGES_KNOWN, 1)], settings
    moto = Recipe("moto-own", layers.files("moto"), ["moto", *text_of(HERE / "rootfs/moto")], 1)
    yield "bed.local/moto:1", [base, requirements("moto"), moto], {
        "env": (*image.ENV, *PYTHON_ENV), "user": "185", "entrypoint": ["/opt/moto.sh"]}
    # Alpine's is root's, and refused under restricted: what is mended here is the image, not the deployment that names it.
    yield "bed.local/init:1", [base, Recipe("init", layers.init, text_of(HERE / "rootfs/init"), 1)], {"user": "65532:65532"}


def make_layer(recipe, folder: Path):
    """The layer, out of the cache where it is there. Its digest is written last: what was interrupted is done again."""
    path = folder / f"{recipe.name}-{recipe.key}.tar"
    digest = path.with_suffix(".sha256")
    if digest.exists():
        digest.touch()
        return image.Layer(path, digest.read_text())
    root, log, began = folder / "root", folder / f"{recipe.name}.log", time.monotonic()
    if recipe.mbytes > 10:
        say(f"making layer {recipe.name}, about {recipe.mbytes} MB (log: {log})")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    with open(log, "w") as file:
        try:
            recipe.make(root, file)
        except (OSError, RuntimeError, subprocess.CalledProcessError) as why:
            file.flush()
            last = (log.read_text().strip().splitlines() or [""])[-1]
            sys.exit(f"layer {recipe.name}: {str(why)[:300]}: {last}; see {log}")
    layer = image.write_layer(root, path, layers.OWNERS)
    shutil.rmtree(root)
    digest.write_text(layer.digest)
    if recipe.mbytes > 10:
        say(f"layer {recipe.name}: {mb(path)}, {time.monotonic() - began:.0f} s")
    return layer


def make_archive(planned, folder: Path, archive: Path):
    began, made, images = time.monotonic(), {}, []
    for name, stack, settings in planned:
        for recipe in stack:
            if recipe.key not in made:
                made[recipe.key] = make_layer(recipe, folder)
        images.append(image.Image(name, [made[recipe.key] for recipe in stack], **settings))
    packed = time.monotonic()
    part = archive.with_suffix(".part")
    image.write_archive(images, part)
    part.replace(archive)
    say(f"{archive}: {mb(archive)}, packed in {time.monotonic() - packed:.0f} s, {time.monotonic() - began:.0f} s in all")


def forget(folder: Path, archive: Path):
    """A layer's age is that of its digest."""
    limit = time.time() - UNUSED
    for old in [*folder.glob("*.sha256"), *folder.glob("images-*.tar")]:
        with contextlib.suppress(FileNotFoundError):
            if old != archive and old.stat().st_mtime < limit:
                old.with_suffix(".tar").unlink(missing_ok=True)
                old.unlink(missing_ok=True)


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]) / "spark-images"
    folder.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)  # what is made here is read by other users, in the images
    planned = list(recipes({version: Path(home) for version, home in (word.split("=", 1) for word in sys.argv[2:])}))
    plan = [(name, [recipe.key for recipe in stack], settings) for name, stack, settings in planned]
    key = hashlib.sha256(f"{plan} {inspect.getsource(image)}".encode()).hexdigest()[:16]
    archive = folder / f"images-{key}.tar"
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not archive.exists():
            make_archive(planned, folder, archive)
        archive.touch()
        for _, stack, _ in planned:  # they are of use as long as the archive is
            for recipe in stack:
                (folder / f"{recipe.name}-{recipe.key}.sha256").touch()
        forget(folder, archive)
    print(archive)


if __name__ == "__main__":
    main()
