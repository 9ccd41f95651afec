"""Measure how much of each ARKit shape a tracker reports, and write `face/assets/gain.json`.

    python tools/rig/calibrate_gain.py [--faces 12]

Draws the rig with one shape (both sides of it, where it has two) at known weights on random
identities, tracks the pictures, lays the landmarks onto the rig as `msmd.face.geometry` does with
recordings, takes the same person's tracked neutral face out, and projects on the rig's own motion.
The gain is that share over the weight, the median over faces and weights; beside it stands the cosine
between what was tracked and what was drawn. The lower that is, the less the share says, and the more
the gain leans to a typical one: cosine * share + (1 - cosine) * typical. It never exceeds 1, so that
a tracked blink closes the rig's eyes. Shapes that landmarks cannot show have none.
"""

import argparse
import json
from pathlib import Path

import mediapipe
import numpy as np

from msmd.core.files import whole_file
from msmd.core.units import ARKIT_NAMES
from msmd.face.geometry import metric_landmarks
from msmd.face.regions import BROWS, EYES, FACE_OVAL, LIPS
from msmd.face.rig import Rig, load_rig
from msmd.render.face import FaceRenderer

ASSET = Path(__file__).parents[2] / "src/msmd/face/assets/gain.json"
SIZE_PX = 512
WEIGHTS = (0.4, 0.7, 1.0)
TYPICAL = 0.6
LIMITS = (0.4, 1.0)
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


def draw_person(random: np.random.Generator) -> Rig:
    rig = load_rig()
    adults = [name for name in rig.identity_names if "child" not in name]
    shares = random.dirichlet(np.full(len(adults), 0.5)) * random.uniform(0.3, 1.0)
    return rig.with_identity(dict(zip(adults, shares.tolist(), strict=True)))


def emphasis() -> np.ndarray:
    out = np.ones((468, 1))
    out[list(FACE_OVAL)] = 0.5
    out[list(BROWS) + list(EYES)] = 2.5
    out[list(LIPS)] = 3.0
    return out


def measure(num_faces: int) -> tuple[dict[str, float], dict[str, float]]:
    """(gain, cosine) by group of shapes."""
    random, shapes, weighting = np.random.default_rng(7), load_rig().landmark_shapes, emphasis()
    shares = {key: [] for key in groups()}
    cosines = {key: [] for key in groups()}
    mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)

    def track(renderer: FaceRenderer, rig: Rig, weights: np.ndarray) -> np.ndarray | None:
        pose = random.normal(0, [0.05, 0.1, 0.03])
        found = mesh.process(renderer.draw(rig.vertices(weights[None])[0], pose)).multi_face_landmarks
        if not found:
            return None
        image = np.array([[(p.x, p.y, p.z) for p in found[0].landmark]])
        return metric_landmarks(image, SIZE_PX, SIZE_PX)[0][0].astype(np.float64)

    for face in range(num_faces):
        rig = draw_person(random)
        renderer = FaceRenderer(rig, SIZE_PX)
        at_rest = [track(renderer, rig, np.zeros(52, np.float32)) for _ in range(8)]
        neutral = np.mean([marks for marks in at_rest if marks is not None], axis=0)
        for key, names in groups().items():
            index = [ARKIT_NAMES.index(name) for name in names]
            drawn = shapes[index].sum(0) * weighting
            for weight in WEIGHTS:
                row = np.zeros(52, np.float32)
                row[index] = weight
                # mouthClose means something only on an open jaw
                if key == "mouthClose":
                    row[ARKIT_NAMES.index("jawOpen")] = weight
                    drawn = (shapes[index].sum(0) + shapes[ARKIT_NAMES.index("jawOpen")]) * weighting
                marks = track(renderer, rig, row)
                if marks is None:
                    continue
                seen = (marks - neutral) * weighting
                shares[key].append((seen * drawn).sum() / (drawn**2).sum() / weight)
                cosines[key].append((seen * drawn).sum() / np.sqrt((seen**2).sum() * (drawn**2).sum()))
        print(f"face {face + 1} of {num_faces}", flush=True)
    return (
        {key: float(np.median(values)) for key, values in shares.items()},
        {key: float(np.median(values)) for key, values in cosines.items()},
    )


def main(num_faces: int) -> None:
    share, cosine = measure(num_faces)
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
        "faces": num_faces,
        "gain": {name: round(gain[key], 3) for key, names in groups().items() for name in names},
        "measured": {key: {"share": round(share[key], 3), "cosine": round(cosine[key], 3)} for key in share},
    }
    with whole_file(ASSET) as path:
        path.write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=12)
    main(parser.parse_args().faces)
