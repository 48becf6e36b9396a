"""Which chat model answers, at what price and within which limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Literal

StructuredOutput = Literal["auto", "on", "off"]


@dataclass(frozen=True)
class Price:
    """Dollars a million tokens, and dollars a thousand calls of the endpoint's search tool."""

    input: float
    output: float
    search: float | None = None  # None: a reply that searched has no price


@dataclass(frozen=True)
class RoleModel:
    """What one role asks for instead of the sweep's model; None keeps the sweep's."""

    name: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None


@dataclass(frozen=True)
class ModelSettings:
    """The chat model and the limits that the gateway holds for the whole sweep."""

    kind: str = "offline"
    name: str = "offline"
    base_url: str | None = None
    api_key: str | None = field(default=None, repr=False)
    api_key_env: str | None = None  # the variable that holds the key; None: the endpoint asks for none
    timeout_seconds: float = 300.0  # of one try
    tries: int = 6
    give_up_after: int = 5  # requests in a row that used up their tries
    backoff_seconds: float = 1.0  # before the second try, doubled for each further one
    max_concurrency: int = 16
    requests_per_minute: float = float("inf")
    tokens_per_minute: float = float("inf")
    spend_cap_dollars: float = float("inf")
    temperature: float | None = None
    max_tokens: int | None = None
    reasoning_effort: str | None = None
    structured_output: StructuredOutput = "auto"
    web_search: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict)
    by_role: Mapping[str, RoleModel] = field(default_factory=dict)

    @property
    def capped(self) -> bool:
        """Whether the sweep may spend only so much."""
        return isfinite(self.spend_cap_dollars)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The models in use that configuration gives no price; the offline engineer costs nothing."""
        if self.kind == "offline":
            return ()
        used = {self.name, *(model.name for model in self.by_role.values() if model.name)}
        return tuple(sorted(used - set(self.prices)))

    def for_role(self, role: str) -> RoleModel:
        """The model and the sampling of a role: its own where it has one, else the sweep's."""
        own = self.by_role.get(role, RoleModel())
        effort = own.reasoning_effort
        if effort is None and own.name in (None, self.name):  # another model may not reason
            effort = self.reasoning_effort
        general = None if effort else self.temperature  # models that reason take none
        return replace(
            own,
            name=own.name or self.name,
            temperature=own.temperature if own.temperature is not None else general,
            max_tokens=own.max_tokens or self.max_tokens,
            reasoning_effort=effort,
        )

    def cost(self, name: str, tokens_in: int, tokens_out: int, searches: int = 0) -> float | None:
        """Dollars; None when configuration gives the model, or its searches, no price."""
        price = self.prices.get(name)
        if price is None or (searches and price.search is None):
            return None
        return (price.input * tokens_in + price.output * tokens_out) / 1e6 + (
            (price.search or 0.0) * searches / 1e3
        )
