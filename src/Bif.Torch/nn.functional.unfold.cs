using Bif.Native;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            /// <summary>The patches that a convolution sees, as columns [batch, channels · kernel, positions].</summary>
            public static Tensor unfold(Tensor input, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null)
            {
                static long[] Pair((long, long) value) => [value.Item1, value.Item2];
                return Operator.Call("aten::im2col", input, Pair(kernel_size), Pair(dilation ?? (1, 1)), Pair(padding ?? (0, 0)), Pair(stride ?? (1, 1)));
            }
        }
    }
}
