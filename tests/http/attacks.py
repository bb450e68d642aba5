"""Reviews made to cost as much as 3 MiB can: what somebody may send who can create objects in an opted-in namespace.

Each is a function of nothing that returns a document of at most LIMIT bytes. test_attacks_cost.py posts them all; tests/complexity
makes them smaller by `recipe.share` and counts the work. What is one long text stands in attacks_texts.py.
"""

import attacks_texts  # noqa: F401 (they are among ATTACKS)
from recipe import ATTACKS, ROOM, START, attack, fill, many, server_pod  # noqa: F401 (ATTACKS for who imports this)
from reviews import pod, review


# ---- argument arrays ----


@attack
def args_20000():
    return review(server_pod(command=[START], args=["--conf", "spark.a=1"] * many(9_900)))


@attack
def args_20000_masters():
    return review(server_pod(command=[START], args=["--master", "local"] * many(9_900)))


@attack
def args_20000_keys():
    return review(server_pod(command=[START], args=[w for i in range(many(9_900)) for w in ("--conf", f"spark.executor.k{i}=1")]))


@attack
def args_too_many():
    return review(server_pod(command=[START], args=["a"] * many(150_000)))


@attack
def args_one_long():
    return review(server_pod(command=[START], args=["--conf", "spark.a=" + fill("x")]))


