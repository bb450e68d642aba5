"""Who is called for what, counted by the API server's own metrics."""

import pytest
from bed.objects import load

OTHERS = load("others.yaml")


@pytest.mark.parametrize("obj", OTHERS, ids=[f"{o['kind']}-{o['metadata']['name']}" for o in OTHERS])
def test_not_called_for_what_is_not_spark_connect(api, calls, obj):
    with calls() as counted:
        api.create(obj, "enforce-standalone", dry_run=True).allowed()
    assert counted == {}
