// Watches a run with the official client: node watch.cjs FOLDER-OF-NODE-MODULES URL RUN; prints what it received as JSON.
const [,, modules, url, run] = process.argv;
const { HubConnectionBuilder, LogLevel } = require(`${modules}/@microsoft/signalr`);
(async () => {
  const connection = new HubConnectionBuilder().withUrl(`${url}/hubs/runs`).configureLogging(LogLevel.Error).build();
  const received = { joinedAt: null, joined: null, progress: [], states: [], rankings: [] };
  const finished = new Promise((resolve) => {
    connection.on('progress', (status) => received.progress.push({ at: Date.now(), draws: status.draws }));
    connection.on('state', (status) => { received.states.push(status.state); if (['finished', 'failed', 'cancelled'].includes(status.state)) resolve(); });
    connection.on('ranking', (id, draws) => received.rankings.push(draws));
  });
  await connection.start();
  received.joinedAt = Date.now();
  received.joined = (await connection.invoke('join', run)).name;
  await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 90_000))]);
  await connection.stop();
  process.stdout.write(JSON.stringify(received), () => process.exit(0));
})().catch((error) => { console.error(error); process.exit(1); });
