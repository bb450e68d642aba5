"""Whatever sparkgate made of a pod, Spark itself says where it would run.

    check.py --sparkgate PROGRAM --scratch DIR --jars VERSION=SCALA:CLASSES:JARS ... [--samples DIR] [--pods N] [--seed N]

Each pod is reviewed by sparkgate for both backends, run by kubelet.py before and after, and what it calls is resolved by
Spark's own launcher and SparkSubmit (spark.py). The last line is "N passed, N failed, N skipped".
"""
import argparse
import collections
import concurrent.futures
import copy
import ipaddress
import json
import pathlib
import re
import shutil
import sys

import yaml

import charts
import generate
import kubelet
import spark
from gate import STANDALONE, namespace_of, patched, review

HERE = pathlib.Path(__file__).parent
SERVER = "org.apache.spark.sql.connect.service.SparkConnectServer"
BACKENDS = ("k8s", "standalone")
MASTERS = {"k8s": "k8s://https://kubernetes.default.svc", "standalone": STANDALONE}
MINIMISED = 12  # failures that are made small: each costs a minute at most
POLICIES = HERE.parents[2] / "policies"
CONTROLLERS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "ReplicationController")


class Subject:
    """One pod with the ConfigMaps of its namespace, and what is expected of it."""

    def __init__(self, name, expect, objects, told=None):
        self.name, self.expect, self.objects = name, expect, objects
        self.told = told  # of a generated pod: what it was made of


# ---- where pods come from ----

def as_pod(thing):
    """A controller's template as the pod that it would make."""
    if thing.get("kind") == "Pod":
        return copy.deepcopy(thing)
    if thing.get("kind") == "CronJob":
        template = thing["spec"]["jobTemplate"]["spec"]["template"]
    elif thing.get("kind") in CONTROLLERS:
        template = thing["spec"]["template"]
    else:
        return None
    pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(template)}
    pod.setdefault("metadata", {})["name"] = thing["metadata"]["name"] + "-0"
    return pod


def objects_of(things):
    """Pods and ConfigMaps, where several of one name do not matter."""
    pods = [pod for pod in map(as_pod, things) if pod]
    return pods + [copy.deepcopy(t) for t in things if t.get("kind") == "ConfigMap"]


def flat(documents):
    for document in documents:
        if isinstance(document, dict) and document.get("kind") == "List":
            yield from flat(document["items"])
        elif isinstance(document, dict) and document.get("kind"):
            yield document


def read(path, version):
    """A file of cases is a text in which {version} is Spark's."""
    return list(flat(yaml.safe_load_all(path.read_text().replace("{version}", version))))


def own_cases(version):
    for path in sorted((HERE / "cases").glob("*/*.yaml")):
        yield Subject(path.stem, path.parent.name, objects_of(read(path, version)))


def samples(folder):
    for path in sorted(pathlib.Path(folder).glob("manifests/**/*.yaml")):
        try:
            things = list(flat(yaml.safe_load_all(path.read_text())))
        except yaml.YAMLError:
            continue
        yield Subject("sample-" + path.stem, "any", objects_of(things))


def generated(told, version):
    pod, config_maps = generate.build(told, version, "x")
    return Subject(f"gen-{told['seed']}", "server", [pod, *config_maps], told)


def config_maps_of(subject):
    return [o for o in subject.objects if o["kind"] == "ConfigMap"]


# ---- Spark ----

def rules(backend):
    """Keys that the backend's rules name, by verb."""
    keys = {}
    for rule in yaml.safe_load((POLICIES / f"backend-{backend}.yaml").read_text())["rules"]:
        for verb in ("set", "default", "derive", "disable"):
            if verb in rule:
                keys[rule[verb]["key"]] = (verb, rule[verb])
    return keys


def aliases():
    bounds = yaml.safe_load((POLICIES / "checks.yaml").read_text())["bounds"]
    env = kubelet.SERVICE_ENV
    own = [f"k8s://{scheme}{env['KUBERNETES_SERVICE_HOST']}{port}" for scheme in ("https://", "") for port in (":443", "")]
    return {bounds["k8sMaster"], *bounds["k8sMasterAliases"], *own}


