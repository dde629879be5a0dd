"""The thread that looks into the network: there only while somebody looks."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.inside import InsideChoice
from poseviewer.core.layer import LayerChoice, Spot
from poseviewer.core.stage import Request
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.prober import Prober
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.probe import FieldRequest, InsideRequest, LayerRequest, Probe
from poseviewer.runtime.state import Answer, AppState
from tests.dots import DotsClip
from tests.pipeline.test_prober import REGION, SMALL, Small
from tests.waiting import LONG, until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.runtime.sections import NetworkState


class Desk:
    def __init__(self) -> None:
        self.news = threading.Condition()
        self.made: list[Prober] = []
        self.probe = Probe(self.load, self.tell)

    def load(self, network: NetworkState) -> Prober:
        if network.model == "broken":
            msg = "The model broken has no weights here."
            raise PoseViewerError(msg)
        self.made.append(Prober(SMALL, Small()))
        return self.made[-1]

    def tell(self) -> None:
        with self.news:
            self.news.notify_all()

    def until(self, holds) -> None:  # type: ignore[no-untyped-def]
        assert until(lambda: holds(self.probe), news=self.news)


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    for thread in made.probe.close():
        thread.join(LONG)


@pytest.fixture
def answer() -> Answer:
    return answered()


def answered(**choices: object) -> Answer:
    result = estimator_of(SMALL, TorchEngine(Small())).estimate(
        DotsClip().read(4), REGION, Request()
    )
    key = AppState().choosing(**{"model": "small", **choices}).key
    return Answer(result, model_info(SMALL), "Torch fp32, CPU", key, sequential=False)


def threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "poseviewer-probe"]


def test_first_the_layers_then_what_one_answers(desk: Desk, answer: Answer) -> None:
    assert not threads()
    desk.probe.look(LayerRequest(answer, None))
    desk.until(lambda p: p.layers[1])
    assert desk.probe.layers[0] == "small"
    assert "stem.0" in [layer.path for layer in desk.probe.layers[1]]
    assert desk.probe.activations is None
    choice = LayerChoice("stem.0", most=3)
    desk.probe.look(LayerRequest(answer, choice))
    desk.until(lambda p: p.activations)
    found = desk.probe.activations
    assert found is not None
    assert found.choice == choice
    assert found.frame is answer.result.frame
    assert found.gap is not None
    assert found.gap < 1e-5


def test_hooks_and_thread_are_gone_when_nobody_looks(desk: Desk, answer: Answer) -> None:
    desk.probe.look(LayerRequest(answer, LayerChoice("stem.0")))
    desk.probe.trace(FieldRequest(answer, Spot(1, 3)))
    desk.until(lambda p: p.activations and p.field)
    (thread,) = threads()
    desk.probe.look(LayerRequest(answer, LayerChoice("two")))
    desk.until(lambda p: p.activations.choice.path == "two")
    hooked = [m for m in desk.made[0].module.modules() if m._forward_hooks]
    assert hooked == []
    desk.probe.look(None)
    assert desk.probe.activations is None
    assert desk.probe.field is not None
    assert threads() == [thread]
    desk.probe.trace(None)
    thread.join(LONG)
    assert not threads()
    assert desk.probe.field is None
    assert desk.probe.layers == ("", ())
    assert [m for m in desk.made[0].module.modules() if m._forward_hooks] == []


def test_the_field_is_of_the_joint_at_the_stage(desk: Desk, answer: Answer) -> None:
    for spot in (Spot(0, 2), Spot(1, 9)):
        desk.probe.trace(FieldRequest(answer, spot))
        desk.until(lambda p, spot=spot: p.field and p.field.spot == spot)
    assert len(desk.made) == 1


def test_the_mirrors_share_is_not_compared(desk: Desk) -> None:
    desk.probe.look(LayerRequest(answered(flip=True), LayerChoice("one")))
    desk.until(lambda p: p.activations)
    assert desk.probe.activations is not None
    assert desk.probe.activations.gap is None


class Slow:
    """In place of a prober: gives what it is asked for, once it may."""

    card = SMALL

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun, self.may = threading.Event(), threading.Event()

    def layers(self) -> tuple[()]:
        return ()

    def inside(self, frame: object, region: object, choice: InsideChoice) -> object:
        del frame, region
        self.begun.set()
        assert self.may.wait(LONG)
        return self.name, choice

    def activations(
        self, frame: object, region: object, choice: LayerChoice, **_: object
    ) -> object:
        del frame, region
        return self.name, choice


def slow(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> dict[str, Slow]:
    probers: dict[str, Slow] = {name: Slow(name) for name in ("small", "large")}
    monkeypatch.setattr(desk.probe, "_loader", lambda network: probers[network.model])
    return probers


def test_what_was_dropped_is_not_shown_for_what_is_asked_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    probers = slow(desk, monkeypatch)
    # The thread stays for this.
    desk.probe.look(LayerRequest(answered(), LayerChoice("one")))
    desk.until(lambda p: p.activations)
    desk.probe.enter(InsideRequest(answered(), InsideChoice(1)))
    assert probers["small"].begun.wait(LONG)
    # Another clip: the first one's answer is still computed.
    desk.probe.enter(None)
    desk.probe.enter(InsideRequest(answered(), InsideChoice(2)))
    shown: list[object] = []
    monkeypatch.setattr(
        desk.probe, "_notify", lambda: (shown.append(desk.probe.inside), desk.tell())
    )
    probers["small"].may.set()
    desk.until(lambda p: p.inside)
    assert desk.probe.inside == ("small", InsideChoice(2))
    assert ("small", InsideChoice(1)) not in shown


def test_what_is_asked_of_a_network_comes_from_no_other(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    probers = slow(desk, monkeypatch)
    for one in probers.values():
        one.may.set()
    old, new = answered(), answered(model="large")
    desk.probe.look(LayerRequest(old, LayerChoice("one")))
    desk.probe.enter(InsideRequest(old, InsideChoice(1)))
    desk.until(lambda p: p.activations and p.inside)
    # One dock notices the other network before the other dock does.
    desk.probe.enter(InsideRequest(new, InsideChoice(1)))
    assert desk.probe.activations is None
    desk.until(lambda p: p.inside)
    assert desk.probe.inside == ("large", InsideChoice(1))
    desk.probe.look(LayerRequest(new, LayerChoice("one")))
    desk.until(lambda p: p.activations)
    assert desk.probe.activations == ("large", LayerChoice("one"))


def test_what_cannot_be_looked_into_says_why(desk: Desk, answer: Answer) -> None:
    desk.probe.look(LayerRequest(answered(model="broken"), LayerChoice("one")))
    desk.until(lambda p: "no weights" in p.state)
    desk.probe.look(LayerRequest(answer, LayerChoice("nowhere")))
    desk.until(lambda p: "nowhere" in p.state)
    desk.probe.look(LayerRequest(answer, LayerChoice("one")))
    desk.until(lambda p: p.activations)
    assert desk.probe.state == ""


def test_closed_it_stays_closed(desk: Desk, answer: Answer) -> None:
    desk.probe.look(LayerRequest(answer, LayerChoice("one")))
    desk.until(lambda p: p.activations)
    for thread in desk.probe.close():
        thread.join(LONG)
    desk.probe.look(LayerRequest(answer, LayerChoice("one")))
    assert not threads()
