using Bif.Engine.Traces;
using Xunit;

namespace Bif.Engine.Tests.Traces;

public sealed class TraceStoreTests : IDisposable
{
    private static readonly TraceShape Shape = new(
        Chains: 2, Draws: 7, TrainItems: 11, QueryItems: 3, DrawsPerBlock: 3, ItemsPerBlock: 4, StepsPerDraw: 2, BurnIn: 5);

    private readonly TraceFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_written_is_read_from_any_window()
    {
        var store = Filled();
        var train = new float[4 * 6];
        store.ReadTrain(1, 2, 4, 3, 6, train);
        for (var draw = 0; draw < 4; draw++)
        {
            for (var item = 0; item < 6; item++)
            {
                Assert.Equal(TraceFolder.Value(1, draw + 2, item + 3), train[(draw * 6) + item]);
            }
        }

        var one = new float[1];
        store.ReadQuery(0, 6, 1, 2, 1, one);
        Assert.Equal(-TraceFolder.Value(0, 6, 2), one[0]);
        Assert.Equal([TraceFolder.Value(1, 12, 0), TraceFolder.Value(1, 13, 0)], store.ReadSampling(1, 2));
        var (trainInit, queryInit) = store.ReadInitial();
        Assert.Equal(Enumerable.Range(0, 11).Select(item => (float)item), trainInit);
        Assert.Equal([5f, 6f, 7f], queryInit);
        Assert.Equal([1f, 2f, 3f, 4f, 5f], store.ReadBurnIn(1));
    }

    [Fact]
    public void A_reopened_store_has_the_same_shape_and_content()
    {
        Filled();
        var store = TraceStore.Open(_folder.Store);
        Assert.Equal(Shape, store.Shape);
        Assert.Equal("run-1", store.Attributes["run_id"]!.GetValue<string>());
        Assert.Equal(3, store.CompleteBlocks(0));
        Assert.Equal(7, store.CompleteDraws(1));
        var all = new float[7 * 11];
        store.ReadTrain(0, 0, 7, 0, 11, all);
        Assert.Equal(TraceFolder.Value(0, 6, 10), all[^1]);
    }

