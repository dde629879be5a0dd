"""Markers of a body whose place before a camera is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.triangulated import read_triangulated

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("RHip", "LHip", "Neck", "LKnee")
CALIBRATION = """<?xml version='1.0' encoding='ASCII'?>
<calibration><cameras>
 <camera active="1" serial="cam01"><transform r11="1" r12="0" r13="0" r21="0" r22="1" r23="0"
  r31="0" r32="0" r33="1" x="0" y="0" z="4000"/><intrinsic focalLengthU="64000"
  focalLengthV="64000" centerPointU="20480" centerPointV="15360" radialDistortion1="{k}"
  radialDistortion2="0" radialDistortion3="0" tangentalDistortion1="0"
  tangentalDistortion2="0"/></camera>
</cameras></calibration>
"""


def trc(places: np.ndarray, *, units: str = "m") -> str:
    rows = [
        "\t".join([str(at + 1), f"{at / 60}", *(f"{v:.6f}" if v == v else "" for v in row.ravel())])
        for at, row in enumerate(places)
    ]
    count = len(places)
    return "\n".join(
        [
            "PathFileType\t4\t(X/Y/Z)\twalk.trc",
            "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits",
            f"60\t60\t{count}\t{len(NAMES)}\t{units}",
            "Frame#\tTime\t" + "\t\t\t".join(NAMES) + "\t\t",
            "\t\t" + "\t".join(f"{axis}{n}" for n in range(1, 5) for axis in "XYZ"),
            *rows,
        ]
    )


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    # Of the calibration x, y, z; those of a TRC file are y, z, x.
    world = np.array([[-0.1, 0, 0], [0.1, 0, 0], [0, 0.5, 0], [0.1, -0.4, 1.0]])
    places = np.stack([world[:, [1, 2, 0]]] * 2)
    places[1, 3] = np.nan
    markers, calibration = tmp_path / "walk.trc", tmp_path / "Calib.qca.txt"
    markers.write_text(trc(places), encoding="utf-8")
    calibration.write_text(CALIBRATION.format(k="0"), encoding="utf-8")
    return markers, calibration


def test_markers_along_the_axes_of_the_camera(files: tuple[Path, Path]) -> None:
    found = read_triangulated(*files, camera="cam01")
    # HALPE's neck lies elsewhere than the other ones.
    assert found.joints == ("right_hip", "left_hip", "left_knee")
    assert found.frames.tolist() == [0, 1]
    # The camera looks down from 4 m; what is 1 m above the floor is 3 m away.
    assert found.places[0] == pytest.approx(np.array([[-0.1, 0, 4], [0.1, 0, 4], [0.1, 0.4, 3]]))
    assert found.xy[0, 0] == pytest.approx([320 - 1000 * 0.1 / 4, 240])
    assert found.xy[0, 2] == pytest.approx([320 + 1000 * 0.1 / 3, 240 + 1000 * 0.4 / 3])
    assert np.isnan(found.places[1, 2]).all()


def test_a_lens_bends_what_is_far_from_the_middle(files: tuple[Path, Path]) -> None:
    files[1].write_text(CALIBRATION.format(k="-0.5"), encoding="utf-8")
    bent = read_triangulated(*files, camera="cam01").xy[0]
    square = (0.1 / 3) ** 2 + (0.4 / 3) ** 2
    assert bent[2] == pytest.approx(
        (320 + 1000 * 0.1 / 3 * (1 - 0.5 * square), 240 + 1000 * 0.4 / 3 * (1 - 0.5 * square))
    )


def test_what_cannot_be_read_is_said(files: tuple[Path, Path]) -> None:
    with pytest.raises(PoseViewerError, match="no camera cam09; it has cam01"):
        read_triangulated(*files, camera="cam09")
    files[1].write_text("<camera serial='x'/>", encoding="utf-8")
    with pytest.raises(PoseViewerError, match="has no camera cam01"):
        read_triangulated(*files, camera="cam01")
    files[1].write_text(CALIBRATION.format(k="nan"), encoding="utf-8")
    with pytest.raises(PoseViewerError, match="is not a calibration of Qualisys"):
        read_triangulated(*files, camera="cam01")
    files[1].write_text(CALIBRATION.format(k="0"), encoding="utf-8")
    files[0].write_text(trc(np.zeros((1, 4, 3)), units="mm"), encoding="utf-8")
    with pytest.raises(PoseViewerError, match="its units are not metres"):
        read_triangulated(*files, camera="cam01")
