"""The data pack of training's tests."""

from tests.training.conftest import pack

__all__ = ["pack"]
