"""Reads the layers and receptive fields of a torch network, on the crop it was shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert
from poseviewer.core.inside import InsideView
from poseviewer.core.layer import Activations, LayerChoice, ReceptiveField, Spot
from poseviewer.models.card import DEVICE_TITLES
from poseviewer.models.deeppose import Cascade
from poseviewer.models.engine import CascadeEngine
from poseviewer.models.hooks import influence, layers, planes, strongest, tapped, tensors
from poseviewer.models.measure import spans
from poseviewer.models.torch_engine import TorchEngine, stage_module
from poseviewer.pipeline.crop import Cropper
from poseviewer.pipeline.estimate_cascade import Refiner
from poseviewer.pipeline.inside import inside

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor, nn

    from poseviewer.core.frame import Frame
    from poseviewer.core.inside import InsideChoice
    from poseviewer.core.layer import Layer
    from poseviewer.core.stage import StageOutput
    from poseviewer.models.card import ModelCard
    from poseviewer.models.measure import Both

_REACH = 2
"""Cells from a decoded joint within which its peak lies."""


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """What one network was shown."""

    picture: Tensor
    """(1, 3, h, w), on the device."""

    box: Box
    """Where it lies on the frame."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the crop."""
        return self.picture.shape[-1], self.picture.shape[-2]

    @property
    def to_frame(self) -> NDArray[np.float64]:
        """2x3 affine from its pixels to frame pixels."""
        return box_to_frame(self.box, size=self.size)


class Prober:
    """A network in float32 with its layers, their activations, and its receptive fields.

    One thread uses it at a time.

    Args:
        card: What the network promises.
        module: With its weights; it is taken over.
        device: `cpu`, `cuda` or `mps`.
    """

    def __init__(self, card: ModelCard, module: nn.Module, *, device: str = "cpu") -> None:
        self.card = card
        self.engine = f"Torch fp32, {DEVICE_TITLES.get(device, device)}"
        self._device = device
        ready = module.eval().requires_grad_(requires_grad=False).to(device)
        self.module = ready.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._croppers: dict[tuple[int, int], Cropper] = {}
        self._fields: dict[tuple[int, int], tuple[Both | None, ...]] = {}
        self._refiner: Refiner | None = None
        if isinstance(self.module, Cascade):
            parts = [stage_module(self.module, n) for n in range(len(self.module.networks))]
            engines = [TorchEngine(part, device=device) for part in parts]
            self._refiner = Refiner(card, CascadeEngine(engines))

    def layers(self) -> tuple[Layer, ...]:
        """Return every module of the network, outermost first."""
        runs = []
        for number, network in enumerate(self._networks()):
            side = self._sides()[number] if self._refiner else self.card.input_size
            runs.append((network, torch.zeros(1, 3, side[1], side[0], device=self._device)))
        return layers(self.module, runs)

    def activations(
        self,
        frame: Frame,
        region: Box,
        choice: LayerChoice,
        *,
        shown: StageOutput | None = None,
    ) -> Activations:
        """Compute the activations of some channels of a layer for a region of a frame.

        Args:
            frame: The frame.
            region: What the network was shown, already of its input's aspect.
            choice: Which layer and channels.
            shown: The final maps that another engine gave for the same crop, to compare with.

        Raises:
            LookupError: The network has no such layer, or it does not return that output.
        """
        number = self._number(choice.path)
        seen = self._shown(frame, region, number, choice.joint)
        try:
            layer = self.module.get_submodule(choice.path)
        except AttributeError as error:
            msg = f"{self.card.name} has no layer {choice.path!r}"
            raise LookupError(msg) from error
        with torch.inference_mode(), tapped(layer) as found:
            answer = list(tensors(self._networks()[number](seen.picture)))
        values = planes(found[choice.output])
        # Only what is shown leaves the device.
        order, strength = strongest(values, choice.most)
        if choice.channels:
            order = torch.tensor([c for c in choice.channels if c < len(values)], dtype=torch.long)
            order = order.to(values.device)
        place, stride = None, 1
        if found[choice.output].dim() == 4:
            stride = max(round(seen.size[0] / values.shape[2]), 1)
            place = box_to_frame(seen.box, size=(values.shape[2], values.shape[1]))
        return Activations(
            frame,
            region,
            choice,
            tuple(found[choice.output].shape[1:]),
            order.cpu().numpy(),
            values[order].float().contiguous().cpu().numpy(),
            strength[order].float().cpu().numpy(),
            place,
            self.engine,
            _gap(answer, shown),
            stride,
        )

    def field(self, frame: Frame, region: Box, spot: Spot) -> ReceptiveField:
        """Compute the receptive field of a stage's answer about a joint in a region.

        Raises:
            LookupError: There is no such stage or channel.
        """
        if not (
            0 <= spot.stage < len(self.card.stages)
            and 0 <= spot.channel < len(self.card.stages[spot.stage].channels)
        ):
            msg = f"{self.card.name} has no channel {spot.channel} in stage {spot.stage}"
            raise LookupError(msg)
        if self._refiner is not None:
            return self._view_of_place(frame, region, spot)
        seen = self._shown(frame, region, 0, 0)
        cell = (0, 0)
        to_frame = compose(seen.to_frame, self.card.to_input(spot.stage))
        near = None if spot.near is None else apply(invert(to_frame), np.array(spot.near))
        signed = self.card.stages[spot.stage].meaning.signed

        def peak(picture: Tensor) -> Tensor:
            nonlocal cell
            belief = self.module(picture)[spot.stage][0, spot.channel]
            cell = _peak(belief.detach().abs() if signed else belief.detach(), around=near)
            chosen: Tensor = belief[cell[1], cell[0]][None]
            return chosen

        heat, _ = influence(peak, seen.picture)
        place = apply(to_frame, np.array(cell, np.float64))
        box = self._box(seen, spot.stage, cell)
        return _field(frame, region, spot, seen, heat, place=place, box=box)

    def inside(self, frame: Frame, region: Box, choice: InsideChoice) -> InsideView:
        """Draw the network out for a region of a frame.

        Raises:
            PoseViewerError: It is neither an HRNet nor a ViTPose.
        """
        seen = self._shown(frame, region, 0, 0)
        found = inside(self.card, self.module, seen.picture, to_frame=seen.to_frame, choice=choice)
        return InsideView(
            frame,
            region,
            choice,
            found.columns,
            found.rows,
            found.tiles,
            found.fusions,
            found.patch,
            self.engine,
        )

    # -- inside ---------------------------------------------------------------------------

    def _networks(self) -> list[nn.Module]:
        if isinstance(self.module, Cascade):
            return list(self.module.networks)
        return [self.module]

    def _sides(self) -> list[tuple[int, int]]:
        sides = self.module.sides if isinstance(self.module, Cascade) else ()
        return [(side, side) for side in sides]

    def _number(self, path: str) -> int:
        """Return which of a cascade's networks a layer is in; 0 where it is no cascade."""
        if self._refiner is None:
            return 0
        parts = path.split(".")
        return int(parts[1]) if len(parts) > 1 and parts[0] == "networks" else 0

    def _shown(self, frame: Frame, region: Box, number: int, joint: int) -> _Shown:
        """Return what a network was shown of a region; in a cascade also of a joint."""
        if self._refiner is not None:
            step = self._refiner.run(frame.pixels, region, stages=number + 1)[number]
            one = joint if number else 0
            return _Shown(self._tensor(step.crops[one][None]), Box(*step.boxes[one].tolist()))
        size = self.card.input_for(region.width / region.height)
        if size not in self._croppers:
            self._croppers = {size: Cropper(size, normalisation=self.card.normalisation)}
        cropper = self._croppers[size]
        batch, _ = cropper.cut(frame.pixels, [region])
        return _Shown(self._tensor(batch), cropper.fitted(region))

    def _tensor(self, batch: NDArray[np.float32]) -> Tensor:
        # A copy: the buffer is used again for the next frame.
        picture = torch.from_numpy(batch.copy()).to(self._device)
        return picture.contiguous(memory_format=torch.channels_last)

    def _box(self, seen: _Shown, stage: int, cell: tuple[int, int]) -> Box:
        """Return the theoretical receptive field of a cell, frame pixels."""
        if seen.size not in self._fields:
            self._fields = {seen.size: spans(self.module, seen.picture)}
        both = self._fields[seen.size][stage]
        if both is None:
            return seen.box
        (top, bottom), (left, right) = both[0].at(cell[1]), both[1].at(cell[0])
        step_x, step_y = seen.box.width / seen.size[0], seen.box.height / seen.size[1]
        return Box(
            seen.box.x + left * step_x,
            seen.box.y + top * step_y,
            (right - left + 1) * step_x,
            (bottom - top + 1) * step_y,
        )

    def _view_of_place(self, frame: Frame, region: Box, spot: Spot) -> ReceptiveField:
        """Return what moved a joint of a cascade: the whole sub-box can."""
        assert self._refiner is not None
        step = self._refiner.run(frame.pixels, region, stages=spot.stage + 1)[spot.stage]
        place = step.xy[spot.channel].astype(np.float64)
        seen = self._shown(frame, region, spot.stage, spot.channel)
        network = self._networks()[spot.stage]
        heat, _ = influence(lambda p: network(p)[0, spot.channel, 0, :2], seen.picture)
        return _field(frame, region, spot, seen, heat, place=place, box=seen.box)


