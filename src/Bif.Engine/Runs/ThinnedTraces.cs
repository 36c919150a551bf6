using Bif.Engine.Traces;

namespace Bif.Engine.Runs;

/// <summary>Traces for queries that are added to a run at the draws that it kept.</summary>
internal static class ThinnedTraces
{
    /// <summary>
    /// A store with other queries and the training losses of a run: links to them where every draw was kept, a copy of the
    /// kept draws' where only some were.
    /// </summary>
    /// <param name="directory">Its folder.</param>
    /// <param name="run">The run's traces, of items or of tokens, complete.</param>
    /// <param name="queries">Number of queries, or of their tokens.</param>
    /// <param name="every">One draw in how many was kept.</param>
    /// <param name="drawsPerBlock">Draws of a block where draws are copied; null: as the number of items has it.</param>
    public static TraceStore Attach(string directory, TraceStore run, int queries, int every, int? drawsPerBlock = null)
    {
        if (every == 1)
        {
            return TraceStore.Attach(directory, run, queries);
        }

        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }

        var (draws, items) = (run.Shape.Draws / every, run.Shape.TrainItems);
        var shape = TraceShape.ChooseBlocks(run.Shape.Chains, draws, items, queries);
        var store = TraceStore.Create(directory, shape with { DrawsPerBlock = drawsPerBlock ?? shape.DrawsPerBlock }, deviations: run.StoresDeviations);
        store.WriteInitial(run.ReadInitial().Train, new float[queries]);
        for (var chain = 0; chain < run.Shape.Chains; chain++)
        {
            for (var block = 0; block < store.Shape.Blocks; block++)
            {
                var rows = store.Shape.DrawsIn(block);
                var losses = new float[(long)rows * items];
                for (var row = 0; row < rows; row++)
                {
                    var draw = (((block * store.Shape.DrawsPerBlock) + row + 1) * every) - 1;
                    run.ReadTrain(chain, draw, 1, 0, items, losses.AsSpan(row * items, items));
                }

                var sampling = new float[rows];
                Array.Fill(sampling, float.NaN);
                store.WriteBlock(chain, block, losses, new float[(long)rows * queries], sampling);
            }
        }

        return store;
    }
}
