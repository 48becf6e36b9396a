"""The bank of model cards: families of models, the data that they suit, settings to start from.

Cards speak of kinds of data, never of a data set: an evaluated task must not find itself here.
"""

from __future__ import annotations

from dataclasses import dataclass

from actors.agents.automl_gpt.data_card import DataCard


@dataclass(frozen=True)
class ModelCard:
    """A family of models."""

    name: str
    structure: str
    suits: frozenset[str]  # traits of data
    settings: tuple[tuple[str, str], ...]  # what worked on such data

    def rendered(self) -> str:
        """The card in sentences."""
        values = ", ".join(f"{name} {value}" for name, value in self.settings)
        suits = ", ".join(sorted(self.suits))
        return f"{self.name}: {self.structure}. It suits {suits}. Settings that worked: {values}."

    def similarity(self, card: DataCard) -> float:
        """The traits in common as a share of the traits of either, 0 to 1."""
        return len(self.suits & card.traits) / len(self.suits | card.traits)


def _card(name: str, structure: str, suits: str, **settings: str) -> ModelCard:
    return ModelCard(name, structure, frozenset(suits.split()), tuple(settings.items()))


BANK: tuple[ModelCard, ...] = (
    _card(
        "histogram gradient boosting",
        "small trees added one after another, each fitted to what is left",
        "table binary multiclass regression medium large categories gaps",
        learning_rate="0.05", rounds="300", leaves="31", rows_a_leaf="20",
    ),
    _card(
        "extremely randomised trees",
        "an average of deep trees with random cut points",
        "table arrays binary multiclass regression multioutput small medium",
        trees="400", rows_a_leaf="2", columns_a_split="square root",
    ),
    _card(
        "penalised linear model",
        "standardised columns, one-hot categories, a weighted sum with an L2 penalty",
        "table binary regression multioutput small categories",
        penalty="1.0 of standardised inputs",
    ),
    _card(
        "ordered regression with cut points",
        "the number of the class is regressed and cut where held-out rows say",
        "table ordinal categories gaps",
        learning_rate="0.05", rounds="200", cuts="tuned for the metric",
    ),
    _card(
        "Poisson boosting",
        "boosted trees of the log rate",
        "table count categories groups medium large",
        learning_rate="0.05", rounds="300", leaves="15",
    ),
    _card(
        "quantile regression",
        "one boosted or linear model a level, crossed levels sorted",
        "table quantile small medium",
        learning_rate="0.05", rounds="200", leaves="7",
    ),
    _card(
        "risk ranking by Cox's partial likelihood",
        "a linear or boosted risk score, censored rows kept",
        "table survival small categories",
        penalty="0.1", rounds="100",
    ),
    _card(
        "regression on lags and season",
        "lagged values, trend and harmonics of the calendar in a penalised regression",
        "table forecast regression series small",
        harmonics="4", lags="one season", penalty="1.0",
    ),
    _card(
        "boosting on a unit's own past",
        "earlier values, differences and means of the same unit as columns of boosted trees",
        "table groups series forecast regression count medium large",
        learning_rate="0.05", rounds="300", lags="3",
    ),
    _card(
        "kernel machine on pixels",
        "scaled pixels or principal components in a radial-basis machine or nearest neighbours",
        "images arrays multiclass binary small",
        components="40", penalty="10", neighbours="3",
    ),
    _card(
        "patch regression",
        "the neighbourhood of each pixel predicts it; many patches make up for few pictures",
        "images regression other multioutput",
        patch="7 by 7", penalty="1.0",
    ),
    _card(
        "distance to the known",
        "a density or distance in principal components flags what was not seen",
        "images arrays binary other small",
        components="20", neighbours="5",
    ),
    _card(
        "term weights with a linear classifier",
        "words and character pieces weighted by rarity, a penalised linear model on top",
        "table text multiclass binary",
        pieces="1 to 2 words, 2 to 5 characters", penalty="1.0",
    ),
)  # fmt: skip


def most_similar(card: DataCard, count: int) -> tuple[ModelCard, ...]:
    """The model cards for the same problem first, those with most in common, then in the bank's order."""
    return tuple(sorted(BANK, key=lambda m: (card.problem not in m.suits, -m.similarity(card)))[:count])
