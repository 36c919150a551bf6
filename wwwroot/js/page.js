// What a page needs from the browser: dialogs, the clipboard, keys.
export const live = () => { document.documentElement.dataset.live = ''; };
export const close = (dialog) => dialog.close();

// What is seen large stands in the address while it is: a reload and a copied link show it again.
export function open(dialog, item) {
  const tell = (value) => {
    const address = new URL(location);
    if (value === null) address.searchParams.delete('item'); else address.searchParams.set('item', value);
    history.replaceState(history.state, '', address);
  };
  tell(item);
  dialog.onclose = () => { if (new URL(location).searchParams.has('item')) tell(null); };
  if (!dialog.open) dialog.showModal();
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Arrow keys walk through the links of a strip.
export function walk(element) {
  element.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    const links = [...element.querySelectorAll('a')];
    const at = links.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, at + step))].focus();
  });
  element.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
}
