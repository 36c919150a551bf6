using Bif.Kernels;
using Bif.Testing;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

public class ParameterBindingTests
{
    [Fact]
    public void A_parameter_sees_its_views_memory_and_backward_adds_into_the_flat_gradient()
    {
        using var scope = NewDisposeScope();
        var parameter = tensor(new[] { 1f, 2f }).requires_grad_(true);
        var (flat, gradient) = (zeros(6), zeros(6));
        ParameterBinding.ShareMemory(parameter, flat.narrow(0, 2, 2));
        ParameterBinding.AccumulateGradient(parameter, gradient.narrow(0, 2, 2));
        using (no_grad())
        {
            flat.fill_(3);
        }

        (parameter * parameter).sum().backward();
        (parameter * 10).sum().backward();
        Assert.Equal([0, 0, 16, 16, 0, 0], gradient.data<float>().ToArray());
    }

    [Fact]
    public void A_frozen_parameter_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        var parameter = tensor(new[] { 1f, 2f }).requires_grad_(true);
        ParameterBinding.Freeze(parameter);
        Assert.False(parameter.requires_grad);
    }

    [Fact]
    public void A_view_of_another_shape_is_refused()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<KernelException>(() => ParameterBinding.ShareMemory(zeros(2), zeros(3)));
        Assert.Contains("[2]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[3]", error.Message, StringComparison.Ordinal);
    }

    [SharedDataFact("torchscript-mnist/model.pt")]
    public void A_torchscript_module_computes_and_differentiates_in_the_flat_vectors()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load<Tensor, Tensor>(SharedData.At("torchscript-mnist/model.pt"));
        module.eval();
        var parameters = module.named_parameters().Select(entry => (Tensor)entry.parameter).ToArray();
        var count = parameters.Sum(parameter => parameter.numel());
        var (flat, gradient) = (zeros(count), zeros(count));
        var input = zeros([2, 1, 28, 28]) + 0.5;
        using var before = module.call(input).detach();
        long offset = 0;
        foreach (var parameter in parameters)
        {
            using (no_grad())
            {
                flat.narrow(0, offset, parameter.numel()).copy_(parameter.reshape(-1));
            }

            ParameterBinding.ShareMemory(parameter, flat.narrow(0, offset, parameter.numel()).view(parameter.shape));
            ParameterBinding.AccumulateGradient(parameter, gradient.narrow(0, offset, parameter.numel()).view(parameter.shape));
            offset += parameter.numel();
        }

        Assert.True(before.Equals(module.call(input)), "binding alone must not change the outputs");
        module.call(input).square().sum().backward();
        Assert.True(gradient.square().sum().item<float>() > 0);

        // The derivative along the gradient, by finite differences through the flat vector alone.
        using var direction = gradient / gradient.square().sum().sqrt();
        const float Shift = 1e-3f;
        float Loss(float distance)
        {
            using var guard = no_grad();
            flat.add_(direction * distance);
            return module.call(input).square().sum().item<float>();
        }

        var up = Loss(Shift);
        var down = Loss(-2 * Shift);
        var slope = gradient.square().sum().sqrt().item<float>();
        Assert.Equal(1, (up - down) / (2 * Shift) / slope, 0.02);
        using (no_grad())
        {
            flat.fill_(0);
        }

        Assert.Equal(0, module.call(input).abs().sum().item<float>(), 5);
    }
}
