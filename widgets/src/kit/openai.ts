// What only ChatGPT has: window.openai, typed. Everything is optional, because a host lacks what it does not have.

import { fieldsOf, type Fields } from "./messages";

type DisplayMode = "inline" | "fullscreen" | "pip";

/** `window.openai` as ChatGPT documents it. Test for a method before use: `chatgpt().uploadFile?.(file)`. */
export interface ChatGPT {
  readonly toolInput?: unknown;
  readonly toolOutput?: unknown;
  /** An envelope of ChatGPT's own; useToolMeta() gives the `_meta` that the tool sent inside it. */
  readonly toolResponseMetadata?: unknown;
  readonly widgetState?: unknown;
  readonly theme?: "light" | "dark";
  readonly displayMode?: DisplayMode;
  /** Pixels. */
  readonly maxHeight?: number;
  readonly safeArea?: { insets: { top: number; right: number; bottom: number; left: number } };
  readonly view?: { mode?: string; params?: Fields | null };
  readonly userAgent?: { device?: { type?: string }; capabilities?: { hover?: boolean; touch?: boolean } };
  readonly locale?: string;

  setWidgetState?(state: unknown): unknown;
  callTool?(name: string, args: Fields): Promise<unknown>;
  sendFollowUpMessage?(message: { prompt: string; scrollToBottom?: boolean }): Promise<unknown>;
  uploadFile?(file: File, options?: { library?: boolean }): Promise<{ fileId: string }>;
  selectFiles?(): Promise<{ fileId: string; fileName: string; mimeType: string }[]>;
  getFileDownloadUrl?(file: { fileId: string }): Promise<{ downloadUrl: string }>;
  requestDisplayMode?(wanted: { mode: DisplayMode }): Promise<{ mode: DisplayMode }>;
  requestModal?(modal: { params?: Fields; template?: string }): Promise<unknown>;
  requestClose?(): unknown;
  /** Pixels. */
  notifyIntrinsicHeight?(height: number): unknown;
  openExternal?(link: { href: string; redirectUrl?: string | false }): unknown;
  setOpenInAppUrl?(link: { href: string }): unknown;
  /** In private beta at OpenAI. */
  requestCheckout?(session: Fields): Promise<unknown>;
}

declare global {
  interface Window {
    openai?: unknown;
  }
}

/** ChatGPT's own API; an empty object in every other host. */
export const chatgpt = (): ChatGPT => fieldsOf(window.openai);
