using Bif.Engine;
using Bif.Engine.Evaluation;
using Bif.Engine.Runs;
using Microsoft.Extensions.Caching.Memory;

namespace Bif.Web.Browsing;

/// <summary>Finds what was measured about the known partners of a run's words, when it finished or by <c>bif tokens --partners</c>.</summary>
public sealed class PartnerLibrary(RunLibrary library, IMemoryCache cache)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(10);

    /// <summary>What is known, or null where nothing was measured.</summary>
    public async Task<PartnerRecord?> Find(RunContents run, CancellationToken cancellation = default)
    {
        var key = (typeof(PartnerRecord), run.Id, run.ScoreDraws);
        if (!run.HasTokens || !run.IsFinal)
        {
            return null;
        }

        if (cache.TryGetValue(key, out PartnerRecord? known))
        {
            return known;
        }

        var folder = await library.Directory(run.Id, cancellation);
        try
        {
            return PartnerRecord.Read(new RunDirectory(folder)) is { } record ? cache.Set(key, record, Kept) : null;
        }
        catch (Exception error) when (error is InputException or IOException or UnauthorizedAccessException)
        {
            // A directory that this host cannot read says nothing.
            return null;
        }
    }
}
