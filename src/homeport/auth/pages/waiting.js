// Asks whether something happened and loads the page anew if so: every 2 s for a minute, then every 10 s.
(() => {
  const began = Date.now();
  const shown = document.currentScript.dataset.version;
  const status = document.querySelector("[role=status]");
  const said = status.textContent;
  let failed = 0;
  const ask = async () => {
    try {
      const answer = await fetch(`${location.pathname}/state`, { cache: "no-store" });
      if (answer.status === 404) return location.replace(location.pathname);
      if (answer.status !== 200) throw new Error("not from Homeport");
      if ((await answer.json()).version !== shown) return location.replace(location.pathname);
      failed = 0;
    } catch {
      // The computer sleeps or the tunnel is away: the page, and the code on it, must outlive that.
      failed += 1;
    }
    const text = failed < 3 ? said : "Homeport does not answer. This page tries again by itself.";
    if (status.textContent !== text) status.textContent = text;
    setTimeout(ask, Date.now() - began < 60000 ? 2000 : 10000);
  };
  setTimeout(ask, 2000);
})();
