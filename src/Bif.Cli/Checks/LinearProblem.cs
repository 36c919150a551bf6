using System.Globalization;
using Bif.Engine.Checkpoints;
using Bif.Engine.Runs;
using static TorchSharp.torch;

namespace Bif.Cli.Checks;

/// <summary>
/// A random linear regression at its least-squares fit, written to a folder, and the closed form of its covariances;
/// query 0 is a copy of training item 7.
/// </summary>
internal sealed class LinearProblem
{
    private readonly Tensor _inputs, _residuals, _queries, _queryResiduals;

    /// <summary>Writes model and data below a folder; its tensors belong to the caller's dispose scope.</summary>
    public LinearProblem(string folder, int items = 40, int queries = 4, int dimensions = 3)
    {
        Folder = folder;
        using var generator = new Generator(11);
        Tensor Normal(params long[] size) => randn(size, float64, generator: generator);
        var truth = Normal(dimensions);
        _inputs = Normal(items, dimensions);
        var targets = _inputs.mv(truth) + (Normal(items) * 0.5);
        _queries = Normal(queries, dimensions);
        var queryTargets = _queries.mv(truth) + (Normal(queries) * 0.5);
        _queries[0].copy_(_inputs[Copy]);
        queryTargets[0].copy_(targets[Copy]);
        var fit = linalg.solve(_inputs.t().mm(_inputs), _inputs.t().mv(targets));
        (_residuals, _queryResiduals) = (_inputs.mv(fit) - targets, _queries.mv(fit) - queryTargets);

        Directory.CreateDirectory(Model);
        File.WriteAllText(Path.Combine(Model, "config.json"), """{"model_type":"linear"}""");
        SafetensorsFile.Write(Path.Combine(Model, "model.safetensors"), [("weight", [1, dimensions], fit.to(float32).data<float>().ToArray())]);
        Write("train.csv", _inputs, targets);
        Write("test.csv", _queries, queryTargets);
    }

    /// <summary>The training item that query 0 is a copy of.</summary>
    public static int Copy => 7;

    /// <summary>Where everything lies.</summary>
    public string Folder { get; }

    private string Model => Path.Combine(Folder, "model");

    /// <summary>A run over the problem.</summary>
    public RunSpec Spec(string device) => new()
    {
        Model = Model, Data = Folder + "@train", Queries = Folder + "@test", Device = device,
        Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 0, Chains = 4, Draws = 500, Thin = 8, BurnIn = 200, Seed = 2,
    };

    /// <summary>Cov(ℓ_i, ℓ_q) = r_i·r_q·G + G²/2 with G = x_iᵀ(nβH + γI)⁻¹x_q, as [query, item].</summary>
    public double[] Covariances(double nbeta, double gamma)
    {
        using var scope = NewDisposeScope();
        var hessian = _inputs.t().mm(_inputs) / _inputs.size(0);
        var g = _queries.mm(linalg.solve((hessian * nbeta) + (eye(hessian.size(0), dtype: float64) * gamma), _inputs.t()));
        return ((_queryResiduals.outer(_residuals) * g) + (g.square() / 2)).reshape(-1).data<double>().ToArray();
    }

    private void Write(string file, Tensor inputs, Tensor targets)
    {
        var (x, y) = (inputs.data<double>(), targets.data<double>());
        var width = (int)inputs.size(1);
        var rows = Enumerable.Range(0, (int)inputs.size(0)).Select(row => Enumerable.Range(0, width).Select(k => x[row, k]).Append(y[row]));
        File.WriteAllLines(
            Path.Combine(Folder, file),
            rows.Select(row => string.Join(',', row.Select(value => value.ToString("R", CultureInfo.InvariantCulture))))
                .Prepend(string.Join(',', Enumerable.Range(0, width).Select(k => $"x{k}").Append("y"))));
    }
}
