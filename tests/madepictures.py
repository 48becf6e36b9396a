"""Pictures written to files, and the brief of a task of pictures."""

from pathlib import Path

import numpy as np
from PIL import Image

from actors.contracts import FileFacts, SplitRule, TaskBrief


def save(path: Path, pixels: np.ndarray) -> None:
    """Write a picture of 8 bits a channel."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(np.round(pixels), 0, 255).astype("uint8")).save(path)


def error(found: np.ndarray, wanted: np.ndarray) -> float:
    """The root mean squared error over all pixels and channels."""
    return float(np.sqrt(np.mean((found.reshape(wanted.shape) - wanted) ** 2)))


def brief_of(*files: FileFacts, **changes: object) -> TaskBrief:
    """The brief of a task of classes, with other facts where they are given."""
    facts: dict[str, object] = {
        "id": "t",
        "description": "Digits.",
        "problem": "multiclass",
        "metric": "accuracy",
        "direction": "maximize",
        "target": ("label",),
        "id_column": "id",
        "prediction": "label",
        "split": SplitRule(),
        "files": files,
        "train": "train.csv",
        "test": "test.csv",
        "sample_submission": "sample_submission.csv",
        "classes": ("0", "1", "2"),
    }
    return TaskBrief(**{**facts, **changes})  # type: ignore[arg-type]
