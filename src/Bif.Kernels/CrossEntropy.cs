using Bif.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// Cross-entropies of rows of logits where no gradient is wanted, softplus(logsumexp_{c≠y} z_c − z_y): one pass over memory
/// instead of seven operators, which for a small network take longer than the network.
/// </summary>
public static class CrossEntropy
{
    /// <summary>Whether <see cref="Losses"/> takes these logits: float32 [rows, classes], contiguous, on the CPU.</summary>
    public static bool Takes(Tensor logits)
        => logits.device_type == DeviceType.CPU && logits.dtype == ScalarType.Float32 && logits.dim() == 2 && logits.is_contiguous();

    /// <summary>Writes the loss of each row, nats. A row with a logit that is NaN gives NaN.</summary>
    /// <param name="logits">[rows, classes].</param>
    /// <param name="labels">Class by row, int64 [rows], contiguous.</param>
    /// <param name="losses">Receives one number per row.</param>
    /// <exception cref="KernelException">Shapes, types or labels do not fit.</exception>
    public static unsafe void Losses(Tensor logits, Tensor labels, Span<float> losses)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(losses.Length, logits.shape[0], nameof(losses));
        fixed (float* destination = losses)
        {
            KernelMethods.Check(KernelMethods.bif_cross_entropy(logits.Handle, labels.Handle, destination));
        }

        GC.KeepAlive(logits);
        GC.KeepAlive(labels);
    }

    /// <summary>The same by composed operators, on any device and with a graph: losses [rows].</summary>
    public static Tensor Composed(Tensor logits, Tensor labels)
    {
        var index = labels.unsqueeze(1);
        var label = logits.gather(1, index).squeeze(1);
        var masked = logits.scatter(1, index, full_like(label.unsqueeze(1), float.NegativeInfinity));
        return nn.functional.softplus(masked.logsumexp(1) - label);
    }
}
