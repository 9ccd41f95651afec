"""What is said and when: the performer's only knowledge of the words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from msmd.audio.phone_network import PHONES
from msmd.core.errors import MsmdError

SILENCE: Final = "SIL"

BILABIALS: Final = frozenset({"P", "B", "M"})
"""The lips close."""

LABIODENTALS: Final = frozenset({"F", "V"})
"""The lower lip lies under the upper teeth."""

VOWELS: Final = frozenset("AA AE AH AO AW AY EH ER EY IH IY OW OY UH UW".split())

_LEAST_SECONDS: Final = 0.005


@dataclass(frozen=True)
class TimedPhone:
    """One phone of the ARPABET set, or silence.

    Attributes:
        name: of `audio.phone_network.PHONES`.
        start_seconds, end_seconds: in the sound.
        stressed: whether the word's stress lies on it; None where nobody said.
    """

    name: str
    start_seconds: float
    end_seconds: float
    stressed: bool | None = None

    @property
    def middle_seconds(self) -> float:
        return (self.start_seconds + self.end_seconds) / 2


def name_phones(
    spans: Sequence[tuple[float, float, int]], stressed: Sequence[bool | None] | None = None
) -> list[TimedPhone]:
    """(start, end, index into `PHONES`) -> phones, without those that last no time.

    An index beyond the list is a sound of no known shape. The phone before it lasts until it ends.

    Args:
        spans: in order.
        stressed: of each span; None: not known of any.
    """
    named: list[TimedPhone] = []
    for (start, end, phone), stress in zip(spans, stressed or [None] * len(spans), strict=True):
        if end <= start:
            continue
        if phone < len(PHONES):
            named.append(TimedPhone(PHONES[phone], start, end, stress))
        elif named:
            named[-1] = replace(named[-1], end_seconds=end)
    return named


def fill_silence(phones: Sequence[TimedPhone], duration_seconds: float) -> list[TimedPhone]:
    """The same phones in order, silence wherever none is, runs of silence made one, cut to the sound.

    Raises:
        MsmdError: an unknown phone, a time that is not one, or phones that overlap.
    """
    filled: list[TimedPhone] = []
    end = 0.0
    for phone in sorted(phones, key=lambda one: one.start_seconds):
        if phone.name not in PHONES:
            raise MsmdError(f"no phone {phone.name!r}. There are: {' '.join(PHONES)}.")
        if not phone.start_seconds < phone.end_seconds or phone.start_seconds < end - _LEAST_SECONDS:
            raise MsmdError(
                f"phone {phone.name} from {phone.start_seconds:g} to {phone.end_seconds:g} s does not follow "
                f"{end:g} s: give each phone once, in order, with an end after its start."
            )
        if phone.start_seconds >= duration_seconds - _LEAST_SECONDS:
            break
        if phone.start_seconds > end + _LEAST_SECONDS:
            _append(filled, TimedPhone(SILENCE, end, phone.start_seconds))
        end = min(phone.end_seconds, duration_seconds)
        _append(filled, replace(phone, end_seconds=end))
    if end < duration_seconds - _LEAST_SECONDS or not filled:
        _append(filled, TimedPhone(SILENCE, end, max(duration_seconds, end + _LEAST_SECONDS)))
    return filled


def _append(phones: list[TimedPhone], phone: TimedPhone) -> None:
    if phones and phone.name == phones[-1].name == SILENCE:
        phone = TimedPhone(SILENCE, phones.pop().start_seconds, phone.end_seconds)
    phones.append(phone)