@attack
def args_kubernetes_references():
    document = server_pod(command=[START], args=["--conf", "spark.a=" + fill("$(A)", ROOM // 2)])
    document["spec"]["containers"][0]["env"] = [{"name": f"A{i}", "value": "x"} for i in range(many(20_000))]
    return review(document)


@attack
def args_references_that_grow():
    """Kubernetes expands each from the ones before: 10^n without a bound."""
    env = [{"name": "A0", "value": "x" * many(1000)}]
    env += [{"name": f"A{i}", "value": f"$(A{i - 1})" * 10} for i in range(1, 200)]
    document = server_pod(command=[START], args=["--master", "$(A199)"])
    document["spec"]["containers"][0]["env"] = env
    return review(document)


@attack
def shell_text_of_kubernetes_references():
    """Each puts in a value that is long, or that is looked for among many."""
    document = server_pod(command=["sh", "-c", f"{START} --name '" + fill("$(A)$(A1)", ROOM // 3) + "'"])
    document["spec"]["containers"][0]["env"] = [{"name": "A", "value": "x" * many(500_000)}, *({"name": f"A{i}", "value": "x"} for i in range(many(9_000)))]
    return review(document)


# ---- many of something ----


@attack
def containers_100_with_long_shells():
    text = fill(START + " --conf a=b\n", ROOM // 100 - 200)
    containers = [{"name": f"c{i}", "image": "apache/spark:4.0.1", "command": ["sh", "-c", text]} for i in range(100)]
    return review(server_pod(containers=containers))


@attack
def containers_of_many_plain_words():
    """None of them starts Spark, but that is known only when all words were read."""
    containers = [{"name": f"c{i}", "image": "x", "command": ["sh", "-c", "a " * many(15_000)]} for i in range(95)]
    return review(server_pod(containers=[*containers, {"name": "last", "command": [START]}]))


@attack
def shell_text_of_references_in_one_another():
    """From "$(" to the first ")" is one of Kubernetes' references, of whatever name."""
    document = server_pod(command=["sh", "-c", f"{START} --name '" + fill("$(" * 126 + ")", ROOM // 2) + "'"])
    document["spec"]["containers"][0]["env"] = [{"name": f"A{i}", "value": "x"} for i in range(many(9_000))]
    return review(document)


@attack
def references_to_names_of_ours():
    """Of the variable for the pod's address: each such name is taken, and the next one is to be found."""
    names = ["POD_IP", "SPARKGATE_POD_IP", *(f"SPARKGATE_POD_IP_{i}" for i in range(2, many(110_000)))]
    return review(server_pod(command=[START], args=["--name", "".join(f"$({name})" for name in names)]))


@attack
def shell_text_of_references_without_end():
    return review(server_pod(command=["sh", "-c", f"{START} --name '" + fill("$(", ROOM) + "'"]))


@attack
def servers_in_substitutions():
    """Each is a text of its own, and those in it are, too."""
    text = f"{START} " + fill(f"$(a `b $(c; pgrep {START})`) ", ROOM)
    return review(server_pod(command=["sh", "-c", text]))


@attack
def containers_of_many_plain_arguments():
    containers = [{"name": f"c{i}", "image": "x", "command": ["a"] * many(19_000)} for i in range(10)]
    return review(server_pod(containers=[*containers, {"name": "last", "command": [START]}]))


@attack
def containers_of_a_shell_array_each():
    text = "A=(" + "b " * many(9_000) + ")\n" + "x ${A[@]}\n" * 300
    containers = [{"name": f"c{i}", "image": "x", "command": ["sh", "-c", text]} for i in range(130)]
    return review(server_pod(containers=[*containers, {"name": "last", "command": [START]}]))


@attack
def executor_of_many_words():
    document = server_pod(command=["/opt/entrypoint.sh"], args=["executor"] + ["--conf", "spark.a=1"] * many(9_000))
    document["metadata"]["labels"] = {"spark-role": "executor"}
    document["spec"]["containers"][0]["env"] = [{"name": f"SPARK_JAVA_OPT_{i}", "value": f"-Dspark.k{i}=v"} for i in range(many(20_000))]
    return review(document)


@attack
def containers_thousands():
    containers = [{"name": f"c{i}", "image": "apache/spark:4.0.1", "command": [START]} for i in range(many(29_000))]
    return review(server_pod(containers=containers))


@attack
def containers_of_one_name():
    return review(server_pod(containers=[{"name": "c", "command": [START]}] * many(44_000)))


@attack
def containers_that_violate():
    """Every check of Pod Security has something to say about each."""
    bad = {"privileged": True, "procMount": "Unmasked", "runAsUser": 0, "capabilities": {"add": ["SYS_ADMIN", "NET_RAW"]}}
    containers = [{"name": f"c{i}", "command": [START], "securityContext": bad, "ports": [{"hostPort": 80 + i}]} for i in range(many(11_000))]
    return review(server_pod(containers=containers, hostNetwork=True, hostPID=True))


@attack
def containers_with_daemon_words():
    containers = [{"name": f"c{i}", "image": "x", "args": ["connect-server", "--master", "local"]} for i in range(many(25_000))]
    return review(server_pod(containers=containers))


@attack
def volumes_that_name_config_maps():
    volumes = [{"name": f"v{i}", "configMap": {"name": f"c{i}"}} for i in range(many(40_000))]
    return review(server_pod(command=[START], volumes=volumes))


@attack
def volumes_mounted_crosswise():
    volumes = [{"name": f"v{i}", "configMap": {"name": "lines"}} for i in range(many(18_000))]
    mounts = [{"name": f"v{many(18_000) - 1 - i}", "mountPath": f"/m{i}"} for i in range(many(18_000))]
    document = server_pod(command=[START], volumes=volumes)
    document["spec"]["containers"][0]["volumeMounts"] = mounts
    return review(document)


@attack
def mounts_named_as_sparks_scripts():
    """Each asks whether its volume may hold a script, and each start asks all of them."""
    volumes = [{"name": f"v{i}", "secret": {"secretName": "s"}} for i in range(many(9_000))]
    mounts = [{"name": f"w{i}", "mountPath": f"/m{i}/start-connect-server.sh", "subPath": "a"} for i in range(many(9_000))]
    document = server_pod(command=["sh", "-c", "start-connect-server.sh;" * many(14)], volumes=volumes)
    document["spec"]["containers"][0]["volumeMounts"] = mounts
    return review(document)


@attack
def volumes_with_many_items():
    items = [{"key": f"k{i}", "path": f"p{i}"} for i in range(many(55_000))]
    document = server_pod(command=[START], volumes=[{"name": "v", "configMap": {"name": "wide", "items": items}}])
    document["spec"]["containers"][0]["volumeMounts"] = [{"name": "v", "mountPath": "/opt/spark/conf"}]
    return review(document)


@attack
def environment_of_60000():
    document = server_pod(command=[START])
    document["spec"]["containers"][0]["env"] = [{"name": f"SPARK_E{i}", "value": "x"} for i in range(many(60_000))]
    return review(document)


@attack
def environment_that_refers_to_itself():
    document = server_pod(command=[START], args=["--master", f"$(E{many(60_000) - 1})"])
    document["spec"]["containers"][0]["env"] = [{"name": f"E{i}", "value": f"$(E{i - 1})"} for i in range(many(60_000))]
    return review(document)


@attack
def environment_java_options():
    document = server_pod(command=[START])
    document["spec"]["containers"][0]["env"] = [{"name": "SPARK_DAEMON_JAVA_OPTS", "value": fill("-Dspark.a=b ")}]
    return review(document)


@attack
def environment_from_many():
    document = server_pod(command=[START])
    document["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "wide"}}] * many(45_000)
    return review(document)


@attack
def values_200000():
    return review(pod(annotations={}) | {"extra": [0] * many(195_000)})


@attack
def keys_many_in_one_object():
    return review(pod(annotations={f"a{i}": "" for i in range(many(190_000))}))


@attack
def keys_that_collide_in_length():
    return review(pod(labels={f"sparkgate.io/{i:06d}": "" for i in range(many(90_000))}))


@attack
def annotations_huge():
    return review(pod(annotations={"a": fill("x")}))


@attack
def annotations_of_sysctls_and_apparmor():
    annotations = {f"container.apparmor.security.beta.kubernetes.io/c{i}": "unconfined" for i in range(many(35_000))}
    return review(pod(annotations=annotations))


@attack
def sysctls_many():
    return review(server_pod(command=[START], securityContext={"sysctls": [{"name": f"kernel.x{i}", "value": "1"} for i in range(many(60_000))]}))


@attack
def labels_of_namespace():
    return review(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "k8s-team", "labels": {"sparkgate.io/mode": "enforce"},
         "annotations": {f"sparkgate.io/k{i}": "x" for i in range(many(90_000))}}},
        kind={"group": "", "version": "v1", "kind": "Namespace"},
        resource={"group": "", "version": "v1", "resource": "namespaces"},
    )  # fmt: skip


@attack
def labels_of_namespace_in_another_order():
    labels = {f"sparkgate.io/k{i:06}": "x" for i in range(many(25_000))}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "k8s-team", "labels": labels}}
    document = review(namespace, kind={"group": "", "version": "v1", "kind": "Namespace"},
                      resource={"group": "", "version": "v1", "resource": "namespaces"})  # fmt: skip
    old = {**namespace, "metadata": {"name": "k8s-team", "labels": dict(reversed(labels.items()))}}
    document["request"] |= {"operation": "UPDATE", "oldObject": old}
    return document


# ---- small pods that lead to large ConfigMaps: see config_maps() ----


@attack
def small_many_invocations_and_a_full_file():
    volumes = [{"name": f"v{i}", "configMap": {"name": "settings"}} for i in range(2)]
    return review(server_pod(command=["sh", "-c", (START + "\n") * many(200)], volumes=volumes))


@attack
def small_many_servers_and_a_full_file():
    volumes = [{"name": f"v{i}", "configMap": {"name": "settings"}} for i in range(8)]
    containers = [{"name": f"c{i}", "image": "x", "command": [START]} for i in range(16)]
    return review(server_pod(containers=containers, volumes=volumes))


@attack
def small_one_file_mounted_often():
    volumes = [{"name": f"v{i}", "configMap": {"name": "lines"}} for i in range(many(2000))]
    return review(server_pod(command=[START], volumes=volumes))


@attack
def environment_by_key():
    document = server_pod(command=[START])
    ref = {"configMapKeyRef": {"name": "wide", "key": "absent"}}
    document["spec"]["containers"][0]["env"] = [{"name": f"E{i}", "valueFrom": ref} for i in range(many(22_000))]
    return review(document)


def config_maps(namespace):
    """What the pods above name, as facts: each within the 1 MiB that the API server takes."""
    data = {
        "wide": {"spark-defaults.conf": "a\n", **{f"k{i}": "x" for i in range(many(60_000))}},
        "lines": {"spark-defaults.conf": "a\n" * many(500_000)},
        "settings": {"spark-defaults.conf": "".join(f"spark.k{i} x\n" for i in range(many(19_000)))},
    }
    for name, texts in data.items():
        yield {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": texts}


# ---- both objects of an UPDATE, a controller ----


@attack
def update_of_two_large_pods():
    old = server_pod(command=[START], args=["--conf", "spark.a=1"] * many(4_000))
    new = server_pod(command=[START], args=["--conf", "spark.a=2"] * many(4_000))
    return review(new, operation="UPDATE", oldObject=old)


@attack
def controller_of_many_containers():
    containers = [{"name": f"c{i}", "image": "apache/spark:4.0.1", "command": [START]} for i in range(many(25_000))]
    return review(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {"template": {"metadata": {"labels": {"app": "spark-connect"}}, "spec": {"containers": containers}}}},
        kind={"group": "apps", "version": "v1", "kind": "Deployment"},
        resource={"group": "apps", "version": "v1", "resource": "deployments"},
    )
