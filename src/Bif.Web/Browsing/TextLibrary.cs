using Bif.Data;
using Bif.Engine;
using Bif.Engine.Attribution;
using Bif.Engine.Runs;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Browsing;

/// <summary>The texts of a run with traced tokens, as far as one query needs them.</summary>
/// <param name="Run">The run.</param>
/// <param name="Tokens">The tokens, of the run or of queries added to it.</param>
/// <param name="Index">The query's index there.</param>
/// <param name="DataPath">Where a query that was added lies; null for the run's own.</param>
public sealed record OpenTexts(RunContents Run, RunTokens Tokens, int Index, string? DataPath)
{
    /// <summary>Whether scores of what is asked about have no Monte Carlo noise.</summary>
    public bool IsNoiseFree(TextChoice choice) => Tokens.IsNoiseFree(Index, choice.Unit, choice.Level);

    /// <summary>What chance reaches in the best of so many at the run's effective draws; null where scores have no noise, or it is not known.</summary>
    public double? Floor(TextChoice choice, int candidates)
        => !IsNoiseFree(choice) && Run.Record.EffectiveDraws is { } draws ? NoiseFloor.Of(draws, candidates) : null;

    /// <summary>A query's pieces.</summary>
    public IReadOnlyList<TextPiece> QueryPieces(TextLevel level)
        => TextPieces.Of(Tokens.QueryPassages.Passages[Index], Tokens.QueryTokens, Tokens.OfQuery(level, Index));

    /// <summary>The pieces of a training item.</summary>
    public IReadOnlyList<TextPiece> Pieces(TextLevel level, int item) => TextPieces.Of(Tokens.Passages.Passages[item], Tokens.Tokens, Tokens.Of(level, item));
}

/// <summary>
/// Answers about the tokens of finished runs. What is in view is scored from series that stay in memory; the corpus is passed
/// over once per query unit, one pass at a time, and the last passes are kept.
/// </summary>
public sealed class TextLibrary(IDbContextFactory<BifContext> contexts, RunLibrary library) : IDisposable
{
    /// <summary>Passages of a page.</summary>
    public const int PageSize = 12;

    private const int MostPassages = 100;
    private const int MostCells = 1 << 20;
    private const int Around = 32;
    private readonly RecentlyUsed<(string Folder, int Draws), RunTokens> _open = new(4);
    private readonly RecentlyUsed<(RunTokens, int Query, int? Unit, TextLevel, TextLevel, bool IsPartial, bool IsNoiseFree), SpanScores> _passes = new(16);
    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>Opens the texts for a query; null if there is no such run.</summary>
    /// <exception cref="InputException">The run has no traced tokens or is not finished, or has no such query.</exception>
    public async Task<OpenTexts?> Open(Guid id, int query, CancellationToken cancellation)
    {
        if (await library.Find(id, cancellation) is not { } run)
        {
            return null;
        }

        if (!run.HasTokens || !run.IsFinal)
        {
            throw new InputException(run.HasTokens ? "The tokens of this run can be read when it is finished." : "The tokens of this run were not traced: start one with per-token traces.");
        }

        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var root = await context.Runs.Where(each => each.Id == id).Select(each => each.Directory).SingleAsync(cancellation);
        var added = await context.AddedQueries.Where(each => each.RunId == id && each.Query == query && each.State == "finished").Select(each => each.DataPath).SingleOrDefaultAsync(cancellation);
        return await Task.Run(
            () =>
            {
                var isOwn = query >= 0 && query < run.Record.Queries.Count;
                var folder = isOwn ? new RunDirectory(root) : RunQueries.AdditionsOf(new RunDirectory(root)).FirstOrDefault(each => each.ReadRecord().Spec.Queries == added)
                    ?? throw new InputException($"There is no query {query}, or it is not answered yet: the run has the queries 0 to {run.QueryCount - 1}.");
                var key = (folder.Root, run.ScoreDraws);
                if (!_open.TryGet(key, out var tokens))
                {
                    tokens = RunTokens.Open(folder);
                    _open.Put(key, tokens);
                }

                return new OpenTexts(run, tokens, isOwn ? query : 0, isOwn ? null : added);
            },
            cancellation);
    }

