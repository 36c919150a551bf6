using System.CommandLine;
using System.Text.Json;
using Bif.Cli.Parsing;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif tokens</c>: the tokens of a query, and the training tokens most related to one of them.</summary>
internal sealed class TokensCommand : Verb
{
    private const int TokensAtATime = 8192;
    private const int Around = 24;
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<int?> _query = Setting.Count("--query", "Index of the query, from 0.", "0", 0);
    private readonly Setting<int?> _token = Setting.Count("--token", "Index of the token in the query, as the list without --token shows it.", "none: list the query's tokens", 0);
    private readonly Setting<int> _count = Setting.Count("-k", "Related tokens to show.", 20, 1);
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public TokensCommand() : base("tokens", "Show the training tokens most related to a token of a query (runs with --per-token).")
    {
        Arguments.Add(_run);
        foreach (var option in new Option[] { _query, _token, _count, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif tokens runs/stories --query 3", "The tokens of query 3 with their numbers and losses."),
        new("bif tokens runs/stories --query 3 --token 17 -k 10", "The ten training tokens most related to token 17 of query 3."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var directory = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var record = directory.ReadRecord();
        var query = arguments.GetValue(_query) ?? 0;
        if (query >= record.Queries.Count)
        {
            throw new InputException($"--query {query} is not there: the run has the queries 0 to {record.Queries.Count - 1}.");
        }

        var tokens = TokenTable.Read(directory.QueryTokens);
        var (first, count) = tokens.Of(query);
        var passages = ItemTable.Read(directory.QueryItems).Text!;
        var store = TraceStore.Open(directory.TokenTraces);
        if (arguments.GetValue(_token) is not { } token)
        {
            List(output, arguments.GetValue(_json), query, tokens, first, count, passages, store.ReadInitial().Query);
            return ExitCode.Ok;
        }

        if (token >= count)
        {
            throw new InputException($"--token {token} is not there: query {query} has the tokens 0 to {count - 1}.");
        }

        Related(output, arguments, directory, record, (query, first + token, tokens.InContext(first + token, passages, Around)), store);
        return ExitCode.Ok;
    }

    private static void List(Output output, bool json, int query, TokenTable tokens, int first, int count, PassageTable passages, float[] losses)
    {
        var rows = Enumerable.Range(first, count).Select(token => new
        {
            Token = token - first, Text = tokens.InContext(token, passages, 0).Text, Id = tokens.Ids[token], Start = tokens.Starts[token], End = tokens.Ends[token], Loss = losses[token],
        }).ToList();
        if (json)
        {
            output.Json(new { Query = query, Passage = passages.Passages[query], Tokens = rows });
            return;
        }

        var table = new Table().Border(TableBorder.Simple).Title($"Query {query}");
        table.AddColumns("token", "text", "loss at the checkpoint, nats");
        rows.ForEach(row => table.AddRow($"{row.Token}", Markup.Escape(Visible(row.Text)), $"{row.Loss:F3}"));
        output.Screen.Write(table);
    }

    private void Related(
        Output output, ParseResult arguments, RunDirectory directory, RunRecord record, (int Query, int Token, (string Before, string Text, string After) Context) asked, TraceStore store)
    {
        var train = TokenTable.Read(directory.TrainTokens);
        var items = ItemTable.Read(directory.TrainItems);
        var scores = new TokenScores(store);
        var (correlation, error, bif) = (new float[train.Count], new float[train.Count], new float[train.Count]);
        for (var start = 0; start < train.Count; start += TokensAtATime)
        {
            var length = Math.Min(TokensAtATime, train.Count - start);
            var block = scores.Block(asked.Token, 1, start, length);
            for (var index = 0; index < length; index++)
            {
                (correlation[start + index], error[start + index], bif[start + index]) =
                    (block.Correlation[0, index], block.CorrelationError[0, index], block.Bif[0, index]);
            }
        }

        double? floor = record.Diagnostics is { } diagnostics && diagnostics.TryGetProperty("ess_products", out var value) && value.ValueKind == JsonValueKind.Number
            ? NoiseFloor.Of(value.GetDouble(), train.Count) : null;
        var top = Ranking.Largest(correlation, arguments.GetValue(_count)).Select((entry, rank) => new
        {
            Rank = rank + 1,
            Item = items.FirstIndex + train.Items[entry.Item],
            Context = train.InContext(entry.Item, items.Text!, Around),
            Correlation = entry.Score,
            Error = error[entry.Item],
            Bif = bif[entry.Item],
        }).ToList();
        if (arguments.GetValue(_json))
        {
            output.Json(new
            {
                Run = directory.Root, asked.Query, asked.Context.Text, Sign = SignConvention.Line, NoiseFloor = floor, record.Verdict,
                Related = top.Select(row => new { row.Rank, row.Item, row.Context.Before, row.Context.Text, row.Context.After, row.Correlation, row.Error, row.Bif }),
            });
            return;
        }

        if (record.Verdict is { Name: not "good" } verdict)
        {
            output.Screen.MarkupLineInterpolated($"[yellow]This run is not good ({verdict.Name}): {verdict.Reason}. {verdict.Advice}[/]");
        }

        output.Screen.MarkupLineInterpolated($"Query {asked.Query}: {Visible(asked.Context.Before)}[bold underline]{Visible(asked.Context.Text)}[/]{Visible(asked.Context.After)}");
        output.Screen.WriteLine(SignConvention.Line);
        if (floor is { } level)
        {
            output.Screen.WriteLine($"Noise floor {level:F3}: chance alone would reach it among {train.Count:N0} tokens.");
        }

        var table = new Table().Border(TableBorder.Simple).Title("Most related training tokens");
        foreach (var column in new[] { "rank", "item", "token in its passage", "correlation", "± error" })
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        foreach (var row in top)
        {
            var text = $"{Markup.Escape(Visible(row.Context.Before))}[bold underline]{Markup.Escape(Visible(row.Context.Text))}[/]{Markup.Escape(Visible(row.Context.After))}";
            table.AddRow($"{row.Rank}", $"{row.Item}", text, $"{row.Correlation:F3}", $"{row.Error:F3}");
        }

        output.Screen.Write(table);
    }

    private static string Visible(string text) => text.Replace("\n", "⏎", StringComparison.Ordinal).Replace("\t", "⇥", StringComparison.Ordinal);
}
