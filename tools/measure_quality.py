"""What `msmd.data.quality` says of recordings, and whether it finds boxes painted before faces.

    python tools/measure_quality.py --data DATA --raw-cache landmarks/

Landmarks tracked before are read from `landmarks/CORPUS/STEM.npz`. Boxes are painted into the first 75 frames
of two clips, frames 25 to 44, and the result is tracked anew.
"""

import argparse
import tempfile
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np

from msmd.data.quality import judge
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.data.video import read_pictures
from msmd.face.raw_landmarks import RawLandmarks
from msmd.render.video import write_pictures

CORPORA = (("grid", 25), ("ravdess", 1), ("video", 1), ("talking", 1))
CLIPS = ("grid/video/bbaf2n.mp4", "talking/ImperialCollegeLondon_02_T8_matrix0403.mp4")
FRAMES, COVERED = 75, slice(25, 45)
MOUTH, EYE, CHEEK = [61, 291, 0, 17], [33, 133], 50
BOXES = ("nothing", "mouth, grey", "mouth, skin", "an eye", "half of the face", "its lower part")


def tell_verdicts(cache: Path) -> None:
    """A row per corpus."""
    print("| recordings | good | usable | rejected | reasons |\n|---|---|---|---|---|")
    for corpus, every in CORPORA:
        verdicts: Counter[str] = Counter()
        reasons: Counter[str] = Counter()
        for path in sorted((cache / corpus).glob("*.npz"))[::every]:
            report = judge(_load(path))
            verdicts[report.verdict] += 1
            reasons.update(f"{one.code}{' (rejects)' if one.rejects else ''}" for one in report.reasons)
        told = ", ".join(f"{code} {count}" for code, count in reasons.most_common())
        counts = " | ".join(str(verdicts[verdict]) for verdict in ("good", "usable", "reject"))
        print(f"| {corpus}, {verdicts.total()} | {counts} | {told} |")


def tell_boxes(data: Path) -> None:
    """A row per clip and box: shares of the covered frames and of the others that are called covered."""
    print("\n| clip | before the face | covered frames found | others called covered | confidence there |")
    print("|---|---|---|---|---|")
    for name in CLIPS:
        pictures = [
            picture.pixels for _, picture in zip(range(FRAMES), read_pictures(data / name), strict=False)
        ]
        raw, _ = track_face(data / name)
        for box in BOXES:
            painted = [
                _paint(picture, raw.landmarks[index], box)
                if COVERED.start <= index < COVERED.stop
                else picture
                for index, picture in enumerate(pictures)
            ]
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "box.mp4"
                height, width = pictures[0].shape[0] // 2 * 2, pictures[0].shape[1] // 2 * 2
                even = (np.ascontiguousarray(one[:height, :width]) for one in painted)
                write_pictures(path, even, Fraction(25), None, FRAMES)
                seen, _ = track_face(path)
            report = judge(seen)
            called = np.zeros(len(seen.times_seconds), bool)
            for start, end in report.occluded_spans_seconds:
                called |= (seen.times_seconds >= start - 1e-6) & (seen.times_seconds < end - 1e-6)
            inside = np.zeros(len(called), bool)
            inside[COVERED] = True
            print(
                f"| {Path(name).stem} | {box} | {called[inside].mean():.0%} | {called[~inside].mean():.0%} "
                f"| {report.confidence[inside].mean():.2f} |"
            )


def _paint(picture: np.ndarray, landmarks: np.ndarray, box: str) -> np.ndarray:
    height, width = picture.shape[:2]
    face = landmarks[:468, :2] * [width, height]
    low, high = face.min(axis=0), face.max(axis=0)
    size = high - low
    color = (60, 60, 70)
    if box == "nothing":
        return picture
    if box.startswith("mouth"):
        first, last = face[MOUTH].mean(axis=0) - 0.3 * size, face[MOUTH].mean(axis=0) + 0.3 * size
        if box.endswith("skin"):
            x, y = face[CHEEK].astype(int)
            color = tuple(int(value) for value in picture[y, x])
    elif box == "an eye":
        first, last = face[EYE].mean(axis=0) - 0.2 * size[0], face[EYE].mean(axis=0) + 0.2 * size[0]
    elif box == "half of the face":
        first, last = low - 5, np.array([low[0] + size[0] / 2, high[1] + 5])
    else:
        first, last = np.array([low[0] - 5, low[1] + 0.55 * size[1]]), high + 10
    (left, top), (right, bottom) = np.maximum(first, 0).astype(int), last.astype(int)
    out = picture.copy()
    out[top:bottom, left:right] = color
    return out


def _load(path: Path) -> RawLandmarks:
    with np.load(path) as raw:
        return RawLandmarks(raw["landmarks"], raw["times_seconds"], int(raw["width"]), int(raw["height"]))


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--raw-cache", type=Path, required=True)
    arguments = parser.parse_args()
    tell_boxes(arguments.data)
    tell_verdicts(arguments.raw_cache)


if __name__ == "__main__":
    main()
