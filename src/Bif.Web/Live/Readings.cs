using Microsoft.AspNetCore.Components;

namespace Bif.Web.Live;

/// <summary>Readings of a page, which may overlap: a later one overtakes those before it, and leaving the page overtakes all. Used by one circuit at a time.</summary>
public sealed class Readings : IDisposable
{
    private CancellationTokenSource _latest = new();
    private bool _areOver;

    /// <summary>Begins a reading.</summary>
    /// <returns>Cancelled as soon as the reading is overtaken: what it finds is of an older address or an older state then.</returns>
    public CancellationToken Begin()
    {
        if (_areOver)
        {
            return new(canceled: true);
        }

        var former = _latest;
        _latest = new();
        _ = Overtake(former);
        return _latest.Token;
    }

    /// <summary>Leads to another address at the end of what the page began; who has gone elsewhere meanwhile is not called back.</summary>
    public void GoTo(NavigationManager navigation, string address)
    {
        if (!_areOver)
        {
            navigation.NavigateTo(address);
        }
    }

    /// <summary>The page was left: what it began may neither change it nor lead anywhere.</summary>
    public void Dispose()
    {
        if (!_areOver)
        {
            _areOver = true;
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
