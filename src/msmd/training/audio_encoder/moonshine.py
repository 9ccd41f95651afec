"""Reading the speech model: the first layers of Moonshine "tiny" for English, as published for browsers.

    npm pack @moonshine-ai/moonshine-js
    tar xzf moonshine-ai-moonshine-js-*.tgz package/dist/model/tiny/quantized/encoder_model.onnx

The file's matrices are in eight bits. Its model for English is under the MIT licence.
"""

from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from msmd.audio.speech_model import SpeechModel, SpeechModelConfig
from msmd.core.errors import FormatError

_MATRICES: Final = ("query", "key", "value", "out", "widen", "narrow")
_PUBLISHED: Final = SpeechModelConfig()
_CONVOLUTIONS: Final = ("first", "second", "third")


def read_moonshine(path: Path, config: SpeechModelConfig = _PUBLISHED) -> SpeechModel:
    """A speech model with the weights of `encoder_model.onnx`.

    Args:
        path: the file.
        config: which layers, and how far they look; the sizes must be the file's.

    Raises:
        FormatError: not such a file, or of other sizes.
    """
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load(str(path)).graph
        tensors = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
        state = _read_convolutions(tensors) | _read_layers(graph, tensors, config.num_layers)
        model = SpeechModel(config)
        model.load_state_dict(state)
    except (OSError, DecodeError, KeyError, IndexError, ValueError, RuntimeError, StopIteration) as error:
        raise FormatError(
            f"{path} is not Moonshine's encoder in eight bits ({error}). Give the file encoder_model.onnx of "
            "@moonshine-ai/moonshine-js."
        ) from error
    return model.eval().requires_grad_(False)


def _read_convolutions(tensors: dict[str, Any]) -> dict[str, Tensor]:
    state = {}
    for number, name in enumerate(_CONVOLUTIONS, 1):
        codes, scale, offset = (
            tensors[f"conv{number}.weight_{part}"] for part in ("quantized", "scale", "zero_point")
        )
        state[f"{name}.weight"] = _tensor(codes * scale + offset)
        if number > 1:
            state[f"{name}.bias"] = _tensor(tensors[f"conv{number}.bias"])
    return state


def _read_layers(graph: Any, tensors: dict[str, Any], num_layers: int) -> dict[str, Tensor]:
    """Matrices have no names of their own: they come in the order of their use, six a layer."""
    names = [node.input[1] for node in graph.node if node.op_type == "MatMulInteger"]
    stems = [name.removesuffix("_quantized") for name in names if name in tensors]
    state = {}
    for name, kind in (("weight", "Mul"), ("bias", "Add")):
        columns = [
            tensors[source]
            for node in graph.node
            if node.op_type == kind
            for source in node.input
            if source in tensors and tensors[source].ndim == 2
        ]
        state[f"first_norm.{name}"] = _tensor(columns[0][:, 0])
    for layer in range(num_layers):
        for part, name in enumerate(_MATRICES):
            stem = stems[len(_MATRICES) * layer + part]
            codes, scale, zero = (tensors[f"{stem}_{kind}"] for kind in ("quantized", "scale", "zero_point"))
            state[f"layers.{layer}.{name}.weight"] = _tensor(((codes.astype("f4") - zero) * scale).T)
        state[f"layers.{layer}.attention_norm.weight"] = _tensor(
            tensors[f"layers.{layer}.input_layernorm.weight"]
        )
        state[f"layers.{layer}.mlp_norm.weight"] = _tensor(
            tensors[f"layers.{layer}.post_attention_layernorm.weight"]
        )
        for name, short in (("widen", "fc1"), ("narrow", "fc2")):
            state[f"layers.{layer}.{name}.bias"] = _tensor(tensors[f"layers.{layer}.mlp.{short}.bias"])
    return state


def _tensor(values: Any) -> Tensor:
    return torch.from_numpy(values.astype("f4").copy())
