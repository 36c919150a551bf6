namespace Bif.Engine.Runs;

/// <summary>Scores of a run that is going on.</summary>
/// <param name="Draws">Draws of all chains behind them.</param>
/// <param name="NoiseFloor">The correlation that chance reaches in the best item.</param>
/// <param name="Outlook">What a reliability would take, without an expected time.</param>
/// <param name="IsControlled">Whether the final scores will have the noise taken out that gradients explain; these have not.</param>
public sealed record RunPreview(int Draws, double NoiseFloor, Outlook Outlook, bool IsControlled);
