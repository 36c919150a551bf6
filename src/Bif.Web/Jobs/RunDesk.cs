using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Web.Hosting;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Jobs;

/// <summary>What a person asks for; everything left null is chosen by the engine.</summary>
public sealed record NewRun
{
    /// <summary>What people call it; null: model and data.</summary>
    public string? Name { get; init; }

    /// <summary>A model's folder or file under an allowed root.</summary>
    public required string Model { get; init; }

    /// <summary>Training items: PATH[@SPLIT][[A:B]].</summary>
    public required string Data { get; init; }

    /// <summary>Queries: PATH[@SPLIT][[A:B]].</summary>
    public required string Queries { get; init; }

    /// <summary>sgld, rmsprop, baoab or laplace.</summary>
    public string? Sampler { get; init; }

    /// <summary>Step size.</summary>
    public double? Epsilon { get; init; }

    /// <summary>Inverse temperature times n.</summary>
    public double? Nbeta { get; init; }

    /// <summary>Precision of the tie to the checkpoint.</summary>
    public double? Gamma { get; init; }

    /// <summary>Items per gradient; 0 for all.</summary>
    public int? Batch { get; init; }

    /// <summary>Independent chains, 1 to 64.</summary>
    public int? Chains { get; init; }

    /// <summary>Draws per chain, 2 to 100,000; with <see cref="TargetReliability"/> the most of them.</summary>
    public int? Draws { get; init; }

    /// <summary>Split-half reliability of subset sums at which the run stops, above 0 and below 1; null: it stops at its draws.</summary>
    public double? TargetReliability { get; init; }

    /// <summary>Language models: tokens per item at most; null for the model's context.</summary>
    public int? Context { get; init; }

    /// <summary>Language models: what becomes of documents longer than the context: all, first or packed.</summary>
    public string Windows { get; init; } = "all";

    /// <summary>Language models: what stands between the documents of a .txt file; null for the end-of-text mark where it occurs.</summary>
    public string? Separator { get; init; }

    /// <summary>Language models: whether the losses of single tokens are traced.</summary>
    public bool PerToken { get; init; }

    /// <summary>cpu, or cuda for workers with a GPU; null: cuda where such a worker is at hand.</summary>
    public string? Device { get; init; }

    /// <summary>Seed.</summary>
    public ulong Seed { get; init; }

    /// <summary>Runs with a higher number go first, −10 to 10.</summary>
    public int Priority { get; init; }
}

/// <summary>Takes orders for runs: checks everything that can be checked before anything is queued.</summary>
public sealed class RunDesk(IDbContextFactory<BifContext> contexts, RunTables tables, RunQueue queue, WorkerList workers, PathGuard guard, BifOptions options, DemoRuns demos)
{
    // Half a gigabyte of draws kept makes later queries cheap.
    internal const long KeptBytes = 512L << 20;
    private const int MostDraws = 100_000;

    /// <summary>Queues a run.</summary>
    /// <returns>Its identity.</returns>
    /// <exception cref="InputException">Something asked for cannot be; nothing is queued.</exception>
    public async Task<Guid> Submit(NewRun wanted, CancellationToken cancellation)
    {
        var spec = Check(wanted);
        if (wanted.Device != "cpu")
        {
            var hasGpu = await workers.HasGpu(cancellation);
            Require(hasGpu || wanted.Device is null, "No worker with a GPU has checked in: start one, or take the device cpu.");
            spec = spec with { Device = hasGpu ? "cuda:0" : "cpu" };
        }

        var name = Plain(wanted.Name) is { Length: > 0 } given ? given[..Math.Min(given.Length, 120)] : $"{Path.GetFileName(spec.Model)} on {Path.GetFileName(DataPath.Parse(spec.Data).Path)}";
        return await Add(name, spec, isDemo: false, wanted.Priority, cancellation);
    }

