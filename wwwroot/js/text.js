// Shades the tokens of passages by their relation to one token of the query. Numbers come as float32; colours are the page's,
// so that a change of theme needs nothing here.
const states = new WeakMap();

const number = (value, digits = 3) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
const units = (passage) => passage.querySelectorAll('[data-u]');

const parse = (buffer) => {
  const [ints, floats] = [new Int32Array(buffer), new Float32Array(buffer)];
  const shades = new Map();
  let at = 1;
  for (let item = 0; item < ints[0]; item++) {
    const count = ints[at + 1];
    const part = (index) => floats.subarray(at + 2 + index * count, at + 2 + (index + 1) * count);
    shades.set(ints[at], { correlation: part(0), error: part(1), bif: part(2) });
    at += 2 + 3 * count;
  }
  return shades;
};

// What is being read, in one line: the unit, its correlation with error, the noise floor, BIF.
const read = (root, unit) => {
  const state = states.get(root);
  const line = root.querySelector('[data-reading]');
  const passage = unit?.closest('[data-item]');
  const shades = passage && state.shades.get(+passage.dataset.item);
  if (!line || !shades) return;
  const at = +unit.dataset.u;
  const r = shades.correlation[at];
  const floor = state.floor > 0 ? `, ${Math.abs(r) > state.floor ? 'above' : 'below'} the noise floor ${state.floor.toFixed(3)}` : '';
  const bif = !shades.bif ? '' : `; BIF ${shades.bif[at].toExponential(2).replace(/-/g, '−')} nats²`;
  line.textContent = `“${unit.textContent}” in item ${passage.dataset.item}: correlation ${number(r)} ± ${shades.error[at].toFixed(3)}${floor}${bif}`;
};

const paint = (root) => {
  const state = states.get(root);
  let largest = 1.25 * state.floor;
  for (const passage of root.querySelectorAll('[data-item]')) {
    for (const r of state.shades.get(+passage.dataset.item)?.correlation ?? []) largest = Math.max(largest, Math.abs(r));
  }
  const full = Math.max(0.02, largest) / state.intensity;
  for (const passage of root.querySelectorAll('[data-item]')) {
    const shades = state.shades.get(+passage.dataset.item);
    const best = +passage.dataset.best;
    for (const unit of units(passage)) {
      const at = +unit.dataset.u;
      const r = shades?.correlation[at] ?? 0;
      unit.style.setProperty('--heat', `${(50 * Math.min(1, Math.abs(r) / full)).toFixed(1)}%`);
      unit.className = `${r < 0 ? 'minus' : 'plus'}${state.floor > 0 && Math.abs(r) > state.floor ? ' sure' : ''}${at === best ? ' best' : ''}`;
    }
  }
  for (const place of root.querySelectorAll('[data-legend]')) {
    place.textContent = place.dataset.legend === 'low' ? `−${full.toFixed(2)}` : place.dataset.legend === 'high' ? `+${full.toFixed(2)}` : '0';
  }
  const floor = root.querySelector('.scale');
  floor?.style.setProperty('--floor', `${(50 * Math.min(1, state.floor / full)).toFixed(1)}%`);
};

const mark = (root, unit) => {
  for (const link of root.querySelectorAll('.query-text [data-u]')) {
    if (+link.dataset.u === unit) link.setAttribute('aria-current', 'true'); else link.removeAttribute('aria-current');
    link.tabIndex = +link.dataset.u === (unit ?? 0) ? 0 : -1;
  }
};

// The box scrolls, not the page.
const reveal = (root) => {
  const [box, unit] = [root.querySelector('.query-text'), root.querySelector('.query-text [aria-current]')];
  if (!box || !unit) return;
  const at = unit.getBoundingClientRect().top - box.getBoundingClientRect().top;
  if (at < 0 || at > box.clientHeight - 24) box.scrollTop += at - box.clientHeight / 2;
};

const shade = async (root, unit) => {
  const state = states.get(root);
  const begin = performance.now();
  const items = [...root.querySelectorAll('[data-item]')].map((passage) => +passage.dataset.item);
  const turn = ++state.turn;
  const shades = await state.load(unit, items);
  if (turn !== state.turn || !root.isConnected) return false;
  state.shades = shades;
  paint(root);
  root.dataset.shaded = unit ?? 'all';
  root.dataset.milliseconds = Math.round(performance.now() - begin);
  return true;
};

// Left and right walk through the query's tokens and choose; up and down are left to the page.
const step = (event, all, at) => {
  const by = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity }[event.key];
  if (!by || event.ctrlKey || event.altKey || event.metaKey) return null;
  event.preventDefault();
  return all[Math.max(0, Math.min(all.length - 1, at + by))];
};

// A link that is clicked leads on by itself; one that is reached by a key is followed here.
const choose = (root, unit, link) => {
  mark(root, unit);
  states.get(root).choose(unit, link);
  return shade(root, unit);
};

const listen = (root) => {
  root.addEventListener('pointerover', (event) => {
    const unit = event.target.closest?.('[data-item] [data-u]');
    if (unit) read(root, unit);
  });
  root.addEventListener('click', (event) => {
    const unit = event.target.closest?.('[data-u]');
    if (!unit) return;
    if (unit.closest('[data-item]')) { read(root, unit); return; }
    choose(root, +unit.dataset.u, null);
  });
  root.addEventListener('keydown', (event) => {
    const query = event.target.closest?.('.query-text [data-u]');
    if (query) {
      const all = [...root.querySelectorAll('.query-text [data-u]')];
      const next = step(event, all, all.indexOf(query));
      if (next) { next.focus(); choose(root, +next.dataset.u, next); }
      return;
    }
    const passage = event.target.closest?.('[data-item]');
    if (!passage) return;
    const all = [...units(passage)];
    const next = step(event, all, all.findIndex((unit) => unit.hasAttribute('data-cursor')));
    if (!next) return;
    all.forEach((unit) => unit.removeAttribute('data-cursor'));
    next.dataset.cursor = '';
    read(root, next);
  });
};

const attach = (root, state) => {
  const known = states.get(root);
  states.set(root, { shades: new Map(), turn: 0, ...known, ...state });
  if (!known) listen(root);
};

// Texts whose scores the caller loads: what it returns chooses a unit, or null for all of the query.
export function start(root, state) {
  attach(root, state);
  return { choose: (unit) => choose(root, unit, null) };
}

// The page of a run: scores of what is in view come over HTTP, a new token goes into the address.
export async function show(root, address, unit, floor, intensity) {
  attach(root, {
    floor: floor ?? 0,
    intensity,
    load: async (chosen, items) => {
      if (items.length === 0) return new Map();
      const answer = await fetch(`${address}&items=${items.join(',')}${chosen === null ? '' : `&token=${chosen}`}&format=bin`);
      if (!answer.ok) throw new Error(`The shades did not come: ${answer.status}`);
      return parse(await answer.arrayBuffer());
    },
    choose: (chosen, link) => link && window.Blazor.navigateTo(link.getAttribute('href'), { replaceHistoryEntry: true }),
  });
  reveal(root);

  // Passages in the order of this unit, not only shaded for it.
  if (await shade(root, unit)) root.dataset.ranked = unit ?? 'all';
}
