// The tools of the items app that this widget knows, in the form that is generated for an app of one's own.

export {};

declare module "homeport/tools" {
  interface Tools {
    "get-items": {
      arguments: { filter?: string };
      result: { items: Item[] };
    };
    "perform-item-action": {
      arguments: { item_id: string; action: "complete" | "reopen" | "archive" };
      result: Item;
    };
  }

  interface Item {
    id: string;
    title: string;
    description: string;
    tags: string[];
    state: "open" | "done" | "archived";
  }
}
