"""The page of a problem type: what somebody reads who followed the ``type`` of a refusal."""

from __future__ import annotations

from html import escape

from operations_api.domain.problem import ProblemType


def problem_page(kind: ProblemType, assets: str) -> str:
    """The page as HTML. ``assets`` is the version in the URLs of the style sheet."""
    statuses = ", ".join(str(status) for status in (kind.status, *kind.also))
    return f"""\
<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{escape(kind.title)}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="../docs/assets/{assets}/pages.css">
</head>
<body>
  <main>
    <h1>{escape(kind.title)}</h1>
    <p class="facts"><code>{escape(kind.slug)}</code> status {statuses}</p>
    <h2>What it means</h2>
    <p>{escape(kind.meaning)}</p>
    <h2>What to do</h2>
    <p>{escape(kind.remedy)}</p>
    <p class="more">The problem document's <code>detail</code> says what was wrong with that request; quote its
    <code>instance</code> when you ask for help. <a href="../docs">The API's documentation</a></p>
  </main>
</body>
</html>
"""
