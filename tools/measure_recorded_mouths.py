"""Do recorded lips close where p, b and m are heard, and rest in pauses? By corpus and way of observing.

    python tools/measure_recorded_mouths.py DATASET

DATASET is packed (by `msmd curate`; by `msmd.training.voiced_recordings`, with mouths completed). Closed is
under 15 % of the clip's 95th-percentile opening within two frames of the middle of what is heard, at rest
under 10 %.
"""

import sys
from collections import defaultdict
from pathlib import Path

import numpy as np

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION, MOTION_FPS
from msmd.data.packed import Clip, PackedDataset
from msmd.face.lip_closure import lip_gap_direction
from msmd.training.heard_mouth import LEAST_PAUSE_SECONDS, heard_phones

CLIPS = 24
SEED = 0
FPS = float(MOTION_FPS)
EDGE_FRAMES = 3


def main() -> None:
    if len(sys.argv) != 2:
        raise MsmdError("usage: python tools/measure_recorded_mouths.py DATASET")
    packed, encoder = PackedDataset(Path(sys.argv[1])), EmbeddedEncoder.load(EMBEDDED_FOLDER)
    groups: dict[tuple[str, str], list[Clip]] = defaultdict(list)
    for clip in packed.select("train"):
        if clip.has_lips and clip.corpus != "performed" and "~" not in clip.id:
            groups[clip.corpus, clip.motion_source].append(clip)
    print("| observed | clips | closed at p b m | gap there, mm | at rest in pauses | gap there, mm |")
    print("|---|---|---|---|---|---|")
    chance = np.random.default_rng(SEED)
    for (corpus, source), clips in sorted(groups.items()):
        chosen = [clips[number] for number in chance.permutation(len(clips))[:CLIPS]]
        measured = [measure(packed, clip, encoder) for clip in chosen]
        closed, at_rest = ([pair for one in measured for pair in one[part]] for part in (0, 1))
        print(f"| {corpus}, {source} | {len(chosen)} | {share(closed)} | {share(at_rest)} |")


def measure(
    packed: PackedDataset, clip: Clip, encoder: EmbeddedEncoder
) -> tuple[list[tuple[bool, float]], list[tuple[bool, float]]]:
    """(closed, gap in mm) at each p, b, m; (at rest, gap in mm) in each frame of a pause."""
    gap = packed.motion(clip.id)[:, EXPRESSION] @ lip_gap_direction()
    samples, full = packed.sound(clip.id).astype(np.float32), np.percentile(gap, 95)
    closed = []
    for phone in heard_phones(samples, encoder, "bilabial"):
        middle = int(phone.middle_seconds * FPS)
        least = float(gap[max(0, middle - 2) : middle + 3].min(initial=np.inf))
        closed.append((bool(least < 0.15 * full), least))
    at_rest = []
    for pause in heard_phones(samples, encoder, "silence"):
        if pause.end_seconds - pause.start_seconds >= LEAST_PAUSE_SECONDS:
            first, last = round(pause.start_seconds * FPS), round(pause.end_seconds * FPS)
            inner = gap[first + EDGE_FRAMES : last - EDGE_FRAMES]
            at_rest += [(bool(value < 0.1 * full), float(value)) for value in inner]
    return closed, at_rest


def share(pairs: list[tuple[bool, float]]) -> str:
    if not pairs:
        return "- | -"
    passed, gaps = zip(*pairs, strict=True)
    return f"{np.mean(passed):.0%} of {len(pairs)} | {np.median(gaps):.2f}"


if __name__ == "__main__":
    run_command(main)
