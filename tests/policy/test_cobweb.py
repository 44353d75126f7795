"""The cobweb on two bases, worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from counties import county
from two_bases import two_bases

from optimizer.policy.cobweb import seasons


def test_two_bases_swing_between_two_crops(tmp_path: Path) -> None:
    """Season 1: both believe in cabbage at 2.00 (1800 a mu, potato 1000), plant 20 mu and count on 36,000; 10 t bring 2.00
    and 10 t 0.30, a mean of 1.15, and a margin of 19,000. Season 2: cabbage at 1.15 is worth 950 a mu, so that both plant
    potato, count on 20·1000 and get it. Season 3: no cabbage was sold, so that its full price is believed in again."""
    found = seasons(county(tmp_path, two_bases()), 4)
    assert [season.season for season in found] == [1, 2, 3, 4]
    for odd, even in ((found[0], found[1]), (found[2], found[3])):
        assert odd.area_mu == pytest.approx({"cabbage": 20.0})
        assert odd.price_yuan_per_kg == pytest.approx({"cabbage": 1.15})
        assert (odd.expected_margin_yuan, odd.margin_yuan) == pytest.approx((36000, 19000))
        assert even.area_mu == pytest.approx({"potato": 20.0})
        assert even.price_yuan_per_kg == pytest.approx({"potato": 1.20})
        assert (even.expected_margin_yuan, even.margin_yuan) == pytest.approx((20000, 20000))


def test_a_price_that_still_pays_best_ends_the_swing(tmp_path: Path) -> None:
    """With 0.50 in the second tier the mean of cabbage is 1.25, worth 1050 a mu: both stay with it and count on what comes,
    20·1250 − 20·200 = 21,000."""
    found = seasons(county(tmp_path, two_bases(), "demand[product=cabbage;tier=2].price_yuan_per_kg=0.50"), 3)
    assert [season.area_mu for season in found] == [pytest.approx({"cabbage": 20.0})] * 3
    assert [season.expected_margin_yuan for season in found] == pytest.approx([36000, 21000, 21000])
    assert [season.margin_yuan for season in found] == pytest.approx([21000] * 3)


def test_no_seasons_no_figures(tmp_path: Path) -> None:
    assert seasons(county(tmp_path, two_bases()), 0) == ()
