"""The offline model: a rule-based engineer behind the ChatModel contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from actors.contracts import ChatReply, ChatRequest
from actors.errors import ModelError
from actors.models.offline.answers import (
    aide,
    automl_gpt,
    data,
    ensemble,
    finish,
    gpt_engineer,
    leakage,
    refine,
    reporting,
    start,
    swe_agent,
)
from actors.models.offline.conversation import Question, read_question

NAME = "offline"


def answers() -> dict[str, Callable[[Question], str]]:
    """Role name -> how it is answered."""
    return {
        "data_profiler": data.data_profiler,
        "data_usage_checker": data.data_usage_checker,
        "leakage_checker": leakage.leakage_checker,
        "retriever": start.retriever,
        "initialiser": start.initialiser,
        "merger": start.merger,
        "ablator": refine.ablator,
        "summariser": refine.summariser,
        "extractor": refine.extractor,
        "planner": refine.planner,
        "coder": refine.coder,
        "ensemble_planner": ensemble.ensemble_planner,
        "ensembler": ensemble.ensembler,
        "debugger": finish.debugger,
        "submitter": finish.submitter,
        "reporter": reporting.reporter,
        "aide_drafter": aide.aide_drafter,
        "aide_improver": aide.aide_improver,
        "automl_gpt_planner": automl_gpt.automl_gpt_planner,
        "automl_gpt_writer": automl_gpt.automl_gpt_writer,
        "file_writer": gpt_engineer.file_writer,
        "entry_writer": gpt_engineer.entry_writer,
        "improver": gpt_engineer.improver,
        "shell_operator": swe_agent.shell_operator,
    }


class OfflineEngineer:
    """Answers every role from the text of its messages and the seed, without network or key."""

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer in the format that the role's prompt asks for; raises ModelError."""
        started = time.perf_counter()
        question = read_question(request.messages, request.seed)
        answer = answers().get(question.role)
        if answer is None:
            raise ModelError(f"the offline engineer has no answer for the role {question.role!r}")
        text = await asyncio.to_thread(answer, question)
        seconds = time.perf_counter() - started
        tokens_in = sum(len(m.content) for m in request.messages) // 4
        return ChatReply(text, NAME, tokens_in, len(text) // 4, 0.0, seconds)
