using Bif.Engine.Arrays;
using Bif.Engine.Runs;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Queries that are added to a finished run.</summary>
public sealed class QueryAdditionTests
{
    private static RunSpec Settings(TestProblem problem, string sampler) => sampler == "laplace"
        ? problem.Spec() with { Sampler = sampler, Nbeta = 40, Gamma = 5, Chains = 2, Draws = 300, Seed = 4, Threads = 2 }
        : problem.Spec() with
        {
            Sampler = sampler, Epsilon = sampler == "baoab" ? 0.4 : 1e-3, Nbeta = 40, Gamma = 5, Batch = sampler == "sgld" ? 16 : 0,
            Chains = 2, Draws = 300, Thin = 2, BurnIn = 20, Seed = 4, Threads = 2,
        };

    [Theory]
    [InlineData("sgld", "replayed")]
    [InlineData("baoab", "replayed")]
    [InlineData("laplace", "regenerated")]
    public void Replayed_and_regenerated_queries_equal_those_asked_at_the_start_bit_for_bit(string sampler, string way)
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, sampler);
        var whole = problem.Run("whole", spec);
        problem.Run("part", spec with { Queries = spec.Queries + "[0:1]" });
        var added = QueryAddition.Execute(problem.At("part"), spec.Queries + "[1:4]", null, CancellationToken.None);
        Assert.Equal(way, added.Way);
        Assert.Equal(1, added.FirstQuery);
        Assert.Equal(3, added.Count);
        foreach (var name in new[] { "bif", "correlation", "correlation_se" })
        {
            var all = TestProblem.Scores(whole, name);
            Assert.Equal(all.Values[(int)all.Shape[1]..], TestProblem.Scores(added.Directory, name).Values);
        }

        Assert.Equal((added.Directory, 2), Found(problem.At("part"), 3));
        Assert.Contains("0 to 3", Assert.Throws<InputException>(() => Found(problem.At("part"), 4)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Draws_kept_in_float32_give_the_same_scores_without_a_gradient()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "baoab");
        var whole = problem.Run("whole", spec);
        problem.Run("part", spec with { Queries = spec.Queries + "[0:1]", KeepDraws = 1 << 20 });
        var added = QueryAddition.Execute(problem.At("part"), spec.Queries + "[1:4]", null, CancellationToken.None);
        Assert.Equal(("kept", 0.0), (added.Way, added.KeptError));
        AssertClose(TestProblem.Scores(whole, "correlation"), TestProblem.Scores(added.Directory, "correlation"), 1e-5);
    }

    [Fact]
    public void Draws_kept_in_float16_give_the_scores_within_the_stated_error_and_say_what_was_given_up()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "baoab");
        var whole = problem.Run("whole", spec);

        // 2 chains x 300 draws x 3 parameters: 7,200 bytes in float32, 3,600 in float16, 900 at one draw in four.
        problem.Run("half", spec with { KeepDraws = 4000 });
        problem.Run("thin", spec with { KeepDraws = 900 });
        var half = QueryAddition.Execute(problem.At("half"), spec.Queries + "[1:4]", null, CancellationToken.None);
        Assert.InRange(half.KeptError!.Value, 1e-9, 2e-3);
        AssertClose(TestProblem.Scores(whole, "correlation"), TestProblem.Scores(half.Directory, "correlation"), 5e-3);
        var kept = RunDirectory.Open(problem.At("thin")).ReadRecord().Kept!;
        Assert.Equal((4, "float16", 900L), (kept.Every, kept.Precision, kept.Bytes));
        var thin = QueryAddition.Execute(problem.At("thin"), spec.Queries + "[1:4]", null, CancellationToken.None);
        Assert.Equal(150, RunDirectory.Open(thin.Directory).ReadRecord().Diagnostics!.Value.GetProperty("draws").GetInt32());
        AssertClose(TestProblem.Scores(whole, "correlation"), TestProblem.Scores(thin.Directory, "correlation"), 0.45);
    }

    [Fact]
    public void Kept_draws_of_a_run_made_longer_are_those_of_one_long_run()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "baoab") with { KeepDraws = 1 << 20 };
        problem.Run("whole", spec);
        problem.Run("parts", spec with { Draws = 270 });
        problem.Run("parts", spec, resume: true);
        string[] Files(string run) => [.. Directory.EnumerateFiles(Path.Combine(problem.At(run), "draws"), "*.npy", SearchOption.AllDirectories).Order()];
        Assert.Equal(4, Files("whole").Length);
        Assert.Equal(Files("whole").Select(File.ReadAllBytes), Files("parts").Select(File.ReadAllBytes));
    }

    [Fact]
    public void Kept_draws_stay_within_their_budget_when_a_run_grows()
    {
        // 2 chains x 150 draws x 3 parameters take 3,600 bytes in float32; twice the draws as much in float16, four times one in two.
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "baoab") with { KeepDraws = 3600 };
        foreach (var (draws, every, precision) in new[] { (150, 1, "float32"), (300, 1, "float16"), (600, 2, "float16") })
        {
            problem.Run("grown", spec with { Draws = draws }, resume: draws > 150);
            var kept = RunDirectory.Open(problem.At("grown")).ReadRecord().Kept!;
            Assert.Equal((every, precision, 3600L), (kept.Every, kept.Precision, kept.Bytes));
            string[] files = [.. Directory.EnumerateFiles(Path.Combine(problem.At("grown"), "draws"), "*.npy", SearchOption.AllDirectories)];
            Assert.InRange(files.Sum(file => new FileInfo(file).Length), 3600, 3600 + (128 * files.Length));
        }

        // The same weights as of a run that asked for all draws at once.
        problem.Run("whole", spec with { Draws = 600 });
        string[] Files(string run) => [.. Directory.EnumerateFiles(Path.Combine(problem.At(run), "draws"), "*.npy", SearchOption.AllDirectories).Order()];
        Assert.Equal(Read("whole"), Read("grown"));
        float[] Read(string run) => [.. Files(run).SelectMany(file => NpyFile.Read<Half>(file).Values).Select(value => (float)value)];
        Assert.Equal("kept", QueryAddition.Execute(problem.At("grown"), spec.Queries + "[1:2]", null, CancellationToken.None).Way);
    }

    [Fact]
    public void Independent_draws_are_kept_whole_or_not_at_all_since_they_follow_from_the_seed()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "laplace");
        problem.Run("whole", spec with { KeepDraws = 7200 });
        Assert.True(RunDirectory.Open(problem.At("whole")).ReadRecord().Kept!.IsLossless);
        problem.Run("none", spec with { KeepDraws = 7000 });
        Assert.Null(RunDirectory.Open(problem.At("none")).ReadRecord().Kept);
        Assert.Equal("regenerated", QueryAddition.Execute(problem.At("none"), spec.Queries + "[1:2]", null, CancellationToken.None).Way);
    }

    [Fact]
    public void A_budget_that_holds_nothing_is_refused_unless_it_was_only_offered()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "baoab") with { KeepDraws = 8 };
        var message = Assert.Throws<InputException>(() => problem.Run("run", spec with { Draws = 5 })).Message;
        Assert.Contains("--keep-draws", message, StringComparison.Ordinal);

        // What the sentence says suffices: two draws of two chains.
        Assert.Contains("24 bytes", message, StringComparison.Ordinal);
        Assert.Equal((2, 24L), (Bif.Engine.Sampling.Kept.KeptDrawsPlan.Choose(24, 3, new("baoab", 1, 1, 1, 0, 2, 5, 0, 1, 0))!.Every, Bif.Engine.Sampling.Kept.KeptDrawsPlan.Choose(24, 3, new("baoab", 1, 1, 1, 0, 2, 5, 0, 1, 0))!.Bytes));
        problem.Run("run", spec with { KeepDrawsIfRoom = true });
        Assert.Null(RunDirectory.Open(problem.At("run")).ReadRecord().Kept);
        Assert.Equal("replayed", QueryAddition.Execute(problem.At("run"), spec.Queries + "[1:2]", null, CancellationToken.None).Way);
    }

    [Fact]
    public void Queries_are_numbered_among_those_that_are_there()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "sgld") with { Draws = 600, Queries = problem.Spec().Queries + "[0:1]" };
        problem.Run("run", spec);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.False(QueryAddition.Execute(problem.At("run"), problem.Spec().Queries + "[1:3]", null, stop.Token).Completed);
        var added = QueryAddition.Execute(problem.At("run"), problem.Spec().Queries + "[3:4]", null, CancellationToken.None);
        Assert.Equal(1, added.FirstQuery);
        Assert.Equal((added.Directory, 0), Found(problem.At("run"), added.FirstQuery));
    }

    [Fact]
    public void An_interrupted_addition_goes_on_and_a_repeated_one_does_nothing()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "sgld") with { Draws = 600 };
        problem.Run("run", spec with { Queries = spec.Queries + "[0:1]" });
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.False(QueryAddition.Execute(problem.At("run"), spec.Queries + "[1:4]", null, stop.Token).Completed);
        Assert.Throws<InputException>(() => Found(problem.At("run"), 1));
        var added = QueryAddition.Execute(problem.At("run"), spec.Queries + "[1:4]", null, CancellationToken.None);
        Assert.True(added.Completed);
        var whole = problem.Run("whole", spec);
        var all = TestProblem.Scores(whole, "bif");
        Assert.Equal(all.Values[(int)all.Shape[1]..], TestProblem.Scores(added.Directory, "bif").Values);
        var written = File.GetLastWriteTimeUtc(Path.Combine(added.Directory, "run.json"));
        Assert.Equal(added.Directory, QueryAddition.Execute(problem.At("run"), spec.Queries + "[1:4]", null, CancellationToken.None).Directory);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(added.Directory, "run.json")));
    }

    [Fact]
    public void A_checkpoint_that_changed_is_refused_and_the_run_stays_as_it_was()
    {
        using var problem = TestProblem.Random(3);
        var spec = Settings(problem, "sgld");
        problem.Run("run", spec);
        Bif.Engine.Checkpoints.SafetensorsFile.Write(
            Path.Combine(problem.Model, "model.safetensors"), [("weight", [1, 3], new float[] { 1, 2, 3 })]);
        var error = Assert.Throws<InputException>(() => QueryAddition.Execute(problem.At("run"), spec.Queries + "[1:2]", null, CancellationToken.None));
        Assert.Contains("hash differs", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(problem.At("run"), "queries")));
    }

    private static (string Folder, int Index) Found(string run, int query)
        => RunQueries.Find(RunDirectory.Open(run), query) is var (folder, index) ? (folder.Root, index) : default;

    // Rows 1 to 3 of the whole against the addition.
    private static void AssertClose(NpyArray<float> whole, NpyArray<float> added, double tolerance)
    {
        var expected = whole.Values[(int)whole.Shape[1]..];
        for (var index = 0; index < expected.Length; index++)
        {
            Assert.InRange(Math.Abs(expected[index] - added.Values[index]), 0, tolerance);
        }
    }
}
