using Bif.Engine;
using Bif.Web.Browsing;

namespace Bif.Web.Reports;

/// <summary>
/// Freezes a heatmap of texts with the scores of every unit of the query, so that a reader can choose any of them without the
/// run. The scores: int32 rows (all of the query, then each unit) and passages; for each passage int32 item and units; then for
/// each passage correlations and errors [row, unit] as int16 of 32,767ths.
/// </summary>
public sealed class TextSnapshot(TextLibrary library)
{
    private const int MostCells = 2 << 20;
    private const float Unit = 32767;

    /// <summary>Takes it; as many of the first passages as their scores fit into 8 MiB.</summary>
    /// <param name="run">The run.</param>
    /// <param name="choice">What was looked at.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InputException">The run has no traced tokens.</exception>
    public async Task<(ReportText Text, byte[] Shades)> Take(Guid run, TextChoice choice, CancellationToken cancellation)
    {
        var texts = await library.Open(run, choice.Query, cancellation) ?? throw new InputException("There is no such run.");
        var found = await library.Passages(texts, choice, 1, TextLibrary.PageSize, cancellation);
        return await Task.Run(() => Freeze(texts, choice, found), cancellation);
    }

    private static (ReportText Text, byte[] Shades) Freeze(OpenTexts texts, TextChoice choice, PassagesAnswer found)
    {
        var rows = texts.Tokens.OfQuery(choice.Level, texts.Index).Count + 1;
        var (passages, parts, cells) = (new List<ReportPassage>(), new List<(int Item, float[] Correlation, float[] Error)>(), 0L);
        foreach (var entry in found.Passages)
        {
            var (whole, block) = (
                texts.Tokens.Row(texts.Index, null, choice.Level, entry.Item, choice.Level, choice.IsPartial),
                texts.Tokens.Block(texts.Index, choice.Level, entry.Item, choice.Level, choice.IsPartial));
            cells += (long)rows * whole.Correlation.Length;
            if (cells > MostCells && passages.Count > 0)
            {
                break;
            }

            float[] correlation = [.. whole.Correlation.Cast<float>(), .. block.Correlation.Cast<float>()];
            float[] error = [.. whole.CorrelationError.Cast<float>(), .. block.CorrelationError.Cast<float>()];
            var width = whole.Correlation.Length;
            parts.Add((entry.Item, correlation, error));
            passages.Add(new(entry, texts.Pieces(choice.Level, entry.Item), correlation.AsSpan(((choice.Unit ?? -1) + 1) * width, width).ToArray()));
        }

        return (
            new(choice.Level.ToString().ToLowerInvariant(), choice.Unit, choice.IsPartial, choice.IsHarmful, texts.Floor(choice with { Unit = null }, found.Candidates), found.Candidates, texts.QueryPieces(choice.Level), passages, texts.IsNoiseFree(choice with { Unit = null })),
            Pack(rows, parts));
    }

    private static byte[] Pack(int rows, List<(int Item, float[] Correlation, float[] Error)> parts)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(rows);
        writer.Write(parts.Count);
        foreach (var part in parts)
        {
            writer.Write(part.Item);
            writer.Write(part.Correlation.Length / rows);
        }

        foreach (var value in parts.SelectMany(part => part.Correlation.Concat(part.Error)))
        {
            writer.Write((short)Math.Round(Unit * Math.Clamp(value, -1, 1)));
        }

        writer.Flush();
        return stream.ToArray();
    }
}
