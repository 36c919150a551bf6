namespace Bif.Data.Entities;

/// <summary>The scores between the texts that a report shows.</summary>
public sealed class ReportHeat
{
    /// <summary>The report.</summary>
    public Guid ReportId { get; set; }

    /// <summary>Correlations and errors of every unit of the query with every unit of the shown passages, as the report's page reads them.</summary>
    public required byte[] Shades { get; set; }
}
