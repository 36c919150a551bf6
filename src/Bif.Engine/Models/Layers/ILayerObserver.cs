using static TorchSharp.torch;

namespace Bif.Engine.Models.Layers;

/// <summary>Looks at layers during a forward pass, in their order; must not change what it is shown.</summary>
public interface ILayerObserver
{
    /// <summary>A linear layer: inputs [batch, in], outputs [batch, out].</summary>
    void Observe(Linear layer, Tensor inputs, Tensor outputs);

    /// <summary>A convolution: inputs [batch, in, height, width], outputs [batch, out, height, width].</summary>
    void Observe(Conv2d layer, Tensor inputs, Tensor outputs);
}