    /// <summary>Queues more draws of a finished run; what it has is kept, and the result is that of one long run.</summary>
    /// <param name="id">The run.</param>
    /// <param name="draws">Draws per chain in all.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InputException">It is not finished, or has as many; nothing is queued.</exception>
    public async Task AddDraws(Guid id, int draws, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var run = await context.Runs.AsNoTracking().SingleOrDefaultAsync(each => each.Id == id, cancellation) ?? throw MissingException.Run(id);
        Require(run.State == RunState.Finished, $"Draws can be added to a run that is finished; this one is {run.State}.");
        var record = JsonSerializer.Deserialize<RunRecord>(run.Record!, RunRecord.Json)!;
        Require(record.State == "finished", "A chain of this run diverged: start another with a smaller step instead of adding draws.");
        Require(draws > record.Settings.Draws && draws <= MostDraws, $"draws must be {record.Settings.Draws + 1:N0} to {MostDraws:N0} per chain in all: the run has {record.Settings.Draws:N0}.");
        Require(Directory.Exists(new RunDirectory(run.Directory).Traces), "The traces of this run were deleted, so that nothing can be added to them: start it again.");
        var spec = JsonSerializer.Deserialize<RunSpec>(run.Spec, RunRecord.Json)! with { Draws = draws, TargetReliability = null };
        Require(await tables.Again(id, RunState.Finished, JsonSerializer.Serialize(spec, RunRecord.Compact)), "This run is being continued already.");
        await queue.Enqueue(id, cancellation);
    }

    /// <summary>Removes a run that has ended, with its folder; reports that were taken of it stay.</summary>
    /// <param name="id">The run.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False if somebody works on it.</returns>
    /// <exception cref="InputException">The run is removed, but not all of its folder.</exception>
    public async Task<bool> Delete(Guid id, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var folder = await context.Runs.Where(run => run.Id == id).Select(run => run.Directory).SingleOrDefaultAsync(cancellation) ?? throw MissingException.Run(id);
        if (!await tables.Delete(id))
        {
            return false;
        }

        // The row is gone first: what a fault leaves of the folder is nobody's run.
        foreach (var each in new[] { folder, Path.Combine(options.Data, "queries", id.ToString("N")) }.Where(Directory.Exists))
        {
            try
            {
                Directory.Delete(each, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"The run was removed, but its folder {id:N} could not be deleted: its operator can.", error);
            }
        }

        return true;
    }

    /// <summary>Queues the demo runs if there is no run at all yet; the first one goes first.</summary>
    public async Task SeedDemo(CancellationToken cancellation)
    {
        await using (var context = await contexts.CreateDbContextAsync(cancellation))
        {
            if (await context.Runs.AnyAsync(cancellation))
            {
                return;
            }
        }

        foreach (var demo in demos.All)
        {
            await Add(demo.Name, demo.Spec, isDemo: true, 0, cancellation);
        }
    }

    /// <summary>Puts parts back into the queue that a crash between row and queue may have lost; doing it twice does it once.</summary>
    public async Task Repair(CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        foreach (var run in await context.Runs.Where(run => RunState.Active.Contains(run.State)).Select(run => new { run.Id, run.State }).ToListAsync(cancellation))
        {
            await (run.State switch
            {
                RunState.Queued => queue.Enqueue(run.Id, cancellation),
                RunState.Sampling => queue.EnqueueChains(run.Id, cancellation),
                RunState.Estimating => queue.EnqueueFinish(run.Id, cancellation),
                _ => Task.CompletedTask,
            });
        }

        foreach (var query in await context.AddedQueries.Where(query => query.State == "queued" || query.State == "running").Select(query => new { query.RunId, query.Query }).ToListAsync(cancellation))
        {
            await queue.EnqueueQuery(query.RunId, query.Query, cancellation);
        }

        foreach (var task in await context.Tasks.Where(task => task.State == "queued" || task.State == "running").Select(task => new { task.RunId, task.Task }).ToListAsync(cancellation))
        {
            await queue.EnqueueTask(task.RunId, task.Task, cancellation);
        }
    }

