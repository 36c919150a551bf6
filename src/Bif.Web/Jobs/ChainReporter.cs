using Bif.Data.Storage;
using Bif.Engine.Runs;
using Bif.Web.Hosting;

namespace Bif.Web.Jobs;

/// <summary>
/// Carries a chain's reports from its thread to the database at most a few times a second, and learns there whether the chain
/// is still this firing's and still wanted. While the database is away the chain samples on, and what it reports waits here.
/// </summary>
internal sealed class ChainReporter(RunTables tables, Guid run, int chain, string owner) : IProgress<RunProgress>
{
    private readonly Lock _gate = new();
    private readonly List<float> _losses = [];
    private int _firstDraw = -1;
    private double _rate;
    private long _signedAt;

    /// <summary>Called on the chain's thread for every draw.</summary>
    public void Report(RunProgress value)
    {
        if (value.Chain is not { } progress)
        {
            return;
        }

        lock (_gate)
        {
            if (_firstDraw < 0)
            {
                _firstDraw = progress.Draw - 1;
            }

            _losses.Add((float)progress.Loss);
            _rate = progress.DrawsPerSecond;
        }
    }

    /// <summary>Writes until told to stop; cancels <paramref name="stop"/> when a person or another worker ends this firing's work.</summary>
    public async Task Follow(CancellationTokenSource stop, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(250, CancellationToken.None), Task.Delay(Timeout.Infinite, ended));
            try
            {
                var isOurs = await Flush() && await Sign();
                if (!isOurs || await tables.IsCancelRequested(run))
                {
                    await stop.CancelAsync();
                }
            }
            catch (Exception error) when (DatabaseOutage.Is(error))
            {
                // The next attempt carries everything.
                await Task.WhenAny(Task.Delay(1000, CancellationToken.None), Task.Delay(Timeout.Infinite, ended));
            }
        }

        await Flush();
    }

    // A draw may take minutes: the owner says that it lives also when there is nothing to report.
    private async Task<bool> Sign()
    {
        if (Environment.TickCount64 - _signedAt < 2000)
        {
            return true;
        }

        _signedAt = Environment.TickCount64;
        return await tables.Sign(run, chain, owner);
    }

    private async Task<bool> Flush()
    {
        float[] losses;
        int first;
        double rate;
        lock (_gate)
        {
            if (_losses.Count == 0)
            {
                return true;
            }

            (losses, first, rate) = ([.. _losses], _firstDraw, _rate);
        }

        // Taken out when they are written: writing the same draws twice writes them once.
        var isOurs = await tables.Advance(run, chain, owner, first, losses, rate);
        BifMeter.Draws.Add(losses.Length);
        lock (_gate)
        {
            _firstDraw += losses.Length;
            _losses.RemoveRange(0, losses.Length);
        }

        return isOurs;
    }
}
