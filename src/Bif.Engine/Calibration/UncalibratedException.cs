namespace Bif.Engine.Calibration;

/// <summary>No setting makes short chains around a checkpoint behave as its curvature says.</summary>
public sealed class UncalibratedException(string message) : InputException(message);
