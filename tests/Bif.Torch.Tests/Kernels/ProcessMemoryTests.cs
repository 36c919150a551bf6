using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests.Kernels;

// Alone, since tensors that another test frees go back at once.
[Collection("alone")]
public class ProcessMemoryTests
{
    [Fact]
    public void A_large_tensor_raises_the_resident_size_and_its_peak()
    {
        const long Bytes = 256L << 20;

        // Memory that an earlier test's tensors left would serve this one.
        ProcessMemory.ReleaseFreePages();
        var before = ProcessMemory.CurrentBytes;
        using (var tensor = ones(Bytes / sizeof(float)))
        {
            Assert.True(ProcessMemory.CurrentBytes - before > Bytes * 3 / 4, "the tensor is not counted");
        }

        Assert.True(ProcessMemory.PeakBytes >= before + (Bytes * 3 / 4), "the peak forgot the tensor");
    }

    [Fact]
    public void The_memory_of_a_cuda_device_is_known_where_there_is_one()
    {
        var bytes = ProcessMemory.Cuda(0);
        Assert.True(bytes is null || (cuda.is_available() && bytes.Value.PeakBytes >= 0));
    }

    [Fact]
    public void Memory_copies_are_faster_than_a_hundred_megabytes_a_second()
        => Assert.InRange(HostBandwidth.Measure(2), 1e8, 1e14);
}
