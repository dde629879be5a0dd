"""The settings of the program in one place; every control changes the one that owns its value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.angle_file import own_angles_path
from poseviewer.gui import theme
from poseviewer.gui.design import DISTANCE_NAMES, SIZES, Distance, ThemeChoice
from poseviewer.gui.dialogs.export_names import videos_folder
from poseviewer.gui.dialogs.live_options import RewindBox
from poseviewer.gui.dialogs.shortcuts import KeyEditor
from poseviewer.gui.model_dock import DEVICES, ENGINES, PRECISIONS, named
from poseviewer.gui.plain import Label, allow, caption, plain_tip
from poseviewer.gui.widgets import combo, fill, quiet_label
from poseviewer.runtime.getting import chosen_mirror
from poseviewer.runtime.saved.library import Saving, results_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from poseviewer.gui.actions.context import Action, Context

_THEMES: dict[ThemeChoice, str] = {
    "system": "Same as the system",
    "dark": "Dark",
    "light": "Light",
    "contrast": "High contrast",
}


class Preferences(QDialog):
    """Pages of settings; a change holds at once."""

    def __init__(self, context: Context, *, specs: Sequence[Action], menus: Sequence[str]) -> None:
        """Make the dialog.

        Args:
            context: The window and the session whose settings are shown.
            specs: Every action, for the page of keys.
            menus: In their order.
        """
        super().__init__(context.window)
        self._context = context
        self.setWindowTitle("Preferences")
        self.resize(theme.within(context.window, 820, 620))
        self.pages = QListWidget(self)
        self.pages.setAccessibleName("Pages")
        self.pages.setObjectName("pages")
        self.stack = QStackedWidget(self)
        self.keys = KeyEditor(self, specs=specs, menus=menus, settings=context.settings)
        self.keys.changed.connect(context.apply_keys)
        for title, page in (
            ("Look", self._look()),
            ("Network", self._network()),
            ("Live sources", self._live()),
            ("Files", self._files()),
            ("Keys", self.keys),
        ):
            self.pages.addItem(title)
            self.stack.addWidget(page)
        self.pages.currentRowChanged.connect(self.stack.setCurrentIndex)
        self.pages.setCurrentRow(0)
        self.pages.setFixedWidth(self.pages.sizeHintForColumn(0) + theme.px(40))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(theme.px(SIZES.margin))
        row.addWidget(self.pages)
        row.addWidget(self.stack, 1)
        column = QVBoxLayout(self)
        margin = theme.px(SIZES.margin)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(margin)
        column.addLayout(row, 1)
        column.addWidget(buttons)
        context.bridge.changed.connect(self._show_network)
        self._show_network()

    # -- pages ----------------------------------------------------------------------------

    def _look(self) -> QWidget:
        context, settings = self._context, self._context.settings
        self.theme = _box("Theme", "Colours of the window", _THEMES.items())
        self.distance = _box(
            "Viewing distance",
            "Texts, icons, captions of tiles and strokes grow with it",
            DISTANCE_NAMES.items(),
        )
        self.theme.setCurrentIndex(self.theme.findData(settings.theme))
        self.distance.setCurrentIndex(self.distance.findData(settings.distance))
        self.theme.activated.connect(lambda _: context.choose_theme(self._theme()))
        self.distance.activated.connect(lambda _: context.choose_distance(self._distance()))
        reset = _button("Reset layout", "Put every dock where it is at the first start")
        reset.clicked.connect(lambda: context.actions()["reset_layout"].trigger())
        page, form = _page()
        form.addRow("Theme", self.theme)
        form.addRow("Viewing distance", self.distance)
        form.addRow("Docks", _left(reset))
        return page

    def _theme(self) -> ThemeChoice:
        chosen: ThemeChoice = self.theme.currentData()
        return chosen

    def _distance(self) -> Distance:
        chosen: Distance = self.distance.currentData()
        return chosen

    def _network(self) -> QWidget:
        self.automatic = QCheckBox("Choose the network by speed", self)
        self.automatic.setToolTip(
            "Take the accurate network where it is fast enough for what is open, else the fast one"
        )
        self.automatic.clicked.connect(lambda on: self._change(automatic=on))
        self.model = _box("Network", "The network that looks for joints", ())
        self.engine = _box("Engine", "What runs the network", ())
        self.device = _box("Device", "The processor that the network runs on", ())
        self.precision = _box("Precision", "How exactly the network calculates", ())
        page, form = _page()
        form.addRow("", self.automatic)
        for name, box in self._boxes():
            box.activated.connect(
                lambda _, name=name, box=box: self._change(**{name: box.currentData()})
            )
            form.addRow(box.accessibleName(), box)
        form.addRow("", _note("The Model dock shows the same choices, and what runs now."))
        form.addRow("Fetch networks from", self._mirror())
        return page

    def _mirror(self) -> QLineEdit:
        made = QLineEdit(chosen_mirror() or self._context.settings.mirror, self)
        made.setAccessibleName("Fetch networks from")
        made.setPlaceholderText("Where their authors publish them")
        made.setToolTip(
            "Address of a folder with the files of networks as NAME/FILE, where yours are copied"
        )
        made.setClearButtonEnabled(True)
        # The environment counts more.
        says = "the environment variable POSEVIEWER_MIRROR says where from"
        allow(made, not chosen_mirror(), why_not=says)
        made.textEdited.connect(lambda text: setattr(self._context.settings, "mirror", text))
        self.mirror = made
        return made

    def _boxes(self) -> tuple[tuple[str, QComboBox], ...]:
        names = ("model", "engine", "device", "precision")
        return tuple((name, getattr(self, name)) for name in names)

    def _live(self) -> QWidget:
        context, settings = self._context, self._context.settings
        self.rewind = RewindBox(settings.keep, source=context.state.source, parent=self)

        def take() -> None:
            settings.keep = self.rewind.keep
            context.session.feed.keep(self.rewind.keep)

        self.rewind.changed.connect(take)
        recording = _button("What a recording writes…", "A second video, tables, OpenPose JSON")
        recording.clicked.connect(lambda: context.actions()["live_options"].trigger())
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.rewind)
        column.addLayout(_left(recording))
        column.addStretch(1)
        return page

    def _files(self) -> QWidget:
        settings = self._context.settings
        self.folder = Label(self)
        self.folder.setWordWrap(True)
        choose = _button("Choose…", "Where the next file dialog begins")
        choose.clicked.connect(self._choose_folder)
        forget = _button("Forget recent files", "Empty the list of files that were opened")
        forget.clicked.connect(self._forget)
        define = _button("Define angles…", "Add, change and remove angles of your own")
        define.clicked.connect(lambda: self._context.actions()["define_angle"].trigger())
        page, form = _page()
        form.addRow("Open and save in", _stacked(self.folder, choose))
        angles = _place(own_angles_path(), self)
        form.addRow("Your own angles", _stacked(angles, define, _show_button(own_angles_path())))
        form.addRow("Saved results", self._saved())
        form.addRow("Recordings", _place(videos_folder(), self))
        form.addRow("Settings", _stacked(_place(settings.path, self), _show_button(settings.path)))
        form.addRow("Recent files", _left(forget))
        self._show_folder()
        return page

    def _saved(self) -> QVBoxLayout:
        saving = self._context.settings.saving
        shown = saving or Saving(results_folder())
        self.save_results = QCheckBox("Save what is analysed, and show it again", self)
        self.save_results.setToolTip(
            "Every analysis from start to end goes into a file that only you can read"
        )
        self.save_results.setChecked(saving is not None)
        self.beside = QCheckBox("Beside the clip, not in your data folder", self)
        self.beside.setToolTip("Everybody who has the folder of the clip has the results too")
        self.beside.setChecked(shown.beside)
        self.gigabytes = QDoubleSpinBox(self)
        self.gigabytes.setRange(0.1, 1000)
        self.gigabytes.setDecimals(1)
        self.gigabytes.setSuffix(" GB")
        self.gigabytes.setAccessibleName("Largest size of saved results")
        self.gigabytes.setToolTip("When they pass it, the oldest go first, after a warning")
        self.gigabytes.setValue(shown.limit / (1 << 30))
        self.save_results.clicked.connect(self._save)
        self.beside.clicked.connect(self._save)
        self.gigabytes.valueChanged.connect(self._save)
        column = QVBoxLayout()
        column.setSpacing(theme.px(SIZES.gap))
        column.addWidget(self.save_results)
        column.addWidget(self.beside)
        column.addLayout(_left(Label("At most", self), self.gigabytes))
        column.addWidget(_place(results_folder(), self))
        column.addWidget(_note("Holds from the next clip that is opened."))
        return column

    # -- showing and changing -------------------------------------------------------------

    def _change(self, **fields: Any) -> None:
        self._context.change("network", **fields)

    def _show_network(self) -> None:
        state = self._context.state
        self.automatic.setChecked(state.network.automatic)
        offered: dict[str, Sequence[tuple[str, str, str]]] = {
            # Nothing is known of networks before the first clip.
            "model": [(m.name, m.title, m.family) for m in state.models if m.trained]
            or [(state.network.model, state.network.model, "")],
            "engine": named(state.engines, ENGINES),
            "device": named(state.devices, DEVICES),
            "precision": list(PRECISIONS),
        }
        for name, box in self._boxes():
            if [box.itemData(row) for row in range(box.count())] != [e[0] for e in offered[name]]:
                fill(box, offered[name])
            box.setCurrentIndex(box.findData(getattr(state.network, name)))

    def _save(self) -> None:
        settings = self._context.settings
        settings.save_results(
            on=self.save_results.isChecked(),
            beside=self.beside.isChecked(),
            gigabytes=self.gigabytes.value(),
        )
        self._context.session.save_results(settings.saving)

    def _show_folder(self) -> None:
        self.folder.setText(self._context.settings.folder or "Your home folder")

    def _choose_folder(self) -> None:
        picker = QFileDialog(self, "Open and save in", self._context.settings.folder)
        picker.setFileMode(QFileDialog.FileMode.Directory)

        def take(path: str) -> None:
            self._context.settings.folder = path
            self._show_folder()

        picker.fileSelected.connect(take)
        picker.finished.connect(picker.deleteLater)
        picker.open()

    def _forget(self) -> None:
        self._context.settings.forget_recent()
        self._context.list_recent()


def _page() -> tuple[QWidget, QFormLayout]:
    page = QWidget()
    form = QFormLayout(page)
    form.setContentsMargins(0, 0, 0, 0)
    form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
    form.setVerticalSpacing(theme.px(14))
    form.setHorizontalSpacing(theme.px(SIZES.margin))
    return page, form


def _box(name: str, tip: str, entries: Iterable[tuple[str, str]]) -> QComboBox:
    return combo(name, tip, ((value, text, text) for value, text in entries), letters=18)


def _button(text: str, tip: str) -> QPushButton:
    made = QPushButton(caption(text))
    made.setToolTip(plain_tip(tip))
    made.setAutoDefault(False)
    return made


def _note(text: str) -> QWidget:
    return quiet_label(text=text)


def _left(*widgets: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row


def _stacked(label: QWidget, *buttons: QWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(theme.px(SIZES.gap))
    column.addWidget(label)
    column.addLayout(_left(*buttons))
    return column


def _place(path: Path, parent: QWidget) -> Label:
    made = Label(str(path), parent)
    made.setWordWrap(True)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return made


def _show_button(path: Path) -> QPushButton:
    made = _button("Show folder", f"Open {path.parent}")
    made.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent))))
    return made
