"""Shapes of the lids, as turns about the middle of the eye: they slide over the ball and do not cut it.

The chart of an eye is 16 closed loops of 28 vertices of the base mesh, from behind the lids (0) over their
edge (MARGIN) to the brow and the cheek. Made for the left eye; the right one is its mirror image.
"""

from dataclasses import dataclass

import numpy as np
from head import Head, smooth_step, walk_straight

LOOP_STARTS = (
    *(7878, 7852, 7826, 7800, 7774, 7748, 13352, 6785),
    *(11465, 6787, 6789, 11515, 6874, 6930, 6947, 6953),
)
"""Vertices of the base mesh through the middle of the left upper lid, from behind it to the brow."""
LOOP_LENGTH, MARGIN = 28, 7
UPPER_SHARE = (0, 0, 0, 0.2, 0.6, 0.95, 1, 1, 0.92, 0.78, 0.58, 0.40, 0.24, 0.12, 0.04, 0)
LOWER_SHARE = (0, 0, 0, 0.2, 0.6, 0.95, 1, 1, 0.95, 0.86, 0.74, 0.60, 0.45, 0.30, 0.16, 0.05)
"""How far each loop follows the lid's edge."""
LIDS_OVERLAP_DEGREES = 1.0
"""How far the edge of the upper lid comes over that of the lower one in a blink."""

LASH_TURN = 0.2
"""How much further than the lid its lashes turn when it comes down."""
LASH_ROOTS = 0.8
"""Lashes fan out: across the eye their roots lie so far from the middle as a share of where they end."""


def turn_up(points: np.ndarray, centers: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Displacements of points turned by (N,) angles about axes along x."""
    angle, v = np.radians(degrees)[:, None], points - centers
    forward = np.stack([0 * v[:, 0], v[:, 2], -v[:, 1]], 1)
    return np.sin(angle) * forward + (np.cos(angle) - 1) * v * [0, 1, 1]


@dataclass(frozen=True)
class Eye:
    """The left eye. center (3,); loops (16, 28) vertices; upper (28,) which places are of the upper lid."""

    head: Head
    center: np.ndarray
    loops: np.ndarray
    upper: np.ndarray

    @property
    def rim(self) -> np.ndarray:
        return self.loops[MARGIN]

    def heights(self, vertices: np.ndarray) -> np.ndarray:
        """Degrees above the middle of the eye, as seen from there."""
        _, y, z = (self.head.neutral[vertices] - self.center).T
        return np.degrees(np.arctan2(y, z))

    def turn_lids(self, upper_degrees: np.ndarray, lower_degrees: np.ndarray) -> np.ndarray:
        """Lids turned upwards, each place of the rim (28,) by its own angle; displacements (N, 3)."""
        head, out = self.head, np.zeros_like(self.head.neutral)
        at_rim = np.where(self.upper, upper_degrees, lower_degrees)
        shares = np.where(self.upper, np.array(UPPER_SHARE)[:, None], np.array(LOWER_SHARE)[:, None])
        degrees = np.zeros(len(out))
        degrees[self.loops] = shares * at_rim
        turned = turn_up(head.neutral, self.center, degrees)
        out += turned
        lashes = head.parts["lashes_left"]
        for lid in (self.upper, ~self.upper):
            rim = self.rim[lid][np.argsort(head.neutral[self.rim[lid], 0])]
            mine = lashes[(head.neutral[lashes, 1] > self._middle_y(lashes)) == (lid is self.upper)]

            def at_root(values: np.ndarray, rim: np.ndarray = rim, mine: np.ndarray = mine) -> np.ndarray:
                x = head.neutral[rim, 0]
                middle = (x[0] + x[-1]) / 2
                return np.interp(middle + LASH_ROOTS * (head.neutral[mine, 0] - middle), x, values[rim])

            # a lash goes where its root goes, and turns about it further than the lid
            root = np.stack([at_root(head.neutral[:, axis]) for axis in range(3)], 1)
            move = np.stack([at_root(turned[:, axis]) for axis in range(3)], 1)
            out[mine] = move + turn_up(head.neutral[mine], root, LASH_TURN * np.minimum(at_root(degrees), 0))
        return out

    def _middle_y(self, vertices: np.ndarray) -> np.ndarray:
        """Half-way between the lids' edges above and below each vertex."""
        x = self.head.neutral[vertices, 0]
        sides = []
        for rim in (self.rim[self.upper], self.rim[~self.upper]):
            rim = rim[np.argsort(self.head.neutral[rim, 0])]
            sides.append(np.interp(x, self.head.neutral[rim, 0], self.head.neutral[rim, 1]))
        return (sides[0] + sides[1]) / 2

    def across(self) -> np.ndarray:
        """(28,) -1 at the corner by the nose, 1 at the outer one."""
        x = self.head.neutral[self.rim, 0]
        return (x - (x.min() + x.max()) / 2) / (np.ptp(x) / 2)


def chart_eye(head: Head) -> Eye:
    loops = []
    for start in LOOP_STARTS:
        outward = max(head.neighbours[start] - set(LOOP_STARTS), key=lambda v: head.neutral[v, 0])
        loops.append(walk_straight(head, start, outward, LOOP_LENGTH))
    rim = head.neutral[loops[MARGIN]]
    # walked from the middle of the upper lid outwards: to the outer corner, back below, up again at the nose
    places = np.arange(LOOP_LENGTH)
    outer, inner = rim[:, 0].argmax(), rim[:, 0].argmin()
    center = head.neutral[head.parts["eye_left"]]
    center = np.array([*center.mean(0)[:2], center[:, 2].min() + np.ptp(center[:, 0]) / 2])
    return Eye(head, center, np.array(loops), (places <= outer) | (places >= inner))


def blink(eye: Eye) -> np.ndarray:
    """The upper lid comes down until it meets the lower one all along."""
    x = eye.head.neutral[:, 0]
    lower = np.concatenate([eye.rim[~eye.upper], eye.rim[[x[eye.rim].argmin(), x[eye.rim].argmax()]]])
    lower = lower[np.argsort(x[lower])]
    down = np.interp(x[eye.rim], x[lower], eye.heights(lower)) - eye.heights(eye.rim)
    # at the corners the lids are joined
    overlap = LIDS_OVERLAP_DEGREES * smooth_step((1 - np.abs(eye.across())) / 0.3)
    return eye.turn_lids(np.minimum(down - overlap, 0), np.zeros(LOOP_LENGTH))


def narrow(eye: Eye, upper_degrees: float, lower_degrees: float) -> np.ndarray:
    """Lids turned by so much in the middle (upwards positive), not at all at the corners."""
    share = 1 - np.abs(eye.across()) ** 2.5
    return eye.turn_lids(upper_degrees * share, lower_degrees * share)
