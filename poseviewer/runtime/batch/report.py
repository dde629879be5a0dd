"""The page and the table about all clips of a batch."""

from __future__ import annotations

import csv
import io
import math
import re
from html import escape
from typing import TYPE_CHECKING

from poseviewer.core.percent import percent
from poseviewer.core.summary import sides
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from poseviewer.runtime.batch.task import Outcome, Span

    _Scale = Callable[[float], float]

SHOWN = 500
"""Clips with picture and curves: a page of more would be slow. The others are in the table."""

ROWS = 5000
"""Clips of the table, which `summary.csv` has all of."""

_COLUMNS = (
    "clip", "location", "state", "error", "frames", "seconds", "width", "height", "network",
    "took_s", "saved_before", "most_people", "frames_with_person", "confidence",
)  # fmt: skip

_WIDTH, _HEIGHT = 240, 118
"""Of a plot, points."""

_LEFT, _TOP, _BOTTOM = 34, 6, 16
_STEPS = (10, 15, 20, 30, 45, 60, 90, 120, 180)


_ENDS = ("min", "max", "mean")


def summary_table(outcomes: Sequence[Outcome]) -> str:
    """A CSV table: a row for each clip, with least, greatest and mean of every angle in degrees."""
    angles = list(dict.fromkeys(name for one in outcomes for name in one.angles))
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    columns = [f"{name.replace(' ', '_')}_{end}_deg" for name in angles for end in _ENDS]
    rows.writerow([*_COLUMNS, *columns])
    for one in outcomes:
        spans = [one.angles.get(name) for name in angles]
        figures = [
            figure
            for span in spans
            for figure in (("",) * 3 if span is None else _rounded(span))
        ]  # fmt: skip
        rows.writerow([
            one.name, one.location, one.state, one.error, one.frames, round(one.seconds, 3),
            *one.size, one.network, one.took, one.reused, one.people, one.found,
            round(one.confidence, 4), *figures,
        ])  # fmt: skip
    return text.getvalue()


def _rounded(span: Span) -> tuple[float, float, float]:
    return round(span.low, 3), round(span.high, 3), round(span.mean, 3)


def report_page(
    outcomes: Sequence[Outcome],
    *,
    missing: int = 0,
    whole: Callable[[Outcome], Outcome] = lambda one: one,
) -> str:
    """A page of HTML that needs nothing else; dark or light as the reader's system is.

    Args:
        outcomes: In the order in which they are shown; those that failed come first.
        missing: Clips that were not begun when the batch was stopped.
        whole: Gives an outcome its picture and curves, where those are `light`.
    """
    failed = [one for one in outcomes if one.state == "failed"]
    done = [one for one in outcomes if one.state == "done"]
    return "".join([
        "<!doctype html><html lang=en><head><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width,initial-scale=1'>",
        # Nothing is loaded, and nothing is run.
        "<meta http-equiv=Content-Security-Policy "
        "content=\"default-src 'none';img-src data:;style-src 'unsafe-inline'\">",
        f"<title>PoseViewer: {_clips(len(outcomes))}</title><style>{_STYLE}</style></head><body>",
        _head(done, failed, missing=missing),
        _failures(failed),
        "<main>",
        *(_card(whole(one)) for one in done[:SHOWN]),
        "</main>",
        _more(len(done)),
        _table(done),
        f"<footer>PoseViewer {escape(__version__)}. Angles are of the person in focus, unfiltered; "
        "confidence is the mean over its joints. summary.csv has every figure.</footer>",
        "</body></html>\n",
    ])  # fmt: skip


def _head(done: Sequence[Outcome], failed: Sequence[Outcome], *, missing: int) -> str:
    video, frames = sum(one.seconds for one in done), sum(one.frames for one in done)
    share = sum(one.found for one in done) / frames if frames else 0.0
    figures = [
        (str(len(done)), "clips done"),
        (_duration(video), "of video"),
        (f"{frames:,}".replace(",", "\N{THIN SPACE}"), "frames"),
        (_share(share), "of them with a person"),
    ]
    if failed:
        figures.append((str(len(failed)), "failed"))
    if missing:
        figures.append((str(missing), "not begun"))
    networks = ", ".join(sorted({one.network for one in done})) or "no network"
    return (
        f"<header><h1>{_clips(len(done) + len(failed) + missing)}</h1>"
        f"<p class=sub>{escape(networks)}</p><dl class=figures>"
        + "".join(
            f"<div{' class=bad' if what == 'failed' else ''}><dt>{what}</dt><dd>{value}</dd></div>"
            for value, what in figures
        )
        + "</dl></header>"
    )


