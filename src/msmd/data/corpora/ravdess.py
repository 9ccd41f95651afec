"""RAVDESS: two sentences spoken and sung in eight acted emotions; motion from video or by OpenFace.

File names are the same everywhere: modality-channel-emotion-intensity-statement-repetition-actor, each two
digits. The download has `Video_Speech_Actor_01/Actor_01/01-01-...mp4` (modality 01: picture and sound, 02:
picture alone), `Video_Song_Actor_01/...`, `Audio_Speech_Actors_01-24/Actor_01/03-01-...wav`, and the
tracking variant `FacialTracking_Actors_01-24/01-01-....csv` (OpenFace). Whatever the folders are called, the
names tell.
"""

import re
from pathlib import Path
from typing import Final

from msmd.data.corpora.recording import VIDEO_SUFFIXES, MotionKind, Recording
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
STATEMENTS: Final = {"01": "Kids are talking by the door", "02": "Dogs are sitting by the door"}

TEST_ACTORS, VAL_ACTORS = ("04", "09", "10"), ("08",)
"""Actor 04 is held out of both forms, the one with landmarks and the one with action units alone."""

_RAISED_BROWS = ("fearful", "surprised")
"""Emotions that live in raised brows and wide eyes. The files of action units alone have lost them: the
units 1, 2 and 5 are measured there against the clip itself and stand as low as in neutral clips."""

_NAME = re.compile(r"(?P<modality>0[123])-(?P<key>0[12]-0[1-8]-0[12]-0[12]-0[12]-[0-2]\d)(?P<suffix>\..+)")
_SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".m4a")
_ACTION_UNITS_FOLDER = "openface_au"

_BEST_FIRST: Final = ("video with sound", "video", "openface", "openface_au")


def list_ravdess(folder: Path, own_splits: bool = True) -> list[Recording]:
    """Clips that have motion in some form, each once and in its best form.

    The sound is that of the file of sound alone if there is one (it is the better recording), else the
    video's own. A picture without any sound is listed too: `probe` tells of it.

    Args:
        folder: anything above the files.
        own_splits: actors 04, 09, 10 test and 08 validates; otherwise the run divides the clips.
    """
    forms: dict[str, dict[str, Path]] = {}
    sounds: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            continue
        if match["suffix"].lower() in _SOUND_SUFFIXES:
            sounds.setdefault(match["key"], path)
        elif form := _form_of(path, match["modality"], match["suffix"].lower()):
            forms.setdefault(match["key"], {}).setdefault(form, path)
    found = []
    for key, known in forms.items():
        form = next(one for one in _BEST_FIRST if one in known)
        sound = sounds.get(key) or known.get("video with sound") or known[form]
        if form.startswith("video") or key in sounds:  # curves without sound are no recording
            found.append(_describe(key, _kind_of(form), known[form], sound, own_splits))
    return found


def is_ravdess(folder: Path) -> bool:
    """Whether the names under a folder are those of RAVDESS."""
    return any(_NAME.fullmatch(path.name) for path in folder.rglob("0[12]-0[12]-0*"))


def ravdess_split(actor: str) -> Split:
    """Which split an actor belongs to."""
    return "test" if actor in TEST_ACTORS else "val" if actor in VAL_ACTORS else "train"


def _form_of(path: Path, modality: str, suffix: str) -> str | None:
    if suffix in VIDEO_SUFFIXES:
        return "video with sound" if modality == "01" else "video"
    if suffix in (".csv", ".csv.gz"):
        return "openface_au" if _ACTION_UNITS_FOLDER in path.parts else "openface"
    return None


def _kind_of(form: str) -> MotionKind:
    return "video" if form.startswith("video") else "openface_au" if form == "openface_au" else "openface"


def _describe(key: str, kind: MotionKind, path: Path, sound: Path, own_splits: bool) -> Recording:
    _, emotion, intensity, statement, _, actor = key.split("-")
    return Recording(
        corpus="ravdess",
        stem=key,
        speaker=f"ravdess_{actor}",
        emotion=EMOTIONS[emotion],
        intensity="strong" if intensity == "02" else "normal",
        split=ravdess_split(actor) if own_splits else None,
        motion_kind=kind,
        motion_path=path,
        sound_path=sound,
        licence="CC BY-NC-SA 4.0",
        has_upper=kind != "openface_au" or EMOTIONS[emotion] not in _RAISED_BROWS,
        has_head=kind != "openface_au",
        sentence=STATEMENTS[statement],
        language="en",
    )
