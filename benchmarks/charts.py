"""The pictures of docs/performance.md, as SVG and PNG. Runs in the peers' environment, which has matplotlib.

`python -m benchmarks.charts results.json directory [growth.json]`
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "operations-api"  # the same data give the same file

from matplotlib import pyplot  # noqa: E402 -- after the choice of what draws

from benchmarks.medians import medians, rate  # noqa: E402

OURS, OTHERS = "#1f6f8b", "#b0b7bd"
GROWING = (("starts", "starts"), ("polls finished", "polls"), ("sustained", "finished operations"))
RATES = (("starts", "starts a second"), ("sustained", "finished a second"), ("drain", "backlog drained a second"))


def draw(data: dict[str, Any], directory: Path) -> None:
    """Write rates and idle latency, each as .svg and .png."""
    directory.mkdir(parents=True, exist_ok=True)
    figures = medians(data)
    titles = {name: about["title"] for name, about in data["systems"].items()}
    picture, areas = pyplot.subplots(1, len(RATES), figsize=(15, 4.2))
    for area, (figure, label) in zip(areas, RATES, strict=True):
        _bars(area, label, [(name, titles[name], rate(figures, name, figure)) for name in titles])
    _save(picture, directory / "rates")
    picture, area = pyplot.subplots(figsize=(7, 4))
    idle = [(name, titles[name], ((figures[name] or {}).get("idle") or {}).get("p50_ms")) for name in titles]
    _bars(area, "one idle operation, p50 in ms", idle)
    _save(picture, directory / "idle")


def draw_growth(data: dict[str, Any], directory: Path) -> None:
    """Write what is left of each figure as operations pile up, as .svg and .png."""
    figures = medians(data["parts"]["grown"])
    sizes = sorted(figures, key=int)
    picture, area = pyplot.subplots(figsize=(7, 4))
    for figure, label in GROWING:
        known = [(int(size), value) for size in sizes if (value := rate(figures, size, figure)) is not None]
        if known:
            area.plot([size for size, _ in known], [value / known[0][1] for _, value in known], marker="o", label=label)
    area.axhline(0.8, color=OTHERS, linestyle="--", linewidth=1)
    area.set(xscale="log", ylim=(0, 1.3), xlabel="operations stored", title="each figure beside that with the fewest")
    area.legend(fontsize=8)
    _save(picture, directory / "growth")


def _bars(area: Any, label: str, values: Sequence[tuple[str, str, float | None]]) -> None:
    known = [(name, title, value) for name, title, value in reversed(values) if value is not None]
    colors = [OURS if name.startswith("operations") else OTHERS for name, _, _ in known]
    bars = area.barh([title for _, title, _ in known], [value for _, _, value in known], color=colors)
    area.bar_label(bars, fmt="{:,.1f}" if max(value for *_, value in known) < 100 else "{:,.0f}", padding=3, fontsize=8)
    area.set_title(label, fontsize=10)
    area.tick_params(labelsize=8)
    area.margins(x=0.18)
    for side in ("top", "right"):
        area.spines[side].set_visible(False)


def _save(picture: Any, path: Path) -> None:
    picture.tight_layout()
    picture.savefig(path.with_suffix(".svg"), metadata={"Date": None})
    picture.savefig(path.with_suffix(".png"), dpi=110)


if __name__ == "__main__":
    draw(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2]))
    if sys.argv[3:]:
        draw_growth(json.loads(Path(sys.argv[3]).read_text(encoding="utf-8")), Path(sys.argv[2]))
