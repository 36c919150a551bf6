using System.CommandLine;
using System.Diagnostics;
using Bif.Cli.Parsing;
using Bif.Cli.Running;
using Bif.Cli.Terminal;
using Bif.Engine;
using Bif.Engine.Attribution;
using Bif.Engine.Evaluation;
using Bif.Engine.Runs;
using Spectre.Console;

namespace Bif.Cli.Commands;

/// <summary><c>bif tokens</c>: the tokens of a query, and the training tokens most related to one of them.</summary>
internal sealed class TokensCommand : Verb
{
    private const int Around = 24;
    private readonly Argument<string> _run = RunArgument.Create();
    private readonly Setting<int?> _query = Setting.Count("--query", "Index of the query, from 0.", "0", 0);
    private readonly Setting<int?> _token = Setting.Count("--token", "Number of the token (word, sentence) in the query, as the list without --token shows it.", "none: list the query's tokens", 0);
    private readonly Setting<string> _by = Setting.Choice("--by", "What is compared: token, word, sentence or passage; the losses of a word's tokens are summed.", "token", "token", "word", "sentence", "passage");
    private readonly Setting<string> _view = Setting.Choice("--view", "full, or partial: what is left after regressing out the mean loss of the other tokens.", "full", "full", "partial");
    private readonly Setting<int> _count = Setting.Count("-k", "Related tokens to show.", 20, 1);
    private readonly Setting<int?> _examples = Setting.Count("--examples", "Write a Markdown table: of each of the first N queries the unit that the model expected least, and the most related units of the corpus.", "none", 1);
    private readonly Setting<string?> _partners = Setting.Text("--partners", "FILE", "Words known to stand for the same, such as translations, as JSON: measure over all queries how often the most related other word is one of them, and how often words of the same frequency would be.", "none");
    private readonly Setting<bool> _noiseFree = Setting.Flag("--noise-free", "First measure the first-order responses of the token or word that is asked about (without --token of the whole query, with --examples of the words shown, with --partners of all words that have partners): its scores then have no Monte Carlo noise. Two passes over the traced texts per token; what was measured stays with the run (runs with --sampler laplace).");
    private readonly Setting<bool> _json = Setting.Flag("--json", "Write one JSON object on stdout.");

