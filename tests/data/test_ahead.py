"""Batches made ahead are the batches that would have been made."""

import threading

import pytest

from msmd.data.ahead import Ahead


def test_results_are_those_of_the_function_in_any_order_of_numbers():
    ahead = Ahead(lambda number: number**2)
    numbers = [*range(10), 40, 41, 44, 47, 50, 3, 3, 4]
    assert [ahead(number) for number in numbers] == [number**2 for number in numbers]
    ahead.close()


def test_the_next_results_are_made_before_they_are_asked_for():
    made, enough = [], threading.Event()

    def make(number: int) -> int:
        made.append(number)
        if len(made) == 7:
            enough.set()
        return number

    ahead = Ahead(make, ahead=3)
    assert ahead(2) == 2
    assert ahead(5) == 5  # from here on in steps of 3
    assert enough.wait(10)
    assert made[:1] == [2] and {8, 11, 14} <= set(made)
    ahead.close()


def test_an_error_comes_when_its_number_is_asked_for():
    def make(number: int) -> float:
        return 1 / (number - 2)

    ahead = Ahead(make)
    assert ahead(0) == -0.5
    assert ahead(1) == -1
    with pytest.raises(ZeroDivisionError):
        ahead(2)
    assert ahead(3) == 1
    ahead.close()
