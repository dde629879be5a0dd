"""Graphs as networks of the list: examined, stored in the user's folder, and their cards."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NoReturn

from poseviewer.codec.points import PointsCodec
from poseviewer.core.errors import PoseViewerError, one_sentence
from poseviewer.core.files import OutputSet, write_errors
from poseviewer.core.reading import listing, mapping, whole
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import StageSpec
from poseviewer.models.card import ModelCard
from poseviewer.models.facts import digest
from poseviewer.models.graph_files.adapted import StoredGraph, adapted, prepared
from poseviewer.models.graph_files.description import Inner, as_json, from_json, read_description
from poseviewer.models.graph_files.known import guess, recognise
from poseviewer.models.graph_files.opened import HOLISTIC, opened, whole_body
from poseviewer.models.graph_files.signature import sides, signature, tensors
from poseviewer.models.graph_files.zooms import (
    BODY,
    PARTS,
    WHOLE,
    PartGraph,
    ZoomGraph,
    fits,
    zoom_stages,
)
from poseviewer.models.importers.folder import GRAPH, NAME, VERSION, model_folder
from poseviewer.models.openvino_engine import openvino_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from poseviewer.models.graph_files.description import Description
    from poseviewer.models.graph_files.opened import Opened
    from poseviewer.models.graph_files.signature import Signature, Tensor
    from poseviewer.models.graph_files.zooms import PartName

CARDS = (".card.toml", ".card.json")
"""Endings of a card beside a file, in place of the file's own."""

