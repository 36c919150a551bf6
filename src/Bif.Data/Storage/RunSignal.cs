using System.Text.Json;
using Npgsql;

namespace Bif.Data.Storage;

/// <summary>Tells listeners that something about a run changed; they read the rest from its rows.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Kind"><see cref="Progress"/>, <see cref="State"/>, <see cref="Ranking"/> or <see cref="Task"/>.</param>
public sealed record RunSignal(Guid RunId, string Kind)
{
    /// <summary>PostgreSQL's notification channel.</summary>
    public const string Channel = "bif_run";

    /// <summary>Draws were recorded or a message changed.</summary>
    public const string Progress = "progress";

    /// <summary>The run or a chain passed into another state.</summary>
    public const string State = "state";

    /// <summary>New scores are stored.</summary>
    public const string Ranking = "ranking";

    /// <summary>A task on the run moved, or its results are stored.</summary>
    public const string Task = "task";

    /// <summary>Sends; inside a transaction it goes out at commit.</summary>
    public static async System.Threading.Tasks.Task Send(NpgsqlConnection connection, RunSignal signal, CancellationToken cancellation = default)
    {
        await using var command = new NpgsqlCommand("select pg_notify($1, $2)", connection)
        {
            Parameters = { new() { Value = Channel }, new() { Value = JsonSerializer.Serialize(signal) } },
        };
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Reads a notification's text; null if it is none of ours.</summary>
    public static RunSignal? Parse(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize<RunSignal>(payload);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
