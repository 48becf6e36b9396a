"""An OpenAI-compatible server on loopback that fails as told: real HTTP, one behaviour a request."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "sk-canary-0123456789"


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    status: int = 200
    body: Any = None  # JSON, or bytes sent as they are
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0  # seconds before the first byte
    cut: bool = False  # close the connection in the middle of the body


def completion(text: str | None = "pong", finish: str = "stop", **more: Any) -> Answer:
    message = {"role": "assistant", "content": text, "refusal": more.pop("refusal", None)}
    body = {
        "id": "x",
        "object": "chat.completion",
        "created": 0,
        "model": "served",
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
    return Answer(body=body | more)


def searched(text: str, calls: int = 1) -> Answer:
    """A reply of the Responses API that used its search tool."""
    message = {
        "type": "message",
        "id": "m",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}],
    }
    search = {"type": "web_search_call", "id": "s", "status": "completed", "action": {"type": "search"}}
    body = {
        "id": "r",
        "object": "response",
        "created_at": 0,
        "model": "served",
        "status": "completed",
        "output": [*[search] * calls, message],
        "usage": {
            "input_tokens": 100,
            "output_tokens": 10,
            "total_tokens": 110,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        },
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    return Answer(body=body)


def error(status: int, message: str, code: str | None = None, **headers: str) -> Answer:
    """An error as OpenAI words it; `retry_after="1"` becomes a header."""
    body = {"error": {"message": message, "type": "some_error", "param": None, "code": code}}
    return Answer(status, body, tuple((name.replace("_", "-"), value) for name, value in headers.items()))


@dataclass
class FaultServer:
    """Plays its answers in order, the last one for ever; `asked` keeps path, headers and body."""

    answers: list[Answer] | Callable[[dict[str, Any]], Answer] = field(default_factory=lambda: [completion()])
    asked: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    running: int = 0
    most_running: int = 0
    port: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [body for _, _, body in self.asked]

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        with self._lock:
            place = len(self.asked)
            self.asked.append((path, headers, body))
            self.times.append(time.monotonic())
            self.running += 1
            self.most_running = max(self.most_running, self.running)
        if callable(self.answers):
            return self.answers(body)
        return self.answers[min(place, len(self.answers) - 1)]

    def ended(self) -> None:
        with self._lock:
            self.running -= 1


@contextmanager
def serving(*answers: Answer, by: Callable[[dict[str, Any]], Answer] | None = None) -> Iterator[FaultServer]:
    """A server for the length of a `with`."""
    server = FaultServer(by or list(answers) or [completion()])

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            body = json.loads(self.rfile.read(length))
            answer = server.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            try:
                self.play(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client went away, as some tests want it to
            finally:
                server.ended()

        def play(self, answer: Answer) -> None:
            time.sleep(answer.delay)
            data = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            for name, value in answer.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data[: len(data) // 2] if answer.cut else data)
            self.close_connection = self.close_connection or answer.cut

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    server.port = httpd.server_address[1]
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        httpd.shutdown()
        httpd.server_close()
        thread.join()
