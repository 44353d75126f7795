"""Made-up people: members of every household, their accounts, their land, shares and agreements. Nobody in it exists."""

from __future__ import annotations

import hashlib
from fractions import Fraction

import numpy as np
import pandas as pd

from optimizer.audit.synthetic.calendar import Calendar
from optimizer.audit.synthetic.writing import numbered
from optimizer.instance.document import Branch, SplitRule
from optimizer.instance.instance import Instance
from optimizer.revenue.fen import half_up

SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
FIRST = "国建志文明玉晓海春秋永光家德正天世俊思雨子安新兴长福庆少云东"
SECOND = {
    "male": "强军伟勇刚平辉华杰涛波斌超鹏飞龙林峰亮宇成贵才富旺山松柱根生",
    "female": "英芳秀兰梅珍霞燕红丽娟敏静艳琴凤香莲菊芬玲琼花翠萍仙娥蓉慧云",
}
"""Common family names and the two syllables of given names."""

HASH_DIGITS = 12
PAR_FEN = 10_000
CHILD, ADULT, ELDER = (3, 17), (19, 58), (61, 84)
"""Ages, first and last, of those who are too young to work, of those able to, and of those too old."""


def members(instance: Instance, calendar: Calendar, rng: np.random.Generator, seed: int) -> pd.DataFrame:
    """As many people as each household has persons: the able ones first, of whom the first is its head.

    Beside the register's columns: ``place`` within the household and ``able``.
    """
    households = instance.table("households").sort_values("household", ignore_index=True)
    frame = households.loc[households.index.repeat(households["persons"]), ["household", "workers", "registered_on"]]
    frame["place"] = frame.groupby("household").cumcount()
    frame = frame.reset_index(drop=True)
    frame["able"] = frame["place"] < frame["workers"]
    frame.insert(0, "person", numbered("M", len(frame)))
    is_old = ~frame["able"] & ((rng.random(len(frame)) < 0.3) | ((frame["place"] == 0) & (frame["workers"] == 0)))
    frame["born_on"] = _birthdays(frame["able"], is_old, calendar, rng)
    joined = frame["registered_on"].fillna(calendar.before(4, 6))
    frame["joined_on"] = joined.mask(frame["born_on"] > joined, frame["born_on"])
    frame["sex"] = _sexes(frame, rng)
    frame["name"] = _names(frame, rng)
    frame["id_hash"] = [hashlib.sha256(f"{seed}/{person}".encode()).hexdigest()[:HASH_DIGITS] for person in frame["person"]]
    frame["id_tail"] = [f"{tail:02d}" for tail in rng.integers(0, 100, len(frame))]
    frame["id_check"] = "valid"
    phones = [f"{tail:04d}" for tail in rng.integers(0, 10_000, len(frame))]
    frame["phone_tail"] = pd.Series(phones, index=frame.index, dtype=object).where(frame["place"] == 0, "")
    return frame


def _birthdays(able: pd.Series, is_old: pd.Series, calendar: Calendar, rng: np.random.Generator) -> pd.Series:
    """Days of birth by age group, no two of them alike as long as there are enough days."""
    days = np.zeros(len(able), dtype=np.int64)
    for group, (youngest, oldest) in ((able, ADULT), (is_old, ELDER), (~able & ~is_old, CHILD)):
        count, span = int(group.sum()), 365 * (oldest - youngest + 1)
        days[group.to_numpy()] = 365 * youngest + np.resize(rng.permutation(span), count)
    return calendar.begins - pd.to_timedelta(pd.Series(days, index=able.index), unit="D")


