using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests;

public sealed class MemoryShortageTests
{
    [Fact]
    public void A_tensor_that_no_machine_holds_is_a_shortage_of_memory_and_other_errors_are_none()
    {
        using var scope = NewDisposeScope();
        Assert.True(MemoryShortage.Is(Assert.ThrowsAny<Exception>(() => empty([1L << 46]))));
        Assert.False(MemoryShortage.Is(Assert.ThrowsAny<Exception>(() => ones([2L, 3L]).matmul(ones([2L, 3L])))));
        Assert.False(MemoryShortage.Is(new InputException("out of memory")));
    }
}
