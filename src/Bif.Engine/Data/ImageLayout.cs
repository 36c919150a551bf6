namespace Bif.Engine.Data;

/// <summary>How pictures lie in memory when a model takes them: each channel as a plane, or the channels of a pixel side by side.</summary>
/// <param name="EvaluationPlanes">Planes in passes without gradients.</param>
/// <param name="GradientPlanes">Planes in passes with gradients.</param>
public sealed record ImageLayout(bool EvaluationPlanes, bool GradientPlanes);
