"""Rates, sizes and names that every floor of the house shares; each is exact."""

from fractions import Fraction
from typing import Final

MOTION_FPS: Final = Fraction(25)
"""Frames per second of all motion inside the model (method.md: the rate is unstated in the paper)."""

SAMPLE_RATE_HZ: Final = 16_000
"""Sample rate of the mono sound that audio encoders see."""

SAMPLES_PER_FRAME: Final = int(SAMPLE_RATE_HZ / MOTION_FPS)
"""640 samples of 16 kHz sound belong to one motion frame."""

NUM_EXPRESSION: Final = 64
"""Dimensions of the expression code (section 5.1)."""

NUM_HEAD: Final = 3
"""Dimensions of the head rotation: pitch, yaw, roll in radians (section 5.1)."""

MOTION_DIM: Final = NUM_EXPRESSION + NUM_HEAD
"""D = 67, the dimensions of one frame of motion X."""

EXPRESSION: Final = slice(0, NUM_EXPRESSION)
HEAD_ROTATION: Final = slice(NUM_EXPRESSION, MOTION_DIM)

NUM_LANDMARKS: Final = 468
"""Vertices of the landmark mesh on which the expression code lives."""

ARKIT_NAMES: Final = tuple(
    """eyeBlinkLeft eyeLookDownLeft eyeLookInLeft eyeLookOutLeft eyeLookUpLeft eyeSquintLeft
    eyeWideLeft eyeBlinkRight eyeLookDownRight eyeLookInRight eyeLookOutRight eyeLookUpRight
    eyeSquintRight eyeWideRight jawForward jawRight jawLeft jawOpen mouthClose mouthFunnel
    mouthPucker mouthRight mouthLeft mouthSmileLeft mouthSmileRight mouthFrownLeft
    mouthFrownRight mouthDimpleLeft mouthDimpleRight mouthStretchLeft mouthStretchRight
    mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthPressLeft
    mouthPressRight mouthLowerDownLeft mouthLowerDownRight mouthUpperUpLeft mouthUpperUpRight
    browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff
    cheekSquintLeft cheekSquintRight noseSneerLeft noseSneerRight tongueOut""".split()
)
"""The 52 ARKit blend shapes in the order of a Live Link Face file."""

NUM_ARKIT: Final = len(ARKIT_NAMES)