    [Fact]
    public void Missing_draws_read_as_NaN_and_are_not_complete()
    {
        var store = TraceStore.Create(_folder.Store, Shape);
        Assert.Equal(0, store.CompleteBlocks(0));
        TraceFolder.WriteBlock(store, 0, 0);
        TraceFolder.WriteBlock(store, 0, 2);
        Assert.Equal(1, store.CompleteBlocks(0));
        var values = new float[7 * 11];
        store.ReadTrain(0, 0, 7, 0, 11, values);
        Assert.Equal(3 * 11, values.Count(float.IsNaN));
        var narrow = new float[7];
        store.ReadTrain(0, 0, 7, 5, 1, narrow);
        Assert.Equal([3, 4, 5], Enumerable.Range(0, 7).Where(draw => float.IsNaN(narrow[draw])));
        Assert.All(store.ReadInitial().Train, value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Deviations_are_rounded_to_one_part_in_2048_and_take_half_the_room()
    {
        var random = new Random(3);
        float[] Losses(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 9)];
        var (init, queryInit) = (Losses(11), Losses(Shape.QueryItems));
        var store = TraceStore.Create(_folder.Store, Shape, deviations: true);
        store.WriteInitial(init, queryInit);
        var train = Enumerable.Range(0, Shape.Blocks).Select(block => Losses(Shape.DrawsIn(block) * 11)).ToArray();
        var query = Enumerable.Range(0, Shape.Blocks).Select(block => Losses(Shape.DrawsIn(block) * Shape.QueryItems)).ToArray();
        for (var block = 0; block < Shape.Blocks; block++)
        {
            store.WriteBlock(0, block, train[block], query[block], new float[Shape.DrawsIn(block) * Shape.StepsPerDraw]);
        }

        Assert.Contains("float16", File.ReadAllText(Path.Combine(_folder.Store, "train_loss", "zarr.json")), StringComparison.Ordinal);
        var bytes = new FileInfo(Path.Combine(_folder.Store, "train_loss", "c", "0", "0", "0")).Length;
        Assert.Equal((2 * Shape.DrawsPerBlock * Math.Min(Shape.ItemsPerBlock, 11)) + 4, bytes);
        foreach (var opened in new[] { store, TraceStore.Open(_folder.Store), TraceStore.Open(_folder.Store).Extend(Shape.Draws) })
        {
            Assert.True(opened.StoresDeviations);
            var (all, one) = (new float[Shape.Draws * 11], new float[1]);
            opened.ReadTrain(0, 0, Shape.Draws, 0, 11, all);
            Near([.. train.SelectMany(block => block)], all, init);
            var asked = new float[Shape.Draws * Shape.QueryItems];
            opened.ReadQuery(0, 0, Shape.Draws, 0, Shape.QueryItems, asked);
            Near([.. query.SelectMany(block => block)], asked, queryInit);

            // A window as narrow as this is read without its chunk.
            opened.ReadTrain(0, Shape.Draws - 1, 1, 9, 1, one);
            Assert.Equal(all[((Shape.Draws - 1) * 11) + 9], one[0]);
        }

        var rounded = train[0].AsSpan(0, 11).ToArray();
        store.RoundAsWritten(queries: false, rounded);
        var read = new float[11];
        store.ReadTrain(0, 0, 1, 0, 11, read);
        Assert.Equal(read, rounded);
    }

    private static void Near(float[] expected, float[] found, float[] origin)
    {
        for (var index = 0; index < expected.Length; index++)
        {
            var deviation = Math.Abs(expected[index] - origin[index % origin.Length]);
            Assert.True(Math.Abs(expected[index] - found[index]) <= (deviation / 2048) + 2e-6, $"{found[index]} where {expected[index]} is expected");
        }
    }

    [Theory]
    [InlineData("train_loss/c/0/1/2")]
    [InlineData("query_loss/c/0/1/0")]
    [InlineData("sampling_loss/c/0/1")]
    public void A_truncated_chunk_counts_as_not_there(string chunk)
    {
        var store = Filled();
        using (var file = File.OpenWrite(Path.Combine(_folder.Store, chunk)))
        {
            file.SetLength(file.Length - 1);
        }

        Assert.Equal(1, store.CompleteBlocks(0));
        Assert.Equal(3, store.CompleteBlocks(1));
    }

    [Fact]
    public void A_chunk_left_unfinished_by_a_crash_is_ignored_and_overwritten()
    {
        var store = Filled();
        var chunk = Path.Combine(_folder.Store, "train_loss", "c", "0", "1", "0");
        File.Move(chunk, chunk + ".part");
        Assert.Equal(1, store.CompleteBlocks(0));
        TraceFolder.WriteBlock(store, 0, 1);
        Assert.Equal(3, store.CompleteBlocks(0));
        Assert.Empty(Directory.GetFiles(_folder.Store, "*.part", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_flipped_bit_is_reported_with_the_file()
    {
        var store = Filled();
        var chunk = Path.Combine(_folder.Store, "train_loss", "c", "0", "1", "0");
        var bytes = File.ReadAllBytes(chunk);
        bytes[5] ^= 1;
        File.WriteAllBytes(chunk, bytes);
        var error = Assert.Throws<InputException>(() => store.ReadTrain(0, 0, 7, 0, 11, new float[77]));
        Assert.Contains(chunk, error.Message, StringComparison.Ordinal);
        Assert.Contains("checksum", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_of_whole_blocks_can_be_extended()
    {
        var store = TraceStore.Create(_folder.Store, Shape with { Draws = 6 });
        TraceFolder.WriteBlock(store, 0, 0);
        TraceFolder.WriteBlock(store, 0, 1);
        store = store.Extend(10);
        Assert.Equal(2, store.CompleteBlocks(0));
        TraceFolder.WriteBlock(store, 0, 2);
        TraceFolder.WriteBlock(store, 0, 3);
        store = TraceStore.Open(_folder.Store);
        Assert.Equal(10, store.CompleteDraws(0));
        var values = new float[10];
        store.ReadTrain(0, 0, 10, 7, 1, values);
        Assert.Equal(Enumerable.Range(0, 10).Select(draw => TraceFolder.Value(0, draw, 7)), values);
        Assert.Throws<InputException>(() => store.Extend(9));
    }

    [Fact]
    public void A_short_last_block_of_an_extended_trace_counts_once_it_is_filled_up()
    {
        var store = TraceStore.Create(_folder.Store, Shape with { Draws = 5 });
        TraceFolder.WriteBlock(store, 0, 0);
        TraceFolder.WriteBlock(store, 0, 1);
        Assert.Equal(5, store.CompleteDraws(0));
        store = store.Extend(8);
        Assert.Equal(3, store.CompleteDraws(0));
        var values = new float[5];
        store.ReadTrain(0, 0, 5, 7, 1, values);
        Assert.Equal(Enumerable.Range(0, 5).Select(draw => TraceFolder.Value(0, draw, 7)), values);
        TraceFolder.WriteBlock(store, 0, 1);
        Assert.Equal(6, store.CompleteDraws(0));
        TraceFolder.WriteBlock(store, 0, 2);
        Assert.Equal(8, TraceStore.Open(_folder.Store).CompleteDraws(0));
    }

    [Fact]
    public void Foreign_and_damaged_stores_are_refused_in_a_sentence()
    {
        Assert.Contains("no trace", Assert.Throws<InputException>(() => TraceStore.Open(_folder.Store)).Message, StringComparison.Ordinal);
        Filled();
        Assert.Contains("already", Assert.Throws<InputException>(() => TraceStore.Create(_folder.Store, Shape)).Message, StringComparison.Ordinal);
        foreach (var (file, from, to) in new[]
        {
            ("zarr.json", "\"zarr_format\": 3", "\"zarr_format\": 2"),
            ("zarr.json", "bif_trace_version", "other"),
            ("train_loss/zarr.json", "\"little\"", "\"big\""),
            ("train_loss/zarr.json", "\"float32\"", "\"float64\""),
            ("train_loss/zarr.json", "\"crc32c\"", "\"gzip\""),
            ("train_loss/zarr.json", "\"chunk_grid\"", "\"grid\""),
            ("train_loss/zarr.json", "\"shape\"", "\"form\""),
            ("train_loss/zarr.json", "}", ""),
            ("query_loss_init/zarr.json", "\"query\"", "\"other\""),
            ("query_loss/zarr.json", "    7,", "    6,"),
            ("train_loss_init/zarr.json", "    11", "    12"),
        })
        {
            var path = Path.Combine(_folder.Store, file);
            var text = File.ReadAllText(path);
            Assert.Contains(from, text, StringComparison.Ordinal);
            File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
            Assert.Throws<InputException>(() => TraceStore.Open(_folder.Store));
            File.WriteAllText(path, text);
        }

        TraceStore.Open(_folder.Store);
        Directory.Delete(Path.Combine(_folder.Store, "sampling_loss"), recursive: true);
        Assert.Throws<InputException>(() => TraceStore.Open(_folder.Store));
    }

    [Fact]
    public void Damage_is_seen_in_the_smallest_window()
    {
        var store = Filled();
        foreach (var (array, read) in new (string, Action<TraceStore>)[]
        {
            ("train_loss", each => each.ReadTrain(0, 0, 1, 0, 1, new float[1])), ("query_loss", each => each.ReadQuery(0, 0, 1, 0, 1, new float[1])),
        })
        {
            read(store);
            var chunk = Path.Combine(_folder.Store, array, "c", "0", "0", "0");
            var bytes = File.ReadAllBytes(chunk);
            bytes[^8] ^= 1;
            File.WriteAllBytes(chunk, bytes);
            Assert.Contains("checksum", Assert.Throws<InputException>(() => read(TraceStore.Open(_folder.Store))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(6000, 100, 1000)]
    [InlineData(50_000, 100, 8000)]
    [InlineData(3, 1, 2)]
    [InlineData(30_000_000, 1, 10)]
    public void Chosen_blocks_bound_memory_and_loss(int items, int queries, int draws)
    {
        var shape = TraceShape.ChooseBlocks(4, draws, items, queries);
        Assert.InRange(shape.ItemsPerBlock, 1, 4096);
        Assert.True(shape.DrawsPerBlock == 1 || (long)shape.DrawsPerBlock * (items + queries) * 4 <= 32 << 20);
        Assert.InRange(shape.DrawsPerBlock, 1, (draws + 7) / 8);
    }

    private TraceStore Filled() => _folder.Filled(Shape);
}
