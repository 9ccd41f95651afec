"""One JSON line a clip: where it is from, whether it was kept, why not, and the numbers behind it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal

from msmd.core.errors import FormatError
from msmd.core.files import whole_file
from msmd.data.curation.outcome import Fault, Number

MANIFEST_NAME: Final = "manifest.jsonl"

STAGES: Final = ("probe", "select", "sound", "track", "face", "agree", "sample", "encode")
"""In the order in which a clip passes them."""

Verdict = Literal["kept", "dropped"]


@dataclass(frozen=True)
class Record:
    """What a run says of one clip.

    Attributes:
        id: of the clip.
        corpus, speaker, emotion, intensity, sentence, language, licence: as in `Clip`.
        source: the file that shows the face, relative to the source folder.
        sound: the file that sounds, likewise.
        kind: how the motion was observed.
        seconds: of the clip, 0 where it cannot be told.
        verdict: "kept" or "dropped".
        stage: at which it was dropped, one of `STAGES`; "" if it was kept.
        reasons: why it was dropped.
        cautions: what speaks against it without excluding it.
        numbers: what was measured.
        split: of a kept clip, as in clips.jsonl; "" otherwise.
        span_seconds: the part of the file; None: all of it.
    """

    id: str
    corpus: str
    speaker: str
    emotion: str
    intensity: str
    sentence: str
    language: str
    licence: str
    source: str
    sound: str
    kind: str
    seconds: float
    verdict: Verdict
    stage: str = ""
    reasons: tuple[Fault, ...] = ()
    cautions: tuple[Fault, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    split: str = ""
    span_seconds: tuple[float, float] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reasons."""
        return tuple(reason.code for reason in self.reasons)


def write_manifest(folder: Path, records: Iterable[Record]) -> None:
    """Write manifest.jsonl, sorted by id."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in sorted(records, key=lambda one: one.id)]
    with whole_file(folder / MANIFEST_NAME) as path:
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def read_manifest(folder: Path) -> list[Record]:
    """The records of a curated folder.

    Raises:
        FormatError: it has none, or a line is damaged.
    """
    path = Path(folder) / MANIFEST_NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise FormatError(f"{path} cannot be read: {error.strerror}. Run `msmd curate` first.") from error
    records = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            for name in ("reasons", "cautions"):
                entry[name] = tuple(Fault(**one) for one in entry[name])
            span = entry.get("span_seconds")
            records.append(Record(**entry | {"span_seconds": tuple(span) if span else None}))
        except (ValueError, TypeError, KeyError) as error:
            raise FormatError(f"{path}, line {number} is not a record of this version: {error}.") from error
    return records
