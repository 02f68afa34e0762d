"""Privy's error answers: `{"error", "code"}` with the codes of its public error list."""

from __future__ import annotations

from tests.privy.wire import Answer, json_answer


class Refused(Exception):
    """A request that gets an error answer: HTTP status, Privy's code, and words."""

    def __init__(self, status: int, code: str, words: str) -> None:
        super().__init__(f"{status} {code}: {words}")
        self.status = status
        self.code = code
        self.words = words

    def answer(self) -> Answer:
        return json_answer({"error": self.words, "code": self.code}, self.status)


def invalid_data(words: str) -> Refused:
    return Refused(400, "invalid_data", words)


def invalid_token(words: str = "Invalid auth token") -> Refused:
    return Refused(401, "missing_or_invalid_token", words)


def invalid_credentials(words: str) -> Refused:
    return Refused(401, "invalid_credentials", words)
