// Light or dark: the system's unless the person chose. Runs before the first paint, so that nothing flashes.
(() => {
  const root = document.documentElement;
  const key = 'bif-theme';
  const chosen = () => localStorage.getItem(key);
  const apply = () => {
    const theme = chosen();
    if (theme) root.dataset.theme = theme; else delete root.dataset.theme;
  };
  apply();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const announce = () => dispatchEvent(new Event('bif-theme'));
  dark.addEventListener('change', announce);
  addEventListener('click', (event) => {
    if (!event.target.closest?.('[data-theme-switch]')) return;
    const isDark = (chosen() ?? (dark.matches ? 'dark' : 'light')) === 'dark';
    const next = isDark ? 'light' : 'dark';
    if (next === (dark.matches ? 'dark' : 'light')) localStorage.removeItem(key); else localStorage.setItem(key, next);
    apply();
    announce();
  });
  // Blazor replaces attributes of <html> on enhanced navigation.
  addEventListener('DOMContentLoaded', apply);
})();
