"""SWE-Agent step by step, against a scripted model and a scripted shell."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from doubles import FakeExecutor, Killed, data, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings, Budget, Ending
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

REPORT = ["### Why the winner won\nIt ran."]


def act(command: str, thought: str = "I think.") -> str:
    return f"{thought}\n\n```\n{command}\n```"


WRITE = act("write " + script(0.5).strip())
SUBMIT = act("submit")


def run(
    actions: list[Any],
    executor: FakeExecutor | None = None,
    client: LocalClient | None = None,
    budget: Budget | None = None,
    **options: float,
) -> tuple[AttemptEnd, list[Entry], ScriptedModel]:
    client = client or LocalClient()
    model = ScriptedModel({"shell_operator": actions, "reporter": list(REPORT)})
    attempt = spec(AgentSettings(options=options), budget, agent="swe_agent")
    host = AttemptHost(services(model, executor), client, AGENTS)
    end = asyncio.run(host.run(attempt, data()))
    return end, to_entries(client.snapshot()), model


def reason(entries: list[Entry]) -> str:
    return next(e.content for e in entries if e.title == "end of the session")


def test_a_session_ends_at_submit_and_the_harness_evaluates_solution_py() -> None:
    executor = FakeExecutor()
    end, entries, model = run([act("ls"), WRITE, SUBMIT], executor)
    assert end.ending is Ending.FINISHED
    assert reason(entries) == "submitted"
    assert executor.commands == ["ls", "write " + script(0.5).strip()]
    assert [e.score for e in entries if e.kind is Kind.EVALUATION] == [0.5]
    assert [r.bundle for r in executor.runs] == ["fold0", "public"]
    assert "did ls" in model.asked("shell_operator")[1]


def test_the_session_is_closed_before_the_evaluation() -> None:
    class Watching(FakeExecutor):
        async def run(self, request: Any) -> Any:
            assert all(session.closed for session in self.sessions)
            return await super().run(request)

    executor = Watching()
    run([WRITE, SUBMIT], executor)
    assert executor.runs


def test_submit_without_a_program_is_answered_and_the_session_goes_on() -> None:
    _, entries, model = run([SUBMIT, WRITE, SUBMIT])
    assert "There is no ./solution.py to submit." in model.asked("shell_operator")[1]
    assert reason(entries) == "submitted"


def test_submit_says_why_a_program_that_is_there_cannot_be_handed_in() -> None:
    end, _, model = run([act("link"), SUBMIT, WRITE, SUBMIT])
    assert "solution.py refused: it has 2 hard links" in model.asked("shell_operator")[2]
    assert end.ending is Ending.FINISHED
    end, _, _ = run([act("link"), act("ls")], turns=2)
    assert end.fault.startswith("AgentError: solution.py refused: it has 2 hard links at the end of the")


def test_a_forbidden_command_does_not_lose_the_program() -> None:
    end, _, _ = run([WRITE, act("peek"), SUBMIT])
    assert end.ending is Ending.FINISHED


def test_all_turns_used_hands_in_what_stands_there() -> None:
    end, entries, model = run([WRITE, act("ls")], turns=4)
    assert reason(entries) == "all turns are used"
    assert len(model.asked("shell_operator")) == 4
    assert end.ending is Ending.FINISHED


def test_without_a_program_nothing_is_handed_in() -> None:
    end, _, _ = run([act("ls")], turns=2)
    assert end.ending is Ending.AGENT_ERROR
    assert "no ./solution.py" in end.fault


def test_three_timeouts_in_a_row_end_the_session_and_others_in_between_do_not() -> None:
    slow = act("slow")
    end, entries, model = run([WRITE, slow, slow, act("ls"), slow, slow, slow, act("never")])
    assert reason(entries) == "3 commands in a row ran out of time"
    assert len(model.asked("shell_operator")) == 7
    assert end.ending is Ending.FINISHED
    assert "[wall_limit: its wall seconds are over]" in model.asked("shell_operator")[2]


def test_a_malformed_action_is_asked_again_three_times() -> None:
    malformed = "I have no command."
    end, entries, model = run([WRITE, malformed, malformed, malformed, SUBMIT])
    assert reason(entries) == "submitted"
    assert "0 code blocks" in model.asked("shell_operator")[2]
    assert end.ending is Ending.FINISHED
    end, entries, model = run([WRITE, malformed])
    assert len(model.asked("shell_operator")) == 1 + 4
    assert "no usable action" in reason(entries)
    assert end.ending is Ending.FINISHED


@pytest.mark.parametrize(
    ("action", "complaint"),
    [
        ("one\n```\nls\n```\ntwo\n```\nls\n```", "2 code blocks"),
        (act(" "), "empty"),
        (act("vim solution.py"), "waits for keys"),
        (act("edit 3\nx\nend_of_edit"), "usage: edit"),
        (act("edit 1:2\nx"), "usage: edit"),
        (act("goto"), "usage: goto"),
        (act("create a.py\nls"), "stands alone"),
        (act("open 'a"), "No closing quotation"),
    ],
)
def test_what_is_no_action_is_told_why(action: str, complaint: str) -> None:
    _, _, model = run([WRITE, action, SUBMIT])
    assert complaint in model.asked("shell_operator")[2]


def test_only_the_last_five_observations_are_kept_whole() -> None:
    commands = [act(f"step{n}") for n in range(7)]
    _, _, model = run([*commands, WRITE, SUBMIT])
    prompt = model.asked("shell_operator")[7]
    assert all(f"```\nstep{n}\n```" in prompt for n in range(7))  # commands are never elided
    assert [n for n in range(7) if f"did step{n}" in prompt] == [2, 3, 4, 5, 6]
    assert prompt.count("Old observation: 2 lines left out.") == 2
    _, _, model = run([*commands, WRITE, SUBMIT], observations=1)
    assert model.asked("shell_operator")[7].count("did step") == 1


def test_a_part_of_the_budget_is_kept_for_the_evaluation() -> None:
    end, entries, _ = run([WRITE, act("ls")], budget=Budget(cpu_seconds=5.0), reserve=0.3)
    assert reason(entries) == "70% of the budget are used"
    assert end.ending is Ending.FINISHED
    used = [e.metrics["cpu_seconds"] for e in entries if e.kind is Kind.EXECUTION]
    assert sum(used) == 4.5


def test_no_command_gets_into_the_part_that_is_kept() -> None:
    executor = FakeExecutor()
    run([act("ls"), WRITE, SUBMIT], executor, budget=Budget(100.0, 10.0), reserve=0.2)
    (wall, cpu), (later, less) = executor.allowed
    assert 79.0 < later < wall < 80.0
    assert (cpu, less) == (8.0, 7.5)


def test_commands_are_charged_to_the_attempt() -> None:
    end, entries, _ = run([WRITE, act("ls")], budget=Budget(cpu_seconds=2.0), reserve=0.0)
    assert end.ending is Ending.BUDGET
    assert sum(e.metrics.get("cpu_seconds", 0.0) for e in entries if e.kind is Kind.EXECUTION) == 2.0


WORK = [act("ls"), WRITE, act("cat solution.py"), SUBMIT]


@pytest.mark.parametrize("stop", range(3))
def test_a_resumed_attempt_rebuilds_the_session_and_repeats_no_step(stop: int) -> None:
    _, undisturbed, _ = run(WORK)
    client = LocalClient()
    with pytest.raises(Killed):
        run(WORK, FakeExecutor(die_at_command=stop), client)
    second = FakeExecutor()
    end, entries, _ = run(WORK[stop + 1 :], second, client)
    assert end.ending is Ending.FINISHED
    assert end.starts == 2
    assert second.commands == ["ls", "write " + script(0.5).strip(), "cat solution.py"]
    rebuilt = [e.metrics["rebuilt_cpu_seconds"] for e in entries if "rebuilt_cpu_seconds" in e.metrics]
    assert rebuilt == [0.0] * stop + [0.5 * stop] + [0.0] * (2 - stop)
    assert sorted(e.key for e in entries if e.is_step) == sorted(e.key for e in undisturbed if e.is_step)


@pytest.mark.parametrize("stop", range(2))
def test_an_attempt_resumed_after_its_session_opens_none(stop: int) -> None:
    _, undisturbed, _ = run(WORK)
    client = LocalClient()
    with pytest.raises(Killed):
        run(WORK, FakeExecutor(die_at=stop), client)
    second = FakeExecutor()
    end, entries, _ = run([SUBMIT], second, client)
    assert end.ending is Ending.FINISHED
    assert not second.sessions
    assert sorted(e.key for e in entries if e.is_step) == sorted(e.key for e in undisturbed if e.is_step)
