"""Which published network a graph is, by the names and shapes of its inputs and outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from poseviewer.models.graph_files.description import Answer, Description, Inner
from poseviewer.models.graph_files.signature import (
    Port,
    Signature,
    input_layout,
    signature,
    tensors,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poseviewer.codec.points import Grid
    from poseviewer.models.graph_files.description import AnswerKind, Layout

_IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "scale": (58.395, 57.12, 57.375)}
_BYTES: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "scale": (1.0, 1.0, 1.0)}
_UNIT: dict[str, Any] = {"mean": (0.0, 0.0, 0.0), "scale": (255.0, 255.0, 255.0)}
_COCO = 17
_FLEXIBLE = 640
_MOVENET = "Google's, Apache-2.0 (MoveNet's model card)"
_MEDIAPIPE = "Google's, Apache-2.0 (MediaPipe's model card)"

SKELETONS = {
    17: "coco-17", 16: "mpii-16", 26: "halpe-26", 14: "lsp-14", 25: "body-25", 33: "blazepose-33",
    23: "poseviewer-23", 21: "hand-21", 133: "wholebody-133",
}  # fmt: skip
"""The skeleton that so many joints most often are."""


def recognise(model: Any) -> Description | None:
    """What a graph is, where it looks like one that is known.

    Args:
        model: Of OpenVINO; sides that are open may get what the network was made for.
    """
    about = signature(model)
    if not about.inputs:
        return None
    for known in _KNOWN:
        found = known(about, model)
        if found is not None:
            return found
    return None


def guess(model: Any) -> Description | None:
    """What a graph might be, by the shapes of its outputs alone, for a person to confirm."""
    about = signature(model)
    picture = _picture(about)
    if picture is None:
        return None
    for known in (_simcc, _heatmaps):
        found = known(about, model)
        if found is not None:
            return found
    for port in about.outputs:
        shape = tuple(side for side in port.shape if side != 1)
        if len(shape) == 2 and shape[1] in (2, 3) and 2 < shape[0] <= 256:
            numbers = "xy" if shape[1] == 2 else "xys"
            return _described(
                "A network that answers coordinates",
                picture,
                Answer("points", (port.name,), numbers=numbers),
                joints=shape[0],
            )
    return None


def plain(about: Signature) -> Description | None:
    """A graph of which only the input is clear, as a start for a person; None without a picture."""
    picture = _picture(about)
    if picture is None or not about.outputs:
        return None
    last = about.outputs[-1]
    maps = len(last.shape) == 4
    channels = last.shape[1] if picture.layout == "nchw" else last.shape[-1]
    return _described(
        "A network that is not known",
        picture,
        Answer("heatmaps" if maps else "points", (last.name,), layout=picture.layout),
        joints=min(channels, 256) if maps and channels > 1 else _COCO,
    )


# What is shown ---------------------------------------------------------------------------


class _Picture:
    """The picture that a graph is shown."""

    def __init__(self, port: Port, usual: int) -> None:
        self.layout: Layout = input_layout(port.shape)
        height, width = port.shape[1:3] if self.layout == "nhwc" else port.shape[2:4]
        self.fixed = min(height, width) > 0
        self.size = (width if width > 0 else usual, height if height > 0 else usual)
        self.name = port.name

    @property
    def aspect(self) -> float:
        return self.size[0] / self.size[1]


def _picture(about: Signature, usual: int = 256) -> _Picture | None:
    """The input, where it is one picture of three colours or of one."""
    found = [one for one in about.inputs if len(one.shape) == 4]
    if len(found) != 1:
        return None
    port = found[0]
    if not {port.shape[1], port.shape[3]} & {1, 3, -1}:
        return None
    return _Picture(port, usual)


def _described(
    title: str,
    picture: _Picture,
    answer: Answer,
    *,
    joints: int,
    skeleton: str | None = None,
    **more: Any,
) -> Description:
    named = SKELETONS.get(joints, "") if skeleton is None else skeleton
    own = () if named else tuple(f"joint_{i + 1}" for i in range(joints))
    return Description(
        title=title,
        skeleton=named,
        joints=own,
        size=picture.size,
        answer=answer,
        input=picture.name,
        layout=picture.layout,
        **more,
    )


# The networks ----------------------------------------------------------------------------


def _movenet(about: Signature, model: Any) -> Description | None:
    """MoveNet Lightning and Thunder: one person, (1, 1, 17, 3) of y, x, confidence in shares."""
    picture = _picture(about)
    if picture is None or len(about.outputs) != 1 or about.outputs[0].shape != (1, 1, _COCO, 3):
        return None
    if picture.layout != "nhwc" or picture.size not in ((192, 192), (256, 256)):
        return None
    which = "Lightning" if picture.size[0] == 192 else "Thunder"
    return _described(
        f"MoveNet {which}: one person by a centre and offsets, on a MobileNetV2 with a pyramid",
        picture,
        Answer("points", (about.outputs[0].name,), numbers="yxs", unit=0.0),
        joints=_COCO,
        stages=tuple(_movenet_stages(model, picture)),
        licence=_MOVENET,
        source="Google, 2021; trained on COCO train 2017 and videos of exercise",
        # Its own crops are about as wide: 1.25 times the body (MoveNet's published example).
        margin=1.25,
        **_BYTES,
    )


def _movenet_stages(model: Any, picture: _Picture) -> Iterator[Inner]:
    """The maps of MoveNet's heads; only names tell its two heads of vectors apart."""
    side = picture.size[0] // 4
    maps = [one for one in tensors(model, aspect=1.0) if one.cells == (side, side)]
    for title, use, channels in (("centres", "map", 1), ("heatmaps", "heatmap", _COCO)):
        for one in [m for m in maps if m.operation == "Sigmoid" and m.channels == channels][:1]:
            yield Inner(one.source, title, use, one.layout)  # type: ignore[arg-type]
    for title, head in (("ways from the centre", "regress"), ("offsets in cells", "offset")):
        for one in [m for m in maps if f"kpt_{head}" in m.source and m.channels == 2 * _COCO][-1:]:
            yield Inner(one.source, title, "vectors", one.layout, flipped=True)


