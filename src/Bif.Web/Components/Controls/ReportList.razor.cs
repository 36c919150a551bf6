using Bif.Web.Reports;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>The reports that were taken of a run; their links are told once and stored nowhere.</summary>
public sealed partial class ReportList
{
    private IReadOnlyList<ReportEntry>? _reports;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    [Inject]
    private ReportDesk Desk { get; set; } = null!;

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync() => _reports = await Desk.Of(Run, default);

    private static string StateOf(ReportEntry report) => report.RevokedAt is not null ? "revoked"
        : report.ExpiresAt is not { } end ? "works until revoked"
        : end < DateTime.UtcNow ? "expired" : $"works until {end:yyyy-MM-dd}";

    private async Task Revoke(Guid report)
    {
        await Desk.Revoke(report, default);
        _reports = await Desk.Of(Run, default);
    }
}
