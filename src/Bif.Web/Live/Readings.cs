namespace Bif.Web.Live;

/// <summary>Readings of a page, which may overlap: a later one overtakes those before it, and leaving the page overtakes all. Used by one circuit at a time.</summary>
public sealed class Readings : IDisposable
{
    private CancellationTokenSource _latest = new();

    /// <summary>Whether the page was left: what it began may neither change it nor lead anywhere.</summary>
    public bool AreOver { get; private set; }

    /// <summary>Begins a reading.</summary>
    /// <returns>Cancelled as soon as the reading is overtaken: what it finds is of an older address or an older state then.</returns>
    public CancellationToken Begin()
    {
        if (AreOver)
        {
            return new(canceled: true);
        }

        var former = _latest;
        _latest = new();
        _ = Overtake(former);
        return _latest.Token;
    }

    /// <summary>The page was left.</summary>
    public void Dispose()
    {
        if (!AreOver)
        {
            AreOver = true;
            _ = Overtake(_latest);
        }
    }

    // The token says so at once; those who wait for that are told on another thread, as a database may take its time over it.
    private static async Task Overtake(CancellationTokenSource reading)
    {
        await reading.CancelAsync();
        reading.Dispose();
    }
}
