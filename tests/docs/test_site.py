"""The site is built without a warning, is complete, and loads nothing from another host."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import click
import pytest

import operations_api
import operations_api.client
import operations_api.testing
from operations_api.cli import GROUPS, cli
from operations_api.domain.problem import PROBLEM_TYPES
from operations_api.settings import VARIABLES
from tests.processes import ROOT

LOADED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "audio": "src",
}
"""What a browser loads by itself; a link that somebody has to follow is no part of it."""

STYLE_LOADS = re.compile(r"(?:url\(|@import)\s*['\"]?([^'\")\s;]+)")
BUNDLE_LOADS = re.compile(r"https?://[^\"'`\s)]*\.js")
"""A script that the theme's own would load."""

MERMAID = "https://unpkg.com/mermaid@11/dist/mermaid.min.js"
"""What the theme loads on a page with a diagram, unless mermaid is there."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make docs` does, where there is no network: nothing may be needed of any."""
    directory = tmp_path_factory.mktemp("site")
    done = built(ROOT / "mkdocs.yml", directory)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return directory


def test_a_link_that_leads_nowhere_fails_the_build(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    for name in ("docs", "openapi", "examples", "deploy", "benchmarks/results"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("mkdocs.yml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "docs" / "wrong.md").write_text("[nowhere](nowhere.md)\n")
    done = built(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    [warning] = [line for line in done.stderr.splitlines() if "WARNING" in line]
    assert "nowhere.md" in warning


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    for page in site.rglob("*.html"):
        elsewhere = [url for url in loaded_by(page.read_text(encoding="utf-8")) if urlsplit(url).netloc]
        assert elsewhere == [], page


def test_no_style_loads_anything_from_another_host(site: Path) -> None:
    styles = [*site.rglob("*.css"), *site.rglob("*.html")]
    assert styles
    for style in styles:
        urls = STYLE_LOADS.findall(
            re.sub(r"<(code|pre).*?</\1>", "", style.read_text(encoding="utf-8"), flags=re.DOTALL)
        )
        assert [url for url in urls if urlsplit(url).netloc] == [], style


def test_the_themes_script_would_load_one_other_script_and_every_page_that_needs_it_has_it(site: Path) -> None:
    [bundle] = site.glob("assets/javascripts/bundle.*.min.js")
    assert set(BUNDLE_LOADS.findall(bundle.read_text(encoding="utf-8"))) == {MERMAID}
    drawn = [page for page in site.rglob("*.html") if '<pre class="mermaid">' in page.read_text(encoding="utf-8")]
    assert drawn
    for page in drawn:
        scripts = [url for url in loaded_by(page.read_text(encoding="utf-8")) if url.endswith(".js")]
        names = [Path(url).name for url in scripts]
        assert names.index("mermaid.tiny.js") < names.index(bundle.name)


def test_everything_a_page_loads_or_leads_to_is_there(site: Path) -> None:
    for page in site.rglob("*.html"):
        if page.name == "404.html":  # it is served for any address, so it names the site's root
            continue
        text = page.read_text(encoding="utf-8")
        for url in {*loaded_by(text), *re.findall(r'<a [^>]*?href="([^"]+)"', text)}:
            parts = urlsplit(html.unescape(url))
            if not parts.scheme and parts.path:
                assert (page.parent / unquote(parts.path)).exists(), f"{page.relative_to(site)}: {url}"


def test_the_reference_has_every_route(site: Path) -> None:
    shown = text_of(site / "reference" / "http.html")
    document = json.loads((ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    for path, item in document["paths"].items():
        general = re.sub(r"^/operations/(?!\{)[a-z-]+", "/operations/{type}", path)
        for method in item.keys() - {"parameters"}:
            assert f"{method.upper()} {general}" in shown


def test_the_reference_has_every_problem_setting_and_command(site: Path) -> None:
    reference = site / "reference"
    assert [slug for slug in PROBLEM_TYPES if slug not in text_of(reference / "problems.html")] == []
    assert [each.name for each in VARIABLES if each.name not in text_of(reference / "settings.html")] == []
    assert [name for name in commands(cli, "operations-api") if name not in text_of(reference / "commands.html")] == []
    assert {name for names in GROUPS.values() for name in names} == cli.commands.keys()


@pytest.mark.parametrize(
    ("page", "module"),
    [
        ("python.html", operations_api),
        ("python-client.html", operations_api.client),
        ("python-testing.html", operations_api.testing),
    ],
)
def test_the_reference_has_every_name_of_the_vocabulary(site: Path, page: str, module: object) -> None:
    ids = re.findall(r'id="([\w.]+)"', (site / "reference" / page).read_text(encoding="utf-8"))
    shown = {id.rpartition(".")[2] for id in ids}
    assert set(module.__all__) - shown == set()  # type: ignore[attr-defined]


def built(configuration: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(configuration), "-d", str(directory)]
    nowhere = "http://127.0.0.1:1"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)
    environment = os.environ | proxies | {"NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    return subprocess.run(command, env=environment, cwd=configuration.parent, capture_output=True, text=True)


def commands(command: click.Command, name: str) -> Iterator[str]:
    """The names of all commands, as they are typed."""
    if not isinstance(command, click.Group):
        yield name
        return
    for each, below in command.commands.items():
        yield from commands(below, f"{name} {each}")


def text_of(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8")))


def loaded_by(text: str) -> list[str]:
    """The addresses of what a browser loads with this page, in their order."""
    finder = _Finder()
    finder.feed(text)
    return finder.found


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "link" and named.get("rel") in ("canonical", "next", "prev"):
            return
        if url := named.get(LOADED.get(tag, "")):
            self.found.append(url)
