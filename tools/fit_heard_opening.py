"""Fit the nine openings of `msmd.audio.heard_opening` and the certainty of `msmd.data.sync`; measure both.

    python tools/fit_heard_opening.py --data DATA --raw-cache landmarks/

Reads lip openings of landmarks tracked before (`landmarks/CORPUS/STEM.npz`; videos that are not there are
tracked), fits on training speakers whose clips are in sync, and prints

* the openings by mouth class, and the weights of the certainty;
* agreement with what is known of each set, by the split of the speaker;
* what the certainty is worth: of estimates above it, the share that is right, and how many faces with
  another's sound get there.

Nothing is written: the numbers are few and stand in the source.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from msmd.audio.heard_opening import mouth_chances
from msmd.audio.load import load_sound
from msmd.audio.phone_network import MOUTH_CLASSES
from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLES_PER_FRAME
from msmd.data import sync
from msmd.data.corpora.grid import grid_split
from msmd.data.corpora.talking import MAX_LAG_SECONDS, talking_split
from msmd.data.examine import opening_of
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.face.geometry import metric_landmarks

GRID_STEP = 6
RIDGE = 3.0
RIGHT_WITHIN = 2.5
"""Frames: two, and the rounding of a truth between frames."""


@dataclass
class Clip:
    """One recording: `truth` is its lag in frames, None where nothing is known."""

    group: str
    name: str
    split: str
    truth: float | None
    opening: np.ndarray
    samples: np.ndarray
    mouth: np.ndarray


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--raw-cache", type=Path, required=True)
    arguments = parser.parse_args()
    clips = list(_clips(arguments.data, arguments.raw_cache))
    fitted = _fit_openings(clips)
    print("openings:", dict(zip(MOUTH_CLASSES, np.round(fitted, 2).tolist(), strict=True)))
    estimates = [sync.estimate_sync(clip.opening, clip.samples) for clip in clips]
    _tell_agreement(clips, estimates)
    _tell_certainty(clips, estimates)


def _clips(data: Path, cache: Path):
    """GRID, of which every sixth is enough, the talking set, and `video`."""
    manifest = (data / "talking" / "manifest.jsonl").read_text(encoding="utf-8").splitlines()
    for path in sorted((data / "grid" / "video").glob("*.mp4"))[::GRID_STEP]:
        yield from _read("GRID", path, grid_split(path.stem), 0.0, cache / "grid")
    for entry in map(json.loads, manifest):
        lag_seconds = (entry["offset_ms"] or 0) / 1000
        group = f"talking, {entry['sync']}"
        if abs(lag_seconds) > MAX_LAG_SECONDS:
            group += " beyond 400 ms"
        truth = None if entry["sync"] == "weak" else lag_seconds * 25
        path = data / "talking" / entry["file"]
        yield from _read(group, path, talking_split(entry["speaker"]), truth, cache / "talking")
    for path in sorted((data / "video").glob("*.mp4")):
        yield from _read("video", path, "test", None, cache / "video")


def _read(group: str, path: Path, split: str, truth: float | None, cache: Path):
    cached = cache / f"{path.stem}.npz"
    try:
        samples = load_sound(path).samples
        if cached.is_file():
            with np.load(cached) as raw:
                landmarks, times = raw["landmarks"], raw["times_seconds"]
                width, height = int(raw["width"]), int(raw["height"])
        else:
            raw, _ = track_face(path)
            landmarks, times, width, height = raw.landmarks, raw.times_seconds, raw.width, raw.height
        pose_free, _ = metric_landmarks(landmarks, width, height)
        opening = opening_of(pose_free, times)
    except (MsmdError, IndexError) as error:
        print(f"left out: {path.name}: {error}")
        return
    yield Clip(group, path.stem, split, truth, opening, samples, mouth_chances(samples))


def _fit_openings(clips: list[Clip]) -> np.ndarray:
    """Least squares of the standardised opening on the chances of the mouth classes."""
    gram, target = RIDGE * np.eye(len(MOUTH_CLASSES)), np.zeros(len(MOUTH_CLASSES))
    for clip in clips:
        if clip.split != "train" or clip.group not in ("GRID", "talking, good"):
            continue
        count = min(len(clip.opening), len(clip.mouth))
        seen = sync.without_slow_changes(np.sqrt(np.maximum(clip.opening[:count], 0)))
        seen = (seen - seen.mean()) / (seen.std() + 1e-6)
        chances = np.stack([sync.without_slow_changes(column) for column in clip.mouth[:count].T], axis=1)
        gram += chances.T @ chances
        target += chances.T @ seen
    return np.linalg.solve(gram, target)


def _tell_agreement(clips: list[Clip], estimates: list[sync.Sync]) -> None:
    print("\n| clips | split | number | median lag | within 1 | within 2 | sure | of these within 2 |")
    print("|---|---|---|---|---|---|---|---|")
    for group in dict.fromkeys(clip.group for clip in clips):
        for split in ("train", "held out"):
            some = [
                (clip, found)
                for clip, found in zip(clips, estimates, strict=True)
                if clip.group == group and (clip.split == "train") == (split == "train")
            ]
            if not some:
                continue
            lags = np.array([found.lag_frames for _, found in some])
            sure = np.array([found.is_sure for _, found in some])
            cells = [group, split, str(len(some)), f"{np.median(lags):+.0f}"]
            if some[0][0].truth is None:
                cells += ["", "", f"{sure.mean():.0%}", ""]
            else:
                away = np.abs(lags - np.array([clip.truth for clip, _ in some], float))
                right = away <= RIGHT_WITHIN
                cells += [
                    f"{(away <= RIGHT_WITHIN - 1).mean():.0%}",
                    f"{right.mean():.0%}",
                    f"{sure.mean():.0%}",
                ]
                cells += [f"{right[sure].mean():.0%}" if sure.any() else ""]
            print("| " + " | ".join(cells) + " |")
    for clip, found in zip(clips, estimates, strict=True):
        if clip.group == "video":
            told = f"{found.lag_frames:+d} frames, r {found.correlation:.2f}, sure {found.sure:.2f}"
            print(f"  {clip.name}: {told}")


def _tell_certainty(clips: list[Clip], estimates: list[sync.Sync]) -> None:
    """Logistic regression of being right on correlation * sqrt(frames), wrong voices among them."""
    rng = np.random.default_rng(0)
    rows = []
    for clip, found in zip(clips, estimates, strict=True):
        if clip.truth is not None and "beyond" not in clip.group:
            rows.append((found, clip, abs(found.lag_frames - clip.truth) <= RIGHT_WITHIN, 1.0))
    known = len(rows)
    for _ in range(2):
        for clip, other in zip(clips, rng.permutation(len(clips)), strict=True):
            if clips[other] is not clip:
                rows.append((sync.estimate_sync(clip.opening, clips[other].samples), clip, False, 0.5))
    frames = [min(len(c.opening), len(c.samples) // SAMPLES_PER_FRAME) for _, c, _, _ in rows]
    evidence = np.array([found.correlation for found, *_ in rows]) * np.sqrt(frames)
    right, weight = (np.array([row[i] for row in rows], float) for i in (2, 3))
    design, beta = np.stack([np.ones_like(evidence), evidence], axis=1), np.zeros(2)
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ beta))
        hessian = (design * (weight * chance * (1 - chance))[:, None]).T @ design + 1e-3 * np.eye(2)
        beta += np.linalg.solve(hessian, design.T @ (weight * (right - chance)))
    print(f"\ncertainty: log odds {beta[0]:.2f} + {beta[1]:.2f} r sqrt(frames)")
    print(f"in the source: {sync.SURE_WEIGHTS}")
    print("| sure of | estimates of known lag | right within 2 | another's sound |\n|---|---|---|---|")
    sure = np.array([found.sure for found, *_ in rows])
    for low, high in ((0, 0.1), (0.1, 0.3), (0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 1.01)):
        bin_ = (sure >= low) & (sure < high)
        own, others = bin_[:known], bin_[known:]
        share = f"{right[:known][own].mean():.0%}" if own.any() else ""
        print(f"| {low} to {min(high, 1)} | {own.sum()} | {share} | {others.mean():.1%} |")
    own, others = sure[:known] >= sync.SURE, sure[known:] >= sync.SURE
    print(f"| {sync.SURE} and more | {own.sum()} | {right[:known][own].mean():.0%} | {others.mean():.1%} |")


if __name__ == "__main__":
    main()
