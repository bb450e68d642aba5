"""A kubelet of a few lines: runs a pod's containers, one after the other, and says how Spark was called.

A container's root is a copy (hard links) of a small image: a shell, a few programs, and scripts where Spark's stand. It
runs in namespaces of its own, without a network, and whatever it leaves behind ends with its first process. ConfigMaps
and emptyDirs are real directories; what the API server, other nodes or an image would supply is not there.
"""
import os
import pathlib
import re
import shutil
import subprocess

POD_IP = "10.1.2.3"
NODE = "node-1"
PROGRAMS = """sh dash bash env cat cp mv rm mkdir ls ln chmod chown touch sed grep egrep awk tr cut head tail sort uniq wc tee printf echo test [
    true false date id whoami expr seq sleep timeout nohup dirname basename readlink realpath mktemp xargs find envsubst uname stat stdbuf
    setsid kill base64 sha256sum which""".split()
SERVICE_ENV = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443", "KUBERNETES_SERVICE_PORT_HTTPS": "443",
               "KUBERNETES_PORT": "tcp://10.96.0.1:443"}
ENTER = ('PATH=/usr/sbin:/usr/bin:/sbin:/bin; mount --rbind /dev "$1/dev" && mount -t proc proc "$1/proc" && root=$1 folder=$2 && shift 2 && '
         'exec chroot "$root" /usr/bin/env -C "$folder" -i "$@"')
SECONDS = 10


def libraries(program):
    """The files that a program is linked with."""
    told = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return re.findall(r"(/\S+)", told)


