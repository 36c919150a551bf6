using Bif.Engine.Sampling;
using Xunit;

namespace Bif.Engine.Tests.Runs;

public sealed class ExecutionPlanTests
{
    [Theory]
    [InlineData(4, 2, true, 100_000, 2)]
    [InlineData(4, 16, true, 100_000, 4)]
    [InlineData(4, 16, false, 100_000, 4)]
    [InlineData(4, 16, false, 3_000_000, 1)]

    // The vectors of a large model's chains are most of a run's memory.
    [InlineData(4, 2, true, 3_000_000, 1)]
    [InlineData(4, 8, true, 3_000_000, 2)]
    [InlineData(2, 64, true, 3_000_000, 2)]
    public void Chains_of_a_large_model_share_the_cores_by_their_operators(int chains, int threads, bool onCpu, long parameters, int expected)
        => Assert.Equal(expected, ExecutionPlan.ChainsAtATime(chains, threads, onCpu, parameters));
}
