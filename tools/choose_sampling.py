"""What settings of sampling are worth on voices and clips that are judged nowhere else, as JSON.

    python tools/choose_sampling.py --dataset DATASET --corpus CORPUS [--bundle FOLDER] [--set steps=3 ...]

DATASET is packed by `msmd curate`, CORPUS a folder of `python -m msmd.training.audio_encoder`. Voices are the
Italian man of Asterisk, whom nothing was taught by, and performed lines; clips are those of the validation
split. Fields of `SamplingOptions` are set by name.
"""

import argparse
import ast
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.animation import Motion, StyleCode
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.units import SAMPLE_RATE_HZ, SAMPLES_PER_FRAME
from msmd.evaluation.alignment import Phone
from msmd.evaluation.clip_measures import measure
from msmd.evaluation.embedded.voice_changes import CHANGES, agreement, change_voice
from msmd.evaluation.metrics import mouth_opening
from msmd.evaluation.mouth_shapes import voice_row
from msmd.evaluation.pairing import pair_with_references, spread_out
from msmd.evaluation.protocol import load_face_mesh
from msmd.evaluation.recordings import load_performances
from msmd.evaluation.style import match_styles
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle
from msmd.training.audio_encoder.phone_corpus import load_clips
from msmd.training.performed_takes import PEOPLE_SOURCES, SessionMaker
from msmd.training.recorded_phones import phones_of_clip

UNHEARD = "asterisk-it"
LINES = 14
SECONDS = (3.0, 8.0)
SEED = 777
"""Of the performed sessions; training has others."""

CLIPS = 16
AGREEMENT_LINES = 7
STYLE_LINES = 3


class Chooser:
    """The settings at work.

    Args:
        bundle: folder.
        options: settings.
        dataset: packed folder.
        corpus: of phones.
    """

    def __init__(self, bundle: Path, options: SamplingOptions, dataset: Path, corpus: Path) -> None:
        self.animator = Animator(load_bundle(bundle), defaults=options)
        self.mesh = load_face_mesh()
        self.performances = load_performances(dataset, "val", None)
        self.unheard, self.performed = unheard_lines(corpus), performed_lines(corpus)

    def say(self, samples: np.ndarray, style: StyleCode | None = None, seed: int = 0) -> np.ndarray:
        return self.animator.animate(samples, style, seed).motion.values

    def opening(self, samples: np.ndarray, seed: int = 0) -> np.ndarray:
        vertices = self.mesh.vertices(self.say(samples, seed=seed))
        return mouth_opening(vertices, self.mesh.lip_pairs).astype(np.float64)

    def measure_voices(
        self, lines: Sequence[tuple[np.ndarray, Sequence[Phone]]], name: str
    ) -> dict[str, float]:
        rows = [voice_row(self.mesh, self.say(samples), samples, phones) for samples, phones in lines]
        keys = ("closed", "closed_at_vowels", "tucked", "tucked_at_vowels")
        return {f"{name} {key}": float(np.mean([v for row in rows for v in row[key]])) for key in keys}  # type: ignore[attr-defined]

    def measure_agreement(self) -> dict[str, float]:
        """Correlation of opening with the plain line's, medians."""
        others = [one.samples for one in self.performances if one.corpus == "ravdess"][:6]
        found: dict[str, list[float]] = {}
        for number, (samples, _) in enumerate(self.unheard[:AGREEMENT_LINES]):
            plain = self.opening(samples)
            found.setdefault("another seed", []).append(agreement(plain, self.opening(samples, seed=1)))
            for change in CHANGES:
                changed = self.opening(change_voice(samples, change, others, seed=number))
                found.setdefault(change.name, []).append(agreement(plain, changed, change.speed))
        return {name: float(np.median(values)) for name, values in found.items()}

    def measure_clips(self, corpus: str) -> dict[str, float]:
        pairs = pair_with_references([one for one in self.performances if one.corpus == corpus])
        pairs = [pair for pair in pairs if pair.target.has_lips and pair.target.has_upper_face]
        rows = [
            measure(self.mesh, pair.target, self.say(pair.target.samples, self.encode(pair.reference.motion)))
            for pair in spread_out(pairs, CLIPS)
        ]
        keys = ("lve_rms", "opening_correlation", "std_ratio", "jitter_ratio")
        return {f"{corpus} {key}": float(np.nanmedian([row[key] for row in rows])) for key in keys}

    def measure_styles(self) -> dict[str, float]:
        """Share of pairs in which the mean face is nearer to its own reference, and the way towards it."""
        acted = [one for one in self.performances if one.corpus == "ravdess" and one.has_lips]
        references = [one for one in acted if one.has_upper_face][:CLIPS]
        targets = np.stack([self.face(one.motion) for one in references])
        lines = [samples for samples, _ in self.unheard[:STYLE_LINES]]
        codes = [self.encode(one.motion) for one in references]
        faces = np.stack([[self.face(self.say(line, code)) for code in codes] for line in lines])
        plain = np.mean([self.face(self.say(line)) for line in lines], axis=0)
        own = np.tile(np.arange(len(references)), len(lines))
        names = [f"{one.speaker} {one.emotion}" for one in references]
        rate = match_styles(faces.reshape(len(own), -1), own, targets, names).pairwise_rate
        wanted, gone = targets - plain, faces.mean(axis=0) - plain
        way = (gone * wanted).sum(axis=1) / np.square(wanted).sum(axis=1)
        return {"own style": float(rate), "way to the style": float(np.median(way))}

    def face(self, motion: np.ndarray) -> np.ndarray:
        return self.mesh.displacements(motion).mean(axis=0).ravel().astype(np.float64)

    def encode(self, motion: np.ndarray) -> StyleCode:
        return self.animator.encode_style(Motion(motion))