    /// <summary>Declares the options.</summary>
    public TokensCommand() : base("tokens", "Show the training tokens most related to a token of a query (runs with --per-token).")
    {
        Arguments.Add(_run);
        foreach (var option in new Option[] { _query, _token, _by, _view, _count, _examples, _partners, _noiseFree, _json })
        {
            Options.Add(option);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("bif tokens runs/stories --query 3", "The tokens of query 3 with their numbers and losses."),
        new("bif tokens runs/stories --query 3 --token 17 -k 10", "The ten training tokens most related to token 17 of query 3."),
        new("bif tokens runs/stories --query 3 --by word --token 5 --noise-free", "The same of a word, without noise."),
        new("bif tokens runs/stories --examples 10 --by word -k 3", "Of the first ten queries the least expected word each, with the three most related."),
        new("bif tokens runs/stories --query 3 --by word --token 5", "The training words most related to a word."),
        new("bif tokens runs/pairs --partners partners.json", "How often a word's translation is the word most related to it."),
    ];

    /// <inheritdoc/>
    public override string Notes => SignConvention.Text;

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Output output)
    {
        var directory = RunDirectory.Open(arguments.GetRequiredValue(_run));
        var record = directory.ReadRecord();
        if (arguments.GetValue(_examples) is { } examples)
        {
            var shown = Enum.Parse<TextLevel>(arguments.GetRequiredValue(_by), ignoreCase: true);
            if (arguments.GetValue(_noiseFree) && !Respond(output, directory, TokenExamples.Tokens(directory, examples, shown)))
            {
                return ExitCode.Interrupted;
            }

            TokenExamples.Show(
                output, directory, examples, shown,
                arguments.GetValue(_view) == "partial", arguments.GetValue(_count));
            return ExitCode.Ok;
        }

        if (arguments.GetValue(_partners) is { } partners)
        {
            return Measure(output, arguments.GetValue(_json), directory, KnownPartners.Read(partners), arguments.GetValue(_view) == "partial", arguments.GetValue(_noiseFree));
        }

        var query = arguments.GetValue(_query) ?? 0;
        if (query >= record.Queries.Count)
        {
            throw new InputException($"--query {query} is not there: the run has the queries 0 to {record.Queries.Count - 1}.");
        }

        var level = Enum.Parse<TextLevel>(arguments.GetRequiredValue(_by), ignoreCase: true);
        if (!record.Spec.PerToken)
        {
            throw new InputException($"{directory.Root} has no traces of tokens: run attribute with --per-token.");
        }

        var passages = directory.ReadQueryItems(record).RequireText(directory.QueryItems);
        var tokens = TokenTable.Read(directory.QueryTokens, passages);
        var spans = TextSpans.Of(level, tokens, passages, query);
        if (arguments.GetValue(_token) is { } asked && asked >= spans.Count)
        {
            throw new InputException($"--token {asked} is not there: query {query} has {spans.Count} of them, 0 to {spans.Count - 1}.");
        }

        if (arguments.GetValue(_noiseFree)
            && !Respond(output, directory, ResponseMeasurement.TokensOf(directory, query, arguments.GetValue(_token) is { } wanted ? spans[wanted] : null)))
        {
            return ExitCode.Interrupted;
        }

        if (arguments.GetValue(_token) is not { } number)
        {
            List(output, arguments.GetValue(_json), query, level, spans, tokens, passages, directory.OpenTokenTraces().ReadInitial().Query);
            return ExitCode.Ok;
        }

        var partial = arguments.GetValue(_view) == "partial";
        var run = RunTokens.Open(directory);
        var related = Related(run, query, number, level, partial, arguments.GetValue(_count));
        var isNoiseFree = run.IsNoiseFree(query, number, level);
        double? floor = !isNoiseFree && record.EffectiveDraws is { } draws ? NoiseFloor.Of(draws, related.Candidates) : null;
        var place = tokens.InContext(spans[number], passages, Around);
        if (arguments.GetValue(_json))
        {
            output.Json(new
            {
                Run = directory.Root, Query = query, place.Text, Sign = SignConvention.Line, NoiseFree = isNoiseFree, NoiseFloor = floor, record.Verdict,
                Related = related.Top.Select(row => new { row.Rank, row.Item, row.Context.Before, row.Context.Text, row.Context.After, row.Correlation, row.Error, row.Bif }),
            });
            return ExitCode.Ok;
        }

        if (record.Verdict is { Name: not "good" } verdict)
        {
            output.Screen.MarkupLineInterpolated($"[yellow]This run is not good ({verdict.Name}): {verdict.Reason}. {verdict.Advice}[/]");
        }

        output.Screen.MarkupLineInterpolated($"Query {query}: {Visible(place.Before)}[bold underline]{Visible(place.Text)}[/]{Visible(place.After)}");
        output.Screen.WriteLine(SignConvention.Line);
        if (isNoiseFree)
        {
            output.Screen.WriteLine("Noise-free: first-order covariances, measured rather than estimated from the draws.");
        }
        else if (floor is { } least)
        {
            output.Screen.WriteLine($"Noise floor {least:F3}: chance alone would reach it among {related.Candidates:N0} of them.");
        }

        Show(output, $"Most related: {level.ToString().ToLowerInvariant()}s of the training items", related.Top);
        return ExitCode.Ok;
    }

    private static bool Respond(Output output, RunDirectory directory, IReadOnlyList<int> tokens)
    {
        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: what was measured is kept; the same line goes on."));
        var clock = Stopwatch.StartNew();
        return ResponseMeasurement.Run(directory, directory, tokens, done =>
        {
            if (clock.Elapsed.TotalSeconds > 1 || done == tokens.Count)
            {
                output.Messages.WriteLine($"measured the responses of {done:N0} of {tokens.Count:N0} query tokens");
                clock.Restart();
            }
        }, interruption.Token);
    }

