using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Runs, chains, scores, added queries, reports.</summary>
[DbContext(typeof(BifContext)), Migration("0001_runs")]
public sealed class InitialSchema : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0001_runs"));
}
