"""A small study for trying things out: the bundle in the package under three settings, on one line."""

from pathlib import Path
from typing import Final

from msmd.audio.load import load_sound
from msmd.core.errors import MsmdError
from msmd.study.performances import MIN_SECONDS, cut, quiet_end
from msmd.study.systems import System, parse_system
from msmd.study.trial_list import TrialSpec

EXAMPLE_LINE: Final = Path(__file__).parents[3] / "examples" / "line.ogg"
"""In a checkout of the repository; an installed package has none."""

_SYSTEMS: Final = (
    "default=embedded",
    "strong=embedded,guidance_style=1",
    "unstyled=embedded,styled=no",
)
_STYLES: Final = ("calm", "happy", "angry", "sad")
_PART_SECONDS: Final = 2.6


def demo_systems() -> list[System]:
    """Stand-ins for three models: the embedded one as it is, with style guidance, and without a style."""
    return [parse_system(text) for text in _SYSTEMS]


def demo_trials(line: Path | None = None) -> list[TrialSpec]:
    """Two matching and two contrasting trials on parts of one line; built-in styles perform the references.

    Raises:
        MsmdError: there is no line, or it is too short.
    """
    line = line or EXAMPLE_LINE
    if not line.is_file():
        raise MsmdError(
            f"the demonstration needs a line of speech, and there is no {line}. Give any with --audio."
        )
    sound = load_sound(line)
    specs, start = [], 0.0
    for index, style in enumerate(_STYLES):
        rest = cut(sound, start, sound.duration_seconds)
        last = index == len(_STYLES) - 1 or rest.duration_seconds <= _PART_SECONDS
        end = min(start + (rest.duration_seconds if last else quiet_end(rest, _PART_SECONDS)), start + 3.0)
        if end - start < MIN_SECONDS:
            raise MsmdError(f"{line} lasts {sound.duration_seconds:.1f} s; the demonstration needs 8 s.")
        scenario = "matching" if index < 2 else "contrasting"
        specs.append(
            TrialSpec(scenario, style, str(line), style, audio_start=round(start, 2), audio_end=round(end, 2))
        )
        start = end
    return specs