def _peak(belief: Tensor, *, around: NDArray[np.float64] | None) -> tuple[int, int]:
    """Find x, y of the highest cell of (h, w), near a place in cells where one is given."""
    left = top = 0
    if around is not None:
        height, width = belief.shape
        x, y = (int(v) for v in np.clip(np.rint(around), 0, (width - 1, height - 1)))
        left, top = max(x - _REACH, 0), max(y - _REACH, 0)
        belief = belief[top : y + _REACH + 1, left : x + _REACH + 1]
    highest = int(belief.argmax())
    return left + highest % belief.shape[1], top + highest // belief.shape[1]


def _field(
    frame: Frame,
    region: Box,
    spot: Spot,
    seen: _Shown,
    heat: Tensor,
    *,
    place: NDArray[np.float64],
    box: Box,
) -> ReceptiveField:
    values = heat.float().contiguous().cpu().numpy()
    rows, columns = np.indices(values.shape)
    points = apply(seen.to_frame, np.stack([columns, rows], axis=-1))
    away = np.hypot(*np.moveaxis(points - place, -1, 0)).ravel()
    order = away.argsort()
    total = np.cumsum(values.ravel()[order], dtype=np.float64)
    half = float(away[order[np.searchsorted(total, total[-1] / 2)]]) if total[-1] > 0 else 0.0
    whole = box.width >= seen.box.width - 1e-6 and box.height >= seen.box.height - 1e-6
    at = float(place[0]), float(place[1])
    return ReceptiveField(frame, region, spot, at, box, whole, values, seen.to_frame, half)


def _gap(answer: list[Tensor], shown: StageOutput | None) -> float | None:
    """Return how far the final maps lie from those shown."""
    if shown is None or shown.number >= len(answer) or not shown.spec.meaning.mapped:
        return None
    final = answer[shown.number][0]
    if tuple(final.shape) != shown.values.shape:
        return None
    return float(np.abs(final.float().cpu().numpy() - shown.values).max())
