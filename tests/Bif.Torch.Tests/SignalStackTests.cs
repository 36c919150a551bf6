using System.Runtime.CompilerServices;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

/// <summary>
/// .NET turns the fault of a null reference into an exception on a signal stack of 12 KiB, which a thread's tile registers do
/// not fit into: where operators used them, the next null reference would end the process without a word.
/// </summary>
public sealed class SignalStackTests
{
    [Fact]
    public void A_null_reference_is_an_exception_after_bfloat16_operators_on_the_same_thread()
    {
        using var scope = NewDisposeScope();
        var matrix = randn([256, 256]).to(ScalarType.BFloat16);
        Assert.True(matrix.matmul(matrix).to(ScalarType.Float32).isfinite().all().item<bool>());
        Assert.Throws<NullReferenceException>(() => LengthOf(null!));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int LengthOf(string text) => text.Length;
}
