"""Kinds of data files that an export can write beside its output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING

from poseviewer.core.numbered import beside as named_beside
from poseviewer.records.arrays import C3dFolder, NpzFile, ParquetFile
from poseviewer.records.coco import CocoDataset, CocoResults
from poseviewer.records.deeplabcut import DlcHdf, DlcTable
from poseviewer.records.depth import DepthC3d, DepthTrc
from poseviewer.records.nwb import NwbFile
from poseviewer.records.openpose import BODY_25, COCO_18, OpenPoseFolder
from poseviewer.records.opensim import MotFolder, TrcFolder
from poseviewer.records.poses_json import PosesJson
from poseviewer.records.tables import (
    AngleTable,
    JointTable,
    PersonSheet,
    RepetitionTable,
    SleapTable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.records.about import About
    from poseviewer.records.record import Record


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of data file, as `--data` names it."""

    endings: tuple[str, ...]
    """What follows the output's stem in the name of each file or folder, such as `_angles.csv`."""

    open: Callable[[Sequence[Path], OutputSet, About], Sequence[Record]]
    """Begins the files at these paths, one for each ending, as a part of these outputs; the last
    argument says how the results are made, and with which filter curves are written.

    Raises PoseViewerError where the kind cannot be written."""

    packages: tuple[str, ...] = ()
    """Packages that it needs beside PoseViewer's own."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The packages that are not installed."""
        return tuple(package for package in self.packages if find_spec(package) is None)

    def paths(self, beside: Path) -> list[Path]:
        """The files and folders of this kind beside an export's output."""
        return [named_beside(beside, ending) for ending in self.endings]


def _csv(paths: Sequence[Path], outputs: OutputSet, about: About) -> Sequence[Record]:
    joints = JointTable(paths[0], outputs=outputs)
    if about.filter.idle:
        return joints, AngleTable(paths[1], outputs=outputs)
    return joints, PersonSheet(paths[1], outputs=outputs, about=about, joints=False)


def _parquet(paths: Sequence[Path], outputs: OutputSet, about: About) -> Sequence[Record]:
    return [
        ParquetFile(path, outputs=outputs, about=about, angles=angles)
        for path, angles in zip(paths, (False, True), strict=True)
    ]


def _file(ending: str, kind: Callable[..., Record], **more: object) -> RecordKind:
    """One file, written by a record of `kind`."""
    return RecordKind(
        (ending,),
        lambda paths, outputs, about: [kind(paths[0], outputs=outputs, about=about, **more)],
    )


def _folder(ending: str, kind: Callable[..., Record], **more: object) -> RecordKind:
    """A folder of files that begin with the output's stem, written by a record of `kind`."""
    return RecordKind(
        (ending,),
        lambda paths, outputs, about: [
            kind(
                paths[0],
                stem=paths[0].name.removesuffix(ending),
                outputs=outputs,
                about=about,
                **more,
            )
        ],
    )


CSV = RecordKind((".csv", "_angles.csv"), _csv)
CSV_WIDE = _file("_wide.csv", PersonSheet, joints=True)
CSV_SLEAP = RecordKind(
    ("_sleap.csv",), lambda paths, outputs, _about: [SleapTable(paths[0], outputs=outputs)]
)
REPETITIONS = _file("_repetitions.csv", RepetitionTable)
CSV_DLC = _file("_dlc.csv", DlcTable)
H5_DLC = replace(_file("_dlc.h5", DlcHdf), packages=("pandas", "tables"))
JSON = _folder("_json", OpenPoseFolder, order=BODY_25)
JSON_18 = _folder("_json18", OpenPoseFolder, order=COCO_18)
POSES = _file("_poses.json", PosesJson)
COCO = _folder("_coco", CocoDataset)
COCO_RESULTS = _file("_coco_results.json", CocoResults)
MOT = _folder("_mot", MotFolder)
TRC = _folder("_trc", TrcFolder, metric=False)
TRC_M = _folder("_trc_m", TrcFolder, metric=True)
C3D = replace(_folder("_c3d", C3dFolder), packages=("ezc3d",))
TRC_DEPTH = _folder("_trc_depth", DepthTrc)
C3D_DEPTH = replace(_folder("_c3d_depth", DepthC3d), packages=("ezc3d",))
NPZ = _file(".npz", NpzFile)
PARQUET = RecordKind((".parquet", "_angles.parquet"), _parquet, ("pyarrow",))
NWB = replace(_file(".nwb", NwbFile), packages=("pynwb", "ndx_pose"))
