using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

/// <summary>The default generator belongs to the process, so these tests run alone.</summary>
[Collection("alone")]
public sealed class GeneratorTests
{
    // PyTorch's documented stream of seed 0 on the CPU: torch.manual_seed(0); torch.rand(3).
    private static readonly float[] SeedZero = [0.49625659f, 0.76822180f, 0.08847743f];

    [Fact]
    public void A_seed_starts_PyTorchs_own_stream()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        Assert.Equal(SeedZero, rand(3).data<float>().ToArray());
        Assert.Equal(0, random.initial_seed());
    }

    [Fact]
    public void A_generator_of_its_own_leaves_the_default_stream_alone()
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        using var own = new Generator(7);
        _ = rand(100, generator: own);
        _ = new[] { normal(0, 1, [5], generator: own), randperm(5, generator: own), ones(5).bernoulli_(generator: own) };
        Assert.Equal(SeedZero, rand(3).data<float>().ToArray());
        Assert.Equal(7, own.initial_seed());
    }

    [Fact]
    public void A_state_continues_its_stream()
    {
        using var scope = NewDisposeScope();
        using var own = new Generator().manual_seed(3);
        var state = own.get_state();
        var first = randn(4, generator: own);
        own.set_state(state);
        Assert.True(first.Equals(randn(4, generator: own)));
        var shared = random.get_rng_state();
        var second = randn(4);
        random.set_rng_state(shared);
        Assert.True(second.Equals(randn(4)));
    }
}
