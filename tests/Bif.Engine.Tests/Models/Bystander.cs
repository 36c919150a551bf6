using Bif.Engine.Models.Layers;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Models;

/// <summary>An observer that does nothing, for which layers are nevertheless applied one by one.</summary>
internal sealed class Bystander : ILayerObserver
{
    public void Observe(Linear layer, Tensor inputs, Tensor outputs)
    {
    }

    public void Observe(Conv2d layer, Tensor inputs, Tensor outputs)
    {
    }

    public void ObserveScale(int weight, int? bias, Func<Tensor> standardised, Tensor outputs, int features)
    {
    }

    public void Observe(Embedding layer, Tensor tokens, Tensor outputs)
    {
    }

    public void ObserveMatrix(int weight, int? bias, bool isInputsFirst, Tensor inputs, Tensor outputs)
    {
    }
}
