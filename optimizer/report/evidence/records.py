"""Provenance of an evidence pack in two public forms: RO-Crate 1.1 (Process Run Crate 0.5) and PROV-JSON.

Both speak of files and runs: what went in, which tool did what, what came out. They hold no clock but ``made_on``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from optimizer.report.evidence.files import CHAIN, CRATE, MANIFEST, PROV, SEAL, Entry
from optimizer.texts import say

PROFILE = "https://w3id.org/ro/wfrun/process/0.5"
SPECIFICATION = "https://w3id.org/ro/crate/1.1"
CONTEXT = [f"{SPECIFICATION}/context", "https://w3id.org/ro/terms/workflow-run/context"]
FORMATS = {
    "csv": "text/csv",
    "json": "application/json",
    "yaml": "application/yaml",
    "html": "text/html",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "txt": "text/plain",
    "beancount": "text/plain",
    "sql": "application/sql",
}
"""Media types by the ending of a name; a table of our own, since the system's differs between machines."""

ORGANISATIONS = ("bank", "company")
"""Roles of agents that are no persons."""

ACTIVITIES: Mapping[str, Mapping[str, Iterable[str]]] = {
    "split": {"used": ["inputs", "rule"], "made": ["outputs"]},
    "pay_run": {"used": [], "made": ["inputs/payments.csv", "inputs/payment_events.csv"]},
    "match": {
        "used": ["inputs/payments.csv", "inputs/payment_events.csv", "inputs/confirmations.csv", "outputs"],
        "made": ["outputs/findings.csv", "outputs/reconciliation.csv"],
    },
}
"""What each activity used and made, by file or folder; a file goes to the activity that names it most closely."""

CARRIED_OUT_BY = {"split": ("tool",), "pay_run": ("bank", "approver"), "match": ("tool",)}


