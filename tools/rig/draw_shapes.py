"""Draw docs/rig_shapes.png: every ARKit shape at full weight, for a person to look at.

python tools/rig/draw_shapes.py
"""

from pathlib import Path

import numpy as np

from msmd.core.units import ARKIT_NAMES, NUM_ARKIT
from msmd.face.rig import load_rig
from msmd.render.face import render_frames
from msmd.render.sheet import draw_label, write_contact_sheet

OUT = Path(__file__).parents[2] / "docs" / "rig_shapes.png"
COLUMNS = 8
SIZE_PX = 190
FACE = (slice(14, 150), slice(35, 155))


def main() -> None:
    vertices = load_rig().vertices(np.eye(NUM_ARKIT, dtype=np.float32))
    pictures = []
    for name, picture in zip(
        ARKIT_NAMES, render_frames(vertices, np.zeros((NUM_ARKIT, 3)), SIZE_PX), strict=True
    ):
        face = picture[FACE].copy()
        dots = draw_label(name)[::2, ::2][:, : face.shape[1]].astype(bool)
        face[2 : 2 + len(dots), : dots.shape[1]][dots] = 255
        pictures.append(face)
    rows = [pictures[start : start + COLUMNS] for start in range(0, NUM_ARKIT, COLUMNS)]
    write_contact_sheet([(" ", row) for row in rows], OUT)


if __name__ == "__main__":
    main()