    /// <summary>A query in units.</summary>
    public static QueryText Query(OpenTexts texts, TextChoice choice)
    {
        var (tokens, passage) = (texts.Tokens, texts.Tokens.QueryPassages.Passages[texts.Index]);
        return new(choice.Query, passage, [.. tokens.OfQuery(choice.Level, texts.Index).Select((span, number) =>
        {
            var (start, end) = TextPieces.RangeOf(tokens.QueryTokens, span);
            return new TextUnit(number, start, end, passage[start..end], span.Count, tokens.LossOf(span));
        })]);
    }

    /// <summary>The units of the whole corpus that are most related to a unit of the query.</summary>
    public async Task<RelatedAnswer> Related(OpenTexts texts, TextChoice choice, int count, CancellationToken cancellation)
    {
        var scores = await Pass(texts, choice, choice.Level, cancellation);
        return await Task.Run(
            () =>
            {
                count = Math.Clamp(count, 1, MostPassages);
                var (tokens, spans) = (texts.Tokens, texts.Tokens.Corpus(choice.Level));
                var strongest = choice.IsHarmful ? Ranking.Smallest(scores.Correlation, count) : Ranking.Largest(scores.Correlation, count);
                return new RelatedAnswer(
                    texts.Run.Record.Sign, texts.IsNoiseFree(choice), texts.Floor(choice, spans.Count), spans.Count, tokens.Draws, [.. strongest.Select((entry, rank) =>
                    {
                        var item = tokens.Tokens.Items[spans[entry.Item].First];
                        var unit = tokens.Of(choice.Level, item).TakeWhile(span => span != spans[entry.Item]).Count();
                        var (before, text, after) = tokens.Tokens.InContext(spans[entry.Item], tokens.Passages, Around);
                        var row = tokens.Row(texts.Index, choice.Unit, choice.Level, item, choice.Level, choice.IsPartial);
                        return new RelatedUnit(rank + 1, item, unit, before, text, after, entry.Score, row.CorrelationError[0, unit], scores.Bif[entry.Item]);
                    })]);
            },
            cancellation);
    }

    /// <summary>The passages of the training data, the most related to a unit of the query first.</summary>
    public async Task<PassagesAnswer> Passages(OpenTexts texts, TextChoice choice, int page, int size, CancellationToken cancellation)
    {
        var level = choice.ByPassage ? TextLevel.Passage : choice.Level;
        var scores = await Pass(texts, choice, level, cancellation);
        return await Task.Run(
            () =>
            {
                var ranked = texts.Tokens.Rank(scores, level, choice.IsHarmful)
                    .Select((passage, place) => (passage, Rank: place + 1))
                    .Where(each => choice.Find.Length == 0 || texts.Tokens.Passages.Passages[each.passage.Item].Contains(choice.Find, StringComparison.OrdinalIgnoreCase)).ToList();
                size = Math.Clamp(size, 1, MostPassages);
                var pages = Math.Max(1, (ranked.Count + size - 1) / size);
                page = Math.Clamp(page, 1, pages);
                return new PassagesAnswer(
                    texts.Run.Record.Sign, texts.IsNoiseFree(choice), texts.Floor(choice, scores.Correlation.Length), scores.Correlation.Length, ranked.Count, page, pages,
                    [.. ranked.Skip((page - 1) * size).Take(size).Select(each => Entry(texts, choice, each.passage, each.Rank))]);
            },
            cancellation);
    }

