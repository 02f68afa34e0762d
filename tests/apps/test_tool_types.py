"""The TypeScript of an app's tools: what it says, and that TypeScript takes it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from homeport import App, Result
from homeport.apps.tool_types import tool_types
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain
from homeport.apps.widget_types import check_types, write_type_files
from tests.apps.building import save


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Recipe(BaseModel):
    """A dish. */ Not the end."""

    id: str
    colour: Colour | None = None
    likes: int = 0
    parts: list[Recipe] = []
    notes: dict[str, int] = {}
    place: tuple[int, str] = (0, "")
    anything: Any = None
    not_a_word: Annotated[int, Field(alias="not a word", description="Odd.")] = 1


class Record(BaseModel):
    kept: bool


def recipes() -> App:
    app = App("Recipes")

    @app.tool(effect="read", name="find-recipes")
    def find(
        words: str, limit: int = 5, like: Recipe | None = None, colours: Sequence[Colour | None] = ()
    ) -> Result[list[Recipe]]:
        """Find recipes.

        This paragraph is for the model.
        """
        raise NotImplementedError

    @app.tool(effect="read")
    def newest() -> Recipe:
        """The newest."""
        raise NotImplementedError

    @app.tool(effect="read")
    def records(kind: Literal["old", "new"] | int) -> list[Record]:
        """Kept ones."""
        raise NotImplementedError

    @app.tool(effect="read")
    def counts() -> dict[str, list[int]]:
        """Counts."""
        raise NotImplementedError

    return app


def test_arguments_with_a_default_are_optional_and_results_with_one_are_there() -> None:
    types = tool_types(recipes())
    assert "limit?: number;" in types
    assert "likes: number;" in types
    assert "likes?: number;" in types  # where a recipe is handed in


def test_a_result_that_is_no_object_is_below_result_as_on_the_wire() -> None:
    types = tool_types(recipes())
    assert '"find-recipes": {' in types
    assert "result: Recipe[];" in types
    assert '"newest": {\n      arguments: Record<string, never>;\n      result: Recipe;' in types
    assert "result: Record<string, number[]>;" in types


def test_a_name_that_the_kit_or_typescript_uses_gets_a_number() -> None:
    assert "interface Record2 {" in tool_types(recipes())


def test_equal_types_have_one_name_and_descriptions_cannot_end_their_comment() -> None:
    types = tool_types(recipes())
    assert types.count('type Colour = "red" | "blue";') == 1
    assert "/** Find recipes. */" in types
    assert "/** A dish. *\\/ Not the end. */" in types
    assert "for the model" not in types


def test_an_app_without_tools_allows_every_name() -> None:
    assert "interface Tools {\n  }" in tool_types(App("Empty"))


async def problems_of(code: str, folder: Path, toolchain: Toolchain) -> list[BuildProblem]:
    save(folder, used_tsx=code)
    write_type_files(folder, toolchain, tool_types(recipes()))
    return await check_types(folder, toolchain)


async def test_a_widget_that_uses_the_tools_as_they_are_has_no_problem(tmp_path: Path, toolchain: Toolchain) -> None:
    code = """
    import { callTool, Result, toolOutput, useToolOutput } from "homeport";
    import type { Recipe } from "homeport/tools";
    import { useState, type ReactNode } from "react";
    import "./used.css";

    export default function Used() {
      const [first] = useState<Recipe>();
      const output = useToolOutput("find-recipes");
      const more = async () => {
        const { data } = await callTool("find-recipes", { words: "soup", colours: ["red", null] });
        const likes: number[] = data.result.map((recipe) => recipe.likes + recipe.parts.length + recipe["not a word"]);
        const newest: Recipe = (await callTool("newest", {})).data;
        return [likes, newest, (await callTool("records", { kind: 3 })).data.result[0]?.kept];
      };
      const children: ReactNode = first?.id;
      return <button onClick={() => void more()}>{children}{String(output)}</button>;
    }
    """
    save(tmp_path, used_css="")
    assert await problems_of(code, tmp_path, toolchain) == []


async def test_wrong_names_arguments_and_results_are_problems(tmp_path: Path, toolchain: Toolchain) -> None:
    code = """
    import { callTool } from "homeport";
    void callTool("find-recipe", { words: "soup" });
    void callTool("find-recipes", {});
    void callTool("find-recipes", { words: "soup", limit: "5" });
    void callTool("newest", {}).then(({ data }) => data.title);
    """
    found = await problems_of(code, tmp_path, toolchain)
    assert [problem.line for problem in found] == [3, 4, 5, 6]
    assert all(problem.kind == "types" and problem.file == "widgets/used.tsx" for problem in found)


async def test_an_authors_own_tsconfig_may_build_on_the_generated_one(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "widgets").mkdir()
    settings = '{"extends": "./.homeport/tsconfig.json", "compilerOptions": {"noUnusedLocals": true}}'
    (tmp_path / "widgets" / "tsconfig.json").write_text(settings, encoding="utf-8")
    found = await problems_of("const unused = 1;\nexport default () => <p>{0}</p>;\n", tmp_path, toolchain)
    assert ["'unused'" in problem.message for problem in found] == [True]


def test_what_is_generated_is_nothing_for_git(tmp_path: Path, toolchain: Toolchain) -> None:
    (tmp_path / "widgets").mkdir()
    write_type_files(tmp_path, toolchain, "// types")
    generated = tmp_path / "widgets" / ".homeport"
    assert {path.name for path in generated.iterdir()} == {".gitignore", "tools.d.ts", "tsconfig.json"}
    assert "\n*\n" in (generated / ".gitignore").read_text(encoding="utf-8")
    write_type_files(tmp_path, toolchain, None)
    assert (generated / "tools.d.ts").read_text(encoding="utf-8") == "// types"
