using Bif.Web.Browsing;

namespace Bif.Web.Reports;

/// <summary>A line of a report's provenance.</summary>
public sealed record Provenance(string Name, string Value);

/// <summary>What a report shows, frozen when it was taken; stored as JSON.</summary>
/// <param name="Run">The run's name.</param>
/// <param name="Query">Index of the query.</param>
/// <param name="QueryDescription">Its class or target.</param>
/// <param name="IsFinal">Whether the run was finished.</param>
/// <param name="Draws">Draws behind the scores.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best item.</param>
/// <param name="Verdict">The verdict's name, or null.</param>
/// <param name="Reason">Its reason and advice in words.</param>
/// <param name="Items">Number of training items.</param>
/// <param name="Helpful">The most helpful items.</param>
/// <param name="Harmful">The most harmful items.</param>
/// <param name="Classes">Influence by class.</param>
/// <param name="Provenance">Hashes, settings, versions.</param>
/// <param name="IsText">Whether items are texts.</param>
/// <param name="Text">The heatmap of texts, where tokens were traced.</param>
/// <param name="Quality">The badge of the model and settings: the LDS, or that it was not measured; null in reports of older versions.</param>
/// <param name="Methods">Rankings by comparison methods that were there, BIF's first; null where there were none.</param>
public sealed record ReportContent(
    string Run,
    int Query,
    string QueryDescription,
    bool IsFinal,
    int Draws,
    double? NoiseFloor,
    string? Verdict,
    string? Reason,
    int Items,
    IReadOnlyList<RankedItem> Helpful,
    IReadOnlyList<RankedItem> Harmful,
    IReadOnlyList<ClassInfluence> Classes,
    IReadOnlyList<Provenance> Provenance,
    bool IsText = false,
    ReportText? Text = null,
    string? Quality = null,
    IReadOnlyList<MethodRow>? Methods = null);
