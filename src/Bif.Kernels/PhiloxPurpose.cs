namespace Bif.Kernels;

/// <summary>What random numbers are for; streams of different purposes never share a counter.</summary>
public enum PhiloxPurpose
{
    /// <summary>The noise of a Langevin step.</summary>
    Noise = 0,

    /// <summary>Which items a mini-batch holds.</summary>
    Batch = 1,

    /// <summary>Weights before training.</summary>
    Initialization = 2,

    /// <summary>The order of items in a training epoch.</summary>
    Order = 3,

    /// <summary>Image augmentation.</summary>
    Augmentation = 4,

    /// <summary>Random masks of subset sums and other diagnostics.</summary>
    Diagnostics = 5,

    /// <summary>Independent draws from a Gaussian approximation of the posterior.</summary>
    Laplace = 6,

    /// <summary>The velocities that an underdamped chain starts with.</summary>
    Velocity = 7,

    /// <summary>Probes of the curvature at the checkpoint.</summary>
    Curvature = 8,

    /// <summary>Pictures that are drawn by rule.</summary>
    Drawing = 9,

    /// <summary>Random subsets of training items, the seeds of models retrained on them, and resamples of the subsets.</summary>
    Retraining = 10,

    /// <summary>Random projections of gradients, and random scores, of comparison methods.</summary>
    Comparison = 11,
}
