"""Recordings of people whose words are written down, from packages of Debian that anyone may install.

| package | who speaks | language |
|---|---|---|
| asterisk-core-sounds-{en,es,fr,it,ru} and -g722 | one person each, announcements of telephones | five |
| fillets-ng-data, -cs, -nl | the actors of a game, dialogue | Czech, Dutch |

A package that is not installed is left out. The sounds are under CC-BY-SA (Asterisk) and the GPL (Fillets).
"""

import gzip
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ASTERISK_SOUNDS: Final = Path("/usr/share/asterisk/sounds")
ASTERISK_TEXTS: Final = Path("/usr/share/doc")
FILLETS: Final = Path("/usr/share/games/fillets-ng")

_ASTERISK: Final = {"en": "en-us", "es": "es-419", "fr": "fr", "it": "it", "ru": "ru"}
_FILLETS: Final = ("cs", "nl")
_DIALOGUE: Final = re.compile(
    r'dialogId\("([^"]+)",\s*"([^"]*)",\s*"(?:[^"\\]|\\.)*"\)\s*dialogStr\("((?:[^"\\]|\\.)*)"\)'
)


@dataclass(frozen=True)
class SpokenText:
    """A recording and what is said in it.

    Attributes:
        path: of the sound.
        name: unique among the texts of a reader.
        text: all that is said.
        language: for espeak-ng.
        speaker: the person, or the role.
    """

    path: Path
    name: str
    text: str
    language: str
    speaker: str


def read_asterisk(
    languages: tuple[str, ...] = tuple(_ASTERISK),
    sounds: Path = ASTERISK_SOUNDS,
    texts: Path = ASTERISK_TEXTS,
) -> Iterator[SpokenText]:
    """Announcements; lines in brackets describe tones and are left out."""
    for language in languages:
        listing = texts / f"asterisk-core-sounds-{language}" / f"core-sounds-{language}.txt.gz"
        if not listing.exists():
            continue
        with gzip.open(listing, "rt", encoding="utf-8-sig") as lines:
            for line in lines:
                name, _, text = line.strip().partition(": ")
                path = sounds / language / f"{name}.g722"
                if text and not re.search(r"[\[\]]", text) and not line.startswith(";") and path.exists():
                    yield SpokenText(
                        path,
                        f"{language}-{name.replace('/', '-')}",
                        text,
                        _ASTERISK[language],
                        f"asterisk-{language}",
                    )


def read_fillets(folder: Path = FILLETS) -> Iterator[SpokenText]:
    """Dialogue of Fish Fillets; the speaker is the colour of the subtitle, which is the role's."""
    for language in _FILLETS:
        for script in sorted(folder.glob(f"script/*/dialogs_{language}.lua")):
            level = script.parent.name
            written = script.read_text(encoding="utf-8", errors="replace")
            for name, role, text in _DIALOGUE.findall(written):
                path = folder / "sound" / level / language / f"{name}.ogg"
                if path.exists():
                    plain = re.sub(r"\\.", " ", text)
                    yield SpokenText(
                        path, f"{language}-{level}-{name}", plain, language, f"fillets-{language}-{role}"
                    )
