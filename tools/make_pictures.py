"""Make docs/styles.png: one line of speech, spoken in the built-in styles, at the same moments.

python tools/make_pictures.py [--bundle FOLDER] [--audio LINE] [--columns 6] [--out docs/styles.png]
"""

import argparse
from pathlib import Path

import numpy as np

import msmd
from msmd.evaluation.paper_figures import cut_to_face
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.rig import load_rig
from msmd.render.face import render_frames
from msmd.render.sheet import write_contact_sheet

ROOT = Path(__file__).parents[1]
STYLES = (None, "happy", "sad", "angry", "disgusted", "surprised", "fearful")
SIZE_PX = 240


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path)
    parser.add_argument("--audio", type=Path, default=ROOT / "examples" / "line.ogg")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "styles.png")
    parser.add_argument("--columns", type=int, default=6, help="moments; many, to look a line through")
    options = parser.parse_args()
    model, rig = msmd.load(options.bundle), load_rig()
    rows = []
    for style in STYLES:
        motion = model.animate(options.audio, style).animation.motion
        moments = np.linspace(0.08, 0.92, options.columns) * motion.num_frames
        chosen = moments.astype(int)
        vertices = rig.vertices(arkit_of_motion(motion)[chosen])
        pictures = render_frames(vertices, motion.head_rotation[chosen], SIZE_PX)
        rows.append((style or "no style", [cut_to_face(picture) for picture in pictures]))
    write_contact_sheet(rows, options.out)


if __name__ == "__main__":
    main()
