// A heatmap of texts in a report: all scores come with one request, and nothing but this file is needed to choose a token.
import { start } from './text.js';

const root = document.querySelector('[data-report-texts]');
const buffer = await (await fetch(root.dataset.reportTexts)).arrayBuffer();
const head = new Int32Array(buffer, 0, 2 + 2 * new Int32Array(buffer, 0, 2)[1]);
const [rows, count] = head;
const values = new Int16Array(buffer, head.byteLength);

const load = (unit) => {
  const shades = new Map();
  let at = 0;
  for (let passage = 0; passage < count; passage++) {
    const [item, width] = head.subarray(2 + 2 * passage);
    const part = (which) => Float32Array.from(values.subarray(at + (which * rows + (unit === null ? 0 : unit + 1)) * width).subarray(0, width), (value) => value / 32767);
    shades.set(item, { correlation: part(0), error: part(1) });
    at += 2 * rows * width;
  }
  return Promise.resolve(shades);
};

const note = (unit) => history.replaceState(null, '', `${location.pathname}${location.search}${unit === null ? '' : `#token-${unit}`}`);
const chosen = /^#token-(\d+)$/.exec(location.hash)?.[1] ?? root.dataset.chosen;
const heat = start(root, { floor: +root.dataset.floor, intensity: 1, load, choose: (unit) => note(unit) });
root.querySelector('[data-whole]').addEventListener('click', () => heat.choose(null));
await heat.choose(chosen === undefined || chosen === '' || +chosen + 1 >= rows ? null : +chosen);
