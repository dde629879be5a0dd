"""Neurodata Without Borders: `out.nwb`, poses as ndx-pose 0.4 defines them.

One `PoseEstimation` per person with a `PoseEstimationSeries` per joint: source pixels with 0, 0 the
centre of the top left one, the true times, the confidence. How it was made stands in
`experiment_description` and, as JSON, in `notes`.
"""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.records.clip import ClipRecord

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable


class NwbFile(ClipRecord):
    """The file."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the people with a number, or everybody where nobody has one."""
        import h5py
        from ndx_pose import PoseEstimation, PoseEstimationSeries, Skeleton, Skeletons
        from pynwb import NWBHDF5IO, NWBFile
        from pynwb.image import ImageSeries

        about = self.about
        file = NWBFile(
            session_description=f"Human poses in {about.source}",
            identifier=f"{about.source} {about.network}",
            # A clip does not say when it was taken; its times count from this moment.
            session_start_time=datetime(1970, 1, 1, tzinfo=UTC),
            experiment_description=about.words(),
            notes=json.dumps(about.table(clip.skeleton)),
        )
        video = ImageSeries(
            name="source_video",
            description="the clip in which the poses were found",
            external_file=[about.source],
            starting_frame=[0],
            format="external",
            dimension=list(about.size),
            unit="n.a.",
            timestamps=clip.seconds,
        )
        file.add_acquisition(video)
        nodes = list(clip.skeleton.joints)
        module = file.create_processing_module("behavior", "poses found in the video")
        skeletons = []
        for person in clip.numbered:
            name = clip.name(person)
            skeleton = Skeleton(
                name=f"{name}_skeleton",
                nodes=nodes,
                edges=np.array(clip.skeleton.bones, np.uint8).reshape(-1, 2),
            )
            skeletons.append(skeleton)
            series = [
                PoseEstimationSeries(
                    name=joint,
                    description=f"{joint} of {name}",
                    data=person.xy[:, at].astype(np.float64),
                    unit="pixels",
                    reference_frame="(0, 0) is the centre of the top left pixel; y points down",
                    timestamps=clip.seconds,
                    confidence=person.score[:, at].astype(np.float64),
                    confidence_definition="0 to 1; a probability where the network is calibrated",
                )
                for at, joint in enumerate(nodes)
            ]
            module.add(
                PoseEstimation(
                    name=name,
                    pose_estimation_series=series,
                    description=about.words(),
                    scorer=about.network,
                    source_software=about.program,
                    skeleton=skeleton,
                    source_video=video,
                )
            )
        module.add(Skeletons(skeletons=skeletons))
        # In memory first: what the library says of a full disk is no sentence, and no OSError.
        memory = io.BytesIO()
        with h5py.File(memory, "w") as stored, NWBHDF5IO(file=stored, mode="w") as out:
            out.write(file)
        self._part.write_bytes(memory.getvalue())
