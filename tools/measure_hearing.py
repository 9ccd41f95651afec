"""How well an audio encoder names the frames of a corpus of phones, and what changed voices change.

    python tools/measure_hearing.py CORPUS [--encoder FOLDER] [--source ljspeech]

CORPUS is a folder of `python -m msmd.training.audio_encoder`. Spoken frames of held-out clips only. Then, of
up to 20 lines: how the features of the changed voice go with those of the plain one, in pitch, noise, band
and babble as in docs/embedded.md; and how many f and v are heard as `training.heard_mouth` hears them.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.audio.phone_network import MOUTH_CLASSES, PHONES
from msmd.evaluation.embedded.voice_changes import CHANGES, change_voice
from msmd.synthesis.performer.phones import LABIODENTALS, TimedPhone
from msmd.training.audio_encoder.phone_corpus import PhoneClip, load_clips
from msmd.training.audio_encoder.phones import MOUTH_CLASS_OF_PHONE, UNKNOWN
from msmd.training.heard_mouth import heard_phones
from msmd.training.recorded_phones import phones_of_clip

LINES = 20


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument(
        "--encoder", type=Path, default=EMBEDDED_FOLDER, help="folder; none: the one in the package"
    )
    parser.add_argument("--source", default="ljspeech")
    options = parser.parse_args()
    torch.set_num_threads(1)
    encoder = EmbeddedEncoder.load(options.encoder)
    clips = [clip for clip in load_clips(options.corpus, (options.source,)) if clip.split == "val"]
    heard, truth = [], []
    for clip in clips:
        samples = whole_frames(clip)
        count = len(clip.labels)
        heard.append(encoder.phone_logits(samples)[0][:count])
        truth.append(clip.labels)
    labels = np.concatenate(truth)
    spoken = (labels != UNKNOWN) & (labels != PHONES.index("SIL"))
    print("| phone | mouth class |", *(f" {name} found |" for name in MOUTH_CLASSES[1:]), sep="")
    print("|---" * (1 + len(MOUTH_CLASSES)) + "|")
    print("| " + " | ".join(rate(np.concatenate(heard)[spoken], labels[spoken])) + " |")
    lines = sorted(clips, key=lambda clip: clip.name)[:: max(1, len(clips) // LINES)][:LINES]
    changed = measure_changes(encoder, lines)
    print("\nchanged voices: " + ", ".join(f"{name} {value:.2f}" for name, value in changed.items()))
    print(count_labiodentals(encoder, clips))


def measure_changes(encoder: EmbeddedEncoder, clips: Sequence[PhoneClip]) -> dict[str, float]:
    """Correlation of all features of a line with those of the line in a changed voice, medians."""
    lines = [whole_frames(clip) for clip in clips]
    found: dict[str, list[float]] = {}
    for number, line in enumerate(lines):
        plain = encoder.hear(line)[0]
        others = [lines[(number + step) % len(lines)] for step in range(1, min(7, len(lines)))]
        for change in (one for one in CHANGES if one.speed == 1.0):
            changed = encoder.hear(change_voice(line, change, others, seed=number))[0]
            count = min(len(plain), len(changed))
            both = np.corrcoef(plain[:count].ravel(), changed[:count].ravel())
            found.setdefault(change.name, []).append(float(both[0, 1]))
    return {name: float(np.median(values)) for name, values in found.items()}


def count_labiodentals(encoder: EmbeddedEncoder, clips: Sequence[PhoneClip]) -> str:
    """Of the f and v, those that are heard within 20 ms of them; and what else is taken for one."""
    said, found, false, seconds = 0, 0, 0, 0.0
    for clip in clips:
        heard = heard_phones(whole_frames(clip), encoder, "labiodental")
        spoken = [phone for phone in phones_of_clip(clip) if phone.name in LABIODENTALS]
        seconds += len(clip.labels) / 50

        def near(one: TimedPhone, others: Sequence[TimedPhone], by: float) -> bool:
            return any(
                one.start_seconds < other.end_seconds + by and other.start_seconds < one.end_seconds + by
                for other in others
            )

        said += len(spoken)
        found += sum(near(one, heard, 0.02) for one in spoken)
        false += sum(not near(one, spoken, 0.04) for one in heard)
    return f"f v heard: {found} of {said}; {false / (seconds / 60):.1f} a minute that are none"


def whole_frames(clip: PhoneClip) -> np.ndarray:
    """The clip's sound, to a whole motion frame."""
    samples = np.zeros((len(clip.labels) + len(clip.labels) % 2) * 320, np.float32)
    samples[: len(clip.samples)] = clip.samples[: len(samples)]
    return samples


def rate(logits: np.ndarray, labels: np.ndarray) -> list[str]:
    """Shares of frames: phone right, mouth class right, and found of each class but silence."""
    classes = [np.flatnonzero(np.equal(MOUTH_CLASS_OF_PHONE, i)) for i in range(len(MOUTH_CLASSES))]
    sums = [np.logaddexp.reduce(logits[:, phones], axis=1) for phones in classes]
    mouth = np.stack(sums, axis=1).argmax(1)
    wanted = MOUTH_CLASS_OF_PHONE[labels]
    found = [(mouth == i)[wanted == i].mean() for i in range(1, len(MOUTH_CLASSES))]
    return [f"{x:.2f}" for x in ((logits.argmax(1) == labels).mean(), (mouth == wanted).mean(), *found)]


if __name__ == "__main__":
    main()