    /// <summary>The spec of what is asked for, with confined paths.</summary>
    /// <exception cref="InputException">Something asked for cannot be.</exception>
    public RunSpec Check(NewRun wanted)
    {
        Require(wanted.Model.Trim().Length > 0, "model is empty: name a model's folder or file.");
        Require(wanted.Data.Trim().Length > 0, "data is empty: name the training data, PATH[@SPLIT][[A:B]].");
        Require(wanted.Queries.Trim().Length > 0, "queries is empty: name what to explain, PATH[@SPLIT][[A:B]].");
        Require(wanted.Sampler is null || SamplerCatalog.Names.Contains(wanted.Sampler), $"There is no sampler {wanted.Sampler}: take one of {string.Join(", ", SamplerCatalog.Names)}.");
        Require(wanted.Device is null or "cpu" or "cuda", $"There is no device {wanted.Device}: take cpu or cuda.");
        Require(wanted.Chains is null or (>= 1 and <= 64), "chains must be 1 to 64.");
        Require(wanted.Draws is null or (>= 2 and <= MostDraws), $"draws must be 2 to {MostDraws:N0} per chain.");
        Require(wanted.TargetReliability is null or (> 0 and < 1), "target reliability must be above 0 and below 1, such as 0.8.");
        Require(wanted.Batch is null or >= 0, "batch must be 0 (all items) or more.");
        Require(wanted.Epsilon is null || (wanted.Epsilon > 0 && double.IsFinite(wanted.Epsilon.Value)), "epsilon must be a number above 0.");
        Require(wanted.Nbeta is null || (wanted.Nbeta >= 0 && double.IsFinite(wanted.Nbeta.Value)), "nbeta must be a number of at least 0.");
        Require(wanted.Gamma is null || (wanted.Gamma >= 0 && double.IsFinite(wanted.Gamma.Value)), "gamma must be a number of at least 0.");
        Require(wanted.Priority is >= -10 and <= 10, "priority must be −10 to 10.");
        Require(wanted.Windows is "all" or "first" or "packed", "windows must be all, first or packed.");
        Require(wanted.Context is null or >= 2, "context must be at least 2 tokens.");
        var model = guard.Resolve(wanted.Model);
        var config = ConfigOf(model);
        Require(!wanted.PerToken || ArchitectureCatalog.IsLanguageModel(config.ModelType), $"Tokens can be traced of language models only: {wanted.Model} is a {config.ModelType}.");
        var spec = new RunSpec
        {
            Model = model,
            Data = guard.ResolveData(wanted.Data),
            Queries = guard.ResolveData(wanted.Queries),
            Sampler = wanted.Sampler,
            Epsilon = wanted.Epsilon,
            Nbeta = wanted.Nbeta,
            Gamma = wanted.Gamma,
            Batch = wanted.Batch,
            Chains = wanted.Chains,
            Draws = wanted.Draws,
            TargetReliability = wanted.TargetReliability,
            Seed = wanted.Seed,
            KeepDraws = KeptBytes,
            KeepDrawsIfRoom = true,
            Context = wanted.Context,
            Windows = wanted.Windows,
            Separator = wanted.Separator is { Length: > 0 } ? wanted.Separator : null,
            PerToken = wanted.PerToken,
        };
        foreach (var field in new[] { "label_names_file", "torchscript_file" }.Where(config.Has))
        {
            guard.Resolve(Path.Combine(config.Folder, config.Text(field)));
        }

        Count(spec);
        return spec;
    }

    /// <summary>Numbers of training items, queries and traced tokens of a spec; opening them finds what is wrong with them.</summary>
    /// <exception cref="InputException">One of them cannot be read.</exception>
    internal static (int Items, int Queries, long Tokens) Count(RunSpec spec)
    {
        var (input, target) = (InputOf(spec), ConfigOf(spec.Model).TargetKind);
        using var data = DatasetLoader.Open(spec.Data, input, target);
        using var queries = DatasetLoader.Open(spec.Queries, input, target);
        input.RequireFit(data, spec.Model);
        input.RequireFit(queries, spec.Model);
        return new(data.Count, queries.Count, spec.PerToken ? data.Text!.PredictedCount + (long)queries.Text!.PredictedCount : 0);
    }

    /// <summary>How a spec's data becomes its model's inputs, without opening the weights.</summary>
    internal static InputSpec InputOf(RunSpec spec)
    {
        var input = InputSpec.From(ConfigOf(spec.Model));
        return input.Text is { } text ? input with { Text = text.With(spec.Context, spec.Separator, spec.Windows) } : input;
    }

    private static ModelConfig ConfigOf(string model) => ModelConfig.Read(Path.Combine(Directory.Exists(model) ? model : Path.GetDirectoryName(model)!, "config.json"));

    // Names are shown in one line and stored as text, which has no NUL.
    private static string? Plain(string? name) => name is null ? null : new string([.. name.Where(letter => !char.IsControl(letter))]).Trim();

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new InputException(message);
        }
    }

    private async Task<Guid> Add(string name, RunSpec spec, bool isDemo, int priority, CancellationToken cancellation)
    {
        var run = new Run
        {
            Id = Guid.CreateVersion7(),
            Name = name,
            IsDemo = isDemo,
            State = RunState.Queued,
            Priority = priority,
            Directory = "",
            Spec = JsonSerializer.Serialize(spec, RunRecord.Compact),
            CreatedAt = DateTime.UtcNow,
        };
        run.Directory = Path.Combine(options.Runs, run.Id.ToString("N"));
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        context.Runs.Add(run);
        await context.SaveChangesAsync(cancellation);

        // A crash here leaves a queued row without a place in the queue: the next start repairs it.
        await queue.Enqueue(run.Id, cancellation);
        return run.Id;
    }
}
