"""Lines to perform: phones, each as long as the rate says, and a buzz that is loud where they are."""

from collections.abc import Callable

import numpy as np
import pytest

from msmd.synthesis.performer.phones import SILENCE, VOWELS, TimedPhone

Line = tuple[np.ndarray, list[TimedPhone]]


@pytest.fixture(scope="session")
def say() -> Callable[..., Line]:
    """say("P AA SIL", seconds=0.1, silence=0.5) -> samples, phones."""

    def spoken(names: str, seconds: float = 0.1, silence: float = 0.5) -> Line:
        phones, now = [], 0.0
        for name in names.split():
            length = silence if name == SILENCE else seconds
            phones.append(TimedPhone(name, now, now + length))
            now += length
        times = np.arange(round(now * 16_000)) / 16_000
        level = np.zeros(len(times))
        for phone in phones:
            inside = (times >= phone.start_seconds) & (times < phone.end_seconds)
            level[inside] = 0.3 if phone.name in VOWELS else 0.0 if phone.name == SILENCE else 0.08
        melody = 120 * (1 + 0.2 * np.sin(2 * np.pi * 0.4 * times))
        buzz = np.sign(np.sin(2 * np.pi * np.cumsum(melody) / 16_000))
        return (level * buzz).astype(np.float32), phones

    return spoken


@pytest.fixture(scope="session")
def long_line(say: Callable[..., Line]) -> Line:
    """Forty seconds of phrases with pauses."""
    phrase = "SIL P AA T IY M OW S AH L EY N D UW F AE K ER W IH TH B AO SH"
    return say(" ".join([phrase] * 16) + " SIL", seconds=0.09, silence=0.45)
