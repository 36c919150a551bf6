using Bif.Engine.Arrays;
using Bif.Engine.Runs;
using Bif.Engine.Traces;
using Microsoft.Win32.SafeHandles;

namespace Bif.Engine.FirstOrder;

/// <summary>
/// The control variate of an estimate: Cov(ℓ_i, ℓ_q) is the sample covariance of the losses, less that of their first-order
/// parts, plus g_iᵀΣg_q, which that has as its expectation. Nearly all Monte Carlo noise of a cold target is in the
/// first-order part and drops out; what is estimated stays the same.
/// </summary>
public sealed class FirstOrderControl : IDisposable
{
    private readonly SafeFileHandle _covariance;
    private readonly long _start;

    private FirstOrderControl(FirstOrderFiles files)
    {
        Traces = TraceStore.Open(files.Traces);
        ItemVariance = NpyFile.Read<double>(files.ItemVariance).Values;
        QueryVariance = NpyFile.Read<double>(files.QueryVariance).Values;
        using (var stream = File.OpenRead(files.Covariance))
        {
            var shape = NpyHeader.Decode<float>(stream, files.Covariance);
            if (shape is not [var queries, var items] || queries != Traces.Shape.QueryItems || items != Traces.Shape.TrainItems
                || ItemVariance.Length != items || QueryVariance.Length != queries)
            {
                throw new InputException($"{files.Root} does not fit its traces: delete the folder and continue the run with --resume.");
            }

            _start = stream.Position;
        }

        _covariance = File.OpenHandle(files.Covariance);
    }

    /// <summary>First-order parts at every draw, in the layout of the losses.</summary>
    public TraceStore Traces { get; }

    /// <summary>g_iᵀΣg_i by training item, nats².</summary>
    internal double[] ItemVariance { get; }

    /// <summary>g_qᵀΣg_q by query, nats².</summary>
    internal double[] QueryVariance { get; }

    /// <summary>The control variate of a run, or null where it has none.</summary>
    /// <param name="runDirectory">The run directory.</param>
    /// <exception cref="InputException">Its files are damaged.</exception>
    public static FirstOrderControl? OpenIfThere(string runDirectory)
    {
        var run = new RunDirectory(runDirectory);
        run.RequireFirstOrder();
        var files = new FirstOrderFiles(run.FirstOrder);
        return files.HasCovariance && Directory.Exists(files.Traces) ? new FirstOrderControl(files) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _covariance.Dispose();

    /// <summary>Reads g_iᵀΣg_q of a query with consecutive items, nats².</summary>
    internal void ReadCovariance(int query, int firstItem, Span<float> target)
    {
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(target);
        var offset = _start + ((((long)query * Traces.Shape.TrainItems) + firstItem) * sizeof(float));
        for (var done = 0; done < bytes.Length;)
        {
            var read = RandomAccess.Read(_covariance, bytes[done..], offset + done);
            done += read > 0 ? read : throw new InputException($"{Traces.Directory}/../covariance.npy ends early: delete its folder and continue the run with --resume.");
        }
    }
}