    private static int Measure(Output output, bool json, RunDirectory directory, KnownPartners partners, bool partial, bool noiseFree)
    {
        if (noiseFree && !Respond(output, directory, PartnerMeasurement.TokensWithPartners(directory, partners)))
        {
            return ExitCode.Interrupted;
        }

        using var interruption = new Interruption(() => output.Messages.WriteLine("Interrupted: stopping; nothing was written."));
        var record = PartnerMeasurement.Run(directory, partners, partial, interruption.Token);
        record.Write(directory);
        if (json)
        {
            output.Json(record);
        }
        else
        {
            PartnerReport.Show(output, record);
        }

        return ExitCode.Ok;
    }

    private static void List(
        Output output, bool json, int query, TextLevel level, IReadOnlyList<TokenSpan> spans, TokenTable tokens, PassageTable passages, float[] losses)
    {
        var rows = spans.Select((span, number) => new
        {
            Number = number, tokens.InContext(span, passages, 0).Text, Start = tokens.Starts[span.First], End = tokens.Ends[span.First + span.Count - 1],
            Tokens = span.Count, Loss = losses.AsSpan(span.First, span.Count).ToArray().Sum(),
        }).ToList();
        if (json)
        {
            output.Json(new { Query = query, By = level, Passage = passages.Passages[query], Spans = rows });
            return;
        }

        var table = new Table().Border(TableBorder.Simple).Title($"Query {query}");
        table.AddColumns("number", level.ToString().ToLowerInvariant(), "loss at the checkpoint, nats");
        rows.ForEach(row => table.AddRow($"{row.Number}", Markup.Escape(Visible(row.Text)), $"{row.Loss:F3}"));
        output.Screen.Write(table);
    }

    private static (IReadOnlyList<RelatedSpan> Top, int Candidates) Related(RunTokens run, int query, int number, TextLevel level, bool partial, int count)
    {
        var scores = run.Related(query, number, level, level, partial, CancellationToken.None);
        var spans = run.Corpus(level);
        var top = Ranking.Largest(scores.Correlation, count).Select((entry, rank) =>
        {
            var (span, item) = (spans[entry.Item], run.Tokens.Items[spans[entry.Item].First]);
            var own = run.Of(level, item).TakeWhile(each => each != span).Count();
            return new RelatedSpan(
                rank + 1, run.FirstIndex + item, run.Tokens.InContext(span, run.Passages, Around), entry.Score,
                run.Row(query, number, level, item, level, partial).CorrelationError[0, own], scores.Bif[entry.Item]);
        });
        return ([.. top], spans.Count);
    }

    private static void Show(Output output, string title, IReadOnlyList<RelatedSpan> rows)
    {
        var table = new Table().Border(TableBorder.Simple).Title(title);
        foreach (var column in new[] { "rank", "item", "in its passage", "correlation", "± error" })
        {
            table.AddColumn(new TableColumn(column) { NoWrap = true });
        }

        foreach (var row in rows)
        {
            var text = $"{Markup.Escape(Visible(row.Context.Before))}[bold underline]{Markup.Escape(Visible(row.Context.Text))}[/]{Markup.Escape(Visible(row.Context.After))}";
            table.AddRow($"{row.Rank}", $"{row.Item}", text, $"{row.Correlation:F3}", $"{row.Error:F3}");
        }

        output.Screen.Write(table);
    }

    private static string Visible(string text) => text.Replace("\n", "⏎", StringComparison.Ordinal).Replace("\t", "⇥", StringComparison.Ordinal);

    private sealed record RelatedSpan(int Rank, int Item, (string Before, string Text, string After) Context, float Correlation, float Error, float Bif);
}
