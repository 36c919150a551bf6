using Bif.Data.Entities;
using Bif.Data.Storage;
using Xunit;

namespace Bif.Data.Tests;

public sealed class RunStatusTests
{
    [Fact]
    public void The_time_left_counts_the_chains_that_wait_for_a_place()
    {
        Assert.Equal(150, Of(Running(50, 1), Running(50, 1), Waiting(), Waiting()).SecondsLeft);
        Assert.Equal(150, Of(Running(50, 1), Running(50, 1), Waiting()).SecondsLeft);
        Assert.Equal(60, Of(Running(60, 2), Running(20, 2)).SecondsLeft);
        Assert.Equal(50, Of(Running(50, 1), Ended()).SecondsLeft);
        Assert.Null(Of(Waiting(), Waiting()).SecondsLeft);
        Assert.Null(Of(Running(50, 1), new ChainStatus(1, ChainState.Running, 0, 100, null, 0, null, default)).SecondsLeft);
    }

    private static ChainStatus Running(double left, double rate) => new(0, ChainState.Running, 100 - (int)(left * rate), 100, null, rate, left, default);

    private static ChainStatus Waiting() => new(0, ChainState.Queued, 0, 100, null, 0, null, default);

    private static ChainStatus Ended() => new(0, ChainState.Completed, 100, 100, null, 0, null, default);

    private static RunStatus Of(params ChainStatus[] chains)
        => new(Guid.Empty, "a run", false, RunState.Sampling, false, null, null, null, default, null, null, 0, null, null, chains, null);
}
