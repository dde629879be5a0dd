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
    sigmas = numbers([table["sigmas"][_plain(joint)] for joint in joints], "sigmas", shape=(None,))
    return Skeleton(name, joints, bones, mirror, sigmas.astype(np.float32), limbs)


_KNOWN = (
    "coco-17", "mpii-16", "lsp-14", "cpm-14", "body-25", "openpose-coco-18", "openpose-mpi-15",
    "flic-9", "poseviewer-23", "halpe-26", "blazepose-33",
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
