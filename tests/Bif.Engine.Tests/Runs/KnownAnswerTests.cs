using Bif.Engine.Runs;
using Bif.Engine.Sampling;
using Bif.Engine.Sampling.Preconditioners;
using Bif.Kernels;
using Xunit;
using static TorchSharp.torch;

namespace Bif.Engine.Tests.Runs;

/// <summary>METHOD section 5, through the whole pipeline where that is possible.</summary>
[Trait("Pace", "slow")]
public sealed class KnownAnswerTests
{
    // With a = 1 and e = 1 RMSprop-SGLD is SGLD and shares its target.
    [Theory]
    [InlineData("sgld", null, 0.02)]
    [InlineData("rmsprop", null, 0.02)]
    [InlineData("baoab", "none", 0.4)]
    [InlineData("baoab", "diagonal", 0.8)]
    [InlineData("baoab", "kfac", 0.8)]
    [InlineData("baoab", "lowrank", 0.8)]
    [InlineData("laplace", "kfac", null)]
    [InlineData("laplace", "lowrank", null)]
    public void One_the_Gaussian(string sampler, string? preconditioner, double? epsilon)
    {
        // L = w²/2 + const from targets 0, -1, 1; nβ = γ = 2, so p = N(0, 1/4).
        using var problem = new TestProblem([[1], [1], [1]], [0, -1, 1], [[1]], [1], [0]);
        var run = problem.Run("run", problem.Spec() with
        {
            Sampler = sampler, Preconditioner = preconditioner, Decay = 1, Stabilizer = 1, Epsilon = epsilon, Nbeta = 2, Gamma = 2, Batch = 0, Chains = 4,
            Draws = 1500, Thin = sampler switch { "laplace" => 1, "baoab" => 2, _ => 8 }, BurnIn = 200, FirstOrderControl = sampler == "laplace" ? false : null,
        });
        var bif = TestProblem.Scores(run, "bif").Values;
        var errors = TestProblem.Scores(run, "bif_se").Values;
        double[] expected = [0.03125, -0.21875, 0.28125];
        for (var item = 0; item < 3; item++)
        {
            // The step's bias is about ε·k/4 = 2 % of the variance, 4 % of its square.
            Assert.Equal(expected[item], -bif[item], (4.5 * errors[item]) + (0.04 * Math.Abs(expected[item])) + 0.001);
        }

        Assert.Equal(-0.5625, 2 * bif[2], (9 * errors[2]) + 0.025);
    }

