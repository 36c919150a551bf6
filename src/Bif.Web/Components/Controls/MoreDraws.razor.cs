using Bif.Engine;
using Bif.Engine.Runs;
using Bif.Web.Jobs;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Controls;

/// <summary>Adds draws to a finished run: what it has stays, and scores become those of one long run.</summary>
public sealed partial class MoreDraws
{
    private int _draws;
    private string? _error;
    private bool _isBusy;

    /// <summary>The run.</summary>
    [Parameter, EditorRequired]
    public Guid Run { get; set; }

    /// <summary>Its record.</summary>
    [Parameter, EditorRequired]
    public required RunRecord Record { get; set; }

    [Inject]
    private RunDesk Desk { get; set; } = null!;

    private string Offer
    {
        get
        {
            var more = (_draws - Record.Settings.Draws) * (double)Record.Settings.Chains;
            var time = more > 0 && Record.Timings is { DrawsPerSecond: > 0 } timings ? $" At the rate so far: {Wording.About(more / timings.DrawsPerSecond)}." : "";
            var wanted = Record.Outlook is { IsReached: false, DrawsPerChain: { } draws } outlook ? $" Reliability {outlook.Wanted:F1} would take about {draws:N0}." : "";
            return $"The run has {Record.Settings.Draws:N0} draws per chain, which stay.{wanted}{time}";
        }
    }

    /// <inheritdoc/>
    protected override void OnInitialized() => _draws = Record.Outlook is { IsReached: false, DrawsPerChain: { } draws } ? Math.Min(draws, 4 * Record.Settings.Draws) : 2 * Record.Settings.Draws;

    private async Task Add()
    {
        (_isBusy, _error) = (true, null);
        try
        {
            await Desk.AddDraws(Run, _draws, default);
        }
        catch (InputException error)
        {
            _error = error.Message;
        }
        finally
        {
            _isBusy = false;
        }
    }
}