RULES = {backend: rules(backend) for backend in BACKENDS}
ALIASES = aliases()


def is_address(text):
    try:
        ipaddress.ip_address(text.strip("[]"))
        return True
    except ValueError:
        return False


def is_server(told):
    return told.get("mainClass") == SERVER or told.get("main") == SERVER or "SparkConnectPlugin" in told.get("conf", {}).get("spark.plugins", "")


def number(text):
    return int(text) if re.fullmatch(r"[0-9]+", text or "") else 0


def expect_backend(told, backend, namespace, seen):
    """What a rewritten server must be, in Spark's own words. Where a file was not seen, only what is needed is promised."""
    if "error" in told:
        yield "Spark does not start: " + told["error"][:300]
        return
    conf = told.get("conf", {})
    master, host = conf.get("spark.master", ""), told["substituted"].get("spark.driver.host", "")
    right = master == STANDALONE if backend == "standalone" else master in ALIASES
    if not right:
        yield f"master is {master!r}"
    if conf.get("spark.submit.deployMode") != "client":
        yield f"deploy mode is {conf.get('spark.submit.deployMode')!r}"
    if not host or host == "localhost" or is_service(host) or is_address(host) and host != kubelet.POD_IP or "$" in host:
        yield f"spark.driver.host is {host!r}"
    if (seen or backend == "standalone") and number(conf.get("spark.executor.cores")) < 1:  # k8s: Spark's own default is 1
        yield f"spark.executor.cores is {conf.get('spark.executor.cores')!r}"
    for key in ("spark.driver.port", "spark.driver.blockManager.port"):
        if seen and number(conf.get(key)) < 1:
            yield f"{key} is {conf.get(key)!r}"
    yield from expect_k8s(conf, namespace) if backend == "k8s" else expect_standalone(conf)


def keeps_shuffles(conf):
    """By other means, which ExecutorAllocationManager.validateSettings takes too."""
    return conf.get("spark.decommission.enabled") == "true" or "spark.shuffle.sort.io.plugin.class" in conf


def expect_k8s(conf, namespace):
    if conf.get("spark.kubernetes.namespace") != namespace:
        yield f"spark.kubernetes.namespace is {conf.get('spark.kubernetes.namespace')!r}"
    if conf.get("spark.shuffle.service.enabled") != "false":
        yield f"spark.shuffle.service.enabled is {conf.get('spark.shuffle.service.enabled')!r}"
    if not (conf.get("spark.kubernetes.container.image") or conf.get("spark.kubernetes.executor.container.image")):
        yield "no executor image"
    if conf.get("spark.dynamicAllocation.enabled") == "true" and conf.get("spark.dynamicAllocation.shuffleTracking.enabled") == "false" \
            and not keeps_shuffles(conf):  # fmt: skip
        yield "dynamic allocation without shuffle tracking"


def expect_standalone(conf):
    if number(conf.get("spark.cores.max")) < 1:
        yield f"spark.cores.max is {conf.get('spark.cores.max')!r}"
    if "spark.authenticate.secret.file" in conf:
        yield "spark.authenticate.secret.file is still there"
    if "KubernetesLocalDiskShuffleDataIO" in conf.get("spark.shuffle.sort.io.plugin.class", ""):
        yield "spark.shuffle.sort.io.plugin.class is still Kubernetes'"


def is_service(host):
    """As pods call a Service: its name, or that with the namespace."""
    return re.fullmatch(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+\.svc(\..*)?)?", host) is not None


def counts_as_absent(key, value, rule):
    """A value that a `default` may replace."""
    absent = rule.get("absent") or []
    return ("zero" in absent and value == "0" or "local" in absent and (value == "localhost" or is_address(value))
            or "unexpanded" in absent and "$(" in value or "service" in absent and is_service(value))


