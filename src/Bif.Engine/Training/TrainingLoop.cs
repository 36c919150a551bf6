using Bif.Engine.Data;
using Bif.Engine.Models;
using Bif.Kernels;
using static TorchSharp.torch;

namespace Bif.Engine.Training;

/// <summary>
/// Epochs of training on some items, in place: the model's parameters and buffers move. Weights, order and augmentation
/// follow from the spec's seed, so that the same items give the same bits on one machine.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    private readonly TrainingSpec _spec;
    private readonly Model _model;
    private readonly DataFeed _feed;
    private readonly int[]? _items;
    private readonly int[] _order;
    private readonly LearningRateSchedule _schedule;
    private readonly Augmentation _augmentation;
    private readonly Optimizer _optimizer;
    private readonly Tensor _gradient;

    /// <summary>Binds the model's own parameters.</summary>
    /// <param name="spec">The recipe; its data and folder are not looked at.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="feed">Where items come from.</param>
    /// <param name="items">The items of the feed to train on; null for all.</param>
    public TrainingLoop(TrainingSpec spec, Model model, DataFeed feed, int[]? items = null)
    {
        (_spec, _model, _feed, _items) = (spec, model, feed, items);
        _order = new int[items?.Length ?? feed.Count];
        _schedule = LearningRateSchedule.Parse(spec.Schedule, spec.Epochs);
        _augmentation = new Augmentation(spec.Augmentation, spec.Seed);
        _gradient = zeros_like(model.Parameters);
        Weights = model.Bind(ParameterSelection.All(model.Layout), model.Parameters, _gradient);
        _optimizer = new Optimizer(spec, model.Parameters, _gradient);
    }

    /// <summary>The bound parameters, in evaluation mode between epochs.</summary>
    public Weights Weights { get; }

    private int Steps => (_order.Length + _spec.Batch - 1) / _spec.Batch;

    /// <summary>Runs one pass over the items; returns their mean loss along it (nats; of language models per token).</summary>
    /// <param name="epoch">Number of the pass, from 0.</param>
    /// <exception cref="InputException">The loss is not finite.</exception>
    public double RunEpoch(int epoch)
    {
        new PhiloxStream(_spec.Seed, 0, PhiloxPurpose.Order, (ulong)epoch).SampleWithoutReplacement(_order.Length, _order);
        if (_items is not null)
        {
            for (var position = 0; position < _order.Length; position++)
            {
                _order[position] = _items[_order[position]];
            }
        }

        var sum = 0.0;
        Weights.Training = true;
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            var indices = _order.AsSpan(step * _spec.Batch, Math.Min(_spec.Batch, _order.Length - (step * _spec.Batch)));
            var loss = Loss(_feed.Gather(indices), ((long)epoch * Steps) + step);
            loss.backward();
            var value = loss.item<float>();
            RequireFinite(value, epoch, _spec);
            sum += value * indices.Length;
            _optimizer.Step(_spec.LearningRate * _schedule.At(epoch + ((step + 0.5) / Steps)));
        }

        Weights.Training = false;
        return sum / _order.Length;
    }

    /// <summary>The mean loss of a batch of outputs that an optimizer lowers.</summary>
    public static Tensor MeanLoss(Objective objective, Tensor outputs, Tensor targets, double smoothing)
    {
        var loss = ItemLoss.Of(objective, outputs, targets).mean();
        return smoothing > 0 && objective == Objective.CrossEntropy
            ? (loss * (1 - smoothing)) - (nn.functional.log_softmax(outputs, 1).mean() * smoothing)
            : loss;
    }

    /// <summary>Refuses a loss that is not finite.</summary>
    /// <exception cref="InputException">It is not; says which option to lower.</exception>
    public static void RequireFinite(double loss, int epoch, TrainingSpec spec)
    {
        if (!double.IsFinite(loss))
        {
            throw new InputException($"The training loss became {loss} in epoch {epoch + 1}: lower --lr (now {spec.LearningRate:G4}).");
        }
    }

    /// <summary>Refuses weights that the last step left infinite or undefined, whose loss no step has seen.</summary>
    /// <exception cref="InputException">Says which option to lower.</exception>
    public void RequireFiniteWeights()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (!_model.Buffers.Prepend(_model.Parameters).All(values => values.isfinite().all().item<bool>()))
        {
            throw new InputException($"Training left weights that are not finite, so no model is written: lower --lr (now {_spec.LearningRate:G4}).");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Weights.Dispose();
        _gradient.Dispose();
    }

    private Tensor Loss(Batch batch, long step)
    {
        if (_model.Architecture is LanguageModel)
        {
            return _model.TokenLosses(Weights, batch).sum() / batch.Targets.ge(0).sum();
        }

        var inputs = batch.Inputs.ndim == 4 ? _augmentation.Apply(batch.Inputs, step) : batch.Inputs;
        return MeanLoss(_model.Objective, _model.Architecture.Forward(Weights, inputs), batch.Targets, _spec.LabelSmoothing);
    }
}
