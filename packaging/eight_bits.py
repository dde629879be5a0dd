"""Stores weights that ship in eight bits, so that more networks fit, and mends their cards.

    python packaging/eight_bits.py weights/deeppose-lite.safetensors

`poseviewer.models.eight_bits` says how, and `weights/README.md` what it costs each network.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from safetensors.torch import load_file, save_file

from poseviewer.core.files import OutputSet
from poseviewer.models.eight_bits import packed


def store(path: Path) -> tuple[int, int]:
    """Write a safetensors file anew in eight bits, and its card; bytes before and after.

    Args:
        path: The weights, their card beside them as `.json`.
    """
    before, card = path.stat().st_size, path.with_suffix(".json")
    facts = json.loads(card.read_text(encoding="utf-8"))
    with OutputSet(durable=True) as outputs:
        part = outputs.file(path)
        save_file(packed(load_file(path)), part, metadata={"format": "pt", "model": path.stem})
        part.chmod(0o644)
        facts["sha256"] = hashlib.sha256(part.read_bytes()).hexdigest()
        facts["bytes"] = after = part.stat().st_size
        facts["stored"] = "int8, a scale for each output; small tensors float16"
        text = json.dumps(facts, indent=2) + "\n"
        outputs.file(card).write_text(text, encoding="utf-8")
    return before, after


def main() -> None:
    """Store the weights that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", nargs="+", type=Path)
    for path in parser.parse_args().weights:
        before, after = store(path)
        print(f"{path.name}: {before / 1e6:.1f} -> {after / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
