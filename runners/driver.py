"""The fan-out: a bounded `ray.wait` loop over attempt specs made in a fixed order."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from actors.contracts import AttemptSpec, Ending, Grade
from actors.errors import FatalModelError, TransientModelError
from actors.host import AttemptEnd
from actors.losses import is_loss
from runners.crew import Crew
from scratchpad.queries import endings, grades
from scratchpad.records import Entry, Kind

LOST_STARTS = 3  # an attempt under which the system died this often is lost
FAULT_STARTS = 3  # an attempt that the endpoint failed this often waits for a resume
POLL_SECONDS = 0.5


@dataclass
class Driver:
    """Keeps at most `slots` attempts under way, grades what they hand in, writes both down."""

    crew: Crew
    slots: int
    draining: Callable[[], bool]  # no further attempt is started once this says yes
    on_tick: Callable[[], None]
    say: Callable[[str], None]
    _losses: Counter[tuple[str, int]] = field(default_factory=Counter)
    _faults: Counter[tuple[str, int]] = field(default_factory=Counter)

    def run(self, specs: Sequence[AttemptSpec]) -> None:
        """Run every spec to its grade; raises FatalModelError when no model call can succeed.

        An attempt that its endpoint fails time and again is left without an ending: a resume goes on with it.
        """
        import ray

        settled = self._settled()
        waiting = deque(s for s in specs if (s.task, s.attempt) not in settled)
        attempts: dict[Any, AttemptSpec] = {}
        grading: dict[Any, AttemptSpec] = {}
        while attempts or grading or (waiting and not self.draining()):
            while waiting and len(attempts) < self.slots and not self.draining():
                spec = waiting.popleft()
                attempts[self.crew.start(spec)] = spec
            ready, _ = ray.wait([*attempts, *grading], num_returns=1, timeout=POLL_SECONDS)
            for ref in ready:
                if ref in grading:
                    self._graded(grading.pop(ref), ref)
                    continue
                spec = attempts.pop(ref)
                try:
                    end = self._ended(spec, ref)
                except TransientModelError as error:
                    if self._may_try_again(spec, error):
                        waiting.append(spec)  # behind the others: the endpoint gets time
                    continue
                if end is None:
                    waiting.appendleft(spec)
                elif end.submission:
                    grading[self.crew.grade(spec, end.submission)] = spec
            self.on_tick()

    def _settled(self) -> set[tuple[str, int]]:
        """The attempts of an earlier run that are graded, or ended with nothing to grade."""
        table = self.crew.client.snapshot()
        ended = {who: AttemptEnd.loads(entry.content) for who, entry in endings(table).items()}
        return {*grades(table), *(who for who, end in ended.items() if not end.submission)}

    def _ended(self, spec: AttemptSpec, ref: Any) -> AttemptEnd | None:
        """How an attempt ended; None when a part of the system died and it can go on from its last step."""
        import ray
        from ray.exceptions import RayTaskError

        try:
            end: AttemptEnd = ray.get(ref)
        except Exception as error:
            cause = error.cause if isinstance(error, RayTaskError) else error
            if isinstance(cause, FatalModelError | TransientModelError):
                raise cause from None
            if not is_loss(error):
                raise
            who = (spec.task, spec.attempt)
            self._losses[who] += 1
            if self._losses[who] < LOST_STARTS:
                return None
            return self._lost(spec, str(error))
        return end

    def _may_try_again(self, spec: AttemptSpec, fault: TransientModelError) -> bool:
        who = (spec.task, spec.attempt)
        self._faults[who] += 1
        if again := self._faults[who] < FAULT_STARTS:
            then = "it goes on after the others"
        else:
            then = "it is left for a resume"
        self.say(f"{spec.task} attempt {spec.attempt + 1}: {fault}; {then}")
        return again

    def _lost(self, spec: AttemptSpec, fault: str) -> AttemptEnd:
        end = AttemptEnd(Ending.ACTOR_LOST, spec.seed, spec.agent, LOST_STARTS, "", None, fault=fault)
        self._append(spec, Kind.ENDING, end.dumps(), error=fault)
        return end

    def _graded(self, spec: AttemptSpec, ref: Any) -> None:
        import ray

        grade: Grade = ray.get(ref)
        content = json.dumps({"success": grade.success, "ending": grade.ending.value})
        self._append(spec, Kind.GRADE, content, grade.score, grade.fault)

    def _append(
        self,
        spec: AttemptSpec,
        kind: Kind,
        content: str,
        score: float | None = None,
        error: str | None = None,
    ) -> None:
        self.crew.client.append(
            [
                Entry(
                    sweep=spec.sweep,
                    task=spec.task,
                    attempt=spec.attempt,
                    kind=kind,
                    content=content,
                    score=score,
                    error=error,
                )
            ]
        )
