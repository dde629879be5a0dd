"""The figures of angles of real clips, against pandas on the same values."""

import numpy as np
import pandas as pd
import pytest

from poseviewer.api import analyse
from poseviewer.core.filters import RAW
from poseviewer.runtime.angle_figures import AngleTable, Span
from poseviewer.runtime.state import History

pytestmark = pytest.mark.slow

CHOSEN = ("right knee", "left knee", "right hip", "left hip", "trunk")


@pytest.mark.parametrize(
    ("clip", "start", "end"), [("squat.mp4", 250, 330), ("sports2d_demo.mp4", 0, 60)]
)
def test_over_a_real_clip(shared, clip, start, end):
    found = analyse(shared / "videos" / clip, start=start, end=end)
    person = found.of(found.people[0])
    names = [spec.name for spec in person.specs]
    order = np.argsort(person.frame)
    made = History(
        person.specs,
        person.frame[order],
        person.time[order],
        person.degrees[order],
        np.ones(len(order), np.float32),
    )
    span = Span(start, end, end - start + 1, end - start + 1, "in to out")
    middle = int(made.index[len(made.index) // 2])
    rows = {row.name: row for row in AngleTable(made, CHOSEN, by=RAW, span=span).rows(middle)}
    table = pd.DataFrame(made.degrees.astype(float), index=made.index, columns=names)
    # Nothing turns beyond half a turn here, so that the raw values are the unwrapped ones.
    assert table[list(CHOSEN)].diff().abs().max().max() < 180
    table = table.reindex(range(start, end + 1))
    for plain in ("knee", "hip"):
        both = table[[f"right {plain}", f"left {plain}"]].dropna()
        ranges = both.max() - both.min()
        table[f"{plain}: right less left"] = table[f"right {plain}"] - table[f"left {plain}"]
        index = 200 * (ranges.iloc[0] - ranges.iloc[1]) / ranges.sum()
        measured = rows[f"{plain}: right less left"].symmetry
        assert measured == pytest.approx(index, nan_ok=True)
    for name, row in rows.items():
        series, over = table[name], row.over
        assert (over.frames, over.measured) == (len(series), series.count())
        assert over.missing == pytest.approx(series.isna().mean())
        expected = (series.min(), series.max(), series.mean(), series.std())
        figures = (over.minimum, over.maximum, over.mean, over.deviation)
        assert figures == pytest.approx(expected, nan_ok=True, abs=1e-6)
        assert row.now == pytest.approx(series[middle], nan_ok=True)
        if series.count():
            times = dict(zip(made.index.tolist(), made.seconds, strict=True))
            assert over.minimum_at == pytest.approx(times[series.idxmin()])
            assert over.maximum_at == pytest.approx(times[series.idxmax()])
    assert sum(row.over.measured > 20 for row in rows.values()) >= 5
