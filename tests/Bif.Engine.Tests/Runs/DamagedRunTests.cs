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
    [InlineData("train_loss/c/1/0/0")]
    [InlineData("query_loss/c/0/0/0")]
    [InlineData("sampling_loss/c/1/0")]
    public void A_finished_run_that_lost_draws_is_refused_by_every_reader_until_they_are_drawn_again(string chunk)
    {
        Execute("run");
        var before = File.ReadAllBytes(_folder.At("run/scores/bif.npy"));
        File.Delete(_folder.At("run/traces.zarr/" + chunk));
        var run = RunDirectory.Open(_folder.At("run"));
        var state = _folder.At($"run/chains/chain-00{chunk.Split('/')[2]}.safetensors");
        Assert.Contains(state, Assert.Throws<InputException>(() => run.OpenTraces()).Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => QueryAddition.Execute(run.Root, _problem.Spec().Queries, null, default));
        File.Delete(state);
        Execute("run", resume: true);
        run.OpenTraces();
        Assert.Equal(before, File.ReadAllBytes(_folder.At("run/scores/bif.npy")));
    }

    [Fact]
    public void An_unfinished_run_is_read_as_far_as_it_is_complete()
    {
        Execute("run");
        Edit("state", "interrupted");
        File.Delete(_folder.At("run/traces.zarr/train_loss/c/1/0/0"));
        Assert.Equal(0, RunDirectory.Open(_folder.At("run")).OpenTraces().CompleteDraws(1));
    }

    [Theory]
    [InlineData("scores/bif.npy")]
    [InlineData("scores/item_variance.npy")]
    [InlineData("items/train.json")]
    [InlineData("items/queries.json")]
    public void A_damaged_file_beside_the_traces_is_refused_and_made_again_with_resume(string file)
    {
        Execute("run");
        var before = File.ReadAllBytes(_folder.At("run/" + file));
        File.WriteAllBytes(_folder.At("run/" + file), before[..30]);
        var run = RunDirectory.Open(_folder.At("run"));
        Assert.Contains("--resume", Assert.Throws<InputException>(() =>
        {
            run.RequireScores(run.ReadRecord());
            run.ReadTrainItems(run.ReadRecord());
            run.ReadQueryItems(run.ReadRecord());
        }).Message, StringComparison.Ordinal);
        Execute("run", resume: true);
        Assert.Equal(before, File.ReadAllBytes(_folder.At("run/" + file)));
    }

    [Fact]
    public void Scores_of_another_shape_are_refused()
    {
        Execute("run");
        Engine.Arrays.NpyFile.Write<float>(_folder.At("run/scores/correlation.npy"), [2, 3], new float[6]);
        var run = RunDirectory.Open(_folder.At("run"));
        Assert.Contains("correlation.npy", Assert.Throws<InputException>(() => run.RequireScores(run.ReadRecord())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("format_version", 2)]
    [InlineData("format_version", 0)]
    [InlineData("settings.epsilon", -7)]
    [InlineData("settings.batch", -7)]
    [InlineData("settings.thin", 0)]
    [InlineData("settings.chains", 1_000_000_000)]
    [InlineData("settings.draws", 1_000_000_000)]
    [InlineData("spec.threads", -7)]
    public void A_record_with_a_number_that_no_run_has_is_refused(string field, int value)
    {
        Execute("run");
        Edit(field, value);
        Assert.Contains(field, Assert.Throws<InputException>(() => RunDirectory.Open(_folder.At("run")).ReadRecord()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_that_diverges_says_so_and_leaves_nothing()
    {
        Execute("run");
        Edit("settings.epsilon", 1e30);
        Assert.Contains("diverges", Assert.Throws<InputException>(() => QueryAddition.Execute(_folder.At("run"), _problem.Spec().Queries, null, default)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(_folder.At("run/queries")));
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
    [InlineData("""{"first_index":0,"labels":null,"targets":null,"class_names":null,"names":null,"text":{"passbges":[],"documents":[],"document_starts":[]}}""")]
    [InlineData("""{"first_index":0,"labels":null,"targets":null,"class_names":null,"names":null,"tezt":null}""")]
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

    private void Edit<T>(string field, T value)
    {
        var file = _folder.At("run/run.json");
        var record = JsonNode.Parse(File.ReadAllText(file))!;
        var (owner, name) = field.Split('.') is [var outer, var inner] ? (record[outer]!, inner) : (record, field);
        owner[name] = JsonValue.Create(value);
        File.WriteAllText(file, record.ToJsonString());
    }

    private void Execute(string name, bool resume = false, int draws = 12) => AttributionRun.Execute(
        _problem.Spec() with { Sampler = "sgld", Epsilon = 1e-3, Nbeta = 20, Gamma = 2, Chains = 2, Draws = draws, BurnIn = 0, EvaluationBatch = 20, Threads = 1 },
        _folder.At(name), resume, null, default);
}
