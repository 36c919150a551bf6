using System.Text.Json.Nodes;
using Bif.Engine.Runs;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Runs;

/// <summary>Runs that lost files, that were edited, or that had nowhere to go.</summary>
public sealed class DamagedRunTests : IDisposable
{
    private readonly TestProblem _problem = TestProblem.Random(3, 20);
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _problem.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_finished_run_that_lost_its_scores_makes_them_again_with_resume()
    {
        Execute("run");
        var before = File.ReadAllBytes(_folder.At("run/scores/bif.npy"));
        Directory.Delete(_folder.At("run/scores"), recursive: true);
        Assert.Contains("--resume", Assert.Throws<InputException>(() => Execute("run")).Message, StringComparison.Ordinal);
        Execute("run", resume: true);
        Assert.Equal(before, File.ReadAllBytes(_folder.At("run/scores/bif.npy")));
    }

    [Fact]
    public void A_run_without_scores_says_how_to_get_them()
    {
        Execute("run");
        Directory.Delete(_folder.At("run/scores"), recursive: true);
        var run = RunDirectory.Open(_folder.At("run"));
        Assert.Contains("no scores yet", Assert.Throws<InputException>(() => run.RequireScores(run.ReadRecord())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("queries")]
    [InlineData("spec")]
    [InlineData("settings")]
    public void A_record_with_a_hole_is_no_record(string field)
    {
        Execute("run");
        var record = JsonNode.Parse(File.ReadAllText(_folder.At("run/run.json")))!;
        record[field] = null;
        File.WriteAllText(_folder.At("run/run.json"), record.ToJsonString());
        Assert.Contains("not a run record", Assert.Throws<InputException>(() => RunDirectory.Open(_folder.At("run")).ReadRecord()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("""{"first_index":0,"targets":[1]}""")]
    [InlineData("{")]
    public void An_item_table_that_does_not_fit_is_refused(string table)
    {
        File.WriteAllText(_folder.At("train.json"), table);
        Assert.Throws<InputException>(() => ItemTable.Read(_folder.At("train.json"), 20));
    }

    [Fact]
    public void A_run_never_starts_where_it_could_not_end()
    {
        File.WriteAllText(_folder.At("file"), "mine");
        Assert.Contains("is a file", Assert.Throws<InputException>(() => Execute("file")).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => Execute("file/below"));
        Assert.Contains("GiB free", Assert.Throws<InputException>(() => Execute("huge", draws: int.MaxValue)).Message, StringComparison.Ordinal);
        Assert.Equal(["file"], Directory.GetFileSystemEntries(_folder.Root).Select(Path.GetFileName));
    }

    private void Execute(string name, bool resume = false, int draws = 12) => AttributionRun.Execute(
        _problem.Spec() with { Sampler = "sgld", Epsilon = 1e-3, Nbeta = 20, Gamma = 2, Chains = 2, Draws = draws, BurnIn = 0, EvaluationBatch = 20, Threads = 1 },
        _folder.At(name), resume, null, default);
}
