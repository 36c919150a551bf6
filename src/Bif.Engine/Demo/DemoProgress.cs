namespace Bif.Engine.Demo;

/// <summary>How far the writing is.</summary>
/// <param name="Fraction">Share of the work done, 0 to 1.</param>
/// <param name="Message">What happened last, in words.</param>
public sealed record DemoProgress(double Fraction, string Message);
