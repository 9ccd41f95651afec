"""Whether captured lips follow the voice: the encoder's reading, the landmarks, and the mix that is written.

    python tools/measure_capture_voice.py DATA

DATA holds recordings: every twentieth clip of GRID, whose words are known, and those of the talking set that
are said to be in time. Needs msmd[capture,evaluate].
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from msmd.audio.load import load_sound
from msmd.core.errors import MsmdError
from msmd.core.units import MOTION_FPS
from msmd.data.trackers.mediapipe_mesh import track_face
from msmd.data.tracking import motion_of_face
from msmd.evaluation.alignment import BILABIALS, Phone, align_phones, middles_of
from msmd.evaluation.lip_sync import closed_at, level_db
from msmd.face.arkit_weights import landmarks_of_arkit, solve_arkit
from msmd.face.expression_space import load_expression_space
from msmd.face.neutral import Neutral, choose_neutral, lip_gap, speaker_neutral
from msmd.face.rig import load_rig
from msmd.face.seen_face import SeenFace

EVERY = 20
UNIT_SECONDS = 1 / 25000
"""Of the word times of GRID."""
LAGS = (-1, 0, 1, 2)
"""Frames by which the face may come after its sound."""
LEAST_DB = -40.0
"""Under a clip's 95th percentile; silence is not told from silence."""
ROUNDED = frozenset({"UW", "OW", "UH", "W", "AO", "OY"})
SPREAD = frozenset({"IY", "EY", "IH"})
CORNERS = (61, 291)


@dataclass(frozen=True)
class Take:
    """A recording.

    Attributes:
        face: of the video.
        samples: of its sound, 16 kHz.
        phones: where they are known.
        silent: (frames,) whether nothing is said.
    """

    face: SeenFace
    samples: np.ndarray
    phones: Sequence[Phone] = ()
    silent: np.ndarray | None = None


def read_grid(data: Path) -> list[Take]:
    takes = []
    for video in sorted((data / "grid" / "video").glob("*.mp4"))[::EVERY]:
        words = [
            line.split()
            for line in (data / "grid" / "align" / f"{video.stem}.align").read_text().splitlines()
        ]
        samples = load_sound(video).samples
        try:
            phones = align_phones(samples, " ".join(word for *_, word in words if word not in ("sil", "sp")))
        except MsmdError:
            phones = []
        face = SeenFace.of_raw(track_face(video)[0])
        silent = np.zeros(len(face.times_seconds), bool)
        for start, end, word in words:
            if word == "sil":
                silent |= (
                    np.abs(face.times_seconds / UNIT_SECONDS - (int(start) + int(end)) / 2)
                    <= (int(end) - int(start)) / 2
                )
        takes.append(Take(face, samples, phones, silent))
    return takes


def read_talking(data: Path) -> list[Take]:
    rows = [json.loads(line) for line in (data / "talking" / "manifest.jsonl").read_text().splitlines()]
    videos = [data / "talking" / row["file"] for row in rows if row["sync"] == "good"]
    return [Take(SeenFace.of_raw(track_face(video)[0]), load_sound(video).samples) for video in videos]


def shown_by(face: SeenFace, neutral: Neutral) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Displacements of the landmark mesh at 25 fps: of the code, and of the ARKit weights solved from it."""
    blind = replace(neutral, rest=None, error_mm=None)
    found = {"written": motion_of_face(face, neutral), "landmarks alone": motion_of_face(face, blind)}
    read = landmarks_of_arkit(face.read(neutral.rest))
    as_read = SeenFace((read + neutral.landmarks).astype(np.float32), face.rotation, face.times_seconds)
    found["encoder alone"] = motion_of_face(as_read, blind)
    space = load_expression_space()
    codes = {name: space.decode(motion.expression) for name, motion in found.items()}
    return {name: (code, landmarks_of_arkit(solve_arkit(code))) for name, code in codes.items()}


def correlate_at(opening: np.ndarray, loud: np.ndarray, lag: int) -> float:
    first, end = max(0, lag), len(opening) + min(0, lag)
    return float(np.corrcoef(opening[first:end], loud[first - lag : end - lag])[0, 1])


def measure(takes: Sequence[Take], neutral: Neutral | None) -> None:
    follows: dict[str, list[tuple[float, float]]] = {}
    closed: dict[str, list[bool]] = {}
    widths: dict[str, tuple[list[float], list[float]]] = {}
    rest = load_rig().landmark_neutral
    for take in takes:
        for name, both in shown_by(take.face, neutral or choose_neutral(take.face, "auto")).items():
            of_code, opening = (lip_gap(one + rest) - lip_gap(rest[None])[0] for one in both)
            level = level_db(take.samples, len(opening))
            loud = np.maximum(level, np.percentile(level, 95) + LEAST_DB)
            best = tuple(max(correlate_at(one, loud, lag) for lag in LAGS) for one in (of_code, opening))
            follows.setdefault(name, []).append((best[0], best[1]))
            closed.setdefault(name, []).extend(closed_at(opening, middles_of(take.phones, BILABIALS)))
            wide = both[1][:, CORNERS[1], 0] - both[1][:, CORNERS[0], 0]
            for values, phones in zip(widths.setdefault(name, ([], [])), (ROUNDED, SPREAD), strict=True):
                at = [round(time * float(MOTION_FPS)) for time in middles_of(take.phones, phones)]
                values += [float(wide[min(frame, len(wide) - 1)]) for frame in at]
    for name, values in follows.items():
        cells = [name, str(len(values)), *(f"{value:.2f}" for value in np.median(values, axis=0))]
        if closed[name]:
            rounded, spread = (np.array(one) for one in widths[name])
            effect = (spread.mean() - rounded.mean()) / np.sqrt((spread.var() + rounded.var()) / 2)
            cells += [f"{np.mean(closed[name]):.0%} of {len(closed[name])}", f"{effect:.1f}"]
        else:
            cells += ["", ""]
        print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    print("| | clips | r, code | r, weights | p b m closed | spread against rounded |")
    print("|---|---|---|---|---|---|")
    grid = read_grid(data)
    faces = [take.face for take in grid]
    silent = [take.silent for take in grid if take.silent is not None]
    print("| GRID | | | | | |")
    measure(grid, speaker_neutral([f.pose_free for f in faces], silent, [f.embedded for f in faces]))
    print("| talking, in time | | | | | |")
    measure(read_talking(data), None)


if __name__ == "__main__":
    main()
