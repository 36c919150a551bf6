using static Bif.Native.Operator;

namespace TorchSharp;

/// <summary>What lies beyond a tensor's border.</summary>
public enum PaddingModes
{
    Zeros = 0,
    Reflect = 1,
    Replicate = 2,
    Circular = 3,
    Constant = 4,
}

// Padding.
public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>Pads the last dimension by pad[0] before and pad[1] after, the one before it by pad[2] and pad[3], and so on.</summary>
            public static Tensor pad(Tensor input, long[] pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => mode is PaddingModes.Constant or PaddingModes.Zeros
                ? Call("aten::constant_pad_nd", input, pad, mode == PaddingModes.Zeros ? 0 : value)
                : Call("aten::pad", input, pad, mode.ToString().ToLowerInvariant());
            public static Tensor pad(Tensor input, (long, long, long, long) pad, PaddingModes mode = PaddingModes.Constant, double value = 0) => functional.pad(input, [pad.Item1, pad.Item2, pad.Item3, pad.Item4], mode, value);
        }
    }
}
