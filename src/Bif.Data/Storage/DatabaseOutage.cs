using Npgsql;

namespace Bif.Data.Storage;

/// <summary>Tells a database that is away, and will be back, from one that refused what it was asked.</summary>
public static class DatabaseOutage
{
    // Classes of SQLSTATE: connection lost, no room or connections left, shutting down or starting up.
    private static readonly string[] Classes = ["08", "53", "57P"];

    /// <summary>Whether an exception, or the one that it wraps, comes from a database that does not answer for now.</summary>
    public static bool Is(Exception? error) => error switch
    {
        null => false,
        PostgresException refused => Classes.Any(each => refused.SqlState.StartsWith(each, StringComparison.Ordinal)),
        NpgsqlException => true,
        _ => Is(error.InnerException),
    };
}
