"""A file goes in, a model of the user's own comes out, and it answers as the file's network."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor, nn

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import facts
from poseviewer.models.importers.checkpoint import examine, store
from poseviewer.models.importers.files import without_prefixes
from poseviewer.models.importers.folder import model_folder
from poseviewer.models.importers.stored import complaints, stored_cards
from poseviewer.models.registry import card, cards, shipped
from poseviewer.models.weights import trained_module
from tests.models.importers.published import caffemodel, key_layout, random_tensors

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard


def imported(path: Path, *, half: bool = False, name: str | None = None) -> ModelCard:
    return store(examine(path, shipped=shipped(), name=name), shipped=shipped(), half=half)


@pytest.fixture
def bearpaw(shared: Path, tmp_path: Path) -> Path:
    path = tmp_path / "hg_s1_b1.pth.tar"
    tensors = random_tensors(key_layout(shared, "bearpaw_hg1"))
    torch.save({"epoch": 9, "state_dict": {f"module.{k}": v for k, v in tensors.items()}}, path)
    return path


def test_a_hourglass_comes_back_bit_by_bit(bearpaw: Path, shared: Path) -> None:
    made = imported(bearpaw)
    assert made.name == "hourglass-1-bearpaw"
    assert made.trained
    assert [one.name for one in cards()] == [*(one.name for one in shipped()), made.name]
    assert card(made.name).weights_path == made.weights_path
    tensors = random_tensors(key_layout(shared, "bearpaw_hg1"))
    module = trained_module(card(made.name))
    state = module.state_dict()
    for name, tensor in tensors.items():
        if not name.endswith("num_batches_tracked"):
            assert torch.equal(state[name], tensor), name
    with torch.inference_mode():
        (maps,) = module(torch.rand(1, 3, 64, 64))
    assert maps.shape == (1, 16, 16, 16)
    assert maps.isfinite().all()


def test_half_precision_halves_the_file_and_keeps_what_it_cannot_hold(bearpaw: Path) -> None:
    content = torch.load(bearpaw, weights_only=True)
    content["state_dict"]["module.bn1.running_var"][0] = 1e6
    torch.save(content, bearpaw)
    full, small = imported(bearpaw, name="full"), imported(bearpaw, name="small", half=True)
    size = [cast("Path", c.weights_path).stat().st_size for c in (full, small)]
    assert size[1] < 0.51 * size[0]
    kept = load_file(cast("Path", small.weights_path))
    assert kept["bn1.running_var"].dtype == torch.float32
    assert kept["conv1.weight"].dtype == torch.float16
    assert trained_module(small).state_dict()["bn1.running_var"][0] == 1e6


class Princeton(nn.Module):
    """What princeton-vl's code calculates, by its own names, straight from a dictionary."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        super().__init__()
        self.t = tensors

    def conv(self, x: Tensor, at: str, **how: int) -> Tensor:
        return F.conv2d(x, self.t[f"{at}.conv.weight"], self.t[f"{at}.conv.bias"], **how)

    def bn(self, x: Tensor, at: str) -> Tensor:
        mean, var = self.t[f"{at}.running_mean"], self.t[f"{at}.running_var"]
        return F.batch_norm(x, mean, var, self.t[f"{at}.weight"], self.t[f"{at}.bias"])

    def residual(self, x: Tensor, at: str) -> Tensor:
        y = self.conv(F.relu(self.bn(x, f"{at}.bn1")), f"{at}.conv1")
        y = self.conv(F.relu(self.bn(y, f"{at}.bn2")), f"{at}.conv2", padding=1)
        y = self.conv(F.relu(self.bn(y, f"{at}.bn3")), f"{at}.conv3")
        skip = x if x.shape[1] == y.shape[1] else self.conv(x, f"{at}.skip_layer")
        return y + skip

    def hourglass(self, x: Tensor, at: str, level: int = 4) -> Tensor:
        low = self.residual(F.max_pool2d(x, 2), f"{at}.low1")
        if level > 1:
            low = self.hourglass(low, f"{at}.low2", level - 1)
        else:
            low = self.residual(low, f"{at}.low2")
        low = self.residual(low, f"{at}.low3")
        return self.residual(x, f"{at}.up1") + F.interpolate(low, scale_factor=2, mode="nearest")

    def forward(self, x: Tensor) -> list[Tensor]:
        x = F.relu(self.bn(self.conv(x, "pre.0", stride=2, padding=3), "pre.0.bn"))
        x = F.max_pool2d(self.residual(x, "pre.1"), 2)
        x = self.residual(self.residual(x, "pre.3"), "pre.4")
        found: list[Tensor] = []
        for i in range(2):
            y = self.residual(self.hourglass(x, f"hgs.{i}.0"), f"features.{i}.0")
            y = F.relu(self.bn(self.conv(y, f"features.{i}.1"), f"features.{i}.1.bn"))
            found.append(self.conv(y, f"outs.{i}"))
            if i == 0:
                x = x + self.conv(found[0], "merge_preds.0.conv")
                x = x + self.conv(y, "merge_features.0.conv")
        return found


