using Bif.Web.Browsing;

namespace Bif.Web.Reports;

/// <summary>A passage in a report.</summary>
/// <param name="Entry">Its place and scores.</param>
/// <param name="Pieces">Its text.</param>
/// <param name="Correlation">Correlation of each unit with what was chosen when the report was taken.</param>
public sealed record ReportPassage(PassageEntry Entry, IReadOnlyList<TextPiece> Pieces, float[] Correlation);

/// <summary>The heatmap of texts in a report, frozen when it was taken.</summary>
/// <param name="By">What units are: token, word, sentence or passage.</param>
/// <param name="Token">The unit of the query that was chosen; null: all of it.</param>
/// <param name="IsPartial">Whether the common mode is removed.</param>
/// <param name="IsHarmful">Whether what raises the loss comes first.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best of all units of the corpus, or null.</param>
/// <param name="Candidates">Units of the corpus.</param>
/// <param name="Query">The query's text.</param>
/// <param name="Passages">The passages.</param>
/// <param name="NoiseFree">Whether the scores of all units of the query were measured, without Monte Carlo noise.</param>
public sealed record ReportText(
    string By, int? Token, bool IsPartial, bool IsHarmful, double? NoiseFloor, int Candidates, IReadOnlyList<TextPiece> Query, IReadOnlyList<ReportPassage> Passages, bool NoiseFree = false);
