using Npgsql;
using NpgsqlTypes;

namespace Bif.Data.Storage;

/// <summary>The one place that moves tasks between states; each change announces itself to listeners at commit.</summary>
public sealed class TaskTables(NpgsqlDataSource source)
{
    /// <summary>Adds a task to a finished run; null if the run is not finished.</summary>
    /// <returns>Its number.</returns>
    public async Task<int?> Add(Guid run, string kind, string input)
    {
        // The run's row is locked, so that two orders at once get two numbers.
        var number = await Change(
            run,
            """
            with held as (select id from runs where id = $1 and state = 'finished' for update)
            insert into tasks (run_id, task, kind, input, state, attempts, cancel_requested, created_at, updated_at)
            select id, (select coalesce(max(task) + 1, 0) from tasks where run_id = $1), $2, $3::jsonb, 'queued', 0, false, now(), now() from held
            returning task
            """,
            run, kind, input);
        return (int?)number;
    }

    /// <summary>
    /// Gives a task to a firing: one that waits, its own again, or one whose owner gave no sign of life for
    /// <see cref="RunTables.SilenceSeconds"/>. Returns how many firings took it, or null if it was not given.
    /// </summary>
    public async Task<int?> Claim(Guid run, int task, string owner) => (int?)await Change(
        run,
        """
        update tasks set state = 'running', owner = $3, attempts = attempts + 1, started_at = coalesce(started_at, now()), updated_at = now(), error = null
        where run_id = $1 and task = $2 and not cancel_requested
            and (state = 'queued' or (state = 'running' and (owner = $3 or updated_at < now() - make_interval(secs => $4))))
        returning attempts
        """,
        run, task, owner, RunTables.SilenceSeconds);

    /// <summary>Whether another firing holds a task.</summary>
    public async Task<bool> IsHeld(Guid run, int task)
    {
        await using var command = source.CreateCommand("select 1 from tasks where run_id = $1 and task = $2 and state = 'running'");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = task } });
        return await command.ExecuteScalarAsync() is not null;
    }

    /// <summary>Gives a sign of life; false if the task is no longer the firing's, or a person asked to stop it.</summary>
    public async Task<bool> Sign(Guid run, int task, string owner)
    {
        await using var command = source.CreateCommand(
            "update tasks set updated_at = now() where run_id = $1 and task = $2 and owner = $3 and state = 'running' and not cancel_requested");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = task }, new() { Value = owner } });
        return await command.ExecuteNonQueryAsync() == 1;
    }

    /// <summary>Whether a person asked to stop a task.</summary>
    public async Task<bool> IsCancelRequested(Guid run, int task)
    {
        await using var command = source.CreateCommand("select cancel_requested from tasks where run_id = $1 and task = $2");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = task } });
        return await command.ExecuteScalarAsync() is not false;
    }

    /// <summary>Says what is being done.</summary>
    public Task Say(Guid run, int task, string owner, string message, double? fraction) => Change(
        run,
        "update tasks set message = $4, fraction = $5 where run_id = $1 and task = $2 and owner = $3 and state = 'running' returning task",
        run, task, owner, message, fraction);

    /// <summary>Ends a firing's work on a task.</summary>
    public async Task<bool> End(Guid run, int task, string owner, string state, string? result, string? error) => await Change(
        run,
        """
        update tasks set state = $4, result = $5::jsonb, error = $6, message = null, fraction = null, finished_at = case when $4 <> 'queued' then now() end
        where run_id = $1 and task = $2 and owner = $3 and state = 'running' returning task
        """,
        run, task, owner, state, result, error) is not null;

    /// <summary>Stops a task: one that waits at once, one that runs at its next report. False if it has ended.</summary>
    public async Task<bool> Cancel(Guid run, int task) => await Change(
        run,
        """
        update tasks set cancel_requested = true, state = case when state = 'queued' then 'cancelled' else state end,
            finished_at = case when state = 'queued' then now() end
        where run_id = $1 and task = $2 and state in ('queued','running') returning task
        """,
        run, task) is not null;

    /// <summary>Makes a failed or cancelled task ready to be done again.</summary>
    public async Task<bool> Reopen(Guid run, int task) => await Change(
        run,
        """
        update tasks set state = 'queued', cancel_requested = false, attempts = 0, error = null, finished_at = null
        where run_id = $1 and task = $2 and state in ('failed','cancelled') returning task
        """,
        run, task) is not null;

    /// <summary>Stores the scores of a method by binary COPY, in place of earlier ones.</summary>
    /// <param name="run">The run.</param>
    /// <param name="method">The method.</param>
    /// <param name="rows">Scores over the training items, by query, negative = helpful.</param>
    public async Task PutScores(Guid run, string method, IEnumerable<float[]> rows)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var delete = new NpgsqlCommand("delete from method_scores where run_id = $1 and method = $2", connection, transaction)
        {
            Parameters = { new() { Value = run }, new() { Value = method } },
        })
        {
            await delete.ExecuteNonQueryAsync();
        }

        await using (var writer = await connection.BeginBinaryImportAsync("copy method_scores (run_id, method, query, scores) from stdin (format binary)"))
        {
            var query = 0;
            foreach (var row in rows)
            {
                await writer.StartRowAsync();
                await writer.WriteAsync(run, NpgsqlDbType.Uuid);
                await writer.WriteAsync(method, NpgsqlDbType.Text);
                await writer.WriteAsync(query++, NpgsqlDbType.Integer);
                await writer.WriteAsync(Floats.ToBytes(row), NpgsqlDbType.Bytea);
            }

            await writer.CompleteAsync();
        }

        await RunSignal.Send(connection, new RunSignal(run, RunSignal.Task));
        await transaction.CommitAsync();
    }

    private async Task<object?> Change(Guid run, string sql, params object?[] values)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values)
        {
            command.Parameters.Add(value is null ? new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlDbType.Unknown } : new NpgsqlParameter { Value = value });
        }

        var returned = await command.ExecuteScalarAsync();
        if (returned is not null)
        {
            await RunSignal.Send(connection, new RunSignal(run, RunSignal.Task));
        }

        await transaction.CommitAsync();
        return returned;
    }
}
