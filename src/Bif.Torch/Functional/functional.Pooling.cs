using static Bif.Native.Operator;

namespace TorchSharp;

// Pooling. A stride that is not given is the kernel's size.
public static partial class torch
{
    public static partial class nn
    {
        public static partial class functional
        {
            public static Tensor max_pool2d(Tensor input, long[] kernel_size, long[]? strides = null, long[]? padding = null, long[]? dilation = null, bool ceil_mode = false) => Call("aten::max_pool2d", input, kernel_size, strides ?? kernel_size, padding ?? [0, 0], dilation ?? [1, 1], ceil_mode);
            public static Tensor max_pool2d(Tensor input, long kernel_size, long? stride = null, long? padding = null, long? dilation = null, bool ceil_mode = false) => max_pool2d(input, Square(kernel_size), Square(stride), Square(padding), Square(dilation), ceil_mode);
            public static Tensor max_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null, bool ceil_mode = false) => max_pool2d(input, Both(kernel_size)!, Both(stride), Both(padding), Both(dilation), ceil_mode);

            public static Tensor avg_pool2d(Tensor input, long[] kernel_size, long[]? stride = null, long[]? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) => Call("aten::avg_pool2d", input, kernel_size, stride ?? kernel_size, padding ?? [0, 0], ceil_mode, count_include_pad, divisor_override);
            public static Tensor avg_pool2d(Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) => avg_pool2d(input, Square(kernel_size), Square(stride), Square(padding), ceil_mode, count_include_pad, divisor_override);
            public static Tensor avg_pool2d(Tensor input, (long, long) kernel_size, (long, long)? stride = null, (long, long)? padding = null, bool ceil_mode = false, bool count_include_pad = true, long? divisor_override = null) => avg_pool2d(input, Both(kernel_size)!, Both(stride), Both(padding), ceil_mode, count_include_pad, divisor_override);

            public static Tensor adaptive_avg_pool2d(Tensor input, long[] output_size) => Call("aten::adaptive_avg_pool2d", input, output_size);
            public static Tensor adaptive_avg_pool2d(Tensor input, (long, long) output_size) => adaptive_avg_pool2d(input, Both(output_size)!);
            public static Tensor adaptive_avg_pool2d(Tensor input, long output_size) => adaptive_avg_pool2d(input, Square(output_size));
            public static Tensor adaptive_max_pool2d(Tensor input, long[] output_size)
            {
                var (output, indices) = adaptive_max_pool2d_with_indices(input, output_size);
                indices.Dispose();
                return output;
            }
            public static (Tensor output, Tensor indices) adaptive_max_pool2d_with_indices(Tensor input, long[] output_size) => CallTwo("aten::adaptive_max_pool2d", input, output_size);

            /// <summary>Sliding blocks as columns: [batch, channels·kernel², blocks].</summary>
            public static Tensor unfold(Tensor input, long kernel_size, long dilation = 1, long padding = 0, long stride = 1) => Call("aten::im2col", input, Square(kernel_size), Square(dilation), Square(padding), Square(stride));
            public static Tensor unfold(Tensor input, (long, long) kernel_size, (long, long)? dilation = null, (long, long)? padding = null, (long, long)? stride = null) => Call("aten::im2col", input, Both(kernel_size), Both(dilation) ?? [1, 1], Both(padding) ?? [0, 0], Both(stride) ?? [1, 1]);

            private static long[] Square(long size) => [size, size];

            private static long[]? Square(long? size) => size is { } given ? Square(given) : null;

            private static long[]? Both((long, long)? sizes) => sizes is var (height, width) ? [height, width] : null;
        }
    }
}
