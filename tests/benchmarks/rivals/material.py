"""The pictures and clips that networks are compared on, with what is known of them.

From the data pack (`--data`): people of COCO and LSPET `val`, exercise photos held out in training,
and views as a webcam has them, cut from both. From public packages: pictures of nobody. Everything
is made by a fixed rule, so that the same pack gives the same pictures.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from dataclasses import dataclass

import cv2
import numpy as np

from poseviewer.core.torso import torsos
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.room import paint_room
from tests.benchmarks.rivals.measure import ABSENT, BODY, PRESENT, UNKNOWN, Truth

FEWEST = 4
"""Labelled joints below the head that a person needs to be asked about."""

VIEWS = 100
"""Webcam-like views."""

NOBODY = 200
"""Pictures without a person."""


@dataclass(frozen=True, slots=True, eq=False)
class Person:
    """A labelled person in a picture."""

    name: str
    """Of the picture's file."""

    pixels: np.ndarray
    """RGB (h, w, 3)."""

    xy: np.ndarray
    """(12, 2) pixels, NaN where not labelled."""

    state: np.ndarray
    """(12,)"""

    head: np.ndarray
    """(2,) nose; NaN where not labelled."""

    box: tuple[float, float, float, float] | None = None
    """Left, top, width and height; None where the picture is the person's."""

    @property
    def torso(self):
        """Left shoulder to right hip, or the other diagonal."""
        seen = np.isfinite(self.xy).all(axis=1)
        return float(torsos(self.xy[None], seen=seen[None], names=BODY, either=True)[0])

    def cut(self, left, top, right, bottom, *, height=None):
        """The person in a part of the picture, given by edges, brought to a height if one is given.

        A joint outside is absent; one within a hundredth of the border may be either.
        """
        h, w = self.pixels.shape[:2]
        left, top = max(round(left), 0), max(round(top), 0)
        right, bottom = min(round(right), w), min(round(bottom), h)
        part = self.pixels[top:bottom, left:right]
        scale = 1.0 if height is None else height / len(part)
        if scale != 1.0:
            how = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
            part = cv2.resize(part, None, fx=scale, fy=scale, interpolation=how)
        place = (self.xy + 0.5 - (left, top)) * scale - 0.5
        size = np.array(part.shape[1::-1])
        near = 0.01 * max(size)
        inside = ((place > near) & (place < size - near)).all(axis=1)
        outside = ((place < -near) | (place > size + near)).any(axis=1)
        state = np.where(inside, self.state, np.where(outside, ABSENT, UNKNOWN))
        state = np.where(np.isfinite(place).all(axis=1), state, self.state)
        xy = np.where(inside[:, None], place, np.nan)
        head = (self.head + 0.5 - (left, top)) * scale - 0.5
        made = Person(self.name, np.ascontiguousarray(part), xy, state, head)
        return made, self.torso * scale


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Some pictures and what is known of them."""

    name: str
    pictures: list[np.ndarray]
    truth: Truth | None
    """None where there is nobody."""

    @property
    def digest(self):
        """The same for the same pixels."""
        made = hashlib.sha256()
        for one in self.pictures:
            made.update(str(one.shape).encode() + one.tobytes())
        return made.hexdigest()[:16]


def gathered(name, people, step):
    """Every so manieth person who has a torso to measure by, as a material."""
    people = [(one, torso) for one, torso in people if np.isfinite(torso)][::step]
    truth = Truth(
        np.array([one.xy for one, _ in people]),
        np.array([one.state for one, _ in people]),
        np.array([torso for _, torso in people]),
    )
    return Material(name, [one.pixels for one, _ in people], truth)


def pictures_of(path):
    """Names and RGB pixels of the pictures in a .tar."""
    with tarfile.open(path) as pack:
        for member in pack:
            file = pack.extractfile(member)
            if file is not None:
                coded = np.frombuffer(file.read(), np.uint8)
                yield member.name, np.ascontiguousarray(cv2.imdecode(coded, 1)[..., ::-1])


def table_people(table, pictures, *, chosen=lambda _name: True, unlabelled):
    """People of a COCO keypoint table.

    Args:
        table: Path of the JSON file.
        pictures: Path of the .tar.
        chosen: Which pictures.
        unlabelled: What is said of a joint without a label.
    """
    known = json.loads(table.read_text(encoding="utf-8"))
    names = {one["id"]: one["file_name"] for one in known["images"]}
    joints = known["categories"][0]["keypoints"]
    columns = [joints.index(joint) for joint in BODY]
    pixels = {name: one for name, one in pictures_of(pictures) if chosen(name)}
    for one in sorted(known["annotations"], key=lambda one: (one["image_id"], one["id"])):
        name = names[one["image_id"]]
        points = np.array(one["keypoints"], float).reshape(-1, 3)
        body, flag = points[columns], points[columns, 2]
        if one.get("iscrowd") or name not in pixels or (flag > 0).sum() < FEWEST:
            continue
        # Of a joint that is labelled but hidden, drawing it is neither right nor wrong.
        state = np.select([flag == 2, flag == 1], [PRESENT, UNKNOWN], unlabelled)
        # COCO counts from the corner of the first pixel.
        xy = np.where(flag[:, None] > 0, body[:, :2] - 0.5, np.nan)
        nose = points[0, :2] - 0.5 if points[0, 2] > 0 else np.full(2, np.nan)
        yield Person(name, pixels[name], xy, state, nose, tuple(one["bbox"]))


def coco(data):
    """People of COCO `val`."""
    table, pictures = data / "coco_val.json", data / "coco-images-val.tar"
    return list(table_people(table, pictures, unlabelled=ABSENT))


def exercise(data):
    """People of the exercises that were held out in training: a tenth, chosen by their names."""
    return list(
        table_people(
            data / "exercise_train.json",
            data / "exercise-photos.tar",
            chosen=held_out,
            unlabelled=UNKNOWN,
        )
    )


def held_out(name):
    """Whether the exercise of a photo is held out: all photos of it, or none."""
    stem = re.sub(r"-\d+\.webp$", "", name)
    return int(hashlib.sha256(stem.encode()).hexdigest(), 16) % 10 == 0


def around(people):
    """Each person in a square twice as wide as the box is long, or what the photo has of it."""
    for one in people:
        x, y, width, height = one.box
        half, cx, cy = max(width, height), x + width / 2, y + height / 2
        yield one.cut(cx - half, cy - half, cx + half, cy + half)


def alone(people):
    """Photos with one labelled person, whole."""
    names = [one.name for one in people]
    return ((one, one.torso) for one in people if names.count(one.name) == 1)


def lspet(data, step):
    """Every so manieth person of LSPET `val`, in the crops of the pack."""
    with np.load(data / "crops.npz", allow_pickle=False) as table:
        joints = [str(name) for name in table["joint_names"]]
        columns = [joints.index(_short(joint)) for joint in BODY]
        rows = {
            str(table["name"][row]): table["joints"][row][columns]
            for row in np.flatnonzero((table["split"] == "val") & (table["dataset"] == "lspet"))[
                ::step
            ]
        }
    for path in sorted(data.glob("crops-*.tar")):
        for name, pixels in pictures_of(path):
            if name not in rows:
                continue
            body = rows[name].astype(float)
            seen = body[:, 2] > 0
            if seen.sum() >= FEWEST:
                xy = np.where(seen[:, None], body[:, :2], np.nan)
                state = np.where(seen, PRESENT, UNKNOWN)
                one = Person(name, pixels, xy, state, np.full(2, np.nan))
                yield one, one.torso


def _short(joint):
    """The name of a joint in the pack."""
    side, part = joint.split("_")
    return f"{side[0]}_{part}"


def webcam(people):
    """Views as a webcam has them: in turn head and shoulders, and from the waist up."""
    found = []
    for one in people:
        shoulders, torso = one.xy[:2].mean(axis=0), one.torso
        if not np.isfinite([*shoulders, *one.head, torso]).all() or torso < 45:
            continue
        hips = np.nanmean(one.xy[6:8], axis=0)
        across, down = hips - shoulders
        if down < 0.6 * torso or abs(across) > 0.5 * down or one.head[1] > shoulders[1]:
            continue
        reach = 0.35 if len(found) % 2 else 0.85
        top, bottom = one.head[1] - 0.55 * torso, shoulders[1] + reach * down
        top, bottom = max(top, 0), min(bottom, len(one.pixels))
        half = (bottom - top) * 2 / 3
        left = max(min(shoulders[0] - half, one.pixels.shape[1] - 2 * half), 0)
        found.append(one.cut(left, top, left + 2 * half, bottom, height=360))
    step = max(len(found) / VIEWS, 1.0)
    return [found[int(at * step)] for at in range(min(VIEWS, len(found)))]


SAMPLES = (
    "skimage/data/brick.png",
    "skimage/data/cell.png",
    "skimage/data/chelsea.png",
    "skimage/data/clock_motion.png",
    "skimage/data/coffee.png",
    "skimage/data/coins.png",
    "skimage/data/color.png",
    "skimage/data/grass.png",
    "skimage/data/gravel.png",
    "skimage/data/hubble_deep_field.jpg",
    "skimage/data/ihc.png",
    "skimage/data/moon.png",
    "skimage/data/motorcycle_left.png",
    "skimage/data/page.png",
    "skimage/data/retina.jpg",
    "skimage/data/rocket.jpg",
    "skimage/data/text.png",
    "sklearn/datasets/images/china.jpg",
    "sklearn/datasets/images/flower.jpg",
)
"""Pictures of nobody in the wheels of scikit-image and scikit-learn."""


def beside(people):
    """What lies beside the person in a photo: the wider side, if it is wide enough."""
    for one in people:
        points = one.xy[np.isfinite(one.xy).all(axis=1)]
        low, high = points.min(axis=0), points.max(axis=0)
        room, width = 0.3 * (high - low).max(), one.pixels.shape[1]
        left, right = int(low[0] - room), int(high[0] + room)
        if max(left, width - right) < 0.3 * width or one.name in NOT_EMPTY:
            continue
        part = one.pixels[:, :left] if left > width - right else one.pixels[:, right:]
        yield np.ascontiguousarray(part)


NOT_EMPTY = (
    "Chest_Push_single_response-0.webp",
    "Chest_Push_single_response-1.webp",
    "Clean_and_Press-1.webp",
    "Single-Leg_Stride_Jump-0.webp",
    "Single-Leg_Stride_Jump-1.webp",
    "Standing_Towel_Triceps_Extension-0.webp",
    "Standing_Towel_Triceps_Extension-1.webp",
    "Straight_Bar_Bench_Mid_Rows-0.webp",
)
"""Exercise photos that show a person, a part of one, or a poster of one beside the main one; looked
through by eye."""


def nobody(packages, photos, step):
    """Gyms beside people, sample pictures, whole and in quarters, rooms without the mannequin."""
    pictures = list(beside(photos))
    for name in SAMPLES:
        pixels = cv2.imread(str(packages / name))
        if pixels is None:
            continue
        pixels = np.ascontiguousarray(pixels[..., ::-1])
        h, w = (side // 2 for side in pixels.shape[:2])
        parts = [pixels[y : y + h, x : x + w] for y in (0, h) for x in (0, w)]
        pictures += [_at_most(part) for part in (pixels, *parts)]
    rng = np.random.default_rng(0)
    for seed in range(max(NOBODY - len(pictures), 0)):
        size = ((640, 480), (480, 640), (512, 512), (640, 360))[seed % 4]
        camera = Camera(
            scale=size[1] * rng.uniform(0.25, 0.7),
            centre=size[0] * rng.uniform(0.2, 0.8),
            floor=size[1] * rng.uniform(0.65, 1.05),
            distance=rng.uniform(4, 8),
            eye=rng.uniform(0.7, 1.8),
        )
        if len(pictures) % step == 0:
            pictures.append(paint_room(size, camera=camera, seed=400 + seed))
        else:
            pictures.append(np.zeros((1, 1, 3), np.uint8))
    return Material("nobody", pictures[::step], None)


def _at_most(pixels, side=640):
    scale = side / max(pixels.shape[:2])
    if scale >= 1:
        return np.ascontiguousarray(pixels)
    return cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def all_pictures(data, packages, *, step):
    """Every set of pictures.

    Args:
        data: The data pack.
        packages: Where the sample pictures lie.
        step: Every so manieth picture is taken; of LSPET, which says as much with half as many,
            every second of those.
    """
    photos, training = coco(data), exercise(data)
    exercises = [(one, one.torso) for one in training]
    views = webcam([*photos, *training])
    return [
        gathered("COCO val, one person in the photo", alone(photos), 1),
        gathered("COCO val, people", around(photos), step),
        gathered("LSPET val", lspet(data, 2 * step), 1),
        gathered("exercise photos held out", exercises, step),
        gathered("webcam-like views", views, max(step // 2, 1)),
        nobody(packages, training, step),
    ]


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a clip."""

    name: str
    count: int
    """Frames from the first on, at most."""

    quick: int
    """The same for a quick comparison."""

    always: bool = True
    """Whether a person is there all the time."""

    one: bool = True
    """Whether it is always the same person, so that angles can be compared."""

    still: bool = False
    """Whether the person stands still now and then, so that jitter can be measured."""


CLIPS = (
    Stretch("squat.mp4", 614, 150, still=True),
    # Then another person comes into the way.
    Stretch("sports2d_demo.mp4", 170, 60),
    Stretch("pose2sim_single_cam03.mp4", 100, 40),
    Stretch("mmaction_structuralize.mp4", 150, 40, one=False),
    Stretch("intel_one_by_one.mp4", 100, 40, always=False, one=False),
    Stretch("opencv_vtest.avi", 60, 20, one=False),
)
