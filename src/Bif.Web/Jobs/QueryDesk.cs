using System.Text.Json;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Data;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Hosting;

namespace Bif.Web.Jobs;

/// <summary>A picture that was looked at but not yet asked about.</summary>
/// <param name="Predicted">The class that the model sees in it.</param>
/// <param name="Probability">With which probability.</param>
/// <param name="Png">The picture as the model sees it.</param>
/// <param name="Cost">What asking costs.</param>
public sealed record PictureAnswer(int Predicted, float Probability, byte[] Png, QueryCost Cost);

/// <summary>Takes new queries of finished runs: a picture that somebody brings, or an item of the training data.</summary>
public sealed class QueryDesk(RunTables tables, RunQueue queue, RunLibrary library, Pictures pictures, BifOptions options)
{
    /// <summary>The largest picture file, bytes.</summary>
    public const int LargestPicture = 10 << 20;

    /// <summary>The longest passage, characters.</summary>
    public const int LongestPassage = 20_000;

    /// <summary>What asking one more query of a run costs.</summary>
    /// <exception cref="InputException">The run is not finished.</exception>
    public async Task<QueryCost> Cost(Guid id, CancellationToken cancellation) => QueryCost.Of((await Finished(id, cancellation)).Record, 1);

    /// <summary>Looks at a picture: what the model sees in it, and what asking would cost.</summary>
    /// <exception cref="InputException">It is no picture, or the run takes none.</exception>
    public async Task<PictureAnswer> Look(Guid id, byte[] file, string name, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var picture = await Read(run, file, name);
        return new(picture.Predicted, picture.Probabilities[picture.Predicted], picture.ToPng(), QueryCost.Of(run.Record, 1));
    }

    /// <summary>Asks about a picture.</summary>
    /// <param name="id">The run.</param>
    /// <param name="file">A JPEG, PNG or WebP file.</param>
    /// <param name="name">What the person calls it.</param>
    /// <param name="label">The class whose loss is asked about; null: the one that the model predicts.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The query's index.</returns>
    /// <exception cref="InputException">It is no picture, or the run takes none.</exception>
    public async Task<int> AskPicture(Guid id, byte[] file, string name, int? label, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var picture = await Read(run, file, name);
        var asked = label ?? picture.Predicted;
        var folder = Path.Combine(options.Data, "queries", id.ToString("N"), Guid.CreateVersion7().ToString("N"));
        picture.Write(folder, asked);
        return await Add(run, new AddedQuery
        {
            RunId = id,
            State = "queued",
            Source = $"your picture {Shorten(name)}",
            Label = asked,
            Description = RankingView.NameOf(run, asked),
            DataPath = folder,
            Png = picture.ToPng(),
        }, cancellation);
    }

    /// <summary>Asks about a training item.</summary>
    /// <returns>The query's index.</returns>
    /// <exception cref="InputException">There is no such item.</exception>
    public async Task<int> AskItem(Guid id, int item, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        if (item < 0 || item >= run.Record.Data.Count)
        {
            throw new InputException($"There is no training item {item}: the run has {run.Record.Data.Count:N0}.");
        }

        var path = DataPath.Parse(run.Record.Spec.Data);
        var index = run.Train.FirstIndex + item;
        var data = $"{path.Path}{(path.Split is { } split ? $"@{split}" : "")}[{index}:{index + 1}]";
        var source = $"training item {item}";
        return run.Added.FirstOrDefault(each => each.Source == source && each.State is not ("failed" or "cancelled"))?.Query
            ?? await Add(run, new AddedQuery
            {
                RunId = id,
                State = "queued",
                Source = source,
                Label = run.Train.Labels?[item],
                Description = run.Train.Describe(item),
                DataPath = data,
                Png = pictures.Png(run.Record, isQuery: false, item),
            }, cancellation);
    }

    /// <summary>Asks about a passage that a person wrote.</summary>
    /// <returns>The query's index.</returns>
    /// <exception cref="InputException">The run takes no text, or there are too few or too many characters.</exception>
    public async Task<int> AskText(Guid id, string text, CancellationToken cancellation)
    {
        var run = await Finished(id, cancellation);
        var passage = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal).Trim();
        if (!run.IsText)
        {
            throw new InputException("Passages can be asked of runs on texts only.");
        }

        if (passage.Length is 0 or > LongestPassage)
        {
            throw new InputException(passage.Length == 0 ? "Write a passage first." : $"The passage has {passage.Length:N0} characters; at most {LongestPassage:N0} are taken.");
        }

        var folder = Path.Combine(options.Data, "queries", id.ToString("N"), Guid.CreateVersion7().ToString("N"));
        var file = Path.Combine(folder, "passage.jsonl");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { text = passage }), cancellation);
        try
        {
            var items = await RunWorker.OnThread(() =>
            {
                using var data = DatasetLoader.Open(file, RunDesk.InputOf(run.Record.Spec));
                return (data.Count, Excerpt: data.Text!.Passages[0]);
            });
            return await Add(run, new AddedQuery
            {
                RunId = id,
                State = "queued",
                Source = items.Count > 1 ? "the beginning of your passage, as long as the run's context" : "your passage",
                Description = new PassageTable([items.Excerpt], [0], [0]).Excerpt(0, 60),
                DataPath = file + "[0:1]",
            }, cancellation);
        }
        catch (InputException)
        {
            Directory.Delete(folder, recursive: true);
            throw;
        }
    }

    /// <summary>Stops a query that was added; false if it has ended.</summary>
    public Task<bool> Cancel(Guid id, int query) => tables.CancelQuery(id, query);

    private async Task<int> Add(RunContents run, AddedQuery query, CancellationToken cancellation)
    {
        var index = await tables.AddQuery(query, run.Record.Queries.Count)
            ?? throw new InputException("Queries can be added to finished runs only.");
        await queue.EnqueueQuery(run.Id, index, cancellation);
        return index;
    }

    private async Task<RunContents> Finished(Guid id, CancellationToken cancellation) => await library.Get(id, cancellation) is { IsFinal: true } run
        ? run
        : throw new InputException("Queries can be added to finished runs only: wait for the last draw.");

    private async Task<PictureQuery> Read(RunContents run, byte[] file, string name) => pictures.Shape(run.Record) is not { } shape
        ? throw new InputException("Pictures can be asked of runs on pictures only, and their training data must still be there.")
        : await RunWorker.OnThread(() => PictureQuery.Read(run.Record, shape, file, Shorten(name)));

    private static string Shorten(string name)
    {
        var plain = new string([.. Path.GetFileName(name).Where(letter => !char.IsControl(letter))]);
        return plain.Length > 60 ? plain[..57] + "…" : plain.Length == 0 ? "picture" : plain;
    }
}
