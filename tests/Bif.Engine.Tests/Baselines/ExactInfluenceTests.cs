using Bif.Engine.Baselines;
using Bif.Engine.Baselines.Gradients;
using Bif.Engine.Baselines.Methods;
using Bif.Engine.Runs;
using Bif.Engine.Tests.Runs;
using Xunit;

namespace Bif.Engine.Tests.Baselines;

/// <summary>The exact damped influence: its closed form, and the agreement of its routes.</summary>
public sealed class ExactInfluenceTests
{
    [Fact]
    public void On_linear_regression_it_is_the_first_term_of_the_covariance_in_closed_form()
    {
        using var problem = TestProblem.Random(3);
        var run = RunDirectory.Open(problem.Run("run", MethodComparisonTests.Small(problem)));
        using var comparison = new MethodComparison(run, new MethodOptions(), 1);
        comparison.Compute("exact", null, default);
        var scores = Bif.Engine.Arrays.NpyFile.Read<float>(Path.Combine(comparison.Folder, "exact.npy")).Values;
        double Residual(double[] x, double y) => x.Zip(problem.Weights, (a, b) => a * b).Sum() - y;
        for (var query = 0; query < problem.QueryTargets.Length; query++)
        {
            for (var item = 0; item < problem.Targets.Length; item++)
            {
                // Cov = r_i·r_q·G + G²/2: the influence is the first term, and the closed form is solved for G.
                var r = Residual(problem.Inputs[item], problem.Targets[item]) * Residual(problem.QueryInputs[query], problem.QueryTargets[query]);
                var covariance = problem.Covariance(item, query, 20, 2);
                var g = -scores[(query * problem.Targets.Length) + item] / r;
                Assert.Equal(covariance, (r * g) + (g * g / 2), 1e-4);
            }
        }
    }

    [Theory]
    [InlineData("mlp")]
    [InlineData("convnet")]
    public void Its_three_routes_agree(string network)
    {
        using var problem = new TinyProblem(GradientMethodTests.Config(network));
        using var source = new GradientSource(problem.Context);
        var dense = new DenseInfluence(problem.Context, source, TinyProblem.Classes).Scores(null, default).Values;
        var gram = new GramInfluence(problem.Context, source, TinyProblem.Classes).Scores(null, default).Values;
        var iterated = new IteratedInfluence(problem.Context, source).Scores(null, default).Values;
        var scale = dense.Max(Math.Abs);
        for (var index = 0; index < dense.Length; index++)
        {
            Assert.Equal(dense[index], gram[index], 1e-3f * scale);
            Assert.Equal(dense[index], iterated[index], 1e-3f * scale);
        }
    }

    [Fact]
    public void With_growing_gamma_it_tends_to_the_gradient_dot_product_over_gamma()
    {
        using var problem = new TinyProblem(TinyProblem.Perceptron);
        var strong = problem.Context with { Gamma = 1e6 };
        var exact = AttributionMethodCatalog.Create("exact").Score(strong, null, default).Values;
        var dots = AttributionMethodCatalog.Create("gradsim").Score(strong, null, default).Values;
        var scale = dots.Max(Math.Abs);
        Assert.All(exact.Zip(dots), pair => Assert.Equal(pair.Second, pair.First * 1e6, 0.01 * scale));
    }

    [Fact]
    public void A_run_without_localisation_is_refused()
    {
        using var problem = new TinyProblem(TinyProblem.Logistic);
        var error = Assert.Throws<InputException>(() => AttributionMethodCatalog.Create("exact").Score(problem.Context with { Gamma = 0 }, null, default));
        Assert.Contains("gamma", error.Message, StringComparison.Ordinal);
    }
}
