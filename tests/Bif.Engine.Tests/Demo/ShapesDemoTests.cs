using System.Text.Json;
using Bif.Engine.Data;
using Bif.Engine.Demo;
using Bif.Engine.Runs;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Demo;

/// <summary>The demo is written once for these tests.</summary>
public sealed class WrittenDemo : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public WrittenDemo() => Paths = ShapesDemo.Write(_folder.At("demo"), Reports.Add, default);

    public List<DemoProgress> Reports { get; } = [];

    public DemoPaths Paths { get; }

    public string At(string name) => _folder.At(name);

    public void Dispose() => _folder.Dispose();
}

[Trait("Pace", "slow")]
public sealed class ShapesDemoTests(WrittenDemo demo) : IClassFixture<WrittenDemo>
{
    [Fact]
    public void What_is_planted_is_what_the_data_hold()
    {
        var truth = DemoTruth.Read(demo.Paths.Truth);
        using var train = DatasetLoader.Open(demo.Paths.Train, target: TargetKind.Class);
        using var queries = DatasetLoader.Open(demo.Paths.Queries, target: TargetKind.Class);
        Assert.Equal(truth.TrainCount, train.Count);
        Assert.Equal(truth.QueryCount, queries.Count);
        Assert.Equal(truth.ClassNames, train.ClassNames);
        var copies = (from item in Enumerable.Range(0, train.Count)
                      from query in Enumerable.Range(0, queries.Count)
                      where Pixels(train, item).AsSpan().SequenceEqual(Pixels(queries, query))
                      select new PlantedCopy(item, query)).ToList();
        Assert.Equal(15, copies.Count);
        Assert.Equal(copies, truth.ExactDuplicates);
        Assert.All(copies, copy => Assert.Equal(queries.Labels![copy.Query], train.Labels![copy.Item]));
        Assert.Equal(24, truth.NearDuplicates.Count);
        Assert.All(truth.NearDuplicates, copy => Assert.InRange(Distance(Pixels(train, copy.Item), Pixels(queries, copy.Query)), 1, 40));
        Assert.Equal(60, truth.WrongLabels.Count);
        Assert.All(truth.WrongLabels, wrong => Assert.Equal(wrong.Label, train.Labels![wrong.Item]));
        Assert.All(truth.WrongLabels, wrong => Assert.NotEqual(wrong.Label, wrong.TrueLabel));
        Assert.Equal(10, train.Labels!.Distinct().Count());
    }

    [Fact]
    public void The_network_recognises_the_queries()
    {
        using var training = JsonDocument.Parse(File.ReadAllText(Path.Combine(demo.Paths.Model, "training.json")));
        var accuracy = training.RootElement.GetProperty("result").GetProperty("validation_accuracy").GetDouble();
        Assert.True(accuracy > 0.85, $"{accuracy:P0} of the queries are classified right");
        Assert.Equal(1, demo.Reports[^1].Fraction);
    }

    [Fact]
    public void Few_draws_already_rank_the_exact_copies_of_a_query_first()
    {
        var spec = new RunSpec
        {
            Model = demo.Paths.Model, Data = demo.Paths.Train, Queries = demo.Paths.Queries + "[0:3]",
            Sampler = "sgld", Epsilon = 5e-6, Nbeta = 2e4, Gamma = 7e4, Batch = 200, BurnIn = 20, Chains = 2, Draws = 20, Threads = 1,
        };
        var result = AttributionRun.Execute(spec, demo.At("run"), resume: false, null, default);
        Assert.True(result.Completed);
        foreach (var copies in DemoTruth.Read(demo.Paths.Truth).ExactDuplicates.Where(copy => copy.Query < 3).GroupBy(copy => copy.Query))
        {
            var scores = Engine.Arrays.NpyFile.ReadRow<float>(demo.At("run/scores/correlation.npy"), copies.Key);
            Assert.Equal(copies.Select(copy => copy.Item), Engine.Attribution.Ranking.Largest(scores, 2).Select(entry => entry.Item).Order());
        }
    }

    [Fact]
    public void Writing_it_again_gives_the_same_bytes_and_a_finished_one_is_left_alone()
    {
        var before = File.GetLastWriteTimeUtc(demo.Paths.Truth);
        ShapesDemo.Write(demo.Paths.Folder, null, default);
        Assert.Equal(before, File.GetLastWriteTimeUtc(demo.Paths.Truth));
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => ShapesDemo.Write(demo.At("again"), progress => Cancel(progress, stop), stop.Token));
        Assert.False(File.Exists(demo.At("again/truth.json")));
        ShapesDemo.Write(demo.At("again"), null, default);
        foreach (var file in new[] { "data_batch_1.bin", "test_batch.bin", "truth.json", "model/config.json" })
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(demo.Paths.Folder, file)), File.ReadAllBytes(Path.Combine(demo.At("again"), file)));
        }
    }

    [Fact]
    public void A_folder_with_other_content_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(demo.At("mine"));
        File.WriteAllText(demo.At("mine/notes.txt"), "mine");
        Assert.Throws<InputException>(() => ShapesDemo.Write(demo.At("mine"), null, default));
        Assert.Equal(["notes.txt"], Directory.GetFileSystemEntries(demo.At("mine")).Select(Path.GetFileName));
        Assert.Throws<InputException>(() => ShapesDemo.Write(demo.At("mine/notes.txt"), null, default));
    }

    private static void Cancel(DemoProgress progress, CancellationTokenSource stop)
    {
        if (progress.Fraction > 0.1)
        {
            stop.Cancel();
        }
    }

    private static byte[] Pixels(Dataset data, int item)
    {
        var pixels = new byte[3072];
        data.Items.Read(item, pixels);
        return pixels;
    }

    // Root of the mean squared difference, of 255.
    private static double Distance(byte[] left, byte[] right) => Math.Sqrt(left.Zip(right, (a, b) => (double)(a - b) * (a - b)).Average());
}
