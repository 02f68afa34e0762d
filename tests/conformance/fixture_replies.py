"""What the conformance suite wants a server to answer: fixed content, resources and prompts. No tool runs here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import (
    AudioContent,
    BlobResourceContents,
    EmbeddedResource,
    GetPromptResult,
    ImageContent,
    Prompt,
    PromptArgument,
    PromptMessage,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextContent,
    TextResourceContents,
)

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SILENCE = "UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA="
RESOURCE_NOT_FOUND = -32602
TEMPLATE = "test://template/{id}/data"

TEXTS = {
    "test://static-text": "This is the content of the static text resource.",
    "test://watched-resource": "This is a resource that can be watched.",
}


def text(words: str) -> TextContent:
    return TextContent(type="text", text=words)


def image() -> ImageContent:
    return ImageContent(type="image", data=PIXEL, mime_type="image/png")


def audio() -> AudioContent:
    return AudioContent(type="audio", data=SILENCE, mime_type="audio/wav")


def embedded(uri: str, words: str, media_type: str = "text/plain") -> EmbeddedResource:
    contents = TextResourceContents(uri=uri, mime_type=media_type, text=words)
    return EmbeddedResource(type="resource", resource=contents)


def resources() -> list[Resource]:
    listed = [
        Resource(uri=uri, name=uri.removeprefix("test://"), description="A text.", mime_type="text/plain")
        for uri in TEXTS
    ]
    binary = Resource(uri="test://static-binary", name="static-binary", description="A pixel.", mime_type="image/png")
    return [*listed, binary]


def templates() -> list[ResourceTemplate]:
    return [ResourceTemplate(uri_template=TEMPLATE, name="template", description="Data by id.")]


def read(uri: str) -> ReadResourceResult:
    """The resource at `uri`. Raises MCPError for any other."""
    before, after = TEMPLATE.split("{id}")
    if uri in TEXTS:
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="text/plain", text=TEXTS[uri])])
    if uri == "test://static-binary":
        return ReadResourceResult(contents=[BlobResourceContents(uri=uri, mime_type="image/png", blob=PIXEL)])
    if uri.startswith(before) and uri.endswith(after):
        number = uri.removeprefix(before).removesuffix(after)
        data = json.dumps({"id": number, "templateTest": True, "data": f"Data for ID: {number}"})
        return ReadResourceResult(contents=[TextResourceContents(uri=uri, mime_type="application/json", text=data)])
    raise MCPError(code=RESOURCE_NOT_FOUND, message="Resource not found", data={"uri": uri})


def prompts() -> list[Prompt]:
    def arguments(*names: str) -> list[PromptArgument]:
        return [PromptArgument(name=name, description=f"The {name}.", required=True) for name in names]

    return [
        Prompt(name="test_simple_prompt", description="Plain."),
        Prompt(name="test_prompt_with_arguments", description="Filled.", arguments=arguments("arg1", "arg2")),
        Prompt(name="test_prompt_with_embedded_resource", description="A file.", arguments=arguments("resourceUri")),
        Prompt(name="test_prompt_with_image", description="An image."),
        Prompt(name="test_input_required_result_prompt", description="Asks before it answers."),
    ]


def prompt(name: str, given: Mapping[str, str]) -> GetPromptResult:
    """A prompt that asks nothing. Raises MCPError for an unknown one."""
    messages: dict[str, list[Any]] = {
        "test_simple_prompt": [text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments": [
            text(f"Prompt with arguments: arg1='{given.get('arg1')}', arg2='{given.get('arg2')}'")
        ],
        "test_prompt_with_embedded_resource": [
            embedded(given.get("resourceUri", ""), "Embedded resource content for testing."),
            text("Please process the embedded resource above."),
        ],
        "test_prompt_with_image": [image(), text("Please analyze the image above.")],
    }
    if name not in messages:
        raise MCPError(code=-32602, message="There is no such prompt")
    return GetPromptResult(messages=[PromptMessage(role="user", content=content) for content in messages[name]])
