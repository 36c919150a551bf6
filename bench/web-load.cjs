// How soon watchers hear of a run, and how long pages take.
//   node bench/web-load.cjs progress URL RUN [CLIENTS] [TABS] [SECONDS]   a run that is sampling: hub clients, and tabs of Chromium
//   node bench/web-load.cjs pages URL RUN [REPEATS]                       a finished run of images, many queries
// Times are milliseconds on one machine: from the worker's write into the database to the message in the client, and to the
// changed text in the tab; for pages, from the request to the last byte of what the server renders.
const path = require('path');
const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const modules = path.join(__dirname, '..', 'node_modules');
const [,, mode, url, run, ...rest] = process.argv;
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function report(name, values) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  console.log(sorted.length === 0 ? `${name}: nothing measured` : `${name}: ${sorted.length} measured, median ${at(0.5).toFixed(0)} ms, 99th percentile ${at(0.99).toFixed(0)} ms, longest ${at(1).toFixed(0)} ms`);
}

const updatedAt = (status) => Math.max(...status.chains.map((chain) => Date.parse(chain.updatedAt)));

async function clients(count, delays) {
  const { HubConnectionBuilder, LogLevel } = require(path.join(modules, '@microsoft/signalr'));
  return Promise.all(Array.from({ length: count }, async () => {
    const connection = new HubConnectionBuilder().withUrl(`${url}/hubs/runs`).configureLogging(LogLevel.Error).build();
    connection.on('progress', (status) => { if (status.chains.length > 0) delays.push(Date.now() - updatedAt(status)); });
    connection.on('state', () => {});
    connection.on('ranking', () => {});
    await connection.start();
    await connection.invoke('join', run);
    return connection;
  }));
}

// One Chromium, driven by its own protocol; each tab notes the delay of every change of the run's status line.
async function tabs(count) {
  const WebSocket = require(path.join(modules, 'ws'));
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'bif-load-'));
  const browser = spawn('chromium', ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--remote-debugging-port=0', `--user-data-dir=${profile}`, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const endpoint = await new Promise((resolve) => {
    let said = '';
    browser.stderr.on('data', (data) => { said += data; const found = said.match(/ws:\S+/); if (found) resolve(found[0]); });
  });
  const socket = new WebSocket(endpoint);
  await new Promise((resolve) => socket.on('open', resolve));
  let last = 0;
  const waiting = new Map();
  socket.on('message', (text) => { const message = JSON.parse(text); waiting.get(message.id)?.(message.result); waiting.delete(message.id); });
  const send = (method, params, sessionId) => new Promise((resolve) => { const id = ++last; waiting.set(id, resolve); socket.send(JSON.stringify({ id, method, params, sessionId })); });
  const sessions = [];
  for (let index = 0; index < count; index++) {
    const { targetId } = await send('Target.createTarget', { url: `${url}/runs/${run}` });
    const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
    sessions.push(sessionId);
  }
  const all = (expression) => Promise.all(sessions.map(async (session) => (await send('Runtime.evaluate', { expression, returnByValue: true }, session))?.result?.value));
  for (let attempt = 0; attempt < 120 && (await all("'live' in document.documentElement.dataset")).some((live) => !live); attempt++) await sleep(500);
  await all(`window.delays = []; new MutationObserver(() => { const line = document.querySelector('.status'); delays.push(Date.now() - Number(line.dataset.updated)); }).observe(document.querySelector('.status'), { attributes: true, attributeFilter: ['data-updated'] }); 1`);
  return { read: async () => (await all('JSON.stringify(window.delays)')).flatMap((text) => JSON.parse(text ?? '[]')), close: async () => { const ended = new Promise((resolve) => browser.on('exit', resolve)); browser.kill(); await ended; fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 }); } };
}

async function progress(clientCount = 50, tabCount = 0, seconds = 30) {
  const delays = [];
  const connections = await clients(Number(clientCount), delays);
  const watching = Number(tabCount) > 0 ? await tabs(Number(tabCount)) : null;
  delays.length = 0;
  await sleep(Number(seconds) * 1000);
  report(`progress to ${clientCount} hub clients`, delays);
  if (watching) {
    report(`progress to ${tabCount} tabs of Chromium`, await watching.read());
    await watching.close();
  }
  await Promise.all(connections.map((connection) => connection.stop()));
}

async function pages(repeats = 50) {
  const queries = (await (await fetch(`${url}/api/v1/runs/${run}`)).json()).record.queries.count;
  const timed = async (address) => { const start = performance.now(); const answer = await fetch(address); await answer.text(); if (!answer.ok) throw new Error(`${address}: ${answer.status}`); return performance.now() - start; };
  const measure = async (name, address) => { const times = []; for (let index = -3; index < Number(repeats); index++) { const time = await timed(address((index + 3) % queries)); if (index >= 0) times.push(time); } report(name, times); };
  await measure('ranking page', (query) => `${url}/runs/${run}/images?query=${query}`);
  await measure('ranking over HTTP', (query) => `${url}/api/v1/runs/${run}/queries/${query}/top?k=20`);
  const taken = await (await fetch(`${url}/api/v1/reports`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ run, query: 0, title: 'load', days: 1 }) })).json();
  // The shared link is rate-limited as for any reader: one request in a while.
  const times = [];
  for (let index = 0; index < 20; index++) { times.push(await timed(`${url}${taken.url.replace(/^https?:\/\/[^/]+/, '')}`)); await sleep(300); }
  report('report page', times);
}

({ progress, pages })[mode](...rest).then(() => process.exit(0), (error) => { console.error(error); process.exit(1); });