def expect_same(before, after, backend, warned):
    """What no rule names is as the user had it; what a rule only fills in stays where it was."""
    if "error" in before:
        return
    if "error" in after:
        yield f"started before, does not start now: {after['error'][:300]}"
        return
    old, new = before.get("conf", {}), after.get("conf", {})
    for key in sorted(old.keys() | new.keys()):
        verb, rule = RULES[backend].get(key, (None, None))
        if verb is None and old.get(key) != new.get(key) and key != "spark.master":
            yield f"{key} was {old.get(key)!r}, is {new.get(key)!r}"
        if before.get("hidden") and backend == "standalone" and key == "spark.executor.cores":
            continue  # certain, so that it fits under spark.cores.max
        if verb == "default" and key in old and old[key] != new.get(key) and not counts_as_absent(key, before["substituted"].get(key, old[key]), rule):
            yield f"{key} was {old[key]!r}, is {new.get(key)!r}"
    for key in ("mainClass", "args", "fetched", "jars", "action"):
        if before.get(key) != after.get(key):
            yield f"{key} was {before.get(key)!r}, is {after.get(key)!r}"
    starves = number(new.get("spark.cores.max")) < number(new.get("spark.executor.cores"))
    theirs = warned or before.get("hidden") and before.get("executorCores") == new.get("spark.executor.cores")
    if backend == "standalone" and starves and not theirs:
        yield f"spark.cores.max is {new.get('spark.cores.max')!r}, spark.executor.cores {new.get('spark.executor.cores')!r}"
    if before.get("main", "").endswith(".SparkSubmit") and not before.get("hidden"):
        yield from expect_size(before, after, backend)


