"""Colours: tables hold what they claim, and colour-blind eyes tell the sides apart."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from poseviewer.draw import colour
from poseviewer.draw.panel import INK, MUTED
from poseviewer.draw.primitives import Label

# Linear RGB as seen with one kind of cone missing (Machado et al. 2009, severity 1).
SIMULATED = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            (0.152286, 1.052583, -0.204868),
            (0.114503, 0.786281, 0.099216),
            (-0.003882, -0.048116, 1.051998),
        ]
    ),
    "deuteranopia": np.array(
        [
            (0.367322, 0.860646, -0.227968),
            (0.280085, 0.672501, 0.047413),
            (-0.011820, 0.042940, 0.968881),
        ]
    ),
    "tritanopia": np.array(
        [
            (1.255528, -0.076749, -0.178779),
            (-0.078411, 0.930809, 0.147602),
            (0.004733, 0.691367, 0.303900),
        ]
    ),
}


def lab(rgb: colour.Colour, eye: str) -> np.ndarray:
    """CIE Lab (D65) of an sRGB colour as `eye` sees it."""
    share = np.array(rgb) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIMULATED[eye] @ linear, 0, 1)
    to_xyz = np.array(
        [(0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505)]
    )
    xyz = to_xyz @ seen / (0.9505, 1.0, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", SIMULATED)
def test_sides_differ_for_every_eye(eye: str) -> None:
    for a, b in combinations(("right", "left", "middle"), 2):
        distance = np.linalg.norm(lab(colour.side_colour(a), eye) - lab(colour.side_colour(b), eye))
        # 2.3 is just noticeable, 10 is seen at a glance.
        assert distance > 30, (a, b)


@pytest.mark.parametrize("eye", SIMULATED)
def test_a_limb_stands_out_from_its_casing(eye: str) -> None:
    for side in colour.SIDES.values():
        assert lab(side, eye)[0] - lab(colour.CASING, eye)[0] > 40


@pytest.mark.parametrize("eye", SIMULATED)
def test_skeletons_differ_from_each_other_for_every_eye(eye: str) -> None:
    """A ghost and the ground truth beside left, right and middle.

    Strokes are a few pixels wide, where colours look alike sooner than on patches: ten times the
    just noticeable difference of 2.3 (Mahy et al. 1994) is asked for.
    """
    kinds = [*colour.SIDES.values(), colour.GHOST, colour.TRUTH]
    for a, b in combinations(kinds, 2):
        assert np.linalg.norm(lab(a, eye) - lab(b, eye)) > 23, (a, b)


@pytest.mark.parametrize("eye", SIMULATED)
def test_people_differ_for_every_eye(eye: str) -> None:
    """Each has a number too, so that a little less is enough."""
    for a, b in combinations(colour.PEOPLE, 2):
        assert np.linalg.norm(lab(a, eye) - lab(b, eye)) > 20, (a, b)


def luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance (WCAG 2.2)."""
    share = np.array(rgb) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


LABELLED = [
    *colour.PEOPLE, *colour.SIDES.values(), colour.GHOST, colour.TRUTH, INK, MUTED,
]  # fmt: skip


@pytest.mark.parametrize("ink", LABELLED)
def test_captions_can_be_read_over_any_frame(ink: colour.Colour) -> None:
    """4.5:1 (WCAG 2.2, 1.4.3) on the backing of a label over white, the worst that can be."""
    backing = Label((0, 0), "", 7).backing
    behind = tuple(backing * dark + (1 - backing) * 255 for dark in colour.CASING)
    assert (luminance(ink) + 0.05) / (luminance(behind) + 0.05) > 4.5


@pytest.mark.parametrize("name", ["inferno", "magma", "viridis", "cividis"])
def test_perceptual_maps_rise_evenly(name: str) -> None:
    """Lightness never falls, stays near a straight line, and no step is a false edge."""
    seen = np.array([lab(tuple(c), "normal") for c in colour.lut(name).tolist()])
    light = seen[:, 0]
    assert np.diff(light).min() > -0.05  # rounding to whole bytes
    assert np.abs(light - np.linspace(light[0], light[-1], 256)).max() < 6
    steps = np.linalg.norm(np.diff(seen[::8], axis=0), axis=1)
    assert steps.max() < 2 * steps.mean()


