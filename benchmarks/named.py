"""Shapes that real systems use, T x L x F x K: one image batch of moderate size each."""

from __future__ import annotations

from typing import Dict, Tuple

NAMED: Dict[str, Tuple[int, int, int, int]] = {
    "post": (256, 128, 64, 16),
    "sift": (32, 3000, 128, 64),
    "cnn": (16, 1200, 512, 64),
    "dino": (16, 1369, 768, 32),
    "patch": (4096, 25, 512, 16),
    "video": (80, 300, 1024, 256),
}
