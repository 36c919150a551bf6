using Microsoft.EntityFrameworkCore;

namespace Bif.Data.Migrations;

/// <summary>Brings a database to the schema of this version.</summary>
public static class Schema
{
    // Any number that no other program on the database uses.
    private const long Lock = 0x42_49_46_53;

    /// <summary>
    /// Applies what is pending, one host after the other: between two migrations Entity Framework lets go of its own lock, and
    /// a second host would then apply the later one again.
    /// </summary>
    /// <param name="context">The database.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task Update(BifContext context, CancellationToken cancellation = default)
    {
        await context.Database.OpenConnectionAsync(cancellation);
        try
        {
            await context.Database.ExecuteSqlAsync($"select pg_advisory_lock({Lock})", cancellation);
            await context.Database.MigrateAsync(cancellation);
        }
        finally
        {
            await context.Database.ExecuteSqlAsync($"select pg_advisory_unlock({Lock})", CancellationToken.None);
            await context.Database.CloseConnectionAsync();
        }
    }
}
