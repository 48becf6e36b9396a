"""The gateway behind actors: faults arrive as themselves, through one actor and through two."""

from __future__ import annotations

import asyncio
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fault_server import KEY, completion, error, serving

from actors.contracts import ChatReply, ChatRequest, Message
from actors.errors import FatalModelError, ModelError, TransientModelError
from actors.models.gateway import ModelGateway, RayModel
from actors.models.settings import ModelSettings, Price
from actors.models.spending import dollars_spent
from actors.roles.desk import RayDesk
from actors.roles.planner import Inputs
from scratchpad.records import Entry, Kind
from scratchpad.store import Scratchpad

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("cluster")]
REQUEST = ChatRequest("planner", (Message("user", "ping"),), 1)
INPUTS = Inputs("brief", "x = 1", "x = 1", (), 0.5)


def gateway(base_url: str, spent: Any = float, **settings: Any) -> Any:
    import ray

    chosen = ModelSettings(
        kind="openai", name="m", api_key=KEY, base_url=base_url, tries=2, backoff_seconds=0.01, **settings
    )
    actor = ray.remote(ModelGateway).options(num_cpus=0, max_restarts=-1, max_concurrency=100)
    return actor.remote(chosen, spent=spent)


@pytest.mark.parametrize(
    ("status", "kind"), [(401, FatalModelError), (404, FatalModelError), (400, TransientModelError)]
)
def test_a_fault_is_itself_behind_one_actor_and_behind_two(status: int, kind: type[Exception]) -> None:
    async def through_one(model: RayModel) -> None:
        await model.complete(REQUEST)

    async def through_two(model: RayModel) -> None:
        await RayDesk(f"sweep-{status}", model).ask("planner", INPUTS, 1)

    with serving(error(status, "no")) as server:
        for path in (through_one, through_two):
            model = RayModel(gateway(server.url))
            with pytest.raises(ModelError) as caught:
                asyncio.run(path(model))
            assert type(caught.value) is kind
            assert "ray" not in str(caught.value)
            assert "\n" not in str(caught.value)


def test_what_was_billed_arrives_with_the_fault() -> None:
    prices = {"m": Price(1.0, 10.0)}
    failing = [completion("half a pl", "length"), completion(None), error(400, "no")]
    with serving(*failing) as server, pytest.raises(ModelError) as caught:
        asyncio.run(RayDesk("billed", RayModel(gateway(server.url, prices=prices))).ask("planner", INPUTS, 1))
    used = [(r.tokens_in, r.tokens_out, r.cost) for r in caught.value.replies]
    assert used == [(100, 10, pytest.approx(2e-4))] * 2


async def asked_again(model: RayModel) -> None:
    for _ in range(100):  # an actor that was killed may answer until it is gone
        await model.complete(REQUEST)


def test_a_lost_gateway_comes_back_and_knows_what_was_spent(tmp_path: Path) -> None:
    import ray

    with closing(Scratchpad.open(tmp_path)) as pad:
        pad.append([Entry("s", "t", Kind.ASK, 0, key=str(n), cost=1.5) for n in range(4)])
        pad.append([Entry("s", "t", Kind.ASK, 0, key="unpriced", cost=None)])
        assert dollars_spent(str(tmp_path)) == 6.0
        spent = partial(dollars_spent, str(tmp_path))
        prices = {"m": Price(10.0, 100.0)}
        with serving(completion()) as server:
            actor = gateway(server.url, spent, prices=prices, spend_cap_dollars=7.0)
            model = RayModel(actor)
            assert asyncio.run(model.complete(REQUEST)).cost == pytest.approx(0.002)
            pad.append([Entry("s", "t", Kind.ASK, 0, key="late", cost=1.5)])
            ray.kill(actor, no_restart=False)
            with pytest.raises(FatalModelError, match=r"\$7.50 is spent"):
                asyncio.run(asked_again(model))


def test_a_cancelled_request_is_cancelled_at_the_endpoint_too() -> None:
    async def run(model: RayModel) -> ChatReply:
        asked = asyncio.ensure_future(RayDesk("cancelled", model).ask("planner", INPUTS, 1))
        while server.running < 1:
            await asyncio.sleep(0.05)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked
        return await asyncio.wait_for(model.complete(REQUEST), 20)  # the one slot is free again

    with serving(replace(completion("late"), delay=30.0), completion("next")) as server:
        model = RayModel(gateway(server.url, max_concurrency=1))
        assert asyncio.run(run(model)).text == "next"
