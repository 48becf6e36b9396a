"""What the checkers found in an attempt's scripts."""

from __future__ import annotations

from runners.report.markup import bullets, figure, line
from runners.report.story import Finding, Story


def leakage(story: Story) -> str:
    """What the leakage checker found, and which printed scores were too good."""
    if "leakage_checker" not in story.asked:
        text = "The leakage checker was not asked."
    elif not story.leaks:
        text = "The leakage checker found no leak in what it was shown."
    else:
        rows = [f"{_place(leak)}: {line(leak.why) or 'no reason given'}" for leak in story.leaks]
        text = "The leakage checker found leaks and repaired the scripts:\n\n" + bullets(rows)
    flagged = [
        f'entry {figure(t.entry.seq)}, "{line(t.title)}": printed {figure(t.evaluation.printed)}, '
        f"measured {figure(t.evaluation.score)}"
        for t in story.tried
        if t.suspicious
    ]
    if flagged:
        text += "\n\nPrinted far better than measured, which folds do not explain:\n\n" + bullets(flagged)
    return text


def data_usage(story: Story) -> str:
    """Which scripts ignored data that the task provides."""
    if not story.unused:
        return "The data-usage checker found nothing useful ignored in what it was shown."
    rows = [_place(finding) for finding in story.unused]
    return "The data-usage checker found data ignored and answered with revised scripts:\n\n" + bullets(rows)


def _place(finding: Finding) -> str:
    ran = f', before "{line(finding.script)}" ran' if finding.script else ""
    return f"entry {figure(finding.entry.seq)}{ran}"
