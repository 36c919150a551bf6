using System.Text.Json.Nodes;
using Bif.Engine.Traces;

namespace Bif.Engine.Tests.Traces;

/// <summary>A temporary folder for a store whose every number says where it belongs.</summary>
internal sealed class TraceFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("bif-traces-").FullName;

    public string Store => System.IO.Path.Combine(Path, "traces.zarr");

    public static float Value(int chain, int draw, int item) => (chain * 10_000) + (draw * 100) + item;

    public static void WriteBlock(TraceStore store, int chain, int block)
    {
        var shape = store.Shape;
        var first = block * shape.DrawsPerBlock;
        var draws = Enumerable.Range(first, shape.DrawsIn(block)).ToArray();
        var train = draws.SelectMany(draw => Enumerable.Range(0, shape.TrainItems).Select(item => Value(chain, draw, item))).ToArray();
        var query = draws.SelectMany(draw => Enumerable.Range(0, shape.QueryItems).Select(item => -Value(chain, draw, item))).ToArray();
        var steps = Enumerable.Range(first * shape.StepsPerDraw, draws.Length * shape.StepsPerDraw).Select(step => Value(chain, step, 0)).ToArray();
        store.WriteBlock(chain, block, train, query, steps);
    }

    public TraceStore Filled(TraceShape shape)
    {
        var store = TraceStore.Create(Store, shape, new JsonObject { ["run_id"] = "run-1" });
        store.WriteInitial(
            [.. Enumerable.Range(0, shape.TrainItems).Select(item => (float)item)],
            [.. Enumerable.Range(0, shape.QueryItems).Select(item => item + 5f)]);
        for (var chain = 0; chain < shape.Chains; chain++)
        {
            store.WriteBurnIn(chain, [.. Enumerable.Range(1, shape.BurnIn).Select(step => (float)step)]);
            for (var block = 0; block < shape.Blocks; block++)
            {
                WriteBlock(store, chain, block);
            }
        }

        return store;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
