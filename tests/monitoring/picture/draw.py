"""draw.py PAGE DATA PNG [ROWS [WIDTH]] : the dashboard with the answers in DATA (data.py), drawn by Grafana's components.

PAGE is the folder that `bundle` made. ROWS: how much of the dashboard, in rows of its grid.
"""

import functools
import http.server
import json
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

MODEL = Path(__file__).resolve().parents[3] / "manifests" / "dashboards" / "sparkgate.json"
CELL, TOP = 38, 56  # as in page.jsx
WHOLE = 1000
HTML = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="page.css">
<style>body {{ margin: 0; background: #111217; position: relative; height: {height}px; overflow: hidden }}</style>
<div id="page"></div>
<script>window.__grafana_public_path__ = "public/"; window.PICTURE = {picture};</script>
<script src="page.js"></script>"""
FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--virtual-time-budget=20000",
    "--force-device-scale-factor=1",
]


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def html(data, rows, width):
    model = json.loads(MODEL.read_text())
    picture = json.dumps({"dashboard": model, "data": data, "width": width, "rows": rows}).replace("<", "\\u003c")
    return HTML.format(height=rows * CELL + TOP, picture=picture)


@contextmanager
def served(page, data, rows, width):
    """Its address: icons are fetched, which a page of a file may not."""
    with tempfile.TemporaryDirectory() as name:
        for part in page.iterdir():
            (Path(name) / part.name).symlink_to(part)
        (Path(name) / "index.html").write_text(html(data, rows, width))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=name))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.html"
        server.shutdown()
        server.server_close()


def chromium(*arguments):
    with tempfile.TemporaryDirectory() as profile:
        command = ["chromium", *FLAGS, f"--user-data-dir={profile}", *arguments]
        return subprocess.run(command, check=True, capture_output=True, timeout=180).stdout.decode()


def dom(page, data, width=1500):
    """The whole dashboard as elements, when all is drawn."""
    with served(page, data, WHOLE, width) as url:
        return chromium(f"--window-size={width},6000", "--dump-dom", url)


def main():
    page, answers, target = (Path(a).resolve() for a in sys.argv[1:4])
    rows, width = ([int(a) for a in sys.argv[4:]] + [30, 1500][len(sys.argv) - 4 :])[:2]
    with served(page, json.loads(answers.read_text()), rows, width) as url:
        chromium(f"--window-size={width},{rows * CELL + TOP}", f"--screenshot={target}", url)


if __name__ == "__main__":
    main()
