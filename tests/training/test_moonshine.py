"""The reader, on a file of the published form: same operations, same names, smaller."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from msmd.audio.speech_model import SpeechModelConfig
from msmd.core.errors import FormatError
from msmd.training.audio_encoder.moonshine import read_moonshine

SMALL = SpeechModelConfig(width=8, num_layers=2, num_heads=2, reach_frames=4)


def write_encoder(path, num_layers: int = 3) -> dict[str, np.ndarray]:
    """Random matrices in eight bits, in the order of their use; what they stand for is returned."""
    rng = np.random.default_rng(0)
    width, meant, initializers, nodes = SMALL.width, {}, [], []

    def keep(name: str, value: np.ndarray) -> None:
        initializers.append(numpy_helper.from_array(value, name))

    for number, shape in enumerate(((width, 1, 127), (2 * width, width, 7), (width, 2 * width, 3)), 1):
        codes = rng.integers(-128, 128, shape).astype(np.int8)
        keep(f"conv{number}.weight_quantized", codes)
        keep(f"conv{number}.weight_scale", np.array(0.02, np.float32))
        keep(f"conv{number}.weight_zero_point", np.array(0.5, np.float32))
        meant[f"conv{number}"] = codes * np.float32(0.02) + np.float32(0.5)
        if number > 1:
            keep(f"conv{number}.bias", rng.normal(size=shape[0]).astype(np.float32))
    for kind, name in (("Mul", "onnx::Mul_1"), ("Add", "onnx::Add_2")):
        keep(name, rng.normal(size=(width, 1)).astype(np.float32))
        nodes.append(helper.make_node(kind, ["x", name], [f"{kind}_out"]))
    for layer in range(num_layers):
        sizes = [(width, width)] * 4 + [(width, 4 * width), (4 * width, width)]
        for part, size in enumerate(sizes):
            stem = f"onnx::MatMul_{47 * layer + part}"
            codes = rng.integers(0, 256, size).astype(np.uint8)
            keep(f"{stem}_quantized", codes)
            keep(f"{stem}_scale", np.array(0.01, np.float32))
            keep(f"{stem}_zero_point", np.array(100, np.uint8))
            nodes.append(helper.make_node("MatMulInteger", ["x", f"{stem}_quantized"], [f"{stem}_out"]))
            meant[f"layer {layer} matrix {part}"] = ((codes.astype(np.float32) - 100) * 0.01).T
        for name, size in (
            ("input_layernorm.weight", width),
            ("post_attention_layernorm.weight", width),
            ("mlp.fc1.bias", 4 * width),
            ("mlp.fc2.bias", width),
        ):
            keep(f"layers.{layer}.{name}", rng.normal(size=size).astype(np.float32))
    sound = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "encoder", [sound], [sound], initializers)
    onnx.save(helper.make_model(graph), str(path))
    return meant


def test_every_matrix_comes_to_its_place(tmp_path):
    meant = write_encoder(tmp_path / "encoder_model.onnx")
    state = read_moonshine(tmp_path / "encoder_model.onnx", SMALL).state_dict()
    places = {
        "first.weight": "conv1",
        "third.weight": "conv3",
        "layers.0.query.weight": "layer 0 matrix 0",
        "layers.0.out.weight": "layer 0 matrix 3",
        "layers.1.value.weight": "layer 1 matrix 2",
        "layers.1.narrow.weight": "layer 1 matrix 5",
    }
    for name, source in places.items():
        torch.testing.assert_close(state[name], torch.from_numpy(meant[source]), atol=1e-6, rtol=0)


def test_other_files_and_other_sizes_are_refused(tmp_path):
    (tmp_path / "words.onnx").write_text("no graph at all")
    with pytest.raises(FormatError, match="not Moonshine's encoder"):
        read_moonshine(tmp_path / "words.onnx", SMALL)
    with pytest.raises(FormatError, match="not Moonshine's encoder"):
        read_moonshine(tmp_path / "missing.onnx", SMALL)
    write_encoder(tmp_path / "few.onnx", num_layers=1)
    with pytest.raises(FormatError, match="not Moonshine's encoder"):
        read_moonshine(tmp_path / "few.onnx", SMALL)
    write_encoder(tmp_path / "small.onnx")
    with pytest.raises(FormatError, match="not Moonshine's encoder"):
        read_moonshine(tmp_path / "small.onnx")