def _multipose(about: Signature, _model: Any) -> Description | None:
    """MoveNet MultiPose: six people, (1, 6, 56) of y, x, confidence, then the box."""
    picture = _picture(about)
    if picture is None or [one.shape for one in about.outputs] != [(1, 6, 56)]:
        return None
    return _described(
        "MoveNet MultiPose: up to six people by their centres, on a MobileNetV2 with a pyramid",
        picture,
        Answer(
            "people", (about.outputs[0].name,), numbers="yxs", unit=0.0, box="uldrs@51",
            least=0.25, overlap=0.65,
        ),
        joints=_COCO,
        licence=_MOVENET,
        source="Google, 2021; trained on COCO train 2017 and videos of exercise",
        **_BYTES,
    )  # fmt: skip


def _blazepose(about: Signature, _model: Any) -> Description | None:
    """BlazePose's landmarks: 39 of x, y, z, visibility, presence, and maps of all of them."""
    picture = _picture(about)
    points = next((one for one in about.outputs if one.shape[-1:] == (195,)), None)
    if picture is None or points is None or picture.layout != "nhwc":
        return None
    maps: list[Inner] = []
    flag, world = "", ""
    for one in about.outputs:
        channels = one.shape[-1]
        if len(one.shape) == 4 and channels == 39:
            maps.append(Inner(one.name, "heatmaps", "heatmap", "nhwc", logits=_raw(_model, one)))
        elif len(one.shape) == 4 and channels == 1:
            maps.append(Inner(one.name, "person mask", "map", "nhwc", logits=_raw(_model, one)))
        elif one.shape[-1:] == (1,) and len(one.shape) == 2:
            flag = one.name
        elif one.shape[-1:] == (117,):
            world = one.name
    size = "lite" if about.parameters < 2e6 else "full" if about.parameters < 6e6 else "heavy"
    return _described(
        f"BlazePose {size}: 33 joints as coordinates, with heatmaps and a mask of the person",
        picture,
        Answer(
            "points", (points.name,), numbers="xyzs_", logits=True, gate=flag, axis=(33, 34),
            world=world,
        ),
        joints=33,
        skeleton="blazepose-33",
        stages=tuple(maps),
        licence=_MEDIAPIPE,
        source="Bazarevsky et al., 2020; MediaPipe, trained by Google",
        # The circle around the body that it was trained with: 1.5 to 1.7 times the box of joints.
        margin=1.6,
        **_UNIT,
    )  # fmt: skip


