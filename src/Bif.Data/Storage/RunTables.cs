using System.Runtime.InteropServices;
using Bif.Data.Entities;
using Npgsql;

namespace Bif.Data.Storage;

/// <summary>
/// The one place that moves runs and chains between states. Each change names the state that it expects, so that a worker
/// that was thought lost, or a cancel that comes late, changes nothing; each announces itself to listeners at commit.
/// </summary>
public sealed class RunTables(NpgsqlDataSource source)
{
    /// <summary>How often a worker may be lost over a part of a run before the run fails.</summary>
    public const int MaximumAttempts = 5;

    /// <summary>How long an owner may be silent before its chain is given to another; owners sign several times in it.</summary>
    public const double SilenceSeconds = 12;

    /// <summary>Passes a run from one of some states into another; false if it was in none of them.</summary>
    public Task<bool> Move(Guid run, IReadOnlyList<string> from, string to, string? message = null, string? error = null) => Change(
        run,
        RunSignal.State,
        """
        update runs set state = $3, message = $4, error = $5, fraction = null,
            started_at = coalesce(started_at, case when $3 = 'preparing' then now() end),
            finished_at = case when $3 in ('finished','cancelled','failed') then now() end
        where id = $1 and state = any($2)
        """,
        run, from.ToArray(), to, message, error);

    /// <summary>Counts an attempt to prepare a run; returns how many there were.</summary>
    public async Task<int> CountAttempt(Guid run)
    {
        await using var command = source.CreateCommand("update runs set attempts = attempts + 1 where id = $1 returning attempts");
        command.Parameters.Add(new() { Value = run });
        return (int)(await command.ExecuteScalarAsync() ?? 0);
    }

    /// <summary>Says what is being done in a run.</summary>
    public Task<bool> Say(Guid run, string? message, double? fraction) => Change(
        run, RunSignal.Progress, "update runs set message = coalesce($2, message), fraction = $3 where id = $1", run, message, fraction);

    /// <summary>Asks the workers of a run to stop it; false if nobody works on it.</summary>
    public Task<bool> RequestCancel(Guid run) => Change(
        run, RunSignal.State, "update runs set cancel_requested = true where id = $1 and state = any($2)", run, RunState.Active.ToArray());

    /// <summary>Whether a person asked to stop a run.</summary>
    public async Task<bool> IsCancelRequested(Guid run)
    {
        await using var command = source.CreateCommand("select cancel_requested from runs where id = $1");
        command.Parameters.Add(new() { Value = run });
        return await command.ExecuteScalarAsync() is not false;
    }

    /// <summary>Makes a cancelled or failed run ready to be queued again; its complete blocks are kept.</summary>
    public Task<bool> Reopen(Guid run) => Change(
        run,
        RunSignal.State,
        """
        with again as (
            update chains set state = 'queued', owner = null, attempts = 0 from runs
            where run_id = runs.id and runs.id = $1 and runs.state in ('cancelled','failed') and chains.state <> 'completed')
        update runs set state = 'queued', cancel_requested = false, attempts = 0, error = null, message = null, finished_at = null
        where id = $1 and state in ('cancelled','failed')
        """,
        run);

    /// <summary>Makes a run that has all its draws ready to be queued again under a spec that asks for more; false if it is in another state.</summary>
    public Task<bool> Again(Guid run, string from, string spec) => Change(
        run,
        RunSignal.State,
        """
        with again as (
            update chains set state = 'queued', owner = null, attempts = 0 from runs where run_id = runs.id and runs.id = $1 and runs.state = $2)
        update runs set state = 'queued', spec = $3::jsonb, cancel_requested = false, attempts = 0, message = null, fraction = null, started_at = null, finished_at = null
        where id = $1 and state = $2
        """,
        run, from, StoredJson.Of(spec));

    /// <summary>Removes a run that has ended, with its scores, queries and tasks; its reports stay. False if it is there no more, or somebody works on it.</summary>
    public Task<bool> Delete(Guid run) => Change(
        run,
        RunSignal.State,
        """
        delete from runs where id = $1 and state in ('finished','cancelled','failed')
            and not exists (select 1 from added_queries where run_id = $1 and state in ('queued','running'))
            and not exists (select 1 from tasks where run_id = $1 and state in ('queued','running'))
        """,
        run);

