using System.Collections.Concurrent;
using Bif.Engine.Attribution;
using Bif.Engine.FirstOrder;

namespace Bif.Engine.Runs;

/// <summary>A training passage by what one query span has to do with it.</summary>
/// <param name="Item">Index of the training item.</param>
/// <param name="Best">Its strongest unit, from 0; −1 where whole passages were compared.</param>
/// <param name="Correlation">Of that unit, or of the whole passage; positive = helpful.</param>
public readonly record struct RankedPassage(int Item, int Best, float Correlation);

/// <summary>
/// The traced tokens of a run with their texts, and scores between any of them: what a heatmap of texts is drawn from.
/// Safe to use from several threads.
/// </summary>
public sealed class RunTokens
{
    private const long MostCachedBytes = 256L << 20;
    private readonly TokenScores _scores;
    private readonly SeriesCache _series = new(MostCachedBytes);
    private readonly ConcurrentDictionary<TextLevel, Lazy<TokenSweep>> _corpus = new();
    private readonly float[] _queryLosses;
    private readonly TokenResponses _responses;

    private RunTokens(RunDirectory folder)
    {
        var record = folder.ReadRecord();
        var store = folder.OpenTokenTraces();
        var items = folder.ReadTrainItems(record);
        (Passages, FirstIndex) = (items.RequireText(folder.TrainItems), items.FirstIndex);
        QueryPassages = folder.ReadQueryItems(record).RequireText(folder.QueryItems);
        (Tokens, QueryTokens) = (TokenTable.Read(folder.TrainTokens, Passages), TokenTable.Read(folder.QueryTokens, QueryPassages));
        if (store.Shape.TrainItems != Tokens.Count || store.Shape.QueryItems != QueryTokens.Count)
        {
            throw new InputException($"{folder.TokenTraces} has the losses of {store.Shape.TrainItems:N0} and {store.Shape.QueryItems:N0} tokens, but its tables list {Tokens.Count:N0} and {QueryTokens.Count:N0}: the run is damaged; run anew.");
        }

        _scores = new TokenScores(store, record.Spec.ScoreCentering);
        _queryLosses = store.ReadInitial().Query;
        _responses = new TokenResponses(new ResponseFiles(folder.Responses), QueryTokens, Tokens.Count, _scores.Draws);
    }

    /// <summary>The training tokens.</summary>
    public TokenTable Tokens { get; }

    /// <summary>The query tokens.</summary>
    public TokenTable QueryTokens { get; }

    /// <summary>The texts of the training items.</summary>
    public PassageTable Passages { get; }

    /// <summary>The texts of the queries.</summary>
    public PassageTable QueryPassages { get; }

    /// <summary>Index of training item 0 in the unsliced source.</summary>
    public int FirstIndex { get; }

    /// <summary>Opens the tokens of a run, or of queries that were added to it.</summary>
    /// <param name="folder">The run directory that holds the queries.</param>
    /// <exception cref="InputException">It has no traces of tokens, or too few draws, or is damaged.</exception>
    public static RunTokens Open(RunDirectory folder) => new(folder);

    /// <summary>The units of a training item in order; together they hold all its traced tokens.</summary>
    public IReadOnlyList<TokenSpan> Of(TextLevel level, int item) => TextSpans.Of(level, Tokens, Passages, item);

    /// <summary>The units of a query in order.</summary>
    public IReadOnlyList<TokenSpan> OfQuery(TextLevel level, int query) => TextSpans.Of(level, QueryTokens, QueryPassages, query);

    /// <summary>Loss of a query's span at the checkpoint, nats.</summary>
    public float LossOf(TokenSpan span)
    {
        var sum = 0.0;
        foreach (var loss in _queryLosses.AsSpan(span.First, span.Count))
        {
            sum += loss;
        }

        return (float)sum;
    }

    /// <summary>Draws behind the scores.</summary>
    public int Draws => _scores.Draws;

    /// <summary>Whether the scores of a unit have no Monte Carlo noise, because the responses of all its tokens were measured (<see cref="ResponseMeasurement"/>).</summary>
    /// <param name="query">Index of the query.</param>
    /// <param name="unit">A unit of the query at <paramref name="queryLevel"/>; null for the whole query.</param>
    /// <param name="queryLevel">The query's units.</param>
    /// <exception cref="InputException">There is no such unit.</exception>
    public bool IsNoiseFree(int query, int? unit, TextLevel queryLevel) => _responses.Has(AskedSpan(query, unit, queryLevel));

    /// <summary>All units of the corpus.</summary>
    public IReadOnlyList<TokenSpan> Corpus(TextLevel level) => SweepOf(level).Spans;

    /// <summary>Scores all units of a query against all of a training item: arrays [query unit, unit].</summary>
    /// <param name="query">Index of the query.</param>
    /// <param name="queryLevel">Its units.</param>
    /// <param name="item">Index of the training item.</param>
    /// <param name="level">Its units.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    public TokenBlock Block(int query, TextLevel queryLevel, int item, TextLevel level, bool isPartial)
        => IsNoiseFree(query, null, queryLevel)
            ? _responses.Block(OfQuery(queryLevel, query), Of(level, item), Variances(level, item), isPartial)
            : _scores.Block(QuerySeries(queryLevel, query), Series(level, item), isPartial);