def _failures(failed: Sequence[Outcome]) -> str:
    if not failed:
        return ""
    rows = "".join(f"<li><b>{escape(one.name)}</b> {escape(one.error)}</li>" for one in failed)
    return f"<section class=failed><h2>Failed</h2><ul>{rows}</ul></section>"


def _card(one: Outcome) -> str:
    """A clip: its picture, figures and curves."""
    width, height = one.size
    picture = (
        f"<img alt='{escape(one.name, quote=True)}' src='data:image/webp;base64,{one.thumbnail}'>"
        if one.thumbnail
        else ""
    )
    facts = [
        (
            f"{one.frames} frames, {_duration(one.seconds)}",
            f"{width}\N{MULTIPLICATION SIGN}{height}",
        ),
        (_people(one), f"confidence {one.confidence:.2f}" if one.found else ""),
    ]
    rows = "".join(f"<span>{a}</span><span>{b}</span>" for a, b in facts)
    plots = "".join(_plot(one, *names) for names in sides(one.curves))
    return (
        f"<article><div class=pic>{picture}</div><div class=about><h3>{_broken(one.name)}</h3>"
        f"<p class=facts>{rows}</p></div><div class=plots>{plots or _NO_PLOTS}</div></article>"
    )


_NO_PLOTS = "<p class=none>No angle was measured.</p>"


def _broken(name: str) -> str:
    """A name that may be broken where its parts meet."""
    return re.sub(r"([_/.-])", r"\1<wbr>", escape(name))


def _share(share: float) -> str:
    return escape(f"{percent(share)}\N{NO-BREAK SPACE}%")


def _people(one: Outcome) -> str:
    if not one.found:
        return "nobody found"
    people = "1 person" if one.people == 1 else f"up to {one.people} people"
    return f"{people} in {_share(one.found / max(one.frames, 1))}"


def _plot(one: Outcome, title: str, right: str, left: str) -> str:
    """Both sides of an angle over time, as SVG."""
    values = [v for name in (right, left) for v in one.curves[name] if v is not None]
    if not values or len(one.times) < 2:
        return ""
    low, high, step = _axis(min(values), max(values))
    length = max(one.times[-1], 1e-6)
    inner = _WIDTH - _LEFT - 4
    tall = _HEIGHT - _TOP - _BOTTOM

    def x(seconds: float) -> float:
        return _LEFT + inner * seconds / length

    def y(value: float) -> float:
        return _TOP + tall * (high - value) / (high - low)

    ticks = [low + step * at for at in range(round((high - low) / step) + 1)]
    lines = "".join(
        f"<path class=grid d='M{_LEFT} {y(at):.1f}H{_WIDTH - 4}'/>"
        f"<text x={_LEFT - 5} y={y(at) + 3:.1f} class=end>{at:.0f}°</text>"
        for at in ticks
    )
    ends = (
        f"<text x={_LEFT} y={_HEIGHT - 3}>0</text>"
        f"<text x={_WIDTH - 4} y={_HEIGHT - 3} class=end>{_duration(length)}</text>"
    )
    curves = "".join(
        f"<path class={side} d='{_path(one.times, one.curves[name], x, y)}'/>"
        for name, side in ((left, "left"), (right, "right"))
    )
    spans = " ".join(
        f"<span class={side}>{side[0].upper()} {_from_to(one.angles[name])}</span>"
        for name, side in ((left, "left"), (right, "right"))
        if name in one.angles
    )
    return (
        f"<figure><figcaption><b>{escape(title.capitalize())}</b> {spans}</figcaption>"
        f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role=img aria-label='{escape(title, quote=True)}'>"
        f"{lines}{ends}{curves}</svg></figure>"
    )


def _axis(low: float, high: float) -> tuple[float, float, float]:
    """Ends and step of an axis with two to four steps of whole degrees."""
    step = next((s for s in _STEPS if (high - low) / s <= 2.6), _STEPS[-1])
    bottom, top = math.floor(low / step) * step, math.ceil(high / step) * step
    return bottom, max(top, bottom + step), step


def _path(times: Iterable[float], values: Iterable[float | None], x: _Scale, y: _Scale) -> str:
    """A line that is broken where there is no value; a value alone is a dot."""
    parts: list[str] = []
    pen = False
    for seconds, value in zip(times, values, strict=True):
        if value is None:
            pen = False
            continue
        parts.append(f"{'L' if pen else 'M'}{x(seconds):.1f} {y(value):.1f}")
        parts.append("" if pen else "h0")
        pen = True
    return "".join(parts)


def _more(count: int) -> str:
    if count <= SHOWN:
        return ""
    where = "in the table" if count <= ROWS else "in summary.csv"
    return f"<p class=none>The first {SHOWN} of {count} clips; all are {where}.</p>"


