"""How long work tells that it lives: a callback, so that no floor knows the terminal."""

from collections.abc import Callable

Progress = Callable[[str, int, int], None]
"""Called with (what is being done, how much is done, how much there is); the two numbers share a unit."""


def no_progress(stage: str, done: int, total: int) -> None:
    """The callback of those who do not want to know."""
