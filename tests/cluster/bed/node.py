"""A whole node beside the control plane: containerd with runc and CNI from Debian, kubelet, kube-proxy and CoreDNS.

Everything lives inside the namespaces of `isolate` and on the tmpfs that only they see; what lies outside are cgroups
below CGROUP, which tests/lib/cgroup.sh keeps apart and removes. The node's address is on a veth pair of the private network: nothing leads
out, so images are imported, never pulled.
"""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from bed.controlplane import SERVER, ControlPlane
from bed.image import pack
from bed.process import Process, patiently, wait_until

NODE, NODE_IP, GATEWAY = "node1", "172.30.0.2", "172.30.0.1"
POD_CIDR, SERVICE_IP, DNS_IP = "10.244.0.0/24", "10.96.0.1", "10.96.0.10"
SOCKET = "/run/containerd/containerd.sock"
PAUSE, COREDNS, BUSYBOX = "bed.local/pause:1", "bed.local/coredns:1", "bed.local/busybox:1"
HERE = Path(__file__).parent
CGROUP = os.environ.get("BED_CGROUP", "")
# Of all pods together beside each process of other suites, which has an eighth of it: a node would be a machine of its own, and Spark
# waits for Spark. In version 1 of cgroups, and in version 2.
CPU_WEIGHTS = {f"cpu/{CGROUP}/cpu.shares": "8192", f"{CGROUP}/cpu.weight": "800"}
PRIVATE = {"/var/lib/containerd": "containerd", "/var/lib/kubelet": "kubelet", "/var/lib/cni": "cni", "/var/log": "log"}

TOKENS = [
    ("kubelet", f"system:node:{NODE}", "10", "system:nodes"),
    ("proxy", "system:kube-proxy", "11", ""),
]

CONTAINERD = f"""
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "{SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{PAUSE}"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/etc/cni/net.d"
"""

CNI = {
    "cniVersion": "0.4.0",
    "name": "bed",
    "plugins": [
        {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "ipMasq": True,
            "hairpinMode": True,
            "ipam": {"type": "host-local", "ranges": [[{"subnet": POD_CIDR}]], "routes": [{"dst": "0.0.0.0/0"}]},
        },
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ],
}

KUBELET = {
    "apiVersion": "kubelet.config.k8s.io/v1beta1",
    "kind": "KubeletConfiguration",
    "failCgroupV1": False,
    "cgroupDriver": "cgroupfs",
    "cgroupRoot": f"/{CGROUP}",
    "containerRuntimeEndpoint": f"unix://{SOCKET}",
    "authorization": {"mode": "Webhook"},
    "clusterDNS": [DNS_IP],
    "clusterDomain": "cluster.local",
    "resolvConf": "",
    "failSwapOn": False,
    "imageGCHighThresholdPercent": 100,
    "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%", "nodefs.inodesFree": "1%"},
    "enforceNodeAllocatable": ["pods"],
    "syncFrequency": "10s",
    "nodeStatusUpdateFrequency": "5s",
}


