using Bif.Data.Storage;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Live;

/// <summary>What changed: a run with the kinds of change (<see cref="RunSignal"/>'s), or null after a gap in which anything may have.</summary>
public sealed record RunChange(RunStatus? Run, IReadOnlySet<string> Kinds);

/// <summary>Changes of runs for the pages of this process.</summary>
public sealed class RunEvents
{
    /// <summary>Raised on a background thread, at most five times a second per run.</summary>
    public event Action<RunChange>? Changed;

    /// <summary>
    /// Hears of changes from a component with a circuit. One that is only written into an answer hears of none: reading again
    /// would cut its first reading short, and the answer would go out with what that had found so far.
    /// </summary>
    internal void Follow(RendererInfo renderer, Action<RunChange> changed)
    {
        if (renderer.IsInteractive)
        {
            Changed += changed;
        }
    }

    internal void Raise(RunChange change) => Changed?.Invoke(change);
}
