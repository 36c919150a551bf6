using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Heatmaps of texts in reports.</summary>
[DbContext(typeof(BifContext)), Migration("0002_report_texts")]
public sealed class ReportTexts : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0002_report_texts"));
}
