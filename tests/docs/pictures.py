"""docs/pictures/*.svg: well formed, of themselves alone, told to who does not see them, legible in the dark, inside of their frame, and with
words that the sources know."""

import re
import xml.etree.ElementTree as ElementTree

SVG = "{http://www.w3.org/2000/svg}"
# Roughly, in widths of a letter per pixel of size: no font is measured here.
WIDTH = {"code": 0.62, "name": 0.60, "dim": 0.54, "": 0.56}


def texts(tree):
    for element in tree.iter(SVG + "text"):
        yield element, "".join(element.itertext())


def known(text, sources, documents):
    """What is in the monospaced type is code: each piece of it occurs in the sources; others' names, in the documents."""
    def stands(piece):
        """As a word, where it begins or ends as one."""
        before, after = (r"(?<!\w)" if piece[0].isalnum() else ""), (r"(?!\w)" if piece[-1].isalnum() else "")
        return re.search(before + re.escape(piece) + after, sources) or re.search(before + re.escape(piece) + after, documents)

    return all(stands(piece.strip()) for piece in text.split("…") if re.search(r"\w", piece))


def reach(element, text):
    size = {"dim": 12, "code": 13}.get(element.get("class", ""), 14)
    wide = len(text) * size * WIDTH[element.get("class", "")]
    begin = float(element.get("x")) - {"middle": wide / 2, "end": wide}.get(element.get("text-anchor"), 0)
    return begin, begin + wide


def alone(name, text, check):
    outward = re.search(r"(?:href|src)=\"(?!#)|url\((?!#)|@import|<script|<image|<!ENTITY|on\w+=", text)
    check(not outward, f"{name}: {outward and outward[0]}: a picture asks for nothing")
    check("prefers-color-scheme: dark" in text, f"{name}: one colour for day and night")


def told(name, tree, check):
    for what, least in (("title", 10), ("desc", 80)):
        element = tree.find(SVG + what)
        words = "" if element is None else "".join(element.itertext())
        check(len(words) >= least and element.get("id") in tree.get("aria-labelledby", "").split(), f"{name}: no {what} for who does not see it")
    check(tree.get("role") == "img", f"{name}: role is not img")


def judge(name, text, sources, documents, check):
    alone(name, text, check)
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        return check(False, f"{name}: {error}")
    told(name, tree, check)
    _, _, width, height = map(float, tree.get("viewBox").split())
    check(width <= 900, f"{name}: {width} wide: too small to read in a column")
    for element, words in texts(tree):
        begin, end = reach(element, words)
        check(0 <= begin and end <= width and 0 < float(element.get("y")) < height, f"{name}: {words!r} leaves the picture")
        if element.get("class") == "code":
            check(known(words, sources, documents), f"{name}: {words!r} is in no source and no document")


def look(root, sources, check):
    documents = "\n".join(p.read_text() for p in [root / "README.md", *sorted((root / "docs").glob("*.md"))])
    pictures = sorted((root / "docs" / "pictures").glob("*.svg"))
    check(pictures, "docs/pictures: no SVG")
    for path in pictures:
        check(f"pictures/{path.name})" in documents, f"docs/pictures/{path.name}: no document shows it")
        judge(f"docs/pictures/{path.name}", path.read_text(), sources, documents, check)
