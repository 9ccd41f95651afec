"""What a clip must be like to be kept. Every threshold of the pipeline stands here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Thresholds; a clip beyond one of them is dropped, with the reason.

    Attributes:
        min_seconds: of the clip, and of what is left when sound and face are cut to each other.
        max_seconds: of the clip.
        max_turned_share: of the frames may look more than 45 degrees past the camera (section 5.1).
        max_jumps: places where the head moves faster than heads can (section 5.1), per started minute.
        min_found_share: of the frames must show the face.
        max_loss_seconds: without a face in one go; shorter gaps are bridged.
        min_confident_share: of the frames must be ones that the tracker can be trusted in.
        min_face_pixels: median height of the face.
        max_faces: followed in one clip.
        min_level_db: the loudest tenth of a second must reach this, full scale being 0.
        min_speech_seconds: that the voice detector hears.
        min_speech_share: of the clip that the voice detector hears.
        max_lag_frames: between sound and mouth, either way, at 25 frames a second.
        min_correlation: of the mouth that is seen with the one that the sound calls for, at the best lag.
        enough_strength: correlation times the square root of the frames; so much is enough at any length.
        lag_counts_from_seconds: clips from this length on must agree best at a lag within the limit.
        max_code: deviations; a code beyond is a slip of the tracker.
        max_wild_share: of the frames may have such codes.
    """

    min_seconds: float = 1.0
    max_seconds: float = 1800.0
    max_turned_share: float = 0.1
    max_jumps: int = 0
    min_found_share: float = 0.8
    max_loss_seconds: float = 0.5
    min_confident_share: float = 0.5
    min_face_pixels: float = 40.0
    max_faces: int = 1
    min_level_db: float = -60.0
    min_speech_seconds: float = 0.5
    min_speech_share: float = 0.1
    max_lag_frames: float = 3.0
    min_correlation: float = 0.2
    enough_strength: float = 4.5
    lag_counts_from_seconds: float = 6.0
    max_code: float = 8.0
    max_wild_share: float = 0.05

    def of(self, *names: str) -> dict[str, float]:
        """Some of them: what a stage is told, and its results depend on."""
        return {name: getattr(self, name) for name in names}
