"""msmd: speech-driven 3D facial animation in the manner of an example.

import msmd
model = msmd.load()
style = model.encode_style("reference.mp4")
take = model.animate("line.wav", style)
take.export("take/")
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from msmd.api import Performer

__version__ = "0.1.0"


def load(bundle: str | Path | None = None, device: str = "cpu") -> Performer:
    """Load a model bundle; see `msmd.api.load`."""
    from msmd.api import load as load_performer  # torch is imported only when it is wanted

    return load_performer(bundle, device)
