using Bif.Engine.Models;

namespace Bif.Engine.Tests.Baselines;

/// <summary>
/// The networks of <see cref="TinyProblem"/> written out in double precision, loop by loop, with gradients by central
/// differences: shares nothing with the engine but the order of the parameters.
/// </summary>
internal sealed class NaiveNetwork
{
    private readonly double[] _weights;
    private readonly bool _convolutional;
    private readonly int _hidden;

    public NaiveNetwork(Model model)
    {
        _weights = [.. model.Parameters.data<float>().ToArray().Select(value => (double)value)];
        _convolutional = model.Config.ModelType == "convnet";
        _hidden = _convolutional ? 0 : model.Config.Integers("hidden_sizes")!.Sum();
    }

    public int Parameters => _weights.Length;

    /// <summary>∂/∂w of a function of the logits of a picture.</summary>
    public double[] Gradient(byte[] picture, Func<double[], double> value)
    {
        const double Step = 1e-5;
        var (weights, gradient) = (_weights.ToArray(), new double[_weights.Length]);
        for (var index = 0; index < weights.Length; index++)
        {
            var centre = weights[index];
            weights[index] = centre + Step;
            var above = value(Logits(weights, picture));
            weights[index] = centre - Step;
            gradient[index] = (above - value(Logits(weights, picture))) / (2 * Step);
            weights[index] = centre;
        }

        return gradient;
    }

    /// <summary>The gradient of an item's cross-entropy.</summary>
    public double[] LossGradient(byte[] picture, int label) => Gradient(picture, logits => LogSum(logits) - logits[label]);

    public double[] Logits(byte[] picture) => Logits(_weights, picture, null, null);

    public static double[] Probabilities(double[] logits) => [.. logits.Select(logit => Math.Exp(logit - LogSum(logits)))];

    public static double LogSum(IEnumerable<double> logits) => Math.Log(logits.Sum(Math.Exp));

    public static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    /// <summary>What each layer's weight multiplies [layer][position][in + 1], and the slopes of a value there [layer][position][out].</summary>
    public (double[][][] Inputs, double[][][] Slopes) Factors(byte[] picture, Func<double[], double> value)
    {
        const double Step = 1e-5;
        var seen = new List<double[][]>();
        Logits(_weights, picture, seen);
        var slopes = seen.Select((rows, layer) => rows.Select((_, position) => Enumerable.Range(0, Outputs(layer)).Select(output =>
        {
            var above = value(Logits(_weights, picture, null, (layer, position, output, Step)));
            return (above - value(Logits(_weights, picture, null, (layer, position, output, -Step)))) / (2 * Step);
        }).ToArray()).ToArray()).ToArray();
        return ([.. seen], slopes);
    }

    /// <summary>Where a layer's weight and bias lie in the vector, as [out, in + 1] by (row, column).</summary>
    public Func<int, int, int> Place(int layer, int inputs)
    {
        var offset = _convolutional ? new[] { 0, 20, 77 }[layer] : layer == 0 ? 0 : 26 * _hidden;
        return (row, column) => column < inputs ? offset + (row * inputs) + column : offset + (Outputs(layer) * inputs) + row;
    }

    private int Outputs(int layer) => _convolutional ? new[] { 2, 3, TinyProblem.Classes }[layer] : layer == 0 && _hidden > 0 ? _hidden : TinyProblem.Classes;

    private double[] Logits(double[] w, byte[] picture, List<double[][]>? seen = null, (int Layer, int Position, int Output, double By)? nudge = null)
    {
        double At(int layer, int position, int output) => nudge is { } given && (given.Layer, given.Position, given.Output) == (layer, position, output) ? given.By : 0;
        double[] x = [.. picture.Select(pixel => pixel / 255.0)];
        if (_convolutional)
        {
            // 5×5 → 3×3 → 2×2: kernels of 3, stride 2, one pixel of padding.
            var first = Convolve(w, 0, x, 1, 5, 2, seen, (position, output) => At(0, position, output));
            var second = Convolve(w, 20, first, 2, 3, 3, seen, (position, output) => At(1, position, output));
            return Linear(w, 77, second, TinyProblem.Classes, seen, output => At(2, 0, output));
        }

        return _hidden == 0
            ? Linear(w, 0, x, TinyProblem.Classes, seen, output => At(0, 0, output))
            : Linear(w, (x.Length + 1) * _hidden, [.. Linear(w, 0, x, _hidden, seen, output => At(0, 0, output)).Select(Math.Tanh)], TinyProblem.Classes, seen, output => At(1, 0, output));
    }

    private static double[] Linear(double[] w, int offset, double[] x, int outputs, List<double[][]>? seen, Func<int, double> nudge)
    {
        seen?.Add([[.. x, 1]]);
        return [.. Enumerable.Range(0, outputs).Select(row => nudge(row) + w[offset + (outputs * x.Length) + row] + x.Select((value, column) => w[offset + (row * x.Length) + column] * value).Sum())];
    }

    private static double[] Convolve(double[] w, int offset, double[] x, int channels, int size, int outputs, List<double[][]>? seen, Func<int, int, double> nudge)
    {
        var half = (size + 1) / 2;
        var windows = Enumerable.Range(0, half * half).Select(position => Enumerable.Range(0, channels * 9).Select(tap =>
        {
            var (channel, row, column) = (tap / 9, (2 * (position / half)) - 1 + (tap / 3 % 3), (2 * (position % half)) - 1 + (tap % 3));
            return row >= 0 && row < size && column >= 0 && column < size ? x[(channel * size * size) + (row * size) + column] : 0;
        }).Append(1).ToArray()).ToArray();
        seen?.Add(windows);
        return [.. Enumerable.Range(0, outputs * half * half).Select(place =>
        {
            var (output, position) = (place / (half * half), place % (half * half));
            var sum = w[offset + (outputs * channels * 9) + output] + nudge(position, output);
            for (var tap = 0; tap < channels * 9; tap++)
            {
                sum += w[offset + (output * channels * 9) + tap] * windows[position][tap];
            }

            return Math.Tanh(sum);
        })];
    }
}
