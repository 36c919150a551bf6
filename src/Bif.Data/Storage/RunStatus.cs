using System.Text.Json;

namespace Bif.Data.Storage;

/// <summary>A chain as people watch it.</summary>
/// <param name="Chain">Index, from 0.</param>
/// <param name="State">One of ChainState.</param>
/// <param name="Draws">Draws recorded.</param>
/// <param name="TotalDraws">Draws it will record.</param>
/// <param name="Loss">Mean training loss at the last draw in nats, or null.</param>
/// <param name="DrawsPerSecond">Rate; 0 while nobody works on it.</param>
/// <param name="SecondsLeft">Time to its end at that rate, or null.</param>
/// <param name="UpdatedAt">When its worker last reported.</param>
public sealed record ChainStatus(int Chain, string State, int Draws, int TotalDraws, double? Loss, double DrawsPerSecond, double? SecondsLeft, DateTime UpdatedAt);

/// <summary>A run as people watch it: everything but its big columns.</summary>
/// <param name="Id">Identity.</param>
/// <param name="Name">What people call it.</param>
/// <param name="IsDemo">Whether it is the demo.</param>
/// <param name="State">One of RunState.</param>
/// <param name="CancelRequested">Whether it was asked to stop.</param>
/// <param name="Message">What is being done, in words.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="Fraction">Progress over all, 0 to 1.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="StartedAt">When a worker took it.</param>
/// <param name="FinishedAt">When it ended.</param>
/// <param name="ScoreDraws">Draws behind the stored scores; 0: none yet.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best item.</param>
/// <param name="QueuePosition">Runs that wait before it, while it waits.</param>
/// <param name="Chains">Its chains.</param>
/// <param name="Record">The engine's record (settings, hashes, diagnostics, verdict), once prepared.</param>
public sealed record RunStatus(
    Guid Id,
    string Name,
    bool IsDemo,
    string State,
    bool CancelRequested,
    string? Message,
    string? Error,
    double? Fraction,
    DateTime CreatedAt,
    DateTime? StartedAt,
    DateTime? FinishedAt,
    int ScoreDraws,
    double? NoiseFloor,
    int? QueuePosition,
    IReadOnlyList<ChainStatus> Chains,
    JsonElement? Record)
{
    /// <summary>Whether somebody works on it or will.</summary>
    public bool IsActive => Entities.RunState.Active.Contains(State);

    /// <summary>Whether the stored scores rest on fewer draws than the run will have.</summary>
    public bool IsProvisional => State != Entities.RunState.Finished;

    /// <summary>Draws recorded over all chains.</summary>
    public int Draws => Chains.Sum(chain => chain.Draws);

    /// <summary>Draws that it will have over all chains; 0 before it is prepared.</summary>
    public int TotalDraws => Chains.Sum(chain => chain.TotalDraws);

    /// <summary>When a worker last reported, or null.</summary>
    public DateTime? UpdatedAt => Chains.Count == 0 ? null : Chains.Max(chain => chain.UpdatedAt);

    /// <summary>Time to the last draw in seconds, at the present rates, or null.</summary>
    public double? SecondsLeft
    {
        get
        {
            var running = Chains.Where(chain => chain.State == Entities.ChainState.Running).ToList();
            if (running.Count == 0 || running.Any(chain => chain.SecondsLeft is null))
            {
                return null;
            }

            // Chains that wait take the places of those that run, one after the other.
            var places = running.Select(chain => chain.SecondsLeft!.Value).ToList();
            var rate = running.Average(chain => chain.DrawsPerSecond);
            foreach (var waiting in Chains.Where(chain => chain.State == Entities.ChainState.Queued))
            {
                places[places.IndexOf(places.Min())] += (waiting.TotalDraws - waiting.Draws) / rate;
            }

            return places.Max();
        }
    }
}