def unheard_lines(corpus: Path) -> list[tuple[np.ndarray, Sequence[Phone]]]:
    low, high = (seconds * SAMPLE_RATE_HZ for seconds in SECONDS)
    clips = [clip for clip in load_clips(corpus, (UNHEARD,)) if low <= len(clip.samples) <= high]
    if not clips:
        raise MsmdError(f"{corpus} lacks {UNHEARD}, by whom settings are chosen (docs/audio_encoder.md).")
    chosen = clips[:: max(1, len(clips) // LINES)][:LINES]
    return [(_whole_frames(clip.samples), _phones(phones_of_clip(clip))) for clip in chosen]


def performed_lines(corpus: Path) -> list[tuple[np.ndarray, Sequence[Phone]]]:
    maker = SessionMaker(SEED, load_clips(corpus, tuple(PEOPLE_SOURCES)))
    takes = [next(iter(maker.takes(session))) for session in range(LINES)]
    end = SECONDS[1]
    return [
        (
            _whole_frames(take.samples[: int(end * SAMPLE_RATE_HZ)]),
            _phones([phone for phone in take.phones if phone.end_seconds < end]),
        )
        for take in takes
    ]


def _phones(phones: Sequence) -> list[Phone]:
    return [Phone(phone.name, phone.start_seconds, phone.end_seconds) for phone in phones]


def _whole_frames(samples: np.ndarray) -> np.ndarray:
    return samples[: len(samples) // SAMPLES_PER_FRAME * SAMPLES_PER_FRAME].astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, default=EMBEDDED_FOLDER, help="none: the one in the package")
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="NAME=VALUE", help="fields of SamplingOptions"
    )
    given = parser.parse_args()
    torch.set_num_threads(1)
    changes = {name: ast.literal_eval(value) for name, _, value in (one.partition("=") for one in given.set)}
    chooser = Chooser(given.bundle, SamplingOptions(**changes), given.dataset, given.corpus)
    found = chooser.measure_voices(chooser.unheard, "unheard man")
    found |= chooser.measure_voices(chooser.performed, "performed")
    found |= chooser.measure_agreement()
    found |= chooser.measure_clips("grid") | chooser.measure_clips("ravdess") | chooser.measure_styles()
    print(json.dumps({name: round(value, 3) for name, value in found.items()}, indent=1))


if __name__ == "__main__":
    run_command(main)
