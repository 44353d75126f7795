"""Years from a file of their own: what it may hold, and what is told of one that is wrong."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from optimizer.instance.instance import Instance
from optimizer.instance.scenarios import years_from
from optimizer.problems import InputError

Farm = Callable[..., Instance]


@pytest.fixture
def years(farm: Farm, tmp_path: Path) -> Callable[[str], tuple[object, ...]]:
    """The years of a file with this text."""

    def read(text: str) -> tuple[object, ...]:
        (tmp_path / "past.csv").write_text(text, encoding="utf-8")
        return tuple(
            (one.name, one.label, one.probability, [float(v) for v in one.instance.table("yields")["yield_kg_per_mu"]])
            for one in years_from(farm(), tmp_path / "past.csv")
        )

    return read


def test_without_probabilities_all_are_alike(years: Callable[[str], tuple[object, ...]]) -> None:
    """In the order of the file; a row for ``*`` holds in all years, so that 2008 has 0.5 x 0.9 of 4000 and 2000 kg."""
    text = "scenario,figure,product,factor\n2008,yield,,0.5\n2007,price,potato,0.8\n*,yield,,0.9\n"
    assert years(text) == (
        ("2008", "2008", Fraction(1, 2), pytest.approx([1800, 900])),
        ("2007", "2007", Fraction(1, 2), pytest.approx([3600, 1800])),
    )


def test_probability_and_label_need_to_stand_once(years: Callable[[str], tuple[object, ...]]) -> None:
    text = (
        "scenario,figure,product,factor,probability,label\n"
        "a,yield,cabbage,0.5,1/3,Hail\na,yield,potato,0.75,,\nb,yield,*,1,2/3,\n"
    )  # fmt: skip
    assert years(text) == (("a", "Hail", Fraction(1, 3), [2000, 1500]), ("b", "b", Fraction(2, 3), [4000, 2000]))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ["past.csv row 1: found an empty file; expected a first line with the columns' names"]),
        ("scenario,figure,factor\n", ["past.csv, scenario: found nothing; expected a CSV file of years with the columns of table "
                                      "scenario_factors, and probability and label if wanted"]),
        ("scenario,figure,factor\na,yield,less\n", ["past.csv row 2, factor: found less; expected a number from 0 to 1000000, "
                                                    "written like 1234.5"]),
        ("scenario,figure,product,factor\na,yield,cabage,1\n",
         ["past.csv row 2, product: found cabage; expected known names of products, sets' names, all, or each NAME; "
          "nearest known name: cabbage"]),
        ("scenario,figure,market,factor\na,yield,town,1\n",
         ["past.csv row 2, market: found town; expected nothing, since figure yield looks at activity, base, product, period only"]),
        ("scenario,figure,factor\na,purchase_price,2\n",
         ["past.csv row 2, figure: found purchase_price; expected a row that speaks of at least one figure of the instance"]),
        ("scenario,figure,factor,probability\na,yield,1,1/2\nb,yield,1,1/3\n",
         ["past.csv, probability: found 5/6; expected probabilities that sum to exactly 1 (shares such as 1/30 are exact)"]),
        ("scenario,figure,factor,probability\na,yield,1,1\nb,yield,1,\n",
         ["past.csv, probability: found no probability of b; expected probabilities that sum to exactly 1 "
          "(shares such as 1/30 are exact)"]),
        ("scenario,figure,factor,probability\na,yield,1,1\na,price,1,1/2\n",
         ["past.csv row 3, probability: found 1/2; expected the same probability in every row of the year (1 stands above), or blank"]),
        ("scenario,figure,factor,probability\na,yield,1,often\n",
         ["past.csv row 2, probability: found often; expected a share from 0 to 1, such as 0.35, 35% or 1/3"]),
        ("scenario,figure,factor,probability\n*,yield,1,1\na,yield,0.5,1\n",
         ["past.csv row 2, scenario: found *; expected the name of one year, since this row states its probability or label"]),
        ("scenario,figure,factor\na b,yield,1\n",
         ["past.csv row 2, scenario: found a b; expected a name of letters, digits, - _ and . that begins with a letter or digit, "
          "has at most 80 of them and is none of all, each, none, bought, unlimited"]),
        ("scenario,figure,factor,wind\na,yield,1,4\n",
         ["past.csv row 1, wind: found an unknown column; expected one of scenario, figure, activity, base, product, market, channel, "
          "from, to, period, factor, source, note"]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file(years: Callable[[str], tuple[object, ...]], text: str, says: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        years(text)
    assert list(caught.value.lines) == says


def test_no_file(farm: Farm, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no such file; expected a CSV file of years"):
        years_from(farm(), tmp_path / "none.csv")
