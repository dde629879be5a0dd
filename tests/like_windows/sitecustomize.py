"""Lets PoseViewer believe that it runs on Windows, in every process that has this on PYTHONPATH.

Modules of the package, and no others, see `sys.platform`, `os.name`, modules, functions, flags and
signals as they are there; in the whole process, a file that is open can be neither renamed,
replaced nor removed, and `rename` replaces none. Locks are those of Linux that belong to an open
file and to a range of bytes, as those of Windows do. Paths and texts stay those of Linux.
"""

from __future__ import annotations

import builtins
import errno
import fcntl
import os
import signal
import struct
import sys
from types import ModuleType
from typing import Any

LACKING_MODULES = {
    "crypt", "fcntl", "grp", "nis", "ossaudiodev", "posix", "pty", "pwd", "resource", "spwd",
    "syslog", "termios", "tty",
}  # fmt: skip
LACKING = {
    "os": {
        "O_ASYNC", "O_CLOEXEC", "O_DIRECT", "O_DIRECTORY", "O_DSYNC", "O_LARGEFILE", "O_NDELAY",
        "O_NOATIME", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "O_PATH", "O_SYNC", "O_TMPFILE",
        "WNOHANG", "chown", "chroot", "confstr", "fchdir", "fchmod", "fchown", "fork", "forkpty",
        "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid", "getpgrp",
        "getpriority", "getresuid", "getsid", "getuid", "initgroups", "killpg", "lchown", "lockf",
        "major", "mkfifo", "mknod", "nice", "openpty", "pathconf", "pipe2", "posix_fadvise",
        "posix_fallocate", "posix_spawn", "pread", "preadv", "pwrite", "pwritev", "readv",
        "register_at_fork", "sched_getaffinity", "sched_yield", "sendfile", "setpgid",
        "setpriority", "setsid", "setuid", "statvfs", "sync", "sysconf", "tcgetpgrp", "ttyname",
        "uname", "wait", "wait3", "wait4", "waitid", "writev",
    },
    "signal": {
        "SIGALRM", "SIGBUS", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGIO", "SIGKILL", "SIGPIPE",
        "SIGPROF", "SIGQUIT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGUSR1",
        "SIGUSR2", "SIGWINCH", "SIG_BLOCK", "SIG_SETMASK", "SIG_UNBLOCK", "alarm", "getitimer",
        "pause", "pthread_kill", "pthread_sigmask", "setitimer", "siginterrupt", "sigpending",
        "sigtimedwait", "sigwait",
    },
    "sys": {
        "abiflags", "getdlopenflags", "setdlopenflags",
    },
}  # fmt: skip
INSTEAD = {"os": {"name": "nt"}, "sys": {"platform": "win32"}, "signal": {}}
_SHARING = 32
"""Of Windows: the file is open elsewhere."""


class _Module(ModuleType):
    """A module as it is on Windows."""

    def __init__(self, real: ModuleType, instead: dict[str, Any]) -> None:
        super().__init__(real.__name__)
        self.__dict__.update(instead, _real=real)

    def __getattr__(self, name: str) -> Any:
        if name in LACKING[self.__name__]:
            raise AttributeError(f"module {self.__name__!r} of Windows has no attribute {name!r}")
        return getattr(self.__dict__["_real"], name)


def _open(path: Any, flags: int, mode: int = 0o777, **options: Any) -> int:
    if os.path.isdir(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    return os.open(path, flags, mode, **options)


def _locking(file: int, mode: int, count: int) -> None:
    """The range of bytes from where the file stands, without waiting."""
    at = os.lseek(file, 0, os.SEEK_CUR)
    kind = fcntl.F_WRLCK if mode == _msvcrt.LK_NBLCK else fcntl.F_UNLCK
    asked = struct.pack("hhqqi4x", kind, os.SEEK_SET, at, count, 0)
    try:
        fcntl.fcntl(file, fcntl.F_OFD_SETLK, asked)
    except BlockingIOError:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None


_msvcrt: Any = ModuleType("msvcrt")
_msvcrt.LK_UNLCK, _msvcrt.LK_NBLCK, _msvcrt.locking = 0, 2, _locking


class _SharingError(PermissionError):
    winerror = _SHARING


def _check_closed(path: Any, folder: int | None) -> None:
    """Raise where this process has the file open."""
    name = os.fsdecode(path)
    if folder is not None:
        name = f"{os.readlink(f'/proc/self/fd/{folder}')}/{name}"
    name = os.path.abspath(name)
    if not os.path.isfile(name):
        return
    for one in os.listdir("/proc/self/fd"):
        try:
            taken = os.readlink(f"/proc/self/fd/{one}") == name
        except OSError:
            continue
        if taken:
            raise _SharingError(errno.EACCES, "The file is open", name)


def _moving(real: Any, *, replaces: bool) -> Any:
    def move(source: Any, target: Any, *, src_dir_fd: Any = None, dst_dir_fd: Any = None) -> None:
        _check_closed(source, src_dir_fd)
        _check_closed(target, dst_dir_fd)
        if not replaces and os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(target))
        real(source, target, src_dir_fd=src_dir_fd, dst_dir_fd=dst_dir_fd)

    return move


def _removing(real: Any) -> Any:
    def remove(path: Any, *, dir_fd: Any = None) -> None:
        _check_closed(path, dir_fd)
        real(path, dir_fd=dir_fd)

    return remove


def _importing(real: Any) -> Any:
    def importing(name: str, globals: Any = None, *rest: Any, **options: Any) -> Any:
        if globals is not None and str(globals.get("__name__")).startswith("poseviewer"):
            if name in LACKING_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)
            if name in _MODULES:
                return _MODULES[name]
        return real(name, globals, *rest, **options)

    return importing


_MODULES: dict[str, Any] = {
    real.__name__: _Module(real, INSTEAD[real.__name__]) for real in (os, signal, sys)
} | {"msvcrt": _msvcrt}
_MODULES["os"].open = _open
os.rename, os.replace = _moving(os.rename, replaces=False), _moving(os.replace, replaces=True)
os.unlink, os.remove = _removing(os.unlink), _removing(os.remove)
builtins.__import__ = _importing(builtins.__import__)
