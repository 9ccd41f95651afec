"""Recordings as an encoder hears them, and again in other voices: a model shall not depend on the voice.

    python -m msmd.training.voiced_recordings --dataset PACKED --audio-encoder ENCODER --out OUT --copies 1

Reads a packed folder (its sound and motion; the recordings themselves are not needed) and writes another:
all of its clips, with lips that do what is heard (`heard_mouth`), and of each training clip whose lips are in
time with the sound so many copies with pitch and formants, tempo (the motion likewise), room, microphone,
noise, other voices and telephone changed. A copy has the speaker, emotion and sentence of its clip. Test
clips are not changed, validation clips but for the lips.
"""

import argparse
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from jaxtyping import Float32

from msmd.audio.changed_voice import change_voice
from msmd.audio.channel import Channel, draw_channel, send_through
from msmd.audio.embedded import EmbeddedEncoder
from msmd.core.animation import Motion
from msmd.core.command import run_command
from msmd.core.errors import MsmdError
from msmd.core.files import whole_file
from msmd.core.progress import Progress, no_progress
from msmd.core.units import MOTION_FPS, SAMPLES_PER_FRAME
from msmd.data.packed import SETTINGS_NAME, Clip, PackedDataset, read_settings
from msmd.data.packing import write_features, write_packed
from msmd.face.blinks import resample_motion
from msmd.training.heard_mouth import complete_mouth

SEMITONES: Final = 4.0
SPEEDS: Final = (0.85, 1.2)
_OTHER_VOICES: Final = 4
MOST_COPIES: Final = 8
_MARK: Final = "~"
_NO_REST: Final = "openface"
"""Motion of this kind has lips a millimetre apart in pauses: where they rest is not to be seen in it."""
_WRITTEN_ANEW: Final = frozenset({"format", "version", "clips", "frames", "statistics", "files"})


@dataclass(frozen=True)
class Revoicing:
    """How one copy differs from its clip.

    Attributes:
        semitones: that pitch and formants are raised by.
        speed: that it is spoken at, a whole hundredth: the motion follows exactly.
        channel: that the changed voice passes.
    """

    semitones: float
    speed: float
    channel: Channel


def draw_revoicing(clip_id: str, copy: int, seed: int) -> Revoicing:
    """The same for a clip whatever else is there. Nine in ten are another voice, half another tempo."""
    rng = np.random.default_rng([seed, zlib.crc32(clip_id.encode()), copy])
    semitones = float(rng.uniform(-SEMITONES, SEMITONES)) if rng.random() < 0.9 else 0.0
    speed = round(float(np.exp(rng.uniform(*np.log(SPEEDS)))), 2) if rng.random() < 0.5 else 1.0
    return Revoicing(semitones, speed, draw_channel(rng))


def revoice(
    motion: Float32[np.ndarray, "frames 67"],
    samples: Float32[np.ndarray, "num_samples"],
    revoicing: Revoicing,
    others: Sequence[Float32[np.ndarray, "_"]],
) -> tuple[Float32[np.ndarray, "new_frames 67"], Float32[np.ndarray, "new_samples"]]:
    """Motion and sound of the copy, 640 samples a frame; blinks keep their depth.

    Args:
        motion: at 25 fps.
        samples: 640 a frame.
        revoicing: of `draw_revoicing`.
        others: lines of other voices, for babble.
    """
    faster = MOTION_FPS * Fraction(round(100 * revoicing.speed), 100)
    warped = resample_motion(Motion(motion, faster), MOTION_FPS).values
    spoken = change_voice(samples, revoicing.semitones, revoicing.speed)
    wanted = len(warped) * SAMPLES_PER_FRAME
    spoken = np.pad(spoken[:wanted], (0, max(0, wanted - len(spoken))))
    return warped, send_through(spoken, revoicing.channel, others)


