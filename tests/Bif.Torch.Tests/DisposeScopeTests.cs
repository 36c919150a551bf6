using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

public sealed class DisposeScopeTests
{
    [Fact]
    public void Statistics_count_what_became_of_the_threads_tensors() => OnAThread(() =>
    {
        var statistics = DisposeScopeManager.Statistics;
        Tensor outside = zeros(1), detached;
        using (NewDisposeScope())
        {
            _ = zeros(2);
            zeros(3).Dispose();
            detached = zeros(4).DetachFromDisposeScope();
        }

        Assert.Equal((1, 3), (statistics.CreatedOutsideScopeCount, statistics.CreatedInScopeCount));
        Assert.Equal((2, 0), (statistics.DisposedInScopeCount, statistics.DisposedOutsideScopeCount));
        Assert.Equal((1, 2), (statistics.DetachedFromScopeCount, statistics.ThreadTotalLiveCount));
        using (var scope = NewDisposeScope())
        {
            scope.Attach(detached);
        }

        outside.Dispose();
        outside.Dispose();
        Assert.Equal((3, 1), (statistics.DisposedInScopeCount, statistics.DisposedOutsideScopeCount));
        Assert.Equal((1, 0), (statistics.AttachedToScopeCount, statistics.ThreadTotalLiveCount));
        statistics.Reset();
        Assert.Equal(0, statistics.CreatedInScopeCount);
    });

    [Fact]
    public void Every_tensor_of_a_step_with_gradients_is_disposed() => OnAThread(() =>
    {
        using (NewDisposeScope())
        {
            var x = randn([8, 8]).requires_grad_();
            x.mm(x).relu().sum().backward();
            _ = x.grad!.split(2)[1].clone();
            var parameter = new TorchSharp.Modules.Parameter(randn(3));
            _ = (parameter * 2).MoveToOuterDisposeScope();
        }

        // The product moved out of the outermost scope: it is the caller's.
        Assert.Equal(1, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    });

    [Fact]
    public void A_closed_scope_takes_nothing_more()
    {
        var scope = NewDisposeScope();
        scope.Dispose();
        using var tensor = zeros(1);
        Assert.Throws<ObjectDisposedException>(() => scope.Attach(tensor));
    }

    [Fact]
    public void DisposeEverythingBut_keeps_what_it_was_given()
    {
        using var scope = NewDisposeScope();
        Tensor kept = zeros(1), gone = zeros(1);
        scope.DisposeEverythingBut(kept);
        Assert.True(gone.IsInvalid);
        Assert.False(kept.IsInvalid);
        Assert.Equal(1, scope.DisposablesCount);
    }

    [Fact]
    public void Scopes_that_close_in_the_wrong_order_still_dispose_their_own()
    {
        var outer = NewDisposeScope();
        var first = zeros(1);
        var inner = NewDisposeScope();
        var second = zeros(1);
        outer.Dispose();
        Assert.True(first.IsInvalid);
        Assert.False(second.IsInvalid);
        inner.Dispose();
        Assert.True(second.IsInvalid);
        Assert.Null(CurrentDisposeScope);
    }

    // Counts are the thread's: a thread of its own has seen no other test.
    private static void OnAThread(Action body)
    {
        Exception? error = null;
        var thread = new Thread(() => error = Record.Exception(body));
        thread.Start();
        thread.Join();
        Assert.True(error is null, error?.ToString());
    }
}
