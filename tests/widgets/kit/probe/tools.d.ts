// What is generated for an app with these two tools.

export {};

declare module "homeport/tools" {
  interface Tools {
    "find-recipes": {
      arguments: { words: string; limit?: number };
      result: { result: { id: string; title: string }[] };
      meta?: { total: number };
    };
    "slow-tool": { arguments: Record<string, never>; result: { done: boolean } };
  }
}
