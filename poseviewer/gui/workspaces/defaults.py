"""The three workspaces of the program, as they are at the first start."""

from __future__ import annotations

from poseviewer.gui.workspaces.arrangement import Arrangement, Split, Tabs
from poseviewer.gui.workspaces.workspace import Drawn, Workspace

_KNEES = ("left knee", "right knee")

PRESENT = Workspace(
    "Present",
    Arrangement(
        sides=(
            ("right", 0.2, Tabs(("figures_dock",))),
            ("bottom", 0.3, Tabs(("joint_maps_dock",))),
        ),
        wide=True,
    ),
    tall=Arrangement(
        sides=(
            (
                "right",
                0.62,
                Split(
                    "column",
                    (Tabs(("joint_maps_dock",), share=0.66), Tabs(("figures_dock",), share=0.34)),
                ),
            ),
        ),
    ),
    drawn=Drawn(hud=False, heatmap=True, arcs=_KNEES),
    presenting=True,
)
"""The frame on the whole screen, the maps of one joint beneath, and angles to be read from afar.

A frame that is taller than wide has maps and angles beside it."""

_EXPERIMENTS = ("inside_dock", "decoding_dock", "what_if_dock", "springs_dock")
"""Docks that are closed until a person wants them."""

_MAPS = (
    "joint_maps_dock",
    "convergence_dock",
    "compare_dock",
    "probe_dock",
    "model_dock",
    "depth_dock",
    *_EXPERIMENTS,
)
_CURVES = (
    "angles_dock",
    "figures_dock",
    "people_dock",
    "review_dock",
    "embedding_dock",
    "notes_dock",
    "performance_dock",
    "exports_dock",
    "project_dock",
)

INSPECT = Workspace(
    "Inspect",
    Arrangement(
        sides=(
            (
                "right",
                0.56,
                Split("column", (Tabs(_MAPS, share=0.58), Tabs(_CURVES, share=0.42))),
            ),
            ("bottom", 0.36, Tabs(("stages_dock",))),
        ),
        closed=_EXPERIMENTS,
    ),
    tall=Arrangement(
        sides=(
            (
                "right",
                0.56,
                Split(
                    "column",
                    (Tabs(_MAPS, share=0.52), Tabs(("stages_dock", *_CURVES), share=0.48)),
                ),
            ),
        ),
        closed=_EXPERIMENTS,
    ),
)
"""One joint's maps, stage by stage, with the grid of all joints as an index under them, or under a
frame that is wider than tall."""

_SELDOM = (
    "compare_dock",
    "probe_dock",
    "performance_dock",
    "exports_dock",
    "project_dock",
    *_EXPERIMENTS,
)

_BESIDE_CURVES = (
    "joint_maps_dock",
    "convergence_dock",
    "figures_dock",
    "people_dock",
    "review_dock",
    "embedding_dock",
    "notes_dock",
    "model_dock",
    "depth_dock",
)

MEASURE = Workspace(
    "Measure",
    Arrangement(
        sides=(
            ("right", 0.62, Tabs(("angles_dock", *_BESIDE_CURVES, *_SELDOM))),
            ("bottom", 0.34, Tabs(("stages_dock",))),
        ),
        closed=_SELDOM,
    ),
    Drawn(arcs=_KNEES),
    tall=Arrangement(
        sides=(
            (
                "right",
                0.62,
                Tabs(("angles_dock", "stages_dock", *_BESIDE_CURVES, *_SELDOM)),
            ),
        ),
        closed=_SELDOM,
    ),
)
"""The curves of angles over most of the window; what is seldom needed with them is closed."""

BUILT_IN = (PRESENT, INSPECT, MEASURE)
FIRST = INSPECT.name
