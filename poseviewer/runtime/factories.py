"""Loads networks, and lists the models, engines and devices there are."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.correction import NONE
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.sections import NetworkState, ReadingState
from poseviewer.runtime.state import ModelInfo, WriterInfo

if TYPE_CHECKING:
    from collections.abc import Hashable

    from poseviewer.core.correction import Corrections
    from poseviewer.core.result import FrameResult
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.angles import Goniometer
    from poseviewer.pipeline.estimate import Estimator, Network
    from poseviewer.pipeline.find import Finder
    from poseviewer.pipeline.follow import Follower
    from poseviewer.pipeline.smooth import PoseFilter
    from poseviewer.runtime.sections import AngleState


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A network that is ready to run on the thread that loaded it."""

    card: ModelCard
    engine: Network

    label: str
    """What runs it, such as `OpenVINO fp32, CPU`."""

    notice: str | None = None
    """One sentence, where another engine runs than was asked for."""

    finder: Finder | None = None
    """Finds people in a whole frame for a network that reads one, or confirms those whom a
    network of several finds; None where there is none."""

    def estimator(self, reading: ReadingState) -> Estimator:
        """The network with the decoder that `reading` asks for."""
        from poseviewer.pipeline.estimators import estimator_of

        estimator = estimator_of(
            self.card, self.engine, decoding=reading.decoding, flip=reading.flip
        )
        estimator.finder = self.finder
        return estimator


Loader = Callable[[NetworkState], Loaded]
"""Loads a network; raises PoseViewerError where it cannot."""


def load_network(network: NetworkState, *, threads: int | None = None) -> Loaded:
    """Import, build and compile a network; takes seconds.

    Args:
        network: Which, and what runs it.
        threads: CPU threads; those of `network` where None.

    Raises:
        PoseViewerError: There is no such model, it has no weights here, or no engine runs it.
    """
    # Imported here, on the thread that needs it: torch takes longer than the window to appear.
    from poseviewer.models.engine import choose_engine
    from poseviewer.models.finder import finder_engine
    from poseviewer.models.registry import card
    from poseviewer.pipeline.find import Finder

    threads = threads or network.threads or None
    chosen = card(network.model)
    if not chosen.trained:
        raise PoseViewerError(chosen.lacking)
    engine, notice = choose_engine(
        chosen, device=network.device, precision=network.precision, engine=network.engine,
        threads=threads,
    )  # fmt: skip
    finder = None
    crowd = chosen.everybody
    if not crowd or chosen.confirmed:
        try:
            finder = Finder(finder_engine(threads=threads))
        except PoseViewerError as error:
            lost = "nothing confirms people" if crowd else "frames are searched more slowly"
            notice = notice or f"{str(error).rstrip('.')}: {lost}."
    if "torch" in sys.modules:
        single_threaded()
    return Loaded(chosen, engine, engine.label, notice, finder)


def single_threaded() -> None:
    """Limit torch to one thread: beside decoding and drawing, two were slower."""
    import torch

    torch.set_num_threads(1)


def follower(reading: ReadingState, *, live: bool = False) -> Follower:
    """The follower that chooses regions as `reading` asks for.

    Args:
        reading: Which region.
        live: Whether frames do not wait, so that even the first search is spread over frames.
    """
    from poseviewer.pipeline.follow_people import PeopleFollower
    from poseviewer.pipeline.follow_person import RegionFollower

    if reading.region == "people":
        return PeopleFollower(live=live)
    return RegionFollower(reading.region, box=reading.box, live=live)


def goniometer(reading: ReadingState, angles: AngleState) -> Goniometer:
    """The measurement of angles that the settings ask for."""
    from poseviewer.pipeline.angles import Goniometer

    return Goniometer(own=angles.custom, gate=reading.gate, facing=angles.facing)


def smoother(reading: ReadingState) -> PoseFilter | None:
    """The filter on the joints that are drawn; None where they are drawn raw."""
    from poseviewer.pipeline.smooth import OneEuro, PoseFilter

    if not reading.smooth:
        return None
    return PoseFilter(OneEuro(reading.min_cutoff, reading.beta, reading.d_cutoff))


def smoothing(reading: ReadingState) -> str:
    """The title of the filter on the joints that are drawn; empty where they are drawn raw."""
    made = smoother(reading)
    return "" if made is None else made.settings.title


def measure_settings(reading: ReadingState, angles: AngleState) -> Hashable:
    """The settings that angles and smoothed joints depend on."""
    smooth = (reading.min_cutoff, reading.beta, reading.d_cutoff) if reading.smooth else None
    return reading.gate, smooth, angles.facing, angles.custom


def sequence_measurement(
    reading: ReadingState, angles: AngleState, *, corrections: Corrections = NONE
) -> Callable[[FrameResult], FrameResult]:
    """Make the measurement of angles and the smoothing of joints for results in order.

    Args:
        reading: The settings.
        angles: The settings.
        corrections: What is put right first.
    """
    from poseviewer.pipeline.run import measured

    instrument, filter_ = goniometer(reading, angles), smoother(reading)
    return lambda result: measured(corrections.apply(result), instrument, filter_)


def machine() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Engines and devices that can be chosen here."""
    from poseviewer.models.engine import devices, engines

    return engines(), devices()


def model_list() -> tuple[ModelInfo, ...]:
    """Every model, for the window."""
    from poseviewer.models.registry import cards

    return tuple(model_info(card) for card in cards())


def writer_list() -> tuple[WriterInfo, ...]:
    """Every kind of data that can be written, those of plug-ins last."""
    from poseviewer.records.open import TITLES, WRITERS

    # A plug-in is not loaded before it is asked for: it may be slow, or broken.
    return tuple(
        WriterInfo(name, TITLES[name], WRITERS.load(name).missing)
        if name in TITLES
        else WriterInfo(name, name)
        for name in WRITERS.names
    )


def plugin_complaints() -> tuple[str, ...]:
    """One sentence for everything of other packages, or imported, that cannot be used."""
    from poseviewer.models.registry import complaints
    from poseviewer.records.open import WRITERS
    from poseviewer.video.open import SOURCES

    return (*complaints(), *WRITERS.conflicts, *SOURCES.conflicts)


def model_info(card: ModelCard) -> ModelInfo:
    """The part of a card that the window shows."""
    from poseviewer.models.importers.stored import is_stored
    from poseviewer.pipeline.joint_states import reader_path

    reader = reader_path(card)
    return ModelInfo(
        name=card.name,
        title=card.title,
        family=card.family,
        skeleton=load_skeleton(card.skeleton),
        stages=card.stages,
        input_size=card.input_size,
        parameters=card.parameters,
        licence=card.licence,
        source=card.source,
        trained=card.trained,
        calibrated=reader is not None and reader.is_file(),
        lacking="" if card.trained else card.lacking,
        imported=is_stored(card),
    )
