using Bif.Data.Storage;
using Microsoft.AspNetCore.SignalR;

namespace Bif.Web.Live;

/// <summary>What clients of the hub receive.</summary>
public interface IRunsClient
{
    /// <summary>The run moved on; at most five times a second.</summary>
    Task Progress(RunStatus run);

    /// <summary>The run or one of its chains passed into another state.</summary>
    Task State(RunStatus run);

    /// <summary>New scores are stored.</summary>
    Task Ranking(Guid run, int draws);
}

/// <summary>The hub at /hubs/runs: a client joins the runs that it watches.</summary>
public sealed class RunsHub(RunReader reader) : Hub<IRunsClient>
{
    /// <summary>Starts watching a run; returns it as it is now, or null if there is none.</summary>
    public async Task<RunStatus?> Join(Guid run)
    {
        await Groups.AddToGroupAsync(Context.ConnectionId, GroupOf(run), Context.ConnectionAborted);
        return await reader.Find(run, Context.ConnectionAborted);
    }

    /// <summary>Stops watching a run.</summary>
    public Task Leave(Guid run) => Groups.RemoveFromGroupAsync(Context.ConnectionId, GroupOf(run), Context.ConnectionAborted);

    internal static string GroupOf(Guid run) => $"run:{run:N}";
}