    [Fact]
    public void Two_linear_regression_and_seven_a_copy_of_the_query()
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", problem.Spec() with
        {
            Epsilon = 1e-3, Nbeta = 40, Gamma = 5, Batch = 0, Chains = 4, Draws = 2000, Thin = 8, BurnIn = 500, Seed = 2,
        });
        Assert.Equal([4, 40], TestProblem.Scores(run, "bif").Shape);
        Assert.InRange(Distance(problem, run, 40, 0.02), 0.3, 1.6);
        var correlation = TestProblem.Scores(run, "correlation").Values;
        Assert.Equal(7, Array.IndexOf(correlation, correlation.Take(40).Max()));
        Assert.Equal(1, correlation[7], 4);
    }

    // On the linear model the curvature is exact, so the Laplace draws are draws from the posterior itself.
    [Theory]
    [InlineData("baoab", "none", 0.06, null)]
    [InlineData("baoab", "diagonal", 0.5, 1.0)]
    [InlineData("baoab", "kfac", 0.5, 1.0)]
    [InlineData("baoab", "lowrank", 0.5, 1.0)]
    [InlineData("laplace", "kfac", 1.0, null)]
    [InlineData("laplace", "lowrank", 1.0, null)]
    public void Two_linear_regression_in_every_coordinates(string sampler, string preconditioner, double epsilon, double? friction)
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", problem.Spec() with
        {
            Sampler = sampler, Preconditioner = preconditioner, Epsilon = epsilon, Friction = friction, Nbeta = 40, Gamma = 5,
            Batch = 0, Chains = 4, Draws = 2000, Thin = sampler == "laplace" ? 1 : 2, BurnIn = 100, Seed = 2,
        });
        Assert.InRange(Distance(problem, run, 40, 0), 0.4, 1.7);
        Assert.Equal("good", RunDirectory.Open(run).ReadRecord().Verdict!.Name);
        Assert.Equal(1, TestProblem.Scores(run, "correlation").Values[7], 4);
    }

    // At weights that are no minimum the plain target's mode lies elsewhere; centred it is the checkpoint, and the closed form holds with its residuals.
    [Theory]
    [InlineData("sgld", null, 1e-3)]
    [InlineData("baoab", "none", 0.06)]
    [InlineData("baoab", "kfac", 0.5)]
    [InlineData("baoab", "lowrank", 0.5)]
    public void Two_the_centred_force_makes_a_checkpoint_off_the_minimum_the_mode(string sampler, string? preconditioner, double epsilon)
    {
        using var fitted = TestProblem.Random(3);
        using var problem = new TestProblem(fitted.Inputs, fitted.Targets, fitted.QueryInputs, fitted.QueryTargets, [.. fitted.Weights.Select((weight, index) => weight + (index == 0 ? 0.8 : -0.5))]);
        double Off(bool centred)
        {
            var run = problem.Run($"run{centred}", problem.Spec() with
            {
                Sampler = sampler, Preconditioner = preconditioner, Epsilon = epsilon, Friction = preconditioner is null or "none" ? null : 1, Nbeta = 40, Gamma = 5,
                Batch = 0, Chains = 4, Draws = 600, Thin = sampler == "sgld" ? 8 : 2, BurnIn = 200, Seed = 2, Centered = centred,
            });
            return Distance(problem, run, 40, 0.02);
        }

        Assert.InRange(Off(true), 0.3, 1.7);
        Assert.InRange(Off(false), 3, 1000);
    }

    // Without data the target is N(w*, I/γ) in all coordinates, and the losses' covariances have the same closed form.
    [Theory]
    [InlineData("sgld", null, 0.02)]
    [InlineData("baoab", "none", 0.2)]
    [InlineData("baoab", "diagonal", 0.8)]
    [InlineData("baoab", "kfac", 0.8)]
    [InlineData("baoab", "lowrank", 0.8)]
    [InlineData("laplace", "none", null)]
    [InlineData("laplace", "diagonal", null)]
    [InlineData("laplace", "kfac", null)]
    [InlineData("laplace", "lowrank", null)]
    public void Four_without_data_scores_are_those_of_the_Gaussian_around_the_checkpoint(string sampler, string? preconditioner, double? epsilon)
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", problem.Spec() with
        {
            Sampler = sampler, Preconditioner = preconditioner, Epsilon = epsilon, Nbeta = 0, Gamma = 5, Batch = 0, Chains = 4, Draws = 800,
            Thin = sampler switch { "laplace" => 1, "baoab" => 2, _ => 6 }, BurnIn = 100, Seed = 2, FirstOrderControl = sampler == "laplace" ? false : null,
        });
        Assert.InRange(Distance(problem, run, 0, 0.05), 0.1, 1.7);
    }

    // Laplace draws are tested above; a chain that starts at one is where the first of them is.
    [Theory]
    [InlineData("diagonal")]
    [InlineData("lowrank")]
    public void Two_chains_that_start_at_laplace_draws_begin_where_the_first_draw_is(string name)
    {
        using var scope = NewDisposeScope();
        using Preconditioner preconditioner = name == "diagonal"
            ? new DiagonalPreconditioner(tensor(new float[] { 1, 2, 3, 4 }), 8, 2)
            : new LowRankPreconditioner(tensor(new float[] { 0.6f, 0.8f, 0, 0 }, [1, 4]), tensor(new float[] { 5 }), 8, 2);
        var center = tensor(new float[] { 1, -1, 2, 0 });
        var settings = new SamplerSettings("baoab", 0.1, 8, 2, 0, 1, 1, 0, 1, 7, Preconditioner: name, Friction: 1, Start: "laplace");
        using var laplace = new ChainState(3, 7, center, SamplerCatalog.Create(settings with { Sampler = "laplace" }, preconditioner));
        SamplerCatalog.Create(settings with { Sampler = "laplace" }, preconditioner).Move(laplace);
        using var chain = new ChainState(3, 7, center, SamplerCatalog.Create(settings, preconditioner));
        Assert.Equal(laplace.Position.data<float>().ToArray(), chain.Position.data<float>().ToArray());
        Assert.NotEqual(center.data<float>().ToArray(), chain.Position.data<float>().ToArray());

        // Coordinates and position say the same: a step of no length leaves the position where it is.
        SamplerCatalog.Create(settings with { Epsilon = 1e-9 }, preconditioner).Move(chain);
        Assert.All(laplace.Position.data<float>().ToArray().Zip(chain.Position.data<float>().ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Fact]
    public void Two_laplace_draws_in_leading_directions_agree_with_the_noise_free_influence()
    {
        using var problem = TestProblem.Random(3);
        var run = problem.Run("run", problem.Spec() with { Sampler = "laplace", Preconditioner = "lowrank", Nbeta = 4000, Gamma = 500, Chains = 4, Draws = 3000 });
        var agreement = RunDirectory.Open(run).ReadRecord().Diagnostics!.Value.GetProperty("low_rank_agreement").GetDouble();
        Assert.InRange(agreement, 0.99, 1);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2.0)]
    [InlineData(3.6)]
    public void Three_the_underdamped_positions_have_the_exact_variance_up_to_the_limit(double squaredStepTimesPrecision)
    {
        // BAOAB on a quadratic: the variance of the positions is 1/k for every stable h, h²·k < 4.
        using var scope = NewDisposeScope();
        const int Copies = 40_000;
        const double Precision = 10;
        var step = Math.Sqrt(squaredStepTimesPrecision / Precision);
        var (w, v, center) = (zeros(Copies), randn([Copies]), zeros(Copies));
        for (ulong number = 0; number < 300; number++)
        {
            LangevinStep.Baoab(w, v, w.clone(), center, null, step, 1, 8, 2, 1, 0, number);
        }

        Assert.Equal(1 / Precision, w.square().mean().item<float>(), 0.03 / Precision);
    }

    [Fact]
    public void Three_an_underdamped_step_beyond_the_limit_diverges()
    {
        using var scope = NewDisposeScope();
        var (w, v) = (zeros(100), randn([100]));
        for (ulong number = 0; number < 2000; number++)
        {
            LangevinStep.Baoab(w, v, w.clone(), null, null, Math.Sqrt(4.1 / 10), 0.1, 8, 2, 1, 0, number);
        }

        Assert.False(w.abs().max().item<float>() < 1e6);
    }

    [Fact]
    public void Four_without_data_the_underdamped_chain_samples_the_Gaussian_around_the_checkpoint()
    {
        using var scope = NewDisposeScope();
        var center = zeros(50_000).add_(3);
        var (w, v) = (center.clone(), randn([50_000]));
        for (ulong number = 0; number < 300; number++)
        {
            LangevinStep.Baoab(w, v, randn([50_000]), center, null, 0.5, 2, 0, 4, 1, 0, number);
        }

        Assert.Equal(3, w.mean().item<float>(), 0.02);
        Assert.Equal(0.25, w.var().item<float>(), 0.01);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(2.0)]
    [InlineData(3.0)]
    public void Three_the_variance_and_autocorrelation_of_the_discretisation(double epsilonTimesPrecision)
    {
        // 40,000 independent copies of a direction with h = 1: k = nβ + γ = 10.
        using var scope = NewDisposeScope();
        const int Copies = 40_000;
        const double Precision = 10;
        var epsilon = epsilonTimesPrecision / Precision;
        var center = zeros(Copies);
        var w = zeros(Copies);
        var previous = zeros(Copies);
        for (ulong step = 0; step < 200; step++)
        {
            previous.copy_(w);
            LangevinStep.Sgld(w, w.clone(), center, epsilon, 8, 2, 1, 0, step);
        }

        var variance = w.square().mean().item<float>();
        Assert.Equal(1 / Precision / (1 - (epsilonTimesPrecision / 4)), variance, 0.03 * variance);
        Assert.Equal(1 - (epsilonTimesPrecision / 2), (w * previous).mean().item<float>() / variance, 0.02);
    }

    [Fact]
    public void Three_a_step_beyond_the_limit_diverges()
    {
        using var scope = NewDisposeScope();
        var w = zeros(100);
        for (ulong step = 0; step < 2000; step++)
        {
            LangevinStep.Sgld(w, w.clone(), zeros(100), 0.41, 8, 2, 1, 0, step);
        }

        Assert.False(w.abs().max().item<float>() < 1e6);
    }

    [Fact]
    public void Four_without_data_the_chain_samples_the_Gaussian_around_the_checkpoint()
    {
        using var scope = NewDisposeScope();
        var center = full([50_000L], 3, ScalarType.Float32);
        var w = center.clone();
        for (ulong step = 0; step < 400; step++)
        {
            LangevinStep.Sgld(w, randn([50_000]), center, 0.01, 0, 4, 1, 0, step);
        }

        Assert.Equal(3, w.mean().item<float>(), 0.02);
        Assert.Equal(0.25 / (1 - 0.01), w.var().item<float>(), 0.01);
    }

    [Theory]
    [InlineData("sgld", null, 4e-7)]
    [InlineData("baoab", "none", 1e-3)]
    [InlineData("baoab", "diagonal", 0.8)]
    [InlineData("baoab", "kfac", 0.8)]
    [InlineData("baoab", "lowrank", 0.8)]
    [InlineData("laplace", "diagonal", null)]
    [InlineData("laplace", "kfac", null)]
    [InlineData("laplace", "lowrank", null)]
    public void Six_strong_localization_gives_the_cosine_of_the_gradients_and_the_verdict_says_so(string sampler, string? preconditioner, double? epsilon)
    {
        using var problem = TestProblem.Random(5);
        var run = problem.Run("run", problem.Spec() with
        {
            Sampler = sampler, Preconditioner = preconditioner, Epsilon = epsilon, Nbeta = 40, Gamma = 1e6, Batch = 0, Chains = 4, Draws = 1000,
            Thin = sampler == "laplace" ? 1 : 2, BurnIn = 50, FirstOrderControl = sampler == "laplace" ? false : null,
        });
        var correlation = TestProblem.Scores(run, "correlation").Values;
        var errors = TestProblem.Scores(run, "correlation_se").Values;
        for (var query = 0; query < 4; query++)
        {
            for (var item = 0; item < 40; item++)
            {
                double[] x = problem.Inputs[item], y = problem.QueryInputs[query];
                double Norm(double[] v) => Math.Sqrt(v.Sum(value => value * value));
                double Residual(double[] v, double target) => v.Zip(problem.Weights, (p, q) => p * q).Sum() - target;
                var cosine = x.Zip(y, (p, q) => p * q).Sum() / (Norm(x) * Norm(y))
                    * Math.Sign(Residual(x, problem.Targets[item]) * Residual(y, problem.QueryTargets[query]));
                Assert.Equal(cosine, correlation[(query * 40) + item], (5 * errors[(query * 40) + item]) + 0.03);
            }
        }

        Assert.Equal("over-localized", RunDirectory.Open(run).ReadRecord().Verdict!.Name);
    }

    // Of all scores from the closed form at γ = 5, root mean square: in standard errors and a share of what is expected.
    private static double Distance(TestProblem problem, string run, double nbeta, double slack)
    {
        var bif = TestProblem.Scores(run, "bif").Values;
        var errors = TestProblem.Scores(run, "bif_se").Values;
        var z = from query in Enumerable.Range(0, 4)
                from item in Enumerable.Range(0, 40)
                let exact = problem.Covariance(item, query, nbeta, 5)
                select (-bif[(query * 40) + item] - exact) / (errors[(query * 40) + item] + (slack * Math.Abs(exact)) + 1e-9);
        return Math.Sqrt(z.Average(value => value * value));
    }
}
