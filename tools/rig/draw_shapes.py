"""Draw the pictures of docs/rig.md, for a person to look at: every shape, shapes together, other faces.

    python tools/rig/draw_shapes.py [shapes|faces]

Needs msmd[evaluate] for the lettering. Shapes of the two sides are drawn together: they are mirror images.
"""

import argparse
import io
from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from PIL import Image

from msmd.core.files import whole_file
from msmd.core.units import ARKIT_NAMES
from msmd.face.face_words import face_of
from msmd.face.rig import Rig, load_rig
from msmd.render.face import FaceRenderer

DOCS = Path(__file__).parents[2] / "docs"
SIZE_PX = 150
QUARTER_TURN_RADIANS = 0.55
ONE_AT_A_TIME = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
TOGETHER = (
    dict(mouthSmile=1, jawOpen=0.5),
    dict(mouthPucker=1, jawOpen=0.5),
    dict(mouthFunnel=1, jawOpen=1),
    dict(mouthFrown=1, mouthLowerDown=1),
    dict(jawOpen=0.5, mouthClose=0.5),
    dict(jawOpen=1, mouthClose=1),
    dict(mouthRollUpper=1, mouthRollLower=1),
    dict(mouthUpperUp=1, mouthLowerDown=1),
    dict(eyeBlink=1, eyeSquint=1),
    dict(mouthSmile=1, cheekSquint=1, eyeSquint=1),
    dict(browDown=1, noseSneer=1, mouthUpperUp=0.5),
    dict(browInnerUp=1, mouthFrown=0.7, eyeSquint=0.3),
    dict(eyeWide=1, browInnerUp=1, jawOpen=0.5),
    dict(tongueOut=1, jawOpen=0.5),
    dict(mouthSmileLeft=1, mouthUpperUpLeft=0.6),
    dict(eyeBlinkRight=1, mouthSmileRight=0.7),
)
FACES = (
    *("default", "age=25,gender=female,ancestry=asian", "age=70,gender=male,ancestry=african"),
    *("age=80,gender=female", "gender=male,ancestry=asian,seed=3", "gender=female,seed=9"),
    *("seed:1", "seed:2", "seed:4", "seed:5", "seed:8", "seed:11"),
)


def weights_of(weights: dict[str, float]) -> np.ndarray:
    """A row of weights; a name without its side is both sides."""
    row = np.zeros((1, len(ARKIT_NAMES)), np.float32)
    for name, weight in weights.items():
        for key in (name,) if name in ARKIT_NAMES else (f"{name}Left", f"{name}Right"):
            row[0, ARKIT_NAMES.index(key)] = weight
    return row


def both_views(rig: Rig, renderers: list[FaceRenderer], weights: dict[str, float]) -> np.ndarray:
    """From the front and from a quarter to the side, beside each other."""
    face = rig.vertices(weights_of(weights))[0]
    turns = (0.0, QUARTER_TURN_RADIANS)
    views = [view.draw(face, np.array([0, turn, 0])) for view, turn in zip(renderers, turns, strict=True)]
    return np.concatenate(views, axis=1)


def write_sheet(cells: list[tuple[str, np.ndarray]], columns: int, path: Path) -> None:
    rows = -(-len(cells) // columns)
    height, width, _ = cells[0][1].shape
    band = 20
    figure = plt.figure(figsize=(columns * width / 100, rows * (height + band) / 100), dpi=100)
    for place, (label, picture) in enumerate(cells):
        row, column = divmod(place, columns)
        left, bottom = column / columns, 1 - (row + 1) / rows
        axes = figure.add_axes((left, bottom, 1 / columns, height / (height + band) / rows))
        axes.imshow(picture, interpolation="nearest", aspect="auto")
        axes.axis("off")
        figure.text(left + 0.004, bottom + (height + 5) / (height + band) / rows, label, fontsize=8)
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    plt.close(figure)
    picture = Image.open(drawn).convert("RGB")
    # rare colours, such as those of the eyes, keep their place in the palette
    palette = picture.quantize(256, Image.Quantize.MAXCOVERAGE)
    small = picture.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)
    with whole_file(path) as aside:
        small.save(aside, format="png", optimize=True)
    print(f"{path.name}: {path.stat().st_size / 1e3:.0f} kB")


def draw_shapes() -> None:
    rig = load_rig()
    marks = rig.landmark_neutral
    lids, lips = float(marks[[159, 386], 1].mean()), float(marks[[13, 14], 1].mean())
    names = list(dict.fromkeys(name if name in ONE_AT_A_TIME else _both(name) for name in ARKIT_NAMES))
    upper = [name for name in names if name.startswith(("eye", "brow", "noseSneer", "cheekSquint"))]
    lower = [name for name in names if name not in upper]

    def views(height_mm: float, y: float) -> list[FaceRenderer]:
        return [FaceRenderer(rig, SIZE_PX, height_mm, (x, y)) for x in (0.0, 36.0)]

    close = views(120, lids)
    write_sheet(
        [(name, both_views(rig, close, {name: 1})) for name in upper], 3, DOCS / "rig_shapes_upper.png"
    )
    close = views(125, lips - 6)
    cells = [
        ("mouthClose 1, jawOpen 1", both_views(rig, close, {name: 1, "jawOpen": 1}))
        if name == "mouthClose"
        else (name, both_views(rig, close, {name: 1}))
        for name in lower
    ]
    write_sheet(cells, 4, DOCS / "rig_shapes_lower.png")
    whole = [FaceRenderer(rig, SIZE_PX, 200, (x, (lids + lips) / 2 - 4)) for x in (0.0, 12.0)]
    cells = [
        (", ".join(f"{name} {weight:g}" for name, weight in weights.items()), both_views(rig, whole, weights))
        for weights in TOGETHER
    ]
    write_sheet(cells, 3, DOCS / "rig_pairs.png")


def draw_faces() -> None:
    cells = []
    for words in FACES:
        other = face_of(words)
        face = other.vertices(weights_of(dict(mouthSmile=0.35)))[0]
        cells.append((words, FaceRenderer(other, 250, 250).draw(face, np.array([0, 0.18, 0]))))
    write_sheet(cells, 4, DOCS / "rig_faces.png")


def _both(name: str) -> str:
    return name.removesuffix("Left").removesuffix("Right")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="?", choices=("shapes", "faces"), help="both if left out")
    what = parser.parse_args().what
    if what != "faces":
        draw_shapes()
    if what != "shapes":
        draw_faces()