def _raw(model: Any, port: Port) -> bool:
    """Whether an output has not been through a sigmoid; a transpose may stand behind it."""
    for output in model.outputs:
        if port.name not in {name.removesuffix(":0") for name in output.get_names()}:
            continue
        node = output.get_node().input_value(0).get_node()
        while node.get_type_name() in ("Transpose", "Reshape", "Convert"):
            node = node.input_value(0).get_node()
        return bool(node.get_type_name() != "Sigmoid")
    return False


def _simcc(about: Signature, _model: Any) -> Description | None:
    """RTMPose and RTMW: two rows of bins a joint, across and down."""
    picture = _picture(about)
    rows = [one for one in about.outputs if len(one.shape) == 3 and one.shape[2] > 32]
    if picture is None or not picture.fixed or len(rows) != 2 or len(about.outputs) != 2:
        return None
    across = _named(rows, "x", picture.size[0])
    down = _named(rows, "y", picture.size[1])
    if across is None or down is None or across is down or across.shape[1] != down.shape[1]:
        return None
    joints = across.shape[1]
    return _described(
        f"RTMPose: {joints} joints in bins across and down (SimCC)",
        picture,
        Answer("simcc", (across.name, down.name), grid="corners"),
        joints=joints,
        source="Jiang et al., 2023 (RTMPose); SimCC: Li et al., ECCV 2022",
        margin=1.25,
        **_IMAGENET,
    )


def _named(rows: list[Port], letter: str, side: int) -> Port | None:
    """The bins along one axis: two for every pixel, and called so where both are as many."""
    fits = [one for one in rows if one.shape[2] in (side, 2 * side, 3 * side)]
    if len(fits) == 1:
        return fits[0]
    return next((one for one in fits if one.name.lower().endswith(letter)), None)


def _rtmo(about: Signature, _model: Any) -> Description | None:
    """RTMO: boxes and joints of everybody, from which the graph has chosen already."""
    picture = _picture(about, _FLEXIBLE)
    boxes, joints = (about.output(name) for name in ("dets", "keypoints"))
    if picture is None or boxes is None or joints is None:
        return None
    if boxes.shape[-1:] != (5,) or len(joints.shape) != 4 or joints.shape[3] != 3:
        return None
    return _described(
        "RTMO: everybody's joints in one look",
        picture,
        Answer("people", ("dets", "keypoints"), box="lurds", least=0.3, overlap=0.65),
        joints=joints.shape[2],
        order="bgr",
        source="Lu et al., CVPR 2024 (RTMO)",
        **_BYTES,
    )


def _yolo(about: Signature, _model: Any) -> Description | None:
    """YOLO-pose: rows of a box, its confidence and joints, before or after the choice."""
    picture = _picture(about, _FLEXIBLE)
    if picture is None or picture.layout != "nchw" or len(about.outputs) != 1:
        return None
    port = about.outputs[0]
    if len(port.shape) != 3:
        return None
    answer = None
    for head, box in ((5, "xywhs"), (6, "lurds_")):
        for last in (True, False):
            wide = port.shape[1] if last else port.shape[2]
            many = port.shape[2] if last else port.shape[1]
            joints, rest = divmod(wide - head, 3)
            # Before the choice there is one row for each cell of three sizes.
            if rest or joints < 2 or (many > 0 and many < wide) or (head == 6) == last:
                continue
            answer = Answer(
                "people", (port.name,), numbers="xys", start=head, box=box, last=last,
                least=0.25, overlap=0.7 if head == 5 else 1.0,
            )  # fmt: skip
            return _described(
                f"YOLO-pose: {joints} joints of everybody in one look",
                picture,
                answer,
                joints=joints,
                licence="Ultralytics', AGPL-3.0, unless the file says otherwise",
                source="Maji et al., CVPRW 2022 (YOLO-Pose); Ultralytics",
                **_UNIT,
            )
    return None


def _sleap(about: Signature, _model: Any) -> Description | None:
    """SLEAP-NN's exports for one animal: peaks in pixels, and their values."""
    picture = _picture(about)
    peaks, values = about.output("peaks"), about.output("peak_vals")
    if picture is None or peaks is None or values is None or len(peaks.shape) != 3:
        return None
    return _described(
        "SLEAP-NN: one animal by the peaks of its confidence maps",
        picture,
        Answer("points", ("peaks", "peak_vals"), numbers="xy", grid="corners"),
        joints=peaks.shape[1],
        skeleton="",
        stages=tuple(_sleap_stages(_model, picture, peaks.shape[1])),
        source="exported by sleap-nn",
        **_BYTES,
    )


