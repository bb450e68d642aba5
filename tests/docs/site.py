"""mkdocs' hook: what lies beside docs/ is in no site, so links to it lead to the repository."""

import re


def on_page_markdown(markdown, page, config, files):
    return re.sub(r"\]\(\.\./([^)\s]+)\)", rf"]({config['repo_url']}/blob/main/\1)", markdown)
