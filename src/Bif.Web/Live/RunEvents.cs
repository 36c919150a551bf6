using Bif.Data.Storage;

namespace Bif.Web.Live;

/// <summary>What changed: a run with the kinds of change (<see cref="RunSignal"/>'s), or null after a gap in which anything may have.</summary>
public sealed record RunChange(RunStatus? Run, IReadOnlySet<string> Kinds);

/// <summary>Changes of runs for the pages of this process.</summary>
public sealed class RunEvents
{
    /// <summary>Raised on a background thread, at most five times a second per run.</summary>
    public event Action<RunChange>? Changed;

    internal void Raise(RunChange change) => Changed?.Invoke(change);
}
