"""How often the stage `agree` is wrong, by length of clip: docs/curation.md.

    python tools/curation/measure_agreement.py DATASET SOURCE...

Each clip that shows a face well is judged with its own sound, and with eight sounds of other speakers.
DATASET is what `msmd curate SOURCE... -o DATASET` wrote; what its cache holds is not computed again.
"""

import argparse
from pathlib import Path

import numpy as np

from msmd.audio.heard_opening import heard_opening
from msmd.core.units import MOTION_FPS
from msmd.data import sync
from msmd.data.corpora.sources import list_source
from msmd.data.curation import agree, face, sound
from msmd.data.curation.examine import Setup, examine
from msmd.data.curation.limits import Limits
from msmd.data.curation.store import Store

LENGTHS = ((0, 3.5), (3.5, 5), (5, 8), (8, 15), (15, 60))
OTHERS = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("sources", type=Path, nargs="+")
    parser.add_argument("--tracked", type=Path)
    parser.add_argument("--limit", type=int, default=150, help="clips of one corpus")
    options = parser.parse_args()
    setup = Setup(options.dataset / "cache", tracked=options.tracked)
    store, chance = Store(setup.store), np.random.default_rng(0)
    clips = []
    for source in options.sources:
        listed = [one for one in list_source(source) if one.motion_kind == "video" and one.has_lips]
        for corpus in sorted({one.corpus for one in listed}):
            members = [one for one in listed if one.corpus == corpus]
            for number in chance.permutation(len(members))[: options.limit]:
                one = members[number]
                found = examine((setup, one))
                if found.stage not in (None, agree.NAME):
                    continue
                raw = face.read_landmarks(store, found.keys[face.TRACK])
                opening = face.judge_face(raw, setup.limits).arrays["opening_mm"]
                samples = store.array(sound.NAME, found.keys[sound.NAME], "samples").astype(np.float32)
                samples = sync.shift_sound(samples, one.lag_seconds)
                clips.append((one.speaker, opening, heard_opening(samples)))
    print(f"{len(clips)} clips")
    print("| seconds | clips | true clips dropped | of another voice, dropped | r, true | r, another voice |")
    print("|---|---|---|---|---|---|")
    for low, high in LENGTHS:
        own, other = [], []
        for speaker, opening, heard in clips:
            if not low <= len(opening) / float(MOTION_FPS) < high:
                continue
            own.append(judge(opening, heard, setup.limits))
            strangers = [c for c in clips if c[0] != speaker and len(c[2]) >= len(opening)]
            for index in chance.permutation(len(strangers))[:OTHERS]:
                theirs = strangers[index][2]
                start = int(chance.integers(len(theirs) - len(opening) + 1))
                other.append(judge(opening, theirs[start:], setup.limits))
        if own and other:
            wrong, right = np.mean([d for d, _ in own]), np.mean([d for d, _ in other])
            spread = [np.quantile([r for _, r in some], [0.1, 0.5, 0.9]) for some in (own, other)]
            quantiles = [" / ".join(f"{value:.2f}" for value in one) for one in spread]
            print(
                f"| {low:g} to {high:g} | {len(own)} | {wrong:.0%} | {right:.0%} | {' | '.join(quantiles)} |"
            )


def judge(opening: np.ndarray, heard: np.ndarray, limits: Limits) -> tuple[bool, float]:
    """Whether the stage drops it, and the correlation. What is heard has been computed before."""
    known = sync.heard_opening
    sync.heard_opening = lambda samples: heard[: -(-len(samples) // 640)]
    try:
        count = min(len(opening), len(heard))
        result = agree.agree(opening[:count], np.zeros(count * 640, np.float32), 0.0, limits, False)
    finally:
        sync.heard_opening = known
    return bool(result.faults), float(result.numbers["sync_correlation"])


if __name__ == "__main__":
    main()
