"""Which joints a network finds and how they are joined."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.assets import resource
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import listing, numbers, read_text, reading, whole, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_LONGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limb:
    """A pair of joints whose connection a network draws as a part affinity field."""

    start: int
    end: int

    channel: int
    """Of the field's x component among the fields' channels; y follows it."""

    spare: bool = False
    """Whether it only ever adds a missing joint and never starts a person, as from ear to
    shoulder (OpenPose, released code)."""


@dataclass(frozen=True, slots=True)
class Detail:
    """A part of the body with many joints close together: a hand or the face."""

    name: str
    """Such as `left hand`."""

    start: int
    """Its first joint."""

    stop: int
    """The joint after its last one."""

    dots: bool = True
    """Whether its joints are drawn beside its bones; those of a face would cover it."""

    covers: tuple[int, ...] = ()
    """Joints of the body that it tells better: they are not drawn where it was found."""


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """A named, ordered set of joints with its bones and its mirror."""

    name: str
    """Short name, also the file under resources/skeletons."""

    joints: tuple[str, ...]
    """Joint names such as `right_knee`, in the order of the network's channels."""

    bones: tuple[tuple[int, int], ...]
    """Pairs of joint numbers, parent first."""

    mirror: tuple[int, ...]
    """For each joint the joint that a left-right flip turns it into."""

    sigmas: NDArray[np.float32]
    """COCO OKS constant per joint (k,)."""

    limbs: tuple[Limb, ...] = ()
    """In the order in which people are assembled; empty without part affinity fields."""

    details: tuple[Detail, ...] = ()
    """Hands and face, whose joints come after those of the body."""

    @property
    def body(self) -> Skeleton:
        """The joints of the body alone, which say where a person is."""
        return _body_of(self) if self.details else self

    def index(self, joint: str) -> int:
        """Return the number of a joint.

        Raises:
            KeyError: This skeleton has no such joint.
        """
        try:
            return self.joints.index(joint)
        except ValueError:
            msg = f"skeleton {self.name} has no joint {joint!r}"
            raise KeyError(msg) from None

    def has(self, *joints: str) -> bool:
        """Return whether all of these joints exist here."""
        return set(joints) <= set(self.joints)

    def side(self, joint: int) -> str:
        """Return `left`, `right` or `middle`."""
        head = self.joints[joint].split("_", 1)[0]
        return head if head in ("left", "right") else "middle"


@cache
def load_skeleton(name: str) -> Skeleton:
    """Load the skeleton of resources/skeletons/`name`.toml, or of the .toml file `name`.

    Raises:
        PoseViewerError: There is no such skeleton, or its file breaks its own rules.
    """
    path = Path(name) if name.endswith(".toml") else resource(f"skeletons/{name}.toml")
    if not path.is_file():
        msg = f"There is no skeleton called {name!r}; the known ones lie in resources/skeletons."
        raise PoseViewerError(msg)
    try:
        with reading(path.name, kind="a skeleton", advice="correct the file"):
            table = tomllib.loads(read_text(path, most=_LONGEST_FILE))
            return _skeleton(path.stem, table)
    except PoseViewerError as error:
        if not isinstance(error.__cause__, KeyError):
            raise
        msg = f"Skeleton file {path.name} names a joint {error.__cause__} that it does not list."
        raise PoseViewerError(msg) from error