def test_princetons_hourglass_answers_as_its_own_code_does(shared: Path, tmp_path: Path) -> None:
    tensors = random_tensors(key_layout(shared, "princeton_pytorch_hg2"))
    path = tmp_path / "checkpoint.pt"
    torch.save({"state_dict": tensors, "epoch": 1}, path)
    module = trained_module(imported(path))
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        theirs = Princeton(without_prefixes(tensors))(image)
        ours = module(image)
    for one, other in zip(ours, theirs, strict=True):
        assert (one - other).abs().max() <= 1e-5 * other.abs().max()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_lightweight_openpose_comes_back_out_of_its_checkpoint(
    zipped: bool, shared: Path, tmp_path: Path
) -> None:
    tensors = random_tensors(key_layout(shared, "lightweight_openpose_ref1"))
    path = tmp_path / "checkpoint_iter_370000.pth"
    content = {"state_dict": tensors, "optimizer": {"state": {}}, "iter": 370_000}
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    made = imported(path)
    assert (made.name, made.licence) == ("openpose-lightweight-1-osokin", "Apache-2.0")
    module = trained_module(made)
    for name, tensor in module.state_dict().items():
        assert name.endswith("num_batches_tracked") or torch.equal(tensor, tensors[name]), name
    with torch.inference_mode():
        stages = module(torch.rand(1, 3, 64, 48))
    assert [len(m[0]) for m in stages] == [len(spec.channels) for spec in made.stages]


def test_a_caffe_model_runs(tmp_path: Path) -> None:
    from poseviewer.models.cpm import ConvolutionalPoseMachine

    # Two stages of the nine joints of FLIC: the smallest net with the released names.
    module = ConvolutionalPoseMachine(joints=9, stages=2).eval()
    path = tmp_path / "pose_iter_630000.caffemodel"
    path.write_bytes(caffemodel({k: v.numpy() for k, v in module.state_dict().items()}))
    made = imported(path)
    assert (made.name, made.skeleton, len(made.stages)) == ("cpm-2-flic-cmu", "flic-9", 2)
    assert "non-commercial" in made.licence
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        for one, other in zip(trained_module(made)(image), module(image), strict=True):
            assert torch.equal(one, other)


def test_our_own_weights_can_be_given_by_hand(bearpaw: Path, tmp_path: Path) -> None:
    module = card("cpm-lite").build()
    path = tmp_path / "mine.pth"
    torch.save(module.state_dict(), path)
    made = store(examine(path, shipped=shipped(), wanted="cpm-lite"), shipped=shipped())
    assert made.name == "cpm-lite-imported"
    assert "mine.pth" in made.title
    assert made.stages == card("cpm-lite").stages
    assert "not stated" in made.licence
    with pytest.raises(PoseViewerError, match="does not fit cpm-lite"):
        store(examine(bearpaw, shipped=shipped(), wanted="cpm-lite"), shipped=shipped())


def test_a_network_given_by_hand_may_call_its_tensors_as_a_known_layout(
    shared: Path, tmp_path: Path
) -> None:
    path = tmp_path / "checkpoint.pt"
    torch.save(random_tensors(key_layout(shared, "princeton_pytorch_hg2")), path)
    candidate = examine(path, shipped=shipped(), wanted="hourglass-2")
    assert candidate.match.complete
    assert candidate.name == "hourglass-2-imported"
    assert candidate.licence.startswith("not stated in the file")
    assert "BSD-3-Clause" in candidate.licence


def test_a_name_is_taken_once(bearpaw: Path) -> None:
    imported(bearpaw)
    with pytest.raises(PoseViewerError, match="--force"):
        imported(bearpaw)
    store(examine(bearpaw, shipped=shipped()), shipped=shipped(), force=True)
    for name, said in (("cpm-lite", "ships"), ("../x", "cannot be"), ("A b", "cannot be")):
        with pytest.raises(PoseViewerError, match=said):
            examine(bearpaw, shipped=shipped(), name=name)


def test_a_file_that_lacks_something_leaves_nothing(bearpaw: Path) -> None:
    content = torch.load(bearpaw, weights_only=True)
    del content["state_dict"]["module.conv1.bias"]
    content["state_dict"]["module.extra"] = torch.zeros(2)
    torch.save(content, bearpaw)
    candidate = examine(bearpaw, shipped=shipped())
    assert candidate.match.missing == ("conv1.bias",)
    assert candidate.match.unknown == ("extra",)
    with pytest.raises(PoseViewerError, match="1 tensors are missing, 1 unknown"):
        store(candidate, shipped=shipped())
    assert list(model_folder().iterdir()) == []


def test_numbers_that_are_none_are_refused(bearpaw: Path) -> None:
    content = torch.load(bearpaw, weights_only=True)
    content["state_dict"]["module.conv1.bias"][3] = float("nan")
    torch.save(content, bearpaw)
    with pytest.raises(PoseViewerError, match=r"not finite, first in conv1\.bias"):
        imported(bearpaw)
    assert list(model_folder().iterdir()) == []


def test_the_card_beside_the_weights_says_where_they_are_from(bearpaw: Path) -> None:
    told = facts(imported(bearpaw))
    assert told["file"]["name"] == bearpaw.name
    assert told["file"]["bytes"] == bearpaw.stat().st_size
    assert told["layout"] == "hourglass-bearpaw"


def test_changed_weights_are_not_loaded(bearpaw: Path) -> None:
    made = imported(bearpaw)
    path = cast("Path", made.weights_path)
    path.write_bytes(path.read_bytes()[:-4] + b"abcd")
    with pytest.raises(PoseViewerError, match="not the file that its card describes"):
        trained_module(made)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 99}', "null"])
def test_a_damaged_card_takes_no_other_model_away(text: str, bearpaw: Path) -> None:
    made = imported(bearpaw)
    (model_folder() / "broken.json").write_text(text)
    assert [one.name for one in stored_cards(shipped())] == [made.name]
    (said,) = complaints(shipped())
    assert "broken.json" in said


def test_a_card_that_ships_is_never_hidden(bearpaw: Path) -> None:
    imported(bearpaw)
    told = json.loads((model_folder() / "hourglass-1-bearpaw.json").read_text())
    (model_folder() / "cpm-lite.json").write_text(json.dumps(told))
    assert card("cpm-lite") is next(one for one in shipped() if one.name == "cpm-lite")
    assert [one.name for one in cards()].count("cpm-lite") == 1
