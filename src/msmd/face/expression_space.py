"""The expression code: 64 whitened numbers for how the landmark mesh differs from the neutral face.

It is linear and not centred, so that 0 is the neutral face. The paper (section 5.1) takes the code of
a learned face model; this one keeps what a tracker sees and nothing it does not.
`tools/fit_expression_space.py` makes it.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources

import numpy as np
from jaxtyping import Float, Float32, Float64
from safetensors.numpy import load as load_safetensors

from msmd.core.units import NUM_EXPRESSION, NUM_LANDMARKS


@dataclass(frozen=True)
class ExpressionSpace:
    """A linear space of displacements of the landmark mesh, mm.

    displacement = sum_k code_k scale_k component_k. Components are orthonormal where landmarks count
    by `weights`, the lips most of all, and ordered by how much they move.

    Attributes:
        components: (64, 468 * 3).
        scales: (64,) mm; the root mean square of each dimension on recordings.
        weights: (468,) how much each landmark counts when a displacement is encoded.
    """

    components: Float32[np.ndarray, "64 1404"]
    scales: Float32[np.ndarray, "64"]
    weights: Float32[np.ndarray, "468"]

    @cached_property
    def _encoder(self) -> Float64[np.ndarray, "1404 64"]:
        """Weighted least squares for the code; exact on what the space holds, rounded as it is stored."""
        basis = self.components.astype(np.float64) * self.scales[:, None]
        weighted = basis * np.repeat(self.weights.astype(np.float64) ** 2, 3)
        return np.linalg.solve(weighted @ basis.T, weighted).T

    @cached_property
    def fingerprint(self) -> str:
        """12 hexadecimal digits that differ for another space: codes of one mean nothing in the other."""
        digest = hashlib.sha256(np.ascontiguousarray(self.components).tobytes())
        digest.update(np.ascontiguousarray(self.scales).tobytes())
        return digest.hexdigest()[:12]

    def encode(self, displacement: Float[np.ndarray, "frames 468 3"]) -> Float32[np.ndarray, "frames 64"]:
        """Neutral-relative displacement in mm -> code. Displacements are relative to the face at rest."""
        return (displacement.reshape(len(displacement), -1) @ self._encoder).astype(np.float32)

    def decode(self, code: Float[np.ndarray, "frames 64"]) -> Float32[np.ndarray, "frames 468 3"]:
        """Code -> neutral-relative displacement in mm."""
        displacement = (code * self.scales) @ self.components
        return displacement.reshape(len(code), NUM_LANDMARKS, 3).astype(np.float32)


def fit_expression_space(
    displacements: Float[np.ndarray, "samples 468 3"],
    weights: Float[np.ndarray, "468"],
    sample_weights: Float[np.ndarray, "samples"],
    scaled_on: Float[np.ndarray, "recorded 468 3"],
) -> ExpressionSpace:
    """Principal components of displacements about 0, not about their mean.

    Args:
        displacements: neutral-relative, mm.
        weights: how much each landmark counts.
        sample_weights: how much each sample counts.
        scaled_on: displacements whose codes shall have root mean square 1.
    """
    per_coordinate = np.repeat(weights.astype(np.float64), 3)
    flat = displacements.reshape(len(displacements), -1) * per_coordinate
    covariance = (flat * sample_weights[:, None]).T @ flat / sample_weights.sum()
    _, vectors = np.linalg.eigh(covariance)
    directions = vectors[:, ::-1][:, :NUM_EXPRESSION].T
    # The sign of a component means nothing; the same one every time keeps files comparable.
    largest = np.abs(directions).argmax(axis=1)
    directions = directions * np.sign(directions[np.arange(NUM_EXPRESSION), largest])[:, None]
    recorded = (scaled_on.reshape(len(scaled_on), -1) * per_coordinate) @ directions.T
    scales = np.sqrt((recorded**2).mean(axis=0))
    # safetensors writes memory as it lies, so transposed views must be laid out anew.
    return ExpressionSpace(
        np.ascontiguousarray(directions / per_coordinate, dtype=np.float32),
        scales.astype(np.float32),
        weights.astype(np.float32),
    )


@cache
def load_expression_space() -> ExpressionSpace:
    """The space that every motion of this package uses."""
    data = resources.files("msmd.face").joinpath("assets/expression_space.safetensors").read_bytes()
    tensors = load_safetensors(data)
    return ExpressionSpace(
        tensors["components"].astype(np.float32),
        tensors["scales"].astype(np.float32),
        tensors["weights"].astype(np.float32),
    )
