"""What the recipes of attacks.py and attacks_texts.py are made with: `share`, of all that is repeated, and documents to fill."""

import json

from reviews import pod, review
from server import LIMIT

START = "/opt/spark/sbin/start-connect-server.sh"
ROOM = LIMIT - 4096  # for the object beside what is filled in
ATTACKS = {}
share = 1.0  # of all that is repeated


def many(count):
    return max(2, int(count * share))


def attack(build):
    ATTACKS[build.__name__] = build
    return build


def server_pod(command=None, args=None, **spec):
    document = pod(args=args)
    container = document["spec"]["containers"][0]
    container["command"] = command or container["command"]
    if args is None and command:
        del container["args"]
    document["spec"].update(spec)
    return document


def shell(text):
    return review(server_pod(command=["/bin/sh", "-c", text]))


def config_map(data, **metadata):
    return review(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "conf", "labels": {"sparkgate.io/role": "connect-config"}, **metadata}, "data": data},
        kind={"group": "", "version": "v1", "kind": "ConfigMap"},
        resource={"group": "", "version": "v1", "resource": "configmaps"},
    )


def fill(piece, room=ROOM):
    """As many repetitions as fit, counted as JSON escapes them."""
    return piece * many(room // (len(json.dumps(piece)) - 2))
