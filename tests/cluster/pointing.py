"""Which sparkgate the API server asks: another one for the time of a module, and the first one again afterwards. Both ways are waited for.
A process may only end when nobody asks it any more: each call that fails is a complaint in the API server's log (test_the_log.py)."""

import base64
import contextlib
import copy
import re

import requests
from bed.objects import servers
from bed.process import patiently, wait_until
from bed.sparkgate import METRICS

POD, _ = servers()["argv"]
KINDS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")


def configurations(api):
    """Those of sparkgate, as they can be written back."""
    for kind in KINDS:
        for obj in api.list(kind):
            if obj["metadata"]["name"].startswith("sparkgate"):
                yield {**obj, "kind": kind, "apiVersion": "admissionregistration.k8s.io/v1"}


def point_webhooks(api, url, ca):
    """Let the API server ask the sparkgate at url; what was there before."""
    before = list(configurations(api))
    for obj in copy.deepcopy(before):
        for webhook in obj["webhooks"]:
            path = webhook["clientConfig"]["url"].rpartition("/")[2]
            webhook["clientConfig"] = {"url": f"{url}/{path}", "caBundle": base64.b64encode(ca).decode()}
        api.replace(obj).allowed()
    assert len(before) == 2
    return before


def point_back(api, before):
    """Let the API server ask the one of before, and wait until it does."""
    for obj in before:
        version = api.get(obj["kind"], None, obj["metadata"]["name"]).allowed()["metadata"]["resourceVersion"]
        api.replace(as_new(obj, resourceVersion=version)).allowed()
    wait_asked(api, METRICS)


def as_new(obj, **metadata):
    """An object without what the API server has given to the one that was stored."""
    kept = {k: v for k, v in obj["metadata"].items() if k in ("name", "labels", "annotations")}
    return {**obj, "metadata": {**kept, **metadata}}


@contextlib.contextmanager
def pointed(api, url, ca, metrics):
    """The sparkgate at url is asked, and has its metrics at that address."""
    before = point_webhooks(api, url, ca)
    try:
        wait_asked(api, metrics)
        yield
    finally:
        point_back(api, before)


def wait_asked(api, mutate, validate=None):
    """Wait until the API server asks the sparkgate whose metrics are at that address (validate: it rewrites, and that one validates). One answer
    of each is enough: whoever is asked afterwards is found in the same configurations. Who is asked in vain does not count."""
    wait_until(lambda: is_asked(api, mutate, validate or mutate), f"the sparkgate with metrics at {mutate} is asked", 30)


def is_asked(api, mutate, validate):
    asked = [(mutate, "mutate"), (validate, "validate")]
    before = [answers(*one) for one in asked]
    api.create(POD, "enforce-k8s", dry_run=True)
    return all(answers(*one) > then for one, then in zip(asked, before, strict=True))


def answers(metrics, endpoint):
    """How often the sparkgate with that metrics address has answered."""
    text = requests.get(f"http://{metrics}/metrics", timeout=patiently(5)).text
    found = re.search(rf'^sparkgate_requests_total{{endpoint="{endpoint}",code="200"}} (\S+)$', text, re.M)
    return float(found[1]) if found else 0
