// Draws Plotly charts in the page's colours; the library is fetched when the first chart is.
let library;
const load = () => (library ??= new Promise((resolve, reject) => {
  const script = document.createElement('script');
  script.src = new URL('../lib/plotly-cartesian.min.js', import.meta.url).href;
  script.onload = () => resolve(window.Plotly);
  script.onerror = () => reject(new Error('The chart library did not load.'));
  document.head.append(script);
}));

const charts = new Map();

const styled = (layout) => {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = { gridcolor: color('--line'), zerolinecolor: color('--line'), linecolor: color('--line'), tickcolor: color('--line'), automargin: true };
  return {
    ...layout,
    paper_bgcolor: 'rgba(0,0,0,0)',
    plot_bgcolor: 'rgba(0,0,0,0)',
    font: { family: style.fontFamily, size: 12, color: color('--muted') },
    colorway: [1, 2, 3, 4, 5, 6].map((index) => color(`--series-${index}`)),
    margin: { l: 48, r: 12, t: 8, b: 40, ...layout.margin },
    hoverlabel: { bgcolor: color('--surface'), bordercolor: color('--line'), font: { color: color('--text') } },
    legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', ...layout.legend },
    xaxis: { ...axis, ...layout.xaxis },
    yaxis: { ...axis, ...layout.yaxis },
  };
};

const colored = (traces) => {
  const style = getComputedStyle(document.documentElement);
  const resolve = (value) => (typeof value === 'string' && value.startsWith('--') ? style.getPropertyValue(value).trim()
    : Array.isArray(value) && typeof value[0] === 'string' ? value.map(resolve) : value);
  const painted = (part) => ('color' in part ? { ...part, color: resolve(part.color) } : part);
  return traces.map((trace) => Object.fromEntries(Object.entries(trace).map(([key, value]) => [key, key === 'line' || key === 'marker' ? painted(value)
    : key === 'colorscale' ? value.map(([place, color]) => [place, resolve(color)]) : value])));
};

// Returns how long it took, in milliseconds. What nobody sees is drawn when somebody looks.
export async function draw(element, traces, layout) {
  const plotly = await load();
  if (!element.isConnected) return 0;
  charts.set(element, { traces, layout });
  if (document.hidden) return 0;
  const start = performance.now();
  await plotly.react(element, colored(traces), styled(layout), { responsive: true, displaylogo: false, displayModeBar: false });
  return performance.now() - start;
}

export function forget(element) {
  charts.delete(element);
  window.Plotly?.purge(element);
}

const again = () => {
  for (const [element, { traces, layout }] of charts) {
    if (element.isConnected) draw(element, traces, layout); else forget(element);
  }
};
addEventListener('bif-theme', again);
addEventListener('visibilitychange', () => { if (!document.hidden) again(); });
