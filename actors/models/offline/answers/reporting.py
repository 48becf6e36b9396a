"""The reporter: prose about an attempt, with numbers of its digest alone."""

from __future__ import annotations

from typing import Any

import yaml

from actors.models.offline.conversation import Question, fences

SHOWN = 6  # lines of what was learnt


def spelled(value: Any) -> str:
    """A value exactly as the digest's YAML spells it."""
    return yaml.safe_dump(value, width=10_000).splitlines()[0].strip()


def won(question: Question, winner: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    """Why the winner was submitted."""
    score = spelled(winner.get("score"))
    text = f"The winner, {winner.get('step') or 'the last script'}, has the validation score {score}"
    text += f" ({question.brief.metric}, {question.brief.direction})."
    others = [
        s for s in steps if isinstance(s.get("score"), float) and s.get("evaluated") != winner.get("step")
    ]
    if others:
        second = max(others, key=lambda s: question.brief.oriented(float(s["score"])))
        text += f" The next best script, {second['evaluated']}, has {spelled(second['score'])}."
    if winner.get("spread") is not None:
        text += f" Its folds spread by {spelled(winner['spread'])}: smaller differences say little."
    return text


def learnt(steps: list[dict[str, Any]]) -> list[str]:
    """What the ablations showed and what was decided."""
    rows = [
        line
        for s in steps
        if isinstance(s.get("ablation"), str)
        for line in s["ablation"].splitlines()
        if line.startswith("- ")
    ]
    failed = [str(s["evaluated"]) for s in steps if s.get("score") == "failed"]
    if failed:
        rows.append(f"- Did not run: {', '.join(failed[:SHOWN])}.")
    if sum("evaluated" in s for s in steps) < 2:
        rows.append("- A single script was evaluated; it was compared with nothing.")
    return rows[:SHOWN] or ["- No ablation was made; candidates were compared on the same validation rows."]


def risks(question: Question, winner: dict[str, Any], steps: list[dict[str, Any]]) -> list[str]:
    """What could make the test score fall short."""
    rows = []
    if sum(isinstance(s.get("score"), float) for s in steps) > 1:
        rows.append(
            "- The winner was chosen by its validation score, which is therefore somewhat optimistic."
        )
    printed, score = winner.get("printed"), winner.get("score")
    if isinstance(printed, float) and isinstance(score, float):
        rows.append(f"- The script itself printed {spelled(printed)}, the harness measured {spelled(score)}.")
    if winner.get("validation") == "printed":
        rows.append("- No validation rows could be moved: the score is the one that the script printed.")
    if question.brief.split.kind in ("time", "group", "block"):
        rows.append(f"- Test rows differ from training rows by {question.brief.split.kind}: mind a shift.")
    verdicts = [s for s in steps if "leak" in str(s.get("decided", "")).lower()]
    rows += [
        f"- {s['decided']}: {str(s.get('because', '')).splitlines()[0]}"
        for s in verdicts[:3]
        if s.get("because")
    ]
    return rows


def reporter(question: Question) -> str:
    """Three short sections."""
    blocks = fences(question.section("Attempt"))
    digest: Any = yaml.safe_load(blocks[0]) if blocks else {}
    steps: list[dict[str, Any]] = list(digest.get("steps") or [])
    winner: dict[str, Any] = dict(digest.get("winner") or {})
    parts = [
        ("Why the winner won", won(question, winner, steps)),
        ("What was learnt", "\n".join(learnt(steps))),
        ("Risks", "\n".join(risks(question, winner, steps))),
    ]
    return "\n\n".join(f"### {title}\n\n{body}" for title, body in parts) + "\n"