def _table(done: Sequence[Outcome]) -> str:
    """The figures of every clip."""
    if not done:
        return ""
    names = list(dict.fromkeys(name for one in done for name in one.curves))
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><th>{escape(one.name)}</th><td>{one.frames}</td><td>{_duration(one.seconds)}</td>"
        f"<td>{_share(one.found / max(one.frames, 1))}</td>"
        f"<td>{one.confidence:.2f}</td>" + "".join(_range(one, name) for name in names) + "</tr>"
        for one in done[:ROWS]
    )
    return (
        "<section><h2>Ranges</h2><div class=wide><table><thead><tr><th>Clip</th><th>Frames</th>"
        f"<th>Length</th><th>Found</th><th>Confidence</th>{head}</tr></thead><tbody>{rows}</tbody>"
        "</table></div></section>"
    )


def _range(one: Outcome, name: str) -> str:
    span = one.angles.get(name)
    if span is None:
        return "<td>-</td>"
    return f"<td>{_from_to(span)}</td>"


def _from_to(span: Span) -> str:
    return f"{round(span.low)}° to {round(span.high)}°"


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def _clips(count: int) -> str:
    return f"{count} clip" if count == 1 else f"{count} clips"


# Right is orange and left is blue, as on the frame.
_STYLE = """
:root{color-scheme:light dark;--page:#e9ecf0;--card:#fff;--text:#1a1e24;--muted:#59626e;
--line:#dde2e8;--left:#1668b5;--right:#b95a00;--bad:#c0342b;--pic:#14161a}
@media(prefers-color-scheme:dark){:root{--page:#14161a;--card:#1d2027;--text:#e8eaed;
--muted:#9aa3af;--line:#2e333c;--left:#58b8ff;--right:#ff9f45;--bad:#ff7b72;--pic:#0c0d10}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1240px;padding:40px 28px 56px;background:var(--page);
color:var(--text);font:14px/1.45 system-ui,-apple-system,'Segoe UI',Inter,sans-serif;
font-variant-numeric:tabular-nums}
h1{font-size:30px;line-height:1.15;font-weight:650;margin:0;letter-spacing:-.01em}
h2{font-size:17px;font-weight:600;margin:36px 0 12px}
h3{font-size:15px;font-weight:600;margin:0;overflow-wrap:anywhere}
.sub,footer,.none{color:var(--muted);margin:4px 0 0}
.figures{display:flex;flex-wrap:wrap;gap:12px 44px;margin:24px 0 30px}
.figures div{display:flex;flex-direction:column-reverse}
.figures dd{margin:0;font-size:24px;font-weight:600;line-height:1.2}
.figures dt{color:var(--muted)}
.bad dd,.failed b{color:var(--bad)}
.failed{background:var(--card);border-left:3px solid var(--bad);border-radius:6px;
padding:14px 18px;margin:0 0 22px}
.failed h2{margin:0 0 6px}.failed ul{margin:0;padding:0;list-style:none}
main{display:grid;gap:14px}
article{display:grid;grid-template-columns:200px 190px minmax(0,1fr);gap:6px 22px;
background:var(--card);border-radius:8px;padding:14px}
.pic{background:var(--pic);border-radius:5px;height:150px;overflow:hidden}
.pic img{width:100%;height:100%;object-fit:contain;display:block}
.facts{display:flex;flex-direction:column;margin:8px 0 0;color:var(--muted)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:8px 18px;
align-content:center;align-items:end}
figure{margin:0}
figcaption{font-size:12px;display:flex;flex-wrap:wrap;gap:0 10px}
figcaption b{font-weight:600}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{font-size:10px;fill:var(--muted)}.end{text-anchor:end}
svg path{fill:none;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round;
vector-effect:non-scaling-stroke}
svg .grid{stroke:var(--line);stroke-width:1}
svg .left{stroke:var(--left)}svg .right{stroke:var(--right)}
span.left{color:var(--left)}span.right{color:var(--right)}
.wide{overflow-x:auto;background:var(--card);border-radius:8px}
table{border-collapse:collapse;width:100%;font-size:13px}
th,td{padding:7px 12px;text-align:right;white-space:nowrap;font-weight:400}
thead th{color:var(--muted);white-space:normal;vertical-align:bottom;font-size:12px}
th:first-child{text-align:left;white-space:normal;overflow-wrap:anywhere;min-width:150px}
tbody tr{border-top:1px solid var(--line)}
footer{margin-top:26px;font-size:12px}
@media(max-width:900px){article{grid-template-columns:150px 1fr}.pic{height:112px}
.plots{grid-column:1/-1}}
@media(max-width:520px){body{padding:22px 14px}article{grid-template-columns:1fr}
.pic{height:auto}}
@media print{body{max-width:none;background:none}article{break-inside:avoid;
border:1px solid var(--line)}}
"""
