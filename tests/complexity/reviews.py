#!/usr/bin/env python3
"""tests/complexity/reviews.py DIR : the recipes of tests/http/attacks.py at four sizes, for `work --reviews DIR`.

DIR/list has their names, DIR/NAME.N the review, DIR/facts.MODE the Namespace and the ConfigMaps: in warn, all that enforce would
say is said of what it leaves alone."""
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "http"))
import attacks  # noqa: E402
import recipe  # noqa: E402

LARGEST = 1 / 12  # of the 3 MiB that a request may have
NAMESPACE = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {
        "name": "k8s-team",
        "labels": {"sparkgate.io/mode": "enforce"},
        "annotations": {"sparkgate.io/backendMode": "standalone", "sparkgate.io/standaloneMaster": "spark://m:7077"},
    },
}


def main(directory):
    directory.mkdir(parents=True, exist_ok=True)
    recipe.share = LARGEST / 8
    for mode in ("enforce", "warn"):
        NAMESPACE["metadata"]["labels"]["sparkgate.io/mode"] = mode
        facts = [NAMESPACE, *attacks.config_maps("k8s-team")]
        (directory / f"facts.{mode}").write_text(json.dumps({"kind": "List", "apiVersion": "v1", "items": facts}))
    for number in range(4):
        recipe.share = LARGEST / 8 * 2**number
        for name, build in attacks.ATTACKS.items():
            (directory / f"{name}.{number}").write_text(json.dumps(build()))
    (directory / "list").write_text("".join(f"{name}\n" for name in attacks.ATTACKS))


main(Path(sys.argv[1]))
