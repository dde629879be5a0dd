"""Model > Get networks: published networks with size and licence, one of which is fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.plain import Label, allow, caption, plain_tip
from poseviewer.gui.widgets import quiet_label
from poseviewer.runtime.getting import chosen_mirror

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context
    from poseviewer.runtime.getting import Offer
    from poseviewer.runtime.jobs import Progress

_NAME = Qt.ItemDataRole.UserRole
_STEPS = 1000
"""Of the bar: bytes may be more than it can count."""


class GetNetworks(QDialog):
    """A list of networks; the current one is described, fetched and used."""

    progressed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self._getter = context.session.getter
        self._offers: dict[str, Offer] = {}
        self.setWindowTitle("Get networks")
        self.resize(theme.within(context.window, 860, 620))
        self.list = self._make_list()
        self.title, self.licence = Label(self), Label(self)
        self.source = quiet_label("Where it is fetched from")
        self.source.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        for label in (self.title, self.licence):
            label.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, _STEPS)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("How much has come")
        self.note = quiet_label("How far it is")
        self.note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setToolTip("Stop; what has come stays, and Get goes on from there")
        self.cancel.setAutoDefault(False)
        self.cancel.clicked.connect(self._cancel)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.get = buttons.addButton("Get", QDialogButtonBox.ButtonRole.ActionRole)
        self.get.clicked.connect(self._get)
        buttons.rejected.connect(self.reject)
        self._lay_out(buttons)
        self.progressed.connect(self._show)
        self.finished.connect(lambda _: self._getter.watch(None))
        self._getter.watch(self._tell)
        self._fill()
        self._set_running(self._getter.running)

    # -- making ---------------------------------------------------------------------------

    def _make_list(self) -> QTreeWidget:
        made = QTreeWidget(self)
        made.setAccessibleName("Networks")
        made.setRootIsDecorated(False)
        made.setAllColumnsShowFocus(True)
        made.setUniformRowHeights(True)
        made.setHeaderLabels(["Network", "What it is", "Size", "Here"])
        header = made.header()
        header.setStretchLastSection(False)
        for column in (0, 2, 3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        made.currentItemChanged.connect(lambda *_: self._describe())
        made.itemActivated.connect(lambda *_: self._get())
        return made

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        about = quiet_label(
            text="Networks that their authors publish, and those of PoseViewer that are not in "
            "this installation. Nothing is fetched before you press Get."
        )
        row = QHBoxLayout()
        row.setSpacing(theme.px(SIZES.margin))
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        column = QVBoxLayout(self)
        margin = theme.px(SIZES.margin)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(about)
        column.addWidget(self.list, 1)
        for widget in (self.title, self.licence, self.source):
            column.addWidget(widget)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addWidget(buttons)

    def _fill(self) -> None:
        """List what there is, the current one as before."""
        now = self._current()
        self._offers = {one.name: one for one in self._getter.offers()}
        self.list.clear()
        for one in self._offers.values():
            size = f"{one.size / 1e6:.1f} MB"
            row = QTreeWidgetItem([one.name, one.title, size, "yes" if one.here else ""])
            row.setData(0, _NAME, one.name)
            row.setToolTip(1, plain_tip(one.title))
            row.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.list.addTopLevelItem(row)
            if one.name == now or self.list.currentItem() is None:
                self.list.setCurrentItem(row)

    # -- the current network --------------------------------------------------------------

    def _current(self) -> str:
        row = self.list.currentItem()
        return "" if row is None else str(row.data(0, _NAME))

    def _describe(self) -> None:
        one = self._offers.get(self._current())
        if one is None:
            return
        self.title.setText(f"{one.name}: {one.title}")
        self.licence.setText(f"Licence: {one.licence}")
        mirror = chosen_mirror() or self._context.settings.mirror
        self.source.setText(f"From the mirror {mirror}" if mirror else f"From {one.source}")
        self.get.setText(caption("Use this network" if one.here else "Accept licence and get"))

    def _get(self) -> None:
        one = self._offers.get(self._current())
        if one is None or self._getter.running:
            return
        if one.here:
            self._context.change("network", model=one.name)
            self.accept()
            return
        self.note.setText(f"Asking for {one.name}, about {one.size / 1e6:.1f} MB…")
        self._set_running(True)
        self._getter.get(one.name, mirror=self._context.settings.mirror)

    def _cancel(self) -> None:
        self.note.setText("Stopping…")
        self._getter.cancel()

    # -- progress -------------------------------------------------------------------------

    def _tell(self, progress: Progress) -> None:
        """Called from another thread."""
        try:
            self.progressed.emit(progress)
        except RuntimeError:
            # The dialog was closed meanwhile, and Qt has deleted it.
            return

    def _show(self, progress: Progress) -> None:
        self.bar.setValue(int(_STEPS * progress.fraction))
        if not progress.finished:
            self.note.setText(_far(progress))
            self._set_running(True)
            return
        self.note.setText(progress.error or f"Got {progress.output}: it can be used now.")
        self._set_running(False)
        self._fill()

    def _set_running(self, running: bool) -> None:
        allow(self.cancel, running, why_not="nothing is being fetched")
        allow(self.get, not running, why_not="a network is being fetched")
        if not running:
            self.bar.setValue(0)


def _far(progress: Progress) -> str:
    """How far a download is, for people."""
    text = f"{progress.output}: {progress.done / 1e6:.1f} of {progress.total / 1e6:.1f} MB"
    left = progress.seconds_left
    if left is None:
        return text
    return f"{text}, {left / 60:.0f} min left" if left > 90 else f"{text}, {left:.0f} s left"
