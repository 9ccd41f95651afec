"""Fit the expression space of `msmd.face.expression_space` to recordings and to the rig.

    python tools/fit_expression_space.py --data DATA --cache landmarks/

Tracks every video once (landmarks are kept in the cache, so a second run takes a minute), takes each
speaker's neutral face out, adds random expressions of the rig, so that curves of other programs are
held as well, and writes `src/msmd/face/assets/expression_space.safetensors` and `.json`.

Held out, to measure what is left over: one in ten GRID clips and everything in `video/`.
"""

import argparse
import json
import zlib
from collections import defaultdict
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from msmd.core.files import whole_file
from msmd.core.units import NUM_ARKIT
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.face.expression_space import ExpressionSpace, fit_expression_space, load_expression_space
from msmd.face.geometry import metric_landmarks
from msmd.face.neutral import Neutral, speaker_neutral
from msmd.face.raw_landmarks import RawLandmarks
from msmd.face.regions import BROWS, EYES, LIPS
from msmd.face.rig import load_rig

ASSETS = Path(__file__).parents[1] / "src/msmd/face/assets"
LIP_WEIGHT, UPPER_WEIGHT, CONTOUR_WEIGHT = 3.0, 2.0, 0.5
GRID_STEP = 6  # one speaker in most of the frames; every sixth is enough of him
NUM_RIG_SAMPLES = 6000
RIG_SHARE = 0.15


def landmark_weights() -> np.ndarray:
    """Lips lead, lids and brows follow; the contour is where the tracker wobbles."""
    weights = np.ones(468)
    contour = load_rig().landmark_neutral[:, 2] < np.quantile(load_rig().landmark_neutral[:, 2], 0.1)
    weights[contour] = CONTOUR_WEIGHT
    weights[list(EYES) + list(BROWS)] = UPPER_WEIGHT
    weights[list(LIPS)] = LIP_WEIGHT
    return weights


def tracked(video: Path, cache: Path) -> RawLandmarks:
    corpus = video.parents[1].name if video.parents[1].name in ("grid", "ravdess") else video.parent.name
    kept = cache / corpus / f"{video.stem}.npz"
    if not kept.exists():
        raw, _ = track_face(video)
        kept.parent.mkdir(parents=True, exist_ok=True)
        np.savez(
            kept,
            landmarks=raw.landmarks,
            times_seconds=raw.times_seconds,
            width=raw.width,
            height=raw.height,
        )
    with np.load(kept) as z:
        return RawLandmarks(z["landmarks"], z["times_seconds"], int(z["width"]), int(z["height"]))


def pose_free(raw: RawLandmarks) -> np.ndarray:
    return metric_landmarks(raw.landmarks, raw.width, raw.height)[0]


def silence(align: Path, times_seconds: np.ndarray) -> np.ndarray:
    """Frames in `sil`, from the word times of GRID (1/25000 s)."""
    rest = np.zeros(len(times_seconds), bool)
    for line in align.read_text().splitlines():
        start, end, word = line.split()
        if word == "sil":
            rest |= (times_seconds >= int(start) / 25000) & (times_seconds < int(end) / 25000)
    return rest


def displacement(face: np.ndarray, neutral: Neutral, step: int = 1) -> np.ndarray:
    moved = (face - neutral.landmarks)[::step]
    return moved[np.isfinite(moved[:, 0, 0])]


