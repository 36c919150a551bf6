using Npgsql;

namespace Bif.Web.Jobs;

/// <summary>A process that runs chains.</summary>
/// <param name="Name">Machine and process id.</param>
/// <param name="LastSeen">When it last checked in.</param>
/// <param name="IsAlive">Whether that is recent.</param>
/// <param name="Parts">Parts of runs that it works on.</param>
/// <param name="HasGpu">Whether it runs chains on a GPU.</param>
public sealed record WorkerEntry(string Name, DateTime LastSeen, bool IsAlive, int Parts, bool HasGpu);

/// <summary>The workers on this database, from the queue's own tables.</summary>
public sealed class WorkerList(NpgsqlDataSource source)
{
    // What the queue knows of a process is its name: the device is part of it.
    private const string GpuMark = "-cuda";

    /// <summary>The name under which this process checks in.</summary>
    public static string NameOfThis(bool hasGpu) => $"{Environment.MachineName}-{Environment.ProcessId}{(hasGpu ? GpuMark : "")}";

    /// <summary>Whether a worker that is alive runs chains on a GPU.</summary>
    public async Task<bool> HasGpu(CancellationToken cancellation) => (await Read(cancellation)).Any(worker => worker is { IsAlive: true, HasGpu: true });

    /// <summary>
    /// Says of all other workers that they are gone, so that the queue takes their work back at once instead of waiting for a sign of
    /// life: right where the database was this process's to start.
    /// </summary>
    public async Task ForgetOthers(CancellationToken cancellation)
    {
        await using var command = source.CreateCommand("update quartz.qrtz_scheduler_state set last_checkin_time = 0 where instance_name not in ($1, $2)");
        command.Parameters.AddWithValue(NameOfThis(hasGpu: false));
        command.Parameters.AddWithValue(NameOfThis(hasGpu: true));
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>All workers that checked in lately, by name.</summary>
    public async Task<IReadOnlyList<WorkerEntry>> Read(CancellationToken cancellation)
    {
        // Quartz keeps times as .NET ticks.
        await using var command = source.CreateCommand(
            """
            select s.instance_name, s.last_checkin_time, (select count(*) from quartz.qrtz_fired_triggers f where f.instance_name = s.instance_name and f.state = 'EXECUTING')
            from quartz.qrtz_scheduler_state s order by 1
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var workers = new List<WorkerEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            var seen = new DateTime(reader.GetInt64(1), DateTimeKind.Utc);
            workers.Add(new(reader.GetString(0), seen, seen > DateTime.UtcNow.AddSeconds(-30), (int)reader.GetInt64(2), reader.GetString(0).EndsWith(GpuMark, StringComparison.Ordinal)));
        }

        return workers;
    }
}
