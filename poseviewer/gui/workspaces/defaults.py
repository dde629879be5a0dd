"""The three workspaces of the program, as they are at the first start."""

from __future__ import annotations

from poseviewer.gui.workspaces.arrangement import Arrangement, Split, Tabs
from poseviewer.gui.workspaces.workspace import Drawn, Workspace

_KNEES = ("left knee", "right knee")

_ABOUT = ("people_dock", "model_dock", "performance_dock", "exports_dock")
"""Docks about the whole, which are a tab away in every workspace."""

PRESENT = Workspace(
    "Present",
    Arrangement(
        sides=(
            ("right", 0.2, Tabs(("figures_dock",))),
            ("bottom", 0.3, Tabs(("joint_maps_dock",))),
        ),
        wide=True,
    ),
    Drawn(hud=False, heatmap=True, arcs=_KNEES),
    presenting=True,
)
"""The frame on the whole screen, the maps of one joint beneath, and angles to be read from afar."""

INSPECT = Workspace(
    "Inspect",
    Arrangement(
        sides=(
            (
                "right",
                0.56,
                Split(
                    "column",
                    (
                        Tabs(
                            (
                                "joint_maps_dock",
                                "convergence_dock",
                                "compare_dock",
                                "probe_dock",
                                "model_dock",
                            ),
                            share=0.52,
                        ),
                        Tabs(
                            (
                                "stages_dock",
                                "angles_dock",
                                "figures_dock",
                                "people_dock",
                                "performance_dock",
                                "exports_dock",
                            ),
                            share=0.48,
                        ),
                    ),
                ),
            ),
        ),
    ),
)
"""One joint's maps, stage by stage, over the grid of all joints."""

MEASURE = Workspace(
    "Measure",
    Arrangement(
        sides=(
            (
                "right",
                0.62,
                Tabs(
                    (
                        "angles_dock",
                        "stages_dock",
                        "joint_maps_dock",
                        "convergence_dock",
                        "compare_dock",
                        "probe_dock",
                        *_ABOUT,
                        "figures_dock",
                    ),
                ),
            ),
        ),
    ),
    Drawn(arcs=_KNEES),
)
"""The curves of angles over most of the window."""

BUILT_IN = (PRESENT, INSPECT, MEASURE)
FIRST = INSPECT.name
