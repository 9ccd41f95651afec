"""A bundle is one folder that alone rebuilds a model: weights, configuration, statistics, styles, licence.

bundle.json               format, version, configurations, statistics of training, checksums
model.safetensors         weights, float16
audio_encoder.safetensors weights of the embedded audio encoder, with audio_encoder.json; any other encoder
                          is named in bundle.json, and lies in the folder audio_encoder if it was copied
statistics.safetensors    mean (67,), std (67,) of motion
styles.safetensors        name -> style code
MODEL_CARD.md             data, licence of the data, hours, steps, held-out numbers
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32
from safetensors import SafetensorError
from safetensors.numpy import load_file, save
from safetensors.torch import load as load_torch
from safetensors.torch import save as save_torch

from msmd.audio.embedded import EmbeddedEncoder
from msmd.audio.encoder import AudioEncoder
from msmd.audio.feature_cache import CachedEncoder
from msmd.audio.hubert import HubertEncoder
from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.animation import StyleCode
from msmd.core.config import DiffusionConfig, ModelConfig
from msmd.core.errors import BundleError, OutputError
from msmd.face.expression_space import load_expression_space
from msmd.model.assemble import build_model
from msmd.model.motion_model import MotionModel

ENCODER_FOLDER = "audio_encoder"
FORMAT = "msmd-bundle"
VERSION = 1


@dataclass(frozen=True)
class Bundle:
    """Everything that generation needs.

    Attributes:
        model: in evaluation mode, float32.
        audio_encoder: sound -> audio features at 25 fps.
        model_config, diffusion_config: that built the model.
        mean, std: (67,) statistics of training motion.
        styles: built-in styles by name.
        licence: of the weights, in words.
        info: free text about the training, JSON-ready.
    """

    model: MotionModel
    audio_encoder: AudioEncoder
    model_config: ModelConfig
    diffusion_config: DiffusionConfig
    mean: Float32[np.ndarray, "67"]
    std: Float32[np.ndarray, "67"]
    styles: Mapping[str, StyleCode]
    licence: str
    info: Mapping[str, object]


def save_bundle(folder: Path, bundle: Bundle, card: str, copies_encoder: bool = False) -> None:
    """Write a bundle folder; `bundle.json` comes last, so that a half-written folder is not a bundle.

    Args:
        folder: to write.
        bundle: what goes in.
        card: MODEL_CARD.md.
        copies_encoder: whether a HuBERT (360 MB) is copied in too. If not, `bundle.json` says by which
            name or from which folder it is loaded.

    Raises:
        OutputError: the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "bundle.json").unlink(missing_ok=True)
        half = {name: value.half().contiguous() for name, value in bundle.model.state_dict().items()}
        (folder / "model.safetensors").write_bytes(save_torch(half))
        encoder = _save_encoder(folder, bundle.audio_encoder, copies_encoder)
        statistics = {"mean": bundle.mean, "std": bundle.std}
        (folder / "statistics.safetensors").write_bytes(save(statistics))
        codes = {name: code.mean for name, code in bundle.styles.items()}
        (folder / "styles.safetensors").write_bytes(save(codes))
        (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
        description = {
            "format": FORMAT,
            "version": VERSION,
            "licence": bundle.licence,
            "expression_code": load_expression_space().fingerprint,
            "model": asdict(bundle.model_config),
            "diffusion": asdict(bundle.diffusion_config),
            "audio_encoder": encoder,
            "styles": list(bundle.styles),
            "info": dict(bundle.info),
            "sha256": {
                path.name: _checksum(path)
                for path in sorted(folder.glob("*.safetensors"))
                if not path.name.startswith(".")
            },
        }
        aside = folder / ".bundle.json"
        aside.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
        aside.replace(folder / "bundle.json")
    except OSError as error:
        raise OutputError(f"cannot write the bundle {folder}: {error.strerror or error}.") from error


def load_bundle(folder: Path | None = None, device: str = "cpu") -> Bundle:
    """Read a bundle folder; None reads the one inside the package.

    Args:
        folder: of the bundle.
        device: for an audio encoder of `transformers`; `Animator` moves the model.

    Raises:
        BundleError: missing, of another version, truncated, altered, or made for another expression code.
    """
    folder = EMBEDDED_FOLDER if folder is None else folder
    description = _read_description(folder)
    for name, checksum in description["sha256"].items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"bundle {folder} lacks {name}. Copy the whole folder again.")
        if _checksum(path) != checksum:
            raise BundleError(
                f"{path} is damaged or cut short (its checksum differs). Copy the bundle again."
            )
    if description["expression_code"] != load_expression_space().fingerprint:
        raise BundleError(
            f"bundle {folder} speaks expression code {description['expression_code']}, this msmd speaks "
            f"{load_expression_space().fingerprint}. Take the msmd that it was made with."
        )
    audio_encoder = _load_encoder(folder, description, device)
    try:
        model_config = ModelConfig(**_as_tuples(description["model"]))
        model = build_model(model_config)
        state = load_torch((folder / "model.safetensors").read_bytes())
        model.load_state_dict({name: value.float() for name, value in state.items()}, strict=True)
        statistics = load_file(folder / "statistics.safetensors")
        codes = load_file(folder / "styles.safetensors")
        return Bundle(
            model=model.eval().requires_grad_(False),
            audio_encoder=audio_encoder,
            model_config=model_config,
            diffusion_config=DiffusionConfig(**_as_tuples(description["diffusion"])),
            mean=statistics["mean"],
            std=statistics["std"],
            styles={name: StyleCode(codes[name], name) for name in description["styles"]},
            licence=description["licence"],
            info=description["info"],
        )
    except (OSError, KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise BundleError(f"bundle {folder} does not fit together: {error}") from error


def _save_encoder(folder: Path, encoder: AudioEncoder, copies: bool) -> dict[str, object]:
    """Write the encoder or its name; what `bundle.json` says of it."""
    inner = encoder.encoder if isinstance(encoder, CachedEncoder) else encoder
    if isinstance(inner, EmbeddedEncoder):
        inner.save(folder)
        return {"name": inner.name, "dim": inner.dim}
    if not isinstance(inner, HubertEncoder):
        raise TypeError(f"a {type(inner).__name__} does not travel with a bundle")
    if copies:
        inner.save(folder / ENCODER_FOLDER)
    source = Path(inner.source)
    found_by = str(source.resolve()) if source.is_dir() else inner.source
    return {"name": inner.name, "dim": inner.dim, "source": found_by, "fingerprint": inner.fingerprint}


def _load_encoder(folder: Path, description: dict, device: str) -> AudioEncoder:
    """The bundle's own encoder, its copy of another, or the other where it says it is.

    Features of another HuBERT would give a face that moves, and wrongly: the weights' checksum must agree.
    """
    about = description.get("audio_encoder", {})
    if "source" not in about:
        return EmbeddedEncoder.load(folder)
    copied = folder / ENCODER_FOLDER
    encoder = HubertEncoder.load(copied if copied.is_dir() else about["source"], device)
    if encoder.fingerprint != about["fingerprint"]:
        raise BundleError(
            f"bundle {folder} was made with the audio encoder {about['name']} from {about['source']}; "
            "what is found there now has other weights. Put that encoder back there."
        )
    return CachedEncoder(encoder)


def _read_description(folder: Path) -> dict:
    path = folder / "bundle.json"
    try:
        description = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BundleError(
            f"{folder} is not a bundle: it has no bundle.json. Give the folder that training wrote."
        ) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"{path} cannot be read: {error}. Copy the bundle again.") from error
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise BundleError(f"{path} does not describe a bundle of msmd.")
    if description.get("version") != VERSION:
        raise BundleError(
            f"bundle {folder} has version {description.get('version')}, this msmd reads version {VERSION}. "
            "Install the msmd that wrote it, or take a newer bundle."
        )
    missing = {"licence", "expression_code", "model", "diffusion", "styles", "info", "sha256"} - set(
        description
    )
    if missing:
        raise BundleError(f"{path} lacks {', '.join(sorted(missing))}. Copy the bundle again.")
    return description


def _as_tuples(values: dict) -> dict:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _checksum(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