def _sexes(frame: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Husband and wife first, everyone else by chance."""
    is_man = rng.random(len(frame)) < 0.5
    head = is_man[(np.arange(len(frame)) - frame["place"]).to_numpy()]
    is_man = np.where((frame["place"] == 1) & frame["able"], ~head, is_man)
    return np.where(is_man, "male", "female").astype(object)


def _names(frame: pd.DataFrame, rng: np.random.Generator) -> list[str]:
    """The head's family name for all but the second adult; given names of two syllables, each name once in a household."""
    surname = rng.integers(0, len(SURNAMES), len(frame))
    head = surname[(np.arange(len(frame)) - frame["place"]).to_numpy()]
    own = (frame["place"] == 1) & frame["able"]
    surname = np.where(own, surname, head)
    first = (rng.integers(0, len(FIRST), len(frame)) + frame["place"]) % len(FIRST)
    second = rng.integers(0, min(map(len, SECOND.values())), len(frame))
    people = zip(surname, first, frame["sex"], second, strict=True)
    return [SURNAMES[family] + FIRST[one] + SECOND[sex][two] for family, one, sex, two in people]


def accounts(people: pd.DataFrame, rng: np.random.Generator, seed: int) -> pd.DataFrame:
    """One account for each household, in its head's name, since it was registered."""
    heads = people[people["place"] == 0].reset_index(drop=True)
    names = numbered("A", len(heads))
    return pd.DataFrame(
        {
            "account": names,
            "household": heads["household"],
            "number_hash": [hashlib.sha256(f"{seed}/{name}".encode()).hexdigest()[:HASH_DIGITS] for name in names],
            "number_tail": [f"{tail:04d}" for tail in rng.integers(0, 10_000, len(heads))],
            "holder": heads["name"],
            "valid_from": heads["joined_on"],
        }
    )


def parcels_and_leases(instance: Instance, calendar: Calendar) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A parcel and a lease behind each rent link, at the base's rent per mu (the mean of its land classes)."""
    links = instance.table("links")
    rents = links[links["kind"] == "rent"].sort_values(["household", "to"], ignore_index=True)
    land = instance.table("land")
    value = (land["area_mu"] * land["rent_yuan_per_mu"]).groupby(land["base"]).sum()
    mean = value / land.groupby("base")["area_mu"].sum()
    rate = half_up(rents["to"].map(mean).to_numpy(dtype=float))
    names = numbered("L", len(rents))
    parcels = pd.DataFrame({"parcel": numbered("K", len(rents)), "household": rents["household"], "area_mu": rents["area_mu"]})
    leases = pd.DataFrame(
        {
            "lease": names, "household": rents["household"], "base": rents["to"], "parcel": parcels["parcel"],
            "area_mu": rents["area_mu"], "rate_yuan_per_mu": rate / 100, "agreed_rate_yuan_per_mu": rate / 100,
            "valid_from": calendar.since(rents["valid_from"]), "valid_to": rents["valid_to"],
        }
    )  # fmt: skip
    return parcels, leases


def shares_and_capital(instance: Instance, calendar: Calendar) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As many units as each share link weighs, and the paid-in capital they add up to."""
    links = instance.table("links")
    held = links[links["kind"] == "share"].sort_values(["household", "to"], ignore_index=True)
    shares = pd.DataFrame(
        {
            "holding": numbered("E", len(held)), "household": held["household"], "to": held["to"], "units": held["weight"],
            "par_yuan": PAR_FEN // 100, "valid_from": calendar.since(held["valid_from"]), "valid_to": held["valid_to"],
        }
    )  # fmt: skip
    capital = (shares["units"] * shares["par_yuan"]).groupby(shares["to"]).sum()
    return shares, capital.rename("capital_yuan").reset_index()


def split_agreements(instance: Instance, calendar: Calendar) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The split rules as they were signed, recorded and posted before they began."""
    rows, shares = [], []
    for number, rule in enumerate(instance.split, 1):
        name = f"G{number:02d}"
        begin = pd.Timestamp(rule.valid_from) if rule.valid_from else calendar.begins
        signed = begin - pd.Timedelta(days=40)
        rows.append(
            (
                name,
                "split",
                rule.name,
                begin,
                rule.valid_to,
                signed,
                signed + pd.Timedelta(days=3),
                signed + pd.Timedelta(days=5),
                f"D{number:02d}",
            )
        )
        shares += [(name, *part) for part in signed_shares(rule)]
    columns = ["agreement", "kind", "rule", "valid_from", "valid_to", "signed_on", "recorded_on", "posted_on", "document"]
    frame = pd.DataFrame(rows, columns=columns)
    return frame.assign(valid_to=pd.to_datetime(frame["valid_to"])), pd.DataFrame(shares, columns=["agreement", "recipient", "of", "share"])


def signed_shares(rule: SplitRule) -> list[tuple[str, str, str]]:
    """Recipient, the part it is a share of, and the share; those of ``all`` sum to one.

    Read as points, every share is one of the whole, and what a branch gives away is no longer its own.
    """
    found: dict[tuple[str, str], Fraction] = {}

    def add(to: str, of: str, share: Fraction) -> None:
        found[to, of] = found.get((to, of), Fraction(0)) + share

    for branch in rule.tree:
        given: list[Branch] = list(branch.of_which)
        is_nested = rule.reading == "nested"
        add(branch.to, "all", branch.share if is_nested else branch.share - sum((part.share for part in given), Fraction(0)))
        for part in given:
            add(part.to, branch.to if is_nested else "all", part.share)
    return [(to, of, _exact(share)) for (to, of), share in found.items()]


def _exact(share: Fraction) -> str:
    """The share as a decimal where it is one, else as a fraction."""
    decimal = f"{float(share):.10g}"
    return decimal if Fraction(decimal) == share else str(share)


def officials(instance: Instance) -> pd.DataFrame:
    """A few cadres and company staff: all without a household in the register, but for one who was looked into."""
    households = sorted(instance.table("households")["household"])
    rows = [("O01", "village secretary", "", ""), ("O02", "county bureau", "", "")]
    rows += [("O03", "base storekeeper", households[len(households) // 2], "supervision office")] if households else []
    return pd.DataFrame(rows, columns=["official", "role", "household", "cleared_by"])
