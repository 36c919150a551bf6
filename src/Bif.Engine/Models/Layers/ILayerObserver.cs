using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Looks at layers during a forward pass, in their order; must not change what it is shown.</summary>
public interface ILayerObserver
{
    /// <summary>A linear layer: inputs [batch, in], outputs [batch, out].</summary>
    void Observe(Linear layer, Tensor inputs, Tensor outputs);

    /// <summary>A convolution: inputs [batch, in, height, width], outputs [batch, out, height, width].</summary>
    void Observe(Conv2d layer, Tensor inputs, Tensor outputs);

    /// <summary>A layer that scales and shifts its features: outputs = weight·standardised + bias.</summary>
    /// <param name="weight">Index of the scale [features].</param>
    /// <param name="bias">Index of the shift [features], or null.</param>
    /// <param name="standardised">Gives what is scaled, in the outputs' shape.</param>
    /// <param name="outputs">The outputs.</param>
    /// <param name="features">Axis of the features.</param>
    void ObserveScale(int weight, int? bias, Func<Tensor> standardised, Tensor outputs, int features);

    /// <summary>A table of vectors: tokens [batch, length], outputs [batch, length, size].</summary>
    void Observe(Embedding layer, Tensor tokens, Tensor outputs);

    /// <summary>
    /// A product with a matrix whose factors are of no use: it lies [in, out], or has a language model's vocabulary on one side,
    /// where it may also be the embedding. Inputs [batch, length, in], outputs [batch, length, out].
    /// </summary>
    /// <param name="weight">Index of the matrix.</param>
    /// <param name="bias">Index of the bias [out], or null.</param>
    /// <param name="isInputsFirst">Whether it lies [in, out].</param>
    /// <param name="inputs">What is multiplied.</param>
    /// <param name="outputs">The outputs.</param>
    void ObserveMatrix(int weight, int? bias, bool isInputsFirst, Tensor inputs, Tensor outputs);
}
