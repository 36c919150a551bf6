using Bif.Engine.Models;

namespace Bif.Engine.Runs;

/// <summary>Settings that a family of models starts from when the person gives none; not calibrated to the checkpoint.</summary>
/// <param name="Nbeta">nβ.</param>
/// <param name="Gamma">γ.</param>
/// <param name="Epsilon">The largest ε; the step probe may lower it.</param>
/// <param name="Batch">Items per gradient; 0 for all.</param>
/// <param name="Chains">C.</param>
/// <param name="Draws">T per chain.</param>
/// <param name="BurnIn">Steps before the first draw.</param>
/// <param name="Thin">Steps per draw.</param>
public sealed record FamilyDefaults(
    double Nbeta, double Gamma, double Epsilon, int Batch, int Chains, int Draws, int BurnIn, int Thin)
{
    /// <summary>Chains where the person names no number.</summary>
    public const int UsualChains = 4;

    // Full-batch gradients up to here: mini-batch noise heats the steep directions (METHOD section 2).
    private const int FullBatchLimit = 2000;

    /// <summary>The defaults for a model on n items.</summary>
    public static FamilyDefaults For(Model model, int items) => model.Config.ModelType switch
    {
        "linear" => new(items, 1, 1, 0, UsualChains, 1000, 200, 2),
        "mlp" => new(1e4, 1e3, 2e-4, items <= FullBatchLimit ? 0 : 512, UsualChains, 500, 100, 1),
        "torchscript" => new(1e3, 1e3, 2e-4, Math.Min(items, 256), UsualChains, 200, 100, 2),
        "cifar_resnet" or "resnet9" => new(300, 1e4, 2e-5, 128, UsualChains, 60, 40, 4),

        // The loss of a text is the sum over its tokens: nβ weighs some hundred times what it does for one label.
        "gpt2" or "gpt_neox" or "llama" => new(10, 3e4, 8e-6, Math.Min(items, 16), UsualChains, 100, 40, 4),
        _ => new(100, 1e4, 2e-5, 32, UsualChains, 50, 40, 3),
    };
}
