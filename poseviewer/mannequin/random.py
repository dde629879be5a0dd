"""Random figures for training: any outfit, build, pose and background, with the true joints."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.figure import Figure
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.motion import Build, Stance, pose_bones
from poseviewer.mannequin.room import paint_room
from poseviewer.mannequin.routine import ROUTINE_SECONDS, routine
from poseviewer.mannequin.shading import Light
from poseviewer.mannequin.source import true_pose
from poseviewer.mannequin.wardrobe import random_outfit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses


def random_figure(
    seed: int, *, size: tuple[int, int], background: NDArray[np.uint8] | None = None
) -> tuple[NDArray[np.uint8], Poses]:
    """Paint one random figure, the same for the same arguments.

    Poses range from the routine's over crouching and reaching to lying and upside down.

    Args:
        seed: Any number from 0.
        size: Width and height in pixels.
        background: RGB (h, w, 3) of that size to stand in front of, such as a photo without
            people; None paints a room or an abstract one.

    Returns:
        RGB pixels (h, w, 3), and the LSP-14 pose; joints outside the frame score 0.
    """
    random = np.random.default_rng(seed)
    build = _random_build(random)
    figure = Figure(random_outfit(random), build=build, light=_random_light(random))
    stance, grounded = random_stance(random)
    posture = pose_bones(stance, build=build, grounded=grounded)
    joints = posture.joints()
    places = np.stack(list(joints.values()))
    camera = _framing(places, size, random)
    painted = background is None and random.random() < 0.4
    if background is not None:
        canvas = background.copy()
    elif painted:
        canvas = paint_room(size, camera=camera, seed=int(random.integers(1 << 16)))
    else:
        canvas = _abstract(size, random)
    figure.paint(canvas, posture=posture, camera=camera, shadow=painted and grounded)
    at, _ = camera.project(places)
    ours = np.stack([joints[name] for name in load_skeleton("lsp-14").joints])
    xy, _ = camera.project(ours)
    return _as_taken(canvas, random), true_pose(xy, size=size, around=at, joints=ours)


def random_joints(seed: int) -> NDArray[np.float64]:
    """The LSP-14 joints of one random figure, the same for the same number.

    Args:
        seed: Any number from 0.

    Returns:
        (14, 3) metres: x to the viewer's right, y up, z towards the viewer.
    """
    random = np.random.default_rng(seed)
    build = _random_build(random)
    stance, grounded = random_stance(random)
    joints = pose_bones(stance, build=build, grounded=grounded).joints()
    return np.stack([joints[name] for name in load_skeleton("lsp-14").joints])


def _random_build(random: np.random.Generator) -> Build:
    limb = random.uniform(0.92, 1.08, 5)
    standard = Build()
    return Build(
        thigh=standard.thigh * limb[0],
        shank=standard.shank * limb[0] * random.uniform(0.97, 1.03),
        upper_arm=standard.upper_arm * limb[1],
        forearm=standard.forearm * limb[1] * random.uniform(0.97, 1.03),
        hip=standard.hip * limb[2],
        shoulder=standard.shoulder * random.uniform(0.86, 1.1),
        spine=limb[4],
    )


def _random_light(random: np.random.Generator) -> Light:
    angle = random.uniform(-math.pi, math.pi)
    key = np.array([math.sin(angle) * 0.8, random.uniform(0.25, 0.9), math.cos(angle) * 0.4 + 0.45])
    key /= np.linalg.norm(key)
    strength, ambient = random.uniform(0.45, 1.15), random.uniform(0.55, 1.2)
    return Light(
        key=(float(key[0]), float(key[1]), float(key[2])),
        strength=strength,
        fill=random.uniform(0.05, 0.3),
        sky=0.44 * ambient,
        bounce=0.26 * ambient * random.uniform(0.6, 1.3),
    )


def random_stance(random: np.random.Generator) -> tuple[Stance, bool]:
    """Return a stance, and whether it stands on the floor."""
    turn = random.uniform(-180, 180)
    if random.random() < 0.2:
        moment = routine(random.uniform(0, ROUTINE_SECONDS), reach=0.0)
        return replace(moment, turn=turn), True
    crouch = random.random() < 0.3
    angles: dict[str, float] = {}
    for side in ("left", "right"):
        hip = random.uniform(60, 120) if crouch else random.normal(15, 30)
        low, high = (20, 140) if crouch else (0, 90)
        angles |= {
            f"{side}_hip": hip,
            f"{side}_hip_out": abs(random.normal(6, 16)),
            f"{side}_hip_turn": random.normal(8, 14),
            f"{side}_knee": random.uniform(low, high) * (random.random() if not crouch else 1),
            f"{side}_ankle": random.normal(0, 14),
            f"{side}_shoulder": random.uniform(-40, 170) * random.random(),
            f"{side}_shoulder_out": random.uniform(0, 165) * random.random() + 4,
            f"{side}_shoulder_turn": random.uniform(-40, 90),
            f"{side}_elbow": random.uniform(0, 140) * random.random(),
        }
    lying = random.random() < 0.22
    stance = Stance(
        turn=turn,
        lean=random.normal(0, 90) if lying else random.normal(12 + 20 * crouch, 14),
        roll=random.uniform(-180, 180) if lying else random.normal(0, 7),
        bend=random.normal(10, 16), side=random.normal(0, 14), twist=random.normal(0, 18),
        nod=random.normal(0, 14), tilt=random.normal(0, 9), look=random.normal(0, 24),
        **angles,
    )  # fmt: skip
    return stance, not lying


def _framing(
    places: NDArray[np.float64], size: tuple[int, int], random: np.random.Generator
) -> Camera:
    """Return a camera that shows the figure at a random size, mostly whole."""
    width, height = size
    low, high = places.min(axis=0), places.max(axis=0)
    extent = np.maximum(high - low, 0.5) + 0.3
    fit = min(width / extent[0], height / extent[1])
    scale = float(fit * random.uniform(0.55, 1.08))
    spare = np.maximum(np.array(size) - extent[:2] * scale, 0) / 2
    middle = (low + high) / 2
    shift = random.uniform(-1, 1, 2) * (spare + np.array(size) * 0.03)
    x = (width - 1) / 2 + float(shift[0]) - scale * float(middle[0])
    y = (height - 1) / 2 + float(shift[1]) + scale * float(middle[1])
    # The eye's height is where lines vanish; the floor row follows from it.
    eye = float(middle[1]) + random.uniform(-0.3, 0.6)
    return Camera(scale, x, y, distance=float(random.uniform(3.2, 9.0)), eye=eye)


def _abstract(size: tuple[int, int], random: np.random.Generator) -> NDArray[np.uint8]:
    """Paint a background of soft gradients, shapes and texture at every scale."""
    width, height = size
    picture = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((2, 1.0), (5, 0.5), (14, 0.3), (50, 0.16)):
        noise = random.normal(0, 1, (cells, cells, 3)) * random.uniform(0.2, 1)
        noise = noise * 0.35 + noise.mean(axis=2, keepdims=True)
        patch = cv2.resize(noise.astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
        picture += patch * strength
    picture = 128 + random.uniform(-50, 50) + picture * random.uniform(10, 60)
    canvas = np.asarray(np.clip(picture, 0, 255), np.uint8)
    for _ in range(int(random.integers(0, 16))):
        colour = random.uniform(0, 255, 3).tolist()
        centre = (random.uniform(0, 1, 2) * size).astype(int).tolist()
        half = (random.uniform(0.02, 0.35, 2) * size).astype(int).tolist()
        kind = random.random()
        if kind < 0.4:
            box = cv2.boxPoints((centre, half, random.uniform(0, 180))).astype(np.int32)
            cv2.fillPoly(canvas, [box], colour, cv2.LINE_AA)
        elif kind < 0.7:
            cv2.ellipse(canvas, centre, half, random.uniform(0, 180), 0, 360, colour, -1, 16)
        else:
            end = (random.uniform(0, 1, 2) * size).astype(int).tolist()
            cv2.line(canvas, centre, end, colour, int(random.integers(1, 12)), cv2.LINE_AA)
    return canvas


def _as_taken(pixels: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    """Change a picture as a camera would: exposure, colour, blur, grain."""
    taken = pixels
    if random.random() < 0.4:
        taken = np.asarray(cv2.GaussianBlur(taken, (0, 0), random.uniform(0.3, 1.3)), np.uint8)
    gain = random.uniform(0.7, 1.2) * random.uniform(0.93, 1.07, 3)
    lit = taken.astype(np.float32) * gain.astype(np.float32) + np.float32(random.normal(0, 8))
    grain = random.standard_normal(taken.shape, dtype=np.float32)
    lit += grain * np.float32(abs(random.normal(0, 5)))
    return np.asarray(np.clip(lit, 0, 255), np.uint8)
