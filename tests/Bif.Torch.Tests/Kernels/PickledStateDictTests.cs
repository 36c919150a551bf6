using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

public class PickledStateDictTests
{
    [PyTorchFact]
    public void A_modules_state_dict_comes_back_with_names_shapes_types_and_values() => Check("state_dict.pt");

    [PyTorchFact]
    public void A_state_dict_one_level_down_is_found()
    {
        Check("nested.pt");
        Check("training.pt");
    }

    [PyTorchFact]
    public void Strides_offsets_shared_storage_half_types_and_parameters_are_kept()
    {
        using var scope = NewDisposeScope();
        var tensors = PickledStateDict.Read(TorchSave.File("kinds.pt"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], tensors["t"].contiguous().data<float>().ToArray());
        Assert.Equal([2, 3, 4], tensors["s"].contiguous().data<float>().ToArray());
        Assert.Equal([ScalarType.Float16, ScalarType.BFloat16], new[] { tensors["h"].dtype, tensors["b"].dtype });
        Assert.False(tensors["p"].requires_grad);
        Assert.Equal([0, 3], tensors["e"].shape);
        Assert.Equal(7, tensors["i"].item<long>());
    }

    [PyTorchFact]
    public void Code_in_a_pickle_is_named_and_not_run()
    {
        Assert.Contains("posix.system", Refused("evil.pt"), StringComparison.Ordinal);
        Assert.False(File.Exists(TorchSave.File("trap")));
    }

    [PyTorchFact]
    public void Whole_modules_legacy_files_scripts_and_files_without_tensors_are_refused()
    {
        Assert.Contains("Sequential", Refused("module.pt"), StringComparison.Ordinal);
        Assert.Contains("PyTorch 1.6", Refused("legacy.pt"), StringComparison.Ordinal);
        Assert.Contains("model_type torchscript", Refused("script.pt"), StringComparison.Ordinal);
        Assert.Contains("no tensors", Refused("empty.pt"), StringComparison.Ordinal);
        Assert.Contains("no dictionary", Refused("list.pt"), StringComparison.Ordinal);
    }

    [PyTorchFact]
    public void A_truncated_file_is_refused()
    {
        var bytes = File.ReadAllBytes(TorchSave.File("state_dict.pt"));
        foreach (var share in new[] { 0.1, 0.5, 0.9, 0.99 })
        {
            File.WriteAllBytes(TorchSave.File("truncated.pt"), bytes[..(int)(bytes.Length * share)]);
            Assert.Contains("truncated", Refused("truncated.pt"), StringComparison.Ordinal);
        }
    }

    private static void Check(string file)
    {
        using var scope = NewDisposeScope();
        var tensors = PickledStateDict.Read(TorchSave.File(file));
        Assert.Equal(
            ["0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"], tensors.Keys);
        Assert.Equal([4, 3], tensors["0.weight"].shape);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (float)i), tensors["0.weight"].data<float>().ToArray());
        Assert.Equal(ScalarType.Int64, tensors["1.num_batches_tracked"].dtype);
    }

    private static string Refused(string file)
        => Assert.Throws<InvalidDataException>(() => PickledStateDict.Read(TorchSave.File(file))).Message;
}
