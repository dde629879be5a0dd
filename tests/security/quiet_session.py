"""Runs commands of the program in a process that dies at the first socket for the network.

    python -m tests.security.quiet_session '[["run", "clip.mp4"], ["view", ...]]'

Python's own calls are reported by an audit hook (PEP 578); those of C libraries end the process
by a filter of system calls (seccomp(2)), which holds for all threads.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import signal
import struct
import sys

_SYSCALL = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""What the kernel calls each machine (audit.h), and its number of socket(2)."""

_FAMILIES = (2, 10, 16, 17)
"""IPv4, IPv6, netlink (which a name's look-up asks) and raw packets."""

_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_KILL_PROCESS, _ALLOW = 0x80000000, 0x7FFF0000
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16

CANNOT = 77
"""Status where the system cannot filter calls."""

_NETWORK_EVENTS = ("socket.", "urllib.", "http.", "ftplib.", "smtplib.")


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def forbid_network() -> None:
    """Let any socket of the network, made by whatever code, kill this process with SIGSYS.

    Raises:
        OSError: The system cannot filter calls.
    """
    machine, number = _SYSCALL[platform.machine()]
    steps = [(_LOAD, 0, 0, _MACHINE), (_EQUAL, 1, 0, machine), (_RETURN, 0, 0, _ALLOW)]
    steps += [(_LOAD, 0, 0, _NUMBER), (_EQUAL, 1, 0, number), (_RETURN, 0, 0, _ALLOW)]
    steps += [(_LOAD, 0, 0, _FIRST_ARGUMENT)]
    for left, family in zip(range(len(_FAMILIES), 0, -1), _FAMILIES, strict=True):
        steps.append((_EQUAL, left, 0, family))
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _KILL_PROCESS)]
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = _Program(len(steps), code)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or prctl(
        _SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0
    ):
        raise OSError(ctypes.get_errno(), "seccomp")


def report_network() -> None:
    """Report every use of Python's network modules and end the process."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(_NETWORK_EVENTS) and event != "socket.gethostname":
            os.write(2, f"network: {event} {arguments}\n".encode())
            os._exit(3)

    sys.addaudithook(hook)


def main() -> int:
    """Run the commands; 0 where all went well, and -SIGSYS or 3 where one used the network."""
    signal.signal(signal.SIGSYS, signal.SIG_DFL)
    try:
        forbid_network()
    except OSError:
        return CANNOT
    report_network()
    from poseviewer.cli.main import main as program

    for command in json.loads(sys.argv[1]):
        if command[0] == "python":
            exec(command[1])
        elif status := program(command):
            return int(status)
    return 0


if __name__ == "__main__":
    sys.exit(main())
