using Bif.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Bif.Web.Hosting;

/// <summary>Ready means: the database answers, its schema is this version's, and a worker checked in within a minute.</summary>
public sealed class Readiness(IDbContextFactory<BifContext> contexts, NpgsqlDataSource source) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var database = await contexts.CreateDbContextAsync(cancellationToken);
            if ((await database.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            {
                return HealthCheckResult.Unhealthy("The database has not this version's schema.");
            }

            // Quartz keeps times as .NET ticks.
            await using var command = source.CreateCommand("select count(*) from quartz.qrtz_scheduler_state where last_checkin_time > $1");
            command.Parameters.Add(new() { Value = DateTime.UtcNow.AddMinutes(-1).Ticks });
            return await command.ExecuteScalarAsync(cancellationToken) is > 0L
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Degraded("No worker checked in within the last minute: runs wait.");
        }
        catch (NpgsqlException error)
        {
            return HealthCheckResult.Unhealthy("The database does not answer.", error);
        }
    }
}
