using System.Runtime.InteropServices;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// State dicts that <c>torch.save</c> wrote (.pt, .pth, .bin): a dictionary of tensors, or one that holds it under
/// <c>state_dict</c>, <c>model_state_dict</c> or <c>model</c>. Nothing in the file is executed: the pickle is parsed as data,
/// anything but numbers, texts, containers and tensors is refused, and libtorch's restricted unpickler rebuilds the tensors.
/// </summary>
public static class PickledStateDict
{
    /// <summary>Reads all tensors by name, on the CPU and in their stored types; the caller disposes them.</summary>
    /// <exception cref="InvalidDataException">The file is no such state dict; one sentence with its path and the reason.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        RequireZip(path);
        if (KernelMethods.bif_state_dict_read(path, out var dict, out var count) != 0)
        {
            var reason = KernelMethods.LastError.Split('\n')[0];
            throw new InvalidDataException($"{path} cannot be read as a state dict: {reason}.");
        }

        try
        {
            var tensors = new Dictionary<string, Tensor>();
            for (var index = 0; index < count; index++)
            {
                var name = Marshal.PtrToStringUTF8(KernelMethods.bif_state_dict_name(dict, index))!;
                tensors[name] = Tensor.UnsafeCreateTensor(KernelMethods.bif_state_dict_tensor(dict, index));
            }

            return tensors;
        }
        finally
        {
            KernelMethods.bif_state_dict_release(dict);
        }
    }

    private static void RequireZip(string path)
    {
        Span<byte> magic = stackalloc byte[4];
        using var stream = File.OpenRead(path);
        if (stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4 || !magic.SequenceEqual("PK\u0003\u0004"u8))
        {
            throw new InvalidDataException(
                $"{path} is not a zip checkpoint of PyTorch 1.6 or newer: save the state dict again with torch.save, or as safetensors.");
        }
    }
}
