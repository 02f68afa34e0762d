// The tools of the items app, as they are generated for an app of one's own: a test compares them.

export {};

declare module "homeport/tools" {
  interface Tools {
    /** Show the person's items; with a filter, only those whose title, description or tags hold its words. */
    "get-items": {
      arguments: {
        filter?: string;
      };
      result: {
        items: Item[];
      };
    };
    /** Keep a new item for the person. */
    "add-item": {
      arguments: {
        /** A short name for the item. */
        title: string;
        /** Anything more there is to say. */
        description?: string;
        /** Words to find it by. */
        tags?: string[];
      };
      result: {
        id: string;
        title: string;
        description: string;
        tags: string[];
        state: "open" | "done" | "archived";
      };
    };
    /** Complete, reopen or archive an item. */
    "perform-item-action": {
      arguments: {
        item_id: string;
        action: "complete" | "reopen" | "archive";
      };
      result: {
        id: string;
        title: string;
        description: string;
        tags: string[];
        state: "open" | "done" | "archived";
      };
    };
    /** Search the person's items by words. */
    "search": {
      arguments: {
        query: string;
      };
      result: {
        results: Found[];
      };
    };
    /** Read one item in full by the id that search gave. */
    "fetch": {
      arguments: {
        id: string;
      };
      result: {
        id: string;
        title: string;
        text: string;
        url: string;
        metadata: Record<string, string>;
      };
    };
  }

  /** One thing a person keeps. */
  interface Item {
    id: string;
    title: string;
    description: string;
    tags: string[];
    state: "open" | "done" | "archived";
  }

  /** One hit of a search, in the shape ChatGPT knows. */
  interface Found {
    id: string;
    title: string;
    url: string;
  }
}
