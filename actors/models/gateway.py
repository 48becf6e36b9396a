"""The sweep's one way to its model, so that limits hold for the whole sweep on the whole cluster."""

from __future__ import annotations

import asyncio
import logging
import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from actors.contracts import ChatModel, ChatReply, ChatRequest
from actors.errors import BudgetExhausted, FatalModelError, ModelError, TransientModelError
from actors.models.faults import RetryableFault
from actors.models.limits import Concurrency, MinuteWindow, SpendCap
from actors.models.settings import ModelSettings
from actors.models.silence import Silence
from actors.models.spending import summed
from actors.remote import call

log = logging.getLogger(__name__)
LONGEST_BACKOFF = 60.0  # seconds
LONGEST_WAIT = 600.0  # seconds that an endpoint may ask for; more, and the sweep is better resumed later
CHARACTERS_A_TOKEN = 4
ANSWER_TOKENS = 1_000  # stand for an answer until the true number is known
MARGIN = 0.02  # of the seconds that an attempt has left: its request ends first, and can say why
LONGEST_MARGIN = 5.0  # seconds


class ModelGateway:
    """Retries, paces and counts the requests of a sweep.

    A fault of the endpoint as a whole is waited out, and no attempt hears of it; one that may be a
    request's own raises TransientModelError after its tries, and so does a refusal while the endpoint has
    taken no request at all, and the end of an attempt's time while the endpoint is silent. When
    `give_up_after` requests of a model in a row used up their tries, were refused before any had passed, or
    came to no answer in time, every request from then on raises FatalModelError.
    """

    def __init__(
        self,
        settings: ModelSettings,
        model: ChatModel | None = None,
        spent: Callable[[], float] = float,
    ) -> None:
        """Around `model`, or around the one that the settings name.

        `spent` gives the dollars spent before (none by default); it is called once, before the first
        request, so that an actor which was restarted goes on counting where the scratchpad stands.
        """
        self._settings = settings
        self._model = model if model is not None else open_model(settings)
        self._spent_before = spent
        self._cap: SpendCap | None = None
        self._opening = asyncio.Lock()
        self._concurrency = Concurrency(settings.max_concurrency)
        self._requests = MinuteWindow(settings.requests_per_minute)
        self._tokens = MinuteWindow(settings.tokens_per_minute)
        self._not_before = 0.0  # the endpoint asked for quiet until then
        self._passed: Counter[str] = Counter()  # requests, by model: one may go on where another does not
        self._exhausted: Counter[str] = Counter()  # requests in a row that used up their tries
        self._refused: Counter[str] = Counter()  # requests, before any passed
        self._silences: defaultdict[str, Silence] = defaultdict(lambda: Silence(settings.timeout_seconds))
        self._fatal: str | None = None  # why no request is sent any more

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer; raises ModelError, with what its tries were billed, or BudgetExhausted."""
        started = time.perf_counter()
        patience = asyncio.timeout(_patience(request))
        cap = await self._open()
        billed: list[ChatReply] = []  # for tries that failed
        try:
            async with patience:
                reply, tries = await self._answer(request, cap, billed)
        except TimeoutError:
            if not patience.expired():
                raise
            fault = self._out_of_time(request, time.perf_counter() - started)
            if isinstance(fault, ModelError) and billed:
                fault.replies = (summed(billed),)
            raise fault from None
        except ModelError as error:
            billed += error.replies
            error.replies = (summed(billed),) if billed else ()
            raise
        return replace(summed([*billed, reply]), seconds=time.perf_counter() - started, tries=tries)

    async def _open(self) -> SpendCap:
        async with self._opening:
            if self._cap is None:
                before = await asyncio.to_thread(self._spent_before)
                self._cap = SpendCap(self._settings.spend_cap_dollars, before)
        return self._cap

    async def _answer(
        self, request: ChatRequest, cap: SpendCap, billed: list[ChatReply]
    ) -> tuple[ChatReply, int]:
        """The reply and how many tries it took."""
        name = self._name(request)
        tries, passed = 0, self._passed[name]
        while True:
            tries += 1
            try:
                reply = await self._try(request, cap)
            except FatalModelError as error:
                self._fatal = self._fatal or str(error)
                raise
            except RetryableFault as fault:
                log.info("%s, try %d: %s", request.role, tries, fault)
                billed += fault.replies
                if self._fatal is not None:
                    raise FatalModelError(self._fatal) from None
                if fault.late:
                    self._count_wait(str(fault), name, self._settings.timeout_seconds)
                if tries % self._settings.tries == 0:
                    self._count(fault, name, passed)
                    passed = self._passed[name]
                    if not fault.everyone:
                        raise TransientModelError(f"{fault}; gave up after {tries} tries") from None
                await self._back_off(fault, tries)
            except ModelError as error:
                raise self._refusal(error, name) from None
            else:
                self._passed[name] += 1
                self._exhausted[name] = 0
                return reply, tries

    async def _try(self, request: ChatRequest, cap: SpendCap) -> ChatReply:
        tokens = sum(len(m.content) for m in request.messages) // CHARACTERS_A_TOKEN
        estimate = self._settings.cost(self._name(request), tokens, ANSWER_TOKENS) or 0.0
        async with self._concurrency.slot() as number, cap.reserve(estimate):
            counted = await self._turn(float(tokens + ANSWER_TOKENS))
            if self._fatal is not None:
                raise FatalModelError(self._fatal)
            sent = time.monotonic()
            try:
                reply = await self._model.complete(request)
            except RetryableFault as fault:
                cap.add(sum(reply.cost or 0.0 for reply in fault.replies))
                if fault.congestion:
                    self._concurrency.congested(number)
                raise
            cap.add(reply.cost or 0.0)
            self._concurrency.passed()
            self._silences[self._name(request)].answered(time.monotonic() - sent)
            self._tokens.correct(counted, float(reply.tokens_in + reply.tokens_out))
            return reply

    async def _turn(self, tokens: float) -> list[float]:
        """Wait until a request may be sent; returns its tokens' place in the window.

        Places are taken after a quiet that the endpoint asked for, else they would be old when it ends.
        """
        while True:
            while (quiet := self._not_before - time.monotonic()) > 0 and self._fatal is None:
                await asyncio.sleep(quiet + random.uniform(0.0, min(1.0, self._settings.backoff_seconds)))
            counted = await self._tokens.take(tokens)
            asked = await self._requests.take(1.0)
            if self._not_before <= time.monotonic() or self._fatal is not None:
                return counted
            self._tokens.give_back(counted)
            self._requests.give_back(asked)

    def _name(self, request: ChatRequest) -> str:
        return str(self._settings.for_role(request.role).name)

    def _count(self, fault: RetryableFault, name: str, passed: int) -> None:
        """Count a request that used up its tries while no other passed; enough of them end the sweep."""
        if self._passed[name] > passed:
            return
        self._exhausted[name] += 1
        if self._exhausted[name] >= self._settings.give_up_after:
            tries = self._settings.tries
            self._end(f"{fault}; {self._exhausted[name]} requests in a row used up their {tries} tries")

    def _count_wait(self, fault: str, name: str, seconds: float) -> None:
        """Count a wait without an answer; enough of them, one after the other, end the sweep."""
        silence = self._silences[name]
        silence.waited(seconds)
        if silence.lasting and silence.waits >= self._settings.give_up_after:
            self._end(f"{fault}; {silence.waits} tries in a row had no answer")

    def _out_of_time(self, request: ChatRequest, seconds: float) -> ModelError | BudgetExhausted:
        """What a request raises when its attempt's time is over, which may be the endpoint's fault."""
        name = self._name(request)
        if not self._silences[name].unusual:
            return BudgetExhausted("no answer within the wall seconds that were left")
        fault = f"no answer to any request, and the attempt's last {seconds:.3g} s are over"
        try:
            self._count_wait(fault, name, seconds)
        except FatalModelError as error:
            return error
        return TransientModelError(fault)

    def _refusal(self, error: ModelError, name: str) -> ModelError:
        """What a refused request raises; while none has passed, the fault may be the endpoint's."""
        if self._passed[name]:
            return error
        self._refused[name] += 1
        if self._refused[name] >= self._settings.give_up_after:
            self._end(f"{error}; {self._refused[name]} requests were refused and none has passed")
        return TransientModelError(str(error), error.replies)

    def _end(self, message: str) -> NoReturn:
        """No request after this one is sent."""
        self._fatal = message
        raise FatalModelError(message) from None

    async def _back_off(self, fault: RetryableFault, tries: int) -> None:
        if fault.after is not None and fault.after > LONGEST_WAIT:
            self._end(f"{fault}; it asks to wait for {fault.after:.0f} s, resume then")
        round_tries = (tries - 1) % self._settings.tries
        seconds = min(LONGEST_BACKOFF, self._settings.backoff_seconds * 2**round_tries)
        seconds *= random.uniform(0.5, 1.0)
        if fault.after is not None:
            # All wait, and each a little longer than asked, so that they do not come back at once.
            self._not_before = max(self._not_before, time.monotonic() + fault.after)
            seconds = fault.after + min(seconds, 1.0)
        await asyncio.sleep(seconds)


def _patience(request: ChatRequest) -> float | None:
    """Seconds that a request may take, None without a limit."""
    if math.isinf(request.until):
        return None
    left = max(0.0, request.until - time.time())
    return left - min(LONGEST_MARGIN, MARGIN * left)


def open_model(settings: ModelSettings) -> ChatModel:
    """The model that the settings name."""
    if settings.kind == "offline":
        from actors.models.offline.engineer import OfflineEngineer

        return OfflineEngineer()
    from actors.models.openai_chat import OpenAIChat

    return OpenAIChat(settings)


class RayModel:
    """A gateway held by an actor, behind the same call."""

    TRIES = 60  # about a second each; a request lost with the actor has no effect but its cost

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    async def complete(self, request: ChatRequest) -> ChatReply:
        """Answer; raises ModelError."""
        from ray.exceptions import RayActorError

        for left in reversed(range(self.TRIES)):
            try:
                reply: ChatReply = await call(self._actor.complete, request)
            except RayActorError as error:
                if not left:
                    raise FatalModelError(f"the model gateway does not come back: {error}") from None
                await asyncio.sleep(1.0)
            else:
                return reply
        raise AssertionError("unreachable")
