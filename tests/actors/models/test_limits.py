"""Concurrency that adapts, minutes that slide and dollars that wait."""

from __future__ import annotations

import asyncio

import pytest

from actors.errors import FatalModelError
from actors.models.limits import Concurrency, MinuteWindow, SpendCap
from actors.models.settings import ModelSettings, Price, RoleModel


def test_congestion_halves_once_a_round_and_success_adds_one_a_round() -> None:
    async def run() -> None:
        pace = Concurrency(16)
        numbers = []
        for _ in range(16):
            async with pace.slot() as number:
                numbers.append(number)
        for number in numbers:
            pace.congested(number)  # all were under way together: one cut
        assert pace.allowed == 8
        for _ in range(9):
            pace.passed()
        assert 8.9 < pace.allowed < 9.1
        for _ in range(5):
            async with pace.slot() as number:
                pace.congested(number)
        assert pace.allowed == 1
        for _ in range(500):
            pace.passed()
        assert pace.allowed == 16

    asyncio.run(run())


def test_a_cut_holds_new_requests_back_until_enough_have_ended() -> None:
    async def run() -> int:
        pace = Concurrency(4)
        most = 0

        async def work() -> None:
            nonlocal most
            async with pace.slot():
                most = max(most, pace.running)
                await asyncio.sleep(0.005)

        async with pace.slot() as number:
            pace.congested(number)
        await asyncio.gather(*(work() for _ in range(12)))
        return most

    assert asyncio.run(run()) == 2


def test_no_sixty_seconds_hold_more_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    taken: list[tuple[float, float]] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    monkeypatch.setattr(asyncio, "sleep", sleep)

    async def run() -> None:
        window = MinuteWindow(100.0, lambda: now)
        for n in range(60):
            amount = 10.0 + n % 3 * 20
            await window.take(amount)
            taken.append((now, amount))
            await sleep(1.5)
        await window.take(500.0)  # more than a minute holds: alone

    asyncio.run(run())
    for start, _ in taken:
        assert sum(amount for at, amount in taken if start <= at < start + 60) <= 100
    assert sum(amount for _, amount in taken) / now * 60 > 80  # the limit is used, too


def test_an_estimate_is_put_right() -> None:
    async def run() -> None:
        window = MinuteWindow(100.0)
        item = await window.take(90.0)
        window.correct(item, 20.0)
        await asyncio.wait_for(window.take(80.0), 1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(window.take(1.0), 0.05)

    asyncio.run(run())


def test_a_cap_lets_requests_through_one_by_one_near_its_end() -> None:
    async def run() -> tuple[float, int]:
        cap = SpendCap(5.0)
        refused = 0

        async def work() -> None:
            nonlocal refused
            try:
                async with cap.reserve(0.9):
                    await asyncio.sleep(0.001)
                    cap.add(1.0)
            except FatalModelError:
                refused += 1

        await asyncio.gather(*(work() for _ in range(12)))
        return cap.spent, refused

    spent, refused = asyncio.run(run())
    assert 5.0 <= spent <= 6.0
    assert refused == 12 - round(spent)


def test_models_without_a_price_are_named() -> None:
    by_role = {"coder": RoleModel("strong"), "planner": RoleModel(None, 0.1), "merger": RoleModel("cheap")}
    settings = ModelSettings(kind="openai", name="m", prices={"cheap": Price(1, 1)}, by_role=by_role)
    assert settings.unpriced == ("m", "strong")
    assert ModelSettings().unpriced == ()
    assert "secret" not in repr(ModelSettings(api_key="secret"))
