using Bif.Engine.Models;
using static TorchSharp.torch;

namespace Bif.Engine.Curvature;

/// <summary>
/// The Hessian H of an item's loss with respect to the network's outputs, and a square root S, S·Sᵀ = H. Cross-entropy:
/// H = diag(p) − p·pᵀ, S = diag(√p) − p·√pᵀ, the exact expectation over labels; half squared error: H = 1.
/// With the Jacobian J of the outputs, Jᵀ·H·J is the Gauss-Newton matrix (for cross-entropy also the Fisher matrix).
/// </summary>
/// <param name="objective">What the outputs mean.</param>
internal sealed class OutputCurvature(Objective objective)
{
    /// <summary>Columns of S for these outputs.</summary>
    public int Columns(Tensor outputs) => objective == Objective.HalfSquaredError ? 1 : (int)outputs.shape[^1];

    /// <summary>A column of S for every item, in the outputs' shape.</summary>
    public Tensor Column(Tensor outputs, int column)
    {
        if (objective == Objective.HalfSquaredError)
        {
            return ones_like(outputs);
        }

        var p = nn.functional.softmax(outputs, -1);
        var root = p.narrow(-1, column, 1).sqrt();
        var result = p.mul(root).mul(-1);
        result.narrow(-1, column, 1).add_(root);
        return result;
    }

    /// <summary>S·ε for every item, ε given in the outputs' shape. For independent signs ε, E[Sε·(Sε)ᵀ] = H.</summary>
    public Tensor Mix(Tensor outputs, Tensor signs)
    {
        if (objective == Objective.HalfSquaredError)
        {
            return signs;
        }

        var p = nn.functional.softmax(outputs, -1);
        var part = p.sqrt().mul(signs);
        return part.sub(p.mul(p.sqrt().mul(signs).sum(-1, keepdim: true)));
    }

    /// <summary>H·v for every item, v in the outputs' shape.</summary>
    public Tensor Apply(Tensor outputs, Tensor vector)
    {
        if (objective == Objective.HalfSquaredError)
        {
            return vector;
        }

        var p = nn.functional.softmax(outputs, -1);
        return p.mul(vector.sub(p.mul(vector).sum(-1, keepdim: true)));
    }
}
