using Bif.Engine.Data;
using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Baselines;

/// <summary>What a comparison method works on; everything stays its maker's to dispose.</summary>
/// <param name="Model">The checkpoint.</param>
/// <param name="Selection">The parameters whose gradients count: those that the run sampled.</param>
/// <param name="Center">Their values w* [P].</param>
/// <param name="TrainData">The training items.</param>
/// <param name="QueryData">The queries.</param>
/// <param name="Train">The training items on the device.</param>
/// <param name="Queries">The queries on the device.</param>
/// <param name="Nbeta">nβ of the run.</param>
/// <param name="Gamma">γ of the run.</param>
/// <param name="Piece">Items per forward and backward pass.</param>
/// <param name="Options">What the person set.</param>
public sealed record MethodContext(
    Model Model,
    ParameterSelection Selection,
    Tensor Center,
    Dataset TrainData,
    Dataset QueryData,
    DataFeed Train,
    DataFeed Queries,
    double Nbeta,
    double Gamma,
    int Piece,
    MethodOptions Options)
{
    /// <summary>Where a method may keep what later calls reuse; null keeps nothing.</summary>
    public string? Folder { get; init; }

    /// <summary>Where tensors lie.</summary>
    public Device Device => Center.device;
}
