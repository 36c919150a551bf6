using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

[Collection("alone")]
public sealed class LeakTests
{
    [Fact]
    public void Steps_in_scopes_leave_no_tensor_behind()
    {
        void Step()
        {
            using var scope = NewDisposeScope();
            var x = randn([8, 8]).requires_grad_();
            x.mm(x).relu().sum().backward();
            _ = x.grad!.sum().item<float>();
            _ = x.split(2)[1].data<float>().ToArray();
            x.add_(0.0).mul_(1.0);
        }

        // Accessors are released by their finalizers.
        static void Settle()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            GC.Collect();
        }

        using var noGradient = enable_grad();
        try
        {
            Step();
        }
        catch (Exception)
        {
            // An in-place change of a leaf is an error of libtorch: it must leak nothing either.
        }

        Settle();
        var before = Tensor.LiveCount;
        for (var round = 0; round < 2000; round++)
        {
            try
            {
                Step();
            }
            catch (TorchSharp.TorchException)
            {
            }
        }

        Settle();
        Assert.InRange(Tensor.LiveCount - before, -5, 5);
    }
}

/// <summary>Tests that must not run beside others.</summary>
[CollectionDefinition("alone", DisableParallelization = true)]
public sealed class AloneCollection;
