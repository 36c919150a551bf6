using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Runs;

/// <summary>Who may have passes in lower precision.</summary>
public sealed class PrecisionTests
{
    [Theory]
    [InlineData("tf32", "--precision tf32 is for GPUs")]
    [InlineData("bfloat16", "--precision bfloat16 is for language models")]
    [InlineData("float8", "--precision float8 is not known")]
    public void A_precision_that_does_nothing_here_is_refused(string precision, string sentence)
    {
        using var problem = TestProblem.Random(1);
        var spec = problem.Spec() with { Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Draws = 10, Precision = precision };
        Assert.Contains(sentence, Assert.Throws<InputException>(() => problem.Run("run", spec)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(problem.At("run"), "run.json")));
    }

    [Fact]
    public void A_float32_run_forbids_TF32_which_libtorch_allows_for_convolutions()
    {
        using var problem = TestProblem.Random(1);
        backends.cudnn.allow_tf32 = true;
        problem.Run("run", problem.Spec() with { Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Draws = 10 });
        Assert.False(backends.cudnn.allow_tf32);
        Assert.False(backends.cuda.matmul.allow_tf32);
    }
}
