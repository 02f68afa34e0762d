// Choosing a folder of this computer: one walks through them as in any program.

import { useState } from "preact/hooks";
import { useAnswer } from "./homeport";
import * as methods from "./methods";
import { Dialog } from "./parts/deeds";
import { Icon } from "./parts/icons";
import { Empty, Trouble } from "./parts/page";

interface FolderDialogProps {
  /** Empty: the home folder. */
  begin: string;
  close: (chosen: string | null) => void;
}

export function FolderDialog({ begin, close }: FolderDialogProps) {
  const [path, setPath] = useState(begin);
  const listing = useAnswer(() => methods.folderListing(path), path, () => false);
  const { data, trouble } = listing;
  return (
    <Dialog title="Choose a folder" close={() => close(null)}>
      <p class="here">
        <code>{data?.path ?? (path || "…")}</code>
      </p>
      <Trouble text={trouble} />
      {trouble !== "" && path !== "" && (
        <button type="button" class="second" onClick={() => setPath("")}>
          To the home folder
        </button>
      )}
      {data !== null && (
        <ul class="folders" aria-label="Folders">
          {data.parent !== "" && (
            <li>
              <button type="button" class="plain" onClick={() => setPath(data.parent)}>
                <Icon name="up" />
                Up
              </button>
            </li>
          )}
          {data.folders.map((name) => (
            <li key={name}>
              <button type="button" class="plain" onClick={() => setPath(within(data.path, name))}>
                <Icon name="folder" />
                <bdi>{lastPart(name)}</bdi>
              </button>
            </li>
          ))}
          {data.folders.length === 0 && (
            <li>
              <Empty>No folders in here.</Empty>
            </li>
          )}
        </ul>
      )}
      <div class="actions">
        <button type="button" disabled={data === null || trouble !== ""} onClick={() => data !== null && close(data.path)}>
          Choose this folder
        </button>
        <button type="button" class="second" onClick={() => close(null)}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

const isWhole = (path: string) => /^([/\\]|[A-Za-z]:)/.test(path);

function within(folder: string, name: string): string {
  if (isWhole(name)) return name;
  const between = folder.includes("\\") ? "\\" : "/";
  return folder.endsWith(between) ? folder + name : folder + between + name;
}

const lastPart = (path: string) => path.split(/[/\\]/).filter(Boolean).at(-1) ?? path;
