// What find_recipes found. A press on a star rates a recipe, through the tool that the model would call as well.

import { ActionButton, callTool, Empty, ErrorNotice, Result, useToolOutput, useWidgetState } from "homeport";
import type { Recipe } from "homeport/tools";
import { useState } from "react";
import "./recipe-list.css";

const STARS = [1, 2, 3, 4, 5];

export default function RecipeList() {
  // `again`: where the chat does not repeat the result, a button calls the tool once more, with these arguments.
  const output = useToolOutput("find_recipes", { again: {} });
  return (
    <main>
      <h1>Recipes</h1>
      <Result of={output} loading="Looking for recipes…">
        {({ result: recipes }) => (recipes.length > 0 ? <Recipes recipes={recipes} /> : <Empty title="No recipe was found." />)}
      </Result>
    </main>
  );
}

function Recipes({ recipes }: { recipes: Recipe[] }) {
  // ChatGPT keeps this with the message: a conversation that is opened again shows what was rated here.
  const [rated, setRated] = useWidgetState<Record<string, number>>({});
  const [error, setError] = useState<unknown>(null);

  const rate = async (id: string, stars: number) => {
    setError(null);
    try {
      await callTool("rate_recipe", { id, stars });
      setRated((before) => ({ ...before, [id]: stars }));
    } catch (problem) {
      setError(problem);
    }
  };

  return (
    <>
      {error !== null && <ErrorNotice title="Not rated." error={error} />}
      <ul>
        {recipes.map(({ id, title, minutes, stars }) => (
          <li key={id}>
            <span>
              <strong>{title}</strong> {minutes} min
            </span>
            <Stars title={title} given={rated[id] ?? stars} give={(stars) => rate(id, stars)} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface StarsProps {
  title: string;
  given: number;
  give: (stars: number) => Promise<void>;
}

function Stars({ title, given, give }: StarsProps) {
  return (
    <span role="group" aria-label={`Stars for ${title}`}>
      {STARS.map((star) => (
        <ActionButton
          key={star}
          look="quiet"
          aria-label={star === 1 ? "1 star" : `${star} stars`}
          aria-pressed={star === given}
          onClick={() => give(star)}
        >
          {star <= given ? "★" : "☆"}
        </ActionButton>
      ))}
    </span>
  );
}
