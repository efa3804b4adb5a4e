"""The self-check reaches the project's targets, and it would notice an analysis that does not."""

from __future__ import annotations

import pytest

from reports.__main__ import main
from reports.analyse import crossovers, intervals, winners
from reports.selfcheck import checks


def test_all_targets_are_reached(capsys):
    assert main(["selfcheck"]) == 0
    told = capsys.readouterr().out
    assert told.count("ok  ") == 20
    assert "FAILED" not in told


def test_too_narrow_intervals_are_noticed(monkeypatch):
    monkeypatch.setattr(intervals, "LEVEL", 0.8)
    failed = [check.name for check in checks._ratios(0, sizes=40) if not check.passed]
    assert any("inside their 95 % interval" in name for name in failed)


def test_verdicts_without_a_band_are_noticed(monkeypatch):
    monkeypatch.setattr(winners, "TIE_BAND", 0.001)
    monkeypatch.setattr(crossovers, "TIE_BAND", 0.001)
    monkeypatch.setattr(winners, "discoveries", lambda p: p < 1.1)
    failed = [check.name for check in checks._nothing_there(0, worlds=10) if not check.passed]
    assert "10 null worlds: invented crossings" in failed
    assert "A/A worlds: control copies called different, percent" in failed


@pytest.mark.parametrize("seed", [11])
def test_crossings_do_not_depend_on_the_draw(seed):
    assert all(check.passed for check in checks._crossings(seed))
