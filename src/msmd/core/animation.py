"""The values that travel between the floors: motion, style code, sound, animation.

Head rotation. Axes are those of the rig: x to the subject's left, y up, z out of the face. The
rotation matrix is R = Ry(yaw) Rx(pitch) Rz(roll), radians. Positive pitch nods down, positive yaw
turns to the subject's left, positive roll tilts the head to the subject's right.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from jaxtyping import Float32

from msmd.core.errors import MsmdError
from msmd.core.units import EXPRESSION, HEAD_ROTATION, MOTION_FPS


@dataclass(frozen=True)
class Sound:
    """A mono recording.

    Attributes:
        samples: (num_samples,) in [-1, 1].
        sample_rate_hz: samples per second.
    """

    samples: Float32[np.ndarray, "num_samples"]
    sample_rate_hz: int

    @property
    def duration_seconds(self) -> float:
        return len(self.samples) / self.sample_rate_hz


@dataclass(frozen=True)
class Motion:
    """A sequence of expression codes and head rotations, X in the paper.

    Attributes:
        values: (frames, 67): 64 of the whitened expression code (0 is the neutral face), then
            pitch, yaw, roll in radians.
        fps: frames per second, exact; frame i is at i / fps seconds.
        origin: where it comes from and how (source, tracker, neutral, ...), for people and logs.
    """

    values: Float32[np.ndarray, "frames 67"]
    fps: Fraction = MOTION_FPS
    origin: Mapping[str, str] = field(default_factory=dict)

    @property
    def num_frames(self) -> int:
        return len(self.values)

    @property
    def duration_seconds(self) -> float:
        return float(self.num_frames / self.fps)

    @property
    def expression(self) -> Float32[np.ndarray, "frames 64"]:
        return self.values[:, EXPRESSION]

    @property
    def head_rotation(self) -> Float32[np.ndarray, "frames 3"]:
        return self.values[:, HEAD_ROTATION]

    def resample(self, fps: Fraction) -> "Motion":
        """The same motion at another frame rate, by cubic (Catmull-Rom) interpolation.

        The duration is kept; where both rates have a frame at the same time, it is the same frame.
        """
        return replace(self, values=resample_frames(self.values, self.fps, fps), fps=fps)


def resample_frames(
    values: Float32[np.ndarray, "frames dim"], fps: Fraction, new_fps: Fraction
) -> Float32[np.ndarray, "new_frames dim"]:
    """Any per-frame values at another frame rate; see `Motion.resample`. It is linear in the values."""
    if new_fps == fps or len(values) < 2:
        return values
    return _cubic(values, max(1, round(len(values) * new_fps / fps)), float(fps / new_fps))


def _cubic(
    values: Float32[np.ndarray, "frames dim"], count: int, step: float
) -> Float32[np.ndarray, "new_frames dim"]:
    """Sample `values` at 0, step, 2 step, ... frames; the ends are held."""
    position = np.clip(np.arange(count) * step, 0, len(values) - 1)
    left = np.minimum(position.astype(int), len(values) - 2)
    u = (position - left)[:, None]
    last = len(values) - 1
    p0, p1 = values[np.maximum(left - 1, 0)], values[left]
    p2, p3 = values[left + 1], values[np.minimum(left + 2, last)]
    out = p1 + 0.5 * u * (p2 - p0 + u * (2 * p0 - 5 * p1 + 4 * p2 - p3 + u * (3 * (p1 - p2) + p3 - p0)))
    return out.astype(np.float32)


@dataclass(frozen=True)
class StyleCode:
    """A style in the space of the style VAE (section 4.2).

    Attributes:
        mean: (d_style,) mu of the posterior; generation uses it without sampling.
        name: what a person calls it.
        notes: what to know of the reference it came from, a sentence each.
    """

    mean: Float32[np.ndarray, "d_style"]
    name: str = "style"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Animation:
    """A generated performance and everything needed to write, edit or reproduce it.

    Attributes:
        motion: X_hat of Eq. 4, de-standardised, at `motion.fps`.
        primary_motion: (frames, 67) delta X_hat of Eq. 4, de-standardised. K = 0: equals motion.
        alpha: (frames, K) style modulation signal.
        basis: (K, 67) style basis B, in de-standardised units: a displacement.
        seed: of the noise.
        settings: every option that shaped the result, JSON-ready.
        sound: the speech as it came, or None.
    """

    motion: Motion
    primary_motion: Float32[np.ndarray, "frames 67"]
    alpha: Float32[np.ndarray, "frames num_basis"]
    basis: Float32[np.ndarray, "num_basis 67"]
    seed: int
    settings: Mapping[str, object] = field(default_factory=dict)
    sound: Sound | None = None

    def recompose(
        self,
        alpha: Float32[np.ndarray, "frames num_basis"] | None = None,
        basis: Float32[np.ndarray, "num_basis 67"] | None = None,
        primary_motion: Float32[np.ndarray, "frames 67"] | None = None,
    ) -> "Animation":
        """Eq. 4 again, with some of its parts edited: no diffusion, no model, exact and at once.

        `animation.recompose(alpha=0.5 * animation.alpha)` halves the persistent expression and
        leaves the primary motion as it is; one column of alpha is the strength of one basis pose
        over time. Called without arguments it gives back the motion it has.

        Args:
            alpha, basis, primary_motion: instead of the animation's own; None keeps them.

        Raises:
            MsmdError: a part that does not fit the others.
        """
        edited = {"alpha": alpha, "basis": basis, "primary_motion": primary_motion}
        edited = {name: np.asarray(part, np.float32) for name, part in edited.items() if part is not None}
        for name, part in edited.items():
            wanted = (len(self.basis) if name == "basis" else len(self.alpha), self._width(name))
            if part.shape != wanted:
                raise MsmdError(f"{name} has the shape {part.shape}; this animation needs {wanted}.")
        whole = replace(self, **edited)
        values = (whole.primary_motion + whole.alpha @ whole.basis).astype(np.float32)
        settings = {**self.settings, "edited": sorted(edited)} if edited else self.settings
        return replace(whole, motion=replace(self.motion, values=values), settings=settings)

    def _width(self, part: str) -> int:
        return self.alpha.shape[1] if part == "alpha" else self.primary_motion.shape[1]
