"""The Autobahn test suite; see Tests/Autobahn/suite.py for what it is asked and what not."""

import sys
from pathlib import Path

import pytest
from broker import IS_SWIFTLET

sys.path.append(str(Path(__file__).parents[1] / "Autobahn"))
import suite

pytestmark = pytest.mark.skipif(not IS_SWIFTLET, reason="of our own listener")


# How many cases there are of each chapter: none goes missing unseen.
@pytest.mark.parametrize("chapter, count, argued", [
    (1, 16, 0), (2, 11, 0), (3, 7, 0), (4, 10, 0), (5, 20, 0), (6, 145, 75), (7, 37, 0),
    (9, 50, 2), (10, 1, 0),
])
def test_cases(tmp_path, chapter, count, argued):
    results = suite.run(tmp_path, [f"{chapter}.*"], suite.SLOW)
    assert suite.failures(results) == []
    assert len(results) == count
    assert sum(suite.is_argued(one) for one in results) == argued


def test_a_message_larger_than_any_packet_ends_the_connection(tmp_path):
    results = suite.run(tmp_path, sorted(suite.TOO_LARGE))
    assert [(one.case_id, one.remote_close_code) for one in results] == [
        ("9.1.6", 1000), ("9.2.6", 1000)]


def test_extensions_are_declined(tmp_path):
    results = suite.run(tmp_path, ["12.1.1", "13.1.1"], None)
    assert [one.behavior.value for one in results] == ["UNIMPLEMENTED"] * 2
