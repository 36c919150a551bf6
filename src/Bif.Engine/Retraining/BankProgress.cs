namespace Bif.Engine.Retraining;

/// <summary>How far a bank is.</summary>
/// <param name="Done">Models that are done.</param>
/// <param name="Models">Models that are wanted.</param>
/// <param name="ElapsedSeconds">Since this process began.</param>
/// <param name="RemainingSeconds">Until all are done, at the pace so far.</param>
public sealed record BankProgress(int Done, int Models, double ElapsedSeconds, double RemainingSeconds);