def make_image(here, image):
    """The root that all containers begin with."""
    shutil.rmtree(image, ignore_errors=True)
    shutil.copytree(here / "image", image)
    for folder in ("usr/bin", "tmp", "etc", "dev", "proc", "calls", "var/run", "home/spark", "opt/spark/conf", "opt/spark/work-dir",
                   "opt/spark/jars", "opt/spark/logs", "root", "run"):
        (image / folder).mkdir(parents=True, exist_ok=True)
    (image / "bin").symlink_to("usr/bin")
    (image / "sbin").symlink_to("usr/bin")
    (image / "usr/sbin").symlink_to("bin")
    (image / "stackable").mkdir()
    (image / "stackable/spark").symlink_to("/opt/spark")
    (image / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nspark:x:185:0:spark:/home/spark:/bin/sh\n")
    (image / "opt/spark/jars/spark-connect.jar").touch()
    for name in ("dumb-init", "catatonit"):
        (image / "usr/bin" / name).symlink_to("tini")
    for name in ("containerdebug", "apk", "apt-get", "curl", "wget", "nc", "mc"):  # what needs a network has done its work
        (image / "usr/bin" / name).symlink_to("true")
    for program in PROGRAMS:
        found = shutil.which(program)
        target = image / "usr/bin" / program
        if not found or target.exists():
            continue
        shutil.copy(found, target)
        for library in libraries(found):
            copy = image / library.lstrip("/")
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(library, copy)


def expand(text, env):
    """Kubernetes' $(NAME), k8s.io/kubernetes/third_party/forked/golang/expansion."""
    return re.sub(r"\$(?:\$|\(([^)]*)\))", lambda m: "$" if m[0] == "$$" else env.get(m[1], m[0]), text)


class Pod:
    """One pod on its way through init containers and containers."""

    def __init__(self, image, folder, pod, config_maps, version):
        self.image, self.folder, self.pod, self.version = image, folder, pod, version
        self.config_maps = config_maps
        self.volumes = folder / "volumes"
        self.notes = []
        shutil.rmtree(folder, ignore_errors=True)
        self.volumes.mkdir(parents=True)
        for volume in pod["spec"].get("volumes") or []:
            self.make_volume(volume)

    # ---- volumes ----

    def make_volume(self, volume):
        folder = self.volumes / volume["name"]
        folder.mkdir(parents=True)
        sources = [volume] + [s for s in (volume.get("projected") or {}).get("sources") or []]
        for source in sources:
            if source.get("configMap") is not None:
                wanted = source["configMap"]
                self.write_config_map(folder, wanted.get("name"), wanted.get("items"))
            for item in (source.get("downwardAPI") or {}).get("items") or []:
                (folder / item["path"]).write_text(self.field((item.get("fieldRef") or {}).get("fieldPath")))

    def write_config_map(self, folder, name, items):
        found = self.config_maps.get(name)
        if found is None:
            self.notes.append(f"ConfigMap {name} is missing")
            return
        data = found.get("data") or {}
        for item in items or [{"key": key, "path": key} for key in data]:
            if item["key"] in data:
                path = folder / item["path"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data[item["key"]].encode("utf-8", "surrogatepass"))
                path.chmod(0o644)

    def mount(self, root, container):
        """Volumes live in /volumes of the root, mount paths are links into it."""
        self.volumes.rename(root / "volumes")
        for wanted in sorted(container.get("volumeMounts") or [], key=lambda m: m["mountPath"]):
            source = "/volumes/" + wanted["name"]
            if wanted.get("subPath"):
                source += "/" + wanted["subPath"].strip("/")
            target = root / wanted["mountPath"].strip("/")
            target = pathlib.Path(self.inside(root, target.parent)) / target.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.is_dir() and not target.is_symlink():
                shutil.rmtree(target)
            elif target.exists() or target.is_symlink():
                target.unlink()
            target.symlink_to(source)

    @staticmethod
    def inside(root, path):
        """A path of the root with the links followed that lead into /volumes."""
        done = root
        for part in path.relative_to(root).parts:
            done = done / part
            if done.is_symlink():
                target = os.readlink(done)
                done = root / target.strip("/") if target.startswith("/") else done.parent / target
        return done

    # ---- environment ----

    def field(self, path):
        metadata = self.pod["metadata"]
        match = re.fullmatch(r"metadata\.(labels|annotations)\['(.*)'\]", path or "")
        if match:
            return (metadata.get(match[1]) or {}).get(match[2], "")
        return {"status.podIP": POD_IP, "status.podIPs": POD_IP, "status.hostIP": "10.9.9.9", "metadata.name": metadata.get("name", "pod"),
                "metadata.namespace": metadata.get("namespace", "default"), "metadata.uid": "0-0", "spec.nodeName": NODE,
                "spec.serviceAccountName": self.pod["spec"].get("serviceAccountName", "default")}.get(path, "")

    def env_from(self, container):
        env = {}
        for source in container.get("envFrom") or []:
            name = (source.get("configMapRef") or {}).get("name")
            for key, value in ((self.config_maps.get(name) or {}).get("data") or {}).items():
                env[source.get("prefix", "") + key] = value
        return env

    def value_of(self, entry, env):
        source = entry.get("valueFrom")
        if source is None:
            return expand(str(entry.get("value") or ""), env)
        if source.get("fieldRef"):
            return self.field(source["fieldRef"].get("fieldPath"))
        if source.get("configMapKeyRef"):
            wanted = source["configMapKeyRef"]
            return ((self.config_maps.get(wanted["name"]) or {}).get("data") or {}).get(wanted["key"])
        if source.get("secretKeyRef"):
            return None if source["secretKeyRef"].get("optional") else "secret"
        return "1"

    def env(self, container):
        own = self.env_from(container)
        known = {**SERVICE_ENV, **own}
        for entry in container.get("env") or []:
            value = self.value_of(entry, known)
            if value is not None:
                own[entry["name"]] = known[entry["name"]] = value
        image = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/spark/bin:/opt/spark/sbin", "SPARK_HOME": "/opt/spark",
                 "JAVA_HOME": "/usr", "HOME": "/home/spark", "HOSTNAME": self.pod["metadata"].get("name", "pod"), "SPARK_VERSION": self.version}
        return {**image, **SERVICE_ENV, **own}, known

    # ---- processes ----

    def run(self, container):
        """The calls of spark-class that the container made: a list of {"words", "env", "folder"}."""
        root = self.folder / ("root-" + container["name"])
        subprocess.run(["cp", "-al", str(self.image), str(root)], check=True)
        self.mount(root, container)
        env, known = self.env(container)
        words = [expand(str(word), known) for word in container.get("command") or []]
        if not words:
            words = ["/opt/entrypoint.sh"]
        words += [expand(str(word), known) for word in container.get("args") or []]
        folder = container.get("workingDir") or "/opt/spark/work-dir"
        (self.inside(root, root / folder.strip("/"))).mkdir(parents=True, exist_ok=True)
        options = ["-m", "-p", "-n", "-i", "-f", "--kill-child"] + ([] if os.geteuid() == 0 else ["-r"])
        call = ["unshare", *options, "/bin/sh", "-c", ENTER, "sh", str(root), folder]
        call += [f"{name}={value}" for name, value in env.items()] + words
        try:
            done = subprocess.run(call, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS, check=False)
            self.notes.append(f"{container['name']}: exit {done.returncode} {done.stdout[-300:].decode(errors='replace')}")
        except subprocess.TimeoutExpired:
            self.notes.append(f"{container['name']}: ended after {SECONDS} s")
        except (OSError, ValueError) as problem:  # an argument with NUL, a list too long: no kernel starts it
            self.notes.append(f"{container['name']}: {problem}")
        (root / "volumes").rename(self.volumes)
        return [self.call(folder) for folder in sorted((root / "calls").iterdir()) if (folder / "complete").exists()]

    @staticmethod
    def call(folder):
        def split(name):
            return (folder / name).read_bytes().decode("utf-8", "replace").split("\0")[:-1]
        env = dict(pair.split("=", 1) for pair in split("env") if "=" in pair)
        return {"words": split("complete"), "env": env, "folder": str(folder)}

    def start(self):
        calls = []
        for container in self.pod["spec"].get("initContainers") or []:
            calls += self.run(container)
        for container in self.pod["spec"]["containers"]:
            calls += self.run(container)
        return calls
