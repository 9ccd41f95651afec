"""RAVDESS speech: two sentences in eight acted emotions; motion by OpenFace, or from video."""

from pathlib import Path

from msmd.data.corpora.recording import MotionKind, Recording
from msmd.data.packed import Split

EMOTIONS = {
    "01": "neutral",
    "02": "calm",
    "03": "happy",
    "04": "sad",
    "05": "angry",
    "06": "fearful",
    "07": "disgust",
    "08": "surprised",
}
TEST_ACTORS, VAL_ACTORS = ("04", "09", "10"), ("08",)
"""Actor 04 is held out of both forms, the one with landmarks and the one with action units alone."""

_RAISED_BROWS = ("fearful", "surprised")
"""Emotions that live in raised brows and wide eyes. The files of action units alone have lost them: the
units 1, 2 and 5 are measured there against the clip itself and stand as low as in neutral clips."""

_FOLDERS: tuple[tuple[MotionKind, str, str], ...] = (
    ("video", "video", "*.mp4"),
    ("openface", "openface", "Actor_*/*.csv.gz"),
    ("openface_au", "openface_au", "Actor_*/*.csv.gz"),
)
"""Best first: a clip that is there in several forms is taken in the first."""


def list_ravdess(data_folder: Path) -> list[Recording]:
    """Clips that have motion in some form, each once."""
    folder = data_folder / "ravdess"
    found: dict[str, Recording] = {}
    for kind, name, pattern in _FOLDERS:
        for path in sorted((folder / name).glob(pattern)):
            stem = path.name.split(".")[0]
            key = stem.split("-", 1)[1]  # less the modality: 01 audio-video, 02 video, 03 audio
            if key not in found and (sound := _sound_of(folder, key)):
                found[key] = _describe(key, kind, path, sound)
    return list(found.values())


def ravdess_split(actor: str) -> Split:
    """Which split an actor belongs to."""
    return "test" if actor in TEST_ACTORS else "val" if actor in VAL_ACTORS else "train"


def _sound_of(folder: Path, key: str) -> Path | None:
    actor = key.split("-")[-1]
    candidates = sorted((folder / "audio" / f"Actor_{actor}").glob(f"03-{key}.*"))
    return candidates[0] if candidates else None


def _describe(key: str, kind: MotionKind, path: Path, sound: Path) -> Recording:
    _, emotion, intensity, _, _, actor = key.split("-")
    return Recording(
        corpus="ravdess",
        stem=key,
        speaker=f"ravdess_{actor}",
        emotion=EMOTIONS[emotion],
        intensity="strong" if intensity == "02" else "normal",
        split=ravdess_split(actor),
        motion_kind=kind,
        motion_path=path,
        sound_path=sound,
        licence="CC BY-NC-SA 4.0",
        has_upper=kind != "openface_au" or EMOTIONS[emotion] not in _RAISED_BROWS,
        has_head=kind != "openface_au",
    )
