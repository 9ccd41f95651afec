"""Shapes of the mouth, said on a chart of the lips and spread over the skin around them.

The chart is 15 closed loops of the base mesh about the slit of the mouth: from behind the lips (0) over the
line where they meet (CONTACT) to the edge of the red (EDGE) and just beyond it. Each loop has 20 places from
the middle of the upper lip (0) past the corner (CORNER) to the middle of the lower one (19), on either side.
"""

from dataclasses import dataclass

import numpy as np
from head import Head, fill, rotate, skin_normals, smooth, smooth_step, walk_straight

LOOP_STARTS = (622, 605, 588, 571, 554, 537, 520, 474, 468, 509, 467, 466, 455, 362, 5342)
"""Vertices of the base mesh down the middle of the upper lip, from behind it to its front."""
CONTACT, EDGE, CORNER, PLACES = 6, 12, 12, 20
DEEP_IN_MOUTH = LOOP_STARTS[0]

JAW_HINGE_MM = np.array([0.0, 705.0, 45.0])
"""Below and in front of the ears; the jaw turns about the x axis through it."""
JAW_OPEN_DEGREES = 14.0
CLOSED_LIPS_FOLLOW = 0.3
"""Of the way down of the lower lip, where the lips meet that mouthClose holds shut."""
REACH_MM = 42.0
"""How far along the skin a movement of the lips may be felt."""


@dataclass(frozen=True)
class Mouth:
    """The chart. One row for each of its vertices, in the order of `vertex`.

    vertex: of the base mesh; loop, place: on the chart; across: -1 at the subject's right corner, 0 in the
    middle, 1 at the left corner; upper: belongs to the upper lip; arc: mm from the contact line along the
    lip's profile, positive outwards; profiles: (columns, 15) vertices of each profile.
    """

    head: Head
    vertex: np.ndarray
    loop: np.ndarray
    across: np.ndarray
    upper: np.ndarray
    arc: np.ndarray
    profiles: np.ndarray

    def spread(self, on_lips: np.ndarray, still: np.ndarray | None = None) -> np.ndarray:
        """Displacements of the chart (rows, 3), felt by the skin within reach (N, 3) unless it is `still`."""
        kept = (self.loop >= 2) & (self.loop <= EDGE)
        field = np.zeros_like(self.head.neutral)
        field[self.vertex[kept]] = on_lips[kept]
        away = self.head.away_from(self.vertex[kept])
        free = (away > 0) & (away < REACH_MM)
        return fill(self.head, field, free if still is None else free & ~still)


