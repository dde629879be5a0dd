"""A data pack of a few small pictures, in the layout of the real one."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [  # name, dataset, split
    ("lspet/a.png", "lspet", "train"),
    ("lspet/b.png", "lspet", "train"),
    ("lspet/c.png", "lspet", "val"),
    ("parse/d.png", "parse", "train"),
]


def png(seed: int, size: tuple[int, int]) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return cv2.imencode(".png", pixels)[1].tobytes()


def write_tar(path: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


def mpii_joints(n: int) -> np.ndarray:
    """Joint j of row i at (60 + 8 j, 50 + 9 j + i); the pelvis (6) would be a trap."""
    joints = np.zeros((n, 16, 3), np.float32)
    joints[..., 0] = 60 + 8 * np.arange(16)
    joints[..., 1] = 50 + 9 * np.arange(16) + np.arange(n)[:, None]
    joints[..., 2] = 2
    return joints


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    joints = mpii_joints(len(ROWS))
    # An invisible wrist with the meaningless coordinates of LSPET.
    joints[0, 10] = (782, -250, 0)
    np.savez(
        tmp_path / "crops.npz",
        name=np.array([r[0] for r in ROWS]),
        shard=np.array(["crops-00.tar"] * len(ROWS)),
        dataset=np.array([r[1] for r in ROWS]),
        split=np.array([r[2] for r in ROWS]),
        joints=joints,
        # Pelvis and thorax are midpoints that nobody labelled.
        derived=np.tile(np.isin(np.arange(16), (6, 7)), (len(ROWS), 1)),
    )
    write_tar(tmp_path / "crops-00.tar", {r[0]: png(i, (256, 256)) for i, r in enumerate(ROWS)})
    for split in ("train", "val"):
        points = np.zeros((17, 3))
        points[:, 0], points[:, 1], points[:, 2] = 20 + np.arange(17), 30 + 3 * np.arange(17), 2
        points[15] = 0
        few = np.zeros((17, 3))
        few[:3] = (10, 10, 2)
        people = [
            {
                "id": number,
                "image_id": 7,
                "category_id": 1,
                "iscrowd": 0,
                "area": 1100.0,
                "bbox": [15, 25, 30, 60],
                "num_keypoints": int((labels[:, 2] > 0).sum()),
                "keypoints": labels.ravel().tolist(),
            }
            for number, labels in enumerate((points, few), start=1)
        ]
        table = {
            "images": [{"id": 7, "file_name": "coco/p.png"}],
            "categories": [
                {"id": 1, "name": "person", "keypoints": load_skeleton("coco-17").joints}
            ],
            "annotations": people,
        }
        (tmp_path / f"coco_{split}.json").write_text(json.dumps(table))
        write_tar(tmp_path / f"coco-images-{split}.tar", {"coco/p.png": png(9, (400, 300))})
    return tmp_path
