using Bif.Engine.Checkpoints;
using Bif.Engine.Models;
using Bif.Engine.Sampling;
using Bif.Kernels;
using TorchSharp;
using static TorchSharp.torch;

namespace Bif.Engine.Runs;

/// <summary>What a run's weights and chains take of the device's memory, from the headers of its files alone.</summary>
/// <param name="CheckpointBytes">w*, which the chains' centre shares where all parameters are sampled.</param>
/// <param name="ChainBytes">Position, gradient and the sampler's own vectors of one chain.</param>
/// <param name="Chains">Chains at a time.</param>
/// <param name="ActivationBytes">About what a backward pass over one item keeps, times the chains; 0 where that is not known.</param>
internal sealed record RunMemory(long CheckpointBytes, long ChainBytes, int Chains, long ActivationBytes)
{
    // A linear layer's output is kept about this often: itself, normalised, rotated or through an activation, and its gradient.
    private const double CopiesOfOutputs = 3;

    /// <summary>What is certain: weights and chains.</summary>
    public long TotalBytes => CheckpointBytes + (Chains * ChainBytes);

    /// <summary>The memory of a run before anything of it is loaded; null for models that bring their own code.</summary>
    /// <param name="spec">The run.</param>
    /// <param name="threads">CPU threads in all.</param>
    /// <exception cref="InputException">The model's folder is not usable.</exception>
    public static RunMemory? Ahead(RunSpec spec, int threads)
    {
        if (!Directory.Exists(spec.Model) || ModelConfig.Read(Path.Combine(spec.Model, "config.json")) is not { ModelType: not "torchscript" } config)
        {
            return null;
        }

        _ = InputSpec.From(config);
        using var weights = CheckpointReader.Open(spec.Model);
        var architecture = ArchitectureCatalog.Create(new ModelSource(config, weights.FindShape));
        var selection = ParameterSelection.Matching(architecture.Layout, [.. spec.Parameters]);
        var (all, selected) = (sizeof(float) * architecture.Layout.ParameterCount, sizeof(float) * selection.Count);

        // Where the sampler is left open, a model whose memory matters gets SGLD.
        var vectors = (spec.Sampler ?? "sgld") switch { "laplace" or "sgld" => 2, _ => 3 };
        var chains = ExecutionPlan.ChainsAtATime(spec.Chains ?? FamilyDefaults.UsualChains, threads, spec.Device == "cpu", architecture.Layout.ParameterCount);
        var tokens = architecture is LanguageModel language ? Math.Min(spec.Context ?? language.ContextLength, language.ContextLength) : 0;
        return new(all + (selection.IsAll ? 0 : selected), vectors * selected, chains, chains * Activations(architecture.Layout, tokens));
    }

    /// <summary>In words.</summary>
    public string Describe() => $"memory: {Size(TotalBytes)} for weights ({Size(CheckpointBytes)} for the checkpoint, {Size(ChainBytes)} for each of {Chains} chains at a time)"
        + (ActivationBytes > 0 ? $", about {Size(ActivationBytes)} for activations of one item of full length per chain" : ", activations besides");

    /// <summary>Refuses what cannot fit, before memory is asked for.</summary>
    /// <exception cref="InputException">Says what is needed, what there is, and what to change.</exception>
    public void Require(string model, Device device)
    {
        if (device.type == DeviceType.CPU && TotalBytes > ProcessMemory.AvailableBytes)
        {
            throw new InputException(
                $"A run of {model} needs {Size(TotalBytes)} of memory for weights, of which {Size(CheckpointBytes)} for the checkpoint, but {Size(ProcessMemory.AvailableBytes)} are free: "
                + (Chains > 1 ? "lower --threads, so that fewer chains run at a time, sample a part of the --parameters" : "sample a part of the --parameters") + ", or take a larger machine.");
        }
    }

    private static long Activations(Layout layout, long tokens) => (long)(sizeof(float) * CopiesOfOutputs * tokens
        * layout.Parameters.Where(spec => spec.Shape.Length == 2).Sum(spec => (double)spec.Shape.Max()));

    private static string Size(long bytes) => bytes < 1L << 30 ? $"{bytes / (double)(1 << 20):N0} MiB" : $"{bytes / (double)(1 << 30):N1} GiB";
}
