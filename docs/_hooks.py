"""What mkdocs does not do by itself: links that leave docs/, and diagrams without another host.

A link to a file elsewhere in the repository leads, on the site, to a page that shows this file: the site is complete
without any host of a repository.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from _reference import pages  # beside this file, which mkdocs puts on the path
from mkdocs.structure.files import File

ROOT = Path(__file__).parent.parent
SHOWN = "source/"
"""Where the site shows files of the repository that are not below docs/."""

LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)(#[^)]*)?(?=\))")
CODE = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
LANGUAGES = {".py": "python", ".sql": "sql", ".yaml": "yaml", ".json": "json", ".toml": "toml"}

BUNDLE = re.compile(r'<script src="[^"]*assets/javascripts/bundle\.')
"""The theme's own script. It fetches mermaid from another host, unless somebody has loaded it before."""


def on_files(files: Any, config: Any) -> Any:
    """Add the reference that is made of the code, and a page for every file that a page links to outside docs/."""
    for src_uri, text in pages().items():
        files.append(File.generated(config, src_uri, content=text))
    waiting = [(_repository_path(file.src_uri), file.content_string) for file in files.documentation_pages()]
    while waiting:
        path, text = waiting.pop()
        for target in _targets(path, text):
            if files.get_file_from_path(_page_of(target)) is None and not target.startswith("docs/"):
                shown = _shown(target)
                files.append(File.generated(config, _page_of(target), content=shown))
                waiting.append((target, shown))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Let links to files that are not below docs/ lead to their pages."""
    here = page.file.src_uri
    path = _repository_path(here)

    def led(link: re.Match[str]) -> str:
        target = _target(path, link[1])
        if target.startswith("docs/") and not here.startswith(SHOWN):
            return link[0]
        return posixpath.relpath(_page_of(target), posixpath.dirname(here)) + (link[2] or "")

    return _outside_code(markdown, led)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Load mermaid from here, on the pages that have a diagram."""
    if '<pre class="mermaid">' not in output:
        return output
    script = posixpath.relpath("assets/mermaid/mermaid.tiny.js", posixpath.dirname(page.file.dest_uri))
    return BUNDLE.sub(lambda bundle: f'<script src="{script}"></script>{bundle[0]}', output, count=1)


def _repository_path(src_uri: str) -> str:
    return src_uri.removeprefix(SHOWN) if src_uri.startswith(SHOWN) else f"docs/{src_uri}"


def _target(path: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), link))


def _targets(path: str, text: str) -> Iterator[str]:
    for link in LINK.finditer(CODE.sub("", text)):
        target = _target(path, link[1])
        if (ROOT / target).is_file():
            yield target


def _page_of(target: str) -> str:
    if target.startswith("docs/"):
        return target.removeprefix("docs/")
    return SHOWN + (target if target.endswith(".md") else f"{target}.md")


def _shown(target: str) -> str:
    text = (ROOT / target).read_text(encoding="utf-8")
    if target.endswith(".md"):
        return text
    return f"# {target}\n\n````{LANGUAGES.get(Path(target).suffix, 'text')}\n{text}````\n"


def _outside_code(markdown: str, led: Any) -> str:
    parts, end = [], 0
    for block in CODE.finditer(markdown):
        parts += [LINK.sub(led, markdown[end : block.start()]), block[0]]
        end = block.end()
    return "".join([*parts, LINK.sub(led, markdown[end:])])