def _skeleton(name: str, table: dict[str, Any]) -> Skeleton:
    joints = tuple(word(joint, "a joint") for joint in listing(table.get("joints"), "its joints"))
    place = {joint: i for i, joint in enumerate(joints)}
    if len(place) < len(joints):
        msg = "it names a joint twice"
        raise ValueError(msg)
    bones = tuple((place[a], place[b]) for a, b in listing(table.get("bones"), "its bones"))
    mirror = tuple(place[_mirrored(joint)] for joint in joints)
    spare = {(place[a], place[b]) for a, b in table.get("spare", ())}
    limbs = tuple(
        Limb(
            place[a],
            place[b],
            whole(n, "a channel", low=0, high=999),
            (place[a], place[b]) in spare,
        )
        for a, b, n in table.get("limbs", ())
    )
    given = [_sigma(table["sigmas"], joint) for joint in joints]
    sigmas = numbers(given, "sigmas", shape=(None,)).astype(np.float32)
    details = tuple(_detail(one, place) for one in table.get("details", ()))
    return Skeleton(name, joints, bones, mirror, sigmas, limbs, details)


def _detail(table: dict[str, Any], place: dict[str, int]) -> Detail:
    first = place[word(table["first"], "the first joint of a part")]
    count = whole(table["joints"], "the joints of a part", low=1, high=len(place) - first)
    dots = table.get("dots", True)
    covers = tuple(place[joint] for joint in listing(table.get("covers", []), "covered joints"))
    name = word(table["name"], "the name of a part")
    return Detail(name, first, first + count, dots is True, covers)


def _sigma(table: dict[str, Any], joint: str) -> Any:
    """The constant of a joint, of both sides, or of a row of joints with numbers."""
    plain = _plain(joint)
    row = plain.rstrip("0123456789").removesuffix("_")
    return table[next((name for name in (joint, plain, row) if name in table), plain)]


@cache
def _body_of(skeleton: Skeleton) -> Skeleton:
    count = skeleton.details[0].start
    return Skeleton(
        skeleton.name,
        skeleton.joints[:count],
        tuple(bone for bone in skeleton.bones if max(bone) < count),
        skeleton.mirror[:count],
        skeleton.sigmas[:count],
        tuple(limb for limb in skeleton.limbs if max(limb.start, limb.end) < count),
    )


_KNOWN = (
    "coco-17", "mpii-16", "lsp-14", "cpm-14", "body-25", "openpose-coco-18", "openpose-mpi-15",
    "flic-9", "poseviewer-23", "halpe-26", "blazepose-33", "hand-21", "face-contours-128",
    "wholebody-133", "holistic-203",
)  # fmt: skip


def known_skeletons() -> tuple[Skeleton, ...]:
    """Return the skeletons that come with the program."""
    return tuple(map(load_skeleton, _KNOWN))


def matching_skeleton(
    joints: Sequence[str], *, bones: tuple[tuple[int, int], ...] = ()
) -> Skeleton:
    """Return the skeleton that has these joints in this order; one of its own if none is known.

    Args:
        joints: Names, common or as in the skeleton's file.
        bones: Of a skeleton that is not known.
    """
    wanted = common_names(joints)
    for skeleton in known_skeletons():
        if common_names(skeleton.joints) == wanted:
            return skeleton
    count = len(wanted)
    sigmas = np.full(count, 0.08, np.float32)
    return Skeleton("labels", wanted, bones, tuple(range(count)), sigmas)


def common_names(joints: Sequence[str]) -> tuple[str, ...]:
    """Return the names under which joints of different skeletons are compared, in their order.

    A neck and the top of a head mean the same where they come together. OpenPose's neck, which
    comes without, is made of the shoulders' middle, and FLIC's head is marked at the nose: these
    two get names of their own.
    """
    neck = not {"neck", "upper_neck"}.isdisjoint(joints)
    head = not {"head", "head_top"}.isdisjoint(joints)
    renamed = {
        "upper_neck": "neck",
        "neck": "neck" if head else "middle_of_shoulders",
        "head": "head_top" if neck else "face",
    }
    return tuple(renamed.get(joint, joint) for joint in joints)


def _plain(joint: str) -> str:
    return joint.removeprefix("left_").removeprefix("right_")


def _mirrored(joint: str) -> str:
    if joint.startswith("left_"):
        return "right_" + joint[5:]
    if joint.startswith("right_"):
        return "left_" + joint[6:]
    return joint
