using System.Globalization;

namespace Bif.Engine.Training;

/// <summary>The learning rate's factor along training, linear between points.</summary>
public sealed class LearningRateSchedule
{
    private readonly Func<double, double> _factor;

    private LearningRateSchedule(Func<double, double> factor) => _factor = factor;

    /// <summary>constant, linear (1 to 0), cosine (1 to 0), or "epoch:factor,epoch:factor,…".</summary>
    /// <exception cref="InputException">The text is none of these.</exception>
    public static LearningRateSchedule Parse(string text, int epochs) => text switch
    {
        "constant" => new(_ => 1),
        "linear" => new(epoch => 1 - (epoch / epochs)),
        "cosine" => new(epoch => 0.5 * (1 + Math.Cos(Math.PI * epoch / epochs))),
        _ => Piecewise(text),
    };

    /// <summary>The factor after a (fractional) number of epochs.</summary>
    public double At(double epoch) => _factor(epoch);

    private static LearningRateSchedule Piecewise(string text)
    {
        var points = new List<(double Epoch, double Factor)>();
        foreach (var part in text.Split(','))
        {
            var pair = part.Split(':');
            if (pair.Length != 2
                || !double.TryParse(pair[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var epoch)
                || !double.TryParse(pair[1], NumberStyles.Float, CultureInfo.InvariantCulture, out var factor)
                || (points.Count > 0 && epoch <= points[^1].Epoch))
            {
                throw new InputException($"The schedule \"{text}\" is none of constant, linear, cosine, or rising points such as 0:0,5:1,30:0.");
            }

            points.Add((epoch, factor));
        }

        return new(epoch =>
        {
            var next = points.FindIndex(point => point.Epoch >= epoch);
            if (next <= 0)
            {
                return next == 0 ? points[0].Factor : points[^1].Factor;
            }

            var (before, after) = (points[next - 1], points[next]);
            return before.Factor + ((after.Factor - before.Factor) * (epoch - before.Epoch) / (after.Epoch - before.Epoch));
        });
    }
}
