"""The whole base mesh as shapes see it, and ways to spread a displacement over its skin.

A displacement is (N, 3) mm over the base mesh. What a shape does to lips or lids is said outright; `fill`
finds the smoothest skin around them, so that nothing tears or creases where a mask would end.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.sparse.linalg import spsolve
from scipy.spatial import cKDTree
from sources import Source

OTHER_SIDE = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, eq=False)
class Head:
    """source; neutral (N, 3) mm; quads and vertices of each part: skin, eye_left, ..."""

    source: Source
    neutral: np.ndarray
    quads: dict[str, np.ndarray]

    @cached_property
    def parts(self) -> dict[str, np.ndarray]:
        """Vertices of each part, ascending."""
        return {name: np.unique(quads) for name, quads in self.quads.items()}

    @cached_property
    def is_skin(self) -> np.ndarray:
        mask = np.zeros(len(self.neutral), bool)
        mask[self.parts["skin"]] = True
        return mask

    @cached_property
    def edges(self) -> np.ndarray:
        """(E, 2) of the skin."""
        quads = self.quads["skin"]
        edges = np.concatenate([quads[:, [i, (i + 1) % 4]] for i in range(4)])
        return np.unique(np.sort(edges, axis=1), axis=0)

    @cached_property
    def graph(self) -> csr_matrix:
        """Lengths of the skin's edges, diagonals of quads among them, mm."""
        quads = self.quads["skin"]
        ends = np.concatenate([self.edges, quads[:, [0, 2]], quads[:, [1, 3]]])
        length = np.linalg.norm(self.neutral[ends[:, 0]] - self.neutral[ends[:, 1]], axis=1)
        both = np.concatenate([ends, ends[:, ::-1]]).T
        return coo_matrix((np.tile(length, 2), both), shape=(len(self.neutral),) * 2).tocsr()

    @cached_property
    def stiffness(self) -> csr_matrix:
        """Laplacian of the skin, nearer neighbours weigh more."""
        weights = coo_matrix(
            (1 / self.edge_lengths, (self.edges[:, 0], self.edges[:, 1])), shape=(len(self.neutral),) * 2
        )
        weights = (weights + weights.T).tocsr()
        total = np.asarray(weights.sum(axis=1)).ravel()
        share = diags(1 / np.maximum(total, 1e-9))
        return (diags((total > 0).astype(float)) - share @ weights).tocsr()

    @cached_property
    def edge_lengths(self) -> np.ndarray:
        first, second = self.edges.T
        return np.linalg.norm(self.neutral[first] - self.neutral[second], axis=1)

    @cached_property
    def neighbours(self) -> dict[int, set[int]]:
        """Vertices of the skin at the other ends of each one's edges."""
        out: dict[int, set[int]] = defaultdict(set)
        for first, second in self.edges.tolist():
            out[first].add(second)
            out[second].add(first)
        return out

    @cached_property
    def quads_at(self) -> dict[int, list[list[int]]]:
        """Quads of the skin around each vertex."""
        out: dict[int, list[list[int]]] = defaultdict(list)
        for quad in self.quads["skin"].tolist():
            for vertex in quad:
                out[vertex].append(quad)
        return out

    @cached_property
    def partner(self) -> np.ndarray:
        """(N,) the vertex at each one's mirror image, among those of the parts."""
        used = np.unique(np.concatenate(list(self.parts.values())))
        away, nearest = cKDTree(self.neutral[used]).query(self.neutral[used] * OTHER_SIDE)
        assert away.max() < 1e-3
        out = np.arange(len(self.neutral))
        out[used] = used[nearest]
        return out

    def cut_off_by(self, fence: np.ndarray, inside: int) -> np.ndarray:
        """(N,) skin that cannot be reached from anywhere else than `inside` without crossing the fence."""
        open_edges = self.edges[~np.isin(self.edges, fence).any(1)]
        graph = coo_matrix((np.ones(len(open_edges)), open_edges.T), shape=(len(self.neutral),) * 2)
        piece = connected_components(graph, directed=False)[1]
        return piece == piece[inside]

    def mirror(self, field: np.ndarray) -> np.ndarray:
        """A displacement on the other side of the face."""
        return field[self.partner] * OTHER_SIDE

    def away_from(self, vertices: np.ndarray) -> np.ndarray:
        """(N,) mm along the skin to the nearest of some vertices; infinite off the skin."""
        return dijkstra(self.graph, indices=vertices, min_only=True)


def walk_straight(head: Head, start: int, following: int, count: int) -> list[int]:
    """`count` vertices from `start` over `following` straight on over every crossing of four edges."""
    path = [start, following]
    while len(path) < count:
        before, here = path[-2:]
        beside = {vertex for quad in head.quads_at[here] if before in quad for vertex in quad}
        (ahead,) = head.neighbours[here] - beside
        path.append(ahead)
    return path


def smooth_step(t: np.ndarray) -> np.ndarray:
    t = np.clip(t, 0, 1)
    return t * t * (3 - 2 * t)


def rotate(points: np.ndarray, center: np.ndarray, axis: tuple, degrees: float) -> np.ndarray:
    """Rodrigues' rotation about an axis through `center`; returns displacements."""
    angle, k, v = np.radians(degrees), np.array(axis, float), points - center
    turned = v * np.cos(angle) + np.cross(k, v) * np.sin(angle) + np.outer(v @ k, k) * (1 - np.cos(angle))
    return turned - v


def smooth(head: Head, field: np.ndarray, rounds: int, where: np.ndarray | float = 1.0) -> np.ndarray:
    """Average a field over the skin's edges, `rounds` times, as much as `where` (N,) says."""
    step = diags(0.7 * np.broadcast_to(where, len(field))) @ head.stiffness
    for _ in range(rounds):
        field = field - step @ field
    return field


def fill(head: Head, field: np.ndarray, free: np.ndarray) -> np.ndarray:
    """`field` with the `free` skin (N,) bool replaced by what bends least between the rest."""
    free = free & head.is_skin
    bend = head.stiffness.T @ head.stiffness
    inner = bend[free][:, free].tocsc()
    out = field.copy()
    out[free] = spsolve(inner, -(bend[free][:, ~free] @ field[~free]))
    return out


def skin_normals(head: Head) -> np.ndarray:
    """Unit normals of the skin, (N, 3); zero elsewhere."""
    quads = head.quads["skin"]
    a, b, c, d = (head.neutral[quads[:, i]] for i in range(4))
    normals = np.zeros_like(head.neutral)
    for corner in quads.T:
        np.add.at(normals, corner, np.cross(c - a, d - b))
    return normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
