using Bif.Kernels;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bif.Cli.Terminal;

/// <summary>
/// Ctrl-C and SIGTERM while a long verb works: the first asks it to finish its block, a second ends the process at once, unless it is the same one again.
/// </summary>
internal sealed class Interruption : IDisposable
{
    // timeout(1) signals the program and then its whole process group.
    private static readonly TimeSpan Same = TimeSpan.FromMilliseconds(300);
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action _announce;
    private long _first;

    /// <summary>Listens from now on; <paramref name="announce"/> tells the person what happens.</summary>
    public Interruption(Action announce)
    {
        _announce = announce;
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, Receive));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, Receive));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <inheritdoc/>
    public void Dispose()
    {
        _registrations.ForEach(registration => registration.Dispose());
        _source.Dispose();
    }

    private void Receive(PosixSignalContext context)
    {
        context.Cancel = true;
        if (_source.IsCancellationRequested)
        {
            if (Stopwatch.GetElapsedTime(_first) > Same)
            {
                ProcessEnd.Now(ExitCode.Interrupted);
            }

            return;
        }

        _first = Stopwatch.GetTimestamp();
        _source.Cancel();
        _announce();
    }
}
