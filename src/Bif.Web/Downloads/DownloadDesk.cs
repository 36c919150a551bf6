using System.Threading.Channels;
using Bif.Engine;
using Bif.Engine.Downloads;
using Bif.Web.Hosting;

namespace Bif.Web.Downloads;

/// <summary>
/// Fetches models and data sets in the background, one after the other, into <c>downloads</c> under the data folder. Orders live in
/// this process; what has arrived lies on the disk, so that after a restart those that were not finished are listed as stopped and
/// go on when they are ordered again. Where from is the operator's choice alone, never the request's.
/// </summary>
public sealed class DownloadDesk(BifOptions options, ILogger<DownloadDesk> logger) : BackgroundService
{
    private const int MostWaiting = 20;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, DownloadEntry> _entries = [];
    private readonly Dictionary<string, CancellationTokenSource> _cancellations = [];
    private readonly Channel<string> _orders = Channel.CreateUnbounded<string>();

    /// <summary>Raised on a background thread when something has changed, a few times a second at most.</summary>
    public event Action? Changed;

    /// <summary>Where downloads lie.</summary>
    public string Folder => Path.Combine(options.Data, "downloads");

    /// <summary>Whether the operator allows them.</summary>
    public bool IsOpen => options.DownloadGigabytes > 0;

    /// <summary>All of this process, and those that were not finished by an earlier one.</summary>
    public IReadOnlyList<DownloadEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return [.. _entries.Values];
            }
        }
    }

    /// <summary>Orders one; an order for what waits already changes nothing.</summary>
    /// <param name="what">hf:OWNER/NAME[@REVISION] or a name of <see cref="KnownData"/>.</param>
    /// <exception cref="InputException">It cannot be ordered here.</exception>
    public DownloadEntry Order(string what)
    {
        what = what.Trim();
        if (!IsOpen)
        {
            throw new InputException("This installation fetches nothing (Bif:DownloadGigabytes is 0): ask its operator to place models and data.");
        }

        Downloader.Check(what);
        DownloadEntry entry;
        lock (_gate)
        {
            if (_entries.TryGetValue(what, out var before) && before.IsActive)
            {
                return before;
            }

            if (_entries.Values.Count(each => each.IsActive) >= MostWaiting)
            {
                throw new InputException($"{MostWaiting} downloads wait already: let some finish first.");
            }

            _entries[what] = entry = new(what, "waiting", null, 0, null, []);
            _cancellations[what] = new();
        }

        _orders.Writer.TryWrite(what);
        Changed?.Invoke();
        return entry;
    }

    /// <summary>Stops one; what has arrived is kept. False if it neither waits nor is being fetched.</summary>
    public bool Cancel(string what)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(what, out var entry) || !entry.IsActive)
            {
                return false;
            }

            _cancellations[what].Cancel();
            _entries[what] = entry with { State = "stopped", Message = "stopped; what has arrived is kept" };
        }

        Changed?.Invoke();
        return true;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var what in Downloader.Unfinished(Folder))
        {
            lock (_gate)
            {
                _entries.TryAdd(what, new(what, "stopped", null, 0, "not finished; what has arrived is kept", []));
            }
        }

        await foreach (var what in _orders.Reader.ReadAllAsync(stoppingToken))
        {
            CancellationToken cancelled;
            lock (_gate)
            {
                // Stopped while it waited, or ordered twice in between.
                if (_entries[what].State != "waiting")
                {
                    continue;
                }

                cancelled = _cancellations[what].Token;
            }

            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled, stoppingToken);
            await Fetch(what, cancelled, either.Token);
        }
    }

    private async Task Fetch(string what, CancellationToken cancelled, CancellationToken either)
    {
        Set(what, new(what, "fetching", null, 0, "connecting", []), cancelled);
        try
        {
            var downloader = new Downloader(new DownloadSettings
            {
                Proxy = Given(options.DownloadProxy), Mirror = Given(options.DownloadMirror), DataMirror = Given(options.DownloadDataMirror), MostBytes = (long)options.DownloadGigabytes << 30,
            });
            var result = await downloader.Fetch(what, Folder, new Throttle(progress => Set(what, new(
                what, "fetching", progress.TotalBytes is > 0 and var total ? Math.Clamp((double)progress.Bytes / total, 0, 1) : null, progress.Bytes,
                progress.Message ?? $"{progress.File}, {progress.Number} of {progress.Count}", []), cancelled)), either);
            Set(what, new(what, "finished", 1, result.Bytes, result.WasThere ? "was there already" : null, result.Paths), cancelled);
        }
        catch (InputException error)
        {
            Set(what, new(what, "failed", null, 0, error.Message, []), cancelled);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Set(what, new(what, "failed", null, 0, $"{Folder} cannot be written: {error.Message}", []), cancelled);
        }
        catch (OperationCanceledException)
        {
            // Said by who stopped it; at the end of the process the part is found at the next start.
        }
        catch (Exception error)
        {
            logger.LogError(error, "Fetching {What} failed", what);
            Set(what, new(what, "failed", null, 0, "An error in the program; its log has the details.", []), cancelled);
        }
    }

    private static string? Given(string text) => text.Length > 0 ? text : null;

    // What was stopped stays so, whatever its last steps report.
    private void Set(string what, DownloadEntry entry, CancellationToken cancelled)
    {
        lock (_gate)
        {
            if (cancelled.IsCancellationRequested)
            {
                return;
            }

            _entries[what] = entry;
        }

        Changed?.Invoke();
    }

    private sealed class Throttle(Action<DownloadProgress> pass) : IProgress<DownloadProgress>
    {
        private long _next;

        public void Report(DownloadProgress value)
        {
            if (value.Message is not null || Environment.TickCount64 >= _next)
            {
                _next = Environment.TickCount64 + 250;
                pass(value);
            }
        }
    }
}
