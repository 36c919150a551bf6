using Bif.Engine.Runs;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Runs;

/// <summary>Passes in lower precision: who may have them, and what they cost.</summary>
public sealed class PrecisionTests
{
    [Theory]
    [InlineData("tf32", "--precision tf32 is for GPUs")]
    [InlineData("float8", "--precision float8 is not known")]
    public void A_precision_that_does_nothing_here_is_refused(string precision, string sentence)
    {
        using var problem = TestProblem.Random(1);
        Assert.Contains(sentence, Assert.Throws<InputException>(() => problem.Run("run", Spec(problem, 40, precision))).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(problem.At("run"), "run.json")));
    }

    [SharedDataFact("torchscript-mnist", "mnist")]
    public void Bfloat16_is_refused_for_a_module_that_makes_its_own_layers()
    {
        using var folder = new TemporaryFolder();
        var mnist = SharedData.At("mnist");
        var spec = new RunSpec
        {
            Model = SharedData.At("torchscript-mnist"), Data = mnist + "@train[0:10]", Queries = mnist + "@test[0:2]", Precision = "bfloat16",
        };
        Assert.Contains("TorchScript", Assert.Throws<InputException>(() => AttributionRun.Execute(spec, folder.At("run"), resume: false, null, CancellationToken.None)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_float32_run_forbids_TF32_which_libtorch_allows_for_convolutions()
    {
        using var problem = TestProblem.Random(1);
        backends.cudnn.allow_tf32 = true;
        problem.Run("run", Spec(problem, 40, "float32"));
        Assert.False(backends.cudnn.allow_tf32);
        Assert.False(backends.cuda.matmul.allow_tf32);
        Assert.Null(RunDirectory.Open(problem.At("run")).ReadRecord().Rounding);
    }

    // bfloat16 has 8 significant bits: weights that move by far less than 1/256 of themselves stand still in it.
    [Theory]
    [InlineData(4, 0.001, 0.1, false)]
    [InlineData(4e6, 0.3, double.MaxValue, true)]
    public void What_rounding_does_to_the_draws_is_measured_and_warned_of_where_it_swamps_them(double nbeta, double least, double most, bool warned)
    {
        using var problem = TestProblem.Random(1);
        problem.Run("run", Spec(problem, nbeta, "bfloat16"));
        var record = RunDirectory.Open(problem.At("run")).ReadRecord();
        Assert.InRange(record.Rounding!.Deviations, least, most);
        Assert.InRange(record.Rounding.Losses, 1e-6, 0.1);
        Assert.Equal(warned, record.Warnings.Any(line => line.Contains("bfloat16 passes round", StringComparison.Ordinal)));
    }

    private static RunSpec Spec(TestProblem problem, double nbeta, string precision)
        => problem.Spec() with { Epsilon = 0.1 / nbeta, Nbeta = nbeta, Gamma = nbeta / 8, Draws = 20, Precision = precision };
}
