"""What a planner reads about one row of the program that cannot be met."""

from __future__ import annotations

from optimizer.program.rows import EQUAL, Rows
from optimizer.texts import catalogue, say


def sentence(rows: Rows, index: int, amount: float, short: bool) -> str:
    """How much row ``index`` asks for beyond what can be, in the words of its rule.

    ``short`` says that too little can be reached; otherwise it would have to be more than is allowed. Each name of
    rows has its sentence ``noplan.rule.NAME`` (what may be missed either way also ``noplan.rule.NAME.over``), with the
    row's keys, amount and unit filled in. Where there are several possible years, the year of the row is added.
    """
    keys = {str(key): shown(str(key), value) for key, value in rows.keys.iloc[index].items()}
    scenario = keys.pop("scenario", "")
    found = _sentence(rows, index, amount, short, keys)
    return say("noplan.in_year", sentence=found, scenario=scenario) if scenario else found


def _sentence(rows: Rows, index: int, amount: float, short: bool, keys: dict[str, str]) -> str:
    over = not short and (rows.sense == EQUAL or rows.rule == "linear")
    kind = f"noplan.rule.{rows.rule}" + (".over" if over else "")
    values = {"amount": figure(amount), "unit": rows.unit[index], **keys}
    if kind in catalogue():
        return " ".join(say(kind, **values, where=_where(keys)).split())
    direction = say("noplan.too_little" if short else "noplan.too_much")
    return say("noplan.line", rule=rows.rule, names=_names(keys), direction=direction, amount=values["amount"], unit=values["unit"])


def figure(amount: float) -> str:
    """An amount with two decimals at most; small ones with the digits that tell them from nothing."""
    if abs(amount) < 0.995:
        return f"{amount:.4g}"
    text = f"{amount:,.2f}"
    return text.rstrip("0").rstrip(".")


def shown(key: str, value: object) -> str:
    """A key as a planner reads it; years are counted from 1."""
    return str(int(value) + 1) if key == "year" else str(value)  # type: ignore[call-overload]


def _names(keys: dict[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in keys.items())


def _where(keys: dict[str, str]) -> str:
    """The keys of a repeated rule beside its name, as an addition to a sentence."""
    rest = {key: value for key, value in keys.items() if key != "name" and value != "all"}
    return f"({_names(rest)})" if rest else ""
