"""Batches of pairs of consecutive windows (section 4.4), each a pure function of the seed and the step."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float32

from msmd.core.errors import FormatError
from msmd.core.units import MOTION_DIM
from msmd.data.chains import draw_chain, group_clips, join_motion
from msmd.data.packed import PERFORMED, PackedDataset, Split, Statistics
from msmd.data.restyle import RESTYLE_PROBABILITY, Restyler

CORPUS_WEIGHTS: Mapping[str, float] = {
    "grid": 0.32,
    "talking": 0.25,
    "ravdess": 0.31,
    "facegood": 0.12,
    PERFORMED: 1.0,
}
"""Shares of a batch: one neutral speaker in sync, many speakers, acted emotions, one animated mouth; and,
where a folder has them (`training.performed_pairs`), performed lines in all phones, half of the whole."""


def shares_of(packed: PackedDataset) -> Mapping[str, float]:
    """Shares of a batch, 1 together, of the corpora that a dataset has training clips of.

    A corpus that `CORPUS_WEIGHTS` does not know has its share of the frames; what is left goes to the known
    ones by their weights.
    """
    frames: dict[str, float] = {}
    for clip in packed.select("train"):
        frames[clip.corpus] = frames.get(clip.corpus, 0.0) + clip.frames
    total = sum(frames.values())
    shares = {corpus: count / total for corpus, count in frames.items()}
    known = shares.keys() & CORPUS_WEIGHTS.keys()
    left, weight = sum(shares[corpus] for corpus in known), sum(CORPUS_WEIGHTS[corpus] for corpus in known)
    return shares | {corpus: left * CORPUS_WEIGHTS[corpus] / weight for corpus in known}


@dataclass(frozen=True)
class Batch:
    """Pairs of windows; frames 0 ... N_w - 1 are the first window, N_w ... 2 N_w - 1 the second.

    Attributes:
        motion: standardised; 0 where not valid.
        audio_features: of the same frames; 0 where not valid.
        valid: false after the end of a recording that is shorter than two windows.
        has_lips: mouth and sound belong together.
        has_upper: eyes and brows were observed.
        has_head: the head's rotation was observed; where not, it is 0 radians before standardising.
        restyled: the persistent expression is borrowed: only the style reference can tell it.
    """

    motion: Float32[np.ndarray, "batch frames 67"]
    audio_features: Float32[np.ndarray, "batch frames audio_dim"]
    valid: Bool[np.ndarray, "batch frames"]
    has_lips: Bool[np.ndarray, "batch"]
    has_upper: Bool[np.ndarray, "batch"]
    has_head: Bool[np.ndarray, "batch"]
    restyled: Bool[np.ndarray, "batch"]


class TwoWindowSampler:
    """Draws batches from a packed folder: motion is held in memory, audio features are read when needed.

    26.5 hours are 0.6 GB of motion, but 4 GB of HuBERT's features: those stay in the mapped files, where the
    system keeps in memory what fits. `data.ahead` hides what reading takes.

    Args:
        packed: the folder.
        encoder_name: whose audio features.
        statistics: that standardise the motion.
        num_frames: N_w.
        batch_size: pairs in a batch.
        seed: with the step it determines a batch, so that a resumed run sees what an unbroken one would.
        split: of the clips.
        corpus_weights: corpus -> share of the batch; corpora without clips in the split give
            theirs to the others. None: `shares_of` the folder.
        mirror: (67, 67) matrix of left-right reflection (`data.mirror`), applied to half of the
            pairs; None leaves all as they are.
        restyle: gives other persistent expressions to a share of the pairs; None to none.

    Raises:
        FormatError: no clips of these corpora in the split, or no such features.
    """

    def __init__(
        self,
        packed: PackedDataset,
        encoder_name: str,
        statistics: Statistics,
        num_frames: int = 100,
        batch_size: int = 16,
        seed: int = 0,
        split: Split = "train",
        corpus_weights: Mapping[str, float] | None = None,
        mirror: Float32[np.ndarray, "67 67"] | None = None,
        restyle: Restyler | None = None,
    ) -> None:
        corpus_weights = shares_of(packed) if corpus_weights is None else corpus_weights
        clips = [clip for clip in packed.select(split) if corpus_weights.get(clip.corpus, 0) > 0]
        if not clips:
            raise FormatError(f"{packed.folder} has no {split} clips of {', '.join(corpus_weights)}.")
        self.num_frames, self.batch_size, self.seed = num_frames, batch_size, seed
        self._statistics, self._mirror, self._restyle = statistics, mirror, restyle
        self._motion = {clip.id: packed.motion(clip.id) for clip in clips}
        self._read_features = partial(packed.audio_features, encoder_name=encoder_name)
        self.audio_dim = self._read_features(clips[0].id).shape[1]
        self._groups = group_clips(clips)
        self._chances = self._group_chances(corpus_weights)

    def batch(self, step: int) -> Batch:
        """The batch of one step; the same whenever it is asked for."""
        chance = np.random.default_rng([self.seed, step])
        size = 2 * self.num_frames
        motion = np.zeros((self.batch_size, size, MOTION_DIM), np.float32)
        features = np.zeros((self.batch_size, size, self.audio_dim), np.float32)
        valid = np.zeros((self.batch_size, size), bool)
        observed = np.zeros((3, self.batch_size), bool)
        restyled = np.zeros(self.batch_size, bool)
        for row, number in enumerate(chance.choice(len(self._groups), self.batch_size, p=self._chances)):
            chain, start = draw_chain(self._groups[number], size, chance)
            drawn = join_motion([self._motion[clip.id] for clip in chain])[start : start + size]
            if chance.random() < 0.5 and self._mirror is not None:
                drawn = drawn @ self._mirror.T
            if self._restyle is not None and chance.random() < RESTYLE_PROBABILITY:
                drawn, restyled[row] = self._restyle(drawn, chance), True
            end = len(drawn)
            motion[row, :end] = self._statistics.standardise(drawn)
            heard = np.concatenate([self._read_features(clip.id) for clip in chain])
            features[row, :end] = heard[start : start + size]
            valid[row, :end] = True
            observed[:, row] = chain[0].has_lips, chain[0].has_upper, chain[0].has_head
        has_lips, has_upper, has_head = observed
        return Batch(motion, features, valid, has_lips, has_upper, has_head, restyled)

    def _group_chances(self, corpus_weights: Mapping[str, float]) -> np.ndarray:
        """A corpus by its weight, a group within it by the square root of its length: no speaker drowns."""
        corpora = np.array([group.clips[0].corpus for group in self._groups])
        chances = np.sqrt([group.frames for group in self._groups])
        for corpus in set(corpora):
            chances[corpora == corpus] *= corpus_weights[corpus] / chances[corpora == corpus].sum()
        return chances / chances.sum()
