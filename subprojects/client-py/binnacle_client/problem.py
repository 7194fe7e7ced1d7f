"""Errors of the API, identified by their code."""

from __future__ import annotations

from typing import Any

import httpx


class ProblemError(Exception):
    """A response that is not 2xx. `problem` is None if it is from a proxy, not from the API."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.problem = problem_of(response)
        self.code: str | None = self.problem["code"] if self.problem else None
        super().__init__(f"{self.code}: {self.problem.get('detail') or self.problem['title']}"
                         if self.problem else f"HTTP {response.status_code}")


def problem_of(response: httpx.Response) -> dict[str, Any] | None:
    try:
        body = response.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) and "code" in body and "title" in body else None
