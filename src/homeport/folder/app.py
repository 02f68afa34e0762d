"""The tools of the folder app: `search` and `fetch`, in the shape that ChatGPT knows from a company's knowledge."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from homeport import App, Result
from homeport.folder.text_folder import TextFolder

Query = Annotated[str, Field(max_length=1_000, description="Words to look for; a file that holds all of them is best.")]
FileId = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{16}(\.[1-9][0-9]{0,3})?$",
        description="An id from search, or ID.2, ID.3 and so on for the later parts of a long file.",
    ),
]


class FoundFile(BaseModel):
    """One hit, with the words around what was looked for."""

    id: str
    title: str
    text: str
    url: str


class FoundFiles(BaseModel):
    results: list[FoundFile]
    note: str


class FileText(BaseModel):
    """One file as a document; of a long one a part, which `metadata` counts."""

    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str]


def folder_app(folder: TextFolder) -> App:
    """The app over this folder. Its path is said to nobody: a client learns names below it."""
    app = App(
        "Folder",
        instructions="Searches and reads the text and Markdown files in a folder on the owner's computer. It changes "
        "nothing. search finds files by words; fetch reads one.",
    )

    # Plain functions: they wait for files, so they run in threads of their own.

    @app.tool(effect="read", title="Search the folder")
    def search(query: Query) -> Result[FoundFiles]:
        """Search the text files of the folder by words; the best come first."""
        found = folder.search(query)
        hits = [FoundFile(id=hit.id, title=hit.title, text=hit.snippet, url=hit.url) for hit in found.hits]
        # No text of its own: OpenAI wants the JSON itself there, for search and fetch alike.
        return Result(FoundFiles(results=hits, note=found.note))

    @app.tool(effect="read", title="Read a file")
    def fetch(id: FileId) -> Result[FileText]:
        """Read a file by the id that search gave."""
        part = folder.fetch(id)
        text, metadata = part.text, {"path": part.path}
        if part.parts > 1:
            metadata |= {"part": str(part.number), "parts": str(part.parts)}
            if part.number < part.parts:
                metadata["next"] = f"{part.id}.{part.number + 1}"
                text += f"\n\n[Part {part.number} of {part.parts}. fetch {metadata['next']} gives the next one.]"
        return Result(FileText(id=id, title=part.title, text=text, url=part.url, metadata=metadata))

    return app
