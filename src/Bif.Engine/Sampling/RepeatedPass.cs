using System.Runtime.InteropServices;
using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Sampling;

/// <summary>Items that one forward pass takes, in the order of the pass.</summary>
internal readonly record struct Stretch(int Start, int Count);

/// <summary>
/// A pass over items that is made at every draw, always over the same memory. On a GPU it is recorded after the first time and
/// then repeated as a whole, which spares the host hundreds of operators per draw. A recording is used only once it has given the
/// numbers of the operators themselves at two positions of the weights; where it cannot be made or differs, the operators go on
/// being used. On the CPU nothing is recorded.
/// </summary>
internal sealed class RepeatedPass : IDisposable
{
    /// <summary>For passes that are made once: nothing is recorded.</summary>
    public static readonly RepeatedPass Once = new(CPU, repeats: false);
    private const int MostParameters = 50_000_000;
    private const int Comparisons = 2;

    // Kernels are the same; what adds with atomics may add in another order.
    private const double Tolerance = 1e-3;
    private readonly Device _device;
    private readonly Tensor? _adds;
    private readonly Action<string>? _refused;
    private bool _records;
    private bool _isWarm;
    private int _agreed;
    private DeviceGraph? _graph;
    private Tensor[] _outputs = [];

    /// <summary>Prepares a pass that one thread makes.</summary>
    /// <param name="device">Where it is made.</param>
    /// <param name="repeats">Whether it reads the same memory every time and nothing of the host's; else nothing is recorded.</param>
    /// <param name="adds">What the pass adds to, beside its results; null for nothing.</param>
    /// <param name="refused">Is told why nothing is recorded on a device where it could be.</param>
    public RepeatedPass(Device device, bool repeats, Tensor? adds = null, Action<string>? refused = null)
    {
        _device = device;
        _adds = adds;
        _refused = refused;
        _records = repeats && DeviceGraph.IsAvailable(device);
    }

    /// <summary>A forward pass over all items.</summary>
    public static RepeatedPass Over(Model model, DataFeed feed, Action<string>? refused)
        => Suits(model, feed) ? new(model.Parameters.device, repeats: true, refused: refused) : Once;

    /// <summary>
    /// Whether it is worth while to repeat passes of a model over items, and whether they read the same memory every time. TorchScript
    /// rewrites its program as it goes; an operator of a large model keeps a GPU busy for longer than the host needs to ask for it.
    /// </summary>
    public static bool Suits(Model model, DataFeed feed)
        => feed.IsResident && model.Architecture is not TorchScriptModule && model.Layout.ParameterCount <= MostParameters;

    /// <summary>Whether the pass is repeated from a recording by now.</summary>
    public bool IsRecorded => _graph is not null && _agreed == Comparisons;

    /// <summary>Makes the pass.</summary>
    /// <param name="count">Items; the same every time.</param>
    /// <param name="size">Items of a stretch; the last may be shorter.</param>
    /// <param name="open">What has to be open while stretches are computed, made anew for each pass.</param>
    /// <param name="compute">Queues the work of one stretch and gives its results.</param>
    /// <param name="deliver">Takes the results of each stretch in order, to be read whenever it likes.</param>
    public void Run(int count, int size, Func<IDisposable?> open, Func<Stretch, Tensor> compute, Action<Stretch, Tensor> deliver)
    {
        Stretch[] stretches = [.. Enumerable.Range(0, (count + size - 1) / size).Select(index => new Stretch(index * size, Math.Min(size, count - (index * size))))];
        if (IsRecorded)
        {
            _graph!.Replay();
            foreach (var (stretch, output) in stretches.Zip(_outputs))
            {
                // The next repetition writes over the results.
                using var scope = NewDisposeScope();
                deliver(stretch, output.clone());
            }

            return;
        }

        if (!_records || !_isWarm)
        {
            using var opened = open();
            foreach (var stretch in stretches)
            {
                using var scope = NewDisposeScope();
                deliver(stretch, compute(stretch));
            }

            _isWarm = _records;
            return;
        }

        RunBoth(stretches, open, compute, deliver);
    }

    /// <inheritdoc/>
    public void Dispose() => Forget();

    // By the operators, whose results count, and by the recording.
    private void RunBoth(Stretch[] stretches, Func<IDisposable?> open, Func<Stretch, Tensor> compute, Action<Stretch, Tensor> deliver)
    {
        using var scope = NewDisposeScope();
        var before = Copy(_adds);
        var expected = Compute(stretches, open, compute);
        var sum = Copy(_adds);
        try
        {
            if (_graph is null)
            {
                Tensor[] outputs = [];
                _graph = DeviceGraph.Record(_device, () => outputs = Compute(stretches, open, compute));
                _outputs = outputs;
            }

            Restore(before);
            _graph.Replay();
            var difference = Math.Max(Difference(expected, _outputs), _adds is null ? 0 : Difference([sum!], [_adds]));
            _agreed = difference <= Tolerance ? _agreed + 1 : _agreed;
            if (difference > Tolerance)
            {
                Refuse(FormattableString.Invariant($"a repeated pass differs by {difference:G2} of its largest number"));
            }
        }
        catch (Exception error) when (error is ExternalException or KernelException)
        {
            Refuse(error.Message.Split('\n')[0]);
        }

        Restore(sum);
        foreach (var (stretch, output) in stretches.Zip(expected))
        {
            deliver(stretch, output);
            output.Dispose();
        }
    }

    private static Tensor[] Compute(Stretch[] stretches, Func<IDisposable?> open, Func<Stretch, Tensor> compute)
    {
        using var opened = open();
        return Array.ConvertAll(stretches, stretch =>
        {
            using var scope = NewDisposeScope();
            return compute(stretch).detach().DetachFromDisposeScope();
        });
    }

    // Of the largest number; NaN, where the operators give no numbers either, tells nothing.
    private static double Difference(Tensor[] expected, Tensor[] found)
    {
        using var noGradient = no_grad();
        var largest = 0.0;
        foreach (var (one, other) in expected.Zip(found))
        {
            if (one.numel() == 0)
            {
                continue;
            }

            using var scope = NewDisposeScope();
            var flat = one.detach().reshape(-1);
            var difference = (flat - other.detach().reshape(-1)).abs().max() / flat.abs().max().clamp_min(1e-30);
            largest = Math.Max(largest, difference.cpu().item<float>());
        }

        return largest;
    }

    private static Tensor? Copy(Tensor? tensor)
    {
        using var noGradient = no_grad();
        return tensor?.clone();
    }

    private void Restore(Tensor? values)
    {
        if (values is not null)
        {
            using var noGradient = no_grad();
            _adds!.copy_(values);
        }
    }

    private void Refuse(string reason)
    {
        Forget();
        _records = false;
        _refused?.Invoke($"operators are queued one by one, without a CUDA graph: {reason}");
    }

    private void Forget()
    {
        foreach (var output in _outputs)
        {
            output.Dispose();
        }

        _outputs = [];
        _graph?.Dispose();
        _graph = null;
    }
}
