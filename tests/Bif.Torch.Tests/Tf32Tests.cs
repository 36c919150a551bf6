using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

public sealed class Tf32Tests
{
    [Fact]
    public void Matrix_products_and_convolutions_are_allowed_TF32_each_by_itself()
    {
        var (products, convolutions) = (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32);
        try
        {
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (true, false);
            Assert.True(backends.cuda.matmul.allow_tf32);
            Assert.False(backends.cudnn.allow_tf32);
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (false, true);
            Assert.False(backends.cuda.matmul.allow_tf32);
            Assert.True(backends.cudnn.allow_tf32);
        }
        finally
        {
            (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) = (products, convolutions);
        }
    }
}
