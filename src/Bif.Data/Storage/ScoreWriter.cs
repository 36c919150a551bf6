using Npgsql;
using NpgsqlTypes;

namespace Bif.Data.Storage;

/// <summary>The four score vectors of a query over the training items.</summary>
/// <param name="Correlation">Posterior correlations; positive is helpful.</param>
/// <param name="CorrelationError">Their standard errors.</param>
/// <param name="Bif">Minus covariances, nats²; negative is helpful.</param>
/// <param name="BifError">Their standard errors.</param>
public sealed record ScoreVectors(float[] Correlation, float[] CorrelationError, float[] Bif, float[] BifError);

/// <summary>Stores the scores of a run by binary COPY.</summary>
public static class ScoreWriter
{
    private const string Copy = "copy scores (run_id, query, draws, correlation, correlation_error, bif, bif_error) from stdin (format binary)";

    /// <summary>
    /// Replaces the scores of a run by others that rest on more draws (or, if final, on any number) and announces it; readers see all old
    /// or all new ones. Scores that are already newer stay.
    /// </summary>
    /// <param name="source">The database.</param>
    /// <param name="run">The run.</param>
    /// <param name="draws">Draws over all chains behind the scores.</param>
    /// <param name="noiseFloor">What chance alone reaches, or null where it cannot be told.</param>
    /// <param name="isFinal">Whether these are the run's last.</param>
    /// <param name="queries">The vectors, by query.</param>
    /// <param name="cancellation">Rolls back.</param>
    /// <returns>Whether they were stored.</returns>
    public static async Task<bool> Replace(
        NpgsqlDataSource source, Guid run, int draws, double? noiseFloor, bool isFinal, IEnumerable<ScoreVectors> queries, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var claim = new NpgsqlCommand(
            "update runs set score_draws = $2, noise_floor = $3, scored_at = now() where id = $1 and ($4 or score_draws < $2)", connection, transaction)
        {
            Parameters =
            {
                new() { Value = run },
                new() { Value = draws },
                new() { Value = noiseFloor is { } floor && double.IsFinite(floor) ? floor : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Double },
                new() { Value = isFinal },
            },
        })
        {
            if (await claim.ExecuteNonQueryAsync(cancellation) == 0)
            {
                return false;
            }
        }

        await using (var delete = new NpgsqlCommand("delete from scores where run_id = $1 and query not in (select query from added_queries where run_id = $1)", connection, transaction) { Parameters = { new() { Value = run } } })
        {
            await delete.ExecuteNonQueryAsync(cancellation);
        }

        await using (var writer = await connection.BeginBinaryImportAsync(
            Copy, cancellation))
        {
            var query = 0;
            foreach (var vectors in queries)
            {
                await Write(writer, run, query++, draws, vectors, cancellation);
            }

            await writer.CompleteAsync(cancellation);
        }

        await RunSignal.Send(connection, new RunSignal(run, RunSignal.Ranking), cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Stores the scores of one added query, in place of earlier ones, and announces it.</summary>
    public static async Task Put(NpgsqlDataSource source, Guid run, int query, int draws, ScoreVectors vectors, CancellationToken cancellation)
    {
        await using var connection = await source.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await using (var delete = new NpgsqlCommand("delete from scores where run_id = $1 and query = $2", connection, transaction)
        {
            Parameters = { new() { Value = run }, new() { Value = query } },
        })
        {
            await delete.ExecuteNonQueryAsync(cancellation);
        }

        await using (var writer = await connection.BeginBinaryImportAsync(Copy, cancellation))
        {
            await Write(writer, run, query, draws, vectors, cancellation);
            await writer.CompleteAsync(cancellation);
        }

        await RunSignal.Send(connection, new RunSignal(run, RunSignal.Ranking), cancellation);
        await transaction.CommitAsync(cancellation);
    }

    private static async Task Write(NpgsqlBinaryImporter writer, Guid run, int query, int draws, ScoreVectors vectors, CancellationToken cancellation)
    {
        await writer.StartRowAsync(cancellation);
        await writer.WriteAsync(run, NpgsqlDbType.Uuid, cancellation);
        await writer.WriteAsync(query, NpgsqlDbType.Integer, cancellation);
        await writer.WriteAsync(draws, NpgsqlDbType.Integer, cancellation);
        foreach (var vector in new[] { vectors.Correlation, vectors.CorrelationError, vectors.Bif, vectors.BifError })
        {
            await writer.WriteAsync(Floats.ToBytes(vector), NpgsqlDbType.Bytea, cancellation);
        }
    }
}