def make_voiced(
    dataset: Path,
    out: Path,
    copies: int = 1,
    seed: int = 0,
    encoder: EmbeddedEncoder | None = None,
    progress: Progress = no_progress,
) -> Mapping[str, float | int]:
    """Write the folder of clips and copies; audio features are not in it yet.

    Args:
        dataset: packed folder to start from; it stays as it is.
        out: packed folder to write.
        copies: of each training clip that has lips; 0 only takes the clips over.
        seed: of all changes.
        encoder: hears what the lips do, and all but test clips are completed by it (`heard_mouth`);
            None: they are not.
        progress: told the copies made.

    Returns:
        clips, copies, minutes: of the new folder; minutes of all clips.

    Raises:
        MsmdError: `out` is `dataset`, or a number of copies that is not sensible.
        FormatError: `dataset` is not a packed folder.
        OutputError: the folder cannot be written.
    """
    if not 0 <= copies <= MOST_COPIES:
        raise MsmdError(f"{copies} copies cannot be made: give 0 to {MOST_COPIES}.")
    if dataset.resolve() == out.resolve():
        raise MsmdError(f"{out} cannot be made from itself: give another --out.")
    packed = PackedDataset(dataset)
    changeable = [clip for clip in packed.select("train") if clip.has_lips]
    clips = list(packed.clips)
    motion, sound = _WithCopies(packed, packed.motion), _WithCopies(packed, packed.sound)
    if encoder is not None:
        for clip in (*changeable, *(clip for clip in packed.select("val") if clip.has_lips)):
            rests = clip.motion_source.startswith(_NO_REST)
            motion.made[clip.id] = complete_mouth(
                packed.motion(clip.id), packed.sound(clip.id), encoder, rests
            )
    origins = {}
    for number, clip in enumerate(changeable):
        for copy in range(1, copies + 1):
            revoicing = draw_revoicing(clip.id, copy, seed)
            others = _draw_others(packed, changeable, clip, revoicing.channel)
            warped, heard = revoice(motion[clip.id], packed.sound(clip.id), revoicing, others)
            made = replace(clip, id=f"{clip.id}{_MARK}{copy}", frames=len(warped))
            clips.append(made)
            origins[made.id] = clip.id
            motion.made[made.id], sound.made[made.id] = warped, heard.astype(np.float16)
        progress("copies", (number + 1) * copies, len(changeable) * copies)
    notes = {"revoiced": {"copies": copies, "seed": seed}}
    if (dataset / SETTINGS_NAME).is_file():
        earlier = read_settings(dataset)
        notes |= {name: value for name, value in earlier.items() if name not in _WRITTEN_ANEW}
    write_packed(out, clips, motion, sound, notes=notes)
    _copy_splits(dataset, out, origins)
    minutes = sum(clip.frames for clip in clips) / float(60 * MOTION_FPS)
    return {"clips": len(clips), "copies": len(origins), "minutes": round(minutes, 1)}


class _WithCopies(Mapping[str, np.ndarray]):
    """What a packed folder holds of its clips, read when asked for, and what was made of them.

    Attributes:
        made: id -> array, of copies and of clips that were changed.
    """

    def __init__(self, packed: PackedDataset, read: Callable[[str], np.ndarray]) -> None:
        self._ids, self._read = [clip.id for clip in packed.clips], read
        self.made: dict[str, np.ndarray] = {}

    def __getitem__(self, clip_id: str) -> np.ndarray:
        return self.made[clip_id] if clip_id in self.made else self._read(clip_id)

    def __iter__(self) -> Iterator[str]:
        yield from dict.fromkeys((*self._ids, *self.made))

    def __len__(self) -> int:
        return len({*self._ids, *self.made})


def _draw_others(
    packed: PackedDataset, clips: Sequence[Clip], clip: Clip, channel: Channel
) -> list[Float32[np.ndarray, "_"]]:
    """Lines for babble; any but the clip itself, and none where the channel has no babble."""
    if channel.babble_db is None or len(clips) < 2:
        return []
    rng = np.random.default_rng(channel.seed)
    drawn = rng.choice(len(clips), min(_OTHER_VOICES, len(clips) - 1), replace=False)
    return [packed.sound(clips[number].id) for number in drawn if clips[number].id != clip.id]


def _copy_splits(dataset: Path, out: Path, origins: Mapping[str, str]) -> None:
    """Other ways to divide the clips; a copy goes where its clip does."""
    for path in sorted(dataset.glob("splits/*.json")):
        splits = json.loads(path.read_text(encoding="utf-8"))
        splits |= {copy: splits[clip_id] for copy, clip_id in origins.items() if clip_id in splits}
        with whole_file(out / "splits" / path.name) as aside:
            aside.write_text(json.dumps(splits, indent=0) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m msmd.training.voiced_recordings", description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="packed folder, of `msmd curate`")
    parser.add_argument("--out", type=Path, required=True, help="packed folder to write")
    parser.add_argument("--copies", type=int, default=1, help="of each training clip in time with its sound")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--audio-encoder", type=Path, help="hears f and v; its features are stored too")
    options = parser.parse_args()
    encoder = EmbeddedEncoder.load(options.audio_encoder) if options.audio_encoder is not None else None
    made = make_voiced(options.dataset, options.out, options.copies, options.seed, encoder)
    print(" ".join(f"{name} {value:g}" for name, value in made.items()))
    if encoder is not None:
        write_features(options.out, encoder)


if __name__ == "__main__":
    run_command(main)
