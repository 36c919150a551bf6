using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

/// <summary>The allocator of large CPU tensors.</summary>
[Collection("alone")]
public sealed class LargeTensorTests
{
    // A size that nothing else here asks for.
    private const int Odd = 1_234_567;

    [Fact]
    public void A_released_block_serves_the_next_tensor_of_its_size()
    {
        var first = AddressOfOne(Odd);
        Assert.Equal(first, AddressOfOne(Odd));
        Assert.Equal(first, AddressOfOne(Odd - 10_000));
    }

    [Fact]
    public void Blocks_in_use_and_kept_stay_within_a_quarter_more_than_was_in_use_at_once()
    {
        ProcessMemory.ReleaseFreePages();
        var (before, kept, _) = ProcessMemory.LargeTensors;
        Assert.Equal(0, kept);
        for (var size = Odd; size < 9 * Odd; size += Odd)
        {
            using var scope = NewDisposeScope();
            _ = empty([size]);
            _ = empty([Odd / 2]);
            var now = ProcessMemory.LargeTensors;
            Assert.True(now.UsedBytes >= before + (4L * size), $"{now.UsedBytes:N0} bytes are in use, but {before:N0} were before {size:N0} numbers");
            Assert.InRange(now.UsedBytes + now.KeptBytes, 0, Most(now.MostUsedBytes));
        }

        var after = ProcessMemory.LargeTensors;
        Assert.Equal(before, after.UsedBytes);
        Assert.InRange(after.KeptBytes, 1, Most(after.MostUsedBytes) - after.UsedBytes);
        ProcessMemory.ReleaseFreePages();
        Assert.Equal(0, ProcessMemory.LargeTensors.KeptBytes);
    }

    [Fact]
    public void A_tensor_larger_than_memory_is_an_error()
        => Assert.ThrowsAny<System.Runtime.InteropServices.ExternalException>(() => empty([1L << 45]));

    [Fact]
    public void Tensors_of_many_threads_keep_their_numbers()
        => Parallel.For(0, 64, new ParallelOptions { MaxDegreeOfParallelism = 8 }, index =>
        {
            using var scope = NewDisposeScope();
            for (var round = 0; round < 20; round++)
            {
                using var own = full([100_000 + (index % 3 * 7_000)], (double)index);
                Assert.Equal(index, own.min().item<float>());
                Assert.Equal(index, own.max().item<float>());
            }
        });

    // Bytes that blocks may take in all where so many were in use at once.
    private static long Most(long inUse) => inUse + (inUse / 4);

    private static unsafe nint AddressOfOne(int size)
    {
        using var scope = NewDisposeScope();
        fixed (byte* start = empty([size]).bytes)
        {
            return (nint)start;
        }
    }
}
