// Blazor joins a page again that it had joined before. A page whose server went away earlier than that asks until the server
// answers, then loads anew; one that is merely slow is left alone.
(() => {
  let wasAway = false;
  const ask = async () => {
    if ('live' in document.documentElement.dataset) return;
    const isThere = await fetch('health/live', { cache: 'no-store' }).then((answer) => answer.ok, () => false);
    if (isThere && wasAway) location.reload();
    else setTimeout(ask, 2000);
    wasAway ||= !isThere;
  };
  addEventListener('load', () => setTimeout(ask, 2000));
})();