def read_grid(data: Path, cache: Path) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Displacements of training clips and of held-out clips; one neutral, from silence in training clips."""
    videos = sorted((data / "grid/video").glob("*.mp4"))
    held = [zlib.crc32(video.stem.encode()) % 100 < 10 for video in videos]
    raws = [tracked(video, cache) for video in videos]
    faces = [pose_free(raw) for raw in raws]
    rest = [
        silence(data / f"grid/align/{v.stem}.align", r.times_seconds)
        for v, r in zip(videos, raws, strict=True)
    ]
    training = [i for i, out in enumerate(held) if not out]
    neutral = speaker_neutral([faces[i] for i in training], [rest[i] for i in training])
    print("GRID:", neutral.text)
    return (
        [displacement(faces[i], neutral, GRID_STEP) for i in training],
        [displacement(face, neutral) for face, out in zip(faces, held, strict=True) if out],
    )


def read_talking(data: Path, cache: Path) -> list[np.ndarray]:
    by_speaker: dict[str, list[np.ndarray]] = defaultdict(list)
    for line in (data / "talking/manifest.jsonl").read_text().splitlines():
        entry = json.loads(line)
        by_speaker[entry["speaker"] or entry["file"]].append(
            pose_free(tracked(data / "talking" / entry["file"], cache))
        )
    return [displacement(face, speaker_neutral(faces)) for faces in by_speaker.values() for face in faces]


def read_ravdess(data: Path, cache: Path) -> list[np.ndarray]:
    """Actor 01; the neutral is from the clips of emotion 01, neutral."""
    videos = sorted((data / "ravdess/video").glob("*.mp4"))
    faces = [pose_free(tracked(video, cache)) for video in videos]
    calm = [face for face, video in zip(faces, videos, strict=True) if video.stem.split("-")[2] == "01"]
    neutral = speaker_neutral(calm or faces)
    return [displacement(face, neutral) for face in faces]


def read_held_out_videos(data: Path, cache: Path) -> list[np.ndarray]:
    out = []
    for video in sorted((data / "video").glob("*.mp4")):
        face = pose_free(tracked(video, cache))
        out.append(displacement(face, speaker_neutral([face])))
    return out


def sample_rig(generator: np.random.Generator) -> np.ndarray:
    """Every shape alone, half and whole, then random mixtures of a few."""
    alone = np.concatenate([np.eye(NUM_ARKIT), 0.5 * np.eye(NUM_ARKIT)])
    active = generator.random((NUM_RIG_SAMPLES, NUM_ARKIT)) < 0.12
    mixed = active * generator.beta(1.2, 2.0, active.shape)
    return np.einsum("sk,kvc->svc", np.concatenate([alone, mixed]), load_rig().landmark_shapes)


def residual_mm(space: ExpressionSpace, clips: list[np.ndarray]) -> dict[str, float]:
    """Mean distance between what was seen and what 64 numbers keep of it."""
    left, was, lips = [], [], []
    for clip in clips:
        error = np.linalg.norm(clip - space.decode(space.encode(clip)), axis=2)
        left.append(error.mean())
        lips.append(error[:, list(LIPS)].mean())
        was.append(np.linalg.norm(clip, axis=2).mean())
    return {
        "residual_mm": round(float(np.mean(left)), 3),
        "residual_lips_mm": round(float(np.mean(lips)), 3),
        "motion_mm": round(float(np.mean(was)), 3),
        "clips": len(clips),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    options = parser.parse_args()

    grid, grid_held_out = read_grid(options.data, options.cache)
    recorded = grid + read_talking(options.data, options.cache) + read_ravdess(options.data, options.cache)
    samples = np.concatenate(recorded)
    rig = sample_rig(np.random.default_rng(0)).astype(np.float32)
    print(len(samples), "recorded frames,", len(rig), "expressions of the rig")
    energy = [float((part.astype(np.float64) ** 2).mean()) for part in (samples, rig)]
    rig_weight = RIG_SHARE / (1 - RIG_SHARE) * len(samples) / len(rig) * energy[0] / energy[1]
    sample_weights = np.concatenate([np.ones(len(samples)), np.full(len(rig), rig_weight)])
    space = fit_expression_space(
        np.concatenate([samples, rig]), landmark_weights(), sample_weights, scaled_on=samples
    )
    ASSETS.mkdir(exist_ok=True)
    stored = {"components": space.components, "scales": space.scales, "weights": space.weights}
    with whole_file(ASSETS / "expression_space.safetensors") as aside:
        save_file({name: values.astype(np.float16) for name, values in stored.items()}, aside)
    load_expression_space.cache_clear()
    kept = load_expression_space()
    report = {
        "training": residual_mm(kept, recorded),
        "held_out_grid": residual_mm(kept, grid_held_out),
        "held_out_videos": residual_mm(kept, read_held_out_videos(options.data, options.cache)),
        "rig_shapes": residual_mm(kept, [rig[:NUM_ARKIT]]),
        "rig_mixtures": residual_mm(kept, [rig[2 * NUM_ARKIT :]]),
    }
    print(json.dumps(report, indent=1))
    about = {
        "what": "64 principal directions of the landmark mesh about the neutral face",
        "made_by": "tools/fit_expression_space.py",
        "made_from": {
            "GRID, speaker s1": f"{len(grid)} clips, CC BY 4.0",
            "RAVDESS video, actor 01": "CC BY-NC-SA 4.0",
            "talking faces of LRS3, MEAD and others": "research only",
            "the rig": f"{len(rig)} random expressions, CC0",
        },
        "frames": len(samples),
        "landmark_weights": {"lips": LIP_WEIGHT, "lids and brows": UPPER_WEIGHT, "contour": CONTOUR_WEIGHT},
        "left_over": report,
    }
    (ASSETS / "expression_space.json").write_text(json.dumps(about, indent=1) + "\n")


if __name__ == "__main__":
    main()
