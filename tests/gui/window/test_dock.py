"""What every dock has in common."""

import pytest

from poseviewer.gui.window.dock import Dock

pytestmark = pytest.mark.gui


class Plain(Dock):
    """Notes what it is given to draw."""

    def __init__(self, bridge, pace=0):
        super().__init__(bridge, title="Plain", name="plain_dock", pace=pace)
        self.drawn, self.looks = [], []

    def draw(self, state):
        self.drawn.append(state.playback.index)

    def show_look(self, look):
        self.looks.append(look)


@pytest.fixture
def dock(request, qtbot, bridge, session):
    made = Plain(bridge, pace=getattr(request, "param", 0))
    qtbot.addWidget(made)
    session.open("clip.mp4")
    return made


def test_hidden_it_follows_only_how_results_are_drawn(dock, session):
    dock.refresh(session.state)
    dock.refresh(session.state.choosing(opacity=0.2))
    assert dock.drawn == []
    assert [look.opacity for look in dock.looks] == [0.65, 0.2]
    session.seek(9)
    dock.show()
    assert dock.drawn == [9]


@pytest.mark.parametrize("dock", [40], indirect=True)
def test_states_that_come_too_soon_are_one_that_comes_later(qtbot, dock, session):
    dock.show()
    for index in range(1, 6):
        session.seek(index)
        session.move(playing=True)
        dock.refresh(session.state)
    assert dock.drawn == [0, 1]
    qtbot.waitUntil(lambda: dock.drawn == [0, 1, 5])


@pytest.mark.parametrize("dock", [40], indirect=True)
def test_a_step_is_drawn_at_once(dock, session):
    dock.show()
    for index in range(1, 4):
        session.seek(index)
        dock.refresh(session.state)
    assert dock.drawn == [0, 1, 2, 3]