_PLACE = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A graph that was read; nothing is stored yet."""

    file: Path
    """What the person gave."""

    opened: Opened

    about: Signature

    description: Description | None
    """What it is; None where nothing is known of it."""

    certain: bool
    """Whether it was recognised or described, and not only guessed."""

    tensors: tuple[Tensor, ...]
    """What can be shown as stages."""

    zooms: Mapping[PartName, Opened] = field(default_factory=dict)
    """The networks of hands and face that belong to a body, where they were found with it."""

    @property
    def parameters(self) -> int:
        """How many numbers it has, with those of the networks of hands and face."""
        core = openvino_module().Core()
        parts = (signature(core.read_model(one.path)) for one in self.zooms.values())
        return self.about.parameters + sum(part.parameters for part in parts)

    @property
    def known(self) -> Description:
        """The description.

        Raises:
            PoseViewerError: Nothing is known of it.
        """
        if self.description is None:
            raise PoseViewerError(unknown(self))
        return self.description

    def described(self, description: Description) -> Candidate:
        """The same graph with a description that a person stands for."""
        return replace(self, description=description, certain=True)


@contextmanager
def examined(
    path: Path, *, card: Path | None = None, member: str | None = None
) -> Iterator[Candidate]:
    """A graph with what is known of it; what was read is removed at the end.

    Args:
        path: The file.
        card: A description; the one beside the file where None and there is one.
        member: Which network of an archive.

    Raises:
        PoseViewerError: It cannot be read.
    """
    together = None if card is not None else whole_body(path, member)
    if together is not None:
        with ExitStack() as stack:
            body = stack.enter_context(examined(path, member=together["body"]))
            parts = {
                part.name: stack.enter_context(opened(path, member=together[part.name]))
                for part in PARTS
            }
            yield zoomed(body, parts)
        return
    beside = card or next(
        (p for p in (path.with_name(path.stem + end) for end in CARDS) if p.is_file()), None
    )
    with opened(path, member=member) as one:
        model = openvino_module().Core().read_model(one.path)
        about = signature(model)
        described = read_description(beside) if beside is not None else recognise(model)
        certain = described is not None
        description = described or guess(model)
        size = description.size if description is not None else None
        shown: tuple[Tensor, ...] = ()
        if size is not None and description is not None:
            with suppress(LookupError, RuntimeError):
                prepared(model, description)
            shown = tensors(model, aspect=size[0] / size[1])
        yield Candidate(path, one, about, description, certain, shown)


def zoomed(body: Candidate, parts: Mapping[PartName, Opened]) -> Candidate:
    """A body with the networks of hands and face that it is zoomed into.

    Raises:
        PoseViewerError: One of them is another network.
    """
    core = openvino_module().Core()
    for part in PARTS:
        if not fits(core.read_model(parts[part.name].path), part):
            msg = f"{parts[part.name].name} is not the network that its name promises."
            raise PoseViewerError(msg)
    size = PurePosixPath(body.opened.name).stem.rpartition("_")[2]
    described = replace(
        body.known,
        title=f"MediaPipe Holistic, {size}: a body, and zooms into its hands and its face",
        source="MediaPipe Holistic, by Google; the body BlazePose, Bazarevsky et al., 2020. "
        "It does what ZoomNet (Jin et al., ECCV 2020; whole AP 63.0) and ZoomNAS (2022; 65.4) do, "
        "whose weights are not public",
    )
    return replace(body.described(described), zooms=parts)


def unknown(candidate: Candidate) -> str:
    """One sentence on a graph that is not known, with what it takes and gives."""

    def listed(ports: Any) -> str:
        return ", ".join(f"{one.name} {_shape(one.shape)}" for one in ports[:6]) or "nothing"

    return (
        f"{candidate.opened.name} is of no network that PoseViewer knows by its inputs "
        f"({listed(candidate.about.inputs)}) and outputs ({listed(candidate.about.outputs)})."
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join("?" if side < 0 else str(side) for side in shape) or "of any shape"


def called(candidate: Candidate, name: str | None) -> str:
    """What the model will be called: the name given, or the file's.

    Raises:
        PoseViewerError: It is no model's name.
    """
    stem = candidate.opened.name.rpartition(".")[0].lower()
    if candidate.zooms:
        stem = HOLISTIC + stem.rpartition("_")[2]
    chosen = name or _PLACE.sub("-", stem).strip("-")
    if not NAME.fullmatch(chosen):
        msg = f"{chosen!r} cannot be a model's name; use small letters, digits, dots and dashes."
        raise PoseViewerError(msg)
    return chosen


def with_stages(candidate: Candidate, names: Iterable[str]) -> Description:
    """The description with further tensors as stages.

    Args:
        candidate: With a description.
        names: Of operations; `likely` stands for all that are likely.

    Raises:
        PoseViewerError: There is no such operation, or its tensor is no map.
    """
    description = candidate.known
    known = {one.source for one in description.stages}
    by_name = {one.source: one for one in candidate.tensors}
    more: list[Inner] = []
    for name in names:
        if name == "likely":
            chosen = [one for one in candidate.tensors if one.likely]
        elif name in by_name:
            chosen = [by_name[name]]
        else:
            msg = (
                f"{candidate.opened.name} has no operation called {name!r} that gives maps; "
                "`--stages` lists those that do."
            )
            raise PoseViewerError(msg)
        for one in chosen:
            if one.source not in known:
                known.add(one.source)
                more.append(Inner(one.source, _title(one), "features", one.layout))
    stages = (*more, *description.stages)
    return replace(description, stages=_unique(_in_order(stages, candidate)))


def _title(one: Tensor) -> str:
    height, width = one.cells
    plain = one.source.rpartition("/")[2] or one.source
    return f"{plain}, {one.channels} x {height} x {width}"[:80]


def _in_order(stages: tuple[Inner, ...], candidate: Candidate) -> tuple[Inner, ...]:
    """Features first, as the graph computes them; what was trained to be read stays last."""
    place = {one.source: number for number, one in enumerate(candidate.tensors)}
    return tuple(
        sorted(stages, key=lambda s: (s.use != "features", place.get(s.source, 1 << 30)))
        if any(one.use == "features" for one in stages)
        else stages
    )


def _unique(stages: tuple[Inner, ...]) -> tuple[Inner, ...]:
    """The stages with titles that differ."""
    seen: dict[str, int] = {}
    made = []
    for one in stages:
        seen[one.title] = seen.get(one.title, 0) + 1
        number = seen[one.title]
        made.append(one if number == 1 else replace(one, title=f"{one.title[:70]} ({number})"))
    return tuple(made)


def store(
    candidate: Candidate, *, name: str, shipped: Iterable[ModelCard], force: bool = False
) -> ModelCard:
    """Write a graph into the user's model folder, and return its card.

    Args:
        candidate: With a description.
        name: What to call it.
        shipped: The cards that ship.
        force: Whether a model of the same name may be replaced.

    Raises:
        PoseViewerError: The name is taken, the description does not fit the graph, or the
            folder cannot be written.
    """
    if any(card.name == name for card in shipped):
        msg = f"A model called {name} ships with PoseViewer; choose another name."
        raise PoseViewerError(msg)
    path = model_folder() / f"{name}.json"
    if path.exists() and not force:
        msg = (
            f"There is an imported model called {name} already; "
            "choose another name, or replace it with `poseviewer models import --force`."
        )
        raise PoseViewerError(msg)
    description = candidate.known
    shapes = outputs_of(candidate.opened.path, description)
    with write_errors(path), OutputSet(durable=True) as outputs:
        for suffix in (".bin", ".xml"):
            part = outputs.file(path.with_suffix(suffix))
            shutil.copyfile(candidate.opened.path.with_suffix(suffix), part)
            for which, one in candidate.zooms.items():
                beside = outputs.file(path.with_name(f"{name}.{which}{suffix}"))
                shutil.copyfile(one.path.with_suffix(suffix), beside)
        about = {
            "version": VERSION,
            "name": name,
            "title": description.title,
            "layout": GRAPH,
            "settings": as_json(description),
            "licence": description.licence,
            "source": description.source,
            "parameters": candidate.parameters,
            "zooms": list(candidate.zooms),
            "shapes": [list(shape) for shape in shapes],
            "sha256": digest(part),
            "file": {
                "name": candidate.opened.name,
                "kind": candidate.opened.format,
                "bytes": candidate.file.stat().st_size,
                "sha256": digest(candidate.file),
            },
        }
        outputs.file(path).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        if description.joints:
            skeleton = outputs.file(path.with_suffix(".skeleton.toml"))
            skeleton.write_text(skeleton_toml(description), encoding="utf-8")
    return graph_card(path, about)


def trial_card(candidate: Candidate) -> ModelCard:
    """The card of a graph that is not stored, to try it.

    Raises:
        PoseViewerError: The description does not fit the graph.
    """
    description, path = candidate.known, candidate.opened.path
    skeleton = description.skeleton
    if not skeleton:
        own = path.with_name(f"joints-{len(description.joints)}.toml")
        own.write_text(skeleton_toml(description), encoding="utf-8")
        skeleton = str(own)
    return described_card(
        description,
        name="trial",
        path=path,
        skeleton=skeleton,
        shapes=outputs_of(path, description),
        parameters=candidate.parameters,
        parts={name: one.path for name, one in candidate.zooms.items()},
    )


def outputs_of(path: Path, description: Description) -> tuple[tuple[int, ...], ...]:
    """Shapes of what the stages give, which says whether a description fits its graph.

    Args:
        path: The .xml of the graph.
        description: Of it.

    Raises:
        PoseViewerError: It does not fit.
    """
    ov = openvino_module()
    width, height = description.size
    try:
        model = adapted(
            ov.Core().read_model(path), description, _joints(description),
            shape=(1, 3, height, width), ov=ov,
        )  # fmt: skip
    except (LookupError, RuntimeError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        msg = f"The card does not fit the network: {(lines or ['it is damaged'])[-1][:160]}."
        raise PoseViewerError(msg) from error
    return tuple(sides(one.get_partial_shape()) for one in model.outputs)


def _joints(description: Description) -> int:
    if description.joints:
        return len(description.joints)
    return len(load_skeleton(description.skeleton).joints)


def skeleton_toml(description: Description) -> str:
    """The joints of a description as a file of a skeleton."""
    joints = description.joints
    plain = {name.removeprefix("left_").removeprefix("right_") for name in joints}
    names = ",\n".join(f"  {json.dumps(name)}" for name in joints)
    bones = ", ".join(
        f"[{json.dumps(joints[a])}, {json.dumps(joints[b])}]" for a, b in description.bones
    )
    sigmas = "\n".join(f"{json.dumps(name)} = 0.08" for name in sorted(plain))
    return f"joints = [\n{names},\n]\nbones = [{bones}]\n[sigmas]\n{sigmas}\n"


def graph_card(path: Path, saved: dict[str, Any]) -> ModelCard:
    """The card of an imported graph.

    Args:
        path: Its JSON.
        saved: What that holds.

    Raises:
        ValueError: An entry is not what it should be; a clause.
        PoseViewerError: Its skeleton cannot be read.
    """
    description = from_json(mapping(saved["settings"], "its settings"))
    own = str(path.with_suffix(".skeleton.toml"))
    return described_card(
        description,
        name=path.stem,
        path=path.with_suffix(".xml"),
        skeleton=own if description.joints else description.skeleton,
        shapes=[
            [whole(side, "a side", low=-1, high=1 << 24) for side in listing(shape, "a shape")]
            for shape in listing(saved["shapes"], "its shapes")
        ],
        parameters=whole(saved["parameters"], "its parameters", low=0, high=1 << 40),
        parts={
            part.name: path.with_name(f"{path.stem}.{part.name}.xml")
            for part in PARTS
            if part.name in listing(saved.get("zooms", []), "its zooms")
        },
    )


def described_card(
    description: Description,
    *,
    name: str,
    path: Path,
    skeleton: str,
    shapes: Sequence[Sequence[int]],
    parameters: int,
    parts: Mapping[PartName, Path] | None = None,
) -> ModelCard:
    """The card of a graph that a description fits.

    Args:
        description: Of it.
        name: Of the model.
        path: The graph's .xml.
        skeleton: Name or file of its skeleton.
        shapes: What `outputs_of` returned.
        parameters: How many numbers it has.
        parts: The .xml of each network of hands and face that the body is zoomed into.

    Raises:
        ValueError: Some of the parts are missing; a clause.
    """
    joints = load_skeleton(skeleton).joints
    answer = description.answer
    codec = PointsCodec(
        size=description.size,
        sigma=answer.sigma,
        grid=answer.grid,
        everybody=answer.kind == "people",
        numbers=answer.numbers,
        axis=answer.axis,
    )
    stages = _stages(description, joints, shapes)
    graph = StoredGraph(path, description, joints=len(joints))
    if parts:
        if len(parts) != len(PARTS) or description.skeleton != BODY:
            msg = "it lacks a network of hands or face"
            raise ValueError(msg)
        stages = (*stages[:-1], replace(stages[-1], name="body"), *zoom_stages(len(stages)))
        skeleton = WHOLE
        graphs = {part.name: PartGraph(parts[part.name], part) for part in PARTS}
        graph = ZoomGraph(path, description, joints=len(joints), parts=graphs)
    return ModelCard(
        name=name,
        title=one_sentence(description.title),
        family="imported",
        skeleton=skeleton,
        input_size=description.size,
        normalisation=description.normalisation,
        codec=codec,
        stages=stages,
        weights=path,
        licence=one_sentence(description.licence),
        source=one_sentence(description.source),
        parameters=parameters,
        build=partial(_no_module, name),
        region_margin=description.margin,
        graph=graph,
    )


_ANSWERS = {
    "heatmaps": (("heatmaps", "heatmap"),),
    "offsets": (("heatmaps", "heatmap"), ("offsets", "vectors"), ("answer", "points")),
    "simcc": (("bins across", "bins"), ("bins down", "bins"), ("answer", "points")),
    "points": (("answer", "points"),),
    "people": (("answer", "points"),),
}
"""Names and kinds of the stages that joints are read from."""


def _stages(
    description: Description, joints: tuple[str, ...], shapes: Sequence[Sequence[int]]
) -> tuple[StageSpec, ...]:
    """What the graph gives, stage by stage; strides and channels are those of its shapes.

    Raises:
        ValueError: There are more or fewer shapes than stages.
    """
    vectors = tuple(f"{joint} {axis}" for joint in joints for axis in "xy")
    inner = [(one.title, one.use) for one in description.stages]
    made = []
    every = (*inner, *_ANSWERS[description.answer.kind])
    for (title, kind), (_, count, _, width) in zip(every, shapes, strict=True):
        channels = vectors if kind == "vectors" else joints
        if kind in ("map", "features"):
            channels = (title,) if count == 1 else tuple(map(str, range(count)))
        stride = 1 if kind == "points" else max(round(description.size[0] / max(width, 1)), 1)
        made.append(StageSpec(title, kind, stride, channels))
    return tuple(made)


def _no_module(name: str) -> NoReturn:
    msg = f"{name} was imported as a graph, which only OpenVINO runs; it has no module of PyTorch."
    raise PoseViewerError(msg)
