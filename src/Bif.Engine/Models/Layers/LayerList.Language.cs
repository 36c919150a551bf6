namespace Bif.Engine.Models.Layers;

// Layers of language models, begun as GPT-2 was: weights N(0, 0.02²), biases 0.
public sealed partial class LayerList
{
    /// <summary>Declares <c>name.weight</c> [entries, size].</summary>
    public Embedding Embedding(string name, long entries, long size)
        => new(Parameter($"{name}.weight", [entries, size], Initialization.SmallNormal, 1));

    /// <summary>Declares a linear layer; <paramref name="layers"/> residual additions lower the deviation by their root.</summary>
    public Linear Projection(string name, long inputs, long outputs, bool bias, int layers = 1) => new(
        Parameter($"{name}.weight", [outputs, inputs], Initialization.SmallNormal, layers),
        bias ? Parameter($"{name}.bias", [outputs], Initialization.Zeros, inputs) : null);

    /// <summary>Declares a layer normalisation: <c>name.weight</c> and <c>name.bias</c>.</summary>
    public LayerNorm LayerNorm(string name, long size, double epsilon) => new(
        Parameter($"{name}.weight", [size], Initialization.Ones, size), Parameter($"{name}.bias", [size], Initialization.Zeros, size), epsilon);

    /// <summary>Declares a normalisation by the root mean square: <c>name.weight</c>.</summary>
    public RmsNorm RmsNorm(string name, long size, double epsilon)
        => new(Parameter($"{name}.weight", [size], Initialization.Ones, size), epsilon);
}
