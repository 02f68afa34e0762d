"""The tools that ChatGPT gets, and the widget that shows what they find."""

from typing import Annotated

from homeport import App, NotFound, Person, Result, Widget
from pydantic import BaseModel, Field

app = App("__TITLE__", instructions="Find recipes, and remember how the person liked them.")

# The file is widgets/recipe-list.tsx. It may reach nothing but this app's tools, until it is allowed to.
recipe_list = Widget(
    "recipe-list",
    description="The recipes that were found, each with stars to rate it.",
    invoking="Looking for recipes",
    invoked="Looked for recipes",
)


class Recipe(BaseModel):
    id: str
    title: str
    minutes: int
    stars: int = 0


BOOK = [
    Recipe(id="carrot-soup", title="Carrot soup", minutes=30),
    Recipe(id="onion-soup", title="Onion soup", minutes=50),
    Recipe(id="apple-pie", title="Apple pie", minutes=75),
]

# The stars that each person gave. Gone with the next start: keep what must last in a file or a database.
given: dict[tuple[str, str], int] = {}


@app.tool(effect="read", title="Find recipes", widget=recipe_list)
async def find_recipes(
    person: Person,
    words: Annotated[str, Field(max_length=100, description="Words from the title; empty for all recipes.")] = "",
) -> Result[list[Recipe]]:
    """Find recipes by words in their title, with the stars that the person gave them."""
    found = [seen_by(person, recipe) for recipe in BOOK if words.lower() in recipe.title.lower()]
    return Result(found, text="\n".join(map(in_words, found)) or "None.")


@app.tool(effect="write", title="Rate a recipe", idempotent=True, widget_access="model+app")
async def rate_recipe(person: Person, id: str, stars: Annotated[int, Field(ge=1, le=5)]) -> Recipe:
    """Remember how many stars the person gives a recipe; find_recipes knows its id."""
    for recipe in BOOK:
        if recipe.id == id:
            given[person.id, id] = stars
            return seen_by(person, recipe)
    raise NotFound(f"There is no recipe with the id {id!r}. find_recipes lists them.")


def in_words(recipe: Recipe) -> str:
    """What the model reads, and a person where no widget is shown: with all that the next call needs."""
    return f"{recipe.title}, {recipe.minutes} minutes, {recipe.stars} stars (id {recipe.id})"


def seen_by(person: Person, recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"stars": given.get((person.id, recipe.id), 0)})
