using System.Buffers.Text;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Bif.Data;
using Bif.Data.Entities;
using Bif.Data.Storage;
using Bif.Engine.Runs;
using Bif.Web.Browsing;
using Bif.Web.Components.Controls;
using Bif.Web.Tasks;
using Microsoft.EntityFrameworkCore;

namespace Bif.Web.Reports;

/// <summary>A report just taken; the token is shown here once and stored nowhere.</summary>
public sealed record TakenReport(Guid Id, string Token);

/// <summary>A report in its owner's list.</summary>
public sealed record ReportEntry(Guid Id, string Title, DateTime CreatedAt, DateTime? ExpiresAt, DateTime? RevokedAt);

/// <summary>Takes, opens and revokes reports.</summary>
public sealed class ReportDesk(IDbContextFactory<BifContext> contexts, RunLibrary library, Pictures pictures, TextSnapshot snapshot, MethodView methodView, QualityLibrary qualities)
{
    private const int TokenBytes = 16;
    private const int ItemsPerSide = 24;
    private const int MethodsShown = 8;

    /// <summary>Takes a snapshot of a query's ranking.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="query">Index of the query.</param>
    /// <param name="title">Heading; null: the run's name and the query.</param>
    /// <param name="lifetime">How long the link works; null: until revoked.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <param name="texts">What of a run on texts is looked at; null: all of the query, by token.</param>
    /// <exception cref="MissingException">There is no such ranking yet.</exception>
    public async Task<TakenReport> Take(Guid runId, int query, string? title, TimeSpan? lifetime, CancellationToken cancellation, TextChoice? texts = null)
    {
        var run = await library.Get(runId, cancellation);
        var scores = await library.Scores(runId, query, cancellation) ?? throw MissingException.Ranking(query, run.QueryCount);

        var heat = run is { HasTokens: true, IsFinal: true } ? await snapshot.Take(runId, texts ?? new TextChoice(query), cancellation) : ((ReportText Text, byte[] Shades)?)null;
        var prints = pictures.Fingerprints(run.Record);
        IReadOnlyList<RankedItem> Side(string side) => RankingView.Of(run, scores, new RankingChoice(query, side, Size: ItemsPerSide), prints).Items;
        var content = new ReportContent(
            run.Name, query, run.DescribeQuery(query), run.IsFinal, run.ScoreDraws, run.NoiseFloor, run.IsFinal ? run.Record.Verdict?.Name : null,
            run.IsFinal && run.Record.Verdict is { } verdict ? verdict.Advice.Length > 0 ? $"{verdict.Reason}; {verdict.Advice}" : verdict.Reason : null,
            scores.Correlation.Length, Side("helpful"), Side("harmful"), RankingView.ByClass(run, scores), [.. ProvenanceOf(run), .. DiagnosticsOf(run)], run.IsText, heat?.Text,
            QualityLibrary.Badge(run.IsFinal ? await qualities.Find(run, cancellation) : null),
            !run.IsText && await methodView.Rows(runId, query, null, MethodsShown, cancellation) is { Count: > 2 } rows ? rows : null);
        var token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenBytes));
        var report = new Report
        {
            Id = Guid.CreateVersion7(),
            RunId = runId,
            Title = title?.Replace("\0", "", StringComparison.Ordinal) is { Length: > 0 } given ? given[..Math.Min(given.Length, 200)] : $"{run.Name}, query {query}",
            TokenHash = SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(token)),
            Content = StoredJson.Of(JsonSerializer.Serialize(content, RunRecord.Compact)),
            Correlation = Floats.ToBytes(scores.Correlation),
            CorrelationError = Floats.ToBytes(scores.CorrelationError),
            Bif = Floats.ToBytes(scores.Bif),
            BifError = Floats.ToBytes(scores.BifError),
            Labels = run.Train.Labels is { } labels ? MemoryMarshal.AsBytes<int>([.. labels]).ToArray() : null,
            CreatedAt = DateTime.UtcNow,
            ExpiresAt = lifetime is { } time ? DateTime.UtcNow + time : null,
        };
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        context.Reports.Add(report);
        if (heat is { } taken)
        {
            context.ReportTexts.Add(new ReportHeat { ReportId = report.Id, Shades = taken.Shades });
        }

        foreach (var item in content.Helpful.Concat(content.Harmful).Select(each => each.Item)
            .Concat((content.Methods ?? []).SelectMany(row => row.Helpful.Concat(row.Harmful)).Select(each => each.Item)).Distinct())
        {
            Keep(context, report.Id, $"item-{item}", pictures.Png(run.Record, isQuery: false, item));
        }

        Keep(context, report.Id, "query", run.AddedAt(query) is null ? pictures.Png(run.Record, isQuery: true, query) : await library.AddedPicture(runId, query, cancellation));
        await context.SaveChangesAsync(cancellation);
        return new(report.Id, token);
    }

    /// <summary>The report behind a token, or null if there is none, it expired or was revoked: which of them is not told.</summary>
    public async Task<(Report Report, ReportContent Content)?> Open(string token, CancellationToken cancellation)
    {
        if (token.Length is < 20 or > 32)
        {
            return null;
        }

        var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token));
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        var now = DateTime.UtcNow;
        var report = await context.Reports.AsNoTracking().SingleOrDefaultAsync(
            each => each.TokenHash == hash && each.RevokedAt == null && (each.ExpiresAt == null || each.ExpiresAt > now), cancellation);
        return report is null ? null : (report, JsonSerializer.Deserialize<ReportContent>(report.Content, RunRecord.Json)!);
    }

    /// <summary>A picture of a report that is open, or null.</summary>
    public async Task<byte[]?> Picture(Guid report, string name, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.ReportImages.Where(image => image.ReportId == report && image.Name == name).Select(image => image.Png).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>The scores between the texts of a report that is open, or null.</summary>
    public async Task<byte[]?> Shades(Guid report, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.ReportTexts.Where(heat => heat.ReportId == report).Select(heat => heat.Shades).SingleOrDefaultAsync(cancellation);
    }

    /// <summary>The reports of a run, newest first.</summary>
    public async Task<IReadOnlyList<ReportEntry>> Of(Guid run, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Reports.Where(report => report.RunId == run).OrderByDescending(report => report.CreatedAt)
            .Select(report => new ReportEntry(report.Id, report.Title, report.CreatedAt, report.ExpiresAt, report.RevokedAt)).ToListAsync(cancellation);
    }

    /// <summary>Ends a report's link at once; false if it was ended already or never was.</summary>
    public async Task<bool> Revoke(Guid report, CancellationToken cancellation)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellation);
        return await context.Reports.Where(each => each.Id == report && each.RevokedAt == null)
            .ExecuteUpdateAsync(set => set.SetProperty(each => each.RevokedAt, DateTime.UtcNow), cancellation) == 1;
    }

    private static void Keep(BifContext context, Guid report, string name, byte[]? png)
    {
        if (png is not null)
        {
            context.ReportImages.Add(new ReportImage { ReportId = report, Name = name, Png = png });
        }
    }

    private static IEnumerable<Provenance> DiagnosticsOf(RunContents run) =>
    [
        .. RunHealth.Of(run.Record).Select(line => new Provenance(line.Name, $"{line.Value} ({line.Meaning})")),
        new("code of this host", typeof(RunRecord).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown"),
    ];

    /// <summary>Where a run's numbers come from.</summary>
    public static IReadOnlyList<Provenance> ProvenanceOf(RunContents run)
    {
        var (record, settings) = (run.Record, run.Record.Settings);
        return
        [
            new("run", record.Id),
            new("model", $"{record.Model.ModelType}, {record.Model.Parameters:N0} parameters"),
            new("model hash", record.Model.Hash),
            new("training data", $"{record.Data.Count:N0} items ({record.Data.Format})"),
            new("training data hash", record.Data.Hash),
            new("queries", $"{record.Queries.Count:N0} items ({record.Queries.Format})"),
            new("queries hash", record.Queries.Hash),
            new("sampler", $"{settings.Sampler}, preconditioner {settings.Preconditioner}, {record.SettingsSource}"),
            new("settings", $"nβ {settings.Nbeta:G4}, γ {settings.Gamma:G4}, ε {settings.Epsilon:G4}, {(settings.Batch == 0 ? "full batch" : $"batch {settings.Batch}")}"),
            new("chains × draws", $"{settings.Chains} × {settings.Draws:N0}, burn-in {settings.BurnIn}, {settings.Thin} steps per draw"),
            new("seed", settings.Seed.ToString()),
            new("device", record.Device),
            new("versions", $"Bif {record.Versions.Bif}, .NET {record.Versions.Dotnet}, libtorch {record.Versions.Libtorch}, {record.Versions.OperatingSystem}"),
            .. record.Timings is { } timings ? new[] { new Provenance("duration", $"{timings.TotalSeconds:F0} s") } : [],
        ];
    }
}
