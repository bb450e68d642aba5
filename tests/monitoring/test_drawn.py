"""The dashboard drawn by Grafana's own components in a browser, of what Prometheus answered: every panel shows something."""

import os
import re
import struct
import zlib
from pathlib import Path

import pytest
from picture.draw import dom
from queries import PANELS, ROOT

PICTURE = ROOT / "docs" / "pictures" / "dashboard.png"


@pytest.fixture(scope="module")
def sections(watched):
    """{title: the elements of the panel}."""
    page = dom(Path(os.environ["DASHBOARD_PAGE"]), watched["troubled"])
    assert "<title>failed" not in page, page[:2000]
    found = re.findall(r"<section.*?</section>", page, re.S)
    return {re.search(r'<h2 title="([^"]*)"', s)[1].replace("&amp;", "&"): s for s in found}


@pytest.mark.parametrize("panel", PANELS, ids=[p["title"] for p in PANELS])
def test_panel(sections, panel):
    drawn = sections[panel["title"]]
    words = re.findall(r">([^<>]+)<", drawn.split("panel content", 1)[1])
    assert "No data" not in words
    if panel["type"] == "stat":
        assert re.search(r"\d", "".join(words))
    elif panel["type"] == "table":
        assert drawn.count('role="row"') > 1 and drawn.count('role="columnheader"') == (3 if len(panel["targets"]) > 1 else 2)
    else:
        assert "<canvas" in drawn and 'data-testid="data-testid VizLegend series ' in drawn


def test_exemptions_are_one_table(sections):
    """Two queries, merged by Grafana's transformation: a line for each."""
    drawn = sections["Exemptions of the policy in force"]
    assert [drawn.count(f">{name}<") for name in ("legacy-host-network", "unused", "Days left", "Needed")] == [1, 1, 1, 1]


def test_the_picture_is_small_enough_for_a_page():
    """And one of the dashboard: its width is that of the drawing."""
    data = PICTURE.read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    assert data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) < 200_000 and width == 1500 and height > 600
    assert zlib.crc32(data[-8:-4]) == struct.unpack(">I", data[-4:])[0], "not cut off"
