"""What a replanned result holds beside an ordinary one: what was done, the year it was planned for, and where it came from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from optimizer.audit.result import REPLANNED, RUN, YEARS
from optimizer.instance.instance import Instance
from optimizer.report.folder import added_whole, text_file
from optimizer.report.provenance import way_to
from optimizer.season.done import Done

DONE = "done.csv"


def add_what_was_done(target: Path, stored: Path, done: Done, instance: Instance, years: Path | None, year: str | None) -> None:
    """Copy the file of what was done (and that of years) into the results folder ``target``, and note in run.json the way
    to the plan it went on from, the first open period and the year. Raises InputError where it cannot be written."""
    noted = {"results_folder": way_to(stored, target), "from": done.period(instance), "done": DONE}
    with added_whole(target, ()) as draft:
        shutil.copyfile(done.file, draft / DONE)
        if years is not None:
            shutil.copyfile(years, draft / YEARS)
            noted |= {"years": YEARS, "year": str(year)}
        run = json.loads((draft / RUN).read_text(encoding="utf-8"))
        text_file(draft, RUN, json.dumps({**run, REPLANNED: noted}, ensure_ascii=False, indent=2) + "\n")