    /// <summary>Scores of a unit of the query against all units of some training items.</summary>
    /// <exception cref="InputException">One of the items is not there or was not traced.</exception>
    public static IReadOnlyList<ItemShades> Shades(OpenTexts texts, TextChoice choice, IReadOnlyList<int> items)
        => items.Count > MostPassages ? throw new InputException($"At most {MostPassages} items are shaded at once; {items.Count} were asked for.") : [.. items.Select(item =>
        {
            RequireItem(texts, item);
            var row = texts.Tokens.Row(texts.Index, choice.Unit, choice.Level, item, choice.Level, choice.IsPartial);
            return new ItemShades(item, [.. row.Correlation.Cast<float>()], [.. row.CorrelationError.Cast<float>()], [.. row.Bif.Cast<float>()]);
        })];

    /// <summary>A part of the matrix of the query's units and those of a training item.</summary>
    /// <exception cref="InputException">The item is not there, or the part is too large.</exception>
    public static MatrixPart Matrix(OpenTexts texts, TextChoice choice, int item, (int First, int Count) rows, (int First, int Count) columns)
    {
        RequireItem(texts, item);
        var (allRows, allColumns) = (texts.Tokens.OfQuery(choice.Level, texts.Index).Count, texts.Tokens.Of(choice.Level, item).Count);
        var (row, column) = (Math.Clamp(rows.First, 0, allRows), Math.Clamp(columns.First, 0, allColumns));
        var (height, width) = (Math.Clamp(rows.Count, 0, allRows - row), Math.Clamp(columns.Count, 0, allColumns - column));
        if ((long)height * width > MostCells)
        {
            throw new InputException($"A part of {height:N0} × {width:N0} is too large: ask for at most {MostCells:N0} cells, by row, rows, column and columns.");
        }

        var block = texts.Tokens.Block(texts.Index, choice.Level, item, choice.Level, choice.IsPartial);
        float[] Cut(float[,] values)
        {
            var cut = new float[height * width];
            for (var index = 0; index < cut.Length; index++)
            {
                cut[index] = values[row + (index / width), column + (index % width)];
            }

            return cut;
        }

        return new(height, width, allRows, allColumns, Cut(block.Correlation), Cut(block.CorrelationError), Cut(block.Bif));
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    private static PassageEntry Entry(OpenTexts texts, TextChoice choice, RankedPassage passage, int rank)
    {
        var whole = texts.Tokens.Row(texts.Index, choice.Unit, choice.Level, passage.Item, TextLevel.Passage, choice.IsPartial);
        var error = passage.Best < 0
            ? whole.CorrelationError[0, 0]
            : texts.Tokens.Row(texts.Index, choice.Unit, choice.Level, passage.Item, choice.Level, choice.IsPartial).CorrelationError[0, passage.Best];
        return new(rank, passage.Item, passage.Best, passage.Correlation, error, whole.Correlation[0, 0], whole.CorrelationError[0, 0], whole.Bif[0, 0]);
    }

    private static void RequireItem(OpenTexts texts, int item)
    {
        if (item < 0 || item >= texts.Tokens.Passages.Passages.Length)
        {
            throw new InputException($"There is no training item {item}: the run has {texts.Tokens.Passages.Passages.Length:N0}.");
        }
    }

    private async Task<SpanScores> Pass(OpenTexts texts, TextChoice choice, TextLevel level, CancellationToken cancellation)
    {
        var key = (texts.Tokens, texts.Index, choice.Unit, choice.Level, level, choice.IsPartial, texts.IsNoiseFree(choice));
        if (_passes.TryGet(key, out var known))
        {
            return known;
        }

        await _turn.WaitAsync(cancellation);
        try
        {
            if (!_passes.TryGet(key, out known))
            {
                known = await Task.Run(() => texts.Tokens.Related(texts.Index, choice.Unit, choice.Level, level, choice.IsPartial, cancellation), cancellation);
                _passes.Put(key, known);
            }

            return known;
        }
        finally
        {
            _turn.Release();
        }
    }
}
