using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>Activation functions by their customary names.</summary>
internal static class Activation
{
    /// <summary>The function that the configuration's <c>activation</c> names; relu if absent.</summary>
    public static Func<Tensor, Tensor> From(ModelConfig config) => Named(config, "activation", "relu");

    /// <summary>The function that a field of the configuration names.</summary>
    public static Func<Tensor, Tensor> Named(ModelConfig config, string field, string fallback) => config.Text(field, fallback) switch
    {
        "relu" => static x => nn.functional.relu(x),
        "gelu" or "gelu_python" => static x => nn.functional.gelu(x),
        "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => static x => nn.functional.gelu(x, GELU.Approximate.tanh),
        "quick_gelu" => static x => x * (x * 1.702).sigmoid(),
        "silu" or "swish" => static x => nn.functional.silu(x),
        "tanh" => static x => x.tanh(),
        "sigmoid" => static x => x.sigmoid(),
        "leaky_relu" => static x => nn.functional.leaky_relu(x),
        var other => throw config.Invalid(field, $"\"{other}\" is not known: it is one of relu, gelu, gelu_new, quick_gelu, silu, tanh, sigmoid, leaky_relu"),
    };
}
