"""Where the parts of the head lie on their pictures, and the grids of the lashes.

MakeHuman's layout is that of a whole body. Here the skin of the head gets a picture of its own, twice as
wide as high: the face upright, and below it the neck, the inside of the mouth and the sockets of the eyes.
Each of the other parts fills its own square.
"""

from collections import Counter, defaultdict

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, shortest_path
from sources import Source

MARGIN = 0.006


def lay_out(source: Source, quads: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """(places (P, 2) in [0, 1], v downwards; quads (Q, 4) into them, in the order of the parts)."""
    index = {tuple(quad): row for row, quad in enumerate(source.quads.tolist())}
    places, corners = source.places.copy(), []
    for part, mine in quads.items():
        on_picture = source.place_quads[[index[tuple(quad)] for quad in mine.tolist()]]
        corners.append(on_picture)
        used = np.unique(on_picture)
        places[used] = (
            _lay_out_skin(source.places, on_picture)[used]
            if part == "skin"
            else _fill_square(source.places[used])
        )
    everything = np.concatenate(corners)
    used, local = np.unique(everything, return_inverse=True)
    return places[used], local.reshape(everything.shape)


def _fill_square(places: np.ndarray) -> np.ndarray:
    low, high = places.min(0), places.max(0)
    out = MARGIN + (1 - 2 * MARGIN) * (places - low) / (high - low)
    return np.stack([out[:, 0], 1 - out[:, 1]], 1)


def _lay_out_skin(places: np.ndarray, quads: np.ndarray) -> np.ndarray:
    """The largest island, turned upright, fills the upper four fifths; the others stand in a row below."""
    ends = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]]])
    graph = coo_matrix((np.ones(len(ends)), ends.T), shape=(len(places),) * 2)
    piece = connected_components(graph, directed=False)[1]
    used = np.unique(quads)
    islands = [used[piece[used] == which] for which, _ in Counter(piece[used].tolist()).most_common()]
    out = places.copy()
    # the head lies on its side, the chin to the right
    head = places[islands[0]][:, ::-1]
    out[islands[0]] = _fit(head, (0, 0, 1, 0.8))
    widths = np.array([np.ptp(places[island][:, 0]) for island in islands[1:]])
    left = 0.0
    for island, width in zip(islands[1:], widths / widths.sum(), strict=True):
        out[island] = _fit(_fill_square(places[island]), (left, 0.8, left + width, 1))
        left += width
    return out


def _fit(places: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    low, high = places.min(0), places.max(0)
    corner, size = np.array(box[:2]) + MARGIN, np.array(box[2:]) - np.array(box[:2]) - 2 * MARGIN
    return corner + size * (places - low) / (high - low)


def lash_grid(quads: np.ndarray, neutral: np.ndarray, rows: int = 5) -> np.ndarray:
    """(rows, columns) vertices of a ribbon of lashes: from its roots to its tips, from the nose outwards."""
    vertices, local = np.unique(quads, return_inverse=True)
    local = local.reshape(quads.shape)
    columns = len(vertices) // rows
    edges = np.concatenate([local[:, [i, (i + 1) % 4]] for i in range(4)])
    graph = coo_matrix((np.ones(len(edges)), edges.T), shape=(len(vertices),) * 2)
    steps = shortest_path(graph, directed=False, unweighted=True)
    uses: dict[int, int] = defaultdict(int)
    for vertex in local.ravel().tolist():
        uses[vertex] += 1
    corners = [vertex for vertex, count in uses.items() if count == 1]
    first = corners[0]
    second = next(vertex for vertex in corners if steps[first, vertex] == columns - 1)
    row = ((steps[first] + steps[second] - (columns - 1)) / 2).astype(int)
    column = ((steps[first] - steps[second] + columns - 1) / 2).astype(int)
    grid = np.full((rows, columns), -1)
    grid[row, column] = vertices
    assert (grid >= 0).all()
    if neutral[grid[0], 2].mean() > neutral[grid[-1], 2].mean():
        grid = grid[::-1]
    if abs(neutral[grid[:, 0], 0].mean()) > abs(neutral[grid[:, -1], 0].mean()):
        grid = grid[:, ::-1]
    return grid
