using System.Globalization;
using Bif.Cli.Terminal;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;

namespace Bif.Cli.Running;

/// <summary>
/// Examples that nobody chose: of each of a run's first queries the unit that the model expected least, and what is most related
/// to it. Printed as a Markdown table.
/// </summary>
internal static class TokenExamples
{
    private const int Around = 16;

    /// <summary>Prints the table.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="directory">A finished run with traced tokens.</param>
    /// <param name="queries">The first so many queries.</param>
    /// <param name="level">What is compared.</param>
    /// <param name="partial">Whether the common mode is removed.</param>
    /// <param name="count">Related units of each.</param>
    public static void Show(Output output, RunDirectory directory, int queries, TextLevel level, bool partial, int count)
    {
        var run = RunTokens.Open(directory);
        var name = level.ToString().ToLowerInvariant();
        output.Results.WriteLine($"| query | its least expected {name} | loss, nats | most related {name}s of the training items (correlation ± error, item) |");
        output.Results.WriteLine("| --- | --- | --- | --- |");
        foreach (var (query, unit, span) in Chosen(run, queries, level))
        {
            var (scores, corpus) = (run.Related(query, unit, level, level, partial, CancellationToken.None), run.Corpus(level));
            var related = Ranking.Largest(scores.Correlation, count).Select(entry =>
            {
                var (found, item) = (corpus[entry.Item], run.Tokens.Items[corpus[entry.Item].First]);
                var own = run.Of(level, item).TakeWhile(each => each != found).Count();
                var error = run.Row(query, unit, level, item, level, partial).CorrelationError[0, own];
                return Invariant($"{InContext(run.Tokens.InContext(found, run.Passages, Around))} ({entry.Score:F2} ± {error:F2}, {run.FirstIndex + item})");
            });
            output.Results.WriteLine(Invariant(
                $"| {query} | {InContext(run.QueryTokens.InContext(span, run.QueryPassages, Around))} | {run.LossOf(span):F1} | {string.Join("; ", related)} |"));
        }
    }

    /// <summary>The query tokens of the units that are shown.</summary>
    public static IReadOnlyList<int> Tokens(RunDirectory directory, int queries, TextLevel level)
        => [.. Chosen(RunTokens.Open(directory), queries, level).SelectMany(each => Enumerable.Range(each.Span.First, each.Span.Count))];

    // Of each query the unit with the largest loss.
    private static IEnumerable<(int Query, int Unit, TokenSpan Span)> Chosen(RunTokens run, int queries, TextLevel level)
        => Enumerable.Range(0, Math.Min(queries, run.QueryPassages.Passages.Length)).Select(query =>
        {
            var spans = run.OfQuery(level, query);
            var unit = Enumerable.Range(0, spans.Count).MaxBy(index => run.LossOf(spans[index]));
            return (query, unit, spans[unit]);
        });

    private static string InContext((string Before, string Text, string After) place)
    {
        var space = place.Text[..^place.Text.TrimStart().Length];
        return place.Text.Trim().Length == 0
            ? $"{Plain(place.Before)}**{Plain(place.Text)}**{Plain(place.After)}"
            : $"{Plain(place.Before + space)}**{Plain(place.Text.TrimStart())}**{Plain(place.After)}";
    }

    // On one line, without control characters, and without what Markdown would take for its own.
    private static string Plain(string text) => string.Concat(text.Select(each => each switch
    {
        '\n' => "⏎",
        '|' or '*' or '_' or '<' or '`' or '\\' => $"\\{each}",
        _ => char.IsControl(each) ? " " : $"{each}",
    }));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
