"""Sound and motion without end: voices whose phones are known (`performed_takes`), and the performer.

    python -m msmd.training.performed_pairs --out <folder> --minutes 60 --audio-encoder <folder>

A session is one voice that says a few lines; each line is performed in two styles with the same
articulation, so that only the style reference can tell which of the two faces goes with a sound. Each session
and style is one "speaker" of the packed folder, long enough for a pair of windows.
"""

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from msmd.audio.embedded import EmbeddedEncoder
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS, SAMPLES_PER_FRAME
from msmd.data.packed import PERFORMED, Clip, PackedDataset, Split
from msmd.data.packing import write_features, write_packed
from msmd.synthesis.performer.articulation import articulation_card
from msmd.synthesis.performer.perform import ORIGIN, perform
from msmd.synthesis.performer.style import PerformerStyle, draw_style
from msmd.training.audio_encoder.phone_corpus import PhoneClip, load_clips
from msmd.training.audio_encoder.sentences import HELD_OUT_LANGUAGE
from msmd.training.performed_takes import PEOPLE_SOURCES, SessionMaker, SpokenTake

LICENCE: Final = (
    "made by this package; articulation measured on GRID (CC BY 4.0); voices of espeak-ng or flite, "
    "or recordings of Fish Fillets (GPL), Asterisk (CC BY-SA), festvox-ru (BSD), RAVDESS (CC BY-NC-SA)"
)

STYLES_PER_LINE: Final = 2
_LETTERS: Final = "ab"

_VAL_EVERY: Final = 20
_FRAMES_A_MINUTE: Final = int(60 * MOTION_FPS)
_MOST_MINUTES: Final = 1200


def make_pairs(
    out: Path,
    minutes: float,
    seed: int = 0,
    join: Path | None = None,
    people: Sequence[PhoneClip] = (),
    progress: Progress = no_progress,
) -> Mapping[str, float | int]:
    """Write a packed folder of performed clips.

    Args:
        out: for the folder.
        minutes: of clips, each style counting; Finnish and every twentieth session are the validation split.
        seed: of everything.
        join: a packed folder of recordings whose clips shall be in `out` as well; it stays as it is.
        people: recordings with phones, of the phone corpus; half of the sessions are theirs if there are any.
        progress: told whole minutes.

    Returns:
        sessions, clips, minutes, processor_minutes: of what was performed.

    Raises:
        MsmdError: espeak-ng or the word list is not installed, there is nothing to make, or `join` is `out`.
        FormatError: `join` is not a packed folder.
        OutputError: the folder cannot be written.
    """
    if not 0 < minutes <= _MOST_MINUTES:
        raise MsmdError(f"{minutes:g} minutes cannot be made: give more than 0, at most {_MOST_MINUTES}.")
    if join is not None and join.resolve() == out.resolve():
        raise MsmdError(f"{out} cannot be joined to itself: give another --out.")
    recorded = PackedDataset(join) if join is not None else None
    began = time.process_time()
    clips: list[Clip] = []
    # Half precision is what the folder holds of the sound; motion stays as it is.
    motion: dict[str, np.ndarray] = {}
    sound: dict[str, np.ndarray] = {}
    frames, sessions = 0, 0
    wanted = minutes * _FRAMES_A_MINUTE
    for session, clip, samples, values in _perform_all(SessionMaker(seed, people), seed):
        if frames >= wanted and session >= sessions:
            break
        sessions = session + 1
        clips.append(clip)
        motion[clip.id], sound[clip.id] = values, samples.astype(np.float16)
        frames += clip.frames
        progress("minutes", int(frames / _FRAMES_A_MINUTE), int(np.ceil(minutes)))
    made = len(clips)
    if recorded is not None:
        for clip in recorded.clips:
            clips.append(clip)
            motion[clip.id] = recorded.motion(clip.id)
            sound[clip.id] = recorded.sound(clip.id).astype(np.float16)
    notes = {"made_by": ORIGIN, "seed": seed, "articulation": articulation_card()["of"]}
    write_packed(out, clips, motion, sound, notes={"performed": notes})
    return {
        "sessions": sessions,
        "clips": made,
        "minutes": round(frames / _FRAMES_A_MINUTE, 2),
        "processor_minutes": round((time.process_time() - began) / 60, 3),
    }


def draw_styles(seed: int, session: int) -> list[PerformerStyle]:
    """Of a session, one for each clip of a line."""
    chance = np.random.default_rng([seed, session, 1])
    names = (f"{seed}_{session:05d}{letter}" for letter in _LETTERS[:STYLES_PER_LINE])
    return [draw_style(chance, name) for name in names]


def _perform_all(maker: SessionMaker, seed: int) -> Iterator[tuple[int, Clip, np.ndarray, np.ndarray]]:
    """Endlessly: (session, clip, samples, motion), the two styles of a line one after the other."""
    session = 0
    while True:
        styles = draw_styles(seed, session)
        for number, take in enumerate(maker.takes(session)):
            held_out = take.language == HELD_OUT_LANGUAGE or session % _VAL_EVERY == _VAL_EVERY - 1
            line_seed = int(np.random.default_rng([seed, session, 2, number]).integers(2**31))
            for style in styles:
                values = perform(take.samples, take.phones, style, line_seed).values
                clip = _describe(style, number, take, "val" if held_out else "train")
                yield session, clip, take.samples, values
        session += 1


def _describe(style: PerformerStyle, number: int, take: SpokenTake, split: Split) -> Clip:
    return Clip(
        id=f"{PERFORMED}/{style.name}_{number}",
        corpus=PERFORMED,
        speaker=f"{PERFORMED}_{style.name}",
        emotion="unknown",
        intensity="unknown",
        frames=len(take.samples) // SAMPLES_PER_FRAME,
        split=split,
        has_lips=True,
        has_upper=True,
        has_head=True,
        motion_source="performer",
        licence=LICENCE,
        sentence=f"{style.name[:-1]}_{number}",
        language=take.language,
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m msmd.training.performed_pairs", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write, as `msmd curate` does")
    parser.add_argument("--minutes", type=float, default=60.0, help="of motion")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--join", type=Path, help="packed recordings, whose clips go into the folder too")
    parser.add_argument("--audio-encoder", type=Path, help="its features are stored too, for `msmd train`")
    parser.add_argument("--people", type=Path, help="corpus of training.audio_encoder: people speak too")
    options = parser.parse_args()
    people = load_clips(options.people, tuple(PEOPLE_SOURCES)) if options.people is not None else ()
    made = make_pairs(options.out, options.minutes, options.seed, options.join, people)
    print(" ".join(f"{name} {value:g}" for name, value in made.items()))
    if options.audio_encoder is not None:
        write_features(options.out, EmbeddedEncoder.load(options.audio_encoder))


if __name__ == "__main__":
    run_command(main)
