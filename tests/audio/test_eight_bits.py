import torch

from msmd.audio.eight_bits import from_eight_bits, to_eight_bits


def test_matrices_come_back_to_half_a_step_and_vectors_as_they_were():
    tensors = {"matrix": torch.randn(7, 5), "vector": torch.randn(5), "same": torch.full((2, 2), 3.0)}
    packed = to_eight_bits(tensors)
    assert packed["matrix"].dtype == torch.uint8
    back = from_eight_bits(packed)
    assert back.keys() == tensors.keys()
    assert torch.equal(back["vector"], tensors["vector"]) and torch.equal(back["same"], tensors["same"])
    step = (tensors["matrix"].max() - tensors["matrix"].min()) / 255
    assert (back["matrix"] - tensors["matrix"]).abs().max() <= 0.501 * step


def test_weights_that_come_from_eight_bits_lose_nothing():
    codes = torch.tensor([[0, 255, 17], [3, 128, 200]], dtype=torch.uint8)
    weights = {"matrix": (codes.float() - 119) * 0.0125}
    again = to_eight_bits(from_eight_bits(to_eight_bits(weights)))
    assert torch.equal(again["matrix"], codes)
