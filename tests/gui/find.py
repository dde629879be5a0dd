"""Parts of the window, found as a person finds them: by their words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtWidgets import QLabel, QToolButton

from poseviewer.core.angle import measure
from poseviewer.core.detection import Detections
from poseviewer.core.pose import Poses

if TYPE_CHECKING:
    from tests.gui.fake_session import FakeSession


def named(widget, kind, name):
    """The one widget of a kind that assistive technology calls `name`."""
    (found,) = [one for one in widget.findChildren(kind) if one.accessibleName() == name]
    return found


def words(widget):
    """Everything that the labels which can be seen in `widget` say."""
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def menu(window, *titles):
    """A menu of the menu bar, or one inside another."""
    actions = window.menuBar().actions()
    for title in titles:
        (found,) = [one.menu() for one in actions if one.menu() and one.text() == title]
        actions = found.actions()
    return found


def entries(window, *titles):
    """The entries of a menu by their texts, separators left out."""
    return {one.text(): one for one in menu(window, *titles).actions() if one.text()}


def button(bar, name):
    """The tool button of the action `name`, without those of words such as Go live."""
    buttons = [one for one in bar.findChildren(QToolButton) if one.defaultAction()]
    (found,) = [
        one
        for one in buttons
        if one.defaultAction().objectName() == name and one is not bar.go_live
    ]
    return found


def without_people(session: FakeSession) -> None:
    """Have the person detector see nobody in the frame on screen."""
    answer = session.state.answer
    assert answer is not None
    none = np.empty(0)
    seen = Detections(
        np.empty((0, 4)), np.empty((0, 4)), none.astype(np.float32), none.astype(np.int8),
        none.astype(np.intp), none,
    )  # fmt: skip
    poses = Poses.nobody(answer.result.poses.skeleton)
    angles = measure(poses, specs=answer.result.angles.specs)
    result = replace(answer.result, poses=poses, smoothed=None, angles=angles, detections=seen)
    session.publish(answer=replace(answer, result=result))
