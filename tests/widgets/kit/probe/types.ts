// What the type check must refuse and allow; it is never run.

import { callTool, ToolError, useToolInput, useToolMeta, useToolOutput } from "homeport";

export async function calls(): Promise<string[]> {
  const { data, text, meta } = await callTool("find-recipes", { words: "soup", limit: 3 });
  const titles: string[] = data.result.map((recipe) => recipe.title);
  const total: number = meta.total;
  // @ts-expect-error: no such tool
  await callTool("find-recipe", { words: "soup" });
  // @ts-expect-error: a required argument lacks
  await callTool("find-recipes", {});
  // @ts-expect-error: an argument of another type
  await callTool("find-recipes", { words: 3 });
  // @ts-expect-error: no such field in the result
  data.result[0]?.name;
  return [...titles, text, String(total)];
}

export function Reads(): string {
  const input = useToolInput("find-recipes");
  const output = useToolOutput("find-recipes");
  const { total } = useToolMeta("find-recipes");
  // @ts-expect-error: while arguments stream in, any may lack
  const early: string = input.arguments.words;
  const words: string = input.state === "complete" ? input.arguments.words : "";
  // @ts-expect-error: there is no data before the output is ready
  output.data;
  const first = output.state === "ready" ? output.data.result[0]?.title : undefined;
  const code = output.state === "failed" && output.error instanceof ToolError ? output.error.code : "";
  return [early, words, first, code, total].join();
}
