import asyncio
from pathlib import Path

import pandas as pd
import pytest
from taskfolders import KINDS, write_task

from actors.contracts import DataBundle, Ending, TaskData
from actors.errors import InputError
from runners.referee import Referee
from runners.tasks.registry import folder_tasks


def referee(tmp_path: Path, *kinds: str) -> Referee:
    for kind in kinds:
        write_task(kind, tmp_path)
    return Referee(folder_tasks(tmp_path))


async def sample_of(judge: Referee, data: TaskData, digest: str) -> bytes:
    bundle: DataBundle = await judge.bundle(digest)
    return dict(bundle.files)[data.brief.sample_submission]


async def _flow(judge: Referee, task: str) -> None:
    data = await judge.data(task)
    assert data.brief.validation == "harness"
    for number, digest in enumerate(data.folds):
        result = await judge.score_fold(task, number, await sample_of(judge, data, digest))
        assert result.fault is None
        assert isinstance(result.score, float)
        assert result.test_submission is not None
        assert await judge.check(task, result.test_submission) is None
        assert (await judge.grade(task, result.test_submission)).ending is Ending.FINISHED


@pytest.mark.parametrize("kind", KINDS)
def test_a_fold_run_gives_a_score_and_a_valid_submission(kind: str, tmp_path: Path) -> None:
    judge = referee(tmp_path, kind)
    asyncio.run(_flow(judge, folder_tasks(tmp_path)[0].id))


def test_the_perfect_submission_succeeds_and_the_dummy_does_not(tmp_path: Path) -> None:
    async def main() -> None:
        judge = referee(tmp_path, "count")
        answers = (tmp_path / "clinic-visits" / "private" / "answers.csv").read_bytes()
        best = await judge.grade("clinic-visits", answers.replace(b",0\n", b",0.001\n"))
        assert best.success
        assert best.score == pytest.approx(1.0, abs=0.01)
        mean = pd.read_excel(tmp_path / "clinic-visits" / "train.xlsx")["visits"].mean()
        ids = pd.read_csv(tmp_path / "clinic-visits" / "sample_submission.csv").assign(visits=mean)
        dummy = await judge.grade("clinic-visits", ids.to_csv(index=False).encode())
        assert not dummy.success
        assert dummy.score == pytest.approx((await judge.summary("clinic-visits")).dummy)

    asyncio.run(main())


@pytest.mark.parametrize(("score", "success"), [(0.0, True), (10.0, True), (10.5, False)])
def test_the_threshold_itself_succeeds(tmp_path: Path, score: float, success: bool) -> None:
    folder = write_task("forecast", tmp_path)
    spec = (folder / "task.yaml").read_text()
    (folder / "task.yaml").write_text(spec + "success: {threshold: 10.0, source: a test}\n")

    async def main() -> None:
        judge = Referee(folder_tasks(folder))
        data = await judge.data("bike-rides")
        sample = await sample_of(judge, data, data.public)
        truth = pd.concat(
            [pd.read_csv(folder / "train.csv"), pd.read_csv(folder / "test.csv").assign(rides=0)]
        )
        days = [line.split(",")[0] for line in sample.decode().splitlines()[1:]]
        rows = truth.set_index("day").loc[days, ["rides"]] + score
        graded = await judge.grade("bike-rides", rows.to_csv().encode())
        assert graded.score == pytest.approx(score, abs=1e-9)
        assert graded.success is success

    asyncio.run(main())


def test_faults_of_a_submission_have_no_score(tmp_path: Path) -> None:
    async def main() -> None:
        judge = referee(tmp_path, "binary")
        result = await judge.score_fold("shop-churn", 0, b"id,churned\n1,0.5\n")
        assert result.score is None
        assert result.fault is not None
        assert "ids" in result.fault
        grade = await judge.grade("shop-churn", None)
        assert (grade.ending, grade.success, grade.score) == (Ending.INVALID_SUBMISSION, False, None)
        assert "no ./submission.csv" in str(grade.fault)

    asyncio.run(main())


def test_a_grader_that_raises_is_never_an_invalid_submission(tmp_path: Path) -> None:
    folder = write_task("other", tmp_path)
    (folder / "grade.py").write_text("def grade(submission, answers):\n    return 1 / 0\n")

    async def main() -> None:
        judge = Referee(folder_tasks(folder))
        data = await judge.data("stock-cost")
        grade = await judge.grade("stock-cost", await sample_of(judge, data, data.public))
        assert grade.ending is Ending.GRADER_ERROR
        assert "ZeroDivisionError" in str(grade.fault)

    asyncio.run(main())


def test_a_task_is_opened_once_for_callers_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = referee(tmp_path, "survival")
    opened = []
    monkeypatch.setattr("runners.referee.dummy_score", lambda task: opened.append(task.id))

    async def main() -> None:
        first = asyncio.create_task(judge.data("patient-survival"))
        await asyncio.sleep(0)
        first.cancel()
        a, b = await asyncio.gather(judge.data("patient-survival"), judge.summary("patient-survival"))
        assert a.brief.id == b.id

    asyncio.run(main())
    assert opened == ["patient-survival"]


def test_the_brief_has_no_answers_and_no_threshold(tmp_path: Path) -> None:
    async def main() -> None:
        judge = referee(tmp_path, "binary")
        data = await judge.data("shop-churn")
        assert "0.8" not in str(data.brief.description)
        assert not hasattr(data.brief, "threshold")
        names = {n for d in (data.public, *data.folds) for n, _ in (await judge.bundle(d)).files}
        assert names == {"train.csv", "test.csv", "sample_submission.csv"}

    asyncio.run(main())


def test_unknown_tasks_and_bundles_are_named(tmp_path: Path) -> None:
    judge = referee(tmp_path, "binary")
    with pytest.raises(InputError, match="unknown task 'x'; this sweep has shop-churn"):
        asyncio.run(judge.data("x"))
    with pytest.raises(InputError, match="has a bundle abc"):
        asyncio.run(judge.bundle("abc"))