    /// <summary>Queues the answered queries of a run again; returns their indices.</summary>
    public async Task<IReadOnlyList<int>> ReopenQueries(Guid run)
    {
        await using var command = source.CreateCommand("update added_queries set state = 'queued', message = null, fraction = null where run_id = $1 and state = 'finished' returning query");
        command.Parameters.Add(new() { Value = run });
        await using var reader = await command.ExecuteReaderAsync();
        var queries = new List<int>();
        while (await reader.ReadAsync())
        {
            queries.Add(reader.GetInt32(0));
        }

        return queries;
    }

    /// <summary>Stores what preparing found, creates the chains that are not there, and passes the run to sampling.</summary>
    public Task<bool> Prepared(Guid run, string record, string trainItems, string queryItems, int chains, int draws) => Change(
        run,
        RunSignal.State,
        """
        with prepared as (
            update runs set state = 'sampling', record = $2::jsonb, train_items = $3::jsonb, query_items = $4::jsonb, message = null, fraction = null
            where id = $1 and state = 'preparing' returning id)
        insert into chains (run_id, chain, state, draws, total_draws, loss, draws_per_second, losses, attempts, updated_at)
        select id, chain, 'queued', 0, $6, 'NaN', 0, '', 0, now() from prepared, generate_series(0, $5 - 1) chain
        on conflict (run_id, chain) do update set total_draws = excluded.total_draws
        """,
        run, StoredJson.Of(record), StoredJson.Of(trainItems), StoredJson.Of(queryItems), chains, draws);

