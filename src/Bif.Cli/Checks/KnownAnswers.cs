using Bif.Engine.Arrays;
using Bif.Engine.Runs;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Cli.Checks;

/// <summary>
/// What a device must answer: closed forms of the sampler's law and of whole runs, the CPU's noise bit for bit, and the
/// CPU's scores and losses within float32's rounding.
/// </summary>
internal static class KnownAnswers
{
    private const int Copies = 40_000;

    /// <summary>All answers on a device, in a temporary folder, each as soon as it is known.</summary>
    public static IEnumerable<Answer> On(string device)
    {
        var folder = Directory.CreateTempSubdirectory("bif-check-").FullName;
        try
        {
            using var scope = NewDisposeScope();
            foreach (var answer in Noise(new Device(device)).Concat(Discretisation(new Device(device))).Concat(Run(folder, device)).Concat(CpuAgreement.Network(folder, new Device(device))))
            {
                yield return answer;
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<Answer> Noise(Device device)
    {
        Tensor here = zeros(Copies, device: device), cpu = zeros(Copies);
        LangevinStep.Normals(here, 3, 1, PhiloxPurpose.Noise, 5);
        LangevinStep.Normals(cpu, 3, 1, PhiloxPurpose.Noise, 5);
        yield return new Answer("noise: numbers with other bits than the CPU's", here.cpu().ne(cpu).sum().item<long>(), 0, 0);

        var (positionHere, positionCpu) = (here.clone(), cpu.clone());
        LangevinStep.Sgld(positionHere, here.clone(), zeros_like(here), 0.01, 8, 2, 1, 0, 0);
        LangevinStep.Sgld(positionCpu, cpu.clone(), zeros_like(cpu), 0.01, 8, 2, 1, 0, 0);
        yield return new Answer("SGLD step: positions with other bits than the CPU's", positionHere.cpu().ne(positionCpu).sum().item<long>(), 0, 0);

        var preconditioned = here.clone();
        LangevinStep.Rmsprop(preconditioned, here.clone(), zeros_like(here), ones_like(here), 0.01, 8, 2, 1, 1, true, 1, 0, 0);
        yield return new Answer("RMSprop-SGLD with a = 1, e = 1: positions other than SGLD's", preconditioned.ne(positionHere).sum().item<long>(), 0, 0);

        // Two steps, the first of which has a half kick; with and without a scale and a centre.
        foreach (var scaled in new[] { false, true })
        {
            (Tensor Position, Tensor Velocity) Move(Tensor start)
            {
                var (position, velocity, scale) = (start.clone(), start * 0.5, scaled ? start.square() + 0.1 : null);
                for (ulong step = 0; step < 2; step++)
                {
                    LangevinStep.Baoab(position, velocity, position.clone(), scaled ? null : zeros_like(start), scale, 0.3, 1, 8, 2, 1, 0, step);
                }

                return (position, velocity);
            }

            var (there, own) = (Move(here), Move(cpu));
            yield return new Answer(
                $"BAOAB steps{(scaled ? " in a scale" : "")}: numbers with other bits than the CPU's",
                there.Position.cpu().ne(own.Position).sum().item<long>() + there.Velocity.cpu().ne(own.Velocity).sum().item<long>(), 0, 0);
        }
    }

    // Independent copies of a direction with curvature 1, so precision k = nβ + γ; step ε with ε·k = 2. The stationary
    // variance is 1/k/(1 - ε·k/4) and the autocorrelation 1 - ε·k/2 = 0. Without data it is N(w*, I/γ) up to the step.
    private static IEnumerable<Answer> Discretisation(Device device)
    {
        const double Precision = 10, Epsilon = 0.2;
        Tensor center = zeros(Copies, device: device), w = zeros_like(center), previous = zeros_like(center);
        for (ulong step = 0; step < 100; step++)
        {
            using var scope = NewDisposeScope();
            previous.copy_(w);
            LangevinStep.Sgld(w, w.clone(), center, Epsilon, 8, 2, 1, 0, step);
        }

        var variance = w.square().mean().item<float>();
        yield return new Answer("variance of the discretisation", variance, 1 / Precision / (1 - (Epsilon * Precision / 4)), 0.03 * variance);
        yield return new Answer("autocorrelation of the discretisation", (w * previous).mean().item<float>() / variance, 0, 0.02);

        for (ulong step = 0; step < 400; step++)
        {
            using var scope = NewDisposeScope();
            LangevinStep.Sgld(w, randn_like(w), center, 0.01, 0, 4, 1, 0, 1000 + step);
        }

        yield return new Answer("variance without data", w.var().item<float>(), 0.25 / (1 - 0.01), 0.01);

        // Underdamped positions have the exact variance 1/k at every stable step: h²·k = 2.
        var (x, v) = (zeros_like(center), randn_like(center));
        for (ulong step = 0; step < 200; step++)
        {
            using var scope = NewDisposeScope();
            LangevinStep.Baoab(x, v, x.clone(), center, null, Math.Sqrt(2 / Precision), 1, 8, 2, 1, 0, step);
        }

        yield return new Answer("variance of underdamped positions", x.square().mean().item<float>(), 1 / Precision, 0.03 / Precision);
    }

    private static IEnumerable<Answer> Run(string folder, string device)
    {
        var problem = new LinearProblem(folder);
        var spec = problem.Spec(device);
        float[] Scores(string run, string name) => NpyFile.Read<float>(Path.Combine(folder, run, "scores", name + ".npy")).Values;
        AttributionRun.Execute(spec, Path.Combine(folder, "here"), false, null, default);
        float[] bif = Scores("here", "bif"), errors = Scores("here", "bif_se"), correlation = Scores("here", "correlation");
        var exact = problem.Covariances(spec.Nbeta!.Value, spec.Gamma!.Value);
        var z = exact.Select((value, index) => (-bif[index] - value) / (errors[index] + (0.02 * Math.Abs(value)) + 1e-9));
        yield return new Answer("linear regression: distance from the closed form in standard errors", Math.Sqrt(z.Average(value => value * value)), 1, 0.7);
        yield return new Answer("a copy of the query: its correlation", correlation[LinearProblem.Copy], 1, 1e-4);

        AttributionRun.Execute(spec with { Device = "cpu" }, Path.Combine(folder, "cpu"), false, null, default);
        yield return CpuAgreement.Of("linear regression: scores", bif, Scores("cpu", "bif"), 1e-3);
    }
}
