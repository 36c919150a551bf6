namespace Bif.Engine.Sampling.Kept;

/// <summary>Which draws of a run stay on disk as weights, and how precisely: what a budget of bytes allows.</summary>
/// <param name="Every">Every how many draws of a chain one is kept; 1 for all.</param>
/// <param name="Precision">float32 or float16, of the deviation from w*.</param>
/// <param name="Scale">What the deviations are multiplied by before they are rounded: a power of two.</param>
/// <param name="Bytes">What the kept draws take, headers aside.</param>
public sealed record KeptDrawsPlan(int Every, string Precision, double Scale, long Bytes)
{
    /// <summary>Chooses: all draws in float32 if they fit, else in float16, else as many as fit in float16.</summary>
    /// <param name="budget">Bytes at most.</param>
    /// <param name="parameters">P, sampled parameters.</param>
    /// <param name="settings">Chains, draws and γ of the run.</param>
    /// <exception cref="InputException">Not even two draws per chain fit.</exception>
    public static KeptDrawsPlan Choose(long budget, long parameters, SamplerSettings settings)
    {
        var values = (double)settings.Chains * settings.Draws * parameters;
        var single = values * sizeof(float) <= budget;
        var bytes = single ? sizeof(float) : 2;
        var every = single ? 1 : Math.Max(1, (int)Math.Min(int.MaxValue, Math.Ceiling(values * bytes / budget)));
        var kept = settings.Draws / every;
        if (kept < 2)
        {
            throw new InputException(
                $"--keep-draws {budget} bytes hold fewer than two draws per chain of {parameters:N0} parameters: give at least {4L * settings.Chains * parameters} bytes, or leave it out.");
        }

        // Deviations are of the order of 1/√γ: scaled to about 1 they stay clear of float16's smallest numbers.
        var scale = settings.Gamma > 0 ? Math.Pow(2, Math.Round(Math.Log2(settings.Gamma) / 2)) : 1;
        return new(every, single ? "float32" : "float16", scale, (long)kept * settings.Chains * parameters * bytes);
    }

    /// <summary>What is kept and what was given up, in words.</summary>
    public string Describe() => Every == 1
        ? $"keeping every draw in {Precision} ({Bytes / 1048576.0:N0} MiB)"
        : $"keeping one draw in {Every} in {Precision} ({Bytes / 1048576.0:N0} MiB): a later query sees 1/{Every} of the draws";

    /// <summary>Whether a draw (from 0) is kept.</summary>
    public bool Keeps(int draw) => (draw + 1) % Every == 0;

    /// <summary>How many of the first draws are kept.</summary>
    public int CountBefore(int draw) => draw / Every;
}
