using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Work on finished runs, and the scores of comparison methods.</summary>
[DbContext(typeof(BifContext)), Migration("0003_tasks")]
public sealed class Tasks : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0003_tasks"));
}
