"""When lips meet against when p, b, m are heard: the check of `msmd.data.sync` that shares nothing with it.

    python tools/measure_closures.py --data DATA --raw-cache landmarks/

The words are known, their phones are laid along the sound by pocketsphinx; that lips meet is seen in the
landmarks of the inner lips. No estimate of the package has a part in it. Every twentieth clip of GRID, whose
face is in time, says what the method itself reads. Needs msmd[capture,evaluate].
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from msmd.audio.load import load_sound
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.units import MOTION_FPS
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.evaluation.alignment import BILABIALS, align_phones, middles_of
from msmd.face.geometry import metric_landmarks
from msmd.face.regions import INNER_LIP_PAIRS

OFFSET_CLIP = "obama_20s_audio_offset"
OFFSET_TEXT = """with you about the battle we're waging against an oil spill that is assaulting our shores
and our citizens on april twentieth an explosion ripped through b p deepwater horizon drilling rig about forty
miles off the coast of louisiana eleven workers lost their lives seventeen others"""
GRID_EVERY = 20
LAGS = np.arange(-12, 7)
"""Frames after the sound."""
MEET, LONGEST_FRAMES = 0.12, 8
"""Share of the clip's range of the gap under which lips count as met; longer than this they rest."""
NEAR_FRAMES = 2.5
"""Of the fullest lag: closures that belong to it."""


@dataclass(frozen=True)
class Line:
    """A spoken line: `gap_mm` of the inner lips at `times`, seconds, and when p, b, m are heard."""

    gap_mm: np.ndarray
    times: np.ndarray
    heard: np.ndarray


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--raw-cache", type=Path, required=True)
    options = parser.parse_args()
    data, cache = options.data, options.raw_cache
    clip = data / "video" / f"{OFFSET_CLIP}.mp4"
    tell(OFFSET_CLIP, [read_line(clip, OFFSET_TEXT, cache / "video")])
    lines = []
    for words in sorted((data / "grid" / "align").glob("*.align"))[::GRID_EVERY]:
        video = data / "grid" / "video" / f"{words.stem}.mp4"
        said = [row.split()[2] for row in words.read_text(encoding="utf-8").splitlines()]
        try:
            text = " ".join(word for word in said if word not in ("sil", "sp"))
            lines.append(read_line(video, text, cache / "grid"))
        except MsmdError as error:
            print(f"{words.stem} is left out: {error}")
    tell("GRID", lines)


def read_line(video: Path, text: str, cache: Path) -> Line:
    stored = cache / f"{video.stem}.npz"
    if stored.is_file():
        with np.load(stored) as raw:
            seen, times = raw["landmarks"], raw["times_seconds"]
            width, height = int(raw["width"]), int(raw["height"])
    else:
        raw, _ = track_face(video)
        seen, times, width, height = raw.landmarks, raw.times_seconds, raw.width, raw.height
    landmarks, _ = metric_landmarks(seen, width, height)
    upper, lower = np.array(INNER_LIP_PAIRS[3:6]).T
    gap = np.linalg.norm(landmarks[:, upper] - landmarks[:, lower], axis=2).mean(axis=1)
    found = np.isfinite(gap)
    heard = middles_of(align_phones(load_sound(video).samples, text), BILABIALS)
    return Line(np.interp(times, times[found], gap[found]), times, np.array(heard))


def closures(line: Line) -> np.ndarray:
    """Middle times of the spans in which lips meet and part again."""
    low, high = np.percentile(line.gap_mm, [2, 95])
    met = np.concatenate([[False], line.gap_mm < low + MEET * (high - low), [False]])
    edges = np.flatnonzero(np.diff(met.astype(int))).reshape(-1, 2)
    inside = (edges[:, 0] > 0) & (edges[:, 1] < len(line.times))
    inside &= edges[:, 1] - edges[:, 0] <= LONGEST_FRAMES
    return np.array([line.times[[first, end - 1]].mean() for first, end in edges[inside]])


def tell(name: str, lines: list[Line]) -> None:
    """Gap at each lag after p, b, m; closures by lag; where they gather."""
    fps = float(MOTION_FPS)
    gaps = [np.interp(at + LAGS / fps, line.times, line.gap_mm) for line in lines for at in line.heard]
    off = np.concatenate(
        [(closures(line)[:, None] - line.heard[None]).ravel() * fps for line in lines if len(line.heard)]
    )
    counts = [int((np.round(off) == lag).sum()) for lag in LAGS]
    fullest = int(LAGS[np.argmax(np.convolve(counts, np.ones(3), "same"))])
    own = off[np.abs(off - fullest) <= NEAR_FRAMES]
    low, median, high = np.percentile(own, [25, 50, 75]) / fps * 1000
    print(f"{name}: {len(gaps)} p b m heard")
    print(f"| lag, frames | {' | '.join(f'{lag:+d}' for lag in LAGS)} |\n|---|{'---|' * len(LAGS)}")
    print(f"| lips apart, mm | {' | '.join(f'{value:.1f}' for value in np.mean(gaps, axis=0))} |")
    print(f"| closures seen | {' | '.join(map(str, counts))} |")
    print(f"{len(own)} closures that gather: median {median:.0f} ms, quartiles {low:.0f} and {high:.0f}\n")


if __name__ == "__main__":
    run_command(main)
