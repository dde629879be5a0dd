"""Where the bundle begins: the command, or the process that reads HDF5 files apart."""

from __future__ import annotations

import sys

_APART = "apart_process.py"


def main() -> None:
    """Run what the command line asks for."""
    if sys.argv[1:2] == ["-P"] and sys.argv[2].endswith(_APART):
        # In a bundle there is no interpreter that could be given a file: the program is it.
        import runpy

        del sys.argv[:2]
        runpy.run_module("poseviewer.truth.apart_process", run_name="__main__")
        return
    # Ends here where this process is one of a batch: see PyInstaller's handling of spawned ones.
    from multiprocessing import freeze_support

    freeze_support()
    from poseviewer.__main__ import start

    start()


if __name__ == "__main__":
    main()
