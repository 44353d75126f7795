"""Write the SYNTHETIC register and year of payments that belong to a plan: register/*.csv and paid/payments.csv.

Nobody in it exists and nothing in it was paid. The plan's sales, a few per cent off, are divided by the split rule, its
days go to the registered workers, and everybody is paid to the fen; a rerun gives the same bytes:
    python make_year.py [RESULTS]
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import optimizer
from optimizer.audit.result import read_result, results_folder
from optimizer.audit.synthetic import write_year

HERE = Path(__file__).parent
RESULTS = HERE.parent.parent / "results" / "weining"
SEED = 2019

if __name__ == "__main__":
    result = read_result(results_folder(Path(sys.argv[1]) if len(sys.argv) > 1 else RESULTS))
    for folder in ("register", "paid"):
        shutil.rmtree(HERE / folder, ignore_errors=True)
    write_year(optimizer.load(HERE), result, HERE, SEED)