    /// <summary>Scores one unit of a query against all of a training item; its series are kept, so that another unit costs no reading.</summary>
    /// <param name="query">Index of the query.</param>
    /// <param name="unit">A unit of the query at <paramref name="queryLevel"/>; null for the whole query.</param>
    /// <param name="queryLevel">The query's units.</param>
    /// <param name="item">Index of the training item.</param>
    /// <param name="level">The item's units.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    /// <returns>Arrays [1, unit].</returns>
    /// <exception cref="InputException">There is no such unit.</exception>
    public TokenBlock Row(int query, int? unit, TextLevel queryLevel, int item, TextLevel level, bool isPartial)
        => AskedSpan(query, unit, queryLevel) is var span && _responses.Has(span)
            ? _responses.Block([span], Of(level, item), Variances(level, item), isPartial)
            : _scores.Block(Asked(query, unit, queryLevel), Series(level, item), isPartial);

    /// <summary>Scores one unit of a query against all units of the corpus.</summary>
    /// <param name="query">Index of the query.</param>
    /// <param name="unit">A unit of the query at <paramref name="queryLevel"/>; null for the whole query.</param>
    /// <param name="queryLevel">The query's units.</param>
    /// <param name="level">The corpus' units.</param>
    /// <param name="isPartial">Whether the common mode is removed.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Scores in the order of <see cref="Corpus"/>.</returns>
    /// <exception cref="InputException">There is no such unit.</exception>
    public SpanScores Related(int query, int? unit, TextLevel queryLevel, TextLevel level, bool isPartial, CancellationToken cancellation)
        => AskedSpan(query, unit, queryLevel) is var span && _responses.Has(span)
            ? _responses.Of(span, Corpus(level), SweepOf(level).Variances(cancellation), isPartial)
            : SweepOf(level).Of(Asked(query, unit, queryLevel), 0, isPartial, cancellation);

    /// <summary>Training passages by their strongest unit, the strongest first; where the corpus' units are passages, by these.</summary>
    /// <param name="scores">Scores of all units of the corpus.</param>
    /// <param name="level">What the units are.</param>
    /// <param name="isHarmful">Whether the most negative come first rather than the most positive.</param>
    public IReadOnlyList<RankedPassage> Rank(SpanScores scores, TextLevel level, bool isHarmful)
    {
        var (spans, ranked) = (Corpus(level), new List<RankedPassage>());
        for (var first = 0; first < spans.Count;)
        {
            var (item, best, end) = (Tokens.Items[spans[first].First], first, first + 1);
            for (; end < spans.Count && Tokens.Items[spans[end].First] == item; end++)
            {
                best = isHarmful ? scores.Correlation[end] < scores.Correlation[best] ? end : best : scores.Correlation[end] > scores.Correlation[best] ? end : best;
            }

            ranked.Add(new(item, level == TextLevel.Passage ? -1 : best - first, scores.Correlation[best]));
            first = end;
        }

        var sign = isHarmful ? 1 : -1;
        ranked.Sort((a, b) => (sign * a.Correlation, a.Item).CompareTo((sign * b.Correlation, b.Item)));
        return ranked;
    }

    // Of a unit that is there.
    private SpanSeries Asked(int query, int? unit, TextLevel level) => QuerySeries(unit is null ? TextLevel.Passage : level, query).Pick(unit ?? 0);

    private TokenSpan AskedSpan(int query, int? unit, TextLevel level)
    {
        var whole = unit is null ? TextLevel.Passage : level;
        var index = unit ?? 0;
        var spans = OfQuery(whole, query);
        return index >= 0 && index < spans.Count ? spans[index]
            : throw new InputException($"There is no {whole.ToString().ToLowerInvariant()} {index} in query {query}: it has {spans.Count} of them, 0 to {spans.Count - 1}.");
    }

    // Of an item's units over the draws, nats².
    private IReadOnlyList<double> Variances(TextLevel level, int item)
    {
        var series = Series(level, item);
        return [.. Enumerable.Range(0, series.Count).Select(unit => series.Squares.Sum(batch => batch[unit]) / _scores.Freedom)];
    }

    private SpanSeries Series(TextLevel level, int item) => _series.Get(false, level, item, () => Of(level, item) is { Count: > 0 } spans
        ? _scores.OfTraining(spans)
        : throw new InputException($"The tokens of training item {item} were not traced."));

    private SpanSeries QuerySeries(TextLevel level, int query) => _series.Get(true, level, query, () => _scores.OfQueries(OfQuery(level, query)));

    private TokenSweep SweepOf(TextLevel level) => _corpus.GetOrAdd(level, key => new(() => new TokenSweep(
        _scores, [.. Enumerable.Range(0, Passages.Passages.Length).SelectMany(item => Of(key, item))]))).Value;
}
