import gzip
import pickle
import zipfile
from io import BytesIO

import numpy as np
import pandas as pd
import pytest

from runners.tasks.submission import Form, SubmissionFault, parse_submission, write_predictions

IDS = pd.Index(["1", "2", "3", "4"], dtype=object)
VALUE = Form("id", IDS, ("y",), "value")
POSITIVE = Form("id", IDS, ("y",), "value", domain="positive")
LABEL = Form("id", IDS, ("y",), "label", ("0", "1", "2"))
WORDS = Form("id", IDS, ("y",), "label", ("no", "nan", "yes, please"))
CHANCE = Form("id", IDS, ("y",), "probability", ("0", "1"))
SIMPLEX = Form("id", IDS, ("a", "b"), "probability", ("a", "b"))


def csv(*values: object, ids: tuple[object, ...] = (1, 2, 3, 4), head: str = "id,y") -> bytes:
    return "\n".join([head, *(f"{i},{v}" for i, v in zip(ids, values, strict=True))]).encode() + b"\n"


def zipped() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("submission.csv", "id,y\n")
    return out.getvalue()


FAULTS = {
    "none": (VALUE, None, "wrote no ./submission.csv"),
    "empty": (VALUE, b" \n", "is empty"),
    "gigabyte": (VALUE, b"id,y\n" + b"1,1\n" * 500_000, "too large"),
    "gzip": (VALUE, gzip.compress(csv(1, 2, 3, 4)), "a gzip archive"),
    "zip": (VALUE, zipped(), "a zip archive"),
    "pickle": (VALUE, pickle.dumps({"id": [1]}), "a pickled object"),
    "nul": (VALUE, b"id,y\n1,\0\n", "NUL bytes"),
    "not utf-8": (VALUE, b"id,y\n1,\xff\n", "not UTF-8"),
    "ragged": (VALUE, b"id,y\n1,2\n3,4,5,6\n", "not a CSV table"),
    "prose": (VALUE, b"I could not solve it.\n", "wrong columns: missing 'id', 'y'"),
    "missing column": (VALUE, csv(1, 2, 3, 4, head="id,x"), "missing 'y', unexpected 'x'"),
    "index column": (VALUE, b",id,y\n0,1,1\n", "unexpected 'Unnamed: 0'"),
    "column twice": (VALUE, b"id,y,y\n1,1,1\n", "unexpected 'y.1'"),
    "nan": (VALUE, csv(1, "", 3, 4), "1 NaN in column y, such as at id '2'"),
    "inf": (VALUE, csv(1, 2, "inf", 4), "1 infinite values in column y, such as at id '3'"),
    "word": (VALUE, csv(1, 2, "high", 4), "1 values in column y are not numbers, such as 'high'"),
    "duplicate": (VALUE, csv(1, 2, 3, 4, 5, ids=(1, 2, 3, 4, 4)), "1 duplicate ids in id, such as '4'"),
    "missing id": (VALUE, csv(1, 2, 3, ids=(1, 2, 3)), "1 of 4 ids are missing from id, such as '4'"),
    "extra id": (VALUE, csv(1, 2, 3, 4, 5, ids=(1, 2, 3, 4, 9)), "1 ids in column id that are not to be"),
    "huge": (VALUE, csv(1, 2, 3e200, 4), "1 predictions beyond 1e+100 in size, such as at id '3'"),
    "not positive": (POSITIVE, csv(1, 2, 0, 4), "1 predictions that are not above 0"),
    "above one": (CHANCE, csv(0.1, 0.2, 1.5, 0.4), "1 rows with probabilities outside [0, 1]"),
    "off simplex": (
        SIMPLEX,
        csv("0.5,0.5", "0.5,0.5", "0.5,0.6", "1,0", head="id,a,b"),
        "do not sum to 1, such as at id '3' with the sum 1.1",
    ),
    "new label": (LABEL, csv(0, 1, 7, 2), "1 labels in column y that training never showed, such as '7'"),
    "no label": (LABEL, csv(0, "", 1, 2), "1 missing labels in column y, such as at id '2'"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_own_message(name: str) -> None:
    form, data, message = FAULTS[name]
    with pytest.raises(SubmissionFault) as caught:
        parse_submission(data, form)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_rows_come_back_in_the_order_of_the_sample() -> None:
    parsed = parse_submission(csv(30, 10, 20, 40, ids=(3, 1, 2, 4)), VALUE)
    assert list(parsed.index) == list(IDS)
    assert parsed["y"].tolist() == [10, 20, 30, 40]


@pytest.mark.parametrize("ids", [("1.0", "2.0", "3.0", "4.0"), (" 1", "2 ", "03", "4")])
def test_ids_may_be_written_as_other_numbers(ids: tuple[str, ...]) -> None:
    assert parse_submission(csv(10, 20, 30, 40, ids=ids), VALUE)["y"].tolist() == [10, 20, 30, 40]


def test_a_byte_order_mark_and_windows_line_ends_are_taken() -> None:
    data = b"\xef\xbb\xbf" + csv(1, 2, 3, 4).replace(b"\n", b"\r\n")
    assert parse_submission(data, VALUE)["y"].tolist() == [1, 2, 3, 4]


def test_labels_may_be_written_as_other_numbers() -> None:
    assert parse_submission(csv("1.0", "2", "00", "0"), LABEL)["y"].tolist() == ["1", "2", "0", "0"]


def test_a_class_named_nan_is_a_label() -> None:
    parsed = parse_submission(csv("no", "nan", '"yes, please"', "no"), WORDS)
    assert parsed["y"].tolist() == ["no", "nan", "yes, please", "no"]


def test_columns_may_stand_in_any_order() -> None:
    rows = ("0.1,1", "0.2,2", "0.3,3", "0.4,4")
    parsed = parse_submission("\n".join(["y,id", *rows]).encode(), CHANCE)
    assert parsed["y"].tolist() == [0.1, 0.2, 0.3, 0.4]


@pytest.mark.parametrize("form", [VALUE, WORDS])
def test_written_predictions_read_back_the_same(form: Form) -> None:
    values = [0.1 + 0.2, -1e-300, 1e22, 3] if form is VALUE else ["no", "yes, please", "nan", "no"]
    frame = pd.DataFrame({"y": np.array(values, dtype=float if form is VALUE else object)}, index=IDS)
    again = parse_submission(write_predictions(frame, "id"), form)
    pd.testing.assert_frame_equal(again, frame, check_exact=True)


def test_written_predictions_carry_no_needless_quotes() -> None:
    frame = pd.DataFrame({"y": [1.5, 2.0, 3.0, 4.0]}, index=IDS)
    assert write_predictions(frame, "id").decode().splitlines()[:2] == ["id,y", "1,1.5"]


def test_ids_with_leading_zeros_may_come_back_as_numbers() -> None:
    form = Form("id", pd.Index(["007", "010"], dtype=object), ("y",), "value")
    assert parse_submission(b"id,y\n10,2\n7,1\n", form)["y"].tolist() == [1, 2]
