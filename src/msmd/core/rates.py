"""Frame rates as people write them, exact."""

from fractions import Fraction

from msmd.core.errors import MsmdError


def parse_fps(text: str) -> Fraction:
    """'25', '29.97', '30000/1001' -> an exact rate; 23.976, 29.97, 59.94 and 119.88 are the NTSC rates.

    Raises:
        MsmdError: not a number, or outside 1 to 240.
    """
    try:
        fps = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise MsmdError(f"--fps {text!r} is not a frame rate. Write 25, 29.97 or 30000/1001.") from None
    whole = round(fps)
    ntsc = Fraction(whole * 1000, 1001)
    if fps != whole and abs(fps - ntsc) < Fraction(1, 100):
        fps = ntsc
    if not 1 <= fps <= 240:
        raise MsmdError(f"--fps {text} is outside 1 to 240.")
    return fps
