using Bif.Data.Storage;
using Bif.Web.Jobs;
using Bif.Web.Live;
using Bif.Web.Tasks;
using Microsoft.AspNetCore.Components;

namespace Bif.Web.Components.Pages;

/// <summary>What waits, runs and failed, and who works.</summary>
public sealed partial class JobsPage : IDisposable
{
    private const int MostRuns = 100;
    private IReadOnlyList<RunStatus>? _runs;
    private IReadOnlyList<WorkerEntry>? _workers;
    private IReadOnlyList<(string RunName, RunTaskStatus Task)> _tasks = [];
    private DateTime _read;
    private PeriodicTimer? _clock;

    [Inject]
    private RunReader Reader { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private WorkerList Workers { get; set; } = null!;

    [Inject]
    private TaskLibrary Tasks { get; set; } = null!;

    [Inject]
    private TaskDesk Desk { get; set; } = null!;

    [Inject]
    private RunEvents Events { get; set; } = null!;

    /// <inheritdoc/>
    public void Dispose()
    {
        Events.Changed -= OnChanged;
        _clock?.Dispose();
    }

    /// <inheritdoc/>
    protected override async Task OnInitializedAsync()
    {
        Events.Follow(RendererInfo, OnChanged);
        await Read();
    }

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _clock = new(TimeSpan.FromSeconds(5));
            _ = Watch(_clock);
        }
    }

    // A worker that is lost says nothing.
    private async Task Watch(PeriodicTimer clock)
    {
        while (await clock.WaitForNextTickAsync())
        {
            try
            {
                await InvokeAsync(async () =>
                {
                    await Read();
                    StateHasChanged();
                });
            }
            catch (Exception error) when (DatabaseOutage.Is(error))
            {
                // The next time.
            }
        }
    }

    private async Task Read()
    {
        _read = DateTime.UtcNow;
        _runs = await Reader.Recent(MostRuns);
        _tasks = await Tasks.Recent(MostRuns);
        _workers = await Workers.Read(default);
    }

    private void OnChanged(RunChange change) => _ = InvokeAsync(async () =>
    {
        // Progress once a second is enough here.
        if (change.Kinds.Contains(RunSignal.State) || change.Run is null || (DateTime.UtcNow - _read).TotalSeconds > 1)
        {
            await Read();
            StateHasChanged();
        }
    });
}
