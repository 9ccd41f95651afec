"""Which annotated clips are wanted: those that speak, with a mouth that is free (section 5.1).

The paper "utilized the dataset's textual tags (e.g., 'masked', 'eating') and queried only for videos that
involved speech, singing, whispering, or reading". Shouting is speech, too.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from msmd.data.curation.outcome import Fault

KEEP: Final[Mapping[str, str]] = {
    "talk": "talk talks talking speak speaks speaking speech converse converses conversing interviewed",
    "sing": "sing sings singing sang",
    "whisper": "whisper whispers whispering",
    "read": "read reads reading",
    "shout": "shout shouts shouting yell yells yelling scream screams screaming",
}
"""Action -> its words in descriptions; a clip needs one of them."""

DROP: Final[Mapping[str, str]] = {
    "mask": "mask masks masked wearing_mask",
    "eat": "eat eats eating",
    "chew": "chew chews chewing",
    "drink": "drink drinks drinking",
    "smoke": "smoke smokes smoking cigarette",
    "kiss": "kiss kisses kissing",
    "blow": "blow blows blowing",
    "play_instrument": "play_instrument trumpet harmonica flute saxophone",
    "sleep": "sleep sleeps sleeping",
    "yawn": "yawn yawns yawning",
    "cough": "cough coughs coughing",
    "sneeze": "sneeze sneezes sneezing",
}
"""What covers the mouth or moves it otherwise -> its words; a clip must have none of them."""

_NEGATIONS: Final = {"no", "not", "without", "never", "nor", "isn't", "doesn't"}


def select_by_tags(tags: tuple[str, ...] | None) -> tuple[Fault, ...]:
    """What the annotation has against a clip.

    Args:
        tags: words or sentences of the annotation; None: the corpus has none, which speaks for all.
    """
    if tags is None:
        return ()
    named = name_tags(tags)
    faults = [Fault("unwanted", f"the annotation names {tag}") for tag in DROP if tag in named]
    if not named & KEEP.keys():
        faults.append(Fault("not_speaking", f"the annotation names none of {', '.join(KEEP)}"))
    return tuple(faults)


def name_tags(texts: Iterable[str]) -> set[str]:
    """The tags of both tables that texts name; "not wearing a mask" names none."""
    named = set()
    for text in texts:
        negated = 0  # so many words from here on, or the first tag among them
        for word in re.findall(r"[a-z_']+", text.lower()):
            if word in _NEGATIONS:
                negated = 4
            elif word in _TAG_OF:
                named |= set() if negated > 0 else {_TAG_OF[word]}
                negated = 0
            negated -= 1
    return named


def describe_tables() -> str:
    """Both tables in two sentences, for `msmd curate --help`."""
    return f"Annotated clips are kept if they {', '.join(KEEP)}, and dropped for: {', '.join(DROP)}."


_TAG_OF: Final = {
    word: tag for table in (KEEP, DROP) for tag, forms in table.items() for word in forms.split()
}
