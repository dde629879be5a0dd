"""Loading a network for a thread of its own, and listing what could be loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.runtime.state import Choices, ModelInfo

if TYPE_CHECKING:
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.angles import Goniometer
    from poseviewer.pipeline.estimate import Estimator, Network
    from poseviewer.pipeline.follow import Follower
    from poseviewer.pipeline.smooth import OneEuro


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """A network that is ready to run on the thread that loaded it."""

    card: ModelCard
    engine: Network

    label: str
    """What runs it, such as `OpenVINO fp32, CPU`."""

    notice: str | None = None
    """One sentence, where another engine runs than was asked for."""

    def estimator(self, choices: Choices) -> Estimator:
        """The network with the decoder that `choices` ask for."""
        from poseviewer.pipeline.estimators import estimator_of

        return estimator_of(
            self.card,
            self.engine,
            decoding=choices.decoding,
            flip=choices.flip,
            gate=choices.gate,
            facing="left" if choices.facing == "left" else "right",
        )


Loader = Callable[[Choices], Loaded]
"""Makes the network that some choices ask for; raises PoseViewerError where it cannot."""


def load_network(choices: Choices) -> Loaded:
    """The network of `choices`, imported, built and compiled; takes seconds.

    Raises:
        PoseViewerError: There is no such model, it has no weights here, or no engine runs it.
    """
    # Imported here, on the thread that needs it: torch takes longer than the window to appear.
    from poseviewer.models.engine import choose_engine
    from poseviewer.models.registry import card

    chosen = card(choices.model)
    if not chosen.trained:
        msg = (
            f"The model {chosen.name} has no weights here; train or import some, or choose another."
        )
        raise PoseViewerError(msg)
    single_threaded()
    engine, notice = choose_engine(
        chosen, device=choices.device, precision=choices.precision, engine=choices.engine
    )
    return Loaded(chosen, engine, engine.label, notice)


def single_threaded() -> None:
    """Let torch use one thread on this thread: beside decoding and drawing, two were slower."""
    import torch

    torch.set_num_threads(1)


def follower(choices: Choices, *, live: bool = False) -> Follower:
    """What says where to look, as `choices` ask for it.

    Args:
        choices: Which region.
        live: Whether frames wait for nobody.
    """
    from poseviewer.pipeline.follow_people import PeopleFollower
    from poseviewer.pipeline.follow_person import RegionFollower

    if choices.region == "people":
        return PeopleFollower(live=live)
    return RegionFollower(choices.region, box=choices.box, live=live)


def goniometer(choices: Choices) -> Goniometer:
    """What measures the angles that `choices` ask for."""
    from poseviewer.pipeline.angles import Goniometer

    return Goniometer(own=choices.angles, gate=choices.gate, facing=choices.facing)


def live_filter(choices: Choices) -> OneEuro:
    """The settings of the filter on the joints that are shown."""
    from poseviewer.pipeline.smooth import OneEuro

    return OneEuro(choices.min_cutoff, choices.beta, choices.d_cutoff)


def machine() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Engines and devices that can be chosen here; imports torch."""
    from poseviewer.models.engine import devices, engines

    return engines(), devices()


def model_list() -> tuple[ModelInfo, ...]:
    """Every model, for the window."""
    from poseviewer.models.registry import cards

    return tuple(model_info(card) for card in cards())


def model_info(card: ModelCard) -> ModelInfo:
    """What the window shows of a card."""
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
    )
