"""The table of a comparison as Markdown: every figure with what it was counted over."""

from __future__ import annotations

PICTURES = (
    ("PCK@0.2", "pck_0.2", 100, "{:.1f}"),
    ("PCK@0.1", "pck_0.1", 100, "{:.1f}"),
    ("drawn: precision", "precision", 100, "{:.1f}"),
    ("recall", "recall", 100, "{:.1f}"),
    ("F1", "f1", 100, "{:.1f}"),
    ("absent, yet drawn", "absent_drawn", 100, "{:.1f}"),
    ("found", "people", 100, "{:.1f}"),
    ("F1, heavy's too", "f1_both", 100, "{:.1f}"),
)
CLIPS = (
    ("angles from heavy's", "apart", 1, "{:.1f}°"),
    ("raw", "apart_raw", 1, "{:.1f}°"),
    ("jumps per 1000", "jumps", 1, "{:.2f}"),
    ("raw", "jumps_raw", 1, "{:.2f}"),
    ("jitter", "jitter", 1, "{:.2f} %"),
    ("raw", "jitter_raw", 1, "{:.2f} %"),
    ("lost frames", "lost", 100, "{:.1f} %"),
)
"""Headline, name in the table, factor and form of each column."""


def markdown(table):
    """The whole table."""
    said = table["conditions"]
    parts = [
        f"{said['date']}; PoseViewer {said['poseviewer']}; MediaPipe {said['mediapipe']}; one core"
        + ("; quick: a part of everything" if said["quick"] else "")
        + ". In brackets: over how many joints, pictures, frames or pairs."
    ]
    photos = [row for row in table["pictures"] if "false_people" not in row]
    if photos:
        parts += list(_sections(photos, PICTURES, "pictures"))
    empty = [row for row in table["pictures"] if "false_people" in row]
    if empty:
        column = [("a person is drawn", "false_people", 100, "{:.1f} %")]
        parts += list(_sections(empty, column, "pictures"))
    if table["clips"]:
        parts += list(_sections(table["clips"], CLIPS, "frames"))
    return "\n\n".join(parts) + "\n"


def _sections(rows, columns, noun):
    for name in dict.fromkeys(row["set"] for row in rows):
        some = [row for row in rows if row["set"] == name]
        used = [column for column in columns if any(column[1] in row for row in some)]
        yield f"**{name}** ({some[0][noun]} {noun})"
        used = [*used, ("CPU ms", "milliseconds", 1, "{:.0f}")]
        lines = [["", *(column[0] for column in used)], ["---"] * (1 + len(used))]
        lines += [[row["who"], *(_cell(row, column) for column in used)] for row in some]
        yield "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(row, column):
    _, name, factor, form = column
    found = row.get(name)
    if found is None or found["value"] is None:
        return "-"
    return f"{form.format(factor * found['value'])} ({found['count']:,})"
