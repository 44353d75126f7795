"""Tables of a register as text: columns in the registry's order, blank ones left out, no digit more than needed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.instance.registry import registry
from optimizer.revenue.fen import in_yuan

SOURCE = "synthetic"


def yuan(fen: pd.Series | np.ndarray) -> list[str]:
    """Amounts in fen as yuan, without needless digits: 150 fen is 1.5."""
    return [in_yuan(amount, mark="").rstrip("0").rstrip(".") for amount in fen]


def numbered(letter: str, count: int) -> list[str]:
    """Names such as P0001 for ``count`` rows, as long as the count asks for."""
    digits = max(2, len(str(count)))
    return [f"{letter}{i:0{digits}d}" for i in range(1, count + 1)]


def as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Every column as text: dates as YYYY-MM-DD, figures short, what is absent blank."""
    made = {}
    for column in frame:
        codes, values = pd.factorize(frame[column])
        texts = np.array([*map(_text, values), ""], dtype=object)
        made[column] = texts[codes]
    return pd.DataFrame(made, columns=frame.columns)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return f"{value:%Y-%m-%d}" if hasattr(value, "strftime") else str(value)


def write_table(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Write one table of the register, sources included; a table without rows is not written."""
    if frame.empty:
        return
    text = as_text(frame)
    columns = [column for column in registry()[name].columns if column in text and (text[column] != "").any()]
    folder.mkdir(parents=True, exist_ok=True)
    text[columns].assign(source=SOURCE).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n", encoding="utf-8")


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    for name, frame in tables.items():
        write_table(folder, name, frame)
