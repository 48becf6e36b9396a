"""What an endpoint's fault means: another try, the end of one request, or the end of the sweep."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any

from httpx2 import ConnectError
from openai import APIConnectionError, APIError, APIResponseValidationError, APIStatusError, APITimeoutError

from actors.errors import FatalModelError, ModelError
from actors.models.faults import RetryableFault

TEXT_KEPT = 300  # characters of an endpoint's own words

_TOO_LONG = re.compile(
    r"context.?(length|window)|maximum context|too many tokens"
    r"|(prompt|input|request)[^.]{0,40}too (long|large)",
    re.I,
)
_NEVER_FITS = re.compile(r"request too large|must be reduced", re.I)  # more than a minute allows
_UNKNOWN_MODEL = re.compile(
    r"model_not_found|(invalid|unknown|no such) model|not a valid model"
    r"|model\b[^.]{0,120}(not found|(does not|doesn't|not) exist|is not available)",
    re.I,
)
_BAD_KEY = re.compile(
    r"invalid_api_key|(api.?key|token)[^.]{0,40}(not valid|invalid|incorrect)"
    r"|(invalid|incorrect)[^.]{0,20}api.?key"
    r"|no_db_connection|no connected db",  # LiteLLM without a database, of any key but its own
    re.I,
)
_NO_MONEY = re.compile(
    r"insufficient_quota|billing_(hard_limit|not_active)|insufficient (balance|credit|funds)"
    r"|budget.?(has been )?exceeded",
    re.I,
)
_UNSAFE = re.compile(r"content.?(policy|filter)|moderation|flagged|safety", re.I)
_UNSUPPORTED = re.compile(
    r"unsupported|(not|n't) (be used|supported|support|permitted|allowed|accept)"
    r"|unrecogni[sz]ed|unknown|unexpected|extra.(inputs|fields|forbidden)|invalid|out of range"
    r"|too large|must be|should be",
    re.I,
)
_ECHOED = ("input", "ctx", "url")  # of a validation error: what we sent, and where to read about it
_ALSO_CALLED: Mapping[str, str] = {
    "response_format": r"response_format|json_schema|structured.?output|guided",
    "text": r"(?i:\btext(\.format|:)|json.?(schema|mode)|structured.?output)|response_format",
    "tools": r"tools?\b|web_search",
    "reasoning": r"reasoning",
}


class Refusal(Exception):
    """The endpoint will not answer what was asked, by its rules of content."""


def said(error: BaseException) -> str:
    """What an endpoint said, on one line."""
    text = error.message if isinstance(error, APIError) else str(error)
    text = (_words_of(error.body) if isinstance(error, APIStatusError) else "") or text
    cause = error.__cause__
    if isinstance(error, APIConnectionError) and cause is not None:
        text = f"{text.rstrip('.')}: {cause or type(cause).__name__}"
    line = " ".join(text.split()) or type(error).__name__
    return line if len(line) <= TEXT_KEPT else line[:TEXT_KEPT] + " ..."


def refused_parameter(error: BaseException, sent: Mapping[str, object]) -> str | None:
    """The parameter of ours that a 4xx says it cannot take; None when it is about something else."""
    if not isinstance(error, APIStatusError) or error.status_code not in (400, 422):
        return None
    text = _all_of(error)
    if _TOO_LONG.search(text) or _UNSAFE.search(text) or not _UNSUPPORTED.search(text):
        return None
    if error.param in sent:
        return error.param
    for name in sent:
        if name in ("model", "messages", "input"):
            continue
        if re.search(_ALSO_CALLED.get(name, rf"\b{name}\b"), text):
            return name
    return None


def meaning(error: BaseException, model: str) -> Exception:
    """A RetryableFault, a ModelError, a FatalModelError or a Refusal."""
    words = said(error)
    if isinstance(error, (APITimeoutError, TimeoutError)):
        return RetryableFault(f"no answer in time ({words})", congestion=True, late=True)
    if isinstance(error, APIConnectionError):
        nobody_there = isinstance(error.__cause__, ConnectError)
        return RetryableFault(f"the connection failed ({words})", everyone=nobody_there)
    if isinstance(error, APIResponseValidationError) or not isinstance(error, APIStatusError):
        return RetryableFault(f"the endpoint's reply is not a chat completion ({words})")
    return _of_status(error, model, words)


def _of_status(error: APIStatusError, model: str, words: str) -> Exception:
    status, text = error.status_code, _all_of(error)
    told = f"{status}: {words}"
    if status == 402 or _NO_MONEY.search(text):
        return FatalModelError(f"the account has no money or quota left ({told})")
    if status == 429 and _NEVER_FITS.search(text):
        return ModelError(f"the request is longer than {model} takes ({told})")
    if status in (408, 429) or status >= 500:
        return RetryableFault(
            f"the endpoint answered {told}",
            after=_wait_of(error.response.headers),
            congestion=status in (408, 429, 503, 529),
            everyone=status in (429, 503, 529),
        )
    return _of_request(status, text, model, words)


def _of_request(status: int, text: str, model: str, words: str) -> Exception:
    """What a 4xx means that no further try can change."""
    told = f"{status}: {words}"
    fault: Exception = ModelError(f"the endpoint refuses the request ({told})")
    if status == 403 and _UNSAFE.search(text):
        fault = Refusal(words)
    elif status in (401, 403) or _BAD_KEY.search(text):
        fault = FatalModelError(f"the endpoint refuses the API key ({told})")
    elif _TOO_LONG.search(text):
        fault = ModelError(f"the request is longer than {model} takes ({told})")
    elif status == 404 or _UNKNOWN_MODEL.search(text):
        fault = FatalModelError(f"no model {model!r} there, set model.name or model.base_url ({told})")
    elif _UNSAFE.search(text):
        fault = Refusal(words)
    elif status in (405, 415, 426):
        fault = FatalModelError(f"no chat endpoint there, set model.base_url ({told})")
    return fault


def _words_of(body: Any) -> str:
    """The message in an error's body, whatever shape the server gave it; "" for none."""
    if isinstance(body, dict):
        told = next((body[k] for k in ("message", "detail", "error", "errors") if body.get(k)), body)
        return _words_of(told) if told is not body else json.dumps(_without_echo(body)) if body else ""
    if isinstance(body, list):
        return json.dumps(_without_echo(body)) if body else ""
    return body if isinstance(body, str) else ""


def _without_echo(value: Any) -> Any:
    """A body without what it repeats of the request, whose words would be taken for the server's."""
    if isinstance(value, dict):
        return {k: _without_echo(v) for k, v in value.items() if k not in _ECHOED}
    return [_without_echo(v) for v in value] if isinstance(value, list) else value


def _all_of(error: APIStatusError) -> str:
    """Everything that a server said, for recognising it."""
    return f"{error.code or ''} {error.type or ''} {error.message} {_words_of(error.body)}"


def _wait_of(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait by `retry-after-ms` or `Retry-After` (seconds, or a date); None without either."""
    for name, scale in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        value = headers.get(name, "")
        if re.fullmatch(r"\d+(\.\d+)?", value.strip()):
            return float(value) * scale
    when = email.utils.parsedate_tz(headers.get("retry-after", ""))
    return None if when is None else max(0.0, email.utils.mktime_tz(when) - time.time())
