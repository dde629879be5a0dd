"""Everything that can be done, as a table; menus, keys and the shortcut list come from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """One thing that can be done."""

    name: str
    """Of the command in `gui.commands` that does it."""

    text: str
    menu: str
    """Title of the menu; `Menu/Submenu` for one inside."""

    keys: tuple[str, ...] = ()
    icon: str = ""
    tip: str = ""
    checkable: bool = False
    group: str = ""
    """Actions of one group exclude each other."""

    rule: bool = False
    """A separator above it."""

    needs: str = ""
    """What it takes: `file` a clip, `clip` that or a frozen feed, `source` anything open, `live` a
    feed, `result` an analysis, `fields` a network of fields, `truth` known ground truth; without
    it the action is off."""


MENUS = ("File", "View", "Playback", "Model", "Stages", "Angles", "Export", "Help")

_STAGE_KEYS = tuple(
    ActionSpec(
        f"stage_{number}",
        f"Stage {number}",
        "Stages",
        (str(number),),
        tip=f"Lay the belief map of stage {number} over the picture",
        rule=number == 1,
        needs="result",
    )
    for number in range(1, 10)
)

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec("open_video", "Open video…", "File", ("Ctrl+O",), "open", "Open a video or image"),
    ActionSpec("open_folder", "Open image folder…", "File", ("Ctrl+Shift+O",)),
    ActionSpec("open_camera", "Open camera…", "File", ("Ctrl+K",), "camera"),
    ActionSpec(
        "open_address",
        "Open stream…",
        "File",
        ("Ctrl+U",),
        "address",
        "Open a network stream: rtsp, http or udp",
    ),
    ActionSpec(
        "open_screen",
        "Open screen region…",
        "File",
        ("Ctrl+Shift+U",),
        tip="Look at the screen, or a part of it",
    ),
    ActionSpec("open_demo", "Open demo", "File", ("Ctrl+D",), "demo", "The mannequin, live"),
    ActionSpec(
        "open_truth",
        "Open ground truth…",
        "File",
        ("Ctrl+T",),
        tip="Open a file that says where the joints of this clip truly are",
        rule=True,
        needs="file",
    ),
    ActionSpec(
        "close_truth",
        "Forget ground truth",
        "File",
        tip="Draw and compare with the ground truth no longer",
        needs="truth",
    ),
    ActionSpec(
        "close_source",
        "Close",
        "File",
        ("Ctrl+W",),
        tip="Close what is open and go back to the start",
        rule=True,
        needs="source",
    ),
    ActionSpec("quit", "Quit", "File", ("Ctrl+Q",), rule=True),
    ActionSpec("fit", "Fit to window", "View", ("Ctrl+0",), "fit", needs="source"),
    ActionSpec("actual_size", "Actual size", "View", ("Ctrl+1",), needs="source"),
    ActionSpec("zoom_in", "Zoom in", "View", ("Ctrl++", "Ctrl+="), needs="source"),
    ActionSpec("zoom_out", "Zoom out", "View", ("Ctrl+-",), needs="source"),
    ActionSpec("skeleton", "Skeleton", "View", ("S",), "skeleton", checkable=True, rule=True),
    ActionSpec(
        "truth",
        "Ground truth",
        "View",
        ("T",),
        tip="Draw the true skeleton, dashed, and how far from it each joint was found",
        checkable=True,
        needs="truth",
    ),
    ActionSpec("heatmap", "Heatmap", "View", ("H",), "heatmap", checkable=True),
    ActionSpec("region_outline", "Outline of the region", "View", ("U",), checkable=True),
    ActionSpec(
        "receptive_field",
        "Receptive field",
        "View",
        ("Q",),
        tip="Show what the answer about the joint under the pointer can have seen",
        checkable=True,
        needs="result",
    ),
    ActionSpec("hud", "Figures over the picture", "View", ("V",), checkable=True),
    ActionSpec("full_screen", "Full screen", "View", ("F",), checkable=True, rule=True),
    ActionSpec("leave", "Leave full screen, cancel", "View", ("Esc",)),
    ActionSpec("theme_system", "As the system", "View/Theme", checkable=True, group="theme"),
    ActionSpec("theme_dark", "Dark", "View/Theme", checkable=True, group="theme"),
    ActionSpec("theme_light", "Light", "View/Theme", checkable=True, group="theme"),
    ActionSpec("toggle", "Play", "Playback", ("Space",), "play", "Play or pause", needs="source"),
    ActionSpec(
        "replay",
        "Replay the last seconds",
        "Playback",
        ("Shift+Space",),
        "play",
        "Play what a live source has kept; again to stop",
        needs="live",
    ),
    ActionSpec(
        "step_back", "One frame back", "Playback", ("Left", ","), "step-back", needs="source"
    ),
    ActionSpec(
        "step_forward", "One frame on", "Playback", ("Right", "."), "step-forward", needs="clip"
    ),
    ActionSpec("ten_back", "Ten frames back", "Playback", ("Ctrl+Left",), needs="source"),
    ActionSpec("ten_forward", "Ten frames on", "Playback", ("Ctrl+Right",), needs="clip"),
    ActionSpec("first", "First frame", "Playback", ("Home",), "first", needs="source"),
    ActionSpec("last", "Last frame", "Playback", ("End",), "last", needs="clip"),
    ActionSpec("tenth_back", "A tenth back", "Playback", ("PgUp",), needs="source"),
    ActionSpec("tenth_forward", "A tenth on", "Playback", ("PgDown",), needs="clip"),
    ActionSpec("go_to", "Go to…", "Playback", ("G",), tip="Go to a frame or time", needs="clip"),
    ActionSpec(
        "shuttle_back",
        "Shuttle back",
        "Playback",
        ("J",),
        tip="Play backwards; again for faster",
        rule=True,
        needs="source",
    ),
    ActionSpec("shuttle_stop", "Shuttle stop", "Playback", ("K",), needs="source"),
    ActionSpec(
        "shuttle_forward",
        "Shuttle on",
        "Playback",
        ("L",),
        tip="Play; again for faster",
        needs="source",
    ),
    ActionSpec("slower", "Slower", "Playback", ("[",), needs="clip"),
    ActionSpec("faster", "Faster", "Playback", ("]",), needs="clip"),
    ActionSpec(
        "loop",
        "Loop",
        "Playback",
        ("Ctrl+L",),
        "loop",
        "Start again at the end",
        checkable=True,
        rule=True,
        needs="clip",
    ),
    ActionSpec(
        "mark_in", "Mark in", "Playback", ("I",), "mark-in", "The range starts here", needs="clip"
    ),
    ActionSpec(
        "mark_out", "Mark out", "Playback", ("O",), "mark-out", "The range ends here", needs="clip"
    ),
    ActionSpec("clear_marks", "Clear marks", "Playback", ("X",), needs="clip"),
    ActionSpec("region_whole", "Whole frame", "Model", checkable=True, group="region", rule=True),
    ActionSpec("region_follow", "Follow the person", "Model", checkable=True, group="region"),
    ActionSpec(
        "region_people", "Follow everybody", "Model", ("P",), checkable=True, group="region"
    ),
    ActionSpec(
        "region_box",
        "Drag a box…",
        "Model",
        ("B",),
        "box",
        "Choose the region that is analysed (or Shift and drag)",
        needs="source",
    ),
    ActionSpec(
        "next_person",
        "Next person",
        "Model",
        ("N",),
        tip="Show the maps and angles of the next person in the picture",
        rule=True,
        needs="result",
    ),
    ActionSpec("anybody", "Whoever is surest", "Model", ("Shift+N",), needs="result"),
    ActionSpec("flip", "Average with the mirror image", "Model", checkable=True, rule=True),
    ActionSpec("smooth", "Smooth the joints", "Model", checkable=True),
    ActionSpec("mirror", "Mirror the camera", "Model", ("M",), checkable=True),
    ActionSpec(
        "analyse",
        "Analyse the whole clip",
        "Model",
        ("A",),
        "analyse",
        "Run through the clip in the background",
        rule=True,
        needs="file",
    ),
    ActionSpec(
        "next_joint",
        "Next joint",
        "Stages",
        ("Tab",),
        tip="Lay the next joint's map over the picture (while the picture has the keyboard)",
        needs="result",
    ),
    *_STAGE_KEYS,
    ActionSpec(
        "stage_all",
        "All joints, last stage",
        "Stages",
        ("0",),
        tip="Lay the strongest belief of all joints over the picture",
        needs="result",
    ),
    ActionSpec(
        "fields",
        "Fields instead of beliefs",
        "Stages",
        ("W",),
        tip="Lay the part affinity fields of the stage over the picture",
        checkable=True,
        rule=True,
        needs="fields",
    ),
    ActionSpec(
        "arrows", "Arrows on fields", "Stages", ("Shift+W",), checkable=True, needs="fields"
    ),
    ActionSpec(
        "next_ghost",
        "Next ghost",
        "Stages",
        ("Y",),
        tip="Draw the skeleton as the next stage saw it; after the last stage none",
        rule=True,
        needs="result",
    ),
    ActionSpec(
        "copy_tile",
        "Copy tile",
        "Stages",
        ("Ctrl+C",),
        tip="Copy the tile under the pointer, or the chosen one",
        rule=True,
        needs="result",
    ),
    ActionSpec(
        "save_tile",
        "Save tile…",
        "Stages",
        ("Ctrl+S",),
        tip="Save the tile under the pointer, or the chosen one, as PNG or NPY",
        needs="result",
    ),
    ActionSpec("facing_right", "Facing right", "Angles", checkable=True, group="facing"),
    ActionSpec("facing_left", "Facing left", "Angles", checkable=True, group="facing"),
    ActionSpec(
        "facing_auto",
        "Facing as seen",
        "Angles",
        tip="Judge from feet, knees, elbows and nose which way the person faces",
        checkable=True,
        group="facing",
    ),
    ActionSpec(
        "define_angle",
        "Define angle…",
        "Angles",
        ("Ctrl+Shift+A",),
        tip="Make, change or remove angles of your own",
        rule=True,
    ),
    ActionSpec(
        "filters",
        "Filters…",
        "Angles",
        ("Ctrl+Shift+F",),
        tip="Smooth the curves and the skeleton, fill gaps; raw values stay",
    ),
    ActionSpec(
        "save_curves",
        "Save the shown curves…",
        "Angles",
        tip="Write the plotted range as CSV or MOT",
        rule=True,
        needs="result",
    ),
    ActionSpec("save_plot", "Save a picture of the plot…", "Angles", needs="result"),
    ActionSpec("no_arcs", "No angles on the picture", "Angles", rule=True),
    ActionSpec("export", "Export clip…", "Export", ("E",), "export", needs="clip"),
    ActionSpec(
        "snapshot", "Snapshot", "Export", ("C",), "snapshot", "Save this picture", needs="source"
    ),
    ActionSpec(
        "record",
        "Record",
        "Export",
        ("R",),
        "record",
        "Write the live source to a file; again to stop",
        needs="source",
    ),
    ActionSpec(
        "live_options",
        "Recording and rewind…",
        "Export",
        ("Shift+R",),
        tip="What a recording writes, and how far one can go back in a live source",
    ),
    ActionSpec("cancel_export", "Cancel the export", "Export", rule=True),
    ActionSpec("guide", "Guide", "Help", ("F1",), tip="What each dock shows, with pictures"),
    ActionSpec("shortcuts", "Keyboard shortcuts", "Help", ("Shift+F1",)),
    ActionSpec("about", "About PoseViewer", "Help", rule=True),
)
