"""Dates of every usual spelling, for the facts of a column and for splits by time.

Scripts read dates by the same rule (`moments_of` of the offline catalogue, which is copied into them).
"""

from __future__ import annotations

import re
from datetime import date, timedelta

import pandas as pd

_YEAR = r"(?P<year>1[4-9]\d\d|2[0-2]\d\d)"
_SHORT = r"(?P<year>1[4-9]\d\d|2[0-2]\d\d|\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_HOURS = r"(?P<hours>(?:[t\s,:]+\d.*)?)"
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = re.compile(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[,.\s]+")
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_HOURS}",
        rf"(?P<first>\d{{1,2}})(?P<mark>[-/.])(?P<second>\d{{1,2}})(?P=mark){_YEAR}{_HOURS}",
        rf"(?P<first>\d{{1,2}})(?P<mark>/)(?P<second>\d{{1,2}})/(?P<year>\d\d){_HOURS}",
        rf"(?P<first>\d\d)(?P<mark>[-.])(?P<second>\d\d)(?P=mark)(?P<year>\d\d){_HOURS}",
        rf"{_DAY}[-/.\s]*{_MONTH}[-/.,\s]*{_SHORT}{_HOURS}",
        rf"{_MONTH}[-/.\s]*{_DAY}[-/.,\s]+{_YEAR}{_HOURS}",
        rf"{_MONTH}[-/.,'\s]*{_SHORT}",
        rf"{_YEAR}[-/.\s]*{_MONTH}(?:[-/.\s]+(?P<day>\d{{1,2}}))?",
        rf"{_YEAR}(?:[-/.]|[-\s]?m)(?P<month>\d{{1,2}})",
        rf"(?P<month>\d{{1,2}})[-/.]{_YEAR}",
        rf"{_YEAR}[-\s]?w(?P<week>0?[1-9]|[1-4]\d|5[0-3])(?:-?(?P<weekday>[1-7]))?",
        rf"{_YEAR}[-\s]?q(?P<quarter>[1-4])",
        rf"q(?P<quarter>[1-4])[-/\s]?{_YEAR}",
    )
)


def as_dates(values: pd.Series) -> pd.Series:
    """A column as timestamps without a zone (UTC where it had one), NaT where a value is no date.

    Days stand before months where a first number exceeds 12 and no second one does, where the first
    number is the same in many months, or where dots separate them; give all the rows that must read alike.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
    codes, spelled = pd.factorize(values.astype("string").str.strip().str.lower())
    parts = [_parts(str(text)) for text in spelled]
    numbered = [p for p in parts if "first" in p]
    firsts, seconds = ({int(p[place]) for p in numbered} for place in ("first", "second"))
    monthly = len(firsts) == 1 and len(seconds) > 2  # the same day of many months
    day_first = monthly or any(int(p["first"]) > 12 or p["mark"] == "." for p in numbered)
    day_first = day_first and all(second <= 12 for second in seconds)
    texts = pd.Series([_iso(p, day_first) for p in parts], dtype=object)
    # Offsets that differ can only be one column in one zone.
    moments = pd.to_datetime(texts, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    return moments.reindex(codes).set_axis(values.index)


def _parts(text: str) -> dict[str, str]:
    text = _WEEKDAY.sub("", text)
    found = next((m for m in (form.fullmatch(text) for form in _FORMS) if m), None)
    return {k: v for k, v in found.groupdict().items() if v} if found else {}


def _iso(parts: dict[str, str], day_first: bool) -> str | None:
    """The parts as year-month-day and hours, None where there is no such month."""
    if not parts:
        return None
    year = parts["year"]
    if len(year) == 2:
        year = ("19" if year >= "69" else "20") + year
    if "week" in parts:
        start = date.fromisocalendar(int(year), 1, int(parts.get("weekday", "1")))
        return str(start + timedelta(weeks=int(parts["week"]) - 1))
    month, day = parts.get("month", "1"), parts.get("day", "1")
    if "first" in parts:
        month, day = parts["first"], parts["second"]
        if int(day) <= 12 and (day_first or int(month) > 12):
            month, day = day, month
    elif "quarter" in parts:
        month = str(3 * int(parts["quarter"]) - 2)
    elif not month.isdigit():
        month = str(_MONTHS.index(month[:3]) + 1)
    hours = parts.get("hours", "").strip("t ,:").upper()
    return f"{year}-{int(month):02d}-{int(day):02d} {hours}".strip() if 1 <= int(month) <= 12 else None