def chart_mouth(head: Head) -> Mouth:
    """Walk the loops: straight over the mesh, from the middle of the upper lip to that of the lower one."""
    x = head.neutral[:, 0]
    halves = np.zeros((2, len(LOOP_STARTS), PLACES), int)
    for side, sign in enumerate((1, -1)):
        for loop, start in enumerate(LOOP_STARTS):
            beside = next(v for v in head.neighbours[start] if x[v] * sign > 0.01)
            path = walk_straight(head, start, beside, PLACES)
            halves[side, loop] = path
    # the middle columns belong to both halves: the second half leaves them out
    profiles = np.concatenate([halves[0].T, halves[1].T[1:-1]])
    place = np.concatenate([np.arange(PLACES), np.arange(1, PLACES - 1)])
    points = head.neutral[profiles]
    steps = np.linalg.norm(np.diff(points, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
    arc -= arc[:, CONTACT : CONTACT + 1]
    across = points[:, CONTACT, 0] / points[:, CONTACT, 0].max()
    count = len(LOOP_STARTS)
    return Mouth(
        head=head,
        vertex=profiles.ravel(),
        loop=np.tile(np.arange(count), len(profiles)),
        across=np.repeat(across, count),
        upper=np.repeat(place <= CORNER, count),
        arc=arc.ravel(),
        profiles=profiles,
    )


def jaw_mask(mouth: Mouth) -> np.ndarray:
    """How much each vertex follows the jaw, (N,) in [0, 1].

    The unit that opens the mouth, measured against a pure turn about the hinge.
    """
    head = mouth.head
    turn = rotate(head.neutral, JAW_HINGE_MM, (1, 0, 0), 10.0)
    unit = head.source.unit("mouth-open")
    mask = (unit * turn).sum(1) / np.maximum((turn**2).sum(1), 1e-9)
    chin = np.argmin(unit[:, 1])
    mask = np.clip(mask / mask[chin], 0, 1)
    # behind the hinge nothing follows; there the turn is small and the quotient means little
    mask *= smooth_step((head.neutral[:, 2] - JAW_HINGE_MM[2]) / 25)
    # behind the lips the unit is rough
    inside = head.cut_off_by(mouth.vertex[mouth.loop == 3], DEEP_IN_MOUTH)
    mask = smooth(head, mask[:, None], 40, inside)[:, 0]
    # and in the cheeks and under the chin; at the corners of the mouth it jumps from one lip to the other
    lips = head.away_from(mouth.vertex[mouth.loop <= EDGE])
    mask = smooth(head, mask[:, None], 14, smooth_step(np.minimum(lips, 99) / 12))[:, 0]
    corners = head.away_from(mouth.vertex[(np.abs(mouth.across) > 0.99) & (mouth.loop >= CONTACT)])
    mask = smooth(head, mask[:, None], 2, 1 - smooth_step(np.minimum(corners, 99) / 6))[:, 0]
    for part, value in (("teeth_lower", 1.0), ("teeth_upper", 0.0), ("tongue", 0.9)):
        mask[head.parts[part]] = value
    for part in ("eye_left", "eye_right", "lashes_left", "lashes_right"):
        mask[head.parts[part]] = 0.0
    return mask


def open_jaw(head: Head, mask: np.ndarray) -> np.ndarray:
    """A turn about the hinge; the corners of the mouth come in by a tenth of what the unit does."""
    turn = rotate(head.neutral, JAW_HINGE_MM, (1, 0, 0), JAW_OPEN_DEGREES) * mask[:, None]
    inward = head.source.unit("mouth-open")[:, 0] * 0.1
    turn[head.parts["skin"], 0] += inward[head.parts["skin"]]
    return turn


def close_mouth(mouth: Mouth, jaw_open: np.ndarray) -> np.ndarray:
    """What undoes `jaw_open` at the lips, so that they meet as at rest; chin and cheeks keep to the jaw.

    The lips then sit a little lower than at rest, drawn by the jaw.
    """
    head = mouth.head
    lower = mouth.vertex[~mouth.upper & (mouth.loop == CONTACT) & (np.abs(mouth.across) < 0.3)]
    common = CLOSED_LIPS_FOLLOW * jaw_open[lower].mean(0) * [0, 1, 1]
    both = jaw_open.copy()
    kept = (mouth.loop >= 4) & (mouth.loop <= EDGE)
    both[mouth.vertex[kept]] = common
    away = head.away_from(mouth.vertex[kept])
    return fill(head, both, (away > 0) & (away < 28)) - jaw_open


def roll_lip(mouth: Mouth, upper: bool, slide_mm: float = 8.0, tuck_mm: float = 2.2) -> np.ndarray:
    """The red of one lip slides in over the teeth, along its own profile, and the lip grows thin."""
    head, which = mouth.head, mouth.upper == upper
    rows = mouth.profiles[(mouth.upper == upper).reshape(-1, len(LOOP_STARTS))[:, 0]]
    arcs = mouth.arc.reshape(-1, len(LOOP_STARTS))[which.reshape(-1, len(LOOP_STARTS))[:, 0]]
    across = mouth.across.reshape(-1, len(LOOP_STARTS))[which.reshape(-1, len(LOOP_STARTS))[:, 0], 0]
    moved = np.zeros((len(mouth.vertex), 3))
    where = {vertex: row for row, vertex in enumerate(mouth.vertex.tolist())}
    for profile, arc, at in zip(rows, arcs, across, strict=True):
        # deep inside nothing slides; at the corners, where the lips join, nothing either
        slide = slide_mm * (1 - abs(at) ** 3) * smooth_step((arc - arc[0]) / 22)
        points = head.neutral[profile]
        target = np.stack([np.interp(arc - slide, arc, points[:, i]) for i in range(3)], 1)
        tuck = (1 - at**2) * smooth_step((arc + 8) / 8)
        target += tuck[:, None] * np.array([0.0, (-0.36 if upper else 0.36) * tuck_mm, -tuck_mm])
        for vertex, delta in zip(profile.tolist(), target - points, strict=True):
            moved[where[vertex]] = delta
    last = EDGE
    kept = which & (mouth.loop >= 1) & (mouth.loop <= last)
    field = np.zeros_like(head.neutral)
    field[mouth.vertex[kept]] = moved[kept]
    still = ~which & (mouth.loop >= 1) & (mouth.loop <= last) & (np.abs(mouth.across) < 0.98)
    away = head.away_from(mouth.vertex[kept])
    free = (away > 0) & (away < 26)
    free[mouth.vertex[still]] = False
    return fill(head, field, free)


def _hump(across: np.ndarray, knots: tuple[tuple[float, float], ...]) -> np.ndarray:
    from scipy.interpolate import PchipInterpolator

    places, heights = np.array(knots).T
    return PchipInterpolator(places, heights)(np.clip(across, places[0], places[-1]))


ONE_SIDE_OF_LIP = (
    (-1, 0),
    (-0.6, 0),
    (-0.2, 0.3),
    (0, 0.52),
    (0.3, 0.9),
    (0.5, 1),
    (0.7, 0.85),
    (0.9, 0.35),
    (1, 0.1),
)
"""By `across`: where one side of a lip is raised or lowered; both sides together are nearly even."""


def move_one_side(mouth: Mouth, upper: bool, by_mm: tuple[float, float, float], side: str) -> np.ndarray:
    """One half of a lip moves, the edge of its red a little less than its rim."""
    sign = 1 if side == "left" else -1
    at = _hump(mouth.across * sign, ONE_SIDE_OF_LIP)
    # where the lips join, the other one comes along; elsewhere it stays
    other = mouth.upper != upper
    share = np.where(other, at * smooth_step((np.abs(mouth.across) - 0.9) / 0.1), at)
    share = share * np.interp(mouth.loop, [2, CONTACT, CONTACT + 3, EDGE], [0.45, 1.0, 1.0, 0.85])
    return mouth.spread(share[:, None] * np.array(by_mm) * [sign, 1, 1])


def pull_corner(
    mouth: Mouth, by_mm: tuple[float, float, float], side: str, width: float = 0.55
) -> np.ndarray:
    """A corner of the mouth is drawn away; both lips follow alike, less and less towards the middle."""
    sign = 1 if side == "left" else -1
    share = smooth_step((mouth.across * sign - (1 - width * 2)) / (width * 2)) ** 1.3
    return mouth.spread(share[:, None] * np.array(by_mm) * [sign, 1, 1])


def shift_lips(mouth: Mouth, side: str) -> np.ndarray:
    """The whole mouth slides sideways around the teeth; the nose stays."""
    head, sign = mouth.head, 1 if side == "left" else -1
    ahead = mouth.across * sign
    # on the side that it goes to, the way round the teeth leads back
    move = np.stack([np.full(len(ahead), 6.5 * sign), 0 * ahead, -1.6 * ahead], 1)
    x, y, z = (head.neutral - head.neutral[LOOP_STARTS[EDGE]]).T
    nose = (y > 12) & (np.abs(x) < 20) & (z > -22)
    return mouth.spread(move, nose)


def push_both_lips(mouth: Mouth, upper_mm: tuple, lower_mm: tuple) -> np.ndarray:
    """The middle of both lips moves, each its way, the corners stay."""
    share = (1 - np.abs(mouth.across) ** 2.2)[:, None]
    move = np.where(mouth.upper[:, None], np.array(upper_mm), np.array(lower_mm))
    return mouth.spread(share * move)


def mend(mouth: Mouth, field: np.ndarray, rounds: int, near_mm: float = 16.0) -> np.ndarray:
    """A unit of MakeHuman's as it is on the lips, without the creases that it has beside them."""
    head = mouth.head
    kept = (mouth.loop >= 2) & (mouth.loop <= EDGE)
    away = head.away_from(mouth.vertex[kept])
    smoothed = smooth(head, field, rounds, smooth_step(away.clip(0, 1e3) / 4))
    smoothed[mouth.vertex[kept]] = smooth(head, field, 2)[mouth.vertex[kept]]
    return fill(head, smoothed, (away > 0) & (away < near_mm))


def smile(mouth: Mouth, side: str) -> np.ndarray:
    """The corner goes out, up and back around the teeth, and pushes up the cheek beyond its fold."""
    head, sign = mouth.head, 1 if side == "left" else -1
    cheeks = smooth(head, head.source.unit("mouth-corner-puller"), 8)
    cheeks = cheeks * smooth_step(head.neutral[:, :1] * sign / 16 + 0.5)
    apple = (head.neutral - [41 * sign, 699, 124]) / [13, 11, 22]
    apple = np.exp(-0.5 * (apple**2).sum(1)) * head.is_skin
    cheeks += apple[:, None] * np.array([1.2 * sign, 3.4, 2.8])
    kept = (mouth.loop >= 2) & (mouth.loop <= EDGE)
    share = np.clip((mouth.across * sign + 0.5) / 1.5, 0, 1)[:, None] ** 1.5
    field = cheeks.copy()
    field[mouth.vertex[kept]] = (share * np.array([6.8, 7.6, -6.0]) * [sign, 1, 1])[kept]
    away = head.away_from(mouth.vertex[kept])
    return fill(head, field, (away > 0) & (away < 12))


def press_lips(mouth: Mouth, side: str) -> np.ndarray:
    """Half of both lips pressed together: a little of their red goes in, the corner is drawn back."""
    sign = 1 if side == "left" else -1
    mask = smooth_step(mouth.head.neutral[:, :1] * sign / 26 + 0.5)
    rolled = sum(roll_lip(mouth, upper, 3.6, 1.6) for upper in (True, False))
    return rolled * mask + pull_corner(mouth, (0.8, 0.0, -1.6), side, 0.3)


def puff_cheek(mouth: Mouth, side: str) -> np.ndarray:
    """Air behind the cheek, from the corner of the mouth to the edge of the jaw; the lips hold it in."""
    head, sign = mouth.head, 1 if side == "left" else -1
    away = (head.neutral - [45 * sign, 671, 112]) / [22, 20, 28]
    lips = head.away_from(mouth.vertex[mouth.loop <= EDGE])
    swell = 9.5 * np.exp(-0.5 * (away**2).sum(1)) * smooth_step(np.minimum(lips, 99) / 16)
    return smooth(head, skin_normals(head) * swell[:, None], 6)


def raise_chin(mouth: Mouth) -> np.ndarray:
    """The chin's muscle pushes the lower lip up and out, and that the upper one."""
    head = mouth.head
    lips = push_both_lips(mouth, (0, 3.2, 1.6), (0, 4.0, 2.6))
    lip_line = head.neutral[mouth.vertex[mouth.loop == CONTACT]].mean(0)
    boss = (head.neutral - [0, lip_line[1] - 25, lip_line[2]]) / [19, 11, 40]
    boss = np.exp(-0.5 * (boss**2).sum(1)) * head.is_skin
    return smooth(head, lips + boss[:, None] * [0, 3.2, 0.4], 2)


def stick_out_tongue(mouth: Mouth) -> np.ndarray:
    """The tongue comes over the lower teeth and lies on the lip, which gives way with a little of the jaw."""
    head = mouth.head
    tongue = head.parts["tongue"]
    out = np.zeros_like(head.neutral)
    points = head.neutral[tongue]
    back, tip = 78.0, points[:, 2].max()
    along = np.clip((points[:, 2] - back) / (tip - back), 0, 1)
    # the middle line of the tongue, at rest and stuck out: y and z by how far along it
    rest_y = np.interp(along, [0, 0.2, 0.5, 0.8, 1], [668, 671.5, 672, 670, 665.8])
    knots = [0, 0.3, 0.55, 0.7, 0.85, 1]
    new_y = np.interp(along, knots, [668, 671.5, 670.0, 667.8, 663.8, 657.0])
    new_z = np.interp(along, knots, [back, 105, 130, 148, 161, 168.5])
    thin = np.interp(along, [0, 0.3, 0.6, 1], [1, 0.75, 0.55, 0.6])
    narrow = np.interp(along, [0, 0.3, 0.6, 1], [1, 0.85, 0.75, 0.8])
    rest_z = back + along * (tip - back)
    target = np.stack(
        [
            points[:, 0] * narrow,
            new_y + (points[:, 1] - rest_y) * thin,
            new_z + (points[:, 2] - rest_z),
        ],
        1,
    )
    out[tongue] = (target - points) * smooth_step((points[:, 2] - 66) / 12)[:, None]
    return out
