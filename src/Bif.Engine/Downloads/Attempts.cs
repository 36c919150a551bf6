using System.Globalization;

namespace Bif.Engine.Downloads;

/// <summary>Counts failures in a row and waits between them: twice as long each time, or as long as the server asks.</summary>
/// <param name="settings">How often and how long.</param>
/// <param name="address">What is fetched, for the sentence.</param>
/// <param name="say">Told why there is a pause.</param>
internal sealed class Attempts(DownloadSettings settings, Uri address, Action<string> say)
{
    private static readonly TimeSpan MostAsked = TimeSpan.FromMinutes(5);
    private int _failed;

    /// <summary>Something new has arrived: the count starts again.</summary>
    public void Progressed() => _failed = 0;

    /// <summary>Waits after a failure.</summary>
    /// <exception cref="InputException">It was the last attempt, or the server asks for more than five minutes.</exception>
    public async Task Pause(TransferFault fault, CancellationToken cancellation)
    {
        _failed++;
        var pause = fault.RetryAfter ?? settings.FirstPause * Math.Pow(2, _failed - 1);
        if (_failed >= settings.Attempts)
        {
            throw new InputException(
                $"{address} could not be fetched: {fault.Message}, {_failed} times in a row; what has arrived is kept, the same order goes on from there. Where the network asks for it, set a proxy or a mirror.", fault);
        }

        if (pause > MostAsked)
        {
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"{address.Host} asks to wait {pause.TotalMinutes:N0} minutes before the next request: order it again then; what has arrived is kept."), fault);
        }

        say(string.Create(CultureInfo.InvariantCulture, $"{fault.Message}; again in {pause.TotalSeconds:0.#} s"));
        await Task.Delay(pause, cancellation);
    }
}
