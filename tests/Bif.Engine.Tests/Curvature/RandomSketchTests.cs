using Bif.Engine.Curvature;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Curvature;

public sealed class RandomSketchTests
{
    private const int Width = 400;

    // Lengths and angles of few vectors survive a Gaussian sketch within some √(2/width), folded or not.
    [Theory]
    [InlineData(5_000)]
    [InlineData(70_000)]
    [InlineData(400_001)]
    public void Products_of_sketches_are_those_of_the_vectors(int parameters)
    {
        using var scope = NewDisposeScope();
        using var sketch = new RandomSketch(Width, zeros([parameters]), 7);
        var rows = zeros([4, parameters]);
        rows.select(0, 0).copy_(randn([parameters]));
        rows.select(0, 1).copy_(rows.select(0, 0) + randn([parameters]));

        // In one bucket, and at the end.
        rows.select(0, 2).narrow(0, 3, 1).fill_(5);
        rows.select(0, 3).narrow(0, parameters > RandomSketch.Buckets + 3 ? RandomSketch.Buckets + 3 : 4, 1).fill_(2);
        rows.select(0, 3).narrow(0, parameters - 1, 1).fill_(-1);
        var exact = rows.matmul(rows.transpose(0, 1));
        var sketched = sketch.Of(rows);
        Assert.Equal([4L, Width], sketched.shape);
        var scale = exact.diagonal().sqrt();
        var error = (sketched.matmul(sketched.transpose(0, 1)) / Width - exact).abs() / scale.outer(scale);

        // Vectors of one entry in one bucket, too: their normals are the same up to the sign, so that only the signs keep them apart.
        error.select(0, 2).narrow(0, 3, 1).zero_();
        error.select(0, 3).narrow(0, 2, 1).zero_();
        Assert.True(error.max().item<float>() < 0.3, $"{error.max().item<float>()}");
    }

    [Fact]
    public void A_sketch_is_linear_and_follows_from_its_seed()
    {
        using var scope = NewDisposeScope();
        var like = zeros([70_000]);
        using var sketch = new RandomSketch(5, like, 7);
        using var same = new RandomSketch(5, like, 7);
        using var other = new RandomSketch(5, like, 8);
        var (a, b) = (randn([2, 70_000]), randn([2, 70_000]));
        var of = sketch.Of(a);
        Assert.Equal(0, (of - same.Of(a)).abs().max().item<float>());
        Assert.True((of - other.Of(a)).abs().max().item<float>() > 1);
        var sum = sketch.Of((a * 2) - b);
        Assert.True((sum - ((of * 2) - sketch.Of(b))).abs().max().item<float>() < 1e-4 * sum.abs().max().item<float>());
    }
}
