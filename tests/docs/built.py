"""docs/ as mkdocs builds it, strictly: what a link checker of other people says, and then each link, anchor and picture of the pages
that came of it. mkdocs looks at Markdown; a reader has HTML."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# The theme's own: a page for addresses that are none.
THEMES = {"404.html"}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.pictures, self.titles, self.fences = [], [], [], 0, 0
        self.inside = []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.inside.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag == "img":
            self.pictures.append((attrs.get("src", ""), attrs.get("alt") or ""))
            self.inside.pop()
        self.titles += tag == "h1"

    def handle_endtag(self, tag):
        while self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        # A fence that the reader of Markdown did not take for one is shown as it was typed.
        self.fences += "```" in data and not {"code", "pre", "script"} & set(self.inside)


def build(root, check):
    out = subprocess.run([sys.executable, "-m", "mkdocs", "build", "--strict", "-f", ".mkdocs.yml", "-d", root / "build" / "site-built"],
                         cwd=root, capture_output=True, text=True)  # fmt: skip
    said = "\n".join(line for line in out.stderr.splitlines() if re.match(r"WARNING|ERROR|Aborted|.*Error", line))
    check(out.returncode == 0, f"mkdocs build --strict:\n{said or out.stderr[-1500:]}")
    return root / "build" / "site-built"


def leads(site, page, link, pages, check):
    name, parts = page.relative_to(site), urlsplit(link)
    if parts.scheme or parts.netloc:
        return
    where = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    where = where / "index.html" if where.is_dir() else where
    check(where.is_file() and site in where.parents, f"site: {name}: {link} leads nowhere")
    if parts.fragment and where in pages:
        check(unquote(parts.fragment) in pages[where].ids, f"site: {name}: {link}: no such place on that page")


def look(root, check):
    site = build(root, check).resolve()
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name not in THEMES}
    check(len(pages) == len(list((root / "docs").glob("*.md"))), f"site: {len(pages)} pages")
    for path, page in pages.items():
        name = path.relative_to(site)
        check(page.titles == 1, f"site: {name}: {page.titles} headings of the first order")
        check(len(set(page.ids)) == len(page.ids), f"site: {name}: two places of one name: {sorted(i for i in set(page.ids) if page.ids.count(i) > 1)}")
        check(not page.fences, f"site: {name}: ``` in the text: a block that is none")
        for link in page.links:
            leads(site, path, link, pages, check)
        for source, words in page.pictures:
            leads(site, path, source, pages, check)
            check(len(words) >= 20, f"site: {name}: {source} says nothing to who does not see it")
