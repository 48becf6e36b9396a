"""The reporter: prose about an attempt, with numbers of its digest alone."""

from __future__ import annotations

from typing import Any

import yaml

from actors.models.offline.conversation import Question, fences


def find(value: Any, names: tuple[str, ...]) -> Any:
    """The first value under one of these keys, searched from the top down."""
    if isinstance(value, dict):
        for name in names:
            if value.get(name) not in (None, "", [], {}):
                return value[name]
        for inner in value.values():
            found = find(inner, names)
            if found is not None:
                return found
    if isinstance(value, list):
        for inner in value:
            found = find(inner, names)
            if found is not None:
                return found
    return None


def reporter(question: Question) -> str:
    """Three short sections."""
    blocks = fences(question.section("Attempt"))
    digest = yaml.safe_load(blocks[0]) if blocks else {}
    winner = find(digest, ("winner", "best", "submitted"))
    name = winner if isinstance(winner, str) else find(winner, ("name", "title", "plan", "origin", "step"))
    score = (
        find(winner, ("score", "validation_score"))
        if isinstance(winner, dict)
        else find(digest, ("best_score", "score"))
    )
    won = f"The submitted solution ({name or 'the best validated one'}) had the best validation score of the attempt"
    won += f": {score}." if score is not None else "."
    risks = ["Validation chose among several candidates, so its score is somewhat optimistic."]
    if question.brief.split.kind in ("time", "group", "block"):
        risks.append(
            f"The test rows differ from training by {question.brief.split.kind}; a shift would cost score."
        )
    learnt = find(digest, ("learnt", "summary", "ablation", "summaries"))
    text = (
        learnt
        if isinstance(learnt, str)
        else "Candidates were compared on the same folds; see the table of steps."
    )
    bullets = "\n".join(f"- {r}" for r in risks)
    return f"### Why the winner won\n\n{won}\n\n### What was learnt\n\n{text.strip()}\n\n### Risks\n\n{bullets}\n"
