"""Dates of every usual spelling, read alike by scripts and by the harness."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pandas as pd

YEAR = r"(?P<year>1[4-9]\d\d|2[0-2]\d\d)"
SHORT_YEAR = r"(?P<year>1[4-9]\d\d|2[0-2]\d\d|\d\d)"
DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
HOURS = r"(?P<hours>(?:[t\s,:]+\d.*)?)"
MONTH_WORD = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
MONTH_STARTS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ISO_FORM = r"(?:1[4-9]|2[0-2])\d\d-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:z|[-+]\d\d:\d\d)?)?"
DATE_FORMS = (
    YEAR + r"([-/.])(?P<month>\d{1,2})\2(?P<day>\d{1,2})" + HOURS,
    r"(?P<first>\d{1,2})(?P<mark>[-/.])(?P<second>\d{1,2})(?P=mark)" + YEAR + HOURS,
    r"(?P<first>\d{1,2})(?P<mark>/)(?P<second>\d{1,2})/(?P<year>\d\d)" + HOURS,
    r"(?P<first>\d\d)(?P<mark>[-.])(?P<second>\d\d)(?P=mark)(?P<year>\d\d)" + HOURS,
    DAY + r"[-/.\s]*" + MONTH_WORD + r"[-/.,\s]*" + SHORT_YEAR + HOURS,
    MONTH_WORD + r"[-/.\s]*" + DAY + r"[-/.,\s]+" + YEAR + HOURS,
    MONTH_WORD + r"[-/.,'\s]*" + SHORT_YEAR,
    YEAR + r"[-/.\s]*" + MONTH_WORD + r"(?:[-/.\s]+(?P<day>\d{1,2}))?",
    YEAR + r"(?:[-/.]|[-\s]?m)(?P<month>\d{1,2})",
    r"(?P<month>\d{1,2})[-/.]" + YEAR,
    YEAR + r"[-\s]?w(?P<week>0?[1-9]|[1-4]\d|5[0-3])(?:-?(?P<weekday>[1-7]))?",
    YEAR + r"[-\s]?q(?P<quarter>[1-4])",
    r"q(?P<quarter>[1-4])[-/\s]?" + YEAR,
)


def date_parts(text: str) -> dict[str, str]:
    """The parts of one spelled date by name, none where the text is no date."""
    text = re.sub(r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[,.\s]+", "", text)
    for form in DATE_FORMS:
        found = re.fullmatch(form, text)
        if found:
            return {k: v for k, v in found.groupdict().items() if v}
    return {}


def iso_text(parts: dict[str, str], day_first: bool) -> str | None:
    """The parts of a date as year-month-day and hours, None where there is no such month."""
    if not parts:
        return None
    year = parts["year"]
    if len(year) == 2:
        year = ("19" if year >= "69" else "20") + year
    if "week" in parts:
        monday = date.fromisocalendar(int(year), 1, int(parts.get("weekday", "1")))
        return str(monday + timedelta(weeks=int(parts["week"]) - 1))
    month, day = parts.get("month", "1"), parts.get("day", "1")
    if "first" in parts:
        first, second = parts["first"], parts["second"]
        turned = int(second) <= 12 and (day_first or int(first) > 12)
        month, day = (second, first) if turned else (first, second)
    elif "quarter" in parts:
        month = str(3 * int(parts["quarter"]) - 2)
    elif not month.isdigit():
        month = str(MONTH_STARTS.index(month[:3]) + 1)
    hours = parts.get("hours", "").strip("t ,:").upper()
    return f"{year}-{int(month):02d}-{int(day):02d} {hours}".strip() if 1 <= int(month) <= 12 else None


def moments_of(values: pd.Series) -> pd.Series:
    """A column of any spelling as timestamps without a zone (UTC where it had one), NaT where it is none.

    The whole column tells whether days stand before months, so give all the rows that must read alike.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
    if pd.api.types.is_numeric_dtype(values):
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]")
    codes, spelled = pd.factorize(values.astype("string").str.strip().str.lower())
    if pd.Series(spelled).str.fullmatch(ISO_FORM).all():  # most often, and read much faster
        moments = pd.to_datetime(pd.Series(spelled).str.upper(), errors="coerce", format="ISO8601", utc=True)
        return moments.dt.tz_localize(None).reindex(codes).set_axis(values.index)
    parts = [date_parts(str(text)) for text in spelled]
    numbered = [p for p in parts if "first" in p]
    firsts, seconds = ({int(p[place]) for p in numbered} for place in ("first", "second"))
    monthly = len(firsts) == 1 and len(seconds) > 2  # the same day of many months
    day_first = monthly or any(int(p["first"]) > 12 or p["mark"] == "." for p in numbered)
    day_first = day_first and all(second <= 12 for second in seconds)
    texts = pd.Series([iso_text(p, day_first) for p in parts], dtype=object)
    # Offsets that differ can only be one column in one zone.
    moments = pd.to_datetime(texts, errors="coerce", format="mixed", utc=True).dt.tz_localize(None)
    return moments.reindex(codes).set_axis(values.index)
