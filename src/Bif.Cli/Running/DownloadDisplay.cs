using System.Diagnostics;
using Bif.Cli.Terminal;
using Bif.Engine.Downloads;
using Spectre.Console;

namespace Bif.Cli.Running;

/// <summary>A bar with rate and remaining time on a terminal, a line every ten seconds elsewhere, an object every second for programs.</summary>
internal sealed class DownloadDisplay(Output output, bool json) : IProgress<DownloadProgress>
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _next;
    private ProgressTask? _bar;

    /// <summary>Shows while it works.</summary>
    public T Follow<T>(Func<IProgress<DownloadProgress>, T> work)
    {
        if (json || !output.Progress.Profile.Capabilities.Interactive)
        {
            return work(this);
        }

        return output.Progress.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .Start(context =>
            {
                _bar = context.AddTask("connecting", maxValue: 1);
                _bar.IsIndeterminate = true;
                return work(this);
            });
    }

    /// <inheritdoc/>
    public void Report(DownloadProgress value)
    {
        if (_bar is { } bar)
        {
            bar.Description = Markup.Escape(value.Message ?? $"{value.File} ({value.Number}/{value.Count})");
            if (value.TotalBytes is { } total)
            {
                bar.IsIndeterminate = false;
                bar.MaxValue = Math.Max(total, 1);
            }

            bar.Value = value.Bytes;
            return;
        }

        if (value.Message is null && _clock.Elapsed < _next)
        {
            return;
        }

        _next = _clock.Elapsed + TimeSpan.FromSeconds(json ? 1 : 10);
        if (json)
        {
            output.Json(value);
        }
        else
        {
            output.Messages.WriteLine(value.Message is { } message ? $"{value.What}: {message}"
                : $"{value.What}: {value.File}, {Quantity.Bytes(value.Bytes)}{(value.TotalBytes is { } total ? $" of {Quantity.Bytes(total)}" : "")}");
        }
    }
}
