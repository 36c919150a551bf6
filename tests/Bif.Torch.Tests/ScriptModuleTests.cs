using Bif.Torch.Tests.Kernels;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

public sealed class ScriptModuleTests
{
    [PyTorchFact]
    public void A_module_of_two_inputs_returns_both_outputs_and_differentiates()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load<Tensor, Tensor, (Tensor, Tensor)>(TorchSave.File("pair.pt"));
        var (first, second) = module.call(tensor([10f, 20]), tensor([1f, 2, 3]));
        Assert.Equal([21f, 61], first.data<float>().ToArray());
        Assert.Equal(6f, second.item<float>());
        first.sum().backward();
        var (_, weight) = Assert.Single(module.named_parameters());
        Assert.Equal([10f, 20], weight.grad!.data<float>().ToArray());
        module.zero_grad();
        Assert.Null(weight.grad);
    }

    [PyTorchFact]
    public void Parameters_and_buffers_carry_their_names_and_values()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load(TorchSave.File("script.pt"));
        Assert.Equal(["0.weight", "0.bias", "1.weight", "1.bias"], module.named_parameters().Select(entry => entry.name));
        Assert.Equal(["1.running_mean", "1.running_var", "1.num_batches_tracked"], module.named_buffers().Select(entry => entry.name));
        Assert.Equal(Enumerable.Range(0, 12).Select(value => (float)value), module.parameters().First().data<float>().ToArray());
        Assert.Empty(module.named_parameters(recurse: false));
        Assert.Equal(1, module.GetNumberOfInputs());
    }

    [PyTorchFact]
    public void Training_mode_changes_what_batch_normalisation_does()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load<Tensor, Tensor>(TorchSave.File("script.pt"));
        var input = arange(6, ScalarType.Float32).reshape(2, 3);
        module.eval();
        Assert.False(module.training);
        var evaluated = module.call(input);
        module.train();
        Assert.True(module.training);
        Assert.False(evaluated.allclose(module.call(input)));
    }

    [PyTorchFact]
    public void A_module_converts_to_another_type()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load<Tensor, Tensor>(TorchSave.File("script.pt")).to(ScalarType.Float64);
        Assert.Equal(ScalarType.Float64, module.call(ones([2, 3], ScalarType.Float64)).dtype);
    }

    [PyTorchFact]
    public void Another_number_of_outputs_than_declared_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var module = jit.load<Tensor, Tensor, Tensor>(TorchSave.File("pair.pt"));
        Assert.Contains("2 tensors", Assert.Throws<InvalidCastException>(() => module.call(ones(2), ones(1))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_module_is_an_error_of_libtorch()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "no module");
        Assert.Throws<TorchException>(() => jit.load(file));
    }
}