class Node(ControlPlane):
    """A cluster of one node in which pods really run."""

    tokens = [*ControlPlane.tokens, *TOKENS]

    def __init__(self, kubebed, coredns, directory: Path):
        super().__init__(kubebed, directory)
        self.coredns = coredns

    def start(self):
        self._make_network()
        self._make_private_directories()
        self.logs.mkdir(parents=True, exist_ok=True)
        super().start()
        self._run_program("containerd", "containerd", "-c", self._file("containerd.toml", CONTAINERD)).wait_ready(self._containerd_answers)
        for image in self._images():
            self.load_image(image)
        self._make_cgroups()
        self._run("kubelet", *self._kubelet_flags())
        self._run("kube-proxy", *self._proxy_flags())
        self._apply(HERE / "coredns.yaml")
        wait_until(self._node_is_ready, f"node {NODE} ready", 90, 0.2)
        return self

    def is_up(self):
        """The API server answers, and has all it needs."""
        return self._get(f"{SERVER}/readyz")

    def kubectl(self, *args, stdin=None, check=True, timeout=150):
        """timeout: longer than any --timeout of its own, which says what it waited for."""
        argv = [str(self.kubebed), "kubectl", f"--kubeconfig={self.kubeconfig}", *map(str, args)]
        text = json.dumps(stdin) if isinstance(stdin, (dict, list)) else stdin
        run = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=patiently(timeout))
        assert not check or run.returncode == 0, f"kubectl {' '.join(map(str, args))}: {run.returncode}\n{run.stdout}{run.stderr}"
        return run.stdout

    def stop(self):
        """All of it dies with its namespaces; until then it is in nobody's way."""
        for process in self.processes:
            process.popen.kill()

    def load_image(self, archive):
        argv = ["ctr", "--address", SOCKET, "-n", "k8s.io", "images", "import", str(archive)]
        subprocess.run(argv, check=True, capture_output=True)

    # What a machine would have.

    def _make_network(self):
        for command in (
            "ip link add eth0 type veth peer name uplink0",
            f"ip addr add {NODE_IP}/24 dev eth0",
            "ip link set eth0 up",
            "ip link set uplink0 up",
            f"ip route add default via {GATEWAY} dev eth0",
        ):
            subprocess.run(command.split(), check=True)
        for name in ("net/ipv4/ip_forward", "net/bridge/bridge-nf-call-iptables", "net/ipv4/conf/all/rp_filter"):
            with contextlib.suppress(OSError):
                Path("/proc/sys", name).write_text("0" if name.endswith("rp_filter") else "1")

    def _make_private_directories(self):
        """The host's own are covered: nothing of it is read or written."""
        disk = self.dir / "disk"
        for path, name in PRIVATE.items():
            (disk / name).mkdir(parents=True)
            Path(path).mkdir(parents=True, exist_ok=True)
            mount("--bind", disk / name, path)
        for path in ("/run", "/etc/cni"):
            Path(path).mkdir(parents=True, exist_ok=True)
            mount("-t", "tmpfs", "tmpfs", path)
        Path("/run/containerd").mkdir()
        Path("/run/lock").mkdir()
        Path("/etc/cni/net.d").mkdir()
        Path("/etc/cni/net.d/10-bed.conflist").write_text(json.dumps(CNI))
        Path("/run/hosts").write_text(f"127.0.0.1 localhost\n{NODE_IP} {NODE}\n")
        mount("--bind", "/run/hosts", "/etc/hosts")
        mount("--make-rshared", "/")

    def _make_cgroups(self):
        assert CGROUP, "no BED_CGROUP: a node is started by tests/e2e/run or tests/cluster/cluster"
        for hierarchy in hierarchies():
            (hierarchy / CGROUP).mkdir(exist_ok=True)
        cpuset = Path("/sys/fs/cgroup/cpuset")
        for name in ("cpuset.cpus", "cpuset.mems"):
            if (cpuset / name).exists():
                (cpuset / CGROUP / name).write_text((cpuset / name).read_text())
        for path, weight in CPU_WEIGHTS.items():
            if (Path("/sys/fs/cgroup") / path).exists():
                (Path("/sys/fs/cgroup") / path).write_text(weight)

    def _images(self):
        """Made once a run: they take less time than looking whether they are up to date."""
        made = self.dir / "images"
        for name in ("pause", "coredns", "busybox"):
            (made / name / "bin").mkdir(parents=True)
        pause = made / "pause" / "bin" / "pause"
        subprocess.run(["gcc", "-Os", "-static", "-o", pause, HERE / "pause.c"], check=True)
        shutil.copy(self.coredns, made / "coredns" / "bin" / "coredns")
        shutil.copy("/bin/busybox", made / "busybox" / "bin" / "busybox")
        subprocess.run([made / "busybox" / "bin" / "busybox", "--install", "-s", made / "busybox" / "bin"], check=False, capture_output=True)
        for link in (made / "busybox" / "bin").iterdir():
            if link.is_symlink():
                link.unlink()
                link.symlink_to("busybox")
        (made / "busybox" / "tmp").mkdir()
        (made / "busybox" / "tmp").chmod(0o1777)
        pack(made / "pause", PAUSE, made / "pause.tar", ["/bin/pause"], "65535:65535")
        pack(made / "coredns", COREDNS, made / "coredns.tar", ["/bin/coredns"], "65532:65532")
        pack(made / "busybox", BUSYBOX, made / "busybox.tar", None, "65534:65534")
        return [made / "pause.tar", made / "coredns.tar", made / "busybox.tar"]

    def _write_files(self):
        """Also a certificate for every address by which the API server is called (it would make one for a single one),
        and the one that it shows to the kubelet."""
        super()._write_files()
        names = f"DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:{NODE_IP},IP:{SERVICE_IP}"
        self._self_signed("apiserver", "/CN=kube-apiserver", f"subjectAltName={names}")
        self._self_signed("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client", "extendedKeyUsage=clientAuth")

    def _self_signed(self, name, subject, extension):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7"]
            + ["-subj", subject, "-addext", extension]
            + ["-keyout", self.dir / f"{name}.key", "-out", self.dir / f"{name}.crt"],
            check=True,
            capture_output=True,
        )

    # Programs and their flags.

    def _run_program(self, name, *argv):
        process = Process(name, argv, self.logs).start()
        self.processes.append(process)
        return process

    def _containerd_answers(self):
        return subprocess.run(["ctr", "--address", SOCKET, "version"], capture_output=True).returncode == 0

    def _file(self, name, content):
        path = self.dir / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def _apply(self, path):
        self.kubectl("apply", "-f", path)

    def _node_is_ready(self):
        status = self.kubectl("get", "node", NODE, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}', check=False)
        return status == "True"

    def _apiserver_flags(self):
        replaced = ("--bind-address", "--advertise-address", "--authorization-mode")
        flags = [f for f in super()._apiserver_flags() if not f.startswith(replaced)]
        return [
            *flags,
            "--bind-address=0.0.0.0",
            f"--advertise-address={NODE_IP}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={self.dir}/kubelet-client.crt",
            f"--kubelet-client-key={self.dir}/kubelet-client.key",
        ]

    def _controller_flags(self):
        return [*super()._controller_flags(), "--node-monitor-period=2s", "--kube-api-qps=400", "--kube-api-burst=800"]

    def _kubelet_flags(self):
        callers = {"anonymous": {"enabled": False}, "webhook": {"enabled": True}, "x509": {"clientCAFile": f"{self.dir}/kubelet-client.crt"}}
        return [
            f"--config={self._file('kubelet.json', {**KUBELET, 'authentication': callers})}",
            f"--kubeconfig={self.dir}/kubelet.conf",
            f"--hostname-override={NODE}",
            f"--node-ip={NODE_IP}",
        ]

    def _proxy_flags(self):
        config = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "mode": "nftables",
            "clusterCIDR": "10.244.0.0/16",
            "clientConnection": {"kubeconfig": f"{self.dir}/proxy.conf"},
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }
        return [f"--config={self._file('kube-proxy.json', config)}", f"--hostname-override={NODE}"]


def hierarchies():
    """One in version 2 of cgroups."""
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():
        return [top]
    return [p for p in top.iterdir() if p.is_dir() and not p.is_symlink() and p.name != "unified"]


def mount(*args):
    subprocess.run(["mount", *map(str, args)], check=True)
