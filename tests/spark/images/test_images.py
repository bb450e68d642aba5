"""What the images are made by, without a node and without a network."""

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "cluster")]
import bundle  # noqa: E402
import layers  # noqa: E402
from bed import image  # noqa: E402


def tree(root, names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)
    return root


def test_same_tree_same_layer(tmp_path):
    one = tree(tmp_path / "one", ["b/x", "a", "opt/spark/jars/j"])
    two = tree(tmp_path / "two", ["opt/spark/jars/j", "a", "b/x"])
    os.utime(two / "a", (1, 1))
    first, second = (image.write_layer(root, tmp_path / f"{root.name}.tar", layers.OWNERS) for root in (one, two))
    assert first.digest == second.digest
    (two / "a").write_text("another")
    assert first.digest != image.write_layer(two, tmp_path / "three.tar", layers.OWNERS).digest


def test_owners(tmp_path):
    layer = image.write_layer(tree(tmp_path / "root", ["opt/spark/work-dir/x", "etc/y"]), tmp_path / "layer.tar", layers.OWNERS)
    with tarfile.open(layer.path) as tar:
        seen = {info.name: (info.uid, info.gid, info.mode) for info in tar if info.isdir()}
    assert seen["opt/spark"] == seen["opt/spark/work-dir"] == (185, 0, 0o775)
    assert seen["etc"][:2] == (0, 0)


def test_a_shared_layer_is_in_the_archive_once(tmp_path):
    low, high = (image.write_layer(tree(tmp_path / name, [name]), tmp_path / f"{name}.tar") for name in ("low", "high"))
    image.write_archive([image.Image("bed.local/a:1", [low]), image.Image("bed.local/b:1", [low, high], user="185")], tmp_path / "archive.tar")
    with tarfile.open(tmp_path / "archive.tar") as tar:
        names = tar.getnames()
        manifest = json.load(tar.extractfile("manifest.json"))
        config = json.load(tar.extractfile(manifest[1]["Config"]))
    assert names.count(f"{low.digest}/layer.tar") == 1 and len(names) == len(set(names))
    assert [entry["RepoTags"] for entry in manifest] == [["bed.local/a:1"], ["bed.local/b:1"]]
    assert config["rootfs"]["diff_ids"] == [f"sha256:{low.digest}", f"sha256:{high.digest}"] and config["config"]["User"] == "185"


@pytest.mark.parametrize("name, prefix, kept", [
    ("aws-java-sdk-bundle-1.12.262.jar", "com/amazonaws/services/", ["s3/A.class", "securitytoken/A.class"]),
    ("bundle-2.29.52.jar", "software/amazon/awssdk/services/", ["s3/A.class", "sts/A.class"])])
def test_bundles_lose_services_alone(tmp_path, name, prefix, kept):
    always = ["META-INF/MANIFEST.MF", "com/amazonaws/SdkClientException.class", "software/amazon/awssdk/core/A.class"]
    with zipfile.ZipFile(tmp_path / name, "w") as jar:
        for entry in (*always, *(prefix + end for end in kept), prefix + "ec2/A.class", prefix + "s3control/A.class", "models/ec2.json"):
            jar.writestr(entry, entry)
    bundle.shrink(tmp_path / name)
    with zipfile.ZipFile(tmp_path / name) as jar:
        assert sorted(jar.namelist()) == sorted([*always, *(prefix + end for end in kept)])
        assert jar.read(prefix + kept[0]).decode() == prefix + kept[0]


def test_other_jars_stay(tmp_path):
    with zipfile.ZipFile(tmp_path / "hadoop-aws-3.4.2.jar", "w") as jar:
        jar.writestr("models/x", "x")
    before = (tmp_path / "hadoop-aws-3.4.2.jar").read_bytes()
    bundle.shrink(tmp_path / "hadoop-aws-3.4.2.jar")
    assert (tmp_path / "hadoop-aws-3.4.2.jar").read_bytes() == before


def test_a_layers_key_is_that_of_its_inputs():
    def key(*inputs, make=layers.debian):
        return layers.Recipe("x", make, list(inputs), 1).key

    assert key("a") == key("a") != key("b")
    assert key("a") != key("a", make=layers.jre)


# ---- the entrypoint, with a tini that tells what it was given ----

@pytest.fixture
def entrypoint(tmp_path):
    tini = tmp_path / "bin/tini"
    tini.parent.mkdir()
    tini.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    tini.chmod(0o755)

    def run(*words, **env):
        env = {"PATH": f"{tini.parent}:/usr/bin:/bin", "SPARK_HOME": "/opt/spark", "JAVA_HOME": "/jre", **env}
        done = subprocess.run([HERE / "rootfs/spark/opt/entrypoint.sh", *words], env=env, cwd=tmp_path, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout.splitlines()

    return run


def test_other_words_run_as_they_stand(entrypoint):
    assert entrypoint("printf", "%s|", "a b", "c") == ["a b|c|"]


def test_executor(entrypoint):
    options = {f"SPARK_JAVA_OPT_{i}": f"-Do{i}=a b" for i in (10, 2, 0)}
    told = entrypoint("executor", SPARK_EXECUTOR_MEMORY="512m", SPARK_EXECUTOR_ID="7", SPARK_CONF_DIR="/conf", SPARK_CLASSPATH="/x.jar", **options)
    assert told[:8] == ["-s", "--", "/jre/bin/java", "-Do0=a b", "-Do2=a b", "-Do10=a b", "-Xms512m", "-Xmx512m"]
    assert told[9].startswith("/conf:/x.jar:/opt/spark/jars/*:")
    assert told[told.index("--executor-id") + 1] == "7"
