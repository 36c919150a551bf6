using System.Runtime.InteropServices;
using Bif.Native;
using static TorchSharp.torch;

namespace Bif.Kernels;

/// <summary>
/// PyTorch's .pt/.pth/.bin state dicts, read only with libtorch's restricted unpickler: tensors and containers, no code.
/// </summary>
public static class PickledStateDict
{
    /// <summary>Reads all tensors by name; the caller disposes them.</summary>
    /// <exception cref="InvalidDataException">The file is no zip checkpoint of tensors; one sentence.</exception>
    public static IReadOnlyDictionary<string, Tensor> Read(string path)
    {
        Span<byte> magic = stackalloc byte[4];
        using (var stream = File.OpenRead(path))
        {
            if (stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) < 4 || !magic.SequenceEqual("PK\u0003\u0004"u8))
            {
                throw new InvalidDataException(
                    $"{path} is not a zip checkpoint of PyTorch 1.6 or newer: save the state dict again with torch.save, or as safetensors.");
            }
        }

        if (KernelMethods.bif_state_dict_read(path, out var dict, out var names, out var count) != 0)
        {
            var reason = KernelMethods.LastError.Split('\n')[0];
            throw new InvalidDataException($"{path} is not a state dict of plain tensors ({reason}): save model.state_dict(), or as safetensors.");
        }

        try
        {
            var lines = Marshal.PtrToStringUTF8(names)!.Split('\n');
            var tensors = new Dictionary<string, Tensor>();
            for (var index = 0; index < count; index++)
            {
                tensors[lines[index]] = Tensor.UnsafeCreateTensor(KernelMethods.bif_state_dict_tensor(dict, index));
            }

            return tensors;
        }
        finally
        {
            KernelMethods.bif_state_dict_release(dict);
        }
    }
}
