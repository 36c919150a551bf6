using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Queries of finished runs that a person stops.</summary>
[DbContext(typeof(BifContext)), Migration("0005_cancelled_queries")]
public sealed class CancelledQueries : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0005_cancelled_queries"));
}
