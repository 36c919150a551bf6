using System.Globalization;
using Bif.Engine.Arrays;
using Bif.Engine.Checkpoints;
using Bif.Engine.Runs;
using Bif.Testing;

namespace Bif.Engine.Tests.Runs;

/// <summary>A linear regression at its least-squares fit, on disk, with the closed form of its covariances.</summary>
internal sealed class TestProblem : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>Writes model, training data and queries.</summary>
    public TestProblem(double[][] inputs, double[] targets, double[][] queryInputs, double[] queryTargets, double[] weights)
    {
        (Inputs, Targets, QueryInputs, QueryTargets, Weights) = (inputs, targets, queryInputs, queryTargets, weights);
        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "config.json"), "{\"model_type\":\"linear\"}");
        SafetensorsFile.Write(Path.Combine(Model, "model.safetensors"), [("weight", [1, weights.Length], weights.Select(w => (float)w).ToArray())]);
        Write("train.csv", inputs, targets);
        Write("test.csv", queryInputs, queryTargets);
    }

    public double[][] Inputs { get; }

    public double[] Targets { get; }

    public double[][] QueryInputs { get; }

    public double[] QueryTargets { get; }

    public double[] Weights { get; }

    public string Model => _folder.At("model");

    /// <summary>A random problem with d = 3, whose query 0 is a copy of training item 7.</summary>
    public static TestProblem Random(int seed, int items = 40)
    {
        var random = new Random(seed);
        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
        var inputs = Enumerable.Range(0, items).Select(_ => new[] { Normal(), Normal(), Normal() }).ToArray();
        var targets = inputs.Select(x => x[0] - (2 * x[1]) + (0.5 * Normal())).ToArray();
        var queries = Enumerable.Range(0, 4).Select(_ => new[] { Normal(), Normal(), Normal() }).ToArray();
        var queryTargets = queries.Select(x => x[0] - (2 * x[1]) + (0.5 * Normal())).ToArray();
        (queries[0], queryTargets[0]) = (inputs[7], targets[7]);
        var weights = Solve(Gram(inputs, 1, 0), [.. Enumerable.Range(0, 3).Select(k => inputs.Zip(targets, (x, y) => x[k] * y).Average())]);
        return new TestProblem(inputs, targets, queries, queryTargets, weights);
    }

    /// <summary>Cov(ℓ_i, ℓ_q) = r_i·r_q·G + G²/2, G = x_iᵀ(nβH + γI)⁻¹x_q.</summary>
    public double Covariance(int item, int query, double nbeta, double gamma)
    {
        var solved = Solve(Gram(Inputs, nbeta, gamma), QueryInputs[query]);
        var g = Dot(Inputs[item], solved);
        return (Residual(Inputs[item], Targets[item]) * Residual(QueryInputs[query], QueryTargets[query]) * g) + (g * g / 2);
    }

    /// <summary>Var(ℓ) of an item: r²·G + G²/2, G = xᵀ(nβH + γI)⁻¹x.</summary>
    public double Variance(double[] x, double y, double nbeta, double gamma)
    {
        var g = Dot(x, Solve(Gram(Inputs, nbeta, gamma), x));
        return (Residual(x, y) * Residual(x, y) * g) + (g * g / 2);
    }

    public RunSpec Spec() => new() { Model = Model, Data = _folder.Root + "@train", Queries = _folder.Root + "@test" };

    public string Run(string name, RunSpec spec, bool resume = false, IProgress<RunProgress>? progress = null, CancellationToken cancellation = default)
    {
        AttributionRun.Execute(spec, At(name), resume, progress, cancellation);
        return At(name);
    }

    public string At(string name) => _folder.At(name);

    public static NpyArray<float> Scores(string run, string name) => NpyFile.Read<float>(Path.Combine(run, "scores", name + ".npy"));

    public void Dispose() => _folder.Dispose();

    private double Residual(double[] x, double y) => Dot(x, Weights) - y;

    private static double Dot(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();

    private static double[,] Gram(double[][] x, double scale, double ridge)
    {
        var d = x[0].Length;
        var gram = new double[d, d];
        for (var i = 0; i < d; i++)
        {
            for (var j = 0; j < d; j++)
            {
                gram[i, j] = (scale * x.Average(row => row[i] * row[j])) + (i == j ? ridge : 0);
            }
        }

        return gram;
    }

    // Gauss-Jordan; the matrices are small and positive definite.
    private static double[] Solve(double[,] matrix, double[] right)
    {
        var (a, b, d) = ((double[,])matrix.Clone(), right.ToArray(), right.Length);
        for (var k = 0; k < d; k++)
        {
            var pivot = a[k, k];
            for (var j = 0; j < d; j++)
            {
                a[k, j] /= pivot;
            }

            b[k] /= pivot;
            for (var i = 0; i < d; i++)
            {
                if (i != k)
                {
                    var factor = a[i, k];
                    for (var j = 0; j < d; j++)
                    {
                        a[i, j] -= factor * a[k, j];
                    }

                    b[i] -= factor * b[k];
                }
            }
        }

        return b;
    }

    private void Write(string file, double[][] x, double[] y) => File.WriteAllLines(
        _folder.At(file),
        x.Zip(y, (row, target) => string.Join(',', row.Append(target).Select(value => value.ToString("R", CultureInfo.InvariantCulture))))
            .Prepend(string.Join(',', Enumerable.Range(0, x[0].Length).Select(k => $"x{k}").Append("y"))));
}
