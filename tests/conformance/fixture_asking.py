"""Tools and a prompt that ask before they answer, by results of the kind `input_required` (MCP 2026-07-28).

The request state is sealed by the server's middleware; here it is plain.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    ElicitResult,
    GetPromptRequestParams,
    GetPromptResult,
    InputRequiredResult,
    ListRootsRequest,
    PromptMessage,
    SamplingMessage,
)

from tests.conformance.fixture_replies import text

Context = ServerRequestContext[Any, Any]
Answer = CallToolResult | InputRequiredResult
Asking = Callable[[Context, CallToolRequestParams], Awaitable[Answer]]
Params = CallToolRequestParams | GetPromptRequestParams
Question = ElicitRequest | CreateMessageRequest | ListRootsRequest


def question(message: str, field: str, kind: str = "string") -> ElicitRequest:
    schema = {"type": "object", "properties": {field: {"type": kind}}, "required": [field]}
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(words: str) -> CreateMessageRequest:
    asked = [SamplingMessage(role="user", content=text(words))]
    return CreateMessageRequest(params=CreateMessageRequestParams(messages=asked, max_tokens=100))


def ask(state: str | None = None, /, **questions: Question) -> InputRequiredResult:
    return InputRequiredResult(input_requests=dict(questions), request_state=state)


def filled_in(params: Params, key: str, field: str) -> Any:
    """The field a person filled in under `key`, or None."""
    response = (params.input_responses or {}).get(key)
    return (response.content or {}).get(field) if isinstance(response, ElicitResult) else None


def done(words: str) -> CallToolResult:
    return CallToolResult(content=[text(words)])


def asks_once(words: str, /, state: str | None = None, **questions: Question) -> Asking:
    """A tool that answers `words` once every question has a response, and its state is the one it gave."""

    async def call(context: Context, params: CallToolRequestParams) -> Answer:
        answered = questions.keys() <= (params.input_responses or {}).keys()
        return done(words) if answered and params.request_state == state else ask(state, **questions)

    return call


async def asks_for_a_name(context: Context, params: CallToolRequestParams) -> Answer:
    name = filled_in(params, "user_name", "name")
    if not isinstance(name, str):
        return ask(user_name=question("What is your name?", "name"))
    return done(f"Hello, {name}!")


async def asks_twice(context: Context, params: CallToolRequestParams) -> Answer:
    if params.request_state == "round 1" and filled_in(params, "step1", "name") is not None:
        return ask("round 2", step2=question("Step 2: What is your favorite color?", "color"))
    if params.request_state == "round 2" and filled_in(params, "step2", "color") is not None:
        return done("Both steps are done")
    return ask("round 1", step1=question("Step 1: What is your name?", "name"))


async def asks_what_the_client_can_do(context: Context, params: CallToolRequestParams) -> Answer:
    declared = context.session.client_capabilities
    questions: dict[str, Question] = {}
    if declared is not None and declared.sampling is not None:
        questions["guess"] = sampling("Guess a number")
    if declared is not None and declared.elicitation is not None:
        questions["number"] = question("Which number?", "number", "integer")
    return ask(None, **questions) if questions else done("Nobody can be asked")


async def asking_prompt(params: GetPromptRequestParams) -> GetPromptResult | InputRequiredResult:
    given = filled_in(params, "user_context", "context")
    if given is None:
        return ask(user_context=question("What context should the prompt use?", "context"))
    return GetPromptResult(messages=[PromptMessage(role="user", content=text(f"With this context: {given}"))])


CONFIRM: Mapping[str, Question] = {"confirm": question("Please confirm", "ok", "boolean")}
ASKING_TOOLS: dict[str, Asking] = {
    "test_input_required_result_elicitation": asks_for_a_name,
    "test_input_required_result_sampling": asks_once(
        "The client answered", capital_question=sampling("What is the capital of France?")
    ),
    "test_input_required_result_list_roots": asks_once("The client has roots", client_roots=ListRootsRequest()),
    "test_input_required_result_request_state": asks_once("state-ok", "confirmed", **CONFIRM),
    "test_input_required_result_tampered_state": asks_once("state-ok", "sealed", **CONFIRM),
    "test_input_required_result_multiple_inputs": asks_once(
        "All is answered",
        "three questions",
        user_name=question("What is your name?", "name"),
        greeting=sampling("Generate a greeting"),
        client_roots=ListRootsRequest(),
    ),
    "test_input_required_result_multi_round": asks_twice,
    "test_input_required_result_capabilities": asks_what_the_client_can_do,
    "test_streaming_elicitation": asks_once("Done", confirm=CONFIRM["confirm"]),
}
