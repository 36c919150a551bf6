using System.Collections.Concurrent;
using Bif.Data.Storage;
using Bif.Web.Hosting;
using Microsoft.AspNetCore.SignalR;
using Npgsql;

namespace Bif.Web.Live;

/// <summary>
/// Listens to the database and tells the hub's groups and the pages. Signals of 200 ms are joined into one reading of the run, so
/// that any number of viewers costs one reading. Signals sent while the connection was away are lost: after each connection
/// everybody is told to read anew.
/// </summary>
public sealed partial class RunBroadcaster(
    NpgsqlDataSource source, RunReader reader, RunEvents events, IHubContext<RunsHub, IRunsClient> hub, ILogger<RunBroadcaster> logger) : BackgroundService
{
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentDictionary<Guid, ConcurrentDictionary<string, bool>> _changed = new();

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(Listen(stoppingToken), Broadcast(stoppingToken));

    private async Task Listen(CancellationToken stopping)
    {
        var wait = TimeSpan.FromSeconds(1);
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(source.ConnectionString) { Pooling = false, KeepAlive = 10 }.ConnectionString);
                connection.Notification += (_, notification) => Note(RunSignal.Parse(notification.Payload));
                await connection.OpenAsync(stopping);
                await using (var listen = new NpgsqlCommand($"listen {RunSignal.Channel}", connection))
                {
                    await listen.ExecuteNonQueryAsync(stopping);
                }

                wait = TimeSpan.FromSeconds(1);
                events.Raise(new RunChange(null, new HashSet<string>()));
                while (!stopping.IsCancellationRequested)
                {
                    await connection.WaitAsync(stopping);
                }
            }
            catch (Exception error) when (error is IOException || DatabaseOutage.Is(error))
            {
                LogLost(error.Message, wait.TotalSeconds);
                await Task.Delay(wait, stopping);
                wait = TimeSpan.FromSeconds(Math.Min(30, 2 * wait.TotalSeconds));
            }
        }
    }

    private void Note(RunSignal? signal)
    {
        if (signal is not null)
        {
            _changed.GetOrAdd(signal.RunId, _ => new()).TryAdd(signal.Kind, true);
        }
    }

    private async Task Broadcast(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(Gathering, stopping);
            foreach (var id in _changed.Keys)
            {
                if (!_changed.TryRemove(id, out var kinds))
                {
                    continue;
                }

                try
                {
                    await Tell(id, kinds.Keys.ToHashSet(), stopping);
                }
                catch (Exception error) when (error is IOException || DatabaseOutage.Is(error))
                {
                    // Told again as soon as the database answers; who listens to it says in the log that it does not.
                    Array.ForEach([.. kinds.Keys], kind => Note(new RunSignal(id, kind)));
                }
            }
        }
    }

    private async Task Tell(Guid id, HashSet<string> kinds, CancellationToken stopping)
    {
        if (await reader.Find(id, stopping) is not { } run)
        {
            // It was removed: whoever lists it reads anew.
            events.Raise(new RunChange(null, new HashSet<string>()));
            return;
        }

        events.Raise(new RunChange(run, kinds));
        var group = hub.Clients.Group(RunsHub.GroupOf(id));

        // Scores before the state: who leaves at "finished" has heard of the last ones.
        if (kinds.Contains(RunSignal.Ranking))
        {
            await group.Ranking(id, run.ScoreDraws);
        }

        BifMeter.Messages.Add(1);
        await (kinds.Contains(RunSignal.State) ? group.State(run) : group.Progress(run));
    }

    [LoggerMessage(LogLevel.Warning, "The database does not answer ({Reason}); next attempt in {Seconds} s")]
    private partial void LogLost(string reason, double seconds);
}
