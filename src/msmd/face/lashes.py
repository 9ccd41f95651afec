"""Single lashes, grown on the ribbons that the rig has at its lids; as ribbons they would look like paint.

Every vertex of a lash is a mixture of four vertices of a ribbon, so that lashes follow any shape and face.
"""

from typing import Final, NamedTuple

import numpy as np
from jaxtyping import Float32, Int32

from msmd.face.rig import Rig

_ROOT_ROW: Final = 1.0
"""Rows of a ribbon run from 0 behind the lid to 4 at the tips."""
_HALF_WIDTH_COLUMNS: Final = 0.07
"""Half of what a lash covers at its root; columns are about 3 mm apart."""
_PIECES: Final = 3


class Lashes(NamedTuple):
    """Lashes as triangles.

    Attributes:
        carriers: (L, 4) vertices of the rig that each vertex of a lash mixes.
        shares: (L, 4) of each, which add up to 1.
        triangles: (F, 3) corners; both sides are to be seen.
    """

    carriers: Int32[np.ndarray, "L 4"]
    shares: Float32[np.ndarray, "L 4"]
    triangles: Int32[np.ndarray, "F 3"]

    def place(self, vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "L 3"]:
        """Where the lashes are on a mesh of the rig; displacements of displacements."""
        return np.einsum("lkc,lk->lc", vertices[self.carriers], self.shares)


def grow_lashes(rig: Rig) -> Lashes:
    """Upper lashes dense and long, lower ones few and short; alike on both sides."""
    carriers, shares, triangles, count = [], [], [], 0
    for side in (0, 1):
        rng = np.random.default_rng(3)
        for grid, number, length in ((rig.upper_lashes[side], 52, 1.0), (rig.lower_lashes[side], 22, 0.4)):
            rows, columns = grid.shape
            roots = (np.arange(number) + rng.uniform(0.2, 0.8, number)) / number * (columns - 1)
            middle = (columns - 1) / 2
            for root in roots:
                # they fan out, and those at the corners are shorter
                from_middle = (root - middle) / middle
                fan = 0.55 * from_middle + rng.normal(0, 0.16)
                reach = length * (1 - 0.35 * from_middle**2) * rng.uniform(0.8, 1.05) * (rows - 1 - _ROOT_ROW)
                along = np.linspace(0, 1, _PIECES + 1)
                at_row = np.clip(_ROOT_ROW + reach * along, 0, rows - 1)
                at_column = root + fan * along**1.5
                width = (0.5 + 0.5 * length) * _HALF_WIDTH_COLUMNS * (1 - along[:-1]) ** 0.7
                row = np.concatenate([np.repeat(at_row[:-1], 2), at_row[-1:]])
                column = np.repeat(at_column[:-1], 2)
                column[0::2] -= width
                column[1::2] += width
                column = np.clip(np.append(column, at_column[-1]), 0, columns - 1)
                mixed = _between(grid, row, column)
                carriers.append(mixed[0])
                shares.append(mixed[1])
                for piece in range(_PIECES - 1):
                    a = count + 2 * piece
                    triangles += [(a, a + 1, a + 2), (a + 1, a + 3, a + 2)]
                a = count + 2 * (_PIECES - 1)
                triangles.append((a, a + 1, a + 2))
                count += len(row)
    return Lashes(
        np.concatenate(carriers).astype(np.int32),
        np.concatenate(shares).astype(np.float32),
        np.array(triangles, np.int32),
    )


def _between(grid: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The four vertices of a grid around each place, and their shares."""
    i = np.minimum(row.astype(int), grid.shape[0] - 2)
    j = np.minimum(column.astype(int), grid.shape[1] - 2)
    down, right = row - i, column - j
    around = np.stack([grid[i, j], grid[i, j + 1], grid[i + 1, j], grid[i + 1, j + 1]], 1)
    shares = np.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right], 1)
    return around, shares
