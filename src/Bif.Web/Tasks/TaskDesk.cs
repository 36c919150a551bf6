using System.Text.Json;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Baselines;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Jobs;

namespace Bif.Web.Tasks;

/// <summary>Takes orders for work on finished runs: what can be checked is checked before anything is queued.</summary>
public sealed class TaskDesk(TaskTables tables, TaskLibrary tasks, RunLibrary library, TextLibrary heatmaps, RunQueue queue)
{
    private const int UsualCount = 20;
    private const int UsualRepeats = 5;

    /// <summary>Orders comparison methods, a task each; those that wait or run already are not ordered again.</summary>
    /// <returns>The tasks' numbers.</returns>
    /// <exception cref="InputException">There is no such method, or the run is not finished.</exception>
    public async Task<IReadOnlyList<int>> Compare(Guid id, IReadOnlyList<string> methods, CancellationToken cancellation)
    {
        await Finished(id, cancellation);
        var names = methods.OfType<string>().SelectMany(AttributionMethodCatalog.Named).Distinct().ToList();
        if (names.Count == 0)
        {
            throw new InputException($"Name at least one comparison method: {string.Join(", ", AttributionMethodCatalog.All.Select(each => each.Name))}.");
        }

        var waiting = (await tasks.Of(id, cancellation)).Where(task => task is { Kind: RunTask.Comparison, IsActive: true }).ToDictionary(task => task.Title, task => task.Task);
        var numbers = new List<int>();
        foreach (var name in names)
        {
            numbers.Add(waiting.TryGetValue($"compare with {name}", out var known) ? known : await Add(id, RunTask.Comparison, new ComparisonInput(name), cancellation));
        }

        return numbers;
    }

    /// <summary>Orders retraining without a set of items.</summary>
    /// <returns>The task's number.</returns>
    /// <exception cref="InputException">The set, the repeats, or the run's model do not allow it.</exception>
    public async Task<int> Remove(Guid id, NewRemoval wanted, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        if (wanted.Repeats is < 2 or > 50)
        {
            throw new InputException($"repeats is {wanted.Repeats}: give 2 to 50.");
        }

        if (WhyNotRetrained(run) is { } reason)
        {
            throw new InputException(reason);
        }

        var (items, what) = await Items(id, wanted.Without, cancellation);
        return await Add(id, RunTask.Removal, new RemovalInput(items, what, wanted.Repeats ?? UsualRepeats), cancellation);
    }

    /// <summary>Orders a measurement of how well the run's scores, and those of every comparison method, predict retraining.</summary>
    /// <returns>The task's number.</returns>
    /// <exception cref="InputException">The numbers, or the run's model, do not allow it.</exception>
    public async Task<int> Measure(Guid id, int subsets, int repeats, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        if (subsets is < 10 or > 1000 || repeats is < 1 or > 20)
        {
            throw new InputException($"{subsets} subsets with {repeats} models each: give 10 to 1,000 subsets and 1 to 20 models.");
        }

        if (WhyNotRetrained(run) is { } reason)
        {
            throw new InputException(reason);
        }

        return await Add(id, RunTask.Quality, new QualityInput(subsets, repeats), cancellation);
    }

    /// <summary>Orders the first-order responses of a query's tokens, so that their scores have no noise; what waits or runs already is not ordered again.</summary>
    /// <returns>The task's number; null where all of them are measured already.</returns>
    /// <exception cref="InputException">The run has no traced tokens, its draws do not allow it, or there is no such unit.</exception>
    public async Task<int?> Respond(Guid id, NewResponse wanted, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var choice = TextChoice.From(wanted.Query, wanted.Token, wanted.By, null);
        if (choice.Level == TextLevel.Passage)
        {
            throw new InputException("by is \"passage\": leave token and by out for all of the query.");
        }

        if (ResponseMeasurement.WhyNot(run.Record) is { } reason)
        {
            throw new InputException(reason);
        }

        var texts = await heatmaps.Open(id, wanted.Query, cancellation) ?? throw MissingException.Run(id);
        if (texts.Tokens.IsNoiseFree(texts.Index, wanted.Token, choice.Level))
        {
            return null;
        }

        var units = texts.Tokens.OfQuery(wanted.Token is null ? TextLevel.Passage : choice.Level, texts.Index);
        var span = units[wanted.Token ?? 0];
        var what = wanted.Token is null ? "all" : $"“{TextLibrary.Query(texts, choice).Units[wanted.Token.Value].Text.Trim()}”";
        var input = new ResponseInput(wanted.Query, texts.DataPath, span.First, span.Count, what);
        var stored = JsonSerializer.Serialize(input, RunRecord.Compact);
        return await tasks.Waiting(id, RunTask.Response, stored, cancellation) ?? await Add(id, RunTask.Response, input, cancellation);
    }

