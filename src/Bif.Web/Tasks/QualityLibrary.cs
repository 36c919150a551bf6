using System.Globalization;
using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Engine;
using Bif.Engine.Retraining;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Tasks;

/// <summary>How well the scores of a run predict retraining.</summary>
/// <param name="Record">What was measured.</param>
/// <param name="Run">The run that was judged: this one, or one of the same model, items and settings.</param>
/// <param name="RunName">Its name.</param>
public sealed record RunQuality(QualityRecord Record, Guid Run, string RunName);

/// <summary>
/// Finds what is known about the quality of a run: measured here, by <c>bif lds</c> in its directory, or of another run of the
/// same model, items, queries and settings, which differs in its seed or number of draws.
/// </summary>
public sealed class QualityLibrary(IDbContextFactory<BifContext> contexts)
{
    /// <summary>What is known, or null where nothing was measured.</summary>
    public async Task<RunQuality?> Find(RunContents run, CancellationToken cancellation = default)
    {
        if (await Measured(run.Id, run.Name, cancellation) is { } own)
        {
            return own;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var (model, state) = (run.Record.Model.Hash, RunState.Finished);
        var others = await context.Runs.FromSql($"select * from runs where state = {state} and id <> {run.Id} and record->'model'->>'hash' = {model} order by created_at desc limit 50")
            .AsNoTracking().Select(other => new { other.Id, other.Name, other.Record }).ToListAsync(cancellation);
        foreach (var other in others.Where(other => other.Record is not null && IsAlike(run.Record, JsonSerializer.Deserialize<RunRecord>(other.Record!, RunRecord.Json)!)))
        {
            if (await Measured(other.Id, other.Name, cancellation) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>The badge of a report: BIF's score, its interval, what could be reached, and by how many subsets; or that it was not measured.</summary>
    public static string Badge(RunQuality? quality)
    {
        if (quality?.Record is not { } record || record.Methods.FirstOrDefault(method => method.Name == MethodView.Bif) is not { } bif || !double.IsFinite(bif.Lds))
        {
            return "quality not measured";
        }

        var ceiling = record.Ceiling is { } reachable ? $" · ceiling {Number(reachable)}" : "";
        return $"LDS {Number(bif.Lds)} [{Number(bif.Low)}, {Number(bif.High)}]{ceiling} · {record.Bank.Subsets - record.Bank.TuningSubsets} subsets";
    }

    private static string Number(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    private static bool IsAlike(RunRecord a, RunRecord b) => a.Data.Hash == b.Data.Hash && a.Queries.Hash == b.Queries.Hash
        && a.Spec.Parameters.SequenceEqual(b.Spec.Parameters) && a.Settings with { Seed = 0, Draws = 0 } == b.Settings with { Seed = 0, Draws = 0 };

    private async Task<RunQuality?> Measured(Guid id, string name, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var kind = RunTask.Quality;
        var task = await context.Tasks.AsNoTracking().Where(each => each.RunId == id && each.Kind == kind && each.State == "finished")
            .OrderByDescending(each => each.Task).Select(each => each.Result).FirstOrDefaultAsync(cancellation);
        if (task is not null)
        {
            return new(JsonSerializer.Deserialize<QualityRecord>(task, RunRecord.Json)!, id, name);
        }

        var folder = await context.Runs.Where(run => run.Id == id).Select(run => run.Directory).SingleAsync(cancellation);
        try
        {
            return QualityRecord.Read(new RunDirectory(folder)) is { } record ? new(record, id, name) : null;
        }
        catch (Exception error) when (error is InputException or IOException or UnauthorizedAccessException)
        {
            // A directory that this host cannot read says nothing.
            return null;
        }
    }
}
