using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Bif.Web.Hosting;

/// <summary>What a worker counts and times, under the name "Bif".</summary>
public static class BifMeter
{
    /// <summary>Name of the meter and of the source of traces.</summary>
    public const string Name = "Bif";

    private static readonly Meter Meter = new(Name);

    /// <summary>Spans: one for each part of a run, with the run, the part and the chain.</summary>
    public static ActivitySource Source { get; } = new(Name);

    /// <summary>Draws that are on record.</summary>
    public static Counter<long> Draws { get; } = Meter.CreateCounter<long>("bif.draws", "{draw}", "Draws on record");

    /// <summary>How long parts of runs took.</summary>
    public static Histogram<double> PartDuration { get; } = Meter.CreateHistogram<double>("bif.part.duration", "s", "Duration of a part of a run");

    /// <summary>Parts that ended in an error of the input or of the program.</summary>
    public static Counter<long> Failures { get; } = Meter.CreateCounter<long>("bif.part.failures", "{part}", "Parts of runs that failed");

    /// <summary>Messages sent to the hub's groups.</summary>
    public static Counter<long> Messages { get; } = Meter.CreateCounter<long>("bif.hub.messages", "{message}", "Messages to watchers of runs, one per group");
}
