using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Work that takes the noise out of scores of tokens.</summary>
[DbContext(typeof(BifContext)), Migration("0004_responses")]
public sealed class Responses : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0004_responses"));
}
