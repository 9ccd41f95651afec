import numpy as np
import pytest

from msmd.render.rasterizer import EMPTY, fill_buffers, find_normals, project, weigh_corners

TRIANGLE = np.array([[0, 1, 2]], np.int32)


def fill(points, triangles, double_sided, side: int = 16):
    buffer, nearness = np.empty((side, side), np.int32), np.empty((side, side), np.float32)
    fill_buffers(np.array(points, np.float32), triangles, np.array(double_sided), buffer, nearness)
    return buffer, nearness


def test_normals_of_a_counter_clockwise_triangle_point_to_the_viewer():
    vertices = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.float32)
    np.testing.assert_allclose(find_normals(vertices, TRIANGLE), [[0, 0, 1]] * 3)


def test_a_vertex_without_triangles_has_no_normal():
    vertices = np.zeros((4, 3), np.float32)
    assert not find_normals(vertices, TRIANGLE).any()


def test_the_point_looked_at_lies_in_the_middle_and_up_is_up():
    vertices = np.array([[10, 20, 30], [10, 21, 30], [11, 20, 30]], np.float32)
    center = np.array([10, 20, 30], np.float32)
    points = project(vertices, center, np.float32(100), np.float32(100), 64)
    np.testing.assert_allclose(points, [[32, 32, 0.01], [32, 31, 0.01], [33, 32, 0.01]], rtol=1e-5)


def test_two_triangles_cover_a_square_without_gap_or_overlap():
    points = [[0, 0, 1], [16, 0, 1], [16, 16, 1], [0, 16, 1]]
    buffer, _ = fill(points, np.array([[0, 2, 1], [0, 3, 2]], np.int32), [False, False])
    assert (buffer != EMPTY).all()
    assert abs(int((buffer == 0).sum()) - 128) <= 8


def test_the_nearer_triangle_wins_whatever_the_order():
    far, near = [[0, 0, 1], [0, 16, 1], [16, 0, 1]], [[0, 0, 2], [0, 16, 2], [16, 0, 2]]
    for order in ([[0, 1, 2], [3, 4, 5]], [[3, 4, 5], [0, 1, 2]]):
        buffer, nearness = fill([*far, *near], np.array(order, np.int32), [False, False])
        assert order[buffer[2, 2]] == [3, 4, 5]
        assert nearness[2, 2] == pytest.approx(2)


def test_backs_are_drawn_only_where_wanted():
    points = [[0, 0, 1], [16, 0, 1], [0, 16, 1]]  # clockwise to the viewer
    assert (fill(points, TRIANGLE, [False])[0] == EMPTY).all()
    assert fill(points, TRIANGLE, [True])[0][2, 2] == 0


def test_weights_of_corners_rebuild_the_position():
    points = np.array([[1, 2, 1], [9, 3, 1], [4, 11, 1]], np.float32)
    weights = weigh_corners(points, 0, 1, 2, 4.5, 5.5)
    np.testing.assert_allclose(np.array(weights) @ points[:, :2], [4.5, 5.5], rtol=1e-5)
    assert sum(weights) == pytest.approx(1)
