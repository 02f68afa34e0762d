// Tells the host how high the content is, whenever that changes. The width is the host's own: reporting it back would pin
// the frame to what it is now.

/** Hand the document's height in pixels to `send` after each change; where that gives false, nobody took it. */
export function reportHeight(send: (height: number) => boolean): () => void {
  let last = 0;
  const measure = () => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height > 0 && height !== last && send(height)) last = height;
  };
  new ResizeObserver(measure).observe(document.documentElement);
  return measure;
}
