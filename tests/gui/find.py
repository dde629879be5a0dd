"""Parts of the window, found as a person finds them: by their words."""

from PySide6.QtWidgets import QLabel, QToolButton


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
