using Bif.Kernels;
using System.Runtime.InteropServices;

namespace Bif.Cli.Terminal;

/// <summary>
/// Ctrl-C and SIGTERM while a long verb works: the first asks it to finish its block, a second ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action _announce;

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
            ProcessEnd.Now(ExitCode.Interrupted);
        }

        _source.Cancel();
        _announce();
    }
}
