"""Measure how much of each ARKit shape a tracker reports, and write `face/assets/gain.json`.

    python tools/rig/calibrate_gain.py [--people 10]
    python tools/rig/calibrate_gain.py --table     # what was measured, as docs/rig.md has it

Draws people who do not exist (`training.expression_encoder.portraits`) with one shape (both sides of it,
where it has two) at known weights, tracks the pictures, lays the landmarks onto the rig as
`msmd.face.geometry` does with recordings, takes the same person's tracked neutral face out, and projects on
the rig's own motion, both as the expression code carries them. The gain is that share over the weight, the
median over people and weights; beside it stands the cosine between what was tracked and what was drawn. The
lower that is, the less the share says, and the more the gain leans to a typical one: cosine * share +
(1 - cosine) * typical. It never exceeds 1, so that a tracked blink closes the rig's eyes. Shapes that
landmarks cannot show have none.
"""

import argparse
import json
from pathlib import Path

import numpy as np

from msmd.core.files import whole_file
from msmd.core.units import ARKIT_NAMES
from msmd.face.arkit_weights import landmarks_of_arkit, solve_arkit
from msmd.face.expression_space import load_expression_space
from msmd.face.geometry import metric_landmarks
from msmd.face.identity import random_identity
from msmd.face.regions import BROWS, EYES, FACE_OVAL, LIPS
from msmd.face.rig import load_rig
from msmd.training.expression_encoder.portraits import SIDE_PX, Portrait, draw_shot
from msmd.training.expression_encoder.shoot import open_tracker, track_still

ASSET = Path(__file__).parents[2] / "src/msmd/face/assets/gain.json"
WEIGHTS = (0.4, 0.7, 1.0)
TYPICAL = 0.6
LIMITS = (0.4, 1.0)
REST_PICTURES = 8
SEED = 7
MIDDLE = ("jawLeft", "jawRight", "mouthLeft", "mouthRight")
UNSEEN = ("eyeLook", "tongueOut", "cheekPuff")


def groups() -> dict[str, list[str]]:
    """Shapes that are measured together: mirror images."""
    out: dict[str, list[str]] = {}
    for name in ARKIT_NAMES:
        if not name.startswith(UNSEEN):
            sided = name.endswith(("Left", "Right")) and name not in MIDDLE
            key = name.removesuffix("Left").removesuffix("Right") if sided else name
            out.setdefault(key, []).append(name)
    return out


def weights_of(key: str, weight: float) -> np.ndarray:
    row = np.zeros(len(ARKIT_NAMES), np.float32)
    row[[ARKIT_NAMES.index(name) for name in groups()[key]]] = weight
    # mouthClose means something only on an open jaw
    if key == "mouthClose":
        row[ARKIT_NAMES.index("jawOpen")] = weight
    return row


def emphasis() -> np.ndarray:
    out = np.ones((468, 1))
    out[list(FACE_OVAL)] = 0.5
    out[list(BROWS) + list(EYES)] = 2.5
    out[list(LIPS)] = 3.0
    return out


def as_carried(displacement: np.ndarray) -> np.ndarray:
    """(468, 3) as the expression code keeps it, flat and weighted."""
    space = load_expression_space()
    return (space.decode(space.encode(displacement[None]))[0] * emphasis()).ravel()


def measure(people: int) -> tuple[dict[str, float], dict[str, float]]:
    """(share, cosine) by group of shapes."""
    random, shapes = np.random.default_rng(SEED), load_rig().landmark_shapes.astype(np.float64)
    shares = {key: [] for key in groups()}
    cosines = {key: [] for key in groups()}
    drawn = {key: as_carried(np.tensordot(weights_of(key, 1.0), shapes, 1)) for key in groups()}
    with open_tracker() as tracker:
        for person in range(people):
            portrait = Portrait(random_identity(load_rig(), random), random)
            camera = draw_shot(random, frontal=True)

            def track(row: np.ndarray) -> np.ndarray | None:
                marks = track_still(tracker, portrait.draw(row, camera, random))  # noqa: B023
                return None if marks is None else metric_landmarks(marks[None], SIDE_PX, SIDE_PX)[0][0]

            at_rest = [track(weights_of("jawOpen", 0.0)) for _ in range(REST_PICTURES)]
            at_rest = [marks for marks in at_rest if marks is not None]
            if not at_rest:
                continue
            neutral = np.mean(at_rest, axis=0)
            for key, whole in drawn.items():
                for weight in WEIGHTS:
                    marks = track(weights_of(key, weight))
                    if marks is None:
                        continue
                    seen = as_carried(marks - neutral)
                    shares[key].append(seen @ whole / (whole @ whole) / weight)
                    cosines[key].append(seen @ whole / np.sqrt((seen @ seen) * (whole @ whole)))
            print(f"person {person + 1} of {people}", flush=True)
    return (
        {key: float(np.median(values)) for key, values in shares.items()},
        {key: float(np.median(values)) for key, values in cosines.items()},
    )


def main(people: int) -> None:
    share, cosine = measure(people)
    gain = {}
    for key in share:
        trust = max(cosine[key], 0.0)
        gain[key] = float(np.clip(trust * share[key] + (1 - trust) * TYPICAL, *LIMITS))
    # the jaw and what closes the mouth over it must shrink alike, or the lips would not meet
    gain["mouthClose"] = gain["jawOpen"]
    for left, right in (("jawLeft", "jawRight"), ("mouthLeft", "mouthRight")):
        gain[left] = gain[right] = (gain[left] + gain[right]) / 2
    card = {
        "what": "share of each shape's motion that the tracker reports; 1 where not listed",
        "made_by": "tools/rig/calibrate_gain.py",
        "tracker": "MediaPipe 0.10.21 face mesh",
        "people": people,
        "gain": {name: round(gain[key], 3) for key, names in groups().items() for name in names},
        "measured": {key: {"share": round(share[key], 3), "cosine": round(cosine[key], 3)} for key in share},
    }
    with whole_file(ASSET) as path:
        path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def print_table() -> None:
    """The measured numbers, and what of a weight of 0.6 comes back through the expression code."""
    card, space = json.loads(ASSET.read_text(encoding="utf-8")), load_expression_space()
    print("| shape | share | cosine | gain | 0.6 comes back as |\n|---|---|---|---|---|")
    for key, names in groups().items():
        drawn = weights_of(key, 0.6)[None]
        back = solve_arkit(space.decode(space.encode(landmarks_of_arkit(drawn))))[0]
        found, gain = card["measured"][key], card["gain"][names[0]]
        returned = back[[ARKIT_NAMES.index(name) for name in names]].mean()
        print(f"| {key} | {found['share']:.2f} | {found['cosine']:.2f} | {gain:.2f} | {returned:.2f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--table", action="store_true", help="print what was measured")
    options = parser.parse_args()
    if options.table:
        print_table()
    else:
        main(options.people)