    /// <summary>
    /// Gives a chain to a firing, which alone may write from then on: one that waits, one whose owner gave no sign of life for
    /// <see cref="SilenceSeconds"/>, or its own again. Returns how many firings took it, or null if it was not given.
    /// </summary>
    public async Task<int?> Claim(Guid run, int chain, string owner)
    {
        await using var command = source.CreateCommand(
            """
            update chains set owner = $3, attempts = attempts + (owner is distinct from $3)::int, state = 'running', draws_per_second = 0, updated_at = now()
            where run_id = $1 and chain = $2
              and (state = 'queued' or (state = 'running' and (owner = $3 or updated_at < now() - make_interval(secs => $4))))
              and exists (select 1 from runs where id = $1 and state = 'sampling')
            returning attempts
            """);
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = chain }, new() { Value = owner }, new() { Value = SilenceSeconds } });
        return (int?)await command.ExecuteScalarAsync();
    }

    /// <summary>The last sign of life of a chain's owner, or null if nobody holds it.</summary>
    public async Task<DateTime?> LastSign(Guid run, int chain)
    {
        await using var command = source.CreateCommand("select updated_at from chains where run_id = $1 and chain = $2 and state = 'running'");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = chain } });
        return (DateTime?)await command.ExecuteScalarAsync();
    }

    /// <summary>Gives a sign of life; false if the chain is no longer the firing's, which must then stop.</summary>
    public async Task<bool> Sign(Guid run, int chain, string owner)
    {
        await using var command = source.CreateCommand("update chains set updated_at = now() where run_id = $1 and chain = $2 and owner = $3 and state = 'running'");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = chain }, new() { Value = owner } });
        return await command.ExecuteNonQueryAsync() == 1;
    }

    /// <summary>
    /// Appends the mean losses of draws from <paramref name="firstDraw"/> on; false if the chain is no longer the firing's,
    /// which must then stop.
    /// </summary>
    public Task<bool> Advance(Guid run, int chain, string owner, int firstDraw, ReadOnlySpan<float> losses, double drawsPerSecond) => Change(
        run,
        RunSignal.Progress,
        """
        update chains set losses = substring(losses from 1 for $4 * 4) || $5, draws = $4 + octet_length($5) / 4, loss = $6,
            draws_per_second = $7, updated_at = now()
        where run_id = $1 and chain = $2 and owner = $3 and state = 'running'
        """,
        run, chain, owner, firstDraw, MemoryMarshal.AsBytes(losses).ToArray(), losses.Length > 0 ? (double)losses[^1] : double.NaN, drawsPerSecond);

    /// <summary>Ends a firing's work on a chain.</summary>
    public Task<bool> End(Guid run, int chain, string owner, string state) => Change(
        run,
        RunSignal.State,
        "update chains set state = $4, draws_per_second = 0, updated_at = now() where run_id = $1 and chain = $2 and owner = $3 and state = 'running'",
        run, chain, owner, state);

    /// <summary>Takes the turn to compute provisional scores if nobody did within some seconds.</summary>
    public async Task<bool> ClaimProvisional(Guid run, double seconds)
    {
        await using var command = source.CreateCommand(
            "update runs set scored_at = now() where id = $1 and state = 'sampling' and (scored_at is null or scored_at < now() - make_interval(secs => $2))");
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = run }, new() { Value = seconds } });
        return await command.ExecuteNonQueryAsync() == 1;
    }

    /// <summary>Stores what a finished run found about its items, and passes it to its end.</summary>
    /// <param name="run">The run.</param>
    /// <param name="record">The engine's record.</param>
    /// <param name="itemVariance">Variance of each training item's loss, nats²; empty if there are no scores.</param>
    /// <param name="itemLoss">Loss of each training item at the checkpoint, nats.</param>
    public Task<bool> Finish(Guid run, string record, float[] itemVariance, float[] itemLoss) => Change(
        run,
        RunSignal.State,
        """
        update runs set state = 'finished', record = $2::jsonb, item_variance = $3, item_loss = $4, finished_at = now(), message = null, fraction = null
        where id = $1 and state = 'estimating'
        """,
        run, StoredJson.Of(record), Floats.ToBytes(itemVariance), Floats.ToBytes(itemLoss));

    /// <summary>Adds a query to a finished run under the next free index; null if the run is not finished.</summary>
    /// <param name="query">The query; its index is set.</param>
    /// <param name="own">Number of the run's own queries.</param>
    public async Task<int?> AddQuery(AddedQuery query, int own)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("select 1 from runs where id = $1 and state = 'finished' for update", connection, transaction) { Parameters = { new() { Value = query.RunId } } })
        {
            if (await hold.ExecuteScalarAsync() is null)
            {
                return null;
            }
        }

        await using var insert = new NpgsqlCommand(
            """
            insert into added_queries (run_id, query, state, source, label, description, data_path, png, created_at)
            select $1, coalesce(max(query) + 1, $2), 'queued', $3, $4, $5, $6, $7, now() from added_queries where run_id = $1
            returning query
            """,
            connection, transaction)
        {
            Parameters =
            {
                new() { Value = query.RunId },
                new() { Value = own },
                new() { Value = query.Source },
                new() { Value = (object?)query.Label ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Integer },
                new() { Value = query.Description },
                new() { Value = query.DataPath },
                new() { Value = (object?)query.Png ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea },
            },
        };
        query.Query = (int)(await insert.ExecuteScalarAsync())!;
        await RunSignal.Send(connection, new RunSignal(query.RunId, RunSignal.Ranking));
        await transaction.CommitAsync();
        return query.Query;
    }

    /// <summary>
    /// Moves an added query on: its state, what is said about it, how it was answered. False if it has ended, or is to go on
    /// although a person asked to stop it.
    /// </summary>
    public Task<bool> MoveQuery(Guid run, int query, string state, string? message = null, double? fraction = null, string? way = null, double? seconds = null) => Change(
        run,
        RunSignal.Ranking,
        """
        update added_queries set state = $3, message = $4, fraction = $5, way = coalesce($6, way), seconds = coalesce($7, seconds)
        where run_id = $1 and query = $2 and state in ('queued','running') and not (cancel_requested and $3 = 'running')
        """,
        run, query, state, message, fraction, way, seconds);

    /// <summary>Stops an added query: one that waits at once, one that is being answered at its next report. False if it has ended.</summary>
    public Task<bool> CancelQuery(Guid run, int query) => Change(
        run,
        RunSignal.Ranking,
        """
        update added_queries set cancel_requested = true, state = case when state = 'queued' then 'cancelled' else state end
        where run_id = $1 and query = $2 and state in ('queued','running')
        """,
        run, query);

    private async Task<bool> Change(Guid run, string kind, string sql, params object?[] values)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        foreach (var value in values)
        {
            command.Parameters.Add(value switch
            {
                null => new NpgsqlParameter { Value = DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Unknown },
                _ => new NpgsqlParameter { Value = value },
            });
        }

        var changed = await command.ExecuteNonQueryAsync() > 0;
        if (changed)
        {
            await RunSignal.Send(connection, new RunSignal(run, kind));
        }

        await transaction.CommitAsync();
        return changed;
    }
}
