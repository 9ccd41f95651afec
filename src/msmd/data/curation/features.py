"""Stage `features`: audio features of a packed clip, by any encoder, stored once."""

import hashlib
from functools import cache
from pathlib import Path

import numpy as np

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.encoder import AudioEncoder
from msmd.audio.feature_cache import FingerprintedEncoder
from msmd.audio.open_encoder import open_encoder
from msmd.core.errors import FormatError
from msmd.data.curation.encode import ENCODE
from msmd.data.curation.outcome import StageResult
from msmd.data.curation.store import Store, make_key

FEATURES, FEATURES_VERSION = "features", 1


@cache
def open_once(name: str) -> AudioEncoder:
    """What `audio.open_encoder` opens, once in each process.

    Raises:
        MsmdError: there is no such encoder.
    """
    return open_encoder(name)


@cache
def fingerprint(name: str) -> str:
    """Of the encoder's weights: others are another encoder."""
    encoder = open_once(name)
    if isinstance(encoder, FingerprintedEncoder):
        return encoder.fingerprint
    digest = hashlib.sha256(encoder.name.encode())
    if isinstance(encoder, EmbeddedEncoder):
        for network in (encoder.speech_model, encoder.network):
            for part, value in sorted(network.state_dict().items()):
                digest.update(part.encode() + value.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def features_key(encoder: str, encode_key: str) -> str:
    """Of an encoded clip's features."""
    return make_key(FEATURES, FEATURES_VERSION, fingerprint(encoder), encode_key)


def extract(task: tuple[Path, str, str]) -> None:
    """Store the features of one clip.

    Args:
        task: folder of the store, name of the encoder, key of the encoded clip.

    Raises:
        FormatError: the store has lost the clip.
    """
    folder, encoder, encode_key = task
    store = Store(folder)
    key = features_key(encoder, encode_key)
    if store.has(FEATURES, key):
        return
    clip = store.read(ENCODE, encode_key)
    if clip is None:
        raise FormatError(f"{folder} has lost a clip. Run `msmd curate` again.")
    features = open_once(encoder).encode(clip.arrays["sound"].astype(np.float32))
    store.write(FEATURES, key, StageResult(arrays={"features": features.astype(np.float16)}))
