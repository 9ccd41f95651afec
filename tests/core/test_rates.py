from fractions import Fraction

import pytest

from msmd.core.errors import MsmdError
from msmd.core.rates import parse_fps


@pytest.mark.parametrize(
    ("text", "fps"),
    [
        ("25", Fraction(25)),
        ("29.97", Fraction(30000, 1001)),
        ("23.976", Fraction(24000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("12.5", Fraction(25, 2)),
    ],
)
def test_frame_rates_are_exact(text: str, fps: Fraction) -> None:
    assert parse_fps(text) == fps


@pytest.mark.parametrize("text", ["fast", "0", "1/0", "1000", "-25"])
def test_what_is_no_frame_rate_is_refused(text: str) -> None:
    with pytest.raises(MsmdError):
        parse_fps(text)
