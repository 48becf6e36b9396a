"""The reporter's prose holds no number of its own making."""

from __future__ import annotations

import asyncio

import pytest
import yaml
from doubles import BRIEF

from actors.briefing import render_brief
from actors.contracts import ChatRequest, Limits
from actors.errors import AnswerError
from actors.models.offline.engineer import OfflineEngineer
from actors.roles.reporter import ROLE, Inputs

DIGEST = yaml.safe_dump(
    {"winner": {"score": 0.8532198, "printed": -1e-05}, "rows": 1200, "because": "lost 12 % on\n\t0.25"}
)


@pytest.mark.parametrize(
    "text",
    [
        "It scored 0.8532198.",
        "It printed -0.00001, that is -1e-05.",
        "All 1,200 rows, 12 % lost, 0.25 too.",
        "1. First.\n2. Second.\n12) Twelfth.",
        "The 1st of three and the 22nd, a five-fold split, two of three.",
        "Fold 2 is worse than fold 1 (class 0 as well).",
        "ResNet50, R2 and fold_37 are names.",
    ],
)
def test_numbers_of_the_digest_pass(text: str) -> None:
    assert ROLE.read(Inputs("", DIGEST), text) == text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("It scored 0.853.", "0.853"),
        ("It is **0.7** good.", "0.7"),
        ("It is 3 % better.", "3 %"),
        ("It is 1.5x faster.", "1.5"),
        ("It took 30s.", "30"),
        ("Seed=77.", "77"),
        ("From 0.25–0.75.", "0.75"),
        ("11 of 12", "11"),
        ("7 of 9 scripts ran", "7, 9"),
        ("2 scripts failed", "2"),
        ("in fold 2 of 8", "2, 8"),
        ("step 3 %", "3 %"),
        ("3-4 rows", "3, 4"),
        ("a 5-fold gain", "5"),
    ],
)
def test_an_invented_number_is_refused_by_name(text: str, named: str) -> None:
    with pytest.raises(AnswerError, match=rf"the digest has no {named};"):
        ROLE.read(Inputs("", DIGEST), text)


def test_the_offline_engineer_copies_its_numbers() -> None:
    scores = {"score": 1e-05, "fold_scores": [0.25, 1234567.875], "step": "boosting depth=12"}
    ablation = {"ablation": "- `model`: 0.814121 against 0.715849 of the script as it is"}
    inputs = Inputs(
        render_brief(BRIEF, Limits(), {}), yaml.safe_dump({"steps": [ablation], "winner": scores})
    )
    request = ChatRequest("reporter", ROLE.messages(inputs), seed=1)
    reply = asyncio.run(OfflineEngineer().complete(request))
    prose = ROLE.read(inputs, reply.text)
    assert "1.0e-05" in prose  # as the digest writes it
    assert "0.814121" in prose
