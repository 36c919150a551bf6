// Draws the matrix of two texts from binary tiles.
import { draw } from './chart.js';

const tile = 128;
const turns = new WeakMap();

const fetchTile = async (address, row, column) => {
  const answer = await fetch(`${address}&row=${row}&rows=${tile}&column=${column}&columns=${tile}&format=bin`);
  if (!answer.ok) throw new Error(`A tile did not come: ${answer.status}`);
  const buffer = await answer.arrayBuffer();
  const [rows, columns] = new Int32Array(buffer, 0, 2);
  return { row, column, rows, columns, values: new Float32Array(buffer, 16, rows * columns) };
};

const visible = (text) => text.replace(/\n/g, '⏎').replace(/\t/g, '⇥').replace(/ /g, '·');

// rows: units of the query; columns: units of the passage, as they are shown in the texts.
export async function drawMatrix(element, address, rows, columns, unit) {
  const turn = (turns.get(element) ?? 0) + 1;
  turns.set(element, turn);
  const z = rows.map(() => new Float32Array(columns.length));
  const wanted = [];
  for (let row = 0; row < rows.length; row += tile) {
    for (let column = 0; column < columns.length; column += tile) wanted.push(fetchTile(address, row, column));
  }
  const parts = await Promise.all(wanted);

  // Tiles of an earlier matrix may come after those of a later one.
  if (turns.get(element) !== turn) return;
  let largest = 0.02;
  for (const part of parts) {
    for (let row = 0; row < part.rows; row++) {
      const values = part.values.subarray(row * part.columns, (row + 1) * part.columns);
      z[part.row + row].set(values, part.column);
      for (const value of values) largest = Math.max(largest, Math.abs(value));
    }
  }
  const labels = (texts) => (texts.length <= 48 ? { tickvals: texts.map((_, index) => index), ticktext: texts.map((text) => visible(text).slice(0, 12)) } : { nticks: 12 });
  const text = rows.map((query) => columns.map((item) => `${visible(query)} → ${visible(item)}`));
  await draw(element, [{
    type: 'heatmap', z: z.map((row) => [...row]), text, zmin: -largest, zmax: largest,
    colorscale: [[0, '--harmful'], [0.5, '--surface'], [1, '--helpful']],
    hovertemplate: '%{text}<br>correlation %{z:.3f}<extra></extra>', colorbar: { thickness: 10, outlinewidth: 0, len: 0.9 },
  }], {
    margin: { l: 60, r: 8, t: 8, b: 60 },
    xaxis: { ...labels(columns), title: { text: 'passage' }, showgrid: false },
    yaxis: { ...labels(rows), title: { text: 'query' }, autorange: 'reversed', showgrid: false },
    shapes: unit === null ? [] : [{ type: 'rect', x0: -0.5, x1: columns.length - 0.5, y0: unit - 0.5, y1: unit + 0.5, line: { width: 1.5, color: getComputedStyle(document.documentElement).getPropertyValue('--accent').trim() } }],
  });
}
