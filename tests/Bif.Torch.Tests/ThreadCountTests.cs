using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

public sealed class ThreadCountTests
{
    [Fact]
    public void Threads_with_different_counts_keep_their_own()
    {
        using var turn = new Barrier(2);
        var seen = new int[2][];
        Thread[] threads = [.. Enumerable.Range(0, 2).Select(index => new Thread(() =>
        {
            // One after the other sets its count as the first thing it asks of libtorch; then both work and look.
            if (index == 1)
            {
                turn.SignalAndWait();
            }

            set_num_threads(index + 1);
            if (index == 0)
            {
                turn.SignalAndWait();
            }

            turn.SignalAndWait();
            var before = get_num_threads();
            using var scope = NewDisposeScope();
            var x = ones([100, 100]).requires_grad_();
            x.mm(x).sum().backward();
            turn.SignalAndWait();
            seen[index] = [before, get_num_threads()];
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Equal([[1, 1], [2, 2]], seen);
    }
}
