"""GPT-Engineer step by step, against a scripted model."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest
from doubles import FakeExecutor, Killed, data, fence, script, services, spec

from actors.agents.registry import AGENTS
from actors.contracts import AgentSettings, Ending, ExecutionRequest, ExecutionResult, ExitStatus
from actors.host import AttemptEnd, AttemptHost
from actors.models.scripted import ScriptedModel
from scratchpad.client import LocalClient
from scratchpad.records import Entry, Kind
from scratchpad.schema import to_entries

FILES = """Assumptions: none.

### model.py

```python
STATE = 'broken'
```

### notes.txt

```
hello
```"""
ENTRY = fence(script(0.5, "import model"))
REPAIR = "```diff\n--- a/model.py\n+++ b/model.py\n@@ -1 +1 @@\n-STATE = 'broken'\n+STATE = 'good'\n```"
WRONG = REPAIR.replace("-STATE = 'broken'", "-STATE = 'unheard of'")


def answers(**more: list[Any]) -> dict[str, list[Any]]:
    base: dict[str, list[Any]] = {
        "file_writer": [FILES],
        "entry_writer": [ENTRY],
        "improver": [REPAIR],
        "reporter": ["### Why the winner won\nIt ran."],
    }
    return base | more


class ByModule(FakeExecutor):
    """A program fails while its module says that it is broken."""

    async def run(self, request: ExecutionRequest) -> ExecutionResult:
        broken = "'broken'" in dict(request.extra_files).get("model.py", "")
        result = await super().run(request)
        if not broken:
            return result
        return replace(result, status=ExitStatus.FAILED, exit_code=1, submission=None, stderr="boom")


def run(
    model: ScriptedModel,
    executor: FakeExecutor | None = None,
    client: LocalClient | None = None,
    **settings: Any,
) -> tuple[AttemptEnd, list[Entry]]:
    client = client or LocalClient()
    attempt = spec(AgentSettings(**settings), agent="gpt_engineer")
    host = AttemptHost(services(model, executor or ByModule()), client, AGENTS)
    end = asyncio.run(host.run(attempt, data()))
    return end, to_entries(client.snapshot())


def good() -> ScriptedModel:
    return ScriptedModel(answers(file_writer=[FILES.replace("broken", "good")]))


def test_a_program_that_runs_is_handed_in_at_once() -> None:
    model, executor = good(), ByModule()
    end, entries = run(model, executor)
    assert end.ending is Ending.FINISHED
    assert not model.asked("improver")
    assert len(executor.runs) == 2  # one fold, and all rows
    assert all(dict(r.extra_files)["model.py"] == "STATE = 'good'\n" for r in executor.runs)
    assert [e.score for e in entries if e.kind is Kind.EVALUATION] == [0.5]


def test_the_entry_writer_sees_every_file_and_the_improver_sees_the_output() -> None:
    model = ScriptedModel(answers())
    run(model)
    assert "### model.py" in model.asked("entry_writer")[0]
    assert "### notes.txt" in model.asked("entry_writer")[0]
    asked = model.asked("improver")[0]
    assert "boom" in asked
    assert "### solution.py" in asked
    assert "status: failed" in asked


def test_a_failing_program_is_mended_by_a_diff_and_no_score_is_shown() -> None:
    model, executor = ScriptedModel(answers()), ByModule()
    end, entries = run(model, executor)
    assert end.ending is Ending.FINISHED
    assert dict(executor.runs[-1].extra_files)["model.py"] == "STATE = 'good'\n"
    titles = [e.title for e in entries if e.kind is Kind.EVALUATION]
    assert titles == ["program as first written", "improvement 1"]
    assert not any("0.5" in text for text in model.asked("improver")[1:])


def test_a_refused_submission_is_mended_too() -> None:
    class Refusing(ByModule):
        async def run(self, request: ExecutionRequest) -> ExecutionResult:
            result = await FakeExecutor.run(self, request)
            broken = "'broken'" in dict(request.extra_files)["model.py"]
            return replace(result, submission=None) if broken else result

    model = ScriptedModel(answers())
    end, _ = run(model, Refusing())
    assert end.ending is Ending.FINISHED
    assert "submission refused: the script wrote no ./submission.csv" in model.asked("improver")[0]


def test_a_hunk_that_does_not_apply_is_asked_again_with_the_reason() -> None:
    model = ScriptedModel(answers(improver=[WRONG, REPAIR]))
    end, _ = run(model)
    assert end.ending is Ending.FINISHED
    assert "hunk 1 of model.py does not apply" in model.asked("improver")[1]
    assert "unheard of" in model.asked("improver")[1]


def test_improving_stops_at_its_limit_and_hopeless_answers_count() -> None:
    model = ScriptedModel(answers(improver=[WRONG]))
    end, entries = run(model, options={"improvements": 2})
    assert len(model.asked("improver")) == 2 * 3  # each asked again twice
    assert end.ending is Ending.AGENT_ERROR
    assert "no submission" in end.fault
    assert not any(e.kind is Kind.SUBMISSION for e in entries)
    still = REPAIR.replace("'good'", "'broken'  # still")
    model = ScriptedModel(
        answers(improver=[still, still.replace("-STATE = 'broken'", "-STATE = 'broken'  # still")])
    )
    run(model, options={"improvements": 1})
    assert len(model.asked("improver")) == 1


def test_ten_improvements_are_the_default() -> None:
    def no_better(request: Any) -> str:
        old = re.search(r"^STATE = .*$", request.messages[1].content, re.MULTILINE)
        assert old
        return REPAIR.replace("-STATE = 'broken'", f"-{old[0]}").replace("+STATE = 'good'", f"+{old[0]} #")

    model = ScriptedModel(answers(improver=[no_better]))
    _, entries = run(model)
    assert len([e for e in entries if e.kind is Kind.EVALUATION]) == 11


def test_the_improver_can_be_switched_off() -> None:
    model = ScriptedModel(answers())
    end, _ = run(model, roles_off=("improver", "reporter"))
    assert not model.asked("improver")
    assert end.ending is Ending.AGENT_ERROR


def test_every_file_is_kept_with_the_submission() -> None:
    client = LocalClient()
    _, entries = run(good(), client=client)
    for kind in (Kind.EXECUTION, Kind.EVALUATION, Kind.SUBMISSION):
        entry = next(e for e in entries if e.kind is kind)
        assert client.get_blob(entry.attachments["beside/model.py"]) == b"STATE = 'good'\n"
        assert client.get_blob(entry.attachments["beside/notes.txt"]) == b"hello\n"


def test_a_failing_final_fit_leaves_the_validation_runs_predictions_with_all_files() -> None:
    class FailsLast(ByModule):
        async def run(self, request: ExecutionRequest) -> ExecutionResult:
            result = await super().run(request)
            return result if request.bundle != "public" else replace(result, status=ExitStatus.FAILED)

    end, entries = run(good(), FailsLast())
    assert end.ending is Ending.FINISHED
    submission = next(e for e in entries if e.kind is Kind.SUBMISSION)
    assert submission.title == "best so far"
    assert "beside/model.py" in submission.attachments


@pytest.mark.parametrize("stop", [0, 1, 2])
def test_an_attempt_resumed_at_any_execution_repeats_nothing(stop: int) -> None:
    client, model = LocalClient(), ScriptedModel(answers())
    with pytest.raises(Killed):
        run(model, ByModule(die_at=stop), client)
    second = ByModule()
    end, entries = run(model, second, client)
    assert end.ending is Ending.FINISHED
    assert stop + len(second.runs) == 3
    assert len(model.asked("file_writer")) == 1
    keys = [e.key for e in entries if e.is_step]
    assert len(set(keys)) == len(keys)