    /// <summary>Why a run's model cannot be trained again here, in a sentence; null if it can.</summary>
    public static string? WhyNotRetrained(RunContents run)
    {
        try
        {
            return RecordedTraining.Beside(run.Record.Model.Path) is null
                ? "The model has no training.json beside its weights, so how it was trained is not known: train it with bif train, or give the recipe to bif retrain."
                : null;
        }
        catch (InputException error)
        {
            return error.Message;
        }
    }

    /// <summary>The items of a set, by rising index, and the set in words.</summary>
    /// <exception cref="InputException">The set is empty, everything, or not of this run.</exception>
    public async Task<(int[] Items, string What)> Items(Guid id, ItemChoice choice, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var (total, count) = (run.Record.Data.Count, choice.Count ?? UsualCount);
        if (count < 1 || count >= total)
        {
            throw new InputException($"count is {count}: give 1 to {total - 1}.");
        }

        if (new[] { choice.Items is { Length: > 0 }, choice.Class is { Length: > 0 }, choice.TopOf is not null, choice.Suspects, choice.Cluster is not null }.Count(given => given) != 1)
        {
            throw new InputException("Say which items to leave out: items as in 3,8,20-29, a class, the best proponents of a query, the suspects, or a cluster.");
        }

        var (items, what) = choice switch
        {
            { Items: { Length: > 0 } list } => (ItemSet.Listed("items", list, total), $"items {(list.Length > 60 ? list[..57] + "…" : list)}"),
            { Class: { Length: > 0 } name } => (ItemSet.OfClass("class", run.Train, name), $"the class {name}"),
            { TopOf: { } query } => (await TopOf(run, query, count, cancellation), $"the {count} best proponents of query {query}"),
            { Cluster: { } number } => (await OfCluster(run, number, choice.Clusters, cancellation), $"cluster {number} of {choice.Clusters ?? ItemClusters.UsualCount}"),
            _ => (await Suspects(run, count, cancellation), $"the {count} most suspicious items"),
        };
        return items.Length > 0 && items.Length < total ? (items, what) : throw new InputException($"{items.Length} of {total:N0} items would be left out: leave some out and some in.");
    }

    /// <summary>The clusters into which a finished run's items fall, the largest first.</summary>
    /// <exception cref="InputException">The run is not finished, its traces are not on this host, or the count is out of range.</exception>
    public async Task<IReadOnlyList<ItemCluster>> Clusters(Guid id, int? count, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var traces = new RunDirectory(await library.Directory(run.Id, cancellation)).OpenTraces();
        return await Task.Run(() => ItemClusters.Of(traces, count ?? Math.Min(ItemClusters.UsualCount, run.Record.Data.Count)), cancellation);
    }

    /// <summary>Stops a task; false if it has ended.</summary>
    public Task<bool> Cancel(Guid run, int task) => tables.Cancel(run, task);

    /// <summary>Does a failed or cancelled task again; false if it is neither.</summary>
    public async Task<bool> Retry(Guid run, int task, CancellationToken cancellation)
    {
        if (!await tables.Reopen(run, task))
        {
            return false;
        }

        await queue.EnqueueTask(run, task, cancellation);
        return true;
    }

    private async Task<int> Add<T>(Guid id, string kind, T input, CancellationToken cancellation)
    {
        var number = await tables.Add(id, kind, JsonSerializer.Serialize(input, RunRecord.Compact)) ?? throw NotFinished();
        await queue.EnqueueTask(id, number, cancellation);
        return number;
    }

    private async Task<int[]> TopOf(RunContents run, int query, int count, CancellationToken cancellation)
    {
        var scores = await library.Scores(run.Id, query, cancellation) ?? throw new InputException($"topOf is {query}: this query has no scores.");
        return [.. Largest(scores.Correlation, count)];
    }

    private async Task<int[]> OfCluster(RunContents run, int number, int? count, CancellationToken cancellation)
    {
        var clusters = await Clusters(run.Id, count, cancellation);
        return number >= 1 && number <= clusters.Count
            ? clusters[number - 1].Items
            : throw new InputException($"cluster is {number}: the items fall into the clusters 1 to {clusters.Count}.");
    }

    private async Task<int[]> Suspects(RunContents run, int count, CancellationToken cancellation)
    {
        var (variance, _) = await library.Items(run.Id, cancellation) ?? throw new InputException("This run has no self-influence, so nobody is suspected.");
        return [.. Largest(variance, count)];
    }

    private static IEnumerable<int> Largest(float[] values, int count)
        => Enumerable.Range(0, values.Length).OrderByDescending(item => values[item]).ThenBy(item => item).Take(count).Order();

    private async Task<RunContents> Finished(Guid id, CancellationToken cancellation) => await library.Get(id, cancellation) is { IsFinal: true } run ? run : throw NotFinished();

    private static InputException NotFinished() => new("Only a finished run can be worked on: wait for it, or continue it.");
}
