"""What a study consists of (section 6.3), and the study.json that holds it.

Two studies share the same animations. *Style*: without sound, a style reference on top, each character
rated on three questions. *Lips*: with sound and without the reference, since participants are told to
disregard style, one question. Ratings are whole numbers from 0 to 5.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, get_args

from msmd.core.errors import FormatError, MsmdError
from msmd.core.files import whole_file
from msmd.data.shards import file_sha256

StudyKind = Literal["style", "lips"]
Scenario = Literal["matching", "contrasting"]
"""Whether the style reference fits the speech: (a) and (b) of section 6.3."""

KINDS: Final[tuple[StudyKind, ...]] = get_args(StudyKind)
SCENARIOS: Final[tuple[Scenario, ...]] = get_args(Scenario)

ANCHOR: Final = "anchor"
"""Stands where a system stands, for the animation that is known not to fit."""

MATCH: Final = "match"
"""In the practice trial: the animation that is known to fit."""

LOWEST, HIGHEST = 0, 5
LETTERS: Final = "ABCDEFGH"

QUESTIONS: Final[Mapping[StudyKind, Mapping[str, str]]] = {
    "style": {
        "expressions": "Facial expressions",
        "speaking": "Speaking style",
        "movements": "Distinctive facial movements",
    },
    "lips": {"lip_sync": "Lip sync"},
}
"""Question -> what the participant reads; the words of section 6.3."""

FORMAT: Final = "msmd-study"
VERSION: Final = 1
STUDY_NAME: Final = "study.json"
MEDIA_NAME: Final = "media"

PLANNED_MINUTES: Final = (10.0, 15.0)
""""Each study was designed to take 10 to 15 minutes" (section 6.3)."""

_LOOKS: Final[Mapping[StudyKind, float]] = {"style": 2.0, "lips": 3.0}
"""How often a character is watched before it is judged; ours, for the estimate."""
_SECONDS_A_RATING: Final = 3.0
_SECONDS_OF_INSTRUCTIONS: Final = 90.0


@dataclass(frozen=True)
class Video:
    """A file of the folder `media`, under a name that tells nothing.

    Attributes:
        file: its name.
        sha256: its checksum.
        seconds: its length.
    """

    file: str
    sha256: str
    seconds: float


@dataclass(frozen=True)
class Item:
    """One character of a trial.

    Attributes:
        system: who made it: the name of a system, `ANCHOR` or `MATCH`.
        video: what is shown.
        source: where an anchor was taken from, for the record.
    """

    system: str
    video: Video
    source: str = ""


@dataclass(frozen=True)
class Trial:
    """One page of a study.

    Attributes:
        id: unique in the study.
        scenario: see `Scenario`.
        title: what the experimenter calls it.
        reference: the style reference, without sound.
        items: study -> its characters, in no particular order.
    """

    id: str
    scenario: Scenario
    title: str
    reference: Video
    items: Mapping[StudyKind, tuple[Item, ...]]


@dataclass(frozen=True)
class Study:
    """A study folder.

    Attributes:
        title: shown to participants; must not name a system.
        contact: whom participants may ask, shown with the consent; may be empty.
        seed: of anchors and of every participant's order.
        systems: name -> what it is (bundle, checksum, options); never sent to a participant.
        trials: the pages.
        practice: study -> a page that does not count, with one match and one anchor.
    """

    title: str
    contact: str
    seed: int
    systems: Mapping[str, Mapping[str, object]]
    trials: tuple[Trial, ...]
    practice: Mapping[StudyKind, Trial] = field(default_factory=dict)

    def videos(self) -> list[Video]:
        """Every video once."""
        found: dict[str, Video] = {}
        for trial in (*self.trials, *self.practice.values()):
            for video in (trial.reference, *(item.video for items in trial.items.values() for item in items)):
                found[video.file] = video
        return list(found.values())

    def trial(self, trial_id: str) -> Trial:
        return next(trial for trial in self.trials if trial.id == trial_id)


def estimate_minutes(study: Study, kind: StudyKind) -> float:
    """How long a participant will take: looks at every character, answers, instructions.

    In the style study the reference plays beside the characters, so it costs no time of its own.
    """
    seconds = _SECONDS_OF_INSTRUCTIONS
    for trial in study.trials:
        items = trial.items[kind]
        seconds += _LOOKS[kind] * sum(item.video.seconds for item in items)
        seconds += _SECONDS_A_RATING * len(items) * len(QUESTIONS[kind])
    return seconds / 60


def save_study(folder: Path, study: Study) -> None:
    """Write study.json.

    Raises:
        OutputError: the folder cannot be written.
    """
    content = {"format": FORMAT, "version": VERSION} | asdict(study)
    with whole_file(folder / STUDY_NAME) as aside:
        aside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def load_study(folder: Path) -> Study:
    """Read study.json.

    Raises:
        FormatError: there is none, or it is damaged or of another version.
    """
    path = Path(folder) / STUDY_NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FormatError(
            f"{folder} holds no finished study ({STUDY_NAME}: {error.strerror or error}). "
            "Make one with `msmd study build`."
        ) from error
    except ValueError as error:
        raise FormatError(f"{path} is damaged: {error}. Run `msmd study build` again.") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT or content.get("version") != VERSION:
        raise FormatError(f"{path} is not of {FORMAT}, version {VERSION}. Run `msmd study build` again.")
    try:
        return Study(
            title=content["title"],
            contact=content["contact"],
            seed=content["seed"],
            systems=content["systems"],
            trials=tuple(_trial(one) for one in content["trials"]),
            practice={kind: _trial(one) for kind, one in content["practice"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise FormatError(f"{path} is damaged ({error!r}). Run `msmd study build` again.") from error


def verify_media(folder: Path, study: Study) -> None:
    """Compare every video with its checksum.

    Raises:
        FormatError: one is missing or not what was built.
    """
    for video in study.videos():
        path = folder / MEDIA_NAME / video.file
        if not path.is_file() or file_sha256(path) != video.sha256:
            raise FormatError(
                f"{path} is {'damaged' if path.is_file() else 'missing'}. Copy the study folder again, "
                "or run `msmd study build` again."
            )


def check_system_name(name: str) -> None:
    """Fail if a system cannot have this name.

    Raises:
        MsmdError: it is empty or reserved.
    """
    if not name or name in (ANCHOR, MATCH):
        raise MsmdError(f"a system cannot be called {name!r}. Choose another name.")


def _trial(content: Mapping[str, Any]) -> Trial:
    return Trial(
        id=content["id"],
        scenario=content["scenario"],
        title=content["title"],
        reference=Video(**content["reference"]),
        items={
            kind: tuple(Item(one["system"], Video(**one["video"]), one["source"]) for one in items)
            for kind, items in content["items"].items()
        },
    )
