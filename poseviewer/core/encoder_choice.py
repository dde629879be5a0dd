"""The encoders that a person can choose, by name."""

from __future__ import annotations

AUTO, SOFTWARE = "auto", "software"

TITLES = {
    "nvenc": "NVIDIA NVENC",
    "qsv": "Intel Quick Sync",
    "videotoolbox": "Apple VideoToolbox",
    "vaapi": "VAAPI",
    "amf": "AMD AMF",
    "mediafoundation": "Media Foundation",
    SOFTWARE: "software",
}
"""What a person reads, by name; `video.encoders` says what each is."""

HARDWARE = tuple(name for name in TITLES if name != SOFTWARE)
"""In the order in which they are tried."""