def _sleap_stages(model: Any, picture: _Picture, joints: int) -> Iterator[Inner]:
    """The confidence maps that the peaks are read from: the last maps of so many channels."""
    found = [
        one
        for one in tensors(model, aspect=picture.aspect)
        if one.channels == joints and one.operation in ("Add", "Convolution", "Sigmoid")
    ]
    if found:
        yield Inner(found[-1].source, "confidence maps", "heatmap", found[-1].layout)


def _deeplabcut(about: Signature, _model: Any) -> Description | None:
    """DeepLabCut 3: maps of joints, and two offsets a joint in cells of 7.28 pixels."""
    picture = _picture(about)
    maps = next((one for one in about.outputs if "heatmap" in one.name), None)
    offsets = next((one for one in about.outputs if "locref" in one.name), None)
    if picture is None or maps is None or offsets is None:
        return None
    if len(maps.shape) != 4 or offsets.shape[1] != 2 * maps.shape[1]:
        return None
    return _described(
        "DeepLabCut 3: maps of joints, moved by offsets",
        picture,
        # The factor is the standard deviation of offsets in DeepLabCut's own settings.
        Answer("offsets", (maps.name, offsets.name), unit=7.2801),
        joints=maps.shape[1],
        skeleton="",
        source="exported by DeepLabCut 3",
        **_IMAGENET,
    )


def _heatmaps(about: Signature, model: Any) -> Description | None:
    """HRNet, ViTPose and others: one output of maps, a quarter as large as the picture."""
    picture = _picture(about)
    if picture is None or not picture.fixed or len(about.outputs) != 1:
        return None
    port = about.outputs[0]
    if len(port.shape) != 4 or min(port.shape[1:]) < 2:
        return None
    found = _cells(port, picture)
    if found is None:
        return None
    layout, joints = found
    transformer = any(op.get_type_name() in _ATTENTION for op in model.get_ordered_ops())
    width, height = picture.size
    grid: Grid = "ends" if transformer else "corners"
    kind: AnswerKind = "heatmaps"
    return _described(
        f"{'ViTPose' if transformer else 'HRNet'} or another network of {joints} heatmaps",
        picture,
        Answer(kind, (port.name,), layout=layout, grid=grid, logits=False),
        joints=joints,
        stages=tuple(_blocks(model, picture)),
        source="imported; of the kind of HRNet (Sun et al., CVPR 2019) and ViTPose (Xu et al., "
        "NeurIPS 2022)",
        margin=1.25 * max(1.0, width / height),
        **_IMAGENET,
    )


_ATTENTION = ("Softmax", "ScaledDotProductAttention")
_MOST_BLOCKS = 6


def _blocks(model: Any, picture: _Picture) -> Iterator[Inner]:
    """The last maps of each size before the answer, as features."""
    likely = [one for one in tensors(model, aspect=picture.aspect) if one.likely]
    # The last of all is the answer itself.
    for number, one in enumerate(likely[:-1][-_MOST_BLOCKS:], start=1):
        height, width = one.cells
        yield Inner(one.source, f"block {number}, {width} x {height}", "features", one.layout)


def _cells(port: Port, picture: _Picture) -> tuple[Layout, int] | None:
    """The layout and the number of maps that have the picture's shape at a whole stride."""
    for layout, cells, joints in (
        ("nchw", port.shape[2:], port.shape[1]),
        ("nhwc", port.shape[1:3], port.shape[3]),
    ):
        height, width = cells
        steps = {picture.size[0] / width, picture.size[1] / height}
        if len(steps) == 1 and steps <= {1.0, 2.0, 4.0, 8.0, 16.0} and joints >= 2:
            return layout, joints  # type: ignore[return-value]
    return None


_KNOWN: tuple[Callable[[Signature, Any], Description | None], ...] = (
    _movenet,
    _multipose,
    _blazepose,
    _rtmo,
    _sleap,
    _deeplabcut,
    _simcc,
    _yolo,
    _heatmaps,
)
"""Tried in this order."""
