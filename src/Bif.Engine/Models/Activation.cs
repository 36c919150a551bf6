using static TorchSharp.torch;

namespace Bif.Engine.Models;

/// <summary>Activation functions by their customary names.</summary>
internal static class Activation
{
    /// <summary>The function that the configuration's <c>activation</c> names; relu if absent.</summary>
    public static Func<Tensor, Tensor> From(ModelConfig config) => config.Text("activation", "relu") switch
    {
        "relu" => static x => nn.functional.relu(x),
        "gelu" => static x => nn.functional.gelu(x),
        "silu" => static x => nn.functional.silu(x),
        "tanh" => static x => x.tanh(),
        "sigmoid" => static x => x.sigmoid(),
        "leaky_relu" => static x => nn.functional.leaky_relu(x),
        var other => throw config.Invalid("activation", $"\"{other}\" is not known: it is one of relu, gelu, silu, tanh, sigmoid, leaky_relu"),
    };
}
