// What every page of the dashboard knows: how Homeport is, what waits, whether there is a session; and how to ask and do.

import { createContext, type ComponentChildren, type RefObject } from "preact";
import { useCallback, useContext, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { NoSession, openSession, textOf } from "./api";
import { Live } from "./live";
import * as methods from "./methods";
import type { CallRequest, PendingRequest, Status } from "./types";

export interface Seen {
  status: Status;
  pending: PendingRequest[];
  calls: CallRequest[];
}

interface Home {
  live: Live;
  access: "opening" | "open" | "missing";
  /** The last answer; it stays while Homeport does not answer, which `trouble` says. */
  seen: Seen | null;
  trouble: string;
  lost: () => void;
  /** Tell a person that something was done, for a moment. */
  say: (words: string) => void;
  said: string;
}

type Waiting = [PendingRequest[], CallRequest[]];

const waiting = ({ state }: Status): Promise<Waiting> =>
  state === "starting" ? Promise.resolve([[], []]) : Promise.all([methods.pending(), methods.calls()]);

const HomeContext = createContext<Home | null>(null);
const SAID_MS = 8_000;

export function useHome(): Home {
  const home = useContext(HomeContext);
  if (home === null) throw new Error("There is no <Homeport> around this");
  return home;
}

export function Homeport({ children }: { children: ComponentChildren }) {
  const live = useMemo(() => new Live(), []);
  const [access, setAccess] = useState<Home["access"]>("opening");
  const [seen, setSeen] = useState<Seen | null>(null);
  const [trouble, setTrouble] = useState("");
  const [said, setSaid] = useState("");

  const lost = useCallback(() => setAccess("missing"), []);
  const say = useCallback((words: string) => setSaid(words), []);
  useEffect(() => {
    const timer = setTimeout(() => setSaid(""), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  useEffect(() => {
    const over = new AbortController();
    const look = async () => {
      try {
        const status = await methods.status();
        const [pending, calls] = await waiting(status).catch((error: unknown) => {
          // Before it was ever online there is nobody to ask; why, the status says.
          if (error instanceof NoSession || status.state === "online") throw error;
          return [[], []] as Waiting;
        });
        setSeen((before) => unlessSame(before, { status, pending, calls }));
        setTrouble("");
        setAccess("open");
      } catch (error) {
        if (error instanceof NoSession) lost();
        else setTrouble(textOf(error));
      }
    };
    const open = async () => {
      // A code that is used up says nothing about a session that this browser may still have.
      await openSession().catch((error: unknown) => {
        if (!(error instanceof NoSession)) setTrouble(textOf(error));
      });
      const named = /^#page=([a-z]+)$/.exec(location.hash)?.[1];
      if (named !== undefined) history.replaceState(null, "", `#/${named}`);
      await look();
    };
    const opened = () => {
      if (/[#&]code=/.test(location.hash)) void open();
    };
    const unsubscribe = live.subscribe(look);
    void open().then(() => live.run(over.signal));
    addEventListener("hashchange", opened, { signal: over.signal });
    // Another tab opened a session, or lost one.
    addEventListener("storage", () => void look(), { signal: over.signal });
    return () => {
      unsubscribe();
      over.abort();
    };
  }, [live, lost]);

  return (
    <HomeContext.Provider value={{ live, access, seen, trouble, lost, say, said }}>{children}</HomeContext.Provider>
  );
}

export interface Answer<T> {
  data: T | null;
  trouble: string;
  again: () => Promise<void>;
}

const anyKind = () => true;

/** For what no call of a tool changes. */
export const butCalls = (kind: string) => kind !== "ToolCalled";

/** What `ask` answers, asked anew whenever something changed. `key` says when it is another question. */
export function useAnswer<T>(ask: () => Promise<T>, key = "", concerns: (kind: string) => boolean = anyKind): Answer<T> {
  const { live, lost } = useHome();
  const [data, setData] = useState<T | null>(null);
  const [trouble, setTrouble] = useState("");
  const asked = useRef(0);
  const question = useRef(ask);
  question.current = ask;
  const again = useCallback(async () => {
    const mine = ++asked.current;
    try {
      const found = await question.current();
      if (mine !== asked.current) return;
      setData((before) => unlessSame(before, found));
      setTrouble("");
    } catch (error) {
      if (error instanceof NoSession) lost();
      else if (mine === asked.current) setTrouble(textOf(error));
    }
  }, [lost]);
  useEffect(() => {
    void again();
    return live.subscribe(async (kinds) => {
      if ([...kinds].some((kind) => kind === "done" || concerns(kind))) await again();
    });
  }, [live, again, key]);
  return { data, trouble, again };
}

/** The old value where nothing changed, so that nothing is drawn anew. */
function unlessSame<T>(before: T | null, now: T): T {
  return before !== null && JSON.stringify(before) === JSON.stringify(now) ? before : now;
}

export interface Deed {
  busy: boolean;
  trouble: string;
  forget: () => void;
  /** Do it, then have all that is shown asked anew. False where it did not work; `trouble` says why. */
  run: (work: () => Promise<unknown>) => Promise<boolean>;
}

export function useDeed(): Deed {
  const { live, lost } = useHome();
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const forget = useCallback(() => setTrouble(""), []);
  const working = useRef(false);
  const run = async (work: () => Promise<unknown>) => {
    // A button that waits is not disabled, which would take the keyboard away from it.
    if (working.current) return false;
    working.current = true;
    setBusy(true);
    setTrouble("");
    try {
      await work();
      await live.done();
      keepFocus();
      return true;
    } catch (error) {
      if (error instanceof NoSession) lost();
      else setTrouble(textOf(error));
      return false;
    } finally {
      working.current = false;
      setBusy(false);
    }
  };
  return { busy, trouble, forget, run };
}

/** Where the pressed button went with what it was about, the keyboard goes on from the page's heading. */
function keepFocus(): void {
  requestAnimationFrame(() => {
    if (document.activeElement === document.body) document.querySelector<HTMLElement>("main h1")?.focus();
  });
}

/** What appears to be filled in gets the keyboard, unless a person has it elsewhere than nowhere or at the heading. */
export function useFocusAtHand(field: RefObject<HTMLElement | null>, shown = true): void {
  useEffect(() => {
    const has = document.activeElement;
    if (shown && (has === document.body || has?.matches("main h1") === true)) field.current?.focus();
  }, [shown]);
}
