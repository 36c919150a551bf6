using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Bif.Data.Migrations;

/// <summary>Classes of training items in reports.</summary>
[DbContext(typeof(BifContext)), Migration("0006_report_labels")]
public sealed class ReportLabels : Migration
{
    /// <inheritdoc/>
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(Scripts.Read("0006_report_labels"));
}
