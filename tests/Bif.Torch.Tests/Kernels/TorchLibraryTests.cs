using Bif.Kernels;
using Bif.Native;
using Xunit;

namespace Bif.Torch.Tests.Kernels;

public sealed class TorchLibraryTests
{
    [Fact]
    public void OpenBLAS_uses_the_kernels_that_this_processor_has()
    {
        // Another BLAS chooses for itself, and what the person set stays.
        if (TorchLibrary.OpenBlasCore is not { } core || NativeEnvironment.OpenBlasCore is not { } wanted
            || Environment.GetEnvironmentVariable("OPENBLAS_CORETYPE") is not null)
        {
            return;
        }

        Assert.Equal(wanted, core, ignoreCase: true);
    }
}