def ro_crate(files: Mapping[str, Entry], run: Mapping[str, Any]) -> dict[str, Any]:
    """The RO-Crate metadata of a pack: one run, whose instrument is the tool and its version, object the inputs and the
    rule, result the outputs."""
    names = sorted([*files, MANIFEST, SEAL])
    agents = _agents(run)
    people = [{"@id": f"#{role}", "@type": "Organization" if role in ORGANISATIONS else "Person", "name": name} for role, name in agents]
    action = {
        "@id": "#run",
        "@type": "CreateAction",
        "name": say("evidence.crate_run"),
        "endTime": str(run["made_on"]),
        "instrument": {"@id": "#tool"},
        "object": [_reference(name) for name in names if name.startswith(("inputs/", "rule/"))],
        "result": [_reference(name) for name in names if name.startswith("outputs/")],
    }
    if people:
        action["agent"] = [{"@id": person["@id"]} for person in people]
    root = {
        "@id": "./",
        "@type": "Dataset",
        "conformsTo": {"@id": PROFILE},
        "name": say("evidence.crate_name"),
        "description": say("evidence.crate_description"),
        "datePublished": str(run["made_on"]),
        "license": {"@id": "#licence"},
        "hasPart": [_reference(name) for name in names],
        "mentions": [{"@id": "#run"}],
    }
    described = {"name": say("evidence.licence_name"), "description": say("evidence.licence")}
    graph: list[dict[str, Any]] = [
        {"@id": CRATE, "@type": "CreativeWork", "about": {"@id": "./"}, "conformsTo": {"@id": SPECIFICATION}},
        root,
        {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"},
        {"@id": "#licence", "@type": "CreativeWork", **described},
        {"@id": "#tool", "@type": "SoftwareApplication", "name": str(run["tool"]), "softwareVersion": str(run["version"])},
        action,
        *people,
        *(_file(name, files.get(name)) for name in names),
    ]
    return {"@context": CONTEXT, "@graph": graph}


def _reference(name: str) -> dict[str, str]:
    return {"@id": quote(name)}


def _file(name: str, entry: Entry | None) -> dict[str, str]:
    """A file of the pack; those written after the crate, which vouch for it, have no hash here."""
    found = {"@id": quote(name), "@type": "File", "name": name}
    if name.rpartition(".")[2] in FORMATS:
        found["encodingFormat"] = FORMATS[name.rpartition(".")[2]]
    if entry is not None:
        found |= {"contentSize": str(entry.size), "sha256": entry.sha256}
    return found


def _agents(run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Role and name of those who took part, beside the tool, by role."""
    return sorted((str(role), str(name)) for role, name in dict(run.get("agents") or {}).items())


def prov(files: Mapping[str, Entry], run: Mapping[str, Any]) -> dict[str, Any]:
    """The pack as a PROV-JSON document (W3C submission of 24 April 2013): files are entities; split, pay run and match
    are activities; the tool and ``run["agents"]`` (role to name) are agents.

    ``run["activities"]`` may tell otherwise than ``ACTIVITIES`` what those three used and made. What the split made is
    derived from the rule, and the rule is attributed to its author; the manifest is a revision of the one before.
    """
    activities = run.get("activities") or ACTIVITIES
    content = sorted(name for name in files if not name.startswith(f"{CHAIN}/") and name != PROV)
    made = _nearest(content, activities, "made")
    used = [pair for pair in _nearest(content, activities, "used") if pair not in made]
    active = sorted({activity for activity, _ in used} | {activity for activity, _ in made})
    agents = dict(_agents(run))
    links = sorted((name for name in files if name.startswith(f"{CHAIN}/")), key=lambda name: int(name.split("/")[1].split("-")[0]))
    rules = [name for name in content if name.startswith("rule/")]
    derived = [(name, rule, "") for activity, name in made if activity == "split" for rule in rules]
    revised = [*links, MANIFEST]
    derived += [(after, before, "prov:Revision") for before, after in itertools.pairwise(revised)]
    known = ["tool", *agents]
    carried = [(activity, agent) for activity in active for agent in CARRIED_OUT_BY.get(activity, ("tool",)) if agent in known]
    return {
        "prefix": {"pack": "urn:x-optimizer:pack:", "run": "urn:x-optimizer:run:", "optimizer": "urn:x-optimizer:term:"},
        "entity": {f"pack:{quote(name)}": _entity(name, files) for name in [*content, *links, MANIFEST]},
        "activity": {f"run:{activity}": {"prov:label": say(f"evidence.activity.{activity}")} for activity in active},
        "agent": {
            "run:tool": {"prov:type": _name("prov:SoftwareAgent"), "prov:label": f"{run['tool']} {run['version']}"},
            **{f"run:{role}": {"prov:type": _name(_kind(role)), "prov:label": name} for role, name in agents.items()},
        },
        "used": _numbered("u", [{"prov:activity": f"run:{a}", "prov:entity": f"pack:{quote(n)}"} for a, n in used]),
        "wasGeneratedBy": _numbered("g", [{"prov:activity": f"run:{a}", "prov:entity": f"pack:{quote(n)}"} for a, n in made]),
        "wasAssociatedWith": _numbered("a", [{"prov:activity": f"run:{a}", "prov:agent": f"run:{who}"} for a, who in carried]),
        "wasAttributedTo": _numbered(
            "t", [{"prov:entity": f"pack:{quote(rule)}", "prov:agent": "run:rule_author"} for rule in rules if "rule_author" in agents]
        ),
        "wasDerivedFrom": _numbered("d", [_derivation(*each) for each in derived]),
    }


def _nearest(names: Iterable[str], activities: Mapping[str, Mapping[str, Iterable[str]]], verb: str) -> list[tuple[str, str]]:
    """Pairs of activity and file: each file with the activity that names it in ``verb``, or else the nearest folder above."""
    places = {place: activity for activity, parts in sorted(activities.items()) for place in parts.get(verb, ())}
    found = []
    for name in names:
        place = name
        while place and place not in places:
            place = place.rpartition("/")[0]
        if place:
            found.append((places[place], name))
    return found


def _entity(name: str, files: Mapping[str, Entry]) -> dict[str, str]:
    found = {"prov:label": name}
    return found | ({"optimizer:sha256": files[name].sha256} if name in files else {})


def _kind(role: str) -> str:
    return "prov:Organization" if role in ORGANISATIONS else "prov:Person"


def _name(name: str) -> dict[str, str]:
    return {"$": name, "type": "prov:QUALIFIED_NAME"}


def _derivation(after: str, before: str, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"prov:generatedEntity": f"pack:{quote(after)}", "prov:usedEntity": f"pack:{quote(before)}"}
    return found | ({"prov:type": _name(kind)} if kind else {})


def _numbered(letter: str, relations: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"_:{letter}{number}": relation for number, relation in enumerate(relations, start=1)}
