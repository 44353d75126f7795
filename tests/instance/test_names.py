"""What the words of a selector mean."""

from __future__ import annotations

import pytest

from optimizer.instance.names import Names

NAMES = Names(
    {
        "products": ("cabbage", "radish", "potato"),
        "activities": ("grow_cabbage", "grow_potato"),
        "subjects": ("cabbage", "radish", "potato", "grow_cabbage", "grow_potato"),
        "bases": ("hill", "valley"),
    },
    {
        "groups": {"whites": ("cabbage", "radish")},
        "products": {"whites": ("cabbage", "radish")},
        "subjects": {"whites": ("cabbage", "radish")},
    },
)


@pytest.mark.parametrize(
    ("universe", "text", "groups"),
    [
        ("bases", "all", [("all", ("hill", "valley"))]),
        ("bases", "*", [("hill", ("hill",)), ("valley", ("valley",))]),
        ("bases", "each base", [("hill", ("hill",)), ("valley", ("valley",))]),
        ("products", "whites", [("whites", ("cabbage", "radish"))]),
        ("products", "potato whites", [("potato whites", ("potato", "cabbage", "radish"))]),
        ("products", "each whites", [("cabbage", ("cabbage",)), ("radish", ("radish",))]),
        ("subjects", "each group", [("whites", ("cabbage", "radish"))]),
        ("subjects", "each activity", [("grow_cabbage", ("grow_cabbage",)), ("grow_potato", ("grow_potato",))]),
    ],
)
def test_groups_of_a_selector(universe: str, text: str, groups: list[tuple[str, tuple[str, ...]]]) -> None:
    assert NAMES.groups(universe, text) == groups


@pytest.mark.parametrize("text", ["", "leek", "potato leek", "each", "each leek", "each base base", "each product"])
def test_selector_without_meaning(text: str) -> None:
    assert NAMES.groups("bases", text) is None


def test_unknown_word_is_found_among_known_ones() -> None:
    assert NAMES.unknown_word("products", "potato leek") == "leek"


def test_removed_name_leaves_its_sets() -> None:
    assert NAMES.without("products", {"radish"}).groups("subjects", "whites") == [("whites", ("cabbage",))]


def test_name_that_is_still_something_else_stays() -> None:
    both = Names({**NAMES.universes, "products": ("rye",), "activities": ("rye",), "subjects": ("rye",)}, {"groups": {}})
    assert both.without("products", {"rye"}).universes["subjects"] == ("rye",)