def test_people_repeat() -> None:
    assert colour.person_colour(0) == colour.person_colour(len(colour.PEOPLE))


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("inferno", (0, 0, 4), (252, 255, 164)),
        ("magma", (0, 0, 4), (252, 253, 191)),
        ("viridis", (68, 1, 84), (253, 231, 37)),
        ("cividis", (0, 34, 78), (254, 232, 56)),
    ],
)
def test_maps_are_the_published_ones(
    name: str, first: tuple[int, ...], last: tuple[int, ...]
) -> None:
    table = colour.lut(name)
    assert table.shape == (256, 3)
    assert not table.flags.writeable
    assert np.abs(table[0].astype(int) - first).max() <= 3
    assert np.abs(table[-1].astype(int) - last).max() <= 3
    lightness = np.array([lab(tuple(c), "normal")[0] for c in table.tolist()])
    assert np.all(np.diff(lightness) > -0.5)


@pytest.mark.parametrize("eye", SIMULATED)
def test_directions_differ_for_every_eye(eye: str) -> None:
    """Directions a sixth of a turn apart, and of course opposite ones, differ at a glance."""
    seen = np.array([lab(tuple(c), eye) for c in colour.lut(colour.CYCLIC)[::8].tolist()])
    apart = np.abs((np.arange(32)[:, None] - np.arange(32) + 16) % 32 - 16)
    distance = np.linalg.norm(seen[:, None] - seen, axis=2)
    assert distance[apart >= 6].min() > 15
    # And no edge is drawn where there is none.
    assert distance[apart == 1].max() < 20


def test_special_maps() -> None:
    cyclic = colour.lut(colour.CYCLIC).astype(int)
    assert np.abs(cyclic[0] - cyclic[-1]).max() < 12
    signed = colour.lut("signed").astype(int)
    light = [lab(tuple(c), "normal")[0] for c in signed.tolist()]
    assert np.argmin(light) in (127, 128)
    assert signed[40, 2] > signed[40, 0]
    assert signed[215, 0] > signed[215, 2]
    with pytest.raises(ValueError, match="no colour map 'mud'"):
        colour.lut("mud")


def test_words_of_colour() -> None:
    word = int(colour.lut32("inferno")[200])
    r, g, b = colour.lut("inferno")[200].tolist()
    assert word == 0xFF000000 | r << 16 | g << 8 | b
    assert int(colour.pack(np.array([[1.0, 2.0, 3.0]]), alpha=4.0)[0]) == 0x04010203


def test_alpha_rises_from_nothing() -> None:
    curve = colour.alpha_curve()
    assert curve[0] == 0
    assert curve[-1] == 1
    assert np.all(np.diff(curve) >= 0)


@pytest.mark.parametrize("opacity", [0.0, 0.4, 1.0])
def test_layers_are_premultiplied(opacity: float) -> None:
    added, left = colour.layer_lut("magma", opacity)
    assert left[0] == 255
    assert not added[0].any()
    assert left[-1] == round(255 * (1 - opacity))
    words = colour.layer_lut32("magma", opacity)
    alpha = words >> 24
    assert np.array_equal(alpha, 255 - left.astype(np.uint32))
    # Qt takes a colour above its alpha for an error.
    for shift in (16, 8, 0):
        assert np.all(((words >> shift) & 255) <= alpha + 1)


def test_a_belief_glows_on_its_picture() -> None:
    levels = 64
    table = colour.glow_lut32("inferno", levels).reshape(256, levels)
    assert int(table[0, 0]) == 0xFF000000
    assert int(table[0, 63]) == 0xFFFFFFFF
    assert np.all(table[255] == colour.lut32("inferno")[255])
