"""CelebV-Text and CelebV-HQ: clips of celebrities found on the web, with annotated actions and appearance.

What is taken for known of the downloads (and what is made of deviations):

* `celebvtext_info.json`, `celebvhq_info.json`: `{"clips": {CLIP: {"ytb_id", "duration": {"start_sec",
  "end_sec"}, "bbox": {"top", "bottom", "left", "right"}, ...}}}`, the box in shares of the picture. Any JSON
  file with such a `clips` is taken. It is not needed for videos that are cut already.
* Videos: `CLIP.mp4`, cut and cropped by the downloader, anywhere below; or the whole `YTB_ID.mp4`, of which
  `duration` and `bbox` are then cut out.
* CelebV-HQ: `clips[CLIP]["attributes"]` holds `appearance` and `action` as 0 and 1 beside the names in
  `meta_info.appearance_mapping` and `meta_info.action_mapping`; `emotion` is `{"sep_flag", "labels"}`, one
  word, or a list of `{"emotion", "start_sec", "end_sec"}` where it changes.
* CelebV-Text: descriptions in English, one text file a clip, `CLIP.txt`, in folders named after what they
  describe (`action...`, `appearance...`, `emotion...`, `light...`, nested in any way); or JSON files
  `{CLIP: text, list of texts, or {"action": ...}}`. Light is not looked at.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from msmd.core.errors import FormatError
from msmd.data.corpora.recording import Box, Recording, find_videos

_EMOTION_WORDS: Final = {
    "neutral": "neutral",
    "calm": "calm",
    "happy": "happy",
    "happiness": "happy",
    "sad": "sad",
    "sadness": "sad",
    "angry": "angry",
    "anger": "angry",
    "fear": "fearful",
    "fearful": "fearful",
    "disgust": "disgust",
    "disgusted": "disgust",
    "surprise": "surprised",
    "surprised": "surprised",
    "contempt": "contempt",
}

_SILENT_SUBJECTS: Final = ("light",)
_APPEARANCE_SUBJECTS: Final = ("appear", "general", "face", "detail", "description")


def list_celebv_text(folder: Path) -> list[Recording]:
    """The clips of a CelebV-Text download that are there as videos."""
    return _list(folder, "celebvtext", "CelebV-Text terms: non-commercial research only")


def list_celebv_hq(folder: Path) -> list[Recording]:
    """The clips of a CelebV-HQ download that are there as videos."""
    return _list(folder, "celebvhq", "CelebV-HQ terms: non-commercial research only")


def is_celebv_text(folder: Path) -> bool:
    """Whether there is its list of clips, or a folder of descriptions of actions."""
    return any(folder.rglob("*celebv*text*.json")) or any(
        path.is_dir() and path.name.lower().startswith("action") and any(path.rglob("*.txt"))
        for path in folder.rglob("*")
    )


def is_celebv_hq(folder: Path) -> bool:
    """Whether there is its list of clips with attributes."""
    return any(folder.rglob("*celebv*hq*.json"))


def _list(folder: Path, corpus: str, licence: str) -> list[Recording]:
    videos = {path.stem: path for path in find_videos(folder)}
    listed, words = _read_json_files(folder, set(videos))
    clips = [*(name for name in videos if name in listed or not _is_whole_video(name, listed))]
    clips += [name for name, entry in listed.items() if name not in videos and entry.get("ytb_id") in videos]
    _add_descriptions(words, folder, set(clips))
    annotated = bool(words)
    found = []
    for name in sorted(clips):
        entry, described = listed.get(name, {}), words.get(name, {})
        cut = name not in videos
        found.append(
            Recording(
                corpus=corpus,
                stem=name,
                speaker=f"{corpus}_{entry.get('ytb_id') or _video_of(name)}",
                emotion=_emotion_of(described.get("emotion", [])),
                intensity="unknown",
                split=None,
                motion_kind="video",
                motion_path=videos[entry["ytb_id"]] if cut else videos[name],
                sound_path=videos[entry["ytb_id"]] if cut else videos[name],
                licence=licence,
                tags=tuple(described.get("action", []) + described.get("appearance", []))
                if annotated
                else None,
                span_seconds=_span_of(entry, name) if cut else None,
                box=_box_of(entry, name) if cut else None,
            )
        )
    return found


def _is_whole_video(name: str, listed: Mapping[str, Any]) -> bool:
    return any(entry.get("ytb_id") == name for entry in listed.values())


def _video_of(clip: str) -> str:
    """A clip is named after the video that it was cut from, and numbers."""
    return re.sub(r"(_\d+)+$", "", clip) or clip


Words = dict[str, dict[str, list[str]]]
"""Clip -> subject (action, appearance, emotion) -> tags and texts."""


def _read_json_files(folder: Path, names: set[str]) -> tuple[dict[str, dict[str, Any]], Words]:
    listed: dict[str, dict[str, Any]] = {}
    words: Words = {}
    for path in sorted(folder.rglob("*.json")):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise FormatError(f"{path} is not JSON: {error}. Download it again.") from error
        if not isinstance(content, dict):
            continue
        if isinstance(content.get("clips"), dict):
            listed |= {name: entry for name, entry in content["clips"].items() if isinstance(entry, dict)}
            for name, entry in content["clips"].items():
                _add_attributes(words, name, entry, content.get("meta_info") or {})
        elif names & content.keys():
            for name, value in content.items():
                for subject, text in _texts(value, _subject_of(path, folder)):
                    _add(words, name, subject, [text])
    return listed, words


def _add_attributes(words: Words, name: str, entry: Any, meta: Mapping[str, Any]) -> None:
    attributes = entry.get("attributes") if isinstance(entry, dict) else None
    if not isinstance(attributes, dict):
        return
    for subject in ("action", "appearance"):
        flags, names = attributes.get(subject), meta.get(f"{subject}_mapping")
        if isinstance(flags, list) and isinstance(names, list):
            _add(words, name, subject, [str(tag) for flag, tag in zip(flags, names, strict=False) if flag])
    labels = (attributes.get("emotion") or {}).get("labels", [])
    spoken = [labels] if isinstance(labels, str) else [one.get("emotion", "") for one in labels]
    _add(words, name, "emotion", spoken)


def _texts(value: Any, subject: str | None) -> Iterable[tuple[str, str]]:
    if isinstance(value, str) and subject:
        yield subject, value
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, subject)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from _texts(one, _subject_of_word(str(key)))


def _add_descriptions(words: Words, folder: Path, clips: set[str]) -> None:
    for path in sorted(folder.rglob("*.txt")):
        subject = _subject_of(path, folder)
        if path.stem in clips and subject:
            text = path.read_text(encoding="utf-8", errors="replace")
            _add(words, path.stem, subject, [line for line in map(str.strip, text.splitlines()) if line])


def _add(words: Words, name: str, subject: str, texts: Iterable[str]) -> None:
    words.setdefault(name, {}).setdefault(subject, []).extend(texts)


def _subject_of(path: Path, folder: Path) -> str | None:
    """The innermost folder or file name that tells what is described."""
    for part in (path.stem, *reversed(path.relative_to(folder).parts[:-1])):
        if any(word in part.lower() for word in _SILENT_SUBJECTS):
            return None
        if subject := _subject_of_word(part):
            return subject
    return None


def _subject_of_word(word: str) -> str | None:
    word = word.lower()
    for subject in ("action", "emotion"):
        if subject in word:
            return subject
    return "appearance" if any(part in word for part in _APPEARANCE_SUBJECTS) else None


def _emotion_of(texts: Iterable[str]) -> str:
    """The one emotion that the texts name; "changing" where they name several."""
    spoken = {word for text in texts for word in re.findall(r"[a-z]+", text.lower())}
    emotions = sorted({_EMOTION_WORDS[word] for word in spoken & _EMOTION_WORDS.keys()})
    return "unknown" if not emotions else emotions[0] if len(emotions) == 1 else "changing"


def _span_of(entry: Mapping[str, Any], name: str) -> tuple[float, float]:
    try:
        return float(entry["duration"]["start_sec"]), float(entry["duration"]["end_sec"])
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the list of clips has no duration of {name}: {error!r}.") from error


def _box_of(entry: Mapping[str, Any], name: str) -> Box | None:
    if "bbox" not in entry:
        return None
    try:
        left, top, right, bottom = (float(entry["bbox"][side]) for side in ("left", "top", "right", "bottom"))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the list of clips has a bad bbox of {name}: {error!r}.") from error
    return left, top, right, bottom
