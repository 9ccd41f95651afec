"""Small recordings with known faults: painted faces (`plugin/coded_tracker.py`) that speak a real line."""

import json
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
from coded_tracker import paint

from msmd.audio.heard_opening import heard_opening
from msmd.audio.load import load_sound
from msmd.core.animation import Sound
from msmd.render.video import write_pictures

LINE = Path(__file__).parents[3] / "examples" / "line.ogg"
SECONDS = 4.0


@cache
def spoken() -> np.ndarray:
    """Speech, 16 kHz, with a second of silence on each side."""
    return np.pad(load_sound(LINE).samples, 16000).astype(np.float32)


def mouth_of(samples: np.ndarray) -> np.ndarray:
    """An opening of the jaw, 0 to 1, that goes with a sound."""
    heard = heard_opening(samples)
    return np.clip((heard - heard.min()) / max(np.ptp(heard), 1e-6), 0, 1) ** 2


def make_clip(
    path: Path,
    *,
    begin_seconds: float = 1.0,
    seconds: float = SECONDS,
    mouth_late_frames: int = 0,
    voice_from_seconds: float | None = None,
    sound: np.ndarray | None = None,
    silent_film: bool = False,
    **blocks: np.ndarray | float,
) -> Path:
    """One video.

    Args:
        begin_seconds: of the line that is spoken.
        mouth_late_frames: how many frames the mouth comes after the sound.
        voice_from_seconds: the sound is taken from there instead: another voice over the picture.
        sound: takes the place of speech.
        silent_film: without a sound track.
        blocks: see `coded_tracker.BLOCKS`, a value a frame or one for all.
    """
    frames = round(seconds * 25)
    start = round(begin_seconds * 16000)
    own = spoken()[start : start + frames * 640]
    own = np.pad(own, (0, frames * 640 - len(own)))
    heard = own
    if voice_from_seconds is not None:
        other = round(voice_from_seconds * 16000)
        heard = spoken()[other : other + frames * 640]
    if sound is not None:
        heard = sound[: frames * 640].astype(np.float32)
    jaw = np.roll(mouth_of(own), mouth_late_frames)
    looks = {"jaw": jaw} | blocks
    pictures = (
        paint(**{name: float(np.broadcast_to(value, frames)[frame]) for name, value in looks.items()})
        for frame in range(frames)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_pictures(path, pictures, Fraction(25), None if silent_film else Sound(heard, 16000), frames)
    return path


def noise(seconds: float = SECONDS) -> np.ndarray:
    return (np.random.default_rng(0).normal(size=round(seconds * 16000)) * 0.1).astype(np.float32)


def pulse(value: float, first: int, last: int, otherwise: float) -> np.ndarray:
    """`otherwise`, and `value` from frame `first` to before `last`."""
    out = np.full(round(SECONDS * 25), otherwise)
    out[first:last] = value
    return out


FAULTS: dict[str, dict] = {
    "short": {"seconds": 0.6},
    "no_sound": {"silent_film": True},
    "silent": {"sound": np.zeros(round(SECONDS * 16000))},
    "no_speech": {"sound": noise()},
    "no_face": {"found": 0.0},
    "lost": {"found": pulse(0.0, 30, 60, 1.0)},
    "several_faces": {"faces": pulse(1.0, 20, 60, 0.0)},
    "turned": {"yaw": np.concatenate([np.linspace(0.5, 0.85, 40), np.full(60, 0.85)])},
    "jumps": {"yaw": pulse(0.68, 50, 100, 0.5)},
    "small": {"size": 0.05},
    "offset": {"mouth_late_frames": 9},
    "no_agreement": {"seconds": 7.0, "sound": spoken()[::-1]},
}
"""Reason -> what makes a clip with that fault and no other."""

TAGS = {"not_speaking": "The person nods and smiles.", "unwanted": "She talks while she is eating."}
"""Reason -> the description of its actions."""


def make_celebv_text(folder: Path, good: int = 3) -> dict[str, str]:
    """A download of CelebV-Text in small; clip -> the reason why it must be dropped, "" for none."""
    expected = {}
    for number in range(good):
        name = f"good{number}xxxxx_0_{number}"
        make_clip(folder / "videos" / f"{name}.mp4", begin_seconds=1.0 + number, size=0.7 + 0.05 * number)
        expected[name] = ""
    for reason in TAGS:
        name = f"{reason}_1_0"
        make_clip(folder / "videos" / f"{name}.mp4")
        expected[name] = reason
    for number, (reason, how) in enumerate(FAULTS.items()):
        name = f"{reason}xx_2_{number}"
        make_clip(folder / "videos" / f"{name}.mp4", **how)
        expected[name] = reason
    broken = folder / "videos" / "unreadable_3_0.mp4"
    broken.write_bytes(b"<html>404</html>" * 100)
    expected[broken.stem] = "unreadable"
    for name, reason in expected.items():
        texts = {
            "action_dual": TAGS.get(reason, "He talks, and then he nods for a short time."),
            "emotion": "The emotion is happy all the time.",
            "light_direction": "He reads under a light from the left.",
            "appearance": "This man has no mask and wears a hat.",
        }
        for subject, text in texts.items():
            path = folder / "descriptions" / subject / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
    part = {"start_sec": 3.0, "end_sec": 7.0}
    listed = {name: {"ytb_id": name[:11], "duration": part} for name in expected}
    listed["neverloaded_0_0"] = {"ytb_id": "neverloaded"}
    (folder / "celebvtext_info.json").write_text(json.dumps({"clips": listed}))
    return expected


def make_ravdess(folder: Path) -> dict[str, str]:
    """A RAVDESS download in small: video with sound, video alone, sound alone; song; a broken file."""
    keys = ["01-01-01-01-01-01", "01-03-01-02-01-01", "01-05-02-01-01-02", "02-04-01-02-02-02"]
    expected = {}
    for number, key in enumerate(keys):
        actor = f"Actor_{key[-2:]}"
        channel = "Speech" if key.startswith("01") else "Song"
        videos = folder / f"Video_{channel}_{actor}" / actor
        make_clip(videos / f"01-{key}.mp4", begin_seconds=1.0 + 0.7 * number, seconds=3.5)
        make_clip(videos / f"02-{key}.mp4", begin_seconds=1.0, seconds=3.5, silent_film=True)
        expected[key] = ""
    turned = "01-06-01-01-01-02"
    make_clip(folder / "Video_Speech_Actor_02/Actor_02" / f"01-{turned}.mp4", yaw=0.85)
    expected[turned] = "turned"
    mute = "01-07-01-01-02-02"
    make_clip(folder / "Video_Speech_Actor_02/Actor_02" / f"02-{mute}.mp4", silent_film=True)
    expected[mute] = "no_sound"
    return expected