def expect_size(before, after, backend):
    """spark.cores.max and spark.executor.instances of DESIGN section 4: one side's size in the other's terms."""
    old, new = before["conf"], after["conf"]
    cores = number(new.get("spark.executor.cores"))
    total, count = before.get("totalExecutorCores"), before.get("numExecutors")
    if backend == "standalone":
        fixed = old.get("spark.dynamicAllocation.enabled") == "false"
        most = (None if fixed else old.get("spark.dynamicAllocation.maxExecutors")) or count or "2"
        key, wanted = "spark.cores.max", total or str(number(most) * cores)
    elif old.get("spark.dynamicAllocation.enabled") == "true":
        return  # it finds the number itself
    else:
        key, wanted = "spark.executor.instances", count or total and str(max(number(total) // max(cores, 1), 1))
    if new.get(key) != wanted:
        yield f"{key} is {new.get(key)!r}, expected {wanted}"


def decided_by_files(first, second, backend):
    """The pod alone decides: raw and rewritten files give the same."""
    if ("error" in first) != ("error" in second):
        yield f"with raw files {first.get('error', 'it starts')}, with rewritten ones {second.get('error', 'it starts')}"
    for key, (verb, rule) in RULES[backend].items():
        one, other = first.get("conf", {}).get(key), second.get("conf", {}).get(key)
        if one != other and (verb != "disable" or "value" in rule):
            yield f"{key} is {one!r} with raw files, {other!r} with rewritten ones"


# ---- one subject ----

class Bench:
    """What all subjects share: the image, the sparks, the folders."""

    def __init__(self, options):
        self.options = options
        self.scratch = pathlib.Path(options.scratch)
        self.image = self.scratch / "image"
        self.sparks, self.jars = {}, {}
        self.ran = {}
        kubelet.make_image(HERE, self.image)
        for spec in options.jars:
            version, _, rest = spec.partition("=")
            scala, classes, jars = rest.split(":")
            self.jars[version] = jars
            self.sparks[version] = spark.Spark(version, scala, classes, jars, str(self.image / "opt/spark"), str(self.scratch))

    def servers(self, pod, config_maps, version, master=None):
        """What Spark would run for the calls of a pod; each pod runs once."""
        question = json.dumps([pod, config_maps, version], sort_keys=True)
        if question not in self.ran:
            folder = self.scratch / "pods" / f"{abs(hash(question)):x}"
            running = kubelet.Pod(self.image, folder, pod, {c["metadata"]["name"]: c for c in config_maps}, version)
            calls = running.start()
            told = {name: [{**self.sparks[version].judge(call, name), "hidden": hides_size(call)} for call in calls]
                    for name in (None, *MASTERS.values())}
            shutil.rmtree(folder, ignore_errors=True)
            self.ran[question] = told, running.notes
        told, notes = self.ran[question]
        return told[master], notes

    def examine(self, subject, decisions, backend, version):
        """-> (verdict, problems) of each pod of the subject."""
        namespace = namespace_of(subject)
        config_maps = config_maps_of(subject)
        for pod in subject.objects:
            if pod["kind"] == "Pod":
                decision = decisions[namespace, "Pod", pod["metadata"]["name"]]
                rewritten = [patched(c, decisions[namespace, "ConfigMap", c["metadata"]["name"]]) for c in config_maps]
                yield pod, decision, *self.examine_pod(subject, pod, config_maps, rewritten, decision, backend, version)

    def examine_pod(self, subject, pod, config_maps, rewritten, decision, backend, version):
        ours = decision["role"] == "connect-server"
        if subject.expect == "not-ours" or subject.expect == "any" and not ours:
            return "not ours", [f"role {decision['role']}, patch {decision['patch']}"] if ours or decision["patch"] else []
        if not ours:
            return "lost", [f"role is {decision['role']!r}"]
        denied = [v["rule"] for v in decision["violations"] if v["action"] == "deny"]
        if subject.expect in ("cannot-tell", "refused"):
            return subject.expect, [] if denied else ["it is allowed"]
        if "backend.cannotTell" in denied:
            return "cannot tell", ["cannot tell: " + decision["message"]] if subject.expect == "server" and not subject.name.startswith("gen-") else []
        after, notes = self.servers(patched(pod, decision), config_maps, version)
        if denied:
            return "refused", [] if refusal_holds(denied, after) else [f"refused for {denied}, though Spark starts: {decision['message']}"]
        return "allowed", self.compare(pod, config_maps, rewritten, decision, backend, version, after, notes)

    def compare(self, pod, config_maps, rewritten, decision, backend, version, after, notes):
        before, old_notes = self.servers(pod, config_maps, version, MASTERS[backend])
        plain, _ = self.servers(pod, config_maps, version)
        again, _ = self.servers(patched(pod, decision), rewritten, version)
        seen = not any("could not be read" in w or v["rule"] == "backend.fileNotSeen" for w in decision["warnings"] for v in decision["violations"])
        warned = any(v["rule"] == "connect.coresMax" for v in decision["violations"])
        problems, namespace = [], pod["metadata"]["namespace"]
        if not any(map(is_server, before)) and not any("error" in told for told in before):
            return [] if not any(map(is_server, after)) else [f"starts a server only after the rewriting: {old_notes}"]
        if len(before) != len(after) or len(after) != len(again):
            return [f"{len(before)} calls before, {len(after)} after, {len(again)} with rewritten files: {notes}"]
        for old, new, other, raw in zip(before, after, again, plain):
            if "error" in old and old == new == other:
                continue  # never started, for a reason that is none of ours
            if is_server(old) or is_server(new) or "error" in old:
                problems += [f"{problem}" for problem in expect_backend(new, backend, namespace, seen)]
                problems += [f"rewritten files: {problem}" for problem in expect_backend(other, backend, namespace, seen)]
                problems += list(expect_same(old, new, backend, warned)) + list(decided_by_files(new, other, backend))
            elif raw != new:
                problems.append(f"a call that starts no server: {raw} is now {new}")
        return problems


def hides_size(call):
    """Is there a size in a variable that the shell splits into options? Nobody can count with it before it runs."""
    return any("cores" in value or "executors" in value for name, value in call["env"].items() if name.endswith("_OPTS"))


def refusal_holds(denied, after):
    """A refusal that says "Spark would not start" must be right about that."""
    says_so = {"connect.deployMode", "connect.remote", "connect.masterUrl", "connect.executorInstances", "config.malformed"}
    return not set(denied) <= says_so or any("error" in told for told in after) or not after


# ---- as small as it goes ----

def examined(bench, told, backend, version):
    subject = generated(told, version)
    return subject, list(bench.examine(subject, review(bench.options.sparkgate, [subject], backend, version), backend, version))


def fails(bench, told, backend, version):
    return any(problems for _, _, _, problems in examined(bench, told, backend, version)[1])


def smaller(told):
    """Each way to leave one thing out."""
    for name, value in told.items():
        if isinstance(value, list):
            for i in reversed(range(len(value))):
                yield {**told, name: value[:i] + value[i + 1:]}
        elif name in ("file", "extra") and value is not None:
            yield {**told, name: None}
        elif value is True:
            yield {**told, name: False}


def minimise(bench, told, backend, version):
    """Leave out what can be left out while something is still wrong."""
    found = told
    while found:
        told, found = found, next((t for t in smaller(found) if fails(bench, t, backend, version)), None)
    return told


# ---- the run ----

class Report:
    def __init__(self, failed):
        self.counts = collections.Counter()
        self.passed = self.failed = 0
        self.folder = failed
        shutil.rmtree(failed, ignore_errors=True)

    def told(self, title, problems):
        self.passed += not problems
        self.failed += bool(problems)
        if problems:
            print(f"tests/conformance/spark: {title}: {'; '.join(problems)[:600]}", flush=True)

    def add(self, subject, where, pod, decision, verdict, problems):
        self.counts[verdict] += 1
        self.passed += not problems
        self.failed += bool(problems)
        if not problems:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        pod_name = pod["metadata"]["name"]
        path = self.folder / f"{subject.name}-{pod_name}-{where}.yaml".replace(" ", "-")
        text = "".join(f"# {problem}\n" for problem in problems).replace("\r", "")
        path.write_text(text + yaml.safe_dump_all([pod, *config_maps_of(subject)], width=200) + "---\n# after:\n" + yaml.safe_dump(patched(pod, decision), width=200))
        if self.failed <= 12:
            print(f"tests/conformance/spark: {subject.name} {pod_name}, {where}: {'; '.join(problems)[:600]}\n  {path}", flush=True)


def run_all(bench, report, subjects_of, title):
    """Every subject on both backends under every version."""
    for version in bench.sparks:
        subjects = list(subjects_of(version))
        for backend in BACKENDS:
            decisions = review(bench.options.sparkgate, subjects, backend, version)

            def work(subject, decisions=decisions, backend=backend, version=version):
                return subject, list(bench.examine(subject, decisions, backend, version))
            with concurrent.futures.ThreadPoolExecutor(3) as pool:
                for subject, results in pool.map(work, subjects):
                    if subject.told and report.failed < MINIMISED and any(problems for _, _, _, problems in results):
                        subject, results = examined(bench, minimise(bench, subject.told, backend, version), backend, version)
                    for pod, decision, verdict, problems in results:
                        report.add(subject, f"{backend} {version}", pod, decision, verdict, problems)
        print(f"tests/conformance/spark: {title}, Spark {version}: {report.passed} passed, {report.failed} failed so far", flush=True)


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sparkgate", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--jars", action="append", required=True)
    parser.add_argument("--samples")
    parser.add_argument("--pods", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--failed", required=True)
    parser.add_argument("only", nargs="?", choices=("", "gen", "charts"), default="", help="leave all else out")
    parser.add_argument("--helm", help="the charts are judged too")
    return parser.parse_args()


def main():
    options = arguments()
    bench = Bench(options)
    report = Report(pathlib.Path(options.failed))
    if options.helm and options.only in ("", "charts"):
        charts.run_all(bench, options.helm, MASTERS, expect_backend, report.told)
        print(f"tests/conformance/spark: charts: {report.passed} passed, {report.failed} failed so far", flush=True)
    if options.only not in ("charts", "gen"):
        run_all(bench, report, own_cases, "cases")
        if options.samples:
            run_all(bench, report, lambda version: samples(options.samples), "samples")
    if options.only != "charts":
        print(f"tests/conformance/spark: {options.pods} pods from seed {options.seed} on", flush=True)
        told = [generate.Generator(options.seed + i).describe() for i in range(options.pods)]
        run_all(bench, report, lambda version: (generated(t, version) for t in told), "generated pods")
    for one in bench.sparks.values():
        one.stop()
    print("tests/conformance/spark: " + ", ".join(f"{n} {verdict}" for verdict, n in sorted(report.counts.items())))
    print(f"{report.passed} passed, {report.failed} failed, {0 if options.helm else 1} skipped")
    sys.exit(report.failed > 0)


if __name__ == "__main__":
    main()
