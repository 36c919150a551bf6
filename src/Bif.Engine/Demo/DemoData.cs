using Bif.Kernels;

namespace Bif.Engine.Demo;

/// <summary>The demo's items and what is planted among them; all of it follows from the seed.</summary>
internal sealed class DemoData
{
    private const int TrainCount = 2000;
    private const int QueryCount = 60;
    private const int Copied = 12;
    private const int CopiedTwice = 3;
    private const int NearlyCopied = 24;
    private const double WrongShare = 0.03;

    private readonly List<(DemoPicture Picture, int Label)> _train;
    private readonly DemoPicture[] _queries;

    /// <summary>Plans the items; nothing is drawn yet.</summary>
    public DemoData(ulong seed)
    {
        var classes = DemoShapes.Names.Count;
        var number = 0UL;
        DemoPicture Next(int label) => DemoPicture.Random(label, seed, number++);
        _queries = [.. Enumerable.Range(0, QueryCount).Select(query => Next(query % classes))];

        // Queries 0 to 11 have a copy, the first three a second one; queries 12 to 35 have a near copy.
        var planned = new List<(DemoPicture Picture, int? Copy, int? Near)>();
        planned.AddRange(Enumerable.Range(0, Copied).Concat(Enumerable.Range(0, CopiedTwice)).Select(query => (_queries[query], (int?)query, (int?)null)));
        planned.AddRange(Enumerable.Range(Copied, NearlyCopied).Select(query => (_queries[query].Varied(seed, number++), (int?)null, (int?)query)));
        while (planned.Count < TrainCount)
        {
            planned.Add((Next(planned.Count % classes), null, null));
        }

        var choice = new PhiloxStream(seed, 2, PhiloxPurpose.Drawing, 0);
        var order = new int[TrainCount];
        choice.SampleWithoutReplacement(TrainCount, order);
        var ordinary = Enumerable.Range(0, TrainCount).Where(item => planned[order[item]] is { Copy: null, Near: null }).ToArray();
        choice.Shuffle<int>(ordinary);
        var wrong = ordinary.Take((int)(WrongShare * TrainCount)).Order().ToDictionary(item => item, _ => 1 + choice.NextInt(classes - 1));
        int LabelOf(int item) => (planned[order[item]].Picture.Label + wrong.GetValueOrDefault(item)) % classes;
        _train = [.. Enumerable.Range(0, TrainCount).Select(item => (planned[order[item]].Picture, LabelOf(item)))];
        var items = Enumerable.Range(0, TrainCount).Select(item => (Item: item, Plan: planned[order[item]])).ToList();
        Seed = seed;
        Truth = new DemoTruth(
            seed,
            TrainCount,
            QueryCount,
            DemoShapes.Names,
            [.. items.Where(entry => entry.Plan.Copy is not null).Select(entry => new PlantedCopy(entry.Item, entry.Plan.Copy!.Value))],
            [.. items.Where(entry => entry.Plan.Near is not null).Select(entry => new PlantedCopy(entry.Item, entry.Plan.Near!.Value))],
            [.. wrong.Keys.Select(item => new PlantedLabel(item, LabelOf(item), _train[item].Picture.Label))]);
    }

    /// <summary>What everything follows from.</summary>
    public ulong Seed { get; }

    /// <summary>What is planted.</summary>
    public DemoTruth Truth { get; }

    /// <summary>The training records: a label byte, then the pixels.</summary>
    public byte[][] TrainRecords(CancellationToken cancellation) => Draw(_train, cancellation);

    /// <summary>The queries' records.</summary>
    public byte[][] QueryRecords(CancellationToken cancellation) => Draw([.. _queries.Select(picture => (picture, picture.Label))], cancellation);

    private byte[][] Draw(List<(DemoPicture Picture, int Label)> items, CancellationToken cancellation)
    {
        var records = new byte[items.Count][];
        Parallel.For(0, items.Count, new ParallelOptions { CancellationToken = cancellation }, item =>
            records[item] = [(byte)items[item].Label, .. items[item].Picture.Draw(Seed)]);
        return records;
    }
}
