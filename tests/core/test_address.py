"""Addresses are shown without their secrets, and otherwise as they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.address import redacted, redacted_text
from poseviewer.core.errors import PoseViewerError


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("rtsp://joe:pw@cam/1", "rtsp://cam/1"),
        ("rtsp://joe:p@w@cam:554/1", "rtsp://cam:554/1"),
        ("rtsp://joe:p w@cam/1", "rtsp://cam/1"),
        ("rtsp://joe:p/w@cam/1", "rtsp://cam/1"),
        ("rtsp://joe:p?w@cam/1", "rtsp://cam/1"),
        ("rtsp://joe:p#w@cam/1", "rtsp://cam/1"),
        ("rtsp://joe@cam/1", "rtsp://cam/1"),
        ("RTSP://joe:pw@cam/1", "RTSP://cam/1"),
        ("http://joe:pw@[fe80::1]:80/a", "http://[fe80::1]:80/a"),
        ("http://cam/a?token=123", "http://cam/a"),
        ("http://cam/a?channel=1&token=123&subtype=0", "http://cam/a?channel=1&subtype=0"),
        ("http://cam/a?channel=abcdefghijklmnopqrstuvwxyz", "http://cam/a"),
        ("http://cam/a?x=1#secret", "http://cam/a"),
        ("srt://cam:9000?streamid=joe&passphrase=pw&latency=20", "srt://cam:9000?latency=20"),
        ("rtsp:/joe:pw@cam/1", "rtsp:/cam/1"),
        ("rtsp:joe:pw@cam/1", "rtsp:cam/1"),
        ("udp://@239.0.0.1:1234", "udp://239.0.0.1:1234"),
    ],
)
def test_secrets_go(location: str, shown: str) -> None:
    assert redacted(location) == shown
    assert redacted(shown) == shown


@pytest.mark.parametrize(
    "location",
    [
        "rtsp://cam:554/Streaming/Channels/101",
        "http://[fe80::1]/a",
        "http://cam:8080/@joe/live@720.m3u8",
        "http://cam/@joe",
        "udp://127.0.0.1:1234",
        "camera:0@1280x720@30",
        "screen:1,2,3,4@30",
        "mannequin:640x480@30",
        "/home/joe/a@b:c@d.mp4",
        r"C:\clips\a:b@c.mp4",
        "clip:a.mp4",
        "",
    ],
)
def test_what_has_no_secret_stays(location: str) -> None:
    assert redacted(location) == location


@given(
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["rtsp", "http", "srt"]),
)
def test_no_password_survives(password: str, scheme: str) -> None:
    secret = f"Zq{password}qZ"
    for shown in (
        redacted(f"{scheme}://joe:{secret}@cam/live"),
        redacted(f"{scheme}://cam/live?auth={secret}"),
    ):
        assert "Zq" not in shown
        assert "qZ" not in shown


def test_texts_and_errors_carry_no_password() -> None:
    text = "rtsp://joe:p w@cam/1?key=2 cannot be opened: see http://x/y?sig=abc."
    assert redacted_text(text) == "rtsp://cam/1 cannot be opened: see http://x/y."
    assert str(PoseViewerError(text)) == redacted_text(text)
    assert redacted_text("a: b/c://") == "a: b/c://"
    assert redacted_text("nothing here") == "nothing here"


def test_an_error_gives_a_terminal_no_orders() -> None:
    text = str(PoseViewerError("\x1b]0;title\x07a\u202egpj.mp4\x9b31m is\tno\nvideo: é 膝."))
    assert text == "\ufffd]0;title\ufffda\ufffdgpj.mp4\ufffd31m is no video: é 膝."
