using Bif.Engine.Runs;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Runs;

public sealed class LeakTests
{
    [Theory]
    [InlineData("sgld", null)]
    [InlineData("baoab", "kfac")]
    [InlineData("baoab", "lowrank")]
    [InlineData("laplace", "diagonal")]
    public void A_whole_run_leaves_no_tensor_behind_whatever_its_length(string sampler, string? preconditioner)
    {
        using var problem = TestProblem.Random(1);
        var spec = problem.Spec() with
        {
            Sampler = sampler, Preconditioner = preconditioner, Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 0, Chains = 2, BurnIn = 5, Thin = 1,
        };
        long Left(string name, int draws)
        {
            var before = Settled();
            AttributionRun.Execute(spec with { Draws = draws }, problem.At(name), false, null, default);
            return Settled() - before;
        }

        Assert.Equal(0, Left("short", 10));
        Assert.Equal(0, Left("long", 400));
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return Tensor.TotalCount;
    }
}
