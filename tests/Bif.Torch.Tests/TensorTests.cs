using System.Runtime.InteropServices;
using Bif.Native;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Torch.Tests;

public sealed class TensorTests
{
    [Fact]
    public void Operators_agree_with_plain_arithmetic()
    {
        var random = new Random(3);
        var a = Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble() + 0.1f).ToArray();
        var b = Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble() + 0.1f).ToArray();
        using var scope = NewDisposeScope();
        var x = tensor(a, [4, 6]);
        var y = tensor(b, [4, 6]);
        Compare(x + y, (i) => a[i] + b[i]);
        Compare(x - y, (i) => a[i] - b[i]);
        Compare(x * y, (i) => a[i] * b[i]);
        Compare(x / y, (i) => a[i] / b[i]);
        Compare((x * 3) + 1, (i) => (a[i] * 3) + 1);
        Compare(x.exp(), (i) => MathF.Exp(a[i]));
        Compare(x.log1p(), (i) => MathF.Log(1 + a[i]));
        Compare(x.square(), (i) => a[i] * a[i]);
        Compare(x.tanh(), (i) => MathF.Tanh(a[i]));
        Assert.Equal(a.Sum(), x.sum().item<float>(), 4);
        Assert.Equal(Enumerable.Range(0, 4).Select(row => a.Skip(row * 6).Take(6).Sum()), x.sum(1).data<float>().ToArray().Select(v => v), new Close());
        Assert.Equal(a.Zip(b, (p, q) => p * q).Sum(), x.view(24).dot(y.view(24)).item<float>(), 4);
    }

    [Fact]
    public void A_matrix_product_agrees_with_the_definition()
    {
        using var scope = NewDisposeScope();
        var left = tensor([1f, 2, 3, 4, 5, 6], [2, 3]);
        var right = tensor([7f, 8, 9, 10, 11, 12], [3, 2]);
        Assert.Equal([58f, 64, 139, 154], left.mm(right).data<float>().ToArray());
        Assert.Equal([2, 2], left.mm(right).shape);
    }

    [Fact]
    public void Backward_fills_the_memory_that_the_gradient_was_bound_to()
    {
        using var scope = NewDisposeScope();
        var flat = tensor([1f, 2, 3, 4]);
        var gradient = zeros(4);
        var leaf = flat.narrow(0, 1, 2).detach().requires_grad_();
        leaf.grad = gradient.narrow(0, 1, 2);
        (leaf * leaf).sum().backward();
        Assert.Equal([0f, 4, 6, 0], gradient.data<float>().ToArray());
    }

    [Fact]
    public void An_error_names_the_operator_the_reason_and_the_shapes()
    {
        using var scope = NewDisposeScope();
        var error = Assert.Throws<TorchException>(() => zeros([3, 4]).mm(zeros([3, 4])));
        Assert.Contains("aten::mm", error.Message, StringComparison.Ordinal);
        Assert.Contains("[3, 4] Float, [3, 4] Float", error.Message, StringComparison.Ordinal);
        Assert.IsType<ExternalException>(error, exactMatch: false);
        Assert.DoesNotContain("frame #", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_operator_is_named()
        => Assert.Contains("aten::no_such", Assert.Throws<TorchException>(() => Operator.Call("aten::no_such")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_scope_disposes_what_was_not_moved_out()
    {
        Tensor inner, moved, kept;
        using var outer = NewDisposeScope();
        using (NewDisposeScope())
        {
            inner = zeros(3);
            moved = zeros(3).MoveToOuterDisposeScope();
            kept = zeros(3).DetachFromDisposeScope();
        }

        Assert.Throws<ObjectDisposedException>(() => inner.Handle);
        Assert.Equal(3, moved.numel());
        outer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => moved.Handle);
        Assert.Equal(3, kept.numel());
        kept.Dispose();
    }

    [Fact]
    public void No_gradient_is_recorded_without_gradient_mode()
    {
        using var scope = NewDisposeScope();
        var x = ones(2).requires_grad_();
        using (no_grad())
        {
            Assert.False((x * 2).requires_grad);
        }

        Assert.True((x * 2).requires_grad);
        using (inference_mode())
        {
            Assert.False((x * 2).requires_grad);
        }
    }

    [Fact]
    public void Two_threads_work_with_scopes_of_their_own()
    {
        var results = new float[2];
        var threads = Enumerable.Range(0, 2).Select(index => new Thread(() =>
        {
            set_num_threads(1);
            for (var round = 0; round < 200; round++)
            {
                using var scope = NewDisposeScope();
                var x = (ones(50) * (index + 1)).requires_grad_();
                (x * x).sum().backward();
                results[index] = x.grad!.sum().item<float>();
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal([100f, 200f], results);
    }

    [Fact]
    public void The_message_for_a_library_that_does_not_load_lists_causes()
    {
        Assert.Contains("./bif build", NativeLoader.Explain("x.so", exists: false, ""), StringComparison.Ordinal);
        var text = NativeLoader.Explain("x.so", exists: true, "libtorch.so.1: not found");
        Assert.All(new[] { "libtorch-dev", "libopenblas0-openmp", "LD_LIBRARY_PATH", "libtorch.so.1" }, part => Assert.Contains(part, text, StringComparison.Ordinal));
        Assert.Throws<DllNotFoundException>(() => NativeLoader.Load("/nonexistent/libbif_native.so"));
    }

    private static void Compare(Tensor actual, Func<int, float> expected)
    {
        var values = actual.contiguous().data<float>().ToArray();
        Assert.Equal(Enumerable.Range(0, values.Length).Select(expected), values, new Close());
    }

    private sealed class Close : IEqualityComparer<float>
    {
        public bool Equals(float x, float y) => MathF.Abs(x - y) <= 2e-6f * MathF.Max(1, MathF.Abs(x));

        public int GetHashCode(float value) => 0;
    }
}
