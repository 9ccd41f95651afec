import math

import pytest
import torch

from msmd.training.losses import (
    CLOSED_COUNTS,
    TUCKED_COUNTS,
    TYPICAL_OPENING_MM,
    kl_divergence,
    lip_gap_loss,
    lip_tuck_loss,
    persistence_loss,
    simple_loss,
    smoothness_loss,
    velocity_loss,
)

ALL = torch.ones(1, 4, dtype=torch.bool)
ONE = torch.ones(1, 1)


def track(*values):
    """One window of one dimension."""
    return torch.tensor(values).reshape(1, -1, 1)


def test_simple_loss_by_hand():
    loss = simple_loss(track(1.0, 2.0, 3.0, 4.0), track(1.0, 0.0, 3.0, 5.0), ALL, ONE)
    assert loss.item() == pytest.approx((4 + 1) / 4)


def test_velocity_loss_by_hand():
    loss = velocity_loss(track(0.0, 1.0, 2.0, 3.0), track(0.0, 2.0, 2.0, 3.0), ALL, ONE)
    assert loss.item() == pytest.approx((1 + 1 + 0) / 3)  # velocities 1 1 1 against 2 0 1


def test_velocity_does_not_see_an_offset():
    motion = torch.randn(2, 9, 3)
    assert velocity_loss(motion, motion + 5, torch.ones(2, 9, dtype=torch.bool), torch.ones(2, 3)) < 1e-10


def test_smoothness_loss_by_hand():
    loss = smoothness_loss(track(0.0, 1.0, 4.0, 4.0), ALL, ONE)
    assert loss.item() == pytest.approx((2**2 + 3**2) / 2)  # 0 - 2 + 4 and 1 - 8 + 4


def test_smoothness_does_not_punish_rest_or_steady_motion():
    rest, steady = torch.full((1, 4, 1), 7.0), track(1.0, 2.0, 3.0, 4.0)
    assert smoothness_loss(rest, ALL, ONE) == 0
    assert smoothness_loss(steady, ALL, ONE) == 0


def test_frames_after_the_end_do_not_count():
    mask = torch.tensor([[True, True, True, False]])
    motion, predicted = track(1.0, 2.0, 3.0, 4.0), track(1.0, 2.0, 4.0, -90.0)
    assert simple_loss(motion, predicted, mask, ONE).item() == pytest.approx(1 / 3)
    assert velocity_loss(motion, predicted, mask, ONE).item() == pytest.approx(1 / 2)
    assert smoothness_loss(predicted, mask, ONE).item() == pytest.approx(1)


def test_a_window_without_a_valid_frame_costs_nothing_and_gives_no_nan():
    none = torch.zeros(1, 4, dtype=torch.bool)
    predicted = track(math.inf, 2.0, 3.0, 4.0).requires_grad_()
    assert simple_loss(track(1.0, 2.0, 3.0, 4.0), predicted, none, ONE) == 0


def test_weights_scale_each_dimension_of_each_window():
    motion, predicted = torch.zeros(2, 1, 2), torch.tensor([[[1.0, 2.0]], [[1.0, 2.0]]])
    weights = torch.tensor([[1.0, 0.0], [0.5, 1.0]])
    loss = simple_loss(motion, predicted, torch.ones(2, 1, dtype=torch.bool), weights)
    assert loss.item() == pytest.approx((1 / 2 + (0.5 + 4) / 2) / 2)


def test_kl_by_hand():
    mean, log_variance = (
        torch.tensor([[1.0, 0.0], [9.0, 9.0]]),
        torch.tensor([[0.0, math.log(4)], [0.0, 0.0]]),
    )
    loss = kl_divergence(mean, log_variance, torch.tensor([True, False]))
    assert loss.item() == pytest.approx(0.5 * (1 + (4 - math.log(4) - 1)))


def test_kl_of_the_prior_is_zero():
    assert kl_divergence(torch.zeros(2, 3), torch.zeros(2, 3), torch.ones(2, dtype=torch.bool)) == 0


def test_the_opening_of_the_lips_counts_most_where_they_touch():
    """One dimension of 2 mm a unit about an opening of 1 mm; lips at -0.5 touch, at 9.5 are 20 mm apart."""
    lip_gap = torch.tensor([2.0, 1.0])
    wide = lip_gap_loss(track(9.5), track(10.5), ALL[:, :1], lip_gap).item()
    shut = lip_gap_loss(track(-0.5), track(0.5), ALL[:, :1], lip_gap).item()
    assert wide == pytest.approx((2 / TYPICAL_OPENING_MM) ** 2, rel=1e-3)
    assert shut == pytest.approx(CLOSED_COUNTS * wide, rel=1e-3)


def test_the_way_under_the_teeth_counts_most_where_it_is_gone():
    lip_tuck = torch.tensor([0.5, 0.0])
    elsewhere = lip_tuck_loss(track(0.0), track(1.0), ALL[:, :1], lip_tuck).item()
    tucked = lip_tuck_loss(track(2.0), track(1.0), ALL[:, :1], lip_tuck).item()
    assert elsewhere == pytest.approx(0.25)
    assert tucked == pytest.approx(TUCKED_COUNTS * elsewhere)


def test_persistence_is_the_error_of_the_mean_over_valid_frames():
    mask = torch.tensor([[True, True, True, False]])
    motion, predicted = track(1.0, 2.0, 3.0, 4.0), track(3.0, 2.0, 4.0, 90.0)
    assert persistence_loss(motion, predicted, mask, ONE).item() == pytest.approx(1.0)
    trembling = track(2.0, 0.0, 4.0, 4.0)
    assert persistence_loss(motion, trembling, mask, ONE).item() == pytest.approx(0.0)
