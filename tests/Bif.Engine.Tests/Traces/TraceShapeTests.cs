using Bif.Engine.Traces;
using Bif.Testing;
using Xunit;

namespace Bif.Engine.Tests.Traces;

public sealed class TraceShapeTests
{
    [Theory]
    [InlineData(100_000, 100_000, 0, "thinning")]
    [InlineData(2, int.MaxValue, 0, "thinning")]
    [InlineData(1, 100_000_000, 0, "thinning")]
    [InlineData(4, 1, int.MaxValue, "burn-in")]
    public void Steps_beyond_what_a_trace_holds_are_refused_with_a_sentence(int draws, int thin, int burnIn, string says)
    {
        using var folder = new TemporaryFolder();
        var shape = TraceShape.ChooseBlocks(1, draws, 5, 2, thin, burnIn);
        Assert.Contains(says, Assert.Throws<InputException>(() => TraceStore.Create(folder.At("t.zarr"), shape)).Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Root));
    }
}
