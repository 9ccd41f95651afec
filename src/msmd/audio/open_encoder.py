"""From a folder or a name to an audio encoder: the one door for all of them."""

from pathlib import Path
from typing import Final

from msmd.audio.embedded import SETTINGS_NAME, EmbeddedEncoder
from msmd.audio.encoder import AudioEncoder
from msmd.audio.hubert import HUB_NAMES, HubertEncoder

EMBEDDED_FOLDER: Final = Path(__file__).parents[1] / "bundles" / "embedded"
"""The bundle inside the package, with its audio encoder."""


def open_encoder(source: str | Path, device: str = "cpu") -> AudioEncoder:
    """An audio encoder.

    Args:
        source: "embedded", the one in the package; a folder that the training of one wrote, or a
            bundle; a name in `HUB_NAMES`, such as "hubert-base"; a HuBERT, wav2vec2 or WavLM of the
            hub; or a folder with one.
        device: for the models of `transformers`.

    Raises:
        MsmdError: it is none of these, or cannot be loaded.
    """
    if source == EmbeddedEncoder.name:
        return EmbeddedEncoder.load(EMBEDDED_FOLDER)
    if str(source) not in HUB_NAMES and (Path(source) / SETTINGS_NAME).is_file():
        return EmbeddedEncoder.load(Path(source))
    return HubertEncoder.load(source, device)
