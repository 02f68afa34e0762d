// Where the widget is shown: in a chat, over all of it, or small in its corner; on a desktop or a phone.

import { useEffect, useRef } from "preact/hooks";
import { sizeOf, textOfResult } from "./moment";
import type { Session } from "./session";

export function StageView({ session }: { session: Session }) {
  const place = useRef<HTMLDivElement>(null);
  const { opened, moment, contentHeight, standing, shown } = session;
  const { displayMode, device, theme, safeArea } = moment.host;
  const { width, height } = sizeOf(moment.host);
  useEffect(() => (place.current ? session.mount(place.current) : undefined), [session, opened]);

  const inlineHeight = contentHeight > 0 ? contentHeight : Math.min(height, 160);
  const size = { width: `${width}px`, height: `${displayMode === "inline" ? inlineHeight : height}px` };
  const edges = Object.entries(safeArea).filter(([, pixels]) => pixels > 0);
  const bordered = (shown?.widget.meta.ui as { prefersBorder?: boolean } | undefined)?.prefersBorder !== false;
  return (
    <section class="stage" aria-label="Widget" data-theme={theme}>
      <div class="chat" data-device={device} data-mode={displayMode}>
        <p class="turn" aria-hidden="true">
          {moment.title || `Use ${moment.tool}`}
        </p>
        <div class="widget" data-border={bordered && displayMode === "inline"} style={size}>
          <div class="place" ref={place} />
          {displayMode !== "inline" &&
            edges.map(([edge, pixels]) => (
              <span
                key={edge}
                class="edge"
                data-edge={edge}
                style={{ [edge === "top" || edge === "bottom" ? "height" : "width"]: `${pixels}px` }}
              />
            ))}
          {standing === "silent" && (
            <div class="over" role="alert">
              <p>The widget does not let go of its thread.</p>
              <button type="button" onClick={() => session.stop()}>
                Stop it
              </button>
            </div>
          )}
          {standing === "stopped" && (
            <div class="over">
              <p role="status">The widget is closed.</p>
              <button type="button" onClick={() => session.reload()}>
                Open again
              </button>
            </div>
          )}
        </div>
        <p class="turn model" aria-hidden="true">
          {moment.state === "result" && moment.output !== null && `The model reads: ${textOfResult(moment).split("\n")[0]?.slice(0, 100)}`}
        </p>
      </div>
    </section>
  );
}

/** ChatGPT's modal: the same widget, or another one, once more in front of all. */
export function Modal({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const place = useRef<HTMLDivElement>(null);
  const { modal } = session;
  useEffect(() => {
    if (!modal || !place.current) return undefined;
    dialog.current?.showModal();
    const end = session.mountModal(place.current);
    return () => {
      end();
      dialog.current?.close();
    };
  }, [session, modal]);
  return (
    <dialog class="modal" ref={dialog} aria-label="Modal of the widget" onClose={() => session.closeModal()}>
      <form method="dialog">
        <button type="submit" class="second">
          Close
        </button>
      </form>
      <div class="place" ref={place} />
    </dialog>
  );
}
