// Asks whether something happened and loads the page anew if so: every 2 s for a minute, then every 10 s.
(() => {
  const began = Date.now();
  const shown = document.currentScript.dataset.version;
  const ask = async () => {
    try {
      const answer = await fetch(`${location.pathname}/state`, { cache: "no-store" });
      if (!answer.ok || (await answer.json()).version !== shown) return location.replace(location.pathname);
    } catch {
      // The computer sleeps or the tunnel is away: ask again later.
    }
    setTimeout(ask, Date.now() - began < 60000 ? 2000 : 10000);
  };
  setTimeout(ask, 2000);
})();
